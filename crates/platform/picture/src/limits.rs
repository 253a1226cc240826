//! What one picture may cost, decided from its header before a decoder allocates a byte for it.

use crate::Rejected;

/// Pixels of a whole image at most: cameras of 64 megapixels make up to 64.2 million.
pub const MAX_PIXELS: u64 = 64 << 20;
/// Pixels of one side at most; panoramas and screenshots of whole conversations are long.
pub const MAX_SIDE: u32 = 32_768;
/// What drawing one picture takes at most, besides the file itself.
pub const MAX_MEMORY_BYTES: u64 = 300_000_000;
/// The part of that which is not the decoder's: the picture made smaller, its sizes, their files.
const DRAWING_BYTES: u64 = 30_000_000;

/// Bytes of a colour profile, which are few even of a large one.
pub const MAX_PROFILE_BYTES: usize = 1 << 20;

/// Passes over one JPEG at most; encoders make about ten.
pub const MAX_SCANS: usize = 100;
/// Blocks of 64 samples visited in all passes over a JPEG together: more than encoders make of the largest picture. A
/// visit takes up to some 100 ns, however few bytes it is encoded in.
pub const MAX_BLOCK_VISITS: u64 = 14_000_000;

/// Whether a picture of these dimensions may be decoded.
pub fn check_dimensions(width: u32, height: u32) -> Result<(), Rejected> {
    if width == 0 || height == 0 {
        Err(Rejected::Corrupt)
    } else if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        Err(Rejected::TooManyPixels)
    } else {
        Ok(())
    }
}

/// Whether a decoder that allocates `bytes` may run.
pub fn check_memory(bytes: u64) -> Result<(), Rejected> {
    if fits_memory(bytes) { Ok(()) } else { Err(Rejected::TooComplex) }
}

pub fn fits_memory(bytes: u64) -> bool {
    bytes <= MAX_MEMORY_BYTES - DRAWING_BYTES
}
