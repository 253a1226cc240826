//! Decoding within limits, and drawing the sizes.

use std::io::Cursor;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use yuv::{YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, rgb_to_yuv420};

use crate::probe::{MAX_SIDE, probe};
use crate::{Format, Rejected};

/// Bytes of a decoded picture at most: 40 megapixels as 16-bit RGB fit, as 16-bit RGBA they do not.
const MAX_DECODED_BYTES: u64 = 256 << 20;
/// What a decoder may allocate besides, where it counts.
const MAX_ALLOC_BYTES: u64 = 512 << 20;
/// Where artefacts stop being visible on photographs; JPEG's own scale from 1 to 100.
const JPEG_QUALITY: u8 = 82;
/// Of the picture that the blurhash is made from.
const BLURHASH_SIDE: u32 = 64;

/// The sides of the squares that sizes fit.
const SIZES: [(Size, u32); 3] = [(Size::Small, 320), (Size::Medium, 960), (Size::Large, 2048)];

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

/// The sizes of the picture in `bytes`, which were declared to be of type `declared`. Of an animation the first frame
/// is kept.
///
/// Takes a core for up to a second, and for the largest pictures allowed up to about 600 MB (a lossless WebP of 40
/// megapixels): run it in the background, and only a few at a time.
pub fn draw(bytes: &[u8], declared: Format) -> Result<Picture, Rejected> {
    probe(bytes, declared)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), image_format(declared));
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(decoder_refused)?;
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(Rejected::TooManyPixels);
    }
    // What cannot be read of these is as if it were not there.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten();
    let decoded = DynamicImage::from_decoder(decoder).map_err(decoder_refused)?;

    let mut largest = DynamicImage::ImageRgb8(shrink(on_white(decoded), SIZES[2].1)?);
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
        sizes.push(PictureSize { name, width, height, jpeg: encode(&pixels)? });
    }
    sizes.reverse();
    Ok(Picture { sizes, blurhash: blur(pixels)? })
}

/// Without metadata: the encoder writes what it is told to, and a JFIF header.
fn encode(pixels: &RgbImage) -> Result<Vec<u8>, Rejected> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode_image(Planes::of(pixels)?).map_err(|_| Rejected::Corrupt)?;
    Ok(jpeg)
}

/// Brightness of each pixel, and one colour for four of them (4:2:0), their mean, as cameras do. The encoder could do it
/// itself, but takes several times as long.
struct Planes {
    width: u16,
    height: u16,
    image: YuvPlanarImageMut<'static, u8>,
}

impl Planes {
    fn of(pixels: &RgbImage) -> Result<Self, Rejected> {
        let (width, height) = pixels.dimensions();
        let mut image = YuvPlanarImageMut::alloc(width, height, YuvChromaSubsampling::Yuv420);
        // What JFIF says.
        let (range, matrix) = (YuvRange::Full, YuvStandardMatrix::Bt601);
        rgb_to_yuv420(&mut image, pixels, 3 * width, range, matrix, YuvConversionMode::Balanced)
            .map_err(|_| Rejected::Corrupt)?;
        let (Ok(width), Ok(height)) = (width.try_into(), height.try_into()) else { return Err(Rejected::Corrupt) };
        Ok(Self { width, height, image })
    }
}

impl ImageBuffer for Planes {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    /// The encoder wants a colour for every pixel, and takes the first of four.
    fn fill_buffers(&self, y: u16, [brightness, blue, red, _]: &mut [Vec<u8>; 4]) {
        let (y, width) = (usize::from(y), usize::from(self.width));
        brightness.extend_from_slice(&self.image.y_plane.borrow()[y * width..][..width]);
        let half = width.div_ceil(2);
        for (to, from) in [(blue, &self.image.u_plane), (red, &self.image.v_plane)] {
            to.extend(from.borrow()[y / 2 * half..][..half].iter().flat_map(|colour| [*colour; 2]));
            to.truncate(brightness.len());
        }
    }
}

/// What is shown until the picture is there: twelve waves, for which few pixels are enough.
fn blur(pixels: RgbImage) -> Result<String, Rejected> {
    let (width, height) = fit(pixels.width(), pixels.height(), BLURHASH_SIDE);
    let rgba = DynamicImage::ImageRgb8(resize(pixels, width, height)?).into_rgba8();
    blurhash::encode(4, 3, width, height, &rgba).map_err(|_| Rejected::Corrupt)
}

fn image_format(format: Format) -> ImageFormat {
    match format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::Webp => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
    }
}

fn decoder_refused(error: image::ImageError) -> Rejected {
    match error {
        image::ImageError::Limits(_) => Rejected::TooManyPixels,
        _ => Rejected::Corrupt,
    }
}

/// JPEG has no transparency; what shows through is white.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut flat = RgbImage::new(image.width(), image.height());
    for (from, to) in image.pixels().zip(flat.pixels_mut()) {
        let alpha = u16::from(from[3]);
        *to = Rgb([0, 1, 2].map(|channel| {
            let mixed = u16::from(from[channel]) * alpha + 255 * (255 - alpha);
            (mixed / 255) as u8
        }));
    }
    flat
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

fn shrink(image: RgbImage, side: u32) -> Result<RgbImage, Rejected> {
    let (width, height) = fit(image.width(), image.height(), side);
    resize(image, width, height)
}

fn resize(image: RgbImage, width: u32, height: u32) -> Result<RgbImage, Rejected> {
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
