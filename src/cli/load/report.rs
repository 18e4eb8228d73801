//! What a run says about itself.

use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;

use super::audit::Audit;
use super::tally::Tally;
use super::told::FeedReport;

/// Everything told at the end, as text or JSON.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) shape: &'static str,
    pub(super) clients: usize,
    /// How the clients speak.
    pub(super) via: &'static str,
    pub(super) in_flight: usize,
    pub(super) rate: Option<f64>,
    pub(super) skus: usize,
    pub(super) units_per_sku: u64,
    pub(super) resend: bool,
    /// Measured seconds, warm-up excluded.
    pub(super) seconds: f64,
    pub(super) answers: u64,
    pub(super) answers_per_s: f64,
    /// Over the whole run, warm-up included.
    pub(super) granted: usize,
    pub(super) refused: u64,
    pub(super) busy: u64,
    pub(super) unknown: u64,
    pub(super) unresolved: usize,
    pub(super) unexpected: u64,
    pub(super) unexpected_example: Option<String>,
    pub(super) contradicted: u64,
    pub(super) latency: Latency,
    /// CPU seconds inside the measured window.
    pub(super) cpu_s: CpuSeconds,
    /// What readers saw; absent without any.
    pub(super) feed: Option<FeedReport>,
    pub(super) audit: Audit,
    pub(super) holds: bool,
}

/// Microseconds from first send to answer.
#[derive(Debug, Serialize)]
pub(super) struct Latency {
    p50_us: u64,
    p99_us: u64,
    p999_us: u64,
    max_us: u64,
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Self {
        Self {
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            p999_us: histogram.value_at_quantile(0.999),
            max_us: histogram.max(),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |us: u64| us as f64 / 1000.0;
        let Self { p50_us, p99_us, p999_us, max_us } = *self;
        write!(
            f,
            "p50 {:.2} ms  p99 {:.2} ms  p99.9 {:.2} ms  max {:.2} ms",
            ms(p50_us),
            ms(p99_us),
            ms(p999_us),
            ms(max_us)
        )
    }
}

/// Who used how much CPU.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct CpuSeconds {
    pub(super) daemon: Option<f64>,
    pub(super) store: Option<f64>,
    pub(super) load: Option<f64>,
}

impl Report {
    /// Whether the daemon did nothing wrong. Unresolved commands are no fault by themselves; surprises are.
    pub(super) fn judge(tally: &Tally, audit: &Audit) -> bool {
        audit.holds() && tally.contradicted == 0 && tally.unexpected == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, shape, skus, units_per_sku, seconds, via, in_flight, .. } = self;
        writeln!(
            f,
            "{shape}: {clients} clients over {via} with {in_flight} in flight, {skus} SKUs with {units_per_sku} units \
             each, {seconds:.1} s"
        )?;
        if let Some(rate) = self.rate {
            writeln!(f, "  rate        {rate} commands/s asked for")?;
        }
        writeln!(f, "  throughput  {:.0} answers/s ({} in the window)", self.answers_per_s, self.answers)?;
        writeln!(f, "  latency     {}", self.latency)?;
        writeln!(
            f,
            "  outcomes    {} granted, {} refused, {} busy, {} unknown (asked again), {} unresolved",
            self.granted, self.refused, self.busy, self.unknown, self.unresolved
        )?;
        let cpu = |seconds: Option<f64>| seconds.map_or("not asked".to_owned(), |s| format!("{s:.2} s"));
        let CpuSeconds { daemon, store, load } = self.cpu_s;
        writeln!(f, "  CPU         daemon {}, store {}, load {}", cpu(daemon), cpu(store), cpu(load))?;
        if let Some(feed) = &self.feed {
            write!(f, "{feed}")?;
        }
        if self.resend {
            writeln!(f, "  resends     {} answered unlike the first", self.contradicted)?;
        }
        if let Some(example) = &self.unexpected_example {
            writeln!(f, "  UNEXPECTED  {} answers, the first: {example}", self.unexpected)?;
        }
        let audit = &self.audit;
        writeln!(
            f,
            "  audit       {} reservations read back, {} lost, {} units oversold, {} wrong figures; unknown: {} \
             held, {} not done",
            audit.read_back,
            audit.lost,
            audit.oversold_units,
            audit.wrong_figures,
            audit.unknown_held,
            audit.unknown_not_done
        )?;
        for told in &audit.complaints {
            writeln!(f, "  WRONG       {told}")?;
        }
        f.write_str(if self.holds { "everything acknowledged is there, nothing oversold" } else { "FAILED" })
    }
}
