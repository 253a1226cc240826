//! JPEG (ITU-T T.81). The decoder sees tables, frame and scans, and what tells its colours; none of what cameras write
//! beside them, and nothing that lies behind the picture (phones append a video or a second one).

use std::io::Read as _;
use std::ops::Range;

use image::RgbImage;
use memchr::memchr;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

use super::{Read, Reader, orientation};
use crate::Rejected;
use crate::canvas::{Decoded, divide};
use crate::draw::LARGEST_SIDE;
use crate::limits::{
    MAX_BLOCK_VISITS, MAX_PROFILE_BYTES, MAX_SCANS, MAX_SIDE, check_dimensions, check_memory, fits_memory,
};

/// What the decoder leaves where there is no picture.
const GREY: u8 = 128;
/// A progressive picture is decoded at a fraction of its size when the result is about the largest size.
const ENOUGH: u32 = LARGEST_SIDE * 7 / 8;

pub fn read(bytes: &[u8]) -> Result<Read, Rejected> {
    let file = File::of(bytes)?;
    let decoded = file.decode()?;
    Ok(Read { decoded, orientation: orientation(file.exif), profile: assemble_profile(file.profile_parts) })
}

struct Frame {
    is_progressive: bool,
    width: u32,
    height: u32,
    /// Id of each component, and how many samples it has across and down where others have one.
    components: Vec<(u8, u32, u32)>,
}

struct File<'a> {
    bytes: &'a [u8],
    /// What the decoder sees.
    kept: Vec<Range<usize>>,
    frame: Frame,
    scans: usize,
    /// The decoder has to hold all samples until the last scan.
    is_buffered: bool,
    /// The end is there.
    is_whole: bool,
    exif: Option<&'a [u8]>,
    /// Number, of how many, and content.
    profile_parts: Vec<(u8, u8, &'a [u8])>,
}

impl<'a> File<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, Rejected> {
        let reader = Reader(bytes);
        let (mut kept, mut frame, mut exif, mut profile_parts) = (Vec::new(), None::<Frame>, None, Vec::new());
        let (mut scans, mut visits, mut is_buffered, mut is_whole) = (0, 0, false, false);
        kept.push(0..2);
        let mut at = 2;
        while let Some((marker, begin)) = next_marker(bytes, at) {
            at = begin + 2;
            if marker == 0xd9 {
                is_whole = true;
                break;
            }
            // Markers without content.
            if matches!(marker, 0x01 | 0xd0..=0xd8) {
                continue;
            }
            // A segment that is cut short is none.
            let Ok(length) = reader.u16_be(at) else { break };
            let end = at + length.max(2) as usize;
            let Some(content) = bytes.get(at + 2..end) else { break };
            at = end;
            match marker {
                0xc0..=0xc2 => {
                    if frame.is_some() {
                        return Err(Rejected::Corrupt);
                    }
                    frame = Some(Frame::of(marker, content)?);
                    kept.push(begin..end);
                }
                0xda => {
                    let frame = frame.as_ref().ok_or(Rejected::Corrupt)?;
                    let components = usize::from(*content.first().ok_or(Rejected::Corrupt)?);
                    scans += 1;
                    visits += frame.blocks(content.get(1..).unwrap_or_default(), components);
                    if scans > MAX_SCANS || visits > MAX_BLOCK_VISITS {
                        return Err(Rejected::TooComplex);
                    }
                    is_buffered |= frame.is_progressive || components < frame.components.len();
                    at = scan_end(bytes, end);
                    kept.push(begin..at);
                }
                // Tables, and the interval of restarts.
                0xc4 | 0xdb | 0xdd => kept.push(begin..end),
                0xe0 if content.starts_with(b"JFIF\0") => kept.push(begin..end),
                0xee if content.starts_with(b"Adobe") => kept.push(begin..end),
                0xe1 => exif = exif.or(content.strip_prefix(b"Exif\0\0")),
                0xe2 => {
                    if let Some([number, count, part @ ..]) = content.strip_prefix(b"ICC_PROFILE\0") {
                        profile_parts.push((*number, *count, part));
                    }
                }
                // Frames of kinds that browsers do not show either.
                0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Rejected::Corrupt),
                _ => {}
            }
        }
        let frame = frame.filter(|_| scans > 0).ok_or(Rejected::Corrupt)?;
        Ok(Self { bytes, kept, frame, scans, is_buffered, is_whole, exif, profile_parts })
    }

    fn decode(&self) -> Result<Decoded, Rejected> {
        let (width, height) = (self.frame.width, self.frame.height);
        let pixels = u64::from(width) * u64::from(height);
        let buffered = if self.is_buffered { 2 * self.frame.samples() } else { 0 };
        let copy = self.kept.iter().map(|range| range.len() as u64).sum::<u64>();
        if fits_memory(3 * pixels + buffered + copy) {
            return divide(self.decode_whole()?, width, height).ok_or(Rejected::Corrupt);
        }
        let divisor = [2, 4, 8].into_iter().find(|divisor| {
            let decoded = pixels * (4 + self.frame.components.len() as u64) / u64::from(divisor * divisor);
            fits_memory(buffered + decoded) && width.max(height) / divisor >= ENOUGH
        });
        self.decode_scaled(divisor.ok_or(Rejected::TooComplex)?)
    }

    fn decode_whole(&self) -> Result<Vec<u8>, Rejected> {
        let mut file: Vec<u8> = Vec::with_capacity(self.kept.iter().map(|range| range.len()).sum::<usize>() + 2);
        self.kept.iter().for_each(|range| file.extend(&self.bytes[range.clone()]));
        if self.is_whole {
            file.extend([0xff, 0xd9]);
        }
        let options = DecoderOptions::default()
            .set_strict_mode(false)
            .set_max_width(MAX_SIDE as usize)
            .set_max_height(MAX_SIDE as usize)
            .jpeg_set_max_scans(MAX_SCANS)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(file.as_slice()), options);
        let pixels = decoder.decode().map_err(|_| Rejected::Corrupt)?;
        let row = 3 * self.frame.width as usize;
        if pixels.len() != row * self.frame.height as usize {
            return Err(Rejected::Corrupt);
        }
        if !self.is_whole {
            let missing =
                pixels.rchunks_exact(row).take_while(|row| row.iter().all(|channel| *channel == GREY)).count();
            if missing * 2 > self.frame.height as usize {
                return Err(Rejected::Corrupt);
            }
        }
        Ok(pixels)
    }

    /// For pictures whose samples alone take most of the memory: the other decoder can leave out fine detail.
    fn decode_scaled(&self, divisor: u32) -> Result<Decoded, Rejected> {
        let mut kept = self.kept.as_slice();
        if !self.is_whole {
            // Where it is cut short nobody can tell; without the last pass the picture is coarser, and all there.
            let before = kept.len() - 1;
            if self.scans < 2 {
                return Err(Rejected::Corrupt);
            }
            kept = &kept[..before];
        }
        let parts: Box<dyn std::io::Read> = Box::new(std::io::empty());
        let parts = kept.iter().fold(parts, |parts, range| Box::new(parts.chain(&self.bytes[range.clone()])));
        let parts = std::io::BufReader::new(parts.chain(&[0xff, 0xd9][..]));
        let mut decoder = jpeg_decoder::Decoder::new(parts);
        let (width, height) = (self.frame.width.div_ceil(divisor), self.frame.height.div_ceil(divisor));
        let scaled = decoder.scale(width as u16, height as u16).map_err(|_| Rejected::Corrupt)?;
        if scaled != (width as u16, height as u16) {
            return Err(Rejected::Corrupt);
        }
        let pixels = decoder.decode().map_err(|_| Rejected::Corrupt)?;
        let pixels: Vec<u8> = match self.frame.components.len() {
            1 => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
            3 => pixels,
            _ => {
                let ink = |colour: u8, black: u8| (u16::from(255 - colour) * u16::from(255 - black) / 255) as u8;
                let pixels = pixels.as_chunks().0.iter();
                pixels.flat_map(|&[c, m, y, k]| [ink(c, k), ink(m, k), ink(y, k)]).collect()
            }
        };
        let pixels = RgbImage::from_raw(width, height, pixels).ok_or(Rejected::Corrupt)?;
        Ok(Decoded { pixels, width: self.frame.width, height: self.frame.height, divisor })
    }
}

impl Frame {
    fn of(marker: u8, content: &[u8]) -> Result<Self, Rejected> {
        let reader = Reader(content);
        let (height, width) = (reader.u16_be(1)?, reader.u16_be(3)?);
        check_dimensions(width, height)?;
        let components = content.get(6..).unwrap_or_default().as_chunks::<3>().0;
        let components = components.iter().take(usize::from(reader.u8(5)?));
        let components: Vec<(u8, u32, u32)> =
            components.map(|[id, factors, _]| (*id, u32::from(factors >> 4), u32::from(factors & 15))).collect();
        let are_valid = components.iter().all(|(_, across, down)| (1..=4).contains(across) && (1..=4).contains(down));
        if !matches!(components.len(), 1 | 3 | 4) || components.len() != usize::from(reader.u8(5)?) || !are_valid {
            return Err(Rejected::Corrupt);
        }
        let frame = Self { is_progressive: marker == 0xc2, width, height, components };
        // Samples that are a few times as many as pixels are nothing that a camera makes.
        check_memory(frame.samples())?;
        Ok(frame)
    }

    fn largest_factors(&self) -> (u32, u32) {
        let factors = self.components.iter();
        factors.fold((1, 1), |(most_across, most_down), (_, across, down)| {
            (most_across.max(*across), most_down.max(*down))
        })
    }

    /// Blocks of 64 samples of one component; the last ones go beyond the picture.
    fn blocks_of(&self, (_, across, down): (u8, u32, u32)) -> u64 {
        let (most_across, most_down) = self.largest_factors();
        let units = u64::from(self.width.div_ceil(8 * most_across)) * u64::from(self.height.div_ceil(8 * most_down));
        units * u64::from(across) * u64::from(down)
    }

    fn samples(&self) -> u64 {
        64 * self.components.iter().map(|component| self.blocks_of(*component)).sum::<u64>()
    }

    /// Blocks that a scan visits, whose header names `count` components.
    fn blocks(&self, named: &[u8], count: usize) -> u64 {
        let named = named.chunks(2).take(count).filter_map(|pair| pair.first());
        named
            .filter_map(|id| self.components.iter().find(|component| component.0 == *id))
            .map(|component| self.blocks_of(*component))
            .sum()
    }
}

/// The next marker and where it begins. Bytes that belong to nothing are skipped, as decoders do.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += memchr(0xff, bytes.get(at..)?)?;
        while *bytes.get(at + 1)? == 0xff {
            at += 1;
        }
        match bytes[at + 1] {
            0x00 => at += 2,
            marker => return Some((marker, at)),
        }
    }
}

/// Where the bits of a scan end: at the next marker that is not a restart.
fn scan_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some((marker, begin)) = next_marker(bytes, at) {
        if !matches!(marker, 0xd0..=0xd7) {
            return begin;
        }
        at = begin + 2;
    }
    // Half a marker at the very end would be taken for the beginning of the one that is put there.
    bytes.len() - usize::from(bytes.ends_with(&[0xff]))
}

fn assemble_profile(mut parts: Vec<(u8, u8, &[u8])>) -> Option<Vec<u8>> {
    parts.sort_by_key(|(number, ..)| *number);
    let is_complete = parts
        .iter()
        .zip(1..)
        .all(|((number, count, _), at)| usize::from(*number) == at && usize::from(*count) == parts.len());
    let length: usize = parts.iter().map(|(.., part)| part.len()).sum();
    (!parts.is_empty() && is_complete && length <= MAX_PROFILE_BYTES)
        .then(|| parts.into_iter().flat_map(|(.., part)| part).copied().collect())
}
