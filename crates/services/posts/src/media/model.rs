//! What an image is on its way through the pipeline.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use village_blob::BlobKey;
use village_kernel::{Instant, MediaId, UserId};
use village_picture::{Rejected, Size};
use village_ports::{Image, MediaPurpose, SizeName};

/// The types of files taken in. HEIC and AVIF are not among them: clients convert them. What a file really is, its bytes
/// say; that it is another of these than was declared does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[sqlx(type_name = "text")]
pub enum ContentType {
    #[serde(rename = "image/jpeg")]
    #[sqlx(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/png")]
    #[sqlx(rename = "image/png")]
    Png,
    #[serde(rename = "image/webp")]
    #[sqlx(rename = "image/webp")]
    Webp,
    #[serde(rename = "image/gif")]
    #[sqlx(rename = "image/gif")]
    Gif,
}

impl ContentType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Gif => "image/gif",
        }
    }
}

impl FromStr for ContentType {
    type Err = Unsupported;

    fn from_str(text: &str) -> Result<Self, Unsupported> {
        let all = [Self::Jpeg, Self::Png, Self::Webp, Self::Gif];
        all.into_iter().find(|known| known.as_str() == text).ok_or(match text {
            "image/heic" | "image/heif" | "image/heic-sequence" | "image/heif-sequence" => Unsupported::Heic,
            "image/avif" | "image/avif-sequence" => Unsupported::Avif,
            _ => Unsupported::Other,
        })
    }
}

/// A type of files that is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    Heic,
    Avif,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MediaState {
    /// Waits for the upload.
    Pending,
    /// Uploaded; its sizes are being made.
    Processing,
    Ready,
    /// Could not be used; `reason` says why. Upload another file.
    Rejected,
}

/// Why a file was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MediaRejectReason)]
pub enum Reason {
    /// There are no bytes.
    Empty,
    /// Neither JPEG, PNG, WebP nor GIF.
    NotAnImage,
    /// Another type of image than was declared. Not given any more: the bytes decide.
    TypeMismatch,
    /// HEIC or HEIF. Convert it to JPEG before.
    Heic,
    /// AVIF. Convert it to JPEG before.
    Avif,
    /// More than 64 megapixels (67,108,864 pixels), or a side of more than 32,768 pixels.
    TooManyPixels,
    /// Decoding it would take more memory or work than one image may have. As an ordinary JPEG or PNG it would not.
    TooComplex,
    /// More bytes than an image may have.
    TooLarge,
    /// It cannot be decoded, or less than half of it is there.
    Corrupt,
}

impl From<Rejected> for Reason {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Empty => Self::Empty,
            Rejected::NotAnImage => Self::NotAnImage,
            Rejected::Heic => Self::Heic,
            Rejected::Avif => Self::Avif,
            Rejected::TooComplex => Self::TooComplex,
            Rejected::TooManyPixels => Self::TooManyPixels,
            Rejected::Corrupt => Self::Corrupt,
        }
    }
}

pub fn size_name(size: Size) -> SizeName {
    match size {
        Size::Small => SizeName::Small,
        Size::Medium => SizeName::Medium,
        Size::Large => SizeName::Large,
    }
}

/// An image as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Media)]
pub struct MediaView {
    pub id: MediaId,
    pub state: MediaState,
    pub purpose: MediaPurpose,
    /// Present when rejected.
    pub reason: Option<Reason>,
    /// Present when ready.
    pub image: Option<Image>,
}

/// An image that waits for its bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MediaCreated {
    pub id: MediaId,
    pub state: MediaState,
    pub upload: MediaUpload,
}

/// Where and how to send the bytes: once, before it expires, with exactly these headers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MediaUpload {
    #[schema(example = "PUT")]
    pub method: String,
    #[schema(example = "https://village.example/blobs/uploads/01936f79/01936f7a/9f2c?expires=…&signature=…")]
    pub url: String,
    #[schema(example = json!({"Content-Type": "image/jpeg", "If-None-Match": "*"}))]
    pub headers: std::collections::BTreeMap<String, String>,
    pub expires_at: Instant,
}

/// The key of one size of an image; `folder` is `media/<id>/<random>`.
pub fn size_key(folder: &str, size: SizeName) -> BlobKey {
    let name = match size {
        SizeName::Small => "small",
        SizeName::Medium => "medium",
        SizeName::Large => "large",
    };
    format!("{folder}/{name}.jpg").parse().expect("a folder is made by `fresh_folder`")
}

/// A folder for the sizes of an image that nobody can guess.
pub fn fresh_folder(media: MediaId) -> String {
    format!("media/{media}/{}", unguessable())
}

/// The key that the bytes of an image are uploaded to. No URL for reading it is ever signed. It names the owner, whose
/// uploads the store counts.
pub fn fresh_upload_key(owner: UserId, media: MediaId) -> String {
    format!("uploads/{owner}/{media}/{}", unguessable())
}

fn unguessable() -> String {
    village_kernel::secret::random::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}
