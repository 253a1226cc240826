//! Pixels as a JPEG file, and as the few characters that stand for them until it is there.

use image::{DynamicImage, RgbImage};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use yuv::{YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, rgb_to_yuv420};

use crate::Rejected;

/// Where artefacts stop being visible on photographs; JPEG's own scale from 1 to 100.
const JPEG_QUALITY: u8 = 82;

/// Without metadata: the encoder writes what it is told to, and a JFIF header.
pub fn jpeg(pixels: &RgbImage) -> Result<Vec<u8>, Rejected> {
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, JPEG_QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode_image(Planes::of(pixels)?).map_err(|_| Rejected::Corrupt)?;
    Ok(jpeg)
}

/// Twelve waves, for which few pixels are enough.
pub fn blurhash(pixels: RgbImage) -> Result<String, Rejected> {
    let (width, height) = pixels.dimensions();
    let rgba = DynamicImage::ImageRgb8(pixels).into_rgba8();
    blurhash::encode(4, 3, width, height, &rgba).map_err(|_| Rejected::Corrupt)
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
