//! Work for thousands of people at once.

use tokio::sync::{Semaphore, SemaphorePermit};

/// For the whole process: the processors and the database are shared by all of its services.
static TURNS: Semaphore = Semaphore::const_new(1);

/// A subscriber that works for many hundreds of people takes a turn for each chunk of them. One such chunk is written at a
/// time, so that a few posts to ten thousand people each do not take every processor from those who are reading; smaller
/// work does not wait for it.
pub async fn bulk_turn() -> Option<SemaphorePermit<'static>> {
    // Never closed.
    TURNS.acquire().await.ok()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time() {
        let turn = bulk_turn().await;
        assert!(bulk_turn().now_or_never().is_none(), "somebody is at work");
        drop(turn);
        assert!(bulk_turn().now_or_never().flatten().is_some());
    }
}
