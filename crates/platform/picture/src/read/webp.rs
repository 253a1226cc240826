//! WebP (RFC 9649). The decoder sees one picture and its transparency; of an animation the first frame.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::{Read, Reader, orientation, small_profile, vp8l};
use crate::Rejected;
use crate::canvas::{Decoded, divide, on_white};
use crate::limits::{check_dimensions, check_memory};

pub fn read(bytes: &[u8]) -> Result<Read, Rejected> {
    // The length in the header is not believed: some programs write a wrong one.
    let mut chunks = Chunks::default();
    chunks.collect(bytes.get(12..).ok_or(Rejected::Corrupt)?, true)?;
    let still = chunks.still.as_ref().ok_or(Rejected::Corrupt)?;
    // Only an animation has frames that do not fill the canvas.
    let (width, height) = chunks.canvas.filter(|_| still.is_frame).unwrap_or(still.size);
    let decoded = place(decode(still, (width, height))?, still, width, height)?;
    Ok(Read { decoded, orientation: orientation(chunks.exif), profile: chunks.profile.and_then(small_profile) })
}

#[derive(Default)]
struct Chunks<'a> {
    canvas: Option<(u32, u32)>,
    alpha: Option<&'a [u8]>,
    still: Option<Still<'a>>,
    profile: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
}

/// The picture, or the first frame.
struct Still<'a> {
    kind: [u8; 4],
    size: (u32, u32),
    is_frame: bool,
    /// Place of a frame on the canvas.
    position: (u32, u32),
    alpha: Option<&'a [u8]>,
    content: &'a [u8],
    /// Bytes that should be there, with those that are not.
    length: usize,
}

impl<'a> Chunks<'a> {
    /// Every picture is looked at, also those that are not drawn: what claims too much is no picture of ours.
    fn collect(&mut self, bytes: &'a [u8], is_outermost: bool) -> Result<(), Rejected> {
        let reader = Reader(bytes);
        let mut at = 0;
        while let (Ok(kind), Ok(length)) = (reader.bytes::<4>(at), reader.u32_le(at + 4)) {
            let length = length as usize;
            let end = (at + 8).saturating_add(length);
            // The last one may be cut short.
            let content = &bytes[at + 8..end.min(bytes.len())];
            let chunk = Reader(content);
            match &kind {
                b"VP8X" if is_outermost => {
                    let size = (chunk.u24_le(4)? + 1, chunk.u24_le(7)? + 1);
                    check_dimensions(size.0, size.1)?;
                    self.canvas.get_or_insert(size);
                }
                b"VP8 " | b"VP8L" => {
                    let size = if &kind == b"VP8 " {
                        (chunk.u16_le(6)? & 0x3fff, chunk.u16_le(8)? & 0x3fff)
                    } else {
                        let packed = chunk.u32_le(1)?;
                        ((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1)
                    };
                    check_dimensions(size.0, size.1)?;
                    let alpha = self.alpha.take();
                    let still = Still { kind, size, is_frame: !is_outermost, position: (0, 0), alpha, content, length };
                    self.still.get_or_insert(still);
                }
                b"ANMF" if is_outermost => {
                    let position = (chunk.u24_le(0)? * 2, chunk.u24_le(3)? * 2);
                    check_dimensions(chunk.u24_le(6)? + 1, chunk.u24_le(9)? + 1)?;
                    let is_first = self.still.is_none();
                    self.collect(content.get(16..).ok_or(Rejected::Corrupt)?, false)?;
                    if let Some(still) = self.still.as_mut().filter(|_| is_first) {
                        still.position = position;
                    }
                }
                b"ALPH" if self.still.is_none() => self.alpha = Some(content),
                b"ICCP" if is_outermost => self.profile = self.profile.or(Some(content)),
                b"EXIF" if is_outermost => self.exif = self.exif.or(Some(content)),
                _ => {}
            }
            // Chunks are padded to an even length; the last byte of a file may lack its padding.
            at = end.saturating_add(length % 2);
        }
        Ok(())
    }
}

fn decode(still: &Still<'_>, canvas: (u32, u32)) -> Result<Vec<u8>, Rejected> {
    if still.content.len() * 2 < still.length {
        return Err(Rejected::Corrupt);
    }
    let is_lossless = &still.kind == b"VP8L";
    // Lossless pictures are decoded with transparency in any case: without, the decoder makes a copy.
    let has_alpha = is_lossless || still.alpha.is_some();
    let pixels = u64::from(still.size.0) * u64::from(still.size.1);
    // Halves of bytes for each pixel. The result; planes of brightness and colours; the transparency, compressed like a picture.
    let halves = match (is_lossless, still.alpha) {
        (true, _) => 8,
        (false, None) => 6 + 3,
        (false, Some(_)) => 8 + 3 + 8 + 2,
    };
    let codes =
        if is_lossless { vp8l::code_bytes(still.content).ok_or(Rejected::Corrupt)? } else { alpha_codes(still)? };
    // Around a frame that does not cover it there is a canvas.
    let around = if canvas == still.size { 0 } else { 3 * u64::from(canvas.0) * u64::from(canvas.1) };
    check_memory(pixels * halves / 2 + around + codes + 2 * still.content.len() as u64)?;

    let file = file(still, has_alpha);
    let mut decoder = WebPDecoder::new(Cursor::new(file.as_slice())).map_err(|_| Rejected::Corrupt)?;
    let mut decoded = vec![0; decoder.output_buffer_size().ok_or(Rejected::TooManyPixels)?];
    decoder.read_image(&mut decoded).map_err(|_| Rejected::Corrupt)?;
    drop(file);
    if has_alpha {
        flatten(&mut decoded);
    }
    if still.content.len() < still.length {
        // How far the rows go is not told; they take about the same number of bytes each.
        let row = 3 * still.size.0 as usize;
        let rows = (u64::from(still.size.1) * still.content.len() as u64 / still.length as u64) as usize;
        decoded[rows * row..].fill(255);
    }
    Ok(decoded)
}

/// Compressed transparency is a lossless picture without its header.
fn alpha_codes(still: &Still<'_>) -> Result<u64, Rejected> {
    let Some([_, compressed @ ..]) = still.alpha.filter(|alpha| alpha.first().is_some_and(|flags| flags & 3 == 1))
    else {
        return Ok(0);
    };
    let packed = 0x2f | u64::from(still.size.0 - 1) << 8 | u64::from(still.size.1 - 1) << 22;
    let content = [&packed.to_le_bytes()[..5], compressed].concat();
    vp8l::code_bytes(&content).ok_or(Rejected::Corrupt)
}

/// A file of one picture. What is missing of its end is zeros.
fn file(still: &Still<'_>, has_alpha: bool) -> Vec<u8> {
    let mut file = b"RIFF\0\0\0\0WEBP".to_vec();
    let mut chunk = |kind: &[u8; 4], content: &[u8], length: usize| {
        file.extend(kind);
        file.extend((length as u32).to_le_bytes());
        file.extend(content);
        file.resize(file.len() + length - content.len() + length % 2, 0);
    };
    if has_alpha {
        let mut header = vec![0b0001_0000, 0, 0, 0];
        header.extend(&(still.size.0 - 1).to_le_bytes()[..3]);
        header.extend(&(still.size.1 - 1).to_le_bytes()[..3]);
        chunk(b"VP8X", &header, 10);
        if let Some(alpha) = still.alpha.filter(|_| &still.kind != b"VP8L") {
            chunk(b"ALPH", alpha, alpha.len());
        }
    }
    // No more zeros than the picture has pixels, whatever length was claimed.
    let most = still.content.len() + (still.size.0 as usize * still.size.1 as usize).div_ceil(2);
    chunk(&still.kind, still.content, still.length.min(most));
    let length = (file.len() - 8) as u32;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    file
}

/// From pixels with transparency to pixels on white, in the same memory.
fn flatten(pixels: &mut Vec<u8>) {
    let count = pixels.len() / 4;
    for at in 0..count {
        let alpha = pixels[4 * at + 3];
        for channel in 0..3 {
            pixels[3 * at + channel] = on_white(pixels[4 * at + channel], alpha);
        }
    }
    pixels.truncate(3 * count);
    pixels.shrink_to_fit();
}

fn place(pixels: Vec<u8>, still: &Still<'_>, width: u32, height: u32) -> Result<Decoded, Rejected> {
    if (width, height) == still.size && still.position == (0, 0) {
        return divide(pixels, width, height).ok_or(Rejected::Corrupt);
    }
    let mut canvas = vec![255; 3 * width as usize * height as usize];
    let (left, top) = still.position;
    let across = still.size.0.min(width.saturating_sub(left)) as usize;
    let down = still.size.1.min(height.saturating_sub(top)) as usize;
    for y in 0..down {
        let from = 3 * y * still.size.0 as usize;
        let to = 3 * ((top as usize + y) * width as usize + left as usize);
        canvas[to..to + 3 * across].copy_from_slice(&pixels[from..from + 3 * across]);
    }
    drop(pixels);
    divide(canvas, width, height).ok_or(Rejected::Corrupt)
}
