//! What an image is on its way through the pipeline.

use serde::{Deserialize, Serialize};
use village_blob::BlobKey;
use village_kernel::{Instant, MediaId};
use village_picture::{Format, Rejected, Size};
use village_ports::{Image, MediaPurpose, SizeName};

/// The types of files taken in. HEIC is not among them: clients convert it.
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

    pub fn format(self) -> Format {
        match self {
            Self::Jpeg => Format::Jpeg,
            Self::Png => Format::Png,
            Self::Webp => Format::Webp,
            Self::Gif => Format::Gif,
        }
    }
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
    /// Another type of image than was declared.
    TypeMismatch,
    /// More than 40 megapixels, or a side of more than 16,384 pixels.
    TooManyPixels,
    /// More bytes than an image may have.
    TooLarge,
    /// It ends too soon or cannot be decoded.
    Corrupt,
}

impl From<Rejected> for Reason {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Empty => Self::Empty,
            Rejected::NotAnImage => Self::NotAnImage,
            Rejected::TypeMismatch => Self::TypeMismatch,
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
    #[schema(example = "https://village.example/blobs/uploads/01936f7a/9f2c?expires=…&signature=…")]
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

/// The key that the bytes of an image are uploaded to. No URL for reading it is ever signed.
pub fn fresh_upload_key(media: MediaId) -> String {
    format!("uploads/{media}/{}", unguessable())
}

fn unguessable() -> String {
    village_kernel::secret::random::<16>().iter().map(|byte| format!("{byte:02x}")).collect()
}
