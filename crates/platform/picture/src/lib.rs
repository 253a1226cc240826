//! From the bytes somebody sent to the pictures others may see: upright, small enough, sRGB, and without a word of
//! metadata, because each is drawn anew from pixels.
//!
//! Pure functions of bytes, in a crate of their own because they are compiled with optimisation even in
//! development: without it a photo takes seconds.
//!
//! What a file is, is decided by its bytes. Before a decoder sees it, everything that it does not need is taken out
//! (`read`), and what it would need is compared with what one picture may have (`limits`). A file that ends too soon is
//! drawn as far as it goes, when that is at least half of it.

mod canvas;
mod draw;
mod encode;
mod limits;
mod read;

pub use draw::{Picture, PictureSize, Size, draw};
pub use limits::{MAX_MEMORY_BYTES, MAX_PIXELS, MAX_SIDE};

/// Why a file is not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// There are no bytes.
    Empty,
    /// Neither JPEG, PNG, WebP nor GIF.
    NotAnImage,
    /// HEIC or HEIF, what some phones take photos in.
    Heic,
    /// AVIF.
    Avif,
    /// More than [`MAX_PIXELS`], or a side of more than [`MAX_SIDE`] pixels.
    TooManyPixels,
    /// Within the limits of pixels, but decoding it would take more memory or work than one picture may have.
    TooComplex,
    /// It cannot be decoded, or less than half of it is there.
    Corrupt,
}
