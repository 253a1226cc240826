//! Pixels on their way from a decoder to the largest size: on white, and already a few times smaller where there are
//! many, by the mean of squares.

use image::RgbImage;

use crate::draw::LARGEST_SIDE;

/// A decoded picture, possibly made smaller by a whole number.
pub struct Decoded {
    pub pixels: RgbImage,
    /// The size of the whole picture.
    pub width: u32,
    pub height: u32,
    /// How many pixels of the picture are one of `pixels`, along each side; those at the end may stand for fewer.
    pub divisor: u32,
}

/// By how much a picture can be divided and still be as large as the largest size.
pub fn divisor(width: u32, height: u32) -> u32 {
    (width.max(height) / LARGEST_SIDE).max(1)
}

/// For decoders that give one row after the other, whatever the order.
pub struct Canvas {
    width: u32,
    height: u32,
    divisor: u32,
    cells_across: usize,
    /// What is not drawn is white.
    cells: Vec<u8>,
    /// While dividing: the sums of one row of cells, or of all when rows come in another order.
    sums: Vec<u16>,
    in_order: bool,
    /// Rows that are there.
    rows: Vec<bool>,
}

impl Canvas {
    /// `in_order`: rows come from top to bottom, each whole. The divisor is at most 16, so that sums fit.
    pub fn new(width: u32, height: u32, in_order: bool) -> Self {
        let divisor = divisor(width, height);
        let (across, down) = (width.div_ceil(divisor) as usize, height.div_ceil(divisor) as usize);
        let summed = match (divisor, in_order) {
            (1, _) => 0,
            (_, true) => across,
            (_, false) => across * down,
        };
        Self {
            width,
            height,
            divisor,
            cells_across: across,
            cells: vec![255; 3 * across * down],
            sums: vec![0; 3 * summed],
            in_order,
            rows: vec![false; height as usize],
        }
    }

    /// Pixels of row `y`, from `x` on, `step` apart. What lies outside is ignored.
    pub fn put(&mut self, y: u32, x: u32, step: u32, pixels: impl Iterator<Item = [u8; 3]>) {
        if y >= self.height {
            return;
        }
        let xs = (x..self.width).step_by(step as usize);
        let first = (y / self.divisor) as usize * self.cells_across;
        if self.divisor == 1 {
            for (x, pixel) in xs.zip(pixels) {
                self.cells[3 * (first + x as usize)..][..3].copy_from_slice(&pixel);
            }
            return;
        }
        let first = if self.in_order { 0 } else { first };
        for (x, pixel) in xs.zip(pixels) {
            let sum = &mut self.sums[3 * (first + (x / self.divisor) as usize)..][..3];
            for (sum, channel) in sum.iter_mut().zip(pixel) {
                *sum += u16::from(channel);
            }
        }
    }

    /// All pixels of row `y` are there.
    pub fn row_done(&mut self, y: u32) {
        let Some(row) = self.rows.get_mut(y as usize) else { return };
        *row = true;
        let is_last_of_cell = y % self.divisor == self.divisor - 1 || y == self.height - 1;
        if self.in_order && self.divisor > 1 && is_last_of_cell {
            self.settle(y / self.divisor, 0);
            self.sums.fill(0);
        }
    }

    /// Makes means of the sums of one row of cells.
    fn settle(&mut self, cell_row: u32, sums_row: usize) {
        let from = cell_row * self.divisor;
        let to = (from + self.divisor).min(self.height);
        let rows = self.rows[from as usize..to as usize].iter().filter(|done| **done).count() as u32;
        if rows == 0 {
            return;
        }
        for cell in 0..self.cells_across {
            let across = self.divisor.min(self.width - cell as u32 * self.divisor);
            let count = rows * across;
            let cells = &mut self.cells[3 * (cell_row as usize * self.cells_across + cell)..][..3];
            let sums = &self.sums[3 * (sums_row * self.cells_across + cell)..][..3];
            for (cell, sum) in cells.iter_mut().zip(sums) {
                *cell = ((u32::from(*sum) + count / 2) / count) as u8;
            }
        }
    }

    pub fn rows_done(&self) -> usize {
        self.rows.iter().filter(|done| **done).count()
    }

    pub fn finish(mut self) -> Option<Decoded> {
        let cell_rows = self.height.div_ceil(self.divisor);
        if self.divisor > 1 && self.in_order {
            // The picture may end within a row of cells.
            let done = self.rows_done() as u32;
            if !done.is_multiple_of(self.divisor) && done < self.height {
                self.settle(done / self.divisor, 0);
            }
        } else if self.divisor > 1 {
            (0..cell_rows).for_each(|row| self.settle(row, row as usize));
        } else if !self.in_order {
            self.double_rows();
        }
        let pixels = RgbImage::from_raw(self.cells_across as u32, cell_rows, self.cells)?;
        Some(Decoded { pixels, width: self.width, height: self.height, divisor: self.divisor })
    }

    /// An interlaced picture that ends too soon lacks every other row: such a row looks like the one above.
    fn double_rows(&mut self) {
        let length = 3 * self.cells_across;
        for y in 1..self.rows.len() {
            if !self.rows[y] && self.rows[y - 1] {
                self.cells.copy_within((y - 1) * length..y * length, y * length);
            }
        }
    }
}

/// Divides a picture that is all there, in its own memory.
pub fn divide(mut pixels: Vec<u8>, width: u32, height: u32) -> Option<Decoded> {
    let divisor = divisor(width, height);
    if divisor == 1 {
        return Some(Decoded { pixels: RgbImage::from_raw(width, height, pixels)?, width, height, divisor });
    }
    let (across, down) = (width.div_ceil(divisor), height.div_ceil(divisor));
    let mut sums = vec![0_u32; 3 * across as usize];
    let mut written = 0;
    for cell_row in 0..down {
        sums.fill(0);
        let rows = divisor.min(height - cell_row * divisor);
        for y in cell_row * divisor..cell_row * divisor + rows {
            let row = &pixels[3 * y as usize * width as usize..][..3 * width as usize];
            for (cell, square) in sums.chunks_exact_mut(3).zip(row.chunks(3 * divisor as usize)) {
                for pixel in square.chunks_exact(3) {
                    for (sum, channel) in cell.iter_mut().zip(pixel) {
                        *sum += u32::from(*channel);
                    }
                }
            }
        }
        // What is written here was read before: cells are never more than the pixels they stand for.
        for (cell, sum) in sums.chunks_exact(3).enumerate() {
            let count = rows * divisor.min(width - cell as u32 * divisor);
            for channel in sum {
                pixels[written] = ((channel + count / 2) / count) as u8;
                written += 1;
            }
        }
    }
    pixels.truncate(written);
    pixels.shrink_to_fit();
    Some(Decoded { pixels: RgbImage::from_raw(across, down, pixels)?, width, height, divisor })
}

/// JPEG has no transparency; what shows through is white.
pub fn on_white(channel: u8, alpha: u8) -> u8 {
    let mixed = u16::from(channel) * u16::from(alpha) + 255 * (255 - u16::from(alpha));
    (mixed / 255) as u8
}
