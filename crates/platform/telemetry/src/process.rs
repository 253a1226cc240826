//! What the process itself takes of the machine, under the names that Prometheus clients share. Read from
//! Linux' `/proc`; elsewhere these metrics are absent.

use std::fs;

/// Ticks a second as `/proc` counts them: fixed by the interface of Linux on the machines we run on
/// (proc(5): `USER_HZ` is 100 on x86-64 and ARM).
const TICKS_PER_SECOND: u64 = 100;

/// Called for each scrape.
pub fn measure() {
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        if let Some(kibibytes) = number_after(&status, "VmRSS:") {
            metrics::gauge!("process_resident_memory_bytes").set((kibibytes * 1024) as f64);
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            metrics::gauge!("process_threads").set(threads as f64);
        }
    }
    if let Some(ticks) = fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_ticks) {
        metrics::counter!("process_cpu_seconds_total").absolute(ticks / TICKS_PER_SECOND);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // Reading the folder is itself one open file.
        metrics::gauge!("process_open_fds").set(open.count().saturating_sub(1) as f64);
    }
}

fn number_after(text: &str, label: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(label))?.split_whitespace().next()?.parse().ok()
}

/// Fields 14 and 15, `utime` and `stime`. The second field, the program's name in parentheses, may hold anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_with_a_strange_name_is_measured() {
        let stat = "42 (a) 9 (b c) S 1 42 42 0 -1 4194304 2417 0 0 0 150 50 0 0 20 0 9 0 100 0 0";
        assert_eq!(cpu_ticks(stat), Some(200));
        assert_eq!(cpu_ticks("nonsense"), None);
    }

    #[test]
    fn labels_are_found_at_the_start_of_a_line() {
        assert_eq!(number_after("Name:\tVmRSS: 1\nVmRSS:\t  2048 kB\n", "VmRSS:"), Some(2048));
    }
}
