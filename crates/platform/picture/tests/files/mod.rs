//! Image files for tests: good ones, full of metadata, and such as an attacker would send.

#![allow(dead_code)]

pub mod hostile;

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};

/// Words that must not come out again.
pub const SECRETS: [&[u8]; 6] = [b"Exif", b"GPS", b"SECRET", b"xmpmeta", b"Photoshop", b"ICC_PROFILE"];

pub const QUADRANTS: [Rgb<u8>; 4] = [Rgb([220, 30, 30]), Rgb([30, 200, 30]), Rgb([30, 30, 220]), Rgb([230, 230, 40])];

/// Red and green above, blue and yellow below.
pub fn quadrants(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| QUADRANTS[usize::from(x >= width / 2) + 2 * usize::from(y >= height / 2)])
}

pub fn encode(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgb8(image.clone());
    match format {
        ImageFormat::Gif => DynamicImage::ImageRgba8(image.into_rgba8()).write_to(&mut bytes, format).unwrap(),
        _ => image.write_to(&mut bytes, format).unwrap(),
    }
    bytes.into_inner()
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode(&quadrants(width, height), ImageFormat::Jpeg)
}

pub fn jpeg_with_profile(image: &RgbImage, profile: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
    encoder.set_icc_profile(profile).unwrap();
    encoder.encode_image(image).unwrap();
    bytes
}

/// A JPEG segment.
pub fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let mut segment = vec![0xff, marker];
    segment.extend(u16::try_from(content.len() + 2).unwrap().to_be_bytes());
    segment.extend(content);
    segment
}

/// A TIFF block as in EXIF: the orientation, where the picture was taken, and a thumbnail.
pub fn exif(orientation: u8, thumbnail: &[u8]) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let mut entry = Vec::new();
        entry.extend(tag.to_be_bytes());
        entry.extend(kind.to_be_bytes());
        entry.extend(count.to_be_bytes());
        entry.extend(value.to_be_bytes());
        entry
    };
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    // IFD0 at 8: 3 entries, 2 + 36 + 4 bytes, so the GPS IFD is at 50.
    tiff.extend(3_u16.to_be_bytes());
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation) << 16));
    tiff.extend(entry(0x010f, 2, 14, 140));
    tiff.extend(entry(0x8825, 4, 1, 50));
    tiff.extend(92_u32.to_be_bytes());
    // GPS IFD: 3 entries, ends at 92.
    tiff.extend(3_u16.to_be_bytes());
    tiff.extend(entry(0x0001, 2, 2, u32::from_be_bytes(*b"N\0\0\0")));
    tiff.extend(entry(0x0002, 5, 3, 154));
    tiff.extend(entry(0x001b, 7, 14, 140));
    tiff.extend(0_u32.to_be_bytes());
    // IFD1 at 92: the thumbnail, 3 entries, ends at 134; then 6 bytes of nothing.
    tiff.extend(3_u16.to_be_bytes());
    tiff.extend(entry(0x0103, 3, 1, 6 << 16));
    tiff.extend(entry(0x0201, 4, 1, 178));
    tiff.extend(entry(0x0202, 4, 1, thumbnail.len() as u32));
    tiff.extend(0_u32.to_be_bytes());
    tiff.resize(140, 0);
    tiff.extend(b"SECRET-GPS-CAM");
    for part in [[52_u32, 1], [30, 1], [11, 1]].concat() {
        tiff.extend(part.to_be_bytes());
    }
    tiff.extend(thumbnail);
    tiff
}

/// What a phone makes: turned by its EXIF block, with a position, a thumbnail, XMP, IPTC, a comment, and a video
/// after the end of the picture.
pub fn jpeg_from_a_phone(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let plain = encode(image, ImageFormat::Jpeg);
    let thumbnail = encode(&RgbImage::from_pixel(16, 16, Rgb([1, 2, 3])), ImageFormat::Jpeg);
    let mut bytes = plain[..2].to_vec();
    bytes.extend(segment(0xe1, &[b"Exif\0\0".to_vec(), exif(orientation, &thumbnail)].concat()));
    let xmp = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>SECRET-XMP</x:xmpmeta>";
    bytes.extend(segment(0xe1, xmp));
    bytes.extend(segment(0xed, b"Photoshop 3.0\x008BIM\x04\x04SECRET-IPTC"));
    bytes.extend(segment(0xfe, b"SECRET-COMMENT"));
    bytes.extend(&plain[2..]);
    bytes.extend(b"SECRET-TRAILER: an MP4 of the moment, and PK\x03\x04 a zip");
    bytes
}

pub fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = (content.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(content);
    let checksum = crc32(&chunk[4..]);
    chunk.extend(checksum.to_be_bytes());
    chunk
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// The chunks put in after IHDR.
pub fn png_with(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = png[..33].to_vec();
    chunks.iter().for_each(|chunk| bytes.extend(chunk));
    bytes.extend(&png[33..]);
    bytes
}

/// A PNG of some hundred bytes that says it has 900 million pixels.
pub fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut png = encode(&quadrants(8, 8), ImageFormat::Png);
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &png[24..29]].concat();
    let header = png_chunk(b"IHDR", &header);
    png.splice(8..33, header);
    png
}

/// A complete and valid file of few bytes and very many pixels.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new_with_quality(
        &mut bytes,
        image::codecs::png::CompressionType::Fast,
        image::codecs::png::FilterType::NoFilter,
    );
    let pixels = vec![0_u8; width as usize * height as usize];
    encoder.write_image(&pixels, width, height, image::ExtendedColorType::L8).unwrap();
    bytes
}

pub fn riff(chunks: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((chunks.len() as u32 + 4).to_le_bytes());
    bytes.extend(b"WEBP");
    bytes.extend(chunks);
    bytes
}

pub fn webp_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend((content.len() as u32).to_le_bytes());
    chunk.extend(content);
    chunk.resize(chunk.len() + content.len() % 2, 0);
    chunk
}

/// An extended WebP around a plain one, with EXIF and XMP.
pub fn webp_with_metadata(plain: &[u8], width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut header = vec![0b0000_1100, 0, 0, 0];
    header.extend(&(width - 1).to_le_bytes()[..3]);
    header.extend(&(height - 1).to_le_bytes()[..3]);
    let exif = exif(orientation, b"");
    let xmp = b"<x:xmpmeta>SECRET-XMP</x:xmpmeta>";
    riff(
        &[webp_chunk(b"VP8X", &header), plain[12..].to_vec(), webp_chunk(b"EXIF", &exif), webp_chunk(b"XMP ", xmp)]
            .concat(),
    )
}

/// A canvas of 8 by 8 with a lossy picture of 16383 by 16383 in it.
pub fn webp_with_a_larger_picture_than_its_canvas() -> Vec<u8> {
    let picture = [&[0x10, 0, 0, 0x9d, 0x01, 0x2a][..], &[0xff, 0x3f, 0xff, 0x3f], &[0; 64]].concat();
    riff(&[webp_chunk(b"VP8X", &[0, 0, 0, 0, 7, 0, 0, 7, 0, 0]), webp_chunk(b"VP8 ", &picture)].concat())
}

/// The smallest lossy WebP, one pixel.
pub fn webp_lossy() -> Vec<u8> {
    let data = [
        0x30, 0x01, 0x00, 0x9d, 0x01, 0x2a, 0x01, 0x00, 0x01, 0x00, 0x0e, 0xc0, 0xfe, 0x25, 0xa4, 0x00, 0x03, 0x70,
        0x00, 0x00, 0x00, 0x00,
    ];
    riff(&webp_chunk(b"VP8 ", &data))
}

/// Two frames: the quadrants, then black.
pub fn animated_gif(width: u32, height: u32) -> Vec<u8> {
    use image::codecs::gif::GifEncoder;
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for image in [quadrants(width, height), RgbImage::new(width, height)] {
        encoder.encode_frame(image::Frame::new(DynamicImage::ImageRgb8(image).into_rgba8())).unwrap();
    }
    drop(encoder);
    bytes
}

/// A WebP whose first frame is the plain one.
pub fn animated_webp(plain: &[u8], canvas: (u32, u32), position: (u32, u32), size: (u32, u32)) -> Vec<u8> {
    let three = |value: u32| value.to_le_bytes()[..3].to_vec();
    let header = [vec![0b0001_0010, 0, 0, 0], three(canvas.0 - 1), three(canvas.1 - 1)].concat();
    let place = [position.0 / 2, position.1 / 2, size.0 - 1, size.1 - 1, 100].map(three).concat();
    let frame = webp_chunk(b"ANMF", &[place, vec![0], plain[12..].to_vec()].concat());
    riff(&[webp_chunk(b"VP8X", &header), webp_chunk(b"ANIM", &[0; 6]), frame].concat())
}

/// A PNG in seven passes (Adam7).
pub fn interlaced_png(image: &RgbImage) -> Vec<u8> {
    let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let (width, height) = image.dimensions();
    let mut rows = Vec::new();
    for (left, top, across, down) in passes {
        for y in (top..height).step_by(down) {
            if left < width {
                rows.push(0);
            }
            (left..width).step_by(across).for_each(|x| rows.extend(image.get_pixel(x, y).0));
        }
    }
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 1]].concat();
    let data = fdeflate::compress_to_vec(&rows);
    let chunks = [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", &data), png_chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}
