//! Files that are small and would grow, or are as large as they may be. Each with its name and what becomes of it: the
//! dimensions of its smallest size, or the reason.

use fdeflate::Compressor;
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;

type Files = Vec<(&'static str, Vec<u8>, &'static str)>;

/// A compressed stream of `megabytes` of nothing.
fn bomb_of(megabytes: usize) -> Vec<u8> {
    let mut compressor = Compressor::new(Vec::new()).unwrap();
    let zeros = vec![0; 1 << 20];
    (0..megabytes).for_each(|_| compressor.write_data(&zeros).unwrap());
    compressor.finish().unwrap()
}

pub fn corpus() -> Files {
    let bomb = bomb_of(400);
    let small = quadrants(64, 64);
    let png = encode(&small, ImageFormat::Png);
    let with = |chunks: &[Vec<u8>]| png_with(&png, chunks);
    let named = |name: &[u8], content: &[u8]| [name, content].concat();
    let profile = named(b"icc\0\0", &bomb);
    let text = named(b"Comment\0\0", &bomb);
    let international = named(b"Comment\0\x01\0\0\0", &bomb);
    let many_texts = vec![png_chunk(b"zTXt", &text); 8];
    let long = vec![7; 4 << 20];
    let empty_chunks = vec![png_chunk(b"tEXt", b"a\0"); 200_000];
    let empty_data = vec![png_chunk(b"IDAT", b""); 200_000];

    let mut indexed = png_claiming(64, 64);
    indexed[25] = 3;
    let palettes = [png_chunk(b"PLTE", &long), png_chunk(b"tRNS", &long)];

    let jpeg = jpeg(64, 64);
    let with_segments = |marker: u8, content: &[u8], count: usize| {
        let segments = (0..count).flat_map(|_| segment(marker, content));
        jpeg[..2].iter().copied().chain(segments).chain(jpeg[2..].iter().copied()).collect::<Vec<u8>>()
    };
    let profile_parts = (1..=255_u8).flat_map(|number| {
        let content = [&b"ICC_PROFILE\0"[..], &[number, 255], &[7; 65_000]].concat();
        segment(0xe2, &content)
    });
    let jpeg_profile: Vec<u8> =
        jpeg[..2].iter().copied().chain(profile_parts).chain(jpeg[2..].iter().copied()).collect();

    let webp = encode(&small, ImageFormat::WebP);
    let webp_long = {
        let mut header = vec![0b0010_1100, 0, 0, 0];
        header.extend([63, 0, 0, 63, 0, 0]);
        let chunks = [
            webp_chunk(b"VP8X", &header),
            webp_chunk(b"ICCP", &long),
            webp[12..].to_vec(),
            webp_chunk(b"EXIF", &long),
            webp_chunk(b"XMP ", &long),
        ];
        riff(&chunks.concat())
    };
    let gif = encode(&small, ImageFormat::Gif);
    let comments = |count: usize| {
        let block = [&[255][..], &[7; 255]].concat();
        let comment = [b"\x21\xfe".to_vec(), block.repeat(16), vec![0]].concat();
        let profile = [b"\x21\xff\x0bICCRGBG1012".to_vec(), block.repeat(16), vec![0]].concat();
        let at = 13 + usize::from(gif[10] >> 7) * (3 << ((gif[10] & 7) + 1));
        [gif[..at].to_vec(), [comment, profile].concat().repeat(count), gif[at..].to_vec()].concat()
    };

    vec![
        ("png-profile", with(&[png_chunk(b"iCCP", &profile)]), "64x64"),
        ("png-text", with(&[png_chunk(b"zTXt", &text)]), "64x64"),
        ("png-texts", with(&many_texts), "64x64"),
        ("png-international-text", with(&[png_chunk(b"iTXt", &international)]), "64x64"),
        ("png-exif", with(&[png_chunk(b"eXIf", &long)]), "64x64"),
        ("png-many-chunks", with(&empty_chunks), "64x64"),
        ("png-many-empty-data", with(&empty_data), "64x64"),
        ("png-palette", png_with(&indexed, &palettes), "Corrupt"),
        ("png-too-much-data", png_of(64, 64, &bomb), "64x64"),
        ("png-animation", animated_png(&png, &bomb), "64x64"),
        ("png-claims", png_claiming(8_192, 8_192), "Corrupt"),
        ("jpeg-profile", jpeg_profile, "64x64"),
        ("jpeg-exif", with_segments(0xe1, &[&b"Exif\0\0"[..], &[7; 65_000]].concat(), 60), "64x64"),
        ("jpeg-comments", with_segments(0xfe, &[7; 65_000], 60), "64x64"),
        ("jpeg-many-segments", with_segments(0xfe, b"", 500_000), "64x64"),
        ("jpeg-many-scans", many_scans(64, 64, 101), "TooComplex"),
        ("jpeg-slow-scans", many_scans(6_000, 5_000, 40), "TooComplex"),
        ("jpeg-scans-as-usual", many_scans(64, 64, 12), "64x64"),
        ("webp-many-codes", webp_with_many_codes(), "TooComplex"),
        ("webp-metadata", webp_long, "64x64"),
        ("webp-canvas", animated_webp(&webp, (1_000, 1_000), (0, 0), (64, 64)), "320x320"),
        ("webp-not-its-canvas", webp_with_a_small_picture_on_a_large_canvas(&webp), "64x64"),
        ("gif-comments", comments(500), "64x64"),
        ("gif-frames", many_frames(20_000), "64x64"),
        ("gif-frame-beyond-the-screen", gif_with_frame(&gif, 0xffff, 0xffff), "TooManyPixels"),
        ("gif-large-frame-on-a-small-screen", gif_with_frame(&gif, 8_000, 8_000), "Corrupt"),
    ]
}

pub fn large() -> Files {
    // Some noise, and the same rows again and again: made quickly, and nothing that compresses to nothing.
    let photo = |width: u32, height: u32| {
        let rows = RgbImage::from_fn(width, 64, |x, y| {
            let noise = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(69_069) >> 29;
            Rgb([(x / 40 + noise) as u8, (y * 3 + noise) as u8, (x / 90 + y) as u8])
        });
        let pixels: Vec<u8> = rows.into_raw().into_iter().cycle().take(3 * width as usize * height as usize).collect();
        RgbImage::from_raw(width, height, pixels).unwrap()
    };
    let jpeg = |image: &RgbImage, sampling: SamplingFactor, progressive: bool| {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 80);
        encoder.set_sampling_factor(sampling);
        encoder.set_progressive(progressive);
        encoder.encode(image, image.width() as u16, image.height() as u16, ColorType::Rgb).unwrap();
        bytes
    };
    use SamplingFactor::{R_4_2_0, R_4_4_4};
    let sensor = photo(9_248, 6_936);
    let mut files = vec![
        ("64-megapixels", jpeg(&sensor, R_4_2_0, false), "320x240"),
        ("64-megapixels-progressive", jpeg(&sensor, R_4_2_0, true), "320x240"),
    ];
    drop(sensor);
    let earlier = photo(7_300, 5_475);
    let earlier_progressive = jpeg(&earlier, R_4_4_4, true);
    files.extend([
        ("64-megapixels-progressive-full-colour", claiming(&earlier_progressive, 9_248, 6_936), "TooComplex"),
        ("40-megapixels-progressive-full-colour", earlier_progressive, "320x240"),
        ("40-megapixels-webp", encode(&earlier, ImageFormat::WebP), "320x240"),
    ]);
    drop(earlier);
    let panorama = photo(16_382, 3_900);
    files.extend([
        ("panorama", jpeg(&panorama, R_4_2_0, false), "320x76"),
        ("screenshot", encode(&photo(1_440, 20_000), ImageFormat::Png), "23x320"),
        ("png-64-megapixels", bomb(8_192, 8_192), "320x320"),
        ("png-64-megapixels-interlaced", interlaced_bomb(8_192, 8_192), "320x320"),
        ("gif-64-megapixels", gif_bomb(8_000, 8_000), "320x320"),
        (
            "webp-on-a-large-canvas",
            {
                let webp = encode(&quadrants(64, 64), ImageFormat::WebP);
                animated_webp(&webp, (8_192, 8_192), (0, 0), (64, 64))
            },
            "320x320",
        ),
    ]);
    files
}

/// A PNG of RGB pixels with this compressed stream.
fn png_of(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let chunks = [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", data), png_chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn interlaced_bomb(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[16, 6, 0, 0, 1]].concat();
    let chunks = [png_chunk(b"IHDR", &header), png_chunk(b"IDAT", &bomb_of(520)), png_chunk(b"IEND", b"")];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// Says that it has four billion frames, and has some that inflate to much.
fn animated_png(png: &[u8], bomb: &[u8]) -> Vec<u8> {
    let control = |number: u32| {
        let mut control = number.to_be_bytes().to_vec();
        [64_u32, 64, 0, 0].iter().for_each(|value| control.extend(value.to_be_bytes()));
        control.extend([0, 1, 0, 1, 0, 0]);
        png_chunk(b"fcTL", &control)
    };
    let mut bytes = png_with(png, &[png_chunk(b"acTL", &[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), control(0)]);
    let end = bytes.len() - 12;
    let frames: Vec<u8> = (1..5_u32)
        .flat_map(|frame| {
            let data = [&(2 * frame).to_be_bytes()[..], bomb].concat();
            [control(2 * frame - 1), png_chunk(b"fdAT", &data)].concat()
        })
        .collect();
    bytes.splice(end..end, frames);
    bytes
}

/// A progressive JPEG with its last pass again and again.
fn many_scans(width: u32, height: u32, scans: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 60);
    encoder.set_progressive(true);
    let grey = vec![90; width as usize * height as usize];
    encoder.encode(&grey, width as u16, height as u16, ColorType::Luma).unwrap();
    let is_scan = |at: &usize| bytes[*at..].starts_with(&[0xff, 0xda]);
    let begins: Vec<usize> = (0..bytes.len()).filter(is_scan).collect();
    let last = bytes[*begins.last().unwrap()..bytes.len() - 2].to_vec();
    let end = bytes.len() - 2;
    bytes.splice(end..end, last.repeat(scans - begins.len()));
    bytes
}

/// A JPEG that says it is this large.
fn claiming(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc2]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

fn webp_with_a_small_picture_on_a_large_canvas(webp: &[u8]) -> Vec<u8> {
    let header = [0, 0, 0, 0, 0xff, 0x1f, 0, 0xff, 0x1f, 0];
    riff(&[webp_chunk(b"VP8X", &header), webp[12..].to_vec()].concat())
}

/// A lossless picture with 65,536 sets of five codes, each of which becomes a table of four kilobytes.
fn webp_with_many_codes() -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    // A code of one symbol.
    let one = |value: u32| [(1, 1), (0, 1), (1, 1), (value, 8)];
    let header = [(0x2f, 8), (63, 14), (63, 14), (0, 4), (0, 1), (0, 1), (1, 1), (0, 3), (0, 1)];
    header.into_iter().for_each(|(value, count)| put(value, count));
    // The image that says which set is used where: the last one everywhere.
    [255, 255, 0, 0, 0].into_iter().flat_map(one).for_each(|(value, count)| put(value, count));
    for _ in 0..65_536 * 5 {
        // Codes of 1, 2 and so on until 10 and again 10 bits, themselves coded in four bits each.
        put(0, 1);
        put(15, 4);
        [0, 0, 0, 4, 4, 4, 4, 4, 0, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0].into_iter().for_each(|length| put(length, 3));
        put(1, 1);
        put(1, 3);
        put(9, 4);
        // The ten lengths that have codes come in the order of their codes.
        (0..10_u32).for_each(|length| put(reversed(length), 4));
        put(reversed(9), 4);
    }
    let mut bytes = vec![0; bits.len().div_ceil(8)];
    bits.iter().enumerate().filter(|(_, bit)| **bit).for_each(|(at, _)| bytes[at / 8] |= 1 << (at % 8));
    riff(&webp_chunk(b"VP8L", &bytes))
}

/// Four bits, the most significant first.
fn reversed(code: u32) -> u32 {
    code.reverse_bits() >> 28
}

fn many_frames(count: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    let frame = image::Frame::new(DynamicImage::ImageRgb8(quadrants(64, 64)).into_rgba8());
    encoder.encode_frame(frame).unwrap();
    drop(encoder);
    let begin = bytes.windows(2).position(|at| at == [0x21, 0xf9]).unwrap();
    let frame = bytes[begin..bytes.len() - 1].to_vec();
    let end = bytes.len() - 1;
    bytes.splice(end..end, frame.repeat(count));
    bytes
}

fn gif_with_frame(gif: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut gif = gif.to_vec();
    let image = gif.windows(10).position(|at| at[0] == 0x2c && at[5..9] == [64, 0, 64, 0]).unwrap();
    gif[image + 5..image + 7].copy_from_slice(&width.to_le_bytes());
    gif[image + 7..image + 9].copy_from_slice(&height.to_le_bytes());
    gif
}

fn gif_bomb(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = gif::Encoder::new(&mut bytes, width, height, &[9; 6]).unwrap();
    let pixels = vec![0; usize::from(width) * usize::from(height)];
    encoder.write_frame(&gif::Frame::from_indexed_pixels(width, height, pixels, None)).unwrap();
    drop(encoder);
    bytes
}
