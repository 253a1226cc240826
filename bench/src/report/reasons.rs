//! Why a row does not reach its goal, as far as it was measured. Shown while the row is short; what is said here was found
//! as the journal tells.

/// By the number of the row.
pub const REASONS: [(u8, &str); 9] = [
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
         on SQLite a quarter of the samples are in its threads.",
    ),
    (
        10,
        "The answer asks no database and takes 24 to 30 µs with everything, so that the 4 to 5 µs for a token (digest, cache, \
         limits for each person, a longer head) weigh more than they do elsewhere. The same code had 0.93 and 0.99 on SQLite \
         in other runs.",
    ),
    (
        12,
        "Three JPEGs, their colours, the checks and the blurhash take a sixth of the time; the rest is the same decoding and \
         making smaller. The same code had 0.95 in another run, and 0.86 when its parts were timed one by one.",
    ),
    (
        13,
        "Feeds on SQLite: 441 audiences are large with 100,000 people and are merged into the pages; a feed \
         reads 15 pages from the kernel that a small community has in SQLite's memory. In runs of two and three rounds it was \
         0.65, 0.67 and 0.49.",
    ),
];
