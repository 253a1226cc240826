//! GIF (GIF89a). The decoder sees the first frame and nothing else; its rows are made smaller as they come.

use std::io::Cursor;

use ::gif::{ColorOutput, DecodeOptions, Decoder, MemoryLimit};

use super::{Read, Reader, orientation};
use crate::Rejected;
use crate::canvas::{Canvas, Decoded};
use crate::limits::check_dimensions;

/// The first row of each pass of an interlaced frame, and how far its rows are apart.
const PASSES: [(usize, usize); 4] = [(0, 8), (4, 8), (2, 4), (1, 2)];

pub fn read(bytes: &[u8]) -> Result<Read, Rejected> {
    let decoded = decode(&first_frame(bytes)?)?;
    Ok(Read { decoded, orientation: orientation(None), profile: None })
}

/// A file with the first frame only: header, screen, palette, what makes a colour transparent, frame, end. What comes
/// after the frame is not looked at, and what is missing of it is for the decoder to find.
fn first_frame(bytes: &[u8]) -> Result<Vec<u8>, Rejected> {
    let reader = Reader(bytes);
    let colors = |flags: u8| {
        if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
    };
    let screen_end = 13 + colors(reader.u8(10)?);
    let mut control: Option<&[u8]> = None;
    let mut at = screen_end;
    loop {
        match reader.u8(at)? {
            0x21 => {
                let blocks_end = blocks_end(&reader, at + 2)?;
                if reader.u8(at + 1)? == 0xf9 && reader.u8(at + 2)? == 4 {
                    control = Some(&bytes[at..blocks_end]);
                }
                at = blocks_end;
            }
            0x2c => break,
            // Anything else ends the file, and there was no frame yet.
            _ => return Err(Rejected::Corrupt),
        }
    }
    let (frame_width, frame_height) = (reader.u16_le(at + 5)?, reader.u16_le(at + 7)?);
    check_dimensions(frame_width, frame_height)?;
    let (width, height) = match (reader.u16_le(6)?, reader.u16_le(8)?) {
        // Some encoders leave the screen empty; the frame is then the picture.
        (0, _) | (_, 0) => (frame_width, frame_height),
        screen => screen,
    };
    check_dimensions(width, height)?;
    let data = at + 11 + colors(reader.u8(at + 9)?);
    reader.u8(data)?;
    let end = blocks_end(&reader, data).unwrap_or(bytes.len());

    let mut file = Vec::with_capacity(end - at + screen_end + 16);
    file.extend(&bytes[..6]);
    file.extend((width as u16).to_le_bytes());
    file.extend((height as u16).to_le_bytes());
    file.extend(&bytes[10..screen_end]);
    file.extend(control.unwrap_or_default());
    file.extend(&bytes[at..end]);
    file.push(0x3b);
    Ok(file)
}

/// The end of a row of blocks that begins at `at`: each says its length, an empty one is the last.
fn blocks_end(reader: &Reader<'_>, mut at: usize) -> Result<usize, Rejected> {
    loop {
        let length = usize::from(reader.u8(at)?);
        at += 1 + length;
        if length == 0 {
            return Ok(at);
        }
    }
}

fn decode(file: &[u8]) -> Result<Decoded, Rejected> {
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::Indexed);
    // Rows are read one by one; nothing of the frame's size is allocated.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder: Decoder<Cursor<&[u8]>> = options.read_info(Cursor::new(file)).map_err(|_| Rejected::Corrupt)?;
    let (width, height) = (decoder.width(), decoder.height());
    let frame = decoder.next_frame_info().map_err(|_| Rejected::Corrupt)?.ok_or(Rejected::Corrupt)?;
    let (left, top, transparent) = (frame.left, u32::from(frame.top), frame.transparent);
    let (frame_width, frame_height) = (usize::from(frame.width), usize::from(frame.height));
    let is_interlaced = frame.interlaced;
    let mut colours = [[255; 3]; 256];
    let palette = decoder.palette().map_err(|_| Rejected::Corrupt)?;
    colours.iter_mut().zip(palette.as_chunks().0).for_each(|(colour, entry)| *colour = *entry);
    if let Some(index) = transparent {
        colours[usize::from(index)] = [255; 3];
    }

    // Whole lines of the screen: what the frame does not cover is white.
    let mut line = vec![[255; 3]; usize::from(width)];
    let covered = usize::from(left).min(line.len())..(usize::from(left) + frame_width).min(line.len());
    let is_covered = |y: u32| (top..top + frame_height as u32).contains(&y);
    let mut canvas = Canvas::new(u32::from(width), u32::from(height), !is_interlaced);
    let mut put = |y: u32, line: &[[u8; 3]]| {
        canvas.put(y, 0, 1, line.iter().copied());
        canvas.row_done(y);
    };
    if is_interlaced {
        (0..u32::from(height)).filter(|y| !is_covered(*y)).for_each(|y| put(y, &line));
    } else {
        (0..top.min(u32::from(height))).for_each(|y| put(y, &line));
    }
    let passes: &[(usize, usize)] = if is_interlaced { &PASSES } else { &[(0, 1)] };
    let mut indices = vec![0; frame_width];
    let mut rows = 0;
    'passes: for &(first, step) in passes {
        for y in (first..frame_height).step_by(step) {
            if !matches!(decoder.fill_buffer(&mut indices), Ok(true)) {
                break 'passes;
            }
            for (pixel, index) in line[covered.clone()].iter_mut().zip(&indices) {
                *pixel = colours[usize::from(*index)];
            }
            put(top + y as u32, &line);
            rows += 1;
        }
    }
    if rows * 2 < frame_height {
        return Err(Rejected::Corrupt);
    }
    if !is_interlaced {
        line.fill([255; 3]);
        (top + rows as u32..u32::from(height)).for_each(|y| put(y, &line));
    }
    canvas.finish().ok_or(Rejected::Corrupt)
}
