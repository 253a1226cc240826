//! What the decoder will allocate for the codes of a lossless WebP (RFC 9649, §3), which nothing in its header says: up
//! to 65,536 sets of five, each larger than the bytes it is written in by hundreds of times. Reads up to the first pixel.

use crate::limits::MAX_MEMORY_BYTES;

/// Bytes for the tables of all codes, or more than there may be; `None` when they are not valid.
pub fn code_bytes(content: &[u8]) -> Option<u64> {
    let mut bits = Bits { bytes: content, at: 0 };
    if bits.read(8)? != 0x2f {
        return None;
    }
    let (mut width, height) = (bits.read(14)? + 1, bits.read(14)? + 1);
    bits.read(4)?;
    let mut seen = [false; 4];
    while bits.read(1)? == 1 {
        let kind = bits.read(2)?;
        if std::mem::replace(&mut seen[kind as usize], true) {
            return None;
        }
        match kind {
            // Prediction and colours: an image with a pixel for each square of the picture.
            0 | 1 => {
                let size = bits.read(3)? + 2;
                bits.skip_image(width.div_ceil(1 << size), height.div_ceil(1 << size))?;
            }
            // Green subtracted: nothing to read.
            2 => {}
            // A palette; of a small one, several pixels are packed into one.
            _ => {
                let colours = bits.read(8)? + 1;
                bits.skip_image(colours, 1)?;
                let packed = match colours {
                    0..=2 => 3,
                    3..=4 => 2,
                    5..=16 => 1,
                    _ => 0,
                };
                width = width.div_ceil(1 << packed);
            }
        }
    }
    let cache = bits.cache()?;
    let sets = match bits.read(1)? {
        0 => 1,
        _ => {
            let size = bits.read(3)? + 2;
            bits.skip_image(width.div_ceil(1 << size), height.div_ceil(1 << size))? + 1
        }
    };
    let mut bytes = 0;
    for _ in 0..sets {
        for alphabet in alphabets(cache) {
            bytes += bits.code(alphabet)?.bytes();
        }
        if bytes > MAX_MEMORY_BYTES {
            break;
        }
    }
    Some(bytes)
}

/// Symbols of the codes for green, lengths and remembered colours; for red, blue and transparency; for distances.
fn alphabets(cache: usize) -> [usize; 5] {
    [256 + 24 + cache, 256, 256, 256, 40]
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn read(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }

    /// How many colours are remembered.
    fn cache(&mut self) -> Option<usize> {
        match self.read(1)? {
            0 => Some(0),
            _ => Some(self.read(4)?).filter(|size| (1..=11).contains(size)).map(|size| 1 << size),
        }
    }

    /// Reads an image that is coded by one set, and returns the largest number that red and green make in it. Pixels
    /// that are repeated or remembered are no larger than those they repeat.
    fn skip_image(&mut self, width: u32, height: u32) -> Option<u32> {
        let cache = self.cache()?;
        let [green, red, blue, alpha, distance] = {
            let [a, b, c, d, e] = alphabets(cache);
            [self.code(a)?, self.code(b)?, self.code(c)?, self.code(d)?, self.code(e)?]
        };
        let (mut left, mut largest) = (u64::from(width) * u64::from(height), 0);
        while left > 0 {
            let symbol = green.decode(self)?;
            let pixels = match symbol {
                0..256 => {
                    largest = largest.max(red.decode(self)? << 8 | symbol);
                    blue.decode(self)?;
                    alpha.decode(self)?;
                    1
                }
                256..280 => {
                    let length = self.prefixed(symbol - 256)?;
                    let prefix = distance.decode(self)?;
                    self.prefixed(prefix)?;
                    length
                }
                _ => 1,
            };
            left = left.saturating_sub(u64::from(pixels));
        }
        Some(largest)
    }

    /// A number of which the symbol says the beginning and how many bits follow.
    fn prefixed(&mut self, symbol: u32) -> Option<u32> {
        if symbol < 4 {
            return Some(symbol + 1);
        }
        let extra = (symbol - 2) >> 1;
        Some(((2 + (symbol & 1)) << extra) + self.read(extra)? + 1)
    }

    fn code(&mut self, alphabet: usize) -> Option<Code> {
        let mut lengths = vec![0_u8; alphabet];
        if self.read(1)? == 1 {
            let second = self.read(1)? == 1;
            let first_bits = if self.read(1)? == 1 { 8 } else { 1 };
            *lengths.get_mut(self.read(first_bits)? as usize)? = 1;
            if second {
                *lengths.get_mut(self.read(8)? as usize)? = 1;
            }
            return Code::of(&lengths);
        }
        const ORDER: [usize; 19] = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        let mut of_lengths = [0_u8; 19];
        for at in &ORDER[..4 + self.read(4)? as usize] {
            of_lengths[*at] = self.read(3)? as u8;
        }
        let of_lengths = Code::of(&of_lengths)?;
        let mut left = match self.read(1)? {
            0 => alphabet as u32,
            _ => {
                let size = 2 + 2 * self.read(3)?;
                2 + self.read(size)?
            }
        };
        let (mut at, mut before) = (0, 8);
        while at < alphabet && left > 0 {
            left -= 1;
            let symbol = of_lengths.decode(self)?;
            let (length, times) = match symbol {
                16 => (before, 3 + self.read(2)?),
                17 => (0, 3 + self.read(3)?),
                18 => (0, 11 + self.read(7)?),
                length => (length as u8, 1),
            };
            if symbol < 16 && length > 0 {
                before = length;
            }
            lengths.get_mut(at..at + times as usize)?.fill(length);
            at += times as usize;
        }
        Code::of(&lengths)
    }
}

/// A canonical prefix code.
struct Code {
    /// Symbols of each length.
    counts: [u16; 16],
    /// In the order of their codes.
    symbols: Vec<u16>,
}

impl Code {
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0; 16];
        lengths.iter().filter(|length| **length > 0).for_each(|length| counts[usize::from(*length)] += 1);
        let mut symbols: Vec<u16> =
            (0..lengths.len() as u16).filter(|symbol| lengths[usize::from(*symbol)] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[usize::from(*symbol)]);
        if symbols.is_empty() { None } else { Some(Self { counts, symbols }) }
    }

    fn decode(&self, bits: &mut Bits<'_>) -> Option<u32> {
        if let [only] = self.symbols.as_slice() {
            return Some(u32::from(*only));
        }
        let (mut code, mut first, mut index) = (0_i32, 0_i32, 0_i32);
        for count in &self.counts[1..] {
            code |= bits.read(1)? as i32;
            let count = i32::from(*count);
            if code - count < first {
                return self.symbols.get((index + code - first) as usize).map(|symbol| u32::from(*symbol));
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }

    /// What the decoder makes of it: a table for codes of up to ten bits, and nodes for longer ones.
    fn bytes(&self) -> u64 {
        let longest = (1..16).rev().find(|length| self.counts[*length] > 0).unwrap_or(0).min(10);
        let long: u64 = self.counts[11..].iter().map(|count| u64::from(*count)).sum();
        // A node is 16 bytes; with room that a growing list keeps, some four for each symbol.
        100 + (4 << longest) + 64 * long
    }
}
