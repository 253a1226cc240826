//! What becomes of the bytes that people send: pictures without a word of metadata, or a reason.

mod files;

use std::time::{Duration, Instant};

use files::*;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, RgbaImage};
use proptest::prelude::*;
use village_picture::{MAX_SIDE, Picture, Rejected, Size, draw};

const TYPES: [ImageFormat; 4] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif];

fn decode(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn shape(picture: &Picture) -> Vec<(Size, u32, u32)> {
    picture.sizes.iter().map(|size| (size.name, size.width, size.height)).collect()
}

fn is_close(one: Rgb<u8>, other: Rgb<u8>) -> bool {
    one.0.iter().zip(other.0).all(|(a, b)| a.abs_diff(b) < 24)
}

/// The colours in the middle of the four quadrants.
fn corners(image: &RgbImage) -> [Rgb<u8>; 4] {
    let (x, y) = (image.width() / 4, image.height() / 4);
    [(x, y), (3 * x, y), (x, 3 * y), (3 * x, 3 * y)].map(|(x, y)| *image.get_pixel(x, y))
}

fn assert_clean(picture: &Picture) {
    for size in &picture.sizes {
        for secret in SECRETS {
            let found = size.jpeg.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{:?} contains {}", size.name, String::from_utf8_lossy(secret));
        }
        // Only the segments a decoder needs: JFIF header without a thumbnail, tables, frame and scan.
        assert_eq!(size.jpeg[..11], *b"\xff\xd8\xff\xe0\0\x10JFIF\0");
        let mut at = 20;
        while size.jpeg[at + 1] != 0xda {
            assert_eq!(size.jpeg[at], 0xff);
            assert!(matches!(size.jpeg[at + 1], 0xdb | 0xc0 | 0xc4), "{:x}", size.jpeg[at + 1]);
            at += 2 + usize::from(u16::from_be_bytes([size.jpeg[at + 2], size.jpeg[at + 3]]));
        }
        // One scan, and nothing between or behind its bits.
        let scan = &size.jpeg[at + 2..size.jpeg.len() - 2];
        assert!(!scan.windows(2).any(|pair| pair[0] == 0xff && pair[1] != 0));
        assert_eq!(size.jpeg[size.jpeg.len() - 2..], [0xff, 0xd9]);
        assert_eq!(decode(&size.jpeg).dimensions(), (size.width, size.height));
    }
}

#[test]
fn a_phones_photo_comes_out_upright_and_without_position_thumbnail_or_a_word() {
    let sent = jpeg_from_a_phone(&quadrants(1200, 800), 6);
    for secret in [&b"Exif"[..], b"SECRET-GPS", b"SECRET-XMP", b"SECRET-TRAILER"] {
        assert!(sent.windows(secret.len()).any(|window| window == secret), "the test file lost its metadata");
    }
    let picture = draw(&sent).unwrap();
    assert_clean(&picture);
    assert_eq!(shape(&picture), [(Size::Small, 213, 320), (Size::Medium, 640, 960), (Size::Large, 800, 1200)]);
    // Turned clockwise: what was on the left is above.
    let [red, green, blue, yellow] = QUADRANTS;
    for size in &picture.sizes {
        for (got, expected) in corners(&decode(&size.jpeg)).into_iter().zip([blue, red, yellow, green]) {
            assert!(is_close(got, expected), "{got:?} {expected:?}");
        }
    }
}

#[test]
fn every_orientation_is_applied() {
    let [a, b, c, d] = QUADRANTS;
    let expected = [
        [a, b, c, d],
        [b, a, d, c],
        [d, c, b, a],
        [c, d, a, b],
        [a, c, b, d],
        [c, a, d, b],
        [d, b, c, a],
        [b, d, a, c],
    ];
    let webp = encode(&quadrants(64, 32), ImageFormat::WebP);
    let png = encode(&quadrants(64, 32), ImageFormat::Png);
    for (orientation, expected) in (1..=8).zip(expected) {
        let size = if orientation < 5 { (64, 32) } else { (32, 64) };
        for (sent, kind) in [
            (jpeg_from_a_phone(&quadrants(64, 32), orientation), ImageFormat::Jpeg),
            (webp_with_metadata(&webp, 64, 32, orientation), ImageFormat::WebP),
            (png_with(&png, &[png_chunk(b"eXIf", &exif(orientation, b""))]), ImageFormat::Png),
        ] {
            let picture = draw(&sent).unwrap();
            let drawn = decode(&picture.sizes[0].jpeg);
            assert_eq!(drawn.dimensions(), size, "{kind:?} {orientation}");
            for (got, expected) in corners(&drawn).into_iter().zip(expected) {
                assert!(is_close(got, expected), "{kind:?} {orientation}: {got:?} {expected:?}");
            }
        }
    }
}

#[test]
fn no_format_brings_its_metadata_along() {
    let png = png_with(
        &encode(&quadrants(40, 30), ImageFormat::Png),
        &[
            png_chunk(b"tEXt", b"Comment\0SECRET-TEXT"),
            png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta>SECRET</x:xmpmeta>"),
            png_chunk(b"eXIf", &exif(1, b"")),
        ],
    );
    let webp = webp_with_metadata(&encode(&quadrants(40, 30), ImageFormat::WebP), 40, 30, 1);
    let mut gif = encode(&quadrants(40, 30), ImageFormat::Gif);
    let trailer = gif.len() - 1;
    gif.splice(trailer..trailer, b"\x21\xfe\x06SECRET\0".iter().copied());
    for sent in [png, webp, gif] {
        assert!(sent.windows(6).any(|window| window == b"SECRET"));
        let picture = draw(&sent).unwrap();
        assert_clean(&picture);
        assert_eq!(shape(&picture), [(Size::Small, 40, 30)]);
    }
}

#[test]
fn sizes_fit_their_squares_and_none_is_larger_than_the_original() {
    use Size::{Large, Medium, Small};
    for (width, height, expected) in [
        (2400, 1600, vec![(Small, 320, 213), (Medium, 960, 640), (Large, 2048, 1365)]),
        (500, 400, vec![(Small, 320, 256), (Medium, 500, 400)]),
        (320, 320, vec![(Small, 320, 320)]),
        (321, 1, vec![(Small, 320, 1), (Medium, 321, 1)]),
        (1, 1, vec![(Small, 1, 1)]),
        (1, 5000, vec![(Small, 1, 320), (Medium, 1, 960), (Large, 1, 2048)]),
    ] {
        let picture = draw(&jpeg(width, height)).unwrap();
        assert_eq!(shape(&picture), expected, "{width}x{height}");
        assert_clean(&picture);
        assert_eq!(picture.blurhash.len(), 28);
    }
}

#[test]
fn colours_and_edges_stay_what_and_where_they_were() {
    // Fine enough that colours halved by taking every other pixel, or moved by one, would show.
    let sent = RgbImage::from_fn(301, 203, |x, y| {
        let wave = |length: f64, phase: f64| (f64::from(x) / length + phase).sin() * (f64::from(y) / length).cos();
        Rgb([0.0, 1.0, 2.0].map(|phase| (128.0 + 90.0 * wave(9.0, phase)) as u8))
    });
    let drawn = decode(&draw(&encode(&sent, ImageFormat::Png)).unwrap().sizes[0].jpeg);
    for channel in 0..3 {
        let off = |(a, b): (&Rgb<u8>, &Rgb<u8>)| f64::from(a[channel].abs_diff(b[channel]));
        let mean = sent.pixels().zip(drawn.pixels()).map(off).sum::<f64>() / f64::from(301 * 203);
        assert!(mean < 2.5, "channel {channel} is off by {mean} on average");
    }
}

#[test]
fn transparency_becomes_white() {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbaImage::from_fn(40, 40, |x, _| image::Rgba([0, 0, 0, if x < 20 { 0 } else { 255 }]));
    DynamicImage::ImageRgba8(image).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let drawn = decode(&draw(bytes.get_ref()).unwrap().sizes[0].jpeg);
    assert!(is_close(*drawn.get_pixel(5, 20), Rgb([255; 3])));
    assert!(is_close(*drawn.get_pixel(35, 20), Rgb([0; 3])));
}

#[test]
fn colours_of_a_wider_space_are_brought_into_srgb() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let sent = jpeg_with_profile(&RgbImage::from_pixel(32, 32, Rgb([120, 180, 120])), profile);
    let picture = draw(&sent).unwrap();
    assert_clean(&picture);
    let pixel = *decode(&picture.sizes[0].jpeg).get_pixel(16, 16);
    // The same colour needs less red and more green in the narrower space.
    assert!(pixel[0] < 110 && pixel[1] > 180, "{pixel:?}");
    let nonsense = jpeg_with_profile(&quadrants(32, 32), vec![7; 500]);
    assert!(draw(&nonsense).is_ok());
}

#[test]
fn of_an_animation_the_first_frame_is_kept() {
    let picture = draw(&animated_gif(64, 48)).unwrap();
    let drawn = decode(&picture.sizes[0].jpeg);
    assert!(corners(&drawn).into_iter().zip(QUADRANTS).all(|(got, expected)| is_close(got, expected)));
}

#[test]
fn what_is_no_image_that_browsers_show_is_rejected_with_its_reason() {
    assert_eq!(draw(b"").err(), Some(Rejected::Empty));
    for other in [&b"<html><script>alert(1)</script>"[..], b"%PDF-1.7", b"PK\x03\x04", b"\0\0\0\x18ftypisom", b"\xff"] {
        assert_eq!(draw(other).err(), Some(Rejected::NotAnImage));
    }
    for (brands, reason) in [
        (&b"heic\0\0\0\0mif1heic"[..], Rejected::Heic),
        (b"heix\0\0\0\0mif1heix", Rejected::Heic),
        (b"mif1\0\0\0\0mif1heic", Rejected::Heic),
        (b"msf1\0\0\0\0hevc", Rejected::Heic),
        (b"avif\0\0\0\0mif1miaf", Rejected::Avif),
        (b"mif1\0\0\0\0avifmiaf", Rejected::Avif),
        (b"avis\0\0\0\0avif", Rejected::Avif),
    ] {
        let length = (brands.len() as u32 + 8).to_be_bytes();
        let file = [&length, b"ftyp", brands, b"\0\0\0\x08mdat"].concat();
        assert_eq!(draw(&file).err(), Some(reason), "{}", String::from_utf8_lossy(brands));
    }
    assert!(draw(&webp_lossy()).is_ok());
}

#[test]
fn a_file_that_is_also_something_else_is_rejected_or_loses_the_rest() {
    // A script that begins like a picture.
    assert!(draw(b"GIF89a/*........*/=1;alert(1)//").is_err());
    let html = [b"\xff\xd8\xff\xe0".to_vec(), b"<script>alert('SECRET')</script>".to_vec()].concat();
    assert!(draw(&html).is_err());
    // A picture with a page in front of it, and one with an archive behind it.
    let before = [b"<html>".to_vec(), jpeg(20, 20)].concat();
    assert_eq!(draw(&before).err(), Some(Rejected::NotAnImage));
    let behind = [jpeg(20, 20), b"PK\x03\x04 SECRET archive".to_vec()].concat();
    assert_clean(&draw(&behind).unwrap());
}

#[test]
fn a_decompression_bomb_is_rejected_before_it_is_unpacked() {
    let mut gif = encode(&quadrants(16, 16), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0xff; 4]);
    let mut webp = encode(&quadrants(16, 16), ImageFormat::WebP);
    webp[21..25].copy_from_slice(&[0xff, 0xff, 0xff, 0x0f]);
    let mut large_jpeg = jpeg(16, 16);
    let frame = large_jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    large_jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    let real = bomb(16_000, 16_000);
    assert!(real.len() < 2_000_000, "{} bytes", real.len());
    for (name, bytes) in [
        ("a tiny PNG that claims 900 megapixels", png_claiming(30_000, 30_000)),
        ("a PNG of one very long line", png_claiming(MAX_SIDE + 1, 1)),
        ("a PNG of 4 billion squared", png_claiming(u32::MAX, u32::MAX)),
        ("a real PNG of 256 megapixels", real),
        ("a GIF", gif),
        ("a lossless WebP", webp),
        ("a WebP with a picture larger than its canvas", webp_with_a_larger_picture_than_its_canvas()),
        ("a JPEG", large_jpeg),
    ] {
        let started = Instant::now();
        assert_eq!(draw(&bytes).err(), Some(Rejected::TooManyPixels), "{name}");
        assert!(started.elapsed() < Duration::from_millis(500), "{name} took {:?}", started.elapsed());
    }
}

#[test]
fn an_image_just_within_the_limits_is_drawn() {
    let picture = draw(&bomb(8_192, 8_192)).unwrap();
    assert_eq!(shape(&picture)[2], (Size::Large, 2048, 2048));
    assert_eq!(draw(&bomb(8_193, 8_192)).err(), Some(Rejected::TooManyPixels));
    assert_eq!(shape(&draw(&bomb(MAX_SIDE, 3)).unwrap())[2], (Size::Large, 2048, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_never_panic(kind in 0_usize..4, bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let magic: [&[u8]; 4] = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\x02\0\0WEBPVP8L", b"GIF89a"];
        let _ = draw(&bytes);
        let _ = draw(&[magic[kind], &bytes].concat());
    }

    #[test]
    fn a_damaged_file_never_panics_and_never_leaks(
        kind in 0_usize..4, damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let kind = TYPES[kind];
        let mut bytes = match kind {
            ImageFormat::Jpeg => jpeg_from_a_phone(&quadrants(48, 40), 6),
            ImageFormat::WebP => webp_with_metadata(&encode(&quadrants(48, 40), ImageFormat::WebP), 48, 40, 6),
            ImageFormat::Gif => animated_gif(48, 40),
            _ => png_with(&encode(&quadrants(48, 40), ImageFormat::Png), &[png_chunk(b"eXIf", &exif(6, b""))]),
        };
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(picture) = draw(&bytes) {
            assert_clean(&picture);
        }
    }
}
