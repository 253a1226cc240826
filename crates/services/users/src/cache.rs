//! Profiles as shown beside what people wrote, kept in memory.
//!
//! Holds what a profile says, never who may see it. Bounded in size and age; [`ProfileCache::forget`] drops what
//! changed. All misses of one request are one query, and requests that miss the same person share it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use moka::sync::Cache;
use village_db::Db;
use village_kernel::UserId;

use crate::store::profiles::{self, Card};

type Cards = HashMap<UserId, Arc<Card>>;

/// A query under way; `None` when it failed.
type Load = Shared<BoxFuture<'static, Option<Arc<Cards>>>>;

pub struct ProfileCache {
    db: Db,
    cards: Cache<UserId, Arc<Card>>,
    /// Which query will bring which person. What is forgotten leaves it, so that a query which began before a
    /// change is not believed after it.
    loading: Mutex<HashMap<UserId, (u64, Load)>>,
    loads: AtomicU64,
}

impl ProfileCache {
    pub fn new(db: Db, capacity: u64, ttl: Duration) -> Self {
        let cards = Cache::builder().max_capacity(capacity).time_to_live(ttl).build();
        Self { db, cards, loading: Mutex::default(), loads: AtomicU64::new(0) }
    }

    /// Those among `ids` that exist.
    pub async fn cards(self: &Arc<Self>, ids: &[UserId]) -> village_db::Result<Cards> {
        let mut found = Cards::with_capacity(ids.len());
        let mut missing = Vec::new();
        for id in ids {
            match self.cards.get(id) {
                Some(card) => {
                    found.insert(*id, card);
                }
                None if missing.contains(id) => {}
                None => missing.push(*id),
            }
        }
        let counted =
            |outcome| metrics::counter!("village_cache_reads_total", "cache" => "profiles", "outcome" => outcome);
        counted("hit").increment(found.len() as u64);
        counted("miss").increment(missing.len() as u64);
        if missing.is_empty() {
            return Ok(found);
        }
        for load in self.join_or_start(&missing) {
            match load.await {
                Some(cards) => {
                    found.extend(missing.iter().filter_map(|id| cards.get(id).map(|card| (*id, card.clone()))));
                }
                // Whoever started it has logged nothing: ask again, so that this caller gets the error itself.
                None => {
                    let mut reader = self.db.reader().await?;
                    found.extend(cards_of(profiles::cards(&mut reader, &missing).await?));
                }
            }
        }
        Ok(found)
    }

    pub fn forget(&self, id: UserId) {
        let mut loading = self.lock();
        loading.remove(&id);
        self.cards.invalidate(&id);
    }

    pub fn forget_all(&self) {
        let mut loading = self.lock();
        loading.clear();
        self.cards.invalidate_all();
    }

    fn join_or_start(self: &Arc<Self>, missing: &[UserId]) -> Vec<Load> {
        let mut loading = self.lock();
        let mut mine = Vec::new();
        let mut loads = Vec::new();
        let mut joined = Vec::new();
        for id in missing {
            match loading.get(id) {
                Some((number, load)) if !joined.contains(number) => {
                    joined.push(*number);
                    loads.push(load.clone());
                }
                Some(_) => {}
                None => mine.push(*id),
            }
        }
        if !mine.is_empty() {
            let number = self.loads.fetch_add(1, Ordering::Relaxed);
            // Spawned: a caller that goes away must not leave the others waiting, or a connection in use.
            let load = tokio::spawn(self.clone().load(number, mine.clone()));
            let load = load.map(|outcome| outcome.ok().flatten()).boxed().shared();
            loading.extend(mine.into_iter().map(|id| (id, (number, load.clone()))));
            loads.push(load);
        }
        loads
    }

    async fn load(self: Arc<Self>, number: u64, ids: Vec<UserId>) -> Option<Arc<Cards>> {
        let cards = async {
            let mut reader = self.db.reader().await?;
            profiles::cards(&mut reader, &ids).await
        };
        let cards = cards.await.ok().map(cards_of);
        let mut loading = self.lock();
        for id in ids {
            if loading.get(&id).is_some_and(|(current, _)| *current == number) {
                loading.remove(&id);
                if let Some(card) = cards.as_ref().and_then(|cards| cards.get(&id)) {
                    self.cards.insert(id, card.clone());
                }
            }
        }
        drop(loading);
        cards.map(Arc::new)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, (u64, Load)>> {
        self.loading.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn cards_of(rows: Vec<Card>) -> Cards {
    rows.into_iter().map(|card| (card.user_id, Arc::new(card))).collect()
}
