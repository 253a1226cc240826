//! PNG (<https://www.w3.org/TR/png-3>). The decoder sees four kinds of chunks; of an animation the picture that stands
//! for it. Rows are made smaller as they come, so that the whole picture is never in memory.

use std::io::Cursor;

use ::png::{ColorType, Decoder, Limits, Transformations};

use super::{Read, Reader, orientation};
use crate::Rejected;
use crate::canvas::{Canvas, Decoded, on_white};
use crate::limits::{MAX_PROFILE_BYTES, check_dimensions};

/// Where pixels of each of the seven passes lie, and how far they are apart: x, y, across, down.
const PASSES: [(u32, u32, u32, u32); 7] =
    [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
/// What the decoder may allocate: some rows of the longest kind.
const MAX_DECODER_BYTES: usize = 16 << 20;

pub fn read(bytes: &[u8]) -> Result<Read, Rejected> {
    let chunks = Chunks::of(bytes)?;
    let decoded = decode(&chunks)?;
    Ok(Read { decoded, orientation: orientation(chunks.exif), profile: chunks.profile.and_then(inflate_profile) })
}

#[derive(Default)]
struct Chunks<'a> {
    header: [u8; 13],
    palette: Option<&'a [u8]>,
    transparency: Option<&'a [u8]>,
    /// The parts of the one compressed stream.
    data: Vec<&'a [u8]>,
    profile: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let reader = Reader(bytes);
        if &reader.bytes::<8>(8)? != b"\0\0\0\x0dIHDR" {
            return Err(Rejected::Corrupt);
        }
        check_dimensions(reader.u32_be(16)?, reader.u32_be(20)?)?;
        let mut chunks = Self { header: reader.bytes(16)?, ..Self::default() };
        // Length, kind and checksum are four bytes each.
        let mut at = 33;
        while let (Ok(length), Ok(kind)) = (reader.u32_be(at), reader.bytes::<4>(at + 4)) {
            let end = (at + 8).saturating_add(length as usize);
            // The last one may be cut short.
            let content = &bytes[at + 8..end.min(bytes.len())];
            match &kind {
                b"PLTE" if chunks.palette.is_none() => chunks.palette = Some(content),
                b"tRNS" if chunks.transparency.is_none() => chunks.transparency = Some(content),
                b"IDAT" if !content.is_empty() => chunks.data.push(content),
                b"iCCP" if chunks.profile.is_none() => chunks.profile = Some(content),
                b"eXIf" if chunks.exif.is_none() => chunks.exif = Some(content),
                b"IEND" => break,
                _ => {}
            }
            at = end.saturating_add(4);
        }
        if chunks.data.is_empty() { Err(Rejected::Corrupt) } else { Ok(chunks) }
    }

    fn is_interlaced(&self) -> bool {
        self.header[12] == 1
    }

    /// A file of nothing but what the decoder needs. Checksums are not looked at and so not made.
    fn file(&self) -> Vec<u8> {
        let data_length: usize = self.data.iter().map(|part| part.len()).sum();
        let mut file = Vec::with_capacity(data_length + 1200);
        file.extend(b"\x89PNG\r\n\x1a\n");
        let mut chunk = |kind: &[u8; 4], length: usize, parts: &[&[u8]]| {
            file.extend((length as u32).to_be_bytes());
            file.extend(kind);
            parts.iter().for_each(|part| file.extend(*part));
            file.extend([0; 4]);
        };
        chunk(b"IHDR", 13, &[&self.header]);
        let colour_type = self.header[9];
        let palette = self.palette.filter(|_| colour_type == 3).unwrap_or_default();
        let palette = &palette[..palette.len().min(3 * 256) / 3 * 3];
        if colour_type == 3 {
            chunk(b"PLTE", palette.len(), &[palette]);
        }
        let transparency = self.transparency.and_then(|values| match colour_type {
            0 => values.get(..2),
            2 => values.get(..6),
            3 => Some(&values[..values.len().min(palette.len() / 3)]),
            _ => None,
        });
        if let Some(values) = transparency {
            chunk(b"tRNS", values.len(), &[values]);
        }
        chunk(b"IDAT", data_length, &self.data);
        chunk(b"IEND", 0, &[]);
        file
    }
}

fn decode(chunks: &Chunks<'_>) -> Result<Decoded, Rejected> {
    let file = chunks.file();
    let limits = Limits { bytes: MAX_DECODER_BYTES };
    let mut decoder = Decoder::new_with_limits(Cursor::new(file.as_slice()), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.ignore_checksums(true);
    let mut reader = decoder.read_info().map_err(|_| Rejected::Corrupt)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let colour = reader.output_color_type().0;
    let mut canvas = Canvas::new(width, height, !chunks.is_interlaced());
    let in_order = [(0, 0, 1, 1)];
    let passes: &[(u32, u32, u32, u32)] = if chunks.is_interlaced() { &PASSES } else { &in_order };
    'passes: for (pass, &(x, first, across, down)) in passes.iter().enumerate() {
        if x >= width {
            continue;
        }
        // Even rows are whole with the sixth pass. It has nothing for a picture one pixel wide, whose rows are whole at once.
        let completes = !chunks.is_interlaced() || pass >= 5 || width == 1;
        for y in (first..height).step_by(down as usize) {
            let Ok(Some(row)) = reader.next_row() else { break 'passes };
            match colour {
                ColorType::Grayscale => canvas.put(y, x, across, row.data().iter().map(|grey| [*grey; 3])),
                ColorType::GrayscaleAlpha => {
                    let pixels = row.data().as_chunks().0.iter();
                    canvas.put(y, x, across, pixels.map(|&[grey, alpha]| [on_white(grey, alpha); 3]));
                }
                ColorType::Rgb => canvas.put(y, x, across, row.data().as_chunks().0.iter().copied()),
                ColorType::Rgba => {
                    let pixels = row.data().as_chunks().0.iter();
                    canvas.put(y, x, across, pixels.map(|&[r, g, b, alpha]| [r, g, b].map(|c| on_white(c, alpha))));
                }
                ColorType::Indexed => return Err(Rejected::Corrupt),
            }
            if completes {
                canvas.row_done(y);
            }
        }
    }
    if canvas.rows_done() * 2 < height as usize {
        return Err(Rejected::Corrupt);
    }
    canvas.finish().ok_or(Rejected::Corrupt)
}

fn inflate_profile(chunk: &[u8]) -> Option<Vec<u8>> {
    // A name of at most 79 bytes, its end, and the one way to compress.
    let name_end = chunk.iter().take(80).position(|byte| *byte == 0)?;
    let compressed = chunk.get(name_end + 2..)?;
    fdeflate::decompress_to_vec_bounded(compressed, MAX_PROFILE_BYTES).ok()
}
