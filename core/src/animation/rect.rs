//! Rectangles of pixels.

/// A rectangle of pixels; one without width or height is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) left: usize,
    pub(crate) top: usize,
    pub(crate) width: usize,
    pub(crate) height: usize,
}

impl Rect {
    pub(crate) const EMPTY: Self = Self { left: 0, top: 0, width: 0, height: 0 };

    /// The rectangle that begins at the upper left corner.
    pub(crate) const fn of_size(width: usize, height: usize) -> Self {
        Self { left: 0, top: 0, width, height }
    }

    /// The first column behind it.
    pub(crate) const fn right(&self) -> usize {
        self.left + self.width
    }

    /// The first row below it.
    pub(crate) const fn bottom(&self) -> usize {
        self.top + self.height
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Its pixels.
    pub(crate) const fn area(&self) -> usize {
        self.width * self.height
    }

    /// From `left`, `top` up to `right`, `bottom`, which lie behind it; empty where they do not.
    pub(crate) fn between(left: usize, top: usize, right: usize, bottom: usize) -> Self {
        if left < right && top < bottom {
            Self { left, top, width: right - left, height: bottom - top }
        } else {
            Self::EMPTY
        }
    }

    /// The part of it that lies in a picture of `width` × `height`.
    pub(crate) fn within(&self, width: usize, height: usize) -> Self {
        Self::between(self.left, self.top, self.right().min(width), self.bottom().min(height))
    }

    /// The smallest rectangle around it and `other`.
    pub(crate) fn with(&self, other: &Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => *other,
            (_, true) => *self,
            _ => Self::between(
                self.left.min(other.left),
                self.top.min(other.top),
                self.right().max(other.right()),
                self.bottom().max(other.bottom()),
            ),
        }
    }

    /// Where its pixels lie in row `y` of a picture of `width` pixels a row, as offsets.
    pub(crate) const fn row(&self, y: usize, width: usize) -> std::ops::Range<usize> {
        y * width + self.left..y * width + self.right()
    }

    /// Its rows.
    pub(crate) const fn rows(&self) -> std::ops::Range<usize> {
        self.top..self.bottom()
    }
}
