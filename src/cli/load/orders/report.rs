//! What a run says about itself.

use std::fmt;

use serde::Serialize;

use super::super::report::{CpuSeconds, Latency};
use super::audit::Audit;
use super::record::Tally;

/// Bytes in a MB as people read them.
const MB: f64 = 1_000_000.0;

/// Memory of the daemon at three moments of the measured window.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Memory {
    pub(super) begin: Option<u64>,
    pub(super) middle: Option<u64>,
    pub(super) end: Option<u64>,
}

/// Everything told at the end, as text or JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) shape: &'static str,
    pub(super) clients: u16,
    pub(super) fulfil_percent: u8,
    pub(super) skus: usize,
    pub(super) units_per_sku: u64,
    /// Measured seconds, warm-up excluded.
    pub(super) seconds: f64,
    /// Orders answered 201 in the window.
    pub(super) orders: u64,
    pub(super) orders_per_s: f64,
    pub(super) order_latency: Latency,
    /// Steps of fulfilments answered in the window.
    pub(super) steps: u64,
    pub(super) steps_per_s: f64,
    pub(super) step_latency: Latency,
    /// Over the whole run, warm-up included.
    pub(super) placed: usize,
    pub(super) refused: u64,
    pub(super) asked_again: u64,
    pub(super) unresolved: usize,
    pub(super) unexpected: u64,
    pub(super) unexpected_example: Option<String>,
    /// CPU seconds inside the measured window.
    pub(super) cpu_s: CpuSeconds,
    /// Bytes the daemon had in RAM.
    pub(super) resident_bytes: Memory,
    pub(super) audit: Audit,
    pub(super) holds: bool,
}

impl Report {
    /// Whether the daemon did nothing wrong. Unresolved orders are no fault by themselves; surprises are.
    pub(super) fn judge(tally: &Tally, audit: &Audit) -> bool {
        audit.holds() && tally.unexpected == 0
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(begin), Some(middle), Some(end)) = (self.begin, self.middle, self.end) else {
            return f.write_str("not asked (--daemon-pid)");
        };
        let mb = |bytes: u64| bytes as f64 / MB;
        write!(f, "{:.1} MB, then {:.1} MB, then {:.1} MB", mb(begin), mb(middle), mb(end))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shape, clients, skus, units_per_sku, seconds, fulfil_percent, .. } = self;
        writeln!(
            f,
            "orders, {shape}: {clients} clients over HTTP, {skus} SKUs with {units_per_sku} units each, \
             {fulfil_percent} of 100 orders seen through, {seconds:.1} s"
        )?;
        let Self { orders, orders_per_s, order_latency, steps, steps_per_s, step_latency, .. } = self;
        writeln!(f, "  orders      {orders_per_s:.0}/s answered 201 ({orders} in the window)")?;
        writeln!(f, "  latency     {order_latency}")?;
        if *steps > 0 {
            writeln!(f, "  steps       {steps_per_s:.0}/s (accept, ship, deliver), {step_latency}")?;
        }
        let Self { placed, refused, asked_again, unresolved, .. } = self;
        writeln!(
            f,
            "  outcomes    {placed} placed, {refused} refused, {asked_again} asked again, {unresolved} unresolved"
        )?;
        let cpu = |seconds: Option<f64>| seconds.map_or("not asked".to_owned(), |s| format!("{s:.2} s"));
        let CpuSeconds { daemon, store, load } = self.cpu_s;
        writeln!(f, "  CPU         daemon {}, store {}, load {}", cpu(daemon), cpu(store), cpu(load))?;
        writeln!(f, "  memory      {}", self.resident_bytes)?;
        if let Some(example) = &self.unexpected_example {
            writeln!(f, "  UNEXPECTED  {} answers, the first: {example}", self.unexpected)?;
        }
        let audit = &self.audit;
        writeln!(
            f,
            "  audit       {} orders read back, {} lost; {} units placed, {} shipped, {} oversold, {} wrong figures; \
             unknown: {} in, {} not done",
            audit.read_back,
            audit.lost,
            audit.placed_units,
            audit.shipped_units,
            audit.oversold_units,
            audit.wrong_figures,
            audit.unknown_placed,
            audit.unknown_not_done
        )?;
        for told in &audit.complaints {
            writeln!(f, "  WRONG       {told}")?;
        }
        f.write_str(if self.holds { "every order acknowledged is there, nothing oversold" } else { "FAILED" })
    }
}
