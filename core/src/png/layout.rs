//! How samples are laid down in rows of bytes (PNG 7.2).

/// What the samples of a PNG are: its colour type, with a palette if that is what they point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Grey,
    Rgb,
    /// At most 256 colours: red, green, blue, alpha. Those that are opaque had better come last.
    Palette(Vec<[u8; 4]>),
    GreyAlpha,
    Rgba,
}

impl Kind {
    /// PNG 11.2.1.
    pub(super) const fn color_type(&self) -> u8 {
        match self {
            Self::Grey => 0,
            Self::Rgb => 2,
            Self::Palette(_) => 3,
            Self::GreyAlpha => 4,
            Self::Rgba => 6,
        }
    }

    /// The smallest depth that holds the indices of a palette; 8 for the others.
    pub(crate) const fn least_depth(&self) -> u8 {
        match self {
            Self::Palette(colors) => match colors.len() {
                0..=2 => 1,
                3..=4 => 2,
                5..=16 => 4,
                _ => 8,
            },
            _ => 8,
        }
    }
}

/// A row of pixels in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Bits of a sample: 1, 2, 4, 8, 16.
    pub(super) depth: u8,
}

impl Layout {
    pub(super) const fn of(width: usize, color_type: u8, depth: u8) -> Self {
        let channels = match color_type {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        Self { width, channels, depth }
    }

    /// Bytes of a row, the filter's type not among them; more than there can be memory where that overflows.
    pub(super) const fn row_bytes(self) -> usize {
        let bytes = (self.width as u64).saturating_mul((self.channels * self.depth as usize) as u64).div_ceil(8);
        if bytes > usize::MAX as u64 { usize::MAX } else { bytes as usize }
    }

    /// Bytes from a sample to the same one of the next pixel: 1 where pixels are smaller (PNG 9.2).
    pub(super) const fn pixel_bytes(self) -> usize {
        (self.channels * self.depth as usize).div_ceil(8)
    }
}

/// Packs samples of `depth` bits, one in each byte, the leftmost into the highest bits, behind what is in `row`.
pub(crate) fn pack(samples: &[u8], depth: u8, row: &mut Vec<u8>) {
    if depth >= 8 {
        row.extend_from_slice(samples);
        return;
    }
    let each = usize::from(8 / depth);
    row.extend(samples.chunks(each).map(|group| {
        let byte = group.iter().fold(0, |byte, sample| byte << depth | sample);
        // The last byte of a row is filled up with zeros.
        byte << (usize::from(depth) * (each - group.len()))
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_the_leftmost_highest() {
        for (samples, depth, expected) in [
            (&[1, 0, 1][..], 1, &[0b1010_0000][..]),
            (&[1, 2, 3, 0, 3], 2, &[0b0110_1100, 0b1100_0000]),
            (&[1, 2, 3], 4, &[0x12, 0x30]),
            (&[1, 2, 3], 8, &[1, 2, 3]),
            (&[1; 9], 1, &[0xFF, 0x80]),
        ] {
            let mut row = Vec::new();
            pack(samples, depth, &mut row);
            assert_eq!(row, expected, "{samples:?} in {depth} bits");
        }
    }
}
