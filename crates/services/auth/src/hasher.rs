//! argon2id away from the threads that serve requests, a few at a time, with a bounded queue.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;
use village_kernel::secret::random;
use village_kernel::{NotDone, in_background};

use crate::secret_text::TypedPassword;
use crate::{AuthError, PasswordHashing};

/// Whether a password was right, and whether its hash should be made anew: with today's parameters, or of the normal
/// form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub right: bool,
    pub outdated: bool,
}

pub(crate) struct Hasher {
    settings: PasswordHashing,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Checked when there is no account, so that an unknown e-mail address takes as long as a known one.
    nobody: Arc<OnceLock<String>>,
}

impl Hasher {
    pub fn new(settings: PasswordHashing) -> Self {
        Self {
            settings,
            turns: Arc::new(Semaphore::new(settings.concurrency.max(1))),
            waiting: AtomicUsize::new(0),
            nobody: Arc::default(),
        }
    }

    /// The password's hash in PHC string format.
    pub async fn hash(&self, password: &str) -> Result<String, AuthError> {
        let (password, settings) = (password.to_owned(), self.settings);
        self.in_turn(self.settings.queue, move || hash(&password, settings)).await?
    }

    /// Checks each form of the password against `stored`, or against nobody's hash in the same time. It takes one run
    /// for each form, whichever is right. Those who are not known here leave the last quarter of the queue to those who
    /// are, so that a flood of guesses does not send everybody away.
    pub async fn verify(
        &self,
        typed: &TypedPassword,
        stored: Option<&str>,
        is_known: bool,
    ) -> Result<Verdict, AuthError> {
        let queue = self.settings.queue;
        let places = if is_known { queue } else { queue - queue / 4 };
        let (typed, settings, nobody) = (typed.clone(), self.settings, self.nobody.clone());
        let stored = stored.map(str::to_owned);
        self.in_turn(places, move || {
            // Made also when it is not needed: the first unknown address must not take longer than a known one.
            let nobodys = nobodys_hash(&nobody, settings)?;
            let mut verdict = Verdict { right: false, outdated: false };
            for (position, form) in typed.forms().iter().enumerate() {
                let found = verify(form, stored.as_deref().unwrap_or(nobodys), settings)?;
                if found.right && stored.is_some() {
                    verdict = Verdict { right: true, outdated: found.outdated || position > 0 };
                }
            }
            Ok(verdict)
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        places: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let turn = match self.turns.clone().try_acquire_owned() {
            Ok(turn) => turn,
            Err(_) => {
                let _place = Place::take(&self.waiting, places)?;
                self.turns.clone().acquire_owned().await.map_err(|_| AuthError::Busy)?
            }
        };
        // The turn goes along: a caller that gives up does not let more hashes run than there are turns.
        let hashed = in_background(move || {
            let outcome = work();
            drop(turn);
            outcome
        });
        hashed.await.map_err(|not_done| match not_done {
            NotDone::Panicked => AuthError::Crypto("hashing panicked"),
            NotDone::NoThread => AuthError::Busy,
        })
    }
}

/// A place in the queue, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, limit: usize) -> Result<Self, AuthError> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= limit {
            metrics::counter!("village_auth_hashing_refused_total").increment(1);
            return Err(AuthError::Busy);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn hash(password: &str, settings: PasswordHashing) -> Result<String, AuthError> {
    let hash: PasswordHash = argon2id(settings)?
        .hash_password_with_salt(password.as_bytes(), &random::<16>())
        .map_err(|_| AuthError::Crypto("argon2id refused the password"))?;
    Ok(hash.to_string())
}

fn nobodys_hash(nobody: &OnceLock<String>, settings: PasswordHashing) -> Result<&str, AuthError> {
    if let Some(hash) = nobody.get() {
        return Ok(hash);
    }
    let unknown: String = random::<16>().iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = hash(&unknown, settings)?;
    Ok(nobody.get_or_init(|| hash))
}

fn verify(password: &str, stored: &str, settings: PasswordHashing) -> Result<Verdict, AuthError> {
    let stored = PasswordHash::new(stored).map_err(|_| AuthError::Crypto("a stored hash is not in PHC format"))?;
    // The parameters are taken from the stored hash.
    let right = argon2id(settings)?.verify_password(password.as_bytes(), &stored).is_ok();
    let outdated = Params::try_from(&stored).ok() != Some(params(settings)?);
    Ok(Verdict { right, outdated: right && outdated })
}

fn params(settings: PasswordHashing) -> Result<Params, AuthError> {
    // The length is part of what is compared with a stored hash.
    Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(Params::DEFAULT_OUTPUT_LEN))
        .map_err(|_| AuthError::Crypto("the argon2id parameters are out of range"))
}

fn argon2id(settings: PasswordHashing) -> Result<Argon2<'static>, AuthError> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params(settings)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> TypedPassword {
        TypedPassword::new(text).unwrap()
    }

    #[tokio::test]
    async fn a_hash_of_the_raw_bytes_is_recognised_and_outdated() {
        let hasher = Hasher::new(PasswordHashing::cheap());
        let apart = "zoe\u{308}s gro\u{DF}er hut";
        let old = hasher.hash(apart).await.unwrap();
        let verdict = hasher.verify(&typed(apart), Some(&old), true).await.unwrap();
        assert_eq!(verdict, Verdict { right: true, outdated: true });
        let new = hasher.hash(typed(apart).kept()).await.unwrap();
        for text in [apart, "zo\u{EB}s gro\u{DF}er hut", "zo\u{EB}s\u{A0}gro\u{DF}er hut"] {
            let verdict = hasher.verify(&typed(text), Some(&new), true).await.unwrap();
            assert_eq!(verdict, Verdict { right: true, outdated: false }, "{text:?}");
        }
        assert!(!hasher.verify(&typed(apart), None, true).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_password_is_recognised_and_another_is_not() {
        let hasher = Hasher::new(PasswordHashing::cheap());
        let stored = hasher.hash("correct horse").await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        let right = hasher.verify(&typed("correct horse"), Some(&stored), true).await.unwrap();
        assert_eq!(right, Verdict { right: true, outdated: false });
        assert!(!hasher.verify(&typed("battery staple"), Some(&stored), true).await.unwrap().right);
        assert!(!hasher.verify(&typed("correct horse"), None, true).await.unwrap().right);
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_outdated() {
        let stored = Hasher::new(PasswordHashing::cheap()).hash("correct horse").await.unwrap();
        let stronger = Hasher::new(PasswordHashing { iterations: 2, ..PasswordHashing::cheap() });
        let verdict = stronger.verify(&typed("correct horse"), Some(&stored), true).await.unwrap();
        assert_eq!(verdict, Verdict { right: true, outdated: true });
    }

    #[tokio::test]
    async fn strangers_leave_a_part_of_the_queue_to_those_who_are_known() {
        let hasher = Arc::new(Hasher::new(PasswordHashing { concurrency: 1, queue: 4, ..PasswordHashing::cheap() }));
        let turn = hasher.turns.clone().acquire_owned().await.unwrap();
        let begin = |is_known: bool| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.verify(&typed("correct horse"), None, is_known).await.is_ok() })
        };
        let until = async |waiting: usize| {
            while hasher.waiting.load(Ordering::Relaxed) < waiting {
                tokio::task::yield_now().await;
            }
        };
        let mut tasks = Vec::new();
        for waiting in 1..=3 {
            tasks.push(begin(false));
            until(waiting).await;
        }
        assert!(matches!(hasher.verify(&typed("correct horse"), None, false).await, Err(AuthError::Busy)));
        tasks.push(begin(true));
        until(4).await;
        drop(turn);
        for task in tasks {
            assert!(task.await.unwrap());
        }
    }

    #[tokio::test]
    async fn when_the_queue_is_full_callers_are_sent_away() {
        let hasher = Arc::new(Hasher::new(PasswordHashing { concurrency: 1, queue: 2, ..PasswordHashing::cheap() }));
        let turn = hasher.turns.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..2)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash("correct horse").await.is_ok() })
            })
            .collect();
        while hasher.waiting.load(Ordering::Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(hasher.hash("correct horse").await, Err(AuthError::Busy)));
        assert!(matches!(hasher.verify(&typed("correct horse"), None, true).await, Err(AuthError::Busy)));
        drop(turn);
        for waited in waiting {
            assert!(waited.await.unwrap());
        }
        assert!(hasher.hash("correct horse").await.is_ok());
    }
}
