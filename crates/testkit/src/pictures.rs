//! Images as people upload them, and some that nobody should.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder as _, ImageFormat, Rgb, RgbImage};

/// Stands in every block of metadata of [`jpeg_with_metadata`]: no file that is served may hold it.
pub const METADATA_MARKER: &str = "Village Test Camera";

/// A picture that is not all one colour: red grows to the right, green grows downwards, and the upper left corner
/// is blue, so that a test sees how it was turned.
pub fn picture(width: u32, height: u32) -> RgbImage {
    let shade = |position: u32, length: u32| (u64::from(position) * 255 / u64::from(length.max(1))) as u8;
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 { Rgb([0, 0, 255]) } else { Rgb([shade(x, width), shade(y, height), 40]) }
    })
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Jpeg)
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Png)
}

pub fn gif(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Gif)
}

pub fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::WebP)
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture(width, height)).write_to(&mut bytes, format).expect("a picture can be encoded");
    bytes.into_inner()
}

/// A photo as a phone takes it: EXIF with camera, orientation (1 to 8), GPS position and a thumbnail, and an XMP
/// block. `width` and `height` are those of the stored pixels, before the orientation is applied.
pub fn jpeg_with_metadata(width: u32, height: u32, orientation: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 85);
    encoder.set_exif_metadata(exif(orientation)).expect("JPEG carries EXIF");
    let pixels = picture(width, height);
    encoder.write_image(&pixels, width, height, image::ExtendedColorType::Rgb8).expect("a picture can be encoded");

    let mut xmp = b"http://ns.adobe.com/xap/1.0/\0".to_vec();
    xmp.extend(format!("<x:xmpmeta xmlns:x='adobe:ns:meta/'>{METADATA_MARKER}</x:xmpmeta>").as_bytes());
    // Marker APP1, its length including the two bytes of the length, right after the start of the image.
    let mut segment = vec![0xff, 0xe1];
    segment.extend((xmp.len() as u16 + 2).to_be_bytes());
    segment.extend(xmp);
    bytes.splice(2..2, segment);
    bytes
}

/// A PNG whose header claims a size that its few bytes do not have: whoever reserves memory for it first, loses.
pub fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(1, 1);
    // After the signature (8 bytes): length (4), `IHDR`, width, height, 5 more bytes, checksum.
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

/// As the PNG specification defines it (ISO/IEC 15948, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A TIFF structure, little endian (EXIF 2.3, section 4.5): the main directory, that of the position, and that of
/// the thumbnail; what does not fit into an entry's four bytes follows behind them.
fn exif(orientation: u16) -> Vec<u8> {
    const ASCII: u16 = 2;
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    const RATIONAL: u16 = 5;
    const HEADER: usize = 8;
    let directory = |entries: usize| 2 + entries * 12 + 4;
    let (main, position, thumbnail) = (HEADER, HEADER + directory(3), HEADER + directory(3) + directory(4));
    let mut behind = Vec::new();
    let behind_at = thumbnail + directory(3);
    let mut put = |bytes: &[u8]| {
        let at = (behind_at + behind.len()) as u32;
        behind.extend_from_slice(bytes);
        at.to_le_bytes()
    };
    let marker = put(format!("{METADATA_MARKER}\0").as_bytes());
    let degrees =
        |values: [u32; 3]| values.iter().flat_map(|v| [v.to_le_bytes(), 1u32.to_le_bytes()].concat()).collect();
    let latitude: Vec<u8> = degrees([48, 51, 29]);
    let latitude = put(&latitude);
    let longitude: Vec<u8> = degrees([2, 17, 40]);
    let longitude = put(&longitude);
    let small = jpeg(16, 16);
    let small_at = put(&small);

    let entry = |tag: u16, kind: u16, count: usize, value: [u8; 4]| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &(count as u32).to_le_bytes(), &value].concat()
    };
    let short = |value: u16| [value.to_le_bytes(), [0, 0]].concat().try_into().expect("two and two bytes");
    let long = |value: usize| (value as u32).to_le_bytes();
    let listed = |entries: &[Vec<u8>], next: usize| {
        [&(entries.len() as u16).to_le_bytes()[..], &entries.concat(), &long(next)].concat()
    };
    let mut bytes = [&b"II*\0"[..], &long(main)].concat();
    bytes.extend(listed(
        &[
            entry(0x010f, ASCII, METADATA_MARKER.len() + 1, marker),
            entry(0x0112, SHORT, 1, short(orientation)),
            entry(0x8825, LONG, 1, long(position)),
        ],
        thumbnail,
    ));
    bytes.extend(listed(
        &[
            entry(1, ASCII, 2, *b"N\0\0\0"),
            entry(2, RATIONAL, 3, latitude),
            entry(3, ASCII, 2, *b"E\0\0\0"),
            entry(4, RATIONAL, 3, longitude),
        ],
        0,
    ));
    bytes.extend(listed(
        &[
            entry(0x0103, SHORT, 1, short(6)),
            entry(0x0201, LONG, 1, small_at),
            entry(0x0202, LONG, 1, long(small.len())),
        ],
        0,
    ));
    bytes.extend(behind);
    bytes
}

#[cfg(test)]
mod tests {
    use image::ImageDecoder as _;
    use image::metadata::Orientation;

    use super::*;

    fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
        bytes.windows(wanted.len()).any(|window| window == wanted)
    }

    #[test]
    fn the_photo_carries_what_a_phone_writes_and_can_be_shown() {
        let bytes = jpeg_with_metadata(60, 40, 6);
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 60);
        let mut decoder = image::codecs::jpeg::JpegDecoder::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(decoder.orientation().unwrap(), Orientation::Rotate90);
        let exif = decoder.exif_metadata().unwrap().unwrap();
        let thumbnail = jpeg(16, 16);
        for part in [METADATA_MARKER.as_bytes(), b"N\0\0\0", &48u32.to_le_bytes(), &thumbnail] {
            assert!(contains(&exif, part));
        }
        let xmp = decoder.xmp_metadata().unwrap().unwrap();
        assert!(contains(&xmp, METADATA_MARKER.as_bytes()));
    }

    #[test]
    fn the_lying_picture_has_a_valid_header() {
        let bytes = png_that_claims(60_000, 50_000);
        let reader = image::ImageReader::new(Cursor::new(&bytes)).with_guessed_format().unwrap();
        assert_eq!(reader.into_dimensions().unwrap(), (60_000, 50_000));
    }

    #[test]
    fn every_format_is_what_it_says() {
        for (bytes, format) in [
            (jpeg(8, 6), ImageFormat::Jpeg),
            (png(8, 6), ImageFormat::Png),
            (gif(8, 6), ImageFormat::Gif),
            (webp(8, 6), ImageFormat::WebP),
        ] {
            assert_eq!(image::guess_format(&bytes).unwrap(), format);
            assert_eq!(image::load_from_memory(&bytes).unwrap().height(), 6);
        }
    }
}
