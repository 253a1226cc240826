//! Drawing the sizes of a picture.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::canvas::Decoded;
use crate::{Rejected, encode, read};

/// Of the picture that the blurhash is made from.
const BLURHASH_SIDE: u32 = 64;
pub const LARGEST_SIDE: u32 = 2048;

/// The sides of the squares that sizes fit.
const SIZES: [(Size, u32); 3] = [(Size::Small, 320), (Size::Medium, 960), (Size::Large, LARGEST_SIDE)];

/// Fits a square of 320, 960 or 2048 pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Small,
    Medium,
    Large,
}

/// A picture ready to be stored.
#[derive(Debug)]
pub struct Picture {
    /// From small to large, one to three.
    pub sizes: Vec<PictureSize>,
    pub blurhash: String,
}

#[derive(Debug)]
pub struct PictureSize {
    pub name: Size,
    pub width: u32,
    pub height: u32,
    pub jpeg: Vec<u8>,
}

/// The sizes of the picture in `bytes`, whatever type of file they were said to be. Of an animation the first frame is
/// kept.
///
/// Takes a core for up to a few seconds, and at most [`crate::MAX_MEMORY_BYTES`] besides `bytes`: run it in the
/// background, and only a few at a time.
pub fn draw(bytes: &[u8]) -> Result<Picture, Rejected> {
    let read::Read { decoded, orientation, profile } = read::read(bytes)?;
    let mut largest = DynamicImage::ImageRgb8(shrink(decoded)?);
    if let Some(profile) = profile {
        to_srgb(&mut largest, &profile);
    }
    largest.apply_orientation(orientation);
    let largest = largest.into_rgb8();

    let shape = largest.dimensions();
    // Each is made from the one above it, which has far fewer pixels than the largest.
    let mut pixels = largest;
    let mut sizes: Vec<PictureSize> = Vec::with_capacity(SIZES.len());
    for (at, (name, side)) in SIZES.into_iter().enumerate().rev() {
        let (width, height) = fit(shape.0, shape.1, side);
        if at > 0 && fit(shape.0, shape.1, SIZES[at - 1].1) == (width, height) {
            // The one below already has every pixel there is.
            continue;
        }
        pixels = resize(pixels, width, height)?;
        sizes.push(PictureSize { name, width, height, jpeg: encode::jpeg(&pixels)? });
    }
    sizes.reverse();
    let (width, height) = fit(pixels.width(), pixels.height(), BLURHASH_SIDE);
    Ok(Picture { sizes, blurhash: encode::blurhash(resize(pixels, width, height)?)? })
}

/// The largest dimensions of the same shape that fit a square of `side`, never larger than they are.
fn fit(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longest = width.max(height);
    if longest <= side {
        return (width, height);
    }
    let scaled = |length: u32| {
        let rounded = (u64::from(length) * u64::from(side) + u64::from(longest) / 2) / u64::from(longest);
        (rounded as u32).max(1)
    };
    (scaled(width), scaled(height))
}

/// The largest size.
fn shrink(decoded: Decoded) -> Result<RgbImage, Rejected> {
    let Decoded { pixels, width, height, divisor } = decoded;
    let side = LARGEST_SIDE.min(pixels.width().max(pixels.height()));
    let (to_width, to_height) = fit(width, height, side);
    // Pixels at the end may stand for fewer of the picture than the others.
    let divided = |length: u32| f64::from(length) / f64::from(divisor);
    resize_part(pixels, (divided(width), divided(height)), to_width, to_height)
}

fn resize(image: RgbImage, width: u32, height: u32) -> Result<RgbImage, Rejected> {
    let whole = (f64::from(image.width()), f64::from(image.height()));
    resize_part(image, whole, width, height)
}

fn resize_part(image: RgbImage, part: (f64, f64), width: u32, height: u32) -> Result<RgbImage, Rejected> {
    if (width, height) == image.dimensions() {
        return Ok(image);
    }
    let mut smaller = RgbImage::new(width, height);
    // For the one pixel type there is: the general call would compile the resizer for a dozen.
    let from = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.as_raw());
    let to = TypedImage::<U8x3>::from_buffer(width, height, &mut smaller);
    let (Ok(from), Ok(mut to)) = (from, to) else { return Err(Rejected::Corrupt) };
    // Bicubic: a third less work than Lanczos and, made smaller, hard to tell from it.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    let options = options.crop(0.0, 0.0, part.0, part.1);
    Resizer::new().resize_typed(&from, &mut to, &options).map_err(|_| Rejected::Corrupt)?;
    Ok(smaller)
}

/// Phones take pictures in wider colour spaces; without its profile such a picture looks dull. A profile that cannot
/// be read or does not fit is ignored, as browsers do.
fn to_srgb(image: &mut DynamicImage, profile: &[u8]) {
    let Some(pixels) = image.as_mut_rgb8() else {
        return;
    };
    let Ok(profile) = ColorProfile::new_from_slice(profile) else {
        return;
    };
    if profile.color_space != DataColorSpace::Rgb {
        return;
    }
    let target = ColorProfile::new_srgb();
    let transform = profile.create_transform_8bit(Layout::Rgb, &target, Layout::Rgb, TransformOptions::default());
    let Ok(transform) = transform else { return };
    let mut converted = RgbImage::new(pixels.width(), pixels.height());
    if transform.transform(pixels, &mut converted).is_ok() {
        *pixels = converted;
    }
}
