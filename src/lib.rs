//! lagerd keeps one truth about stock for merchants who sell the same goods through many channels out of many warehouses.
//!
//! # One way through the house
//!
//! ```text
//!  edge                 actor                  domain              journal
//!  HTTP, WebSocket -->  one owner per     -->  pure rules     -->  one atomic commit
//!  parse, authorise,    warehouse, channel,    state + command     (Redis | redb | memory)
//!  limit                order desk             -> facts | refusal        |
//!        ^              feed                                             |
//!        +------------  newest value per SKU, ordered by change  <-------+
//! ```
//!
//! A command comes in at the [`edge`], which translates and decides nothing. The [`actor`] that owns the stock gathers
//! commands, lets the [`domain`] decide them in one batch against one state, has the [`journal`] write the batch, and
//! only then answers; what was confirmed then shows in the [`feed`], and is read from the journal again by the relay, which
//! tells RabbitMQ. An order desk writes what warehouses must be told into the order first; a driver in
//! [`actor::house::desk`] carries it out and reports back. [`runtime`] wires it all from [`config`]; [`telemetry`] is what
//! operators see of it; [`cli`] is the way in; [`client`] is how others talk to it, and how the load generator, the demo
//! and the tests do.
//!
//! # To change X, open Y
//!
//! | what | where |
//! |---|---|
//! | what may be claimed, and the arithmetic of stock | [`domain::policy`], [`domain::level`], [`domain::channel`] |
//! | how a hold begins, changes and ends | [`domain::warehouse`] |
//! | counts against movements | [`domain::count`] |
//! | which lines stock crosses that somebody is told of | `domain::warehouse::crossing` |
//! | which warehouses a reservation takes from | [`domain::plan`] |
//! | how often, how long, how much an id is remembered | [`domain::memory`] |
//! | orders, returns, transfers, receipts, and their states | [`domain::order`] |
//! | what may be done with them, and what follows | [`domain::desk`] |
//! | which warehouse ships, and why | [`domain::routing`] |
//! | how an order's messages reach warehouses; what is kept how long | [`actor::house::desk`] |
//! | what a buyer sees of an order | [`edge::http`], `route/tracking` and `paper` |
//! | batches, pipelining, recovery | [`actor::journaled`] |
//! | reservations over several warehouses | [`actor::house`] |
//! | what is stored, byte by byte | [`journal::record`] |
//! | lost tails and forks | [`mod@journal::resync`], [`journal::witness`] |
//! | what a reader of the feed gets next | [`feed::reader`], [`feed::latest`] |
//! | what is told to RabbitMQ, from where on, and again | [`feed::relay`] |
//! | how an event or a document looks, and its routing key | [`edge::event`], [`edge::wire::event`] |
//! | connections to RabbitMQ, and commands from there | [`edge::amqp`] |
//! | what a channel shows, and when it is looked at again | `actor::house::publishing`, [`feed::news`] |
//! | messages and close codes of the feed | [`edge::ws`], [`edge::wire::feed`] |
//! | a command, at every door | [`edge::command`] |
//! | shapes and status codes of HTTP | [`edge::wire`], [`edge::fault`] |
//! | a setting | [`config`], and `config/lagerd.toml` |
//! | a metric | [`telemetry`] |
//!
//! # Invariants
//!
//! Each has a property test, a check in the simulation and a check in `lagerd audit`.
//!
//! - J1 *atomic*: head check, entry, rows and new head happen together or not at all.
//! - J2 *state = fold(log)*: rows are absolute and part of the entry, so a replay changes nothing.
//! - J3 *a (version, nonce) names one batch*, and each batch expects the one it was decided on.
//! - J4 *never oversold*: an asked claim is accepted only if it is free on exactly the state it is decided on, and told
//!   only after J1.
//! - J5 *the same id, the same effect, once*, within the windows the README states.
//! - J6 *gap-free and fork-aware*: whoever holds a confirmed head that the log does not bear has met a loss, and repairs
//!   or tells it.
//!
//! # Words
//!
//! *on hand*: in the house. *unavailable*: of these, damaged, under quality control or in quarantine. *reserved*: held
//! with a deadline. *allocated*: promised, not yet shipped. *waiting*: sold, and without goods yet. *fulfilment*: one
//! warehouse's part of an order. *available*: what a channel may show. *safety stock*: units no
//! asking channel may have. *fence*: units kept for one channel. *deficit*: promises without goods. Commands are
//! imperative (`reserve`), facts in the past tense (`stock_reserved`), refusals state the fact and the numbers. "Commit"
//! is the store's word alone; goods are shipped, holds released.

pub mod actor;
pub mod cli;
pub mod client;
pub mod config;
pub mod domain;
pub mod edge;
pub mod feed;
pub mod journal;
pub mod runtime;
pub mod telemetry;
