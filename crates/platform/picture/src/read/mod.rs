//! From a file to pixels: what it is, what of it a decoder needs, and the decoder. One file for each type.

mod gif;
mod jpeg;
mod png;
mod vp8l;
mod webp;

use image::metadata::Orientation;

use crate::Rejected;
use crate::canvas::Decoded;
use crate::limits::MAX_PROFILE_BYTES;

pub struct Read {
    pub decoded: Decoded,
    /// How to turn the pixels to see them upright.
    pub orientation: Orientation,
    /// ICC.
    pub profile: Option<Vec<u8>>,
}

pub fn read(bytes: &[u8]) -> Result<Read, Rejected> {
    // The type by the first bytes, which is what browsers go by too (<https://mimesniff.spec.whatwg.org>).
    match bytes {
        [] => Err(Rejected::Empty),
        [0xff, 0xd8, 0xff, ..] => jpeg::read(bytes),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png::read(bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif::read(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::read(bytes),
        _ => Err(high_efficiency(bytes).unwrap_or(Rejected::NotAnImage)),
    }
}

/// HEIF and AVIF are files of the same kind (ISO/IEC 14496-12) and differ in the brands that their first box lists.
fn high_efficiency(bytes: &[u8]) -> Option<Rejected> {
    let length = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let content = bytes.get(4..length.clamp(8, 256).min(bytes.len()))?.strip_prefix(b"ftyp")?;
    let brands = || content.chunks_exact(4);
    if brands().any(|brand| matches!(brand, b"avif" | b"avis")) {
        return Some(Rejected::Avif);
    }
    let is_heif = |brand: &[u8]| {
        matches!(brand, [b'h', b'e', b'i' | b'v', b'c' | b'x' | b'm' | b's'] | b"mif1" | b"mif2" | b"msf1")
    };
    brands().any(is_heif).then_some(Rejected::Heic)
}

/// What cannot be read of a picture's metadata is as if it were not there.
fn orientation(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

fn small_profile(profile: &[u8]) -> Option<Vec<u8>> {
    (profile.len() <= MAX_PROFILE_BYTES).then(|| profile.to_vec())
}

/// Reads numbers at an offset; what lies beyond the end makes the file a truncated one.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Rejected> {
        let end = at.checked_add(N).ok_or(Rejected::Corrupt)?;
        self.0.get(at..end).and_then(|bytes| bytes.try_into().ok()).ok_or(Rejected::Corrupt)
    }

    fn u8(&self, at: usize) -> Result<u8, Rejected> {
        self.bytes::<1>(at).map(|[byte]| byte)
    }

    fn u16_be(&self, at: usize) -> Result<u32, Rejected> {
        self.bytes(at).map(|bytes| u32::from(u16::from_be_bytes(bytes)))
    }

    fn u16_le(&self, at: usize) -> Result<u32, Rejected> {
        self.bytes(at).map(|bytes| u32::from(u16::from_le_bytes(bytes)))
    }

    fn u24_le(&self, at: usize) -> Result<u32, Rejected> {
        self.bytes(at).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]))
    }

    fn u32_be(&self, at: usize) -> Result<u32, Rejected> {
        self.bytes(at).map(u32::from_be_bytes)
    }

    fn u32_le(&self, at: usize) -> Result<u32, Rejected> {
        self.bytes(at).map(u32::from_le_bytes)
    }
}
