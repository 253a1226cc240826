//! Why a row does not reach its goal, as far as it was measured. Shown while the row is short; what is said here was found
//! as the journal tells.

/// By the number of the row.
pub const REASONS: [(u8, &str); 10] = [
    (
        1,
        "For all that a page is checked for, PostgreSQL takes as long as for the bare join: 131 µs for the timeline and the \
         large audiences and 297 for access, against 388 (medians). Some 400 µs of the server come on top, for two questions, \
         decoding, JSON and HTTP. On SQLite every row crosses from its thread to ours.",
    ),
    (
        2,
        "One question to the database costs 17 µs on SQLite and 66 on PostgreSQL, where the fixed answer takes 11 for \
         everything. Who may see a profile is asked for each reader and never remembered.",
    ),
    (
        3,
        "A post is written for each of some 50 followers: timeline, notification, mark and decision. Bare `insert … select` \
         of the timelines alone (row 4) would do 0.11 posts for each row that pgbench inserts.",
    ),
    (
        4,
        "A post is also looked up, its audience counted, its rows counted once they are written, and its event taken from the \
         queue and settled. Wide posts are written one at a time, so that readers do not wait (row 11).",
    ),
    (
        7,
        "About half of what a message costs is telling of it: queue, notification, ledger. On SQLite the database runs in the \
         server and counts as the server.",
    ),
    (
        8,
        "Each delivery passes the window of its receiver and the queue of its socket, and every message is stored and told; \
         on SQLite a quarter of the samples are in its threads. The buffer of a socket holds 2 KiB, so that four such frames \
         are written with two calls, where the relay's holds 4 and needs one.",
    ),
    (
        10,
        "The answer asks no database and takes 22 to 26 µs with everything, so that the 2 to 4 µs for a token (digest, cache, limits for \
         each person, a longer head) weigh more than they do elsewhere.",
    ),
    (
        11,
        "The same p99 as ever (some 26 ms), against a lower one without: in rounds of a few hundred feeds it moves by half.",
    ),
    (
        12,
        "It was 0.95 at revision d06436d, and nothing of it has changed since: a round of two seconds holds some ten pictures.",
    ),
    (
        13,
        "Messages on SQLite: at revision d06436d they were 1,724, 1,887 and 2,222 a CPU-second. Why they are fewer with 10,000 \
         people and more now is not found; the time until all of them are told is part of it.",
    ),
];
