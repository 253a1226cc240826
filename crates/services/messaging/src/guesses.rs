//! How many wrong codes somebody has tried lately, on this node.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use village_kernel::{Instant, UserId};

/// Wrong codes within [`WINDOW`], at most.
const MAX_GUESSES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// People remembered, at most; beyond that those whose window is over are forgotten, then all.
const MAX_REMEMBERED: usize = 10_000;

#[derive(Default)]
pub(crate) struct Guesses(Mutex<HashMap<UserId, (Instant, u32)>>);

impl Guesses {
    /// How long to wait, for whoever has tried too many.
    pub fn check(&self, user: UserId, now: Instant) -> Result<(), Duration> {
        let guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match guesses.get(&user) {
            Some((since, count)) if *count >= MAX_GUESSES && now < ends(*since) => {
                let micros = ends(*since).as_micros() - now.as_micros();
                Err(Duration::from_micros(micros.unsigned_abs()))
            }
            _ => Ok(()),
        }
    }

    pub fn count(&self, user: UserId, now: Instant) {
        let mut guesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if guesses.len() >= MAX_REMEMBERED && !guesses.contains_key(&user) {
            guesses.retain(|_, (since, _)| now < ends(*since));
            if guesses.len() >= MAX_REMEMBERED {
                guesses.clear();
            }
        }
        let (since, count) = guesses.entry(user).or_insert((now, 0));
        if now >= ends(*since) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
    }
}

fn ends(since: Instant) -> Instant {
    since.plus_secs(WINDOW.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ten_wrong_codes_one_waits_for_the_minute_to_end() {
        let guesses = Guesses::default();
        let now = Instant::from_micros(0);
        let (ana, ben) = (UserId::new(now), UserId::new(now));
        for _ in 0..10 {
            assert_eq!(guesses.check(ana, now), Ok(()));
            guesses.count(ana, now);
        }
        assert_eq!(guesses.check(ana, now.plus_secs(20)), Err(Duration::from_secs(40)));
        assert_eq!(guesses.check(ben, now), Ok(()));
        assert_eq!(guesses.check(ana, now.plus_secs(60)), Ok(()));
        guesses.count(ana, now.plus_secs(60));
        assert_eq!(guesses.check(ana, now.plus_secs(61)), Ok(()));
    }
}
