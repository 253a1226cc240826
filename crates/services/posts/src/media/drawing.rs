//! Whose picture is drawn next: a few at a time, and people in turn, however many pictures each has waiting.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use village_kernel::UserId;

pub struct Drawing {
    queue: Mutex<Queue>,
}

struct Queue {
    free: usize,
    /// People in the order of their turns, each with those who wait for a permit, none of them empty.
    waiting: VecDeque<(UserId, VecDeque<oneshot::Sender<Permit>>)>,
}

/// A picture is being drawn until this is dropped. It goes along with the work: a thread cannot be stopped, so one that
/// nobody waits for any more still counts.
pub struct Permit(Option<Arc<Drawing>>);

impl Drawing {
    pub fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Self { queue: Mutex::new(Queue { free: at_once.max(1), waiting: VecDeque::new() }) })
    }

    pub async fn permit(self: &Arc<Self>, owner: UserId) -> Permit {
        let turn = {
            let mut queue = self.lock();
            if queue.free > 0 {
                queue.free -= 1;
                return Permit(Some(self.clone()));
            }
            let (tell, turn) = oneshot::channel();
            match queue.waiting.iter_mut().find(|(waiting, _)| *waiting == owner) {
                Some((_, theirs)) => theirs.push_back(tell),
                None => queue.waiting.push_back((owner, VecDeque::from([tell]))),
            }
            turn
        };
        // The sender is dropped only once it has sent.
        turn.await.unwrap_or(Permit(None))
    }

    /// Hands a permit on to whoever is next, or keeps it for who comes.
    fn release(self: &Arc<Self>) {
        loop {
            let next = {
                let mut queue = self.lock();
                let Some((owner, mut theirs)) = queue.waiting.pop_front() else {
                    queue.free += 1;
                    return;
                };
                let next = theirs.pop_front();
                if !theirs.is_empty() {
                    queue.waiting.push_back((owner, theirs));
                }
                next
            };
            match next.map(|next| next.send(Permit(Some(self.clone())))) {
                Some(Ok(())) => return,
                // Nobody waits there any more. Its permit must not come back through here.
                Some(Err(mut permit)) => permit.0 = None,
                None => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(drawing) = self.0.take() {
            drawing.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use village_kernel::{Clock, SystemClock};

    #[tokio::test]
    async fn people_take_turns_however_many_pictures_one_has() {
        let drawing = Drawing::new(1);
        let [ana, bo] = [0, 1].map(|_| UserId::new(SystemClock.now()));
        let running = drawing.permit(ana).await;
        let mut waiting: Vec<_> = [ana, ana, ana, bo].map(|owner| Box::pin(drawing.permit(owner))).into();
        assert!(waiting.iter_mut().all(|permit| permit.now_or_never().is_none()));
        let gave_up = waiting.remove(1);
        drop(gave_up);
        drop(running);
        let first = waiting.remove(0).now_or_never().expect("it was first");
        assert!(waiting[0].as_mut().now_or_never().is_none());
        drop(first);
        let anothers = waiting.remove(1).now_or_never().expect("the other person is next");
        assert!(waiting[0].as_mut().now_or_never().is_none());
        drop(anothers);
        let last = waiting.remove(0).now_or_never().expect("who gave up is passed over");
        drop(last);
        assert!(drawing.permit(bo).now_or_never().is_some());
    }
}
