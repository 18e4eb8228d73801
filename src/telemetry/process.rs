//! What the kernel counts of this process, read when somebody asks, under the names that are usual for every program.

use std::fmt;
use std::fs;
use std::path::Path;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::process::{Resource, getrlimit};

use super::meters::seconds_of;

/// Ticks of a second in which the kernel counts processor time for programs; the same on every Linux.
const TICKS: f64 = 100.0;

/// This process as the kernel sees it. A figure the kernel does not give is not told.
#[derive(Debug)]
pub(super) struct Process {
    started_ms: i64,
}

impl Process {
    /// A process that was started at this time, in milliseconds since 1970.
    pub(super) const fn started(started_ms: i64) -> Self {
        Self { started_ms }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut tell = |name: &str, help: &str, unit: Option<&Unit>, metric: &dyn Told| {
            let of = encoder.encode_descriptor(name, help, unit, metric.metric_type())?;
            metric.encode(of)
        };
        let (seconds, bytes) = (Some(&Unit::Seconds), Some(&Unit::Bytes));
        let started = ConstGauge::new(seconds_of(self.started_ms));
        tell("process_start_time", "When the process was started, since 1970", seconds, &started)?;
        if let Some(spent) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_seconds) {
            let spent = ConstCounter::new(spent);
            tell("process_cpu", "Processor time of user and system together", seconds, &spent)?;
        }
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        for (name, help, field) in [
            ("process_resident_memory", "Memory in use", "VmRSS:"),
            ("process_virtual_memory", "Memory addressed", "VmSize:"),
        ] {
            if let Some(kilobytes) = number_of(&status, field) {
                tell(name, help, bytes, &ConstGauge::new(kilobytes.saturating_mul(1_024)))?;
            }
        }
        if let Some(threads) = number_of(&status, "Threads:") {
            tell("process_threads", "Threads", None, &ConstGauge::new(threads))?;
        }
        if let Some(open) = open_files(Path::new("/proc/self/fd")) {
            tell("process_open_fds", "Files and sockets open now", None, &ConstGauge::new(open))?;
        }
        if let Some(most) = getrlimit(Resource::Nofile).current.and_then(|most| i64::try_from(most).ok()) {
            tell("process_max_fds", "Files and sockets that may be open", None, &ConstGauge::new(most))?;
        }
        Ok(())
    }
}

/// A figure of one moment.
trait Told {
    fn metric_type(&self) -> prometheus_client::metrics::MetricType;
    fn encode(&self, encoder: prometheus_client::encoding::MetricEncoder<'_>) -> Result<(), fmt::Error>;
}

impl<M: EncodeMetric> Told for M {
    fn metric_type(&self) -> prometheus_client::metrics::MetricType {
        EncodeMetric::metric_type(self)
    }

    fn encode(&self, encoder: prometheus_client::encoding::MetricEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeMetric::encode(self, encoder)
    }
}

/// The number behind a field of `/proc/self/status`.
fn number_of(status: &str, field: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The processor time in a line of `/proc/self/stat`. The program's name stands in brackets and may have anything in it.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

/// How many files are open. Newer kernels say it as the folder's size, which costs nothing with ten thousand connections.
fn open_files(folder: &Path) -> Option<i64> {
    let told = fs::metadata(folder).ok()?.len();
    if told > 0 {
        return i64::try_from(told).ok();
    }
    i64::try_from(fs::read_dir(folder).ok()?.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names with brackets and spaces do not shift the fields; what is not there is not told.
    #[test]
    fn reads_what_the_kernel_says() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 100";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("7 (cut"), None);
        assert_eq!(number_of("Name:\tx\nVmRSS:\t  123 kB\n", "VmRSS:"), Some(123));
        assert_eq!(number_of("Name:\tx\n", "VmRSS:"), None);
        assert_eq!(open_files(Path::new("/nowhere/at/all")), None);
    }
}
