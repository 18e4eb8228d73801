//! Which warehouses a reservation takes its units from.
//!
//! Pure and deterministic: one warehouse that has everything wins, in the order the channel draws on them; else each
//! line is filled in that order, so that as few warehouses as the order allows are used.

use super::hold::{ClaimLine, Plan, PlanPart};
use super::ids::{Sku, WarehouseId};
use super::refusal::Shortfall;

/// What one warehouse could give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which warehouse.
    pub warehouse: WarehouseId,
    /// Units free for the asking channel (with what the cart holds there already), one entry per line asked.
    pub free: Vec<i64>,
}

/// Plans a reservation. `quotes` stand in the order the channel draws on its warehouses.
///
/// # Errors
/// The lines that can't be covered; with `partial` only where nothing at all can be had.
pub fn plan(lines: &[ClaimLine], quotes: &[Quote], partial: bool) -> Result<Plan, Vec<Shortfall>> {
    let whole = |quote: &&Quote| lines.iter().zip(&quote.free).all(|(line, free)| line.quantity <= *free);
    if let Some(quote) = quotes.iter().find(whole) {
        return Ok(vec![PlanPart { warehouse: quote.warehouse.clone(), lines: lines.to_vec() }].into());
    }
    let mut parts: Vec<PlanPart> = Vec::new();
    let mut short = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut open = line.quantity;
        // Warehouses already in the plan come first, so that a split stays small.
        let known = |quote: &&Quote| parts.iter().any(|part| part.warehouse == quote.warehouse);
        let order: Vec<&Quote> =
            quotes.iter().filter(known).chain(quotes.iter().filter(|quote| !known(quote))).collect();
        for quote in order {
            let take = quote.free.get(at).copied().unwrap_or(0).clamp(0, open);
            if take > 0 {
                give(&mut parts, &quote.warehouse, &line.sku, take);
                open = open.saturating_sub(take);
            }
        }
        if open > 0 {
            let free = line.quantity.saturating_sub(open);
            short.push(Shortfall { sku: line.sku.clone(), asked: line.quantity, free });
        }
    }
    if parts.is_empty() || !(short.is_empty() || partial) {
        return Err(short);
    }
    parts.sort_by(|a, b| a.warehouse.cmp(&b.warehouse));
    Ok(parts.into())
}

fn give(parts: &mut Vec<PlanPart>, warehouse: &WarehouseId, sku: &Sku, quantity: i64) {
    let line = ClaimLine { sku: sku.clone(), quantity };
    match parts.iter_mut().find(|part| part.warehouse == *warehouse) {
        Some(part) => part.lines.push(line),
        None => parts.push(PlanPart { warehouse: warehouse.clone(), lines: vec![line] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, quantity: i64) -> ClaimLine {
        ClaimLine { sku: Sku::parse(sku).unwrap(), quantity }
    }

    fn quote(id: &str, free: &[i64]) -> Quote {
        Quote { warehouse: WarehouseId::parse(id).unwrap(), free: free.to_vec() }
    }

    fn show(plan: Result<Plan, Vec<Shortfall>>) -> String {
        match plan {
            Ok(plan) => plan
                .iter()
                .map(|part| {
                    let lines: Vec<_> =
                        part.lines.iter().map(|line| format!("{}={}", line.sku, line.quantity)).collect();
                    format!("{}[{}]", part.warehouse, lines.join(","))
                })
                .collect::<Vec<_>>()
                .join(" "),
            Err(short) => short
                .iter()
                .map(|short| format!("{}: {} of {}", short.sku, short.free, short.asked))
                .collect::<Vec<_>>()
                .join("; "),
        }
    }

    /// One place that has everything wins; else lines are split over few places; else the shortage is told in sums.
    #[test]
    fn plans_prefer_one_place_and_tell_shortages() {
        let lines = [line("a", 2), line("b", 3)];
        let check = |quotes: &[Quote], partial, expected: &str| {
            assert_eq!(show(plan(&lines, quotes, partial)), expected);
        };
        check(&[quote("X", &[9, 0]), quote("Y", &[2, 3])], false, "Y[a=2,b=3]");
        check(&[quote("X", &[2, 1]), quote("B", &[0, 2])], false, "B[b=2] X[a=2,b=1]");
        check(&[quote("X", &[1, 1]), quote("Y", &[0, 1])], false, "a: 1 of 2; b: 2 of 3");
        check(&[quote("X", &[1, 1]), quote("Y", &[0, 1])], true, "X[a=1,b=1] Y[b=1]");
        check(&[quote("X", &[0, 0])], true, "a: 0 of 2; b: 0 of 3");
        check(&[], false, "a: 0 of 2; b: 0 of 3");
    }
}
