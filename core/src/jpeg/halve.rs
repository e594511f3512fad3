//! From JPEG to JPEG: the components keep their colour space and their sampling; pixels never come to be.

use super::decode::{decode_half, half_layout};
use super::encode::{self, Budget, Encoder, Plan};
use super::header::{Header, NO_DENSITY};
use super::layout::{Layout, Planes};
use super::quantization::{Kind, Table, quality_of, standard, tuned};
use crate::picture::JpegTraits;
use crate::survey::FLOOR_BYTES;
use crate::{Color, Decision, Effort, Error, Options, Subsampling};

/// Whether the half of such a file can be a JPEG of the same components: not where they are inks, which browsers show
/// in many ways, and not where they would not fit into one scan.
pub(crate) fn keeps_planes(header: &Header) -> bool {
    let blocks: u8 = header.frame.components.iter().map(|component| component.h * component.v).sum();
    header.color() != Color::Cmyk && blocks <= 10
}

/// The half of `source`, upright, with `profile`; and what was decided on the way.
///
/// # Errors
/// Malformed; too large where the result grows beyond what the limits leave for it.
pub(crate) fn halve(
    source: &[u8],
    header: &Header,
    options: &Options,
    profile: Option<Vec<u8>>,
) -> Result<(Vec<u8>, Vec<Decision>), Error> {
    let orientation = header.orientation;
    let layout = half_layout(header);
    let traits = header.traits();
    let color = header.color();
    let (tables, limited) = tables(options, Some(&traits), color);
    let plan = |layout: Layout| Plan {
        density: turned_density(traits.density, orientation >= 5),
        color,
        tables,
        profile,
        effort: options.effort,
        progressive: options.progressive,
        budget: Budget { fixed: Costs::new(header, options).encoding, allowed: options.limits.memory_bytes },
        layout,
    };
    let quartered = quartered(&layout, color, options);
    let (bytes, lost) = if orientation == 1 && quartered.is_none() {
        let mut encoder = Encoder::new(plan(layout));
        let lost = decode_half(source, header, options.salvage, &mut |band| encoder.push(band))?;
        (encoder.finish()?, lost)
    } else {
        let mut planes = Planes::empty(layout, orientation);
        let lost = decode_half(source, header, options.salvage, &mut |band| {
            planes.push(band);
            Ok(())
        })?;
        if let Some(quartered) = quartered {
            planes = planes.reduced(quartered);
        }
        (encode::encode(&planes, plan)?, lost)
    };
    let salvaged = (lost > 0).then_some(Decision::Salvaged { blocks: lost });
    Ok((bytes, salvaged.into_iter().chain(limited).collect()))
}

/// The layout of a result that is to have less chroma than its source.
fn quartered(layout: &Layout, color: Color, options: &Options) -> Option<Layout> {
    let wanted = color == Color::YCbCr && options.subsampling == Subsampling::Quarter;
    wanted.then(|| layout.quartered()).filter(|quartered| quartered != layout)
}

/// Bytes of memory that halving from JPEG to JPEG takes at its peak above the source; an upper estimate, which the
/// encoder's [`Budget`] makes true.
pub(crate) fn peak_bytes(source_bytes: usize, header: &Header, options: &Options) -> u64 {
    let costs = Costs::new(header, options);
    let budget = Budget { fixed: costs.encoding, allowed: options.limits.memory_bytes };
    // A half of noise at a high quality has half the bytes.
    costs.planes.max(budget.peak_bytes(source_bytes / 2 + (1 << 20)))
}

/// Bytes of memory that halving takes, without those of the result.
struct Costs {
    /// Until the encoder begins, where it does not begin at once.
    planes: u64,
    /// While the encoder is at work.
    encoding: u64,
}

impl Costs {
    fn new(header: &Header, options: &Options) -> Self {
        let frame = &header.frame;
        let decoding = match frame.progressive {
            // For each block 16 coefficients of two bytes, and eight bytes that say which of all are zero.
            true => frame.blocks() * 40,
            false if header.is_one_scan() => 0,
            false => frame.blocks() * 16,
        };
        let half = half_layout(header);
        let quartered = quartered(&half, header.color(), options);
        // The profile is there as the header holds it, and on its way.
        let fixed = 2 * header.profile.len() + FLOOR_BYTES;
        if header.orientation == 1 && quartered.is_none() {
            let held = encode::held_bytes(&half, options.effort, options.progressive);
            return Self { planes: 0, encoding: decoding + held + fixed };
        }
        let sizes = (0..half.sampling.len()).map(|index| half.size(index));
        let planes: u64 = sizes.map(|(width, height)| (width * height) as u64).sum();
        // Beside the planes there is what they are decoded from, later one of half its size for one that is reduced.
        let beside = decoding.max(if quartered.is_some() { planes / 4 } else { 0 });
        let held = encode::held_bytes(&quartered.unwrap_or(half), options.effort, options.progressive);
        Self { planes: planes + beside + fixed, encoding: planes + held + fixed }
    }
}

/// `density` with its two directions exchanged where the picture's are.
pub(super) fn turned_density([unit, x1, x0, y1, y0]: [u8; 5], transposed: bool) -> [u8; 5] {
    if transposed { [unit, y1, y0, x1, x0] } else { [unit, x1, x0, y1, y0] }
}

/// The quantization tables of luminance and chrominance that `options` ask for, but neither finer than its own of a
/// source that was a JPEG; and the decision, where that made a difference.
pub(super) fn tables(options: &Options, source: Option<&JpegTraits>, color: Color) -> ([Table; 2], Option<Decision>) {
    let table = |kind: Kind, source: Option<Table>| {
        let quality = source.map_or(options.quality, |source| quality_of(kind, &source).min(options.quality));
        let table = match options.effort {
            Effort::Small => tuned(kind, quality, &source.unwrap_or([1; 64])),
            Effort::Fast | Effort::Balanced => standard(kind, quality),
        };
        (table, quality)
    };
    let (luminance, quality) = table(Kind::Luminance, source.and_then(|source| source.luminance));
    let (chrominance, of_chrominance) = table(Kind::Chrominance, source.and_then(|source| source.chrominance));
    let used = if color == Color::YCbCr { quality.min(of_chrominance) } else { quality };
    let limited = Decision::QualityLimited { asked: options.quality.value(), used: used.value() };
    ([luminance, chrominance], (used < options.quality).then_some(limited))
}

impl Header {
    /// What an encoder should know.
    pub(super) fn traits(&self) -> JpegTraits {
        let max = self.frame.max_sampling();
        let chroma = self.frame.components.get(1);
        JpegTraits {
            luminance: self.component_table(0).copied(),
            chrominance: self.component_table(1).copied(),
            sampling: chroma.map(|chroma| (max.0 / chroma.h, max.1 / chroma.v)),
            density: self.density.unwrap_or(NO_DENSITY),
        }
    }
}
