//! Images: from an upload to clean pictures in three sizes, against decoding and making smaller alone.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};
use serde::{Deserialize, Serialize};

use crate::community::random::Random;
use crate::options::Options;
use crate::process;
use crate::report::{Goal, Report, Row};
use crate::statistics::median;

/// Twelve megapixels, as phones take them.
const WIDTH: u32 = 4_000;
const HEIGHT: u32 = 3_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// As the server does it: checks, orientation, colours, three sizes, JPEG, blurhash
    Village,
    /// Decode, and the same sizes as pixels
    Bare,
}

/// What a process of its own has done.
#[derive(Serialize, Deserialize)]
struct Done {
    pictures: u64,
    cpu_seconds: f64,
    peak_kib: f64,
}

pub async fn measure(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    println!("Images: {} rounds of {} s", options.rounds, options.seconds);
    let path = options.data.join("photo.jpg");
    std::fs::create_dir_all(&options.data)?;
    std::fs::write(&path, photo()?)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..=options.rounds {
        let (our, their) = (run(&path, How::Village, options.seconds)?, run(&path, How::Bare, options.seconds)?);
        if round > 0 {
            ours.push(our);
            theirs.push(their);
        }
    }
    let rate = |done: &[Done]| median(done.iter().map(|done| done.pictures as f64 / done.cpu_seconds).collect());
    let peak = |done: &[Done]| median(done.iter().map(|done| done.peak_kib / 1_024.0).collect());
    report.add(Row {
        number: 12,
        measure: "12-megapixel JPEGs a CPU-second, made into three sizes".to_owned(),
        ours: format!("{:.2} (peak {:.0} MB)", rate(&ours), peak(&ours)),
        theirs: format!("{:.2} (peak {:.0} MB; decoded and made smaller, nothing else)", rate(&theirs), peak(&theirs)),
        value: rate(&ours) / rate(&theirs),
        goal: Some(Goal::AtLeast(0.85)),
        headline: Some("images, against decoding and making smaller".to_owned()),
        revision: String::new(),
    });
    Ok(())
}

fn run(path: &Path, how: How, seconds: u64) -> anyhow::Result<Done> {
    let mut command = std::process::Command::new(std::env::current_exe()?);
    command.arg("picture").arg(path).args(["--how", if how == How::Village { "village" } else { "bare" }]);
    let output = command.args(["--seconds", &seconds.to_string()]).output()?;
    ensure!(output.status.success(), "drawing failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// In a process of its own, whose memory is that of the pictures. One after the other, on one thread.
pub fn draw(path: &Path, how: How, seconds: u64) -> anyhow::Result<()> {
    let bytes = std::fs::read(path)?;
    let (before, started) = (process::cpu_seconds(std::process::id())?, Instant::now());
    let mut pictures = 0;
    while started.elapsed() < Duration::from_secs(seconds) || pictures < 3 {
        match how {
            How::Village => {
                let drawn = village_picture::draw(&bytes);
                let drawn = drawn.map_err(|rejected| anyhow::anyhow!("rejected: {rejected:?}"))?;
                ensure!(drawn.sizes.len() == 3, "three sizes");
                black_box(drawn);
            }
            How::Bare => {
                let whole = image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg)?.into_rgb8();
                let large = smaller(&whole, 2048)?;
                drop(whole);
                black_box((smaller(&large, 320)?, smaller(&large, 960)?, large));
            }
        }
        pictures += 1;
    }
    let pid = std::process::id();
    let done =
        Done { pictures, cpu_seconds: process::cpu_seconds(pid)? - before, peak_kib: process::resident_kib(pid)?.0 };
    println!("{}", serde_json::to_string(&done)?);
    Ok(())
}

fn smaller(image: &RgbImage, width: u32) -> anyhow::Result<RgbImage> {
    let height = width * image.height() / image.width();
    let mut smaller = RgbImage::new(width, height);
    let from = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.as_raw())?;
    let mut to = TypedImage::<U8x3>::from_buffer(width, height, &mut smaller)?;
    Resizer::new().resize_typed(&from, &mut to, &ResizeOptions::new())?;
    Ok(smaller)
}

/// Smooth areas, edges and the noise of a sensor: as hard to decode as a real photo of its size, about 4 MB.
fn photo() -> anyhow::Result<Vec<u8>> {
    let mut random = Random::new(12);
    let image = RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let wave =
            |scale: f64, phase: f64| ((f64::from(x) + phase) / scale).sin() * ((f64::from(y) - phase) / scale).cos();
        let edge = if (x / 211 + y / 173) % 3 == 0 { 30.0 } else { 0.0 };
        let noise = f64::from(random.below(17)) - 8.0;
        let channel = |phase: f64| {
            (110.0 + 60.0 * wave(900.0, phase) + 25.0 * wave(37.0, phase) + edge + noise).clamp(0.0, 255.0) as u8
        };
        Rgb([channel(0.0), channel(200.0), channel(500.0)])
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 88).encode_image(&image).context("the photo could not be made")?;
    Ok(bytes)
}
