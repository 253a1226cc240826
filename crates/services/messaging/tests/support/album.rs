//! Images in memory: who owns them, whether they are ready, in use, or gone. An id that was not put here is ready and
//! anybody's.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use village_db::Tx;
use village_kernel::{Instant, MediaId, UserId};
use village_ports::{AttachError, Image, ImageSize, MediaAccess, MediaPurpose, SizeName};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    Processing,
    Ready,
    Attached,
    Released,
}

#[derive(Default)]
pub struct Images(Mutex<HashMap<MediaId, (UserId, State)>>, Mutex<HashSet<MediaId>>);

impl Images {
    /// From now on this one cannot be given up.
    pub fn hold_fast(&self, media: MediaId) {
        self.1.lock().unwrap().insert(media);
    }

    /// A new image of `owner`, ready to be used.
    pub fn add(&self, owner: UserId) -> MediaId {
        self.put(owner, State::Ready)
    }

    pub fn put(&self, owner: UserId, state: State) -> MediaId {
        let media = MediaId::new(Instant::from_micros(1));
        self.0.lock().unwrap().insert(media, (owner, state));
        media
    }

    pub fn in_use(&self) -> HashSet<MediaId> {
        let images = self.0.lock().unwrap();
        images.iter().filter(|(_, (_, state))| *state == State::Attached).map(|(media, _)| *media).collect()
    }

    pub fn state(&self, media: MediaId) -> State {
        self.0.lock().unwrap()[&media].1
    }
}

#[async_trait]
impl MediaAccess for Images {
    async fn images(&self, ids: &[MediaId]) -> village_db::Result<HashMap<MediaId, Image>> {
        let album = self.0.lock().unwrap();
        let image = |media_id: MediaId| Image {
            media_id,
            width: 640,
            height: 480,
            blurhash: "LKO2?U%2Tw=w]~RBVZRi};RPxuwH".into(),
            alt: String::new(),
            sizes: vec![ImageSize {
                name: SizeName::Small,
                url: format!("http://blobs.test/{media_id}?signature=x"),
                width: 320,
                height: 240,
            }],
            expires_at: Instant::from_micros(0),
        };
        let is_there = |media: &MediaId| matches!(album.get(media), None | Some((_, State::Ready | State::Attached)));
        Ok(ids.iter().copied().filter(is_there).map(|media| (media, image(media))).collect())
    }

    /// Not undone when the transaction is; tests that race do not look at this.
    async fn attach(&self, _: &mut Tx, owner: UserId, _: MediaPurpose, media: &[MediaId]) -> Result<(), AttachError> {
        let mut album = self.0.lock().unwrap();
        for id in media {
            match album.get(id) {
                None => {}
                Some((known, State::Ready)) if *known == owner => {}
                Some((known, State::Processing)) if *known == owner => return Err(AttachError::NotReady),
                _ => return Err(AttachError::NotFound),
            }
        }
        for id in media {
            album.insert(*id, (owner, State::Attached));
        }
        Ok(())
    }

    async fn release(&self, _: &mut Tx, media: &[MediaId]) -> village_db::Result<()> {
        if media.iter().any(|id| self.1.lock().unwrap().contains(id)) {
            return Err(village_db::Error::Protocol("held fast".into()));
        }
        let mut album = self.0.lock().unwrap();
        for id in media {
            if let Some((_, state)) = album.get_mut(id) {
                *state = State::Released;
            }
        }
        Ok(())
    }
}
