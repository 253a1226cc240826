//! What each metric means; a test compares this list with the names that the code uses.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// (name, unit, meaning), by kind.
pub const COUNTERS: &[(&str, Unit, &str)] = &[
    ("process_cpu_seconds_total", Unit::Seconds, "CPU time spent, in user and system mode, in whole seconds"),
    (
        "village_auth_hashing_refused_total",
        Unit::Count,
        "Logins refused because too many passwords waited to be hashed",
    ),
    ("village_auth_refresh_reuse_total", Unit::Count, "Sessions ended because an old refresh token was used again"),
    ("village_auth_throttled_total", Unit::Count, "Attempts to sign in or up that were refused, by throttle"),
    ("village_bus_events_total", Unit::Count, "Deliveries of events to a subscriber, by outcome: done, retry, dead"),
    ("village_bus_relayed_events_total", Unit::Count, "Events moved from the outbox to the bus"),
    (
        "village_cache_reads_total",
        Unit::Count,
        "Looks into a cache, by cache and outcome: hit, miss. Many misses at length mean that it is too small",
    ),
    ("village_db_write_retries_total", Unit::Count, "Transactions run again after a deadlock or a busy database"),
    (
        "village_http_connections_refused_total",
        Unit::Count,
        "Connections closed at once, because their address had as many as it may",
    ),
    (
        "village_http_connections_timed_out_total",
        Unit::Count,
        "Connections closed by the server, by state: silent (no request in time), stalled (a body that went no further)",
    ),
    ("village_http_malformed_total", Unit::Count, "Requests refused because their head can be read in two ways"),
    ("village_http_panics_total", Unit::Count, "Requests that ended in a panic and were answered with 500"),
    ("village_http_rate_limited_total", Unit::Count, "Requests refused with 429, by policy"),
    ("village_http_requests_total", Unit::Count, "Requests answered, by method, route pattern and status"),
    (
        "village_live_dropped_hints_total",
        Unit::Count,
        "Hints between processes given up; heartbeats find what they said",
    ),
    ("village_live_published_hints_total", Unit::Count, "Hints given to Redis for other processes"),
    ("village_live_received_hints_total", Unit::Count, "Hints that other processes sent through Redis"),
    ("village_media_processed_total", Unit::Count, "Uploaded images processed, by outcome: ready, rejected"),
    ("village_messaging_delivered_frames_total", Unit::Count, "Changes of conversations written to sockets"),
    ("village_messaging_expired_messages_total", Unit::Count, "Messages deleted because their time was over"),
    ("village_messaging_messages_sent_total", Unit::Count, "Messages stored"),
    ("village_messaging_rate_limited_frames_total", Unit::Count, "Frames refused because a client sent too many"),
    ("village_messaging_resumed_rows_total", Unit::Count, "Changes read again for clients that missed some"),
    ("village_messaging_slow_readers_total", Unit::Count, "Sockets closed because the client read too slowly"),
    ("village_notifications_decided_total", Unit::Count, "Decisions whether to notify a person, by kind and outcome"),
    (
        "village_posts_large_audiences_total",
        Unit::Count,
        "Posts merged into feeds at read time, their audience being large",
    ),
    ("village_security_events_total", Unit::Count, "Lines of the security log, by event"),
];

pub const GAUGES: &[(&str, Unit, &str)] = &[
    ("process_open_fds", Unit::Count, "Open file descriptors"),
    ("process_resident_memory_bytes", Unit::Bytes, "Memory that the process holds in RAM"),
    ("process_threads", Unit::Count, "Threads of the process"),
    (
        "village_bus_queue_depth",
        Unit::Count,
        "Events that wait in the outbox or for a subscriber, in the whole database",
    ),
    ("village_live_connected", Unit::Count, "Whether this process is connected to Redis: 1 or 0"),
    (
        "village_live_interests",
        Unit::Count,
        "Conversations and people of which this process wants to hear through Redis",
    ),
    ("village_messaging_open_sockets", Unit::Count, "Live sockets of signed-in people on this process"),
];

pub const HISTOGRAMS: &[(&str, Unit, &str)] = &[
    ("village_bus_handle_seconds", Unit::Seconds, "Time a subscriber took for one event"),
    ("village_db_group_commit_writes", Unit::Count, "Writes that shared one commit on SQLite"),
    ("village_http_request_seconds", Unit::Seconds, "Time from a request's head to its answer, by method and route"),
    ("village_media_draw_seconds", Unit::Seconds, "Time to decode an image and draw its sizes"),
    ("village_posts_fan_out_people", Unit::Count, "People to whose timelines a post was added"),
];

pub fn describe() {
    for (name, unit, meaning) in COUNTERS {
        describe_counter!(*name, *unit, *meaning);
    }
    for (name, unit, meaning) in GAUGES {
        describe_gauge!(*name, *unit, *meaning);
    }
    for (name, unit, meaning) in HISTOGRAMS {
        describe_histogram!(*name, *unit, *meaning);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn rust_files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => rust_files(&path),
                false => vec![path],
            })
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .collect()
    }

    /// The literal after `counter!(` and its like.
    fn names_used(source: &str) -> Vec<String> {
        ["counter!(", "gauge!(", "histogram!("]
            .into_iter()
            .flat_map(|call| source.split(call).skip(1))
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_metric_in_the_code_is_described_and_the_other_way_round() {
        let described: Vec<&str> = COUNTERS.iter().chain(GAUGES).chain(HISTOGRAMS).map(|(name, _, _)| *name).collect();
        let unique: BTreeSet<&str> = described.iter().copied().collect();
        assert_eq!(described.len(), unique.len(), "a metric is described twice");

        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let mut used = BTreeSet::new();
        let ours = |path: &PathBuf| {
            !path.ends_with("metric_names.rs") && !path.components().any(|part| part.as_os_str() == "tests")
        };
        for path in rust_files(crates).into_iter().filter(ours) {
            for name in names_used(&fs::read_to_string(&path).unwrap()) {
                assert!(
                    unique.contains(name.as_str()) || name.starts_with("test_"),
                    "{}: the metric {name} is not described: add it to crates/platform/telemetry/src/metric_names.rs",
                    path.display(),
                );
                used.insert(name);
            }
        }
        let unused: Vec<&&str> = unique.iter().filter(|name| !used.contains(**name)).collect();
        assert!(unused.is_empty(), "described, but no code counts them: {unused:?}");
    }

    #[test]
    fn names_say_kind_and_unit() {
        for (name, _, _) in COUNTERS {
            assert!(name.ends_with("_total"), "{name}");
        }
        for (name, unit, _) in GAUGES.iter().chain(HISTOGRAMS) {
            assert!(!name.ends_with("_total"), "{name}");
            assert_eq!(*unit == Unit::Seconds, name.ends_with("_seconds"), "{name}");
            assert_eq!(*unit == Unit::Bytes, name.ends_with("_bytes"), "{name}");
        }
    }
}
