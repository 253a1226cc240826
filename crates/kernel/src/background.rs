//! Work beside requests: what takes a processor for tens of milliseconds or more (hashes of passwords, pictures), and what
//! is done now and then.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// About a third of the processor when somebody else wants all of it, and all of it otherwise (`man 7 sched`).
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Runs `work` in a thread of its own, which on Linux yields to those that serve requests. Not in one of tokio's: a thread
/// may lower its priority but not raise it again. Starting one takes some 20 µs. How many run at once is for the
/// caller to limit.
pub async fn in_background<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotDone> {
    let (done, outcome) = oneshot::channel();
    let thread = std::thread::Builder::new().name("background".to_owned());
    let started = thread.spawn(move || {
        // Of the calling thread only, on Linux. Without it the work is done as well.
        #[cfg(target_os = "linux")]
        let _ = yield_to_others();
        // Whoever asked may have gone away.
        let _ = done.send(work());
    });
    started.map_err(|_| NotDone::NoThread)?;
    outcome.await.map_err(|_| NotDone::Panicked)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It would do so again.
    #[error("the work panicked")]
    Panicked,
    /// The system is at its limit: it may work later.
    #[error("no thread could be started")]
    NoThread,
}

/// Makes a round at once and then every `period`, one at a time, until `stop`, which also drops the round that is under way.
/// `round` takes what it needs by clones: a closure that lends would make a future that no task can be spawned with.
pub async fn every<F: Future<Output = ()>>(period: Duration, stop: CancellationToken, mut round: impl FnMut() -> F) {
    let mut tick = tokio::time::interval(period);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = round() => {}
        }
    }
}

#[cfg(target_os = "linux")]
fn yield_to_others() -> rustix::io::Result<()> {
    use rustix::process::{getpriority_process, setpriority_process};

    setpriority_process(None, (getpriority_process(None)? + NICENESS).min(19))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn the_outcome_comes_back_and_a_panic_does_not_spread() {
        assert_eq!(in_background(|| 6 * 7).await, Ok(42));
        assert_eq!(in_background(|| -> u32 { panic!("on purpose") }).await, Err(NotDone::Panicked));
    }

    #[tokio::test]
    async fn rounds_are_made_again_and_again_until_the_stop_which_ends_the_last_one() {
        let (stop, rounds) = (CancellationToken::new(), AtomicU32::new(0));
        every(Duration::from_millis(1), stop.clone(), || async {
            if rounds.fetch_add(1, Ordering::Relaxed) == 2 {
                stop.cancel();
                std::future::pending::<()>().await;
            }
        })
        .await;
        assert_eq!(rounds.into_inner(), 3);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_thread_of_the_work_yields() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert_eq!(in_background(niceness).await, Ok((before + NICENESS).min(19)));
        assert_eq!(niceness(), before);
    }
}
