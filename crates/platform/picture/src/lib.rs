//! From the bytes somebody sent to the pictures others may see: upright, small enough, sRGB, and without a word of
//! metadata, because each is drawn anew from pixels.
//!
//! Pure functions of bytes, in a crate of their own because they are compiled with optimisation even in
//! development: without it a photo takes seconds.

mod draw;
mod probe;

pub use draw::{Picture, PictureSize, Size, draw};
pub use probe::{MAX_PIXELS, MAX_SIDE};

/// The types of files understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    Webp,
    Gif,
}

/// Why a file is not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// There are no bytes.
    Empty,
    /// Neither JPEG, PNG, WebP nor GIF.
    NotAnImage,
    /// Another type of image than was declared.
    TypeMismatch,
    /// More than 40 megapixels, or a side of more than 16,384 pixels.
    TooManyPixels,
    /// It ends too soon or cannot be decoded.
    Corrupt,
}
