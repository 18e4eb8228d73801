//! What the demo shows: plain lines that also read well in a log.
#![expect(clippy::print_stdout, reason = "the demo is there to be looked at")]

use std::io::IsTerminal as _;

use super::ledger::{Cell, Counters};

/// Lines between two repetitions of the column names.
const HEADER_EVERY: u64 = 20;

/// Standard output, with colour only where a person looks and has not asked for none.
#[derive(Debug)]
pub(super) struct Screen {
    colour: bool,
    lines: u64,
}

/// One second of the shop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Second {
    pub(super) second: u64,
    pub(super) before: Counters,
    pub(super) now: Counters,
    pub(super) total: Cell,
    /// Orders that wait for goods.
    pub(super) waiting: usize,
    pub(super) slowest_ms: u128,
    pub(super) oversold: i64,
    /// Units the visitor holds.
    pub(super) guest: i64,
}

impl Screen {
    pub(super) fn new() -> Self {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colour, lines: 0 }
    }

    /// A line as it is.
    pub(super) fn plain(&self, text: &str) {
        println!("{text}");
    }

    /// A heading.
    pub(super) fn head(&self, text: &str) {
        println!("{}", self.paint("1", text));
    }

    /// Something that happened between two seconds.
    pub(super) fn news(&self, text: &str) {
        println!("  {} {}", self.paint("36", ">>"), self.paint("36", text));
    }

    /// A verdict.
    pub(super) fn verdict(&self, good: bool, text: &str) {
        let (colour, word) = if good { ("32", "ok    ") } else { ("31", "FAILED") };
        println!("{}  {text}", self.paint(colour, word));
    }

    /// The live line.
    pub(super) fn second(&mut self, second: &Second) {
        if self.lines.is_multiple_of(HEADER_EVERY) {
            let names = "  second  carts  refused  orders  shipped  arrived  waiting  on shelves  held  slowest  oversold";
            println!("{}", self.paint("2", names));
        }
        self.lines += 1;
        let Second { second: number, before, now, total, waiting, slowest_ms, oversold, guest } = second;
        let guest = match guest {
            0 => String::new(),
            1 => "  <- 1 mug is yours".to_owned(),
            many => format!("  <- {many} mugs are yours"),
        };
        println!(
            "  {number:>6}  {:>5}  {:>7}  {:>6}  {:>7}  {:>7}  {waiting:>7}  {:>10}  {:>4}  {:>4} ms  {}{}",
            now.carts - before.carts,
            now.refused - before.refused,
            now.orders - before.orders,
            now.shipped - before.shipped,
            now.delivered - before.delivered,
            total.on_hand(),
            total.held,
            slowest_ms,
            self.paint(if *oversold == 0 { "32" } else { "31" }, &format!("{oversold:>8}")),
            self.paint("33", &guest),
        );
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}
