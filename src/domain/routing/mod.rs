//! Which warehouse ships what of an order, and why.
//!
//! What it does: [`route()`] takes what is wanted, every warehouse that could be asked with what it has, and the
//! merchant's rules, and says who ships how many of which line, what becomes of the rest, and why each warehouse was
//! or was not chosen. Named [filters](Filter) drop warehouses, ordered [sorts](Sort) rank the others (the first that
//! differs decides, the warehouse's id ends every tie), the [split policy](Split) says how far the order may be divided,
//! the [leftover policy](Leftover) what becomes of what nobody can ship.
//! May know: the domain's words. Must not know: how figures came about; whoever asks has collected them, and claims
//! what was decided from the warehouses themselves, so that a figure that is old by now can't oversell.
//!
//! Invariant: the same question has the same answer, in whatever order lines and warehouses are handed in.
//! Invariant: parts and leftovers of a line add up to what is wanted of it.
//! Invariant: no warehouse gives more than is free there without its routing safety, summed over the lines of a SKU.
//! Invariant: the explanation names every warehouse once, and nothing of a person: no distance, no more of a postal code
//! than was handed in.
//! Invariant: a told demand and a pickup stay what they are: the one is never refused, the other never moves.
//!
//! # How the warehouses are chosen
//!
//! What covers most units wins; of these the one with the fewest parts; of these the one whose best warehouse ranks
//! best, then its second best, and so on. Single warehouses are all tried; sets of up to `exact_max` (at most
//! [`EXACT_MAX`]) out of the [`POOL_MAX`] best (first those that lead for a line, then by rank) are all tried;
//! beyond, warehouses are added one by one, each time the one that adds most. The explanation tells which way led to
//! the result, how many sets were tried, and whether the pool was smaller than the number of warehouses there were.

mod candidate;
mod choose;
mod decision;
mod demand;
mod fill;
mod filter;
mod leftover;
mod rank;
mod route;
mod rules;
#[cfg(test)]
mod tests;
mod work;

pub use candidate::{Candidate, Stock};
pub use choose::{EXACT_MAX, POOL_MAX};
pub use decision::{
    Chosen, Considered, Decided, Decision, Dropped, Explanation, Left, LeftWhat, Outcome, Part, Way,
};
pub use demand::{Blocked, Demand, Method, Wanted, Why};
pub use route::route;
pub use rules::{Filter, Leftover, Rules, Sort, Split};
