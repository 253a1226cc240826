//! What browsers show is shown: files that end too soon or say something wrong about themselves.

mod files;

use files::*;
use image::{ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use village_picture::{Picture, Rejected, draw};

/// Every row takes about the same number of bytes, so that a part of the file is the same part of the rows.
fn even(width: u32, height: u32) -> RgbImage {
    let mut noise = 1_u32;
    RgbImage::from_fn(width, height, |x, y| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let shade = |at: u32, length: u32| (40 + at * 150 / length) as u8 + (noise >> 27) as u8;
        Rgb([shade(x, width), shade(y, height), 90 + (noise >> 26) as u8])
    })
}

fn jpeg_of(image: &RgbImage, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(progressive);
    encoder.encode(image, image.width() as u16, image.height() as u16, ColorType::Rgb).unwrap();
    bytes
}

fn drawn(picture: &Picture) -> RgbImage {
    let largest = picture.sizes.last().unwrap();
    image::load_from_memory_with_format(&largest.jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

/// Whether the first `rows` rows are those of the picture.
fn begins_like(picture: &Picture, sent: &RgbImage, rows: u32) -> bool {
    let drawn = drawn(picture);
    assert_eq!(drawn.dimensions(), sent.dimensions());
    let count = f64::from(rows * sent.width());
    (0..3).all(|channel| {
        let off = |y: u32, x: u32| f64::from(drawn.get_pixel(x, y)[channel].abs_diff(sent.get_pixel(x, y)[channel]));
        (0..rows).map(|y| (0..sent.width()).map(|x| off(y, x)).sum::<f64>()).sum::<f64>() / count < 25.0
    })
}

#[test]
fn a_file_that_ends_too_soon_is_shown_as_far_as_it_goes_when_that_is_most_of_it() {
    let sent = even(300, 240);
    for (name, whole) in [
        ("JPEG", jpeg_of(&sent, false)),
        ("PNG", encode(&sent, ImageFormat::Png)),
        ("interlaced PNG", interlaced_png(&sent)),
        ("GIF", encode(&sent, ImageFormat::Gif)),
        ("lossless WebP", encode(&sent, ImageFormat::WebP)),
    ] {
        let colours_at = if name == "GIF" { 800 } else { 0 };
        let part = |share: usize| &whole[..colours_at + (whole.len() - colours_at) * share / 100];
        for share in [100, 90, 70] {
            let picture = draw(part(share)).unwrap_or_else(|error| panic!("{name} {share}: {error:?}"));
            let rows = if name == "interlaced PNG" { 240 } else { 240 * (share as u32 - 12) / 100 };
            assert!(begins_like(&picture, &sent, rows), "{name} {share}");
        }
        for share in [30, 10, 1] {
            assert_eq!(draw(part(share)).err(), Some(Rejected::Corrupt), "{name} {share}");
        }
    }
}

#[test]
fn a_picture_that_comes_in_passes_is_shown_once_the_first_is_there() {
    let sent = even(300, 240);
    let whole = jpeg_of(&sent, true);
    for share in [95, 60, 40] {
        let picture = draw(&whole[..whole.len() * share / 100]).unwrap_or_else(|error| panic!("{share}: {error:?}"));
        assert!(begins_like(&picture, &sent, 240), "{share}");
    }
    // Wherever it is cut.
    for length in (whole.len() * 4 / 10..whole.len()).step_by(whole.len() / 97) {
        assert!(draw(&whole[..length]).is_ok(), "cut at {length} of {}", whole.len());
    }
    assert_eq!(draw(&whole[..700]).err(), Some(Rejected::Corrupt));
}

#[test]
fn the_end_of_a_file_is_not_needed() {
    let sent = even(90, 70);
    let png = encode(&sent, ImageFormat::Png);
    let gif = encode(&sent, ImageFormat::Gif);
    let jpeg = jpeg_of(&sent, false);
    for (name, file) in [
        ("a PNG without IEND", &png[..png.len() - 12]),
        ("a PNG without its last checksum", &png[..png.len() - 16]),
        ("a GIF without its trailer", &gif[..gif.len() - 1]),
        ("a GIF without the end of its blocks", &gif[..gif.len() - 2]),
        ("a JPEG without its end", &jpeg[..jpeg.len() - 2]),
        ("a JPEG with half of its end", &jpeg[..jpeg.len() - 1]),
    ] {
        let picture = draw(file).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(begins_like(&picture, &sent, 70), "{name}");
    }
}

#[test]
fn wrong_checksums_and_lengths_are_forgiven() {
    let sent = even(90, 70);
    let mut png = encode(&sent, ImageFormat::Png);
    let checksum = png.len() - 16;
    png[checksum..checksum + 4].fill(0xaa);
    png[29..33].fill(0xaa);
    assert!(begins_like(&draw(&png).unwrap(), &sent, 70));
    for wrong in [0_u32, 1_000, u32::MAX - 20] {
        let mut webp = encode(&sent, ImageFormat::WebP);
        webp[4..8].copy_from_slice(&wrong.to_le_bytes());
        assert!(begins_like(&draw(&webp).unwrap(), &sent, 70), "{wrong}");
    }
    let behind = [encode(&sent, ImageFormat::WebP), b"something else".to_vec()].concat();
    assert!(begins_like(&draw(&behind).unwrap(), &sent, 70));
}

#[test]
fn a_damaged_middle_leaves_the_rows_above_it() {
    let sent = even(300, 240);
    let mut png = encode(&sent, ImageFormat::Png);
    let at = png.len() * 8 / 10;
    png[at..at + 40].fill(0xff);
    assert!(begins_like(&draw(&png).unwrap(), &sent, 150));
    let mut jpeg = jpeg_of(&sent, false);
    let at = jpeg.len() * 8 / 10;
    jpeg[at..at + 40].fill(0xff);
    assert!(begins_like(&draw(&jpeg).unwrap(), &sent, 150));
}

#[test]
fn a_frame_that_does_not_fill_its_canvas_lies_on_white() {
    let red = Rgb([220, 30, 30]);
    let frame = RgbImage::from_pixel(20, 20, red);
    let mut gif = encode(&frame, ImageFormat::Gif);
    // The screen, and where the frame lies on it.
    gif[6..10].copy_from_slice(&[60, 0, 40, 0]);
    let image = gif.windows(10).position(|at| at[0] == 0x2c && at[5..9] == [20, 0, 20, 0]).unwrap();
    gif[image + 1..image + 5].copy_from_slice(&[30, 0, 10, 0]);
    let webp = animated_webp(&encode(&frame, ImageFormat::WebP), (60, 40), (30, 10), (20, 20));
    for (name, file) in [("GIF", gif), ("WebP", webp)] {
        let drawn = drawn(&draw(&file).unwrap());
        assert_eq!(drawn.dimensions(), (60, 40), "{name}");
        let is = |x, y, colour: [u8; 3]| drawn.get_pixel(x, y).0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 24);
        assert!(is(40, 20, red.0) && is(33, 12, red.0) && is(47, 27, red.0), "{name}");
        assert!(is(20, 20, [255; 3]) && is(40, 4, [255; 3]) && is(40, 36, [255; 3]) && is(56, 20, [255; 3]), "{name}");
    }
}

#[test]
fn large_pictures_keep_their_colours_and_their_shape() {
    // Made smaller by whole numbers before anything else, whose last squares are not whole.
    for (width, height) in [(4_097, 300), (6_200, 301), (301, 6_200)] {
        let sent = quadrants(width, height);
        for (name, file) in [
            ("JPEG", jpeg_of(&sent, false)),
            ("PNG", encode(&sent, ImageFormat::Png)),
            ("interlaced PNG", interlaced_png(&sent)),
            ("GIF", encode(&sent, ImageFormat::Gif)),
            ("WebP", encode(&sent, ImageFormat::WebP)),
        ] {
            let drawn = drawn(&draw(&file).unwrap());
            assert_eq!(drawn.width().max(drawn.height()), 2048, "{name}");
            let (x, y) = (drawn.width() / 2, drawn.height() / 2);
            let around = [(x - 9, y - 9), (x + 8, y - 9), (x - 9, y + 8), (x + 8, y + 8)];
            for ((x, y), expected) in around.into_iter().zip(QUADRANTS) {
                let got = drawn.get_pixel(x, y);
                assert!(got.0.iter().zip(expected.0).all(|(a, b)| a.abs_diff(b) < 30), "{name} {got:?} {expected:?}");
            }
            let corner = drawn.get_pixel(drawn.width() - 1, drawn.height() - 1);
            assert!(corner.0.iter().zip(QUADRANTS[3].0).all(|(a, b)| a.abs_diff(b) < 30), "{name} {corner:?}");
        }
    }
}
