//! Images of messages: named when it is sent, given up with the last message that shows them.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use village_db::Tx;
use village_kernel::text::caption;
use village_kernel::{MediaId, UserId};
use village_ports::{AttachError, MediaPurpose};

use crate::message::MessageRow;
use crate::{Messaging, MessagingError, store};

const MAX_IMAGES: usize = 10;
const MAX_ALT_CHARACTERS: usize = 500;

/// An image of yours that is `ready` and was uploaded for a message.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendImage {
    pub media_id: MediaId,
    /// What a person who cannot see it should know.
    #[serde(default)]
    #[schema(example = "A newborn asleep in a car seat, wearing a yellow hat", max_length = 500)]
    pub alt: String,
}

fn invalid(code: &'static str, message: String) -> MessagingError {
    MessagingError::Invalid { field: "images", code, message }
}

/// At most 10, none twice.
pub(crate) fn parse_images(images: Vec<SendImage>) -> Result<Vec<(MediaId, String)>, MessagingError> {
    if images.len() > MAX_IMAGES {
        return Err(invalid("too_many", format!("has more than {MAX_IMAGES} images")));
    }
    let mut seen = HashSet::new();
    let parse = |image: SendImage| {
        if !seen.insert(image.media_id) {
            return Err(invalid("duplicate", "names an image twice".to_owned()));
        }
        let alt = caption(&image.alt, MAX_ALT_CHARACTERS).map_err(|error| MessagingError::text("images", &error))?;
        Ok((image.media_id, alt))
    };
    images.into_iter().map(parse).collect()
}

impl Messaging {
    /// Puts images of `owner` into a message that was just written.
    pub(crate) async fn attach_images(
        &self,
        tx: &mut Tx,
        owner: UserId,
        row: &MessageRow,
        images: &[(MediaId, String)],
    ) -> Result<(), MessagingError> {
        let media: Vec<MediaId> = images.iter().map(|(media, _)| *media).collect();
        self.media.attach(tx, owner, MediaPurpose::Message, &media).await.map_err(|error| match error {
            AttachError::NotFound => {
                invalid("unknown", "names an image that does not exist, is not yours, or is used elsewhere".to_owned())
            }
            AttachError::NotReady => MessagingError::MEDIA_NOT_READY,
            AttachError::Database(error) => MessagingError::Database(error),
        })?;
        store::images::begin_uses(tx, &media).await?;
        Ok(store::images::insert(tx, row, images).await?)
    }

    /// Gives up what was taken off messages, each as often as it was; the files go when no message shows them.
    pub(crate) async fn release_images(&self, tx: &mut Tx, media: &[MediaId]) -> Result<(), MessagingError> {
        let unused = store::images::end_uses(tx, media).await?;
        if !unused.is_empty() {
            self.media.release(tx, &unused).await?;
        }
        Ok(())
    }
}
