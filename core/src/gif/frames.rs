//! The frames of a GIF, painted onto a canvas.

use crate::Error;
use crate::animation::{Canvas, Delay, Frame, Frames, Pixel, Rect};

use super::block::{Block, Blocks, Picture, malformed};
use super::lzw;

/// The frames of a GIF, painted onto a canvas.
pub(super) struct GifFrames<'a> {
    blocks: Blocks<'a>,
    /// The global colours.
    colors: Option<&'a [[u8; 3]]>,
    /// The indices of a frame.
    indices: Vec<u8>,
}

impl<'a> GifFrames<'a> {
    pub(super) fn of(source: &'a [u8]) -> Result<Self, Error> {
        let (screen, blocks) = Blocks::of(source)?;
        Ok(Self { blocks, colors: screen.colors, indices: Vec::new() })
    }

    fn paint_picture(&mut self, picture: &Picture<'_>, canvas: &mut Canvas) -> Result<Rect, Error> {
        let Picture { rect, control, .. } = *picture;
        self.indices.clear();
        self.indices.resize(rect.area(), 0);
        lzw::decode(picture.data, picture.code_size, &mut self.indices)?;
        let frame = Frame { rect, delay: control.delay, disposal: control.disposal };
        let (visible, dirty) = canvas.begin(&frame);
        let colors = picture.colors.or(self.colors).ok_or(malformed("has a picture without colours"))?;
        let table = table(colors);
        if visible.is_empty() {
            return Ok(dirty);
        }
        for (stored, row) in self.indices.chunks_exact(rect.width).enumerate() {
            let y = rect.top + if picture.interlaced { interlaced(stored, rect.height) } else { stored };
            if y >= visible.bottom() {
                continue;
            }
            let pixels = canvas.row_mut(&visible, y).iter_mut().zip(row);
            match control.transparent {
                None => pixels.for_each(|(pixel, &index)| *pixel = table[usize::from(index)]),
                Some(transparent) => pixels
                    .filter(|&(_, &index)| index != transparent)
                    .for_each(|(pixel, &index)| *pixel = table[usize::from(index)]),
            }
        }
        Ok(dirty)
    }
}

impl Frames for GifFrames<'_> {
    fn paint(&mut self, canvas: &mut Canvas) -> Result<Option<(Rect, Delay)>, Error> {
        loop {
            match self.blocks.next()? {
                None | Some(Block::Trailer) => return Ok(None),
                Some(Block::Extension(_)) => {}
                Some(Block::Picture(picture)) => {
                    let dirty = self.paint_picture(&picture, canvas)?;
                    return Ok(Some((dirty, picture.control.delay)));
                }
            }
        }
    }
}

/// A pixel for each index; black for those that have no colour, as browsers show them.
fn table(colors: &[[u8; 3]]) -> [Pixel; 256] {
    let mut table = [[0, 0, 0, 255]; 256];
    for (pixel, &[r, g, b]) in table.iter_mut().zip(colors) {
        *pixel = [r, g, b, 255];
    }
    table
}

/// Which row of `height` comes as the one of number `stored` (GIF89a, appendix E): every eighth row, then those halfway
/// between them, and so on.
fn interlaced(stored: usize, height: usize) -> usize {
    let mut stored = stored;
    for (first, step) in [(0, 8), (4, 8), (2, 4), (1, 2)] {
        let rows = height.saturating_sub(first).div_ceil(step);
        if stored < rows {
            return first + stored * step;
        }
        stored -= rows;
    }
    height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interlaced_rows_are_all_rows() {
        assert_eq!((0..10).map(|stored| interlaced(stored, 10)).collect::<Vec<_>>(), [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
        for height in 1..40 {
            let mut rows: Vec<usize> = (0..height).map(|stored| interlaced(stored, height)).collect();
            rows.sort_unstable();
            assert!(rows.into_iter().eq(0..height), "{height} rows");
        }
    }
}
