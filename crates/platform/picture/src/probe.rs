//! What a file is and how many pixels it claims, read from its header by hand, before any decoder allocates a byte
//! for it. Also finds files that end too soon, which decoders fill up with grey.

use memchr::memchr;

use crate::{Format, Rejected};

/// Pixels of a whole image at most: what a worker's memory is budgeted for (160 MB as RGBA).
pub const MAX_PIXELS: u64 = 40_000_000;
/// Pixels of one side at most.
pub const MAX_SIDE: u32 = 16_384;

/// Checks that `bytes` are a whole file of the declared type, with dimensions that may be decoded.
pub fn probe(bytes: &[u8], declared: Format) -> Result<(), Rejected> {
    if bytes.is_empty() {
        return Err(Rejected::Empty);
    }
    let actual = sniff(bytes).ok_or(Rejected::NotAnImage)?;
    if actual != declared {
        return Err(Rejected::TypeMismatch);
    }
    match actual {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png(bytes),
        Format::Gif => gif(bytes),
        Format::Webp => webp(bytes),
    }
}

/// The type by the first bytes, which is what browsers go by too (<https://mimesniff.spec.whatwg.org>).
fn sniff(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::Webp),
        _ => None,
    }
}

fn dimensions(width: u32, height: u32) -> Result<(), Rejected> {
    if width == 0 || height == 0 {
        Err(Rejected::Corrupt)
    } else if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        Err(Rejected::TooManyPixels)
    } else {
        Ok(())
    }
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

/// Walks the markers (ITU-T T.81, annex B) to the end of the image. Data after it is common (phones append a video
/// or a second picture there) and is ignored here as it is by the decoder.
fn jpeg(bytes: &[u8]) -> Result<(), Rejected> {
    let reader = Reader(bytes);
    let mut at = 2;
    let mut has_frame = false;
    loop {
        at += bytes.get(at..).and_then(|rest| memchr(0xff, rest)).ok_or(Rejected::Corrupt)?;
        while reader.u8(at)? == 0xff {
            at += 1;
        }
        let marker = reader.u8(at)?;
        at += 1;
        match marker {
            // A byte of the picture itself, a restart marker, or one without content.
            0x00 | 0x01 | 0xd0..=0xd8 => continue,
            0xd9 => {
                return if has_frame { Ok(()) } else { Err(Rejected::Corrupt) };
            }
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                if has_frame {
                    return Err(Rejected::Corrupt);
                }
                has_frame = true;
                dimensions(reader.u16_be(at + 5)?, reader.u16_be(at + 3)?)?;
            }
            _ => {}
        }
        at += reader.u16_be(at)?.max(2) as usize;
    }
}

/// Walks the chunks (<https://www.w3.org/TR/png-3/#5Chunk-layout>) to IEND.
fn png(bytes: &[u8]) -> Result<(), Rejected> {
    let reader = Reader(bytes);
    if &reader.bytes::<4>(12)? != b"IHDR" {
        return Err(Rejected::Corrupt);
    }
    dimensions(reader.u32_be(16)?, reader.u32_be(20)?)?;
    let mut at = 8;
    loop {
        let length = reader.u32_be(at)? as usize;
        let kind = reader.bytes::<4>(at + 4)?;
        // Length, kind and checksum are four bytes each.
        at = at.checked_add(length).and_then(|at| at.checked_add(12)).ok_or(Rejected::Corrupt)?;
        reader.bytes::<4>(at - 4)?;
        if &kind == b"IEND" {
            return Ok(());
        }
    }
}

/// Walks the blocks (GIF89a, §12-27) to the trailer.
fn gif(bytes: &[u8]) -> Result<(), Rejected> {
    let reader = Reader(bytes);
    dimensions(reader.u16_le(6)?, reader.u16_le(8)?)?;
    let colors = |flags: u8| {
        if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
    };
    let mut at = 13 + colors(reader.u8(10)?);
    let mut frames = 0;
    loop {
        match reader.u8(at)? {
            0x3b => {
                return if frames > 0 { Ok(()) } else { Err(Rejected::Corrupt) };
            }
            0x21 => at += 2,
            0x2c => {
                dimensions(reader.u16_le(at + 5)?, reader.u16_le(at + 7)?)?;
                at += 11 + colors(reader.u8(at + 9)?);
                frames += 1;
            }
            _ => return Err(Rejected::Corrupt),
        }
        loop {
            let length = usize::from(reader.u8(at)?);
            at += 1 + length;
            if length == 0 {
                break;
            }
        }
    }
}

/// Walks the chunks (RFC 9649): the canvas, and every picture in it, since a decoder allocates for a picture before
/// it notices that it does not fit its canvas.
fn webp(bytes: &[u8]) -> Result<(), Rejected> {
    let whole = Reader(bytes);
    let length = (whole.u32_le(4)? as usize).checked_add(8).ok_or(Rejected::Corrupt)?;
    webp_chunks(&Reader(bytes.get(12..length).ok_or(Rejected::Corrupt)?), true)
}

fn webp_chunks(reader: &Reader<'_>, outermost: bool) -> Result<(), Rejected> {
    let mut at = 0;
    let mut pictures = 0;
    while at < reader.0.len() {
        let kind = reader.bytes::<4>(at)?;
        let length = reader.u32_le(at + 4)? as usize;
        let end = (at + 8).checked_add(length).filter(|end| *end <= reader.0.len()).ok_or(Rejected::Corrupt)?;
        let chunk = Reader(&reader.0[at + 8..end]);
        match &kind {
            b"VP8X" => dimensions(chunk.u24_le(4)? + 1, chunk.u24_le(7)? + 1)?,
            b"VP8 " => dimensions(chunk.u16_le(6)? & 0x3fff, chunk.u16_le(8)? & 0x3fff)?,
            b"VP8L" => {
                let packed = chunk.u32_le(1)?;
                dimensions((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1)?;
            }
            b"ANMF" if outermost => {
                dimensions(chunk.u24_le(6)? + 1, chunk.u24_le(9)? + 1)?;
                webp_chunks(&Reader(chunk.0.get(16..).ok_or(Rejected::Corrupt)?), false)?;
            }
            _ => {}
        }
        pictures += u32::from(matches!(&kind, b"VP8 " | b"VP8L" | b"ANMF"));
        // Chunks are padded to an even length; the last byte of a file may lack its padding.
        at = end + length % 2;
    }
    if pictures == 0 { Err(Rejected::Corrupt) } else { Ok(()) }
}
