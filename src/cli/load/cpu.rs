//! CPU seconds and memory of a process, as the kernel counts them.

/// USER_HZ: 100 on every architecture lagerd runs on; the kernel scales /proc to it whatever its own tick is.
const TICKS_PER_S: f64 = 100.0;

/// User plus system seconds `pid` has used so far; `None` where there is no such process or no /proc.
pub(super) fn seconds(pid: &str) -> Option<f64> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Bytes of memory `pid` has in RAM; `None` where there is no such process or no /proc.
pub(super) fn resident_bytes(pid: &str) -> Option<u64> {
    resident(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn resident(status: &str) -> Option<u64> {
    let figure = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = figure.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn parse(stat: &str) -> Option<f64> {
    // The name in parentheses may hold spaces and parentheses itself, so fields are counted from its last one.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process named like a trap must not shift the fields.
    #[test]
    fn odd_names() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 5 6 7";
        assert_eq!(parse(stat), Some(2.0));
        assert_eq!(parse("7 (x"), None);
        assert!(seconds("self").is_some());
    }

    /// Memory is read with its unit.
    #[test]
    fn memory_is_read() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n"), Some(2 * 1024 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
        assert!(resident_bytes("self").is_some_and(|bytes| bytes > 0));
    }
}
