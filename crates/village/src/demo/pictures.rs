//! Pictures that are drawn, not photographed: no real child is in a demo.

use std::sync::OnceLock;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

use super::script::PEOPLE;

/// What a picture of the demo shows.
#[derive(Clone, Copy, Debug)]
pub enum Scene {
    Window,
    Garden,
    Blanket,
    Sea,
    Kitchen,
    Blocks,
    Night,
    Forest,
}

const SCENES: [Scene; 8] = [
    Scene::Window,
    Scene::Garden,
    Scene::Blanket,
    Scene::Sea,
    Scene::Kitchen,
    Scene::Blocks,
    Scene::Night,
    Scene::Forest,
];

/// Each picture is painted once: without optimisation it takes a good part of a second.
static PORTRAITS: [OnceLock<Vec<u8>>; PEOPLE.len()] = [const { OnceLock::new() }; PEOPLE.len()];
static PAINTED: [OnceLock<Vec<u8>>; SCENES.len()] = [const { OnceLock::new() }; SCENES.len()];

/// Paints everything in the background, in the order it is needed, while people sign up.
pub fn paint_ahead() {
    std::thread::spawn(|| {
        for number in 0..PEOPLE.len() {
            portrait(number);
        }
    });
    std::thread::spawn(|| {
        for one in SCENES {
            scene(one);
        }
    });
}

/// A JPEG of the person with this number.
pub fn portrait(number: usize) -> &'static [u8] {
    PORTRAITS[number].get_or_init(|| paint_portrait(number))
}

/// A JPEG of the scene.
pub fn scene(scene: Scene) -> &'static [u8] {
    PAINTED[scene as usize].get_or_init(|| paint_scene(scene))
}

type Colour = [f32; 3];

fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    let t = t.clamp(0.0, 1.0);
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

/// Covers `below` with `colour` where `distance` is negative, softly at the edge.
fn cover(below: Colour, colour: Colour, distance: f32, softness: f32) -> Colour {
    mix(below, colour, 0.5 - distance / softness)
}

fn circle(x: f32, y: f32, cx: f32, cy: f32, radius: f32) -> f32 {
    ((x - cx).powi(2) + (y - cy).powi(2)).sqrt() - radius
}

/// A rounded box around a centre.
fn slab(x: f32, y: f32, cx: f32, cy: f32, half: (f32, f32), corner: f32) -> f32 {
    let dx = ((x - cx).abs() - half.0 + corner).max(0.0);
    let dy = ((y - cy).abs() - half.1 + corner).max(0.0);
    (dx * dx + dy * dy).sqrt() - corner
}

/// Rows of hills: below the curve is inside.
fn hills(x: f32, y: f32, height: f32, waves: f32, phase: f32, swing: f32) -> f32 {
    (height + (x * waves + phase).sin() * swing + (x * waves * 2.3 + phase * 1.7).sin() * swing * 0.4) - y
}

fn paint(width: u32, height: u32, pixel: impl Fn(f32, f32) -> Colour) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = (column as f32 / height as f32, row as f32 / height as f32);
        let colour = pixel(x, y);
        // A little grain, the same on every run, so that flat areas look like paper.
        let grain = ((column.wrapping_mul(73) ^ row.wrapping_mul(151)).wrapping_mul(2_654_435_761) >> 28) as f32 - 8.0;
        Rgb(colour.map(|channel| (channel + grain * 0.35).clamp(0.0, 255.0) as u8))
    });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 88).encode_image(&picture).expect("memory takes every byte");
    jpeg
}

/// A warm, plain portrait: a head and shoulders in one of many colours.
fn paint_portrait(number: usize) -> Vec<u8> {
    const BACKGROUNDS: [Colour; 6] = [
        [233.0, 206.0, 178.0],
        [190.0, 212.0, 196.0],
        [206.0, 196.0, 222.0],
        [236.0, 214.0, 160.0],
        [186.0, 206.0, 224.0],
        [230.0, 190.0, 184.0],
    ];
    const CLOTHES: [Colour; 5] =
        [[47.0, 107.0, 87.0], [180.0, 83.0, 47.0], [94.0, 86.0, 130.0], [60.0, 110.0, 140.0], [140.0, 96.0, 60.0]];
    const SKIN: [Colour; 5] =
        [[244.0, 214.0, 190.0], [198.0, 150.0, 116.0], [124.0, 82.0, 60.0], [226.0, 184.0, 150.0], [92.0, 62.0, 48.0]];
    const HAIR: [Colour; 5] =
        [[60.0, 44.0, 36.0], [28.0, 24.0, 24.0], [150.0, 96.0, 52.0], [96.0, 92.0, 90.0], [190.0, 150.0, 96.0]];
    let back = BACKGROUNDS[number % 6];
    let (clothes, skin, hair) =
        (CLOTHES[(number * 3) % 5], SKIN[(number * 2) % 5], HAIR[(number * 4 + number / 5) % 5]);
    paint(320, 320, |x, y| {
        let mut colour = mix(back, back.map(|channel| channel * 0.86), y);
        colour = cover(colour, clothes, slab(x, y, 0.5, 1.02, (0.36, 0.3), 0.28), 0.012);
        colour = cover(colour, hair, circle(x, y, 0.5, 0.40, 0.225), 0.012);
        if number.is_multiple_of(2) {
            colour = cover(colour, hair, slab(x, y, 0.5, 0.55, (0.215, 0.2), 0.1), 0.012);
        }
        colour = cover(colour, skin.map(|channel| channel * 0.94), slab(x, y, 0.5, 0.66, (0.075, 0.13), 0.07), 0.012);
        cover(colour, skin, slab(x, y, 0.5, 0.46, (0.155, 0.19), 0.15), 0.012)
    })
}

fn paint_scene(scene: Scene) -> Vec<u8> {
    match scene {
        Scene::Window => paint(720, 540, window),
        Scene::Garden => paint(720, 480, garden),
        Scene::Blanket => paint(640, 800, blanket),
        Scene::Sea => paint(800, 500, sea),
        Scene::Kitchen => paint(720, 540, kitchen),
        Scene::Blocks => paint(640, 640, blocks),
        Scene::Night => paint(720, 480, night),
        Scene::Forest => paint(600, 800, forest),
    }
}

fn window(x: f32, y: f32) -> Colour {
    let mut colour = mix([238.0, 214.0, 186.0], [206.0, 164.0, 128.0], (x * 0.6 + y) * 0.7);
    let frame = slab(x, y, 0.62, 0.40, (0.34, 0.30), 0.03);
    colour = cover(colour, [250.0, 243.0, 230.0], frame - 0.03, 0.008);
    let sky = mix([252.0, 236.0, 200.0], [236.0, 190.0, 150.0], y * 1.6);
    let sky = cover(sky, [255.0, 248.0, 226.0], circle(x, y, 0.78, 0.30, 0.07), 0.03);
    colour = cover(colour, sky, frame, 0.006);
    colour = cover(colour, [250.0, 243.0, 230.0], (x - 0.62).abs() - 0.012, 0.006_f32.max(frame.max(0.0) * 90.0));
    colour = cover(colour, [150.0, 104.0, 74.0], 0.84 - y, 0.01);
    colour = cover(colour, [47.0, 107.0, 87.0], slab(x, y, 1.05, 0.76, (0.07, 0.09), 0.03), 0.008);
    colour = cover(colour, [98.0, 148.0, 112.0], circle(x, y, 1.02, 0.60, 0.08), 0.02);
    cover(colour, [122.0, 168.0, 128.0], circle(x, y, 1.10, 0.57, 0.07), 0.02)
}

fn garden(x: f32, y: f32) -> Colour {
    let mut colour = mix([214.0, 228.0, 220.0], [244.0, 236.0, 214.0], y * 1.4);
    colour = cover(colour, [168.0, 190.0, 158.0], -hills(x, 1.0 - y, 0.52, 3.1, 0.4, 0.05), 0.01);
    colour = cover(colour, [128.0, 160.0, 122.0], -hills(x, 1.0 - y, 0.38, 4.2, 2.0, 0.04), 0.01);
    colour = cover(colour, [94.0, 132.0, 96.0], -hills(x, 1.0 - y, 0.22, 5.0, 4.0, 0.03), 0.01);
    for (cx, cy, radius, tint) in [
        (0.30, 0.80, 0.035, [226.0, 120.0, 92.0]),
        (0.44, 0.88, 0.045, [240.0, 196.0, 110.0]),
        (0.72, 0.84, 0.038, [214.0, 150.0, 180.0]),
        (1.02, 0.90, 0.048, [232.0, 128.0, 100.0]),
        (1.22, 0.82, 0.034, [244.0, 214.0, 140.0]),
    ] {
        colour = cover(colour, tint, circle(x, y, cx, cy, radius), 0.012);
        colour = cover(colour, [250.0, 240.0, 210.0], circle(x, y, cx, cy, radius * 0.35), 0.01);
    }
    colour
}

fn blanket(x: f32, y: f32) -> Colour {
    let square = (((x * 6.0).floor() + (y * 6.0).floor()) as i32).rem_euclid(3);
    let mut colour = [[228.0, 206.0, 214.0], [242.0, 226.0, 206.0], [200.0, 214.0, 206.0]][square as usize];
    let stitch = ((x * 6.0).fract().min((y * 6.0).fract()) - 0.03).abs();
    colour = cover(colour, colour.map(|channel| channel * 0.9), stitch - 0.012, 0.02);
    colour = cover(colour, [250.0, 246.0, 238.0], slab(x, y, 0.40, 0.52, (0.17, 0.29), 0.16), 0.012);
    colour = cover(colour, [236.0, 186.0, 160.0], circle(x, y, 0.40, 0.33, 0.085), 0.01);
    colour = cover(colour, [180.0, 140.0, 170.0], slab(x, y, 0.40, 0.265, (0.088, 0.05), 0.05), 0.01);
    cover(colour, [214.0, 150.0, 130.0], circle(x, y, 0.40, 0.365, 0.012), 0.01)
}

fn sea(x: f32, y: f32) -> Colour {
    let mut colour = mix([250.0, 226.0, 196.0], [236.0, 196.0, 168.0], y * 2.0);
    colour = cover(colour, [255.0, 240.0, 214.0], circle(x, y, 1.1, 0.34, 0.09), 0.02);
    colour = cover(colour, [126.0, 168.0, 178.0], 0.46 - y, 0.006);
    let wave = (x * 22.0 + (y * 60.0).sin() * 1.5).sin() * 0.5 + 0.5;
    if y > 0.46 {
        colour = mix(colour, [176.0, 206.0, 208.0], wave * (y - 0.46) * 1.4);
    }
    colour = cover(colour, [230.0, 206.0, 166.0], -hills(x, 1.0 - y, 0.24, 1.6, 1.2, 0.04), 0.012);
    colour = cover(colour, [180.0, 83.0, 47.0], slab(x, y, 0.50, 0.80, (0.035, 0.05), 0.02), 0.008);
    cover(colour, [60.0, 110.0, 140.0], slab(x, y, 0.60, 0.83, (0.028, 0.038), 0.016), 0.008)
}

fn kitchen(x: f32, y: f32) -> Colour {
    let mut colour = mix([248.0, 236.0, 214.0], [236.0, 216.0, 186.0], y);
    colour = cover(colour, [186.0, 140.0, 102.0], 0.70 - y, 0.01);
    colour = cover(colour, [250.0, 250.0, 246.0], slab(x, y, 0.62, 0.70, (0.26, 0.05), 0.05), 0.008);
    for (cx, tint) in [(0.48, [226.0, 120.0, 80.0]), (0.62, [240.0, 180.0, 80.0]), (0.76, [128.0, 164.0, 96.0])] {
        colour = cover(colour, tint, circle(x, y, cx, 0.645, 0.06), 0.01);
    }
    colour = cover(colour, [94.0, 86.0, 130.0], slab(x, y, 1.08, 0.62, (0.06, 0.10), 0.03), 0.008);
    colour = cover(colour, [255.0, 246.0, 214.0], circle(x, y, 0.66, 0.10, 0.12), 0.10);
    cover(colour, [120.0, 92.0, 70.0], slab(x, y, 0.66, 0.02, (0.006, 0.08), 0.004), 0.006)
}

fn blocks(x: f32, y: f32) -> Colour {
    let mut colour = mix([244.0, 234.0, 220.0], [226.0, 206.0, 182.0], y);
    colour = cover(colour, [200.0, 172.0, 142.0], 0.80 - y, 0.01);
    for (cx, cy, tint) in [
        (0.32, 0.72, [47.0, 107.0, 87.0]),
        (0.50, 0.72, [220.0, 150.0, 80.0]),
        (0.68, 0.72, [94.0, 120.0, 160.0]),
        (0.41, 0.56, [200.0, 100.0, 80.0]),
        (0.59, 0.56, [150.0, 130.0, 180.0]),
        (0.50, 0.40, [236.0, 200.0, 110.0]),
    ] {
        colour = cover(colour, tint, slab(x, y, cx, cy, (0.08, 0.075), 0.02), 0.006);
        colour = cover(
            colour,
            tint.map(|c: f32| (c + 26.0).min(255.0)),
            slab(x, y, cx, cy - 0.05, (0.06, 0.01), 0.01),
            0.006,
        );
    }
    colour
}

fn night(x: f32, y: f32) -> Colour {
    let mut colour = mix([34.0, 38.0, 60.0], [86.0, 80.0, 104.0], y);
    colour = cover(colour, [250.0, 240.0, 210.0], circle(x, y, 1.15, 0.24, 0.09), 0.01);
    colour = cover(colour, [40.0, 44.0, 66.0], circle(x, y, 1.11, 0.21, 0.085), 0.01);
    for (cx, cy) in [(0.2, 0.15), (0.45, 0.3), (0.7, 0.12), (0.9, 0.38), (0.3, 0.42), (1.35, 0.45)] {
        colour = cover(colour, [255.0, 246.0, 220.0], circle(x, y, cx, cy, 0.004), 0.006);
    }
    colour = cover(colour, [26.0, 28.0, 40.0], -hills(x, 1.0 - y, 0.30, 3.0, 0.0, 0.05), 0.01);
    colour = cover(colour, [50.0, 46.0, 54.0], slab(x, y, 0.50, 0.72, (0.14, 0.12), 0.01), 0.006);
    cover(colour, [250.0, 206.0, 120.0], slab(x, y, 0.53, 0.71, (0.035, 0.04), 0.006), 0.012)
}

fn forest(x: f32, y: f32) -> Colour {
    let mut colour = mix([226.0, 232.0, 214.0], [190.0, 206.0, 178.0], y);
    for (row, height, tint) in
        [(1.0, 0.35, [160.0, 184.0, 156.0]), (2.0, 0.5, [120.0, 152.0, 120.0]), (3.0, 0.66, [84.0, 120.0, 92.0])]
    {
        for tree in 0..7 {
            let cx = tree as f32 * 0.13 + row * 0.05;
            let top = height - 0.28 + ((tree * 37 + row as i32 * 11) % 7) as f32 * 0.02;
            let inside = (x - cx).abs() - (y - top) * 0.20;
            if y > top && y < height + 0.12 {
                colour = cover(colour, tint, inside, 0.01);
            }
        }
    }
    colour = cover(colour, [130.0, 104.0, 80.0], -hills(x, 1.0 - y, 0.18, 3.0, 1.0, 0.03), 0.02);
    colour = cover(colour, [240.0, 196.0, 90.0], slab(x, y, 0.36, 0.80, (0.03, 0.06), 0.02), 0.008);
    cover(colour, [226.0, 184.0, 150.0], circle(x, y, 0.36, 0.72, 0.025), 0.008)
}
