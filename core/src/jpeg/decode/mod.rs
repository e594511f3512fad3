//! From a file to the samples of its half: each component's own, in a plane of its own.
//!
//! A sequential file of one scan is never held as a whole: rows of MCUs go from the bit reader to the caller. Of a
//! progressive one the coefficients are held, of one whose components come in scans of their own the half's samples.

mod bits;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod idct;
mod kernel;
mod lookup;
mod progressive;
mod restarts;
mod scan;
mod sequential;
mod tables;
mod target;
#[cfg(test)]
mod tests;

pub(super) use bits::bytes_before_ff;
pub(super) use scan::ScanHeader;

use progressive::Coefficients;
use scan::Selector;
use sequential::SequentialScan;
use tables::Tables;
use target::{Side, Target};

use super::frame::Frame;
use super::header::Header;
use super::layout::{Layout, Plane};
use super::malformed;
use super::marker::SOS;
use super::segment::{Segment, Segments};
use crate::{Error, half};

/// What takes the rows of MCUs of the half, a plane for each component, one row after the other.
pub(super) type Sink<'a> = &'a mut dyn FnMut(&[&Plane]) -> Result<(), Error>;

/// The half of a frame: the same components, the same sampling factors.
pub(super) fn half_layout(header: &Header) -> Layout {
    let frame = &header.frame;
    let sampling = frame.components.iter().map(|component| (component.h, component.v)).collect();
    Layout { width: half(frame.width.into()) as usize, height: half(frame.height.into()) as usize, sampling }
}

/// Gives `sink` the half in rows of MCUs of `half_layout`. Says how many blocks were lost, none without `salvage`.
///
/// # Errors
/// Malformed, or what `sink` says.
pub(super) fn decode_half(source: &[u8], header: &Header, salvage: bool, sink: Sink<'_>) -> Result<u64, Error> {
    let layout = half_layout(header);
    if let Some(lost) = stream(source, header, &layout, salvage, sink)? {
        return Ok(lost);
    }
    let whole = vec![(false, false); header.frame.components.len()];
    let mut picture = Picture::decode(source, header, &whole, salvage)?;
    let mut band = layout.band();
    for row in 0..layout.mcus().1 {
        for (index, plane) in band.iter_mut().enumerate() {
            picture.copy_rows(index, row * plane.rows(), plane);
        }
        sink(&band.iter().collect::<Vec<_>>())?;
    }
    Ok(picture.lost)
}

/// The components' samples, each halved across and down unless `whole` says otherwise, and how many blocks were lost.
///
/// # Errors
/// Malformed.
pub(super) fn decode_planes(
    source: &[u8],
    header: &Header,
    whole: &[(bool, bool)],
    salvage: bool,
) -> Result<(Vec<Plane>, u64), Error> {
    let mut picture = Picture::decode(source, header, whole, salvage)?;
    let mut planes = Vec::new();
    for index in 0..whole.len() {
        let (width, height) = picture.targets[index].result();
        let mut plane = Plane::new(width, height);
        picture.copy_rows(index, 0, &mut plane);
        planes.push(plane);
    }
    Ok((planes, picture.lost))
}

/// Decodes a sequential file of one scan row by row; `None` where the file is another.
fn stream(
    source: &[u8],
    header: &Header,
    layout: &Layout,
    salvage: bool,
    sink: Sink<'_>,
) -> Result<Option<u64>, Error> {
    let frame = &header.frame;
    if !header.is_one_scan() {
        return Ok(None);
    }
    let mut targets: Vec<Target> = layout
        .band()
        .into_iter()
        .zip(&frame.components)
        .map(|(plane, component)| {
            let (width, height) = frame.size_of(component);
            Target::new(Side::new(width, false), Side::new(height, false), plane)
        })
        .collect();
    let mut tables = Tables::default();
    let mut segments = Segments::new(source)?;
    while let Some(segment) = segments.next()? {
        tables.take(&segment)?;
        let Segment { marker: SOS, payload, coded } = segment else { continue };
        let scan_header = ScanHeader::parse(payload, frame)?;
        let mut scan = SequentialScan::new(&scan_header, frame, &tables, coded, &mut targets, salvage)?;
        for row in 0..layout.mcus().1 {
            decode_band(&mut scan, row, &mut targets)?;
            sink(&targets.iter().map(|target| &target.plane).collect::<Vec<_>>())?;
        }
        return Ok(Some(scan.lost_blocks()));
    }
    Err(malformed("has no scan"))
}

/// Fills the targets' planes with row `row` of the half's MCUs: two of the source's.
fn decode_band(scan: &mut SequentialScan<'_>, row: usize, targets: &mut [Target]) -> Result<(), Error> {
    for target in &mut *targets {
        target.first_row = row * target.plane.rows() / 4;
    }
    for _ in 2 * row..scan.rows().min(2 * row + 2) {
        scan.decode_row(targets)?;
    }
    for target in targets {
        let (width, height) = target.result();
        let rows = target.plane.rows();
        target.plane.pad(width, (height - row * rows).min(rows));
    }
    Ok(())
}

/// All components of a picture that is not streamed.
struct Picture {
    targets: Vec<Target>,
    /// The coefficients, where the picture is progressive; else the targets' planes hold its samples.
    coefficients: Option<Coefficients>,
    /// Blocks that were lost.
    lost: u64,
}

impl Picture {
    fn decode(source: &[u8], header: &Header, whole: &[(bool, bool)], salvage: bool) -> Result<Self, Error> {
        let frame = &header.frame;
        let mut targets = Vec::new();
        for (component, &(across, down)) in frame.components.iter().zip(whole) {
            let (width, height) = frame.size_of(component);
            let (across, down) = (Side::new(width, across), Side::new(height, down));
            let (columns, rows) = if frame.progressive { (0, 0) } else { (across.padded(), down.padded()) };
            targets.push(Target::new(across, down, Plane::new(columns, rows)));
        }
        let coefficients = frame.progressive.then(|| Coefficients::new(&targets));
        let mut picture = Self { targets, coefficients, lost: 0 };
        let scanned = picture.decode_scans(source, header, salvage)?;
        let complete = match &picture.coefficients {
            Some(coefficients) => header.ended || coefficients.are_complete(),
            None => scanned.iter().all(|&scanned| scanned),
        };
        match (complete, salvage) {
            (true, _) => Ok(picture),
            (false, true) => {
                picture.lost = picture.lost.max(1);
                Ok(picture)
            }
            (false, false) if frame.progressive => Err(malformed("ends before its last scan")),
            (false, false) => Err(malformed("lacks a scan of a component")),
        }
    }

    /// Decodes all scans; says which components had one.
    fn decode_scans(&mut self, source: &[u8], header: &Header, salvage: bool) -> Result<Vec<bool>, Error> {
        let frame = &header.frame;
        let mut scanned = vec![false; frame.components.len()];
        let mut tables = Tables::default();
        let mut segments = Segments::new(source)?;
        while let Some(segment) = segments.next()? {
            let taken = tables.take(&segment).and_then(|()| match segment.marker {
                SOS => self.decode_scan(&segment, frame, &tables, salvage),
                _ => Ok(Vec::new()),
            });
            match taken {
                Ok(components) => components.iter().for_each(|selector| scanned[selector.index] = true),
                // Tables or a scan header that cannot be; what the scans before have given is not lost.
                Err(_) if salvage && scanned.contains(&true) => {
                    self.lost = self.lost.max(1);
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(scanned)
    }

    /// Decodes a scan; says of which components.
    fn decode_scan(
        &mut self,
        segment: &Segment<'_>,
        frame: &Frame,
        tables: &Tables,
        salvage: bool,
    ) -> Result<Vec<Selector>, Error> {
        let Segment { payload, coded, .. } = *segment;
        let header = ScanHeader::parse(payload, frame)?;
        if let Some(coefficients) = &mut self.coefficients {
            self.lost += coefficients.scan(&header, frame, tables, coded, &mut self.targets, salvage)?;
            return Ok(header.components);
        }
        let mut scan = SequentialScan::new(&header, frame, tables, coded, &mut self.targets, salvage)?;
        for _ in 0..scan.rows() {
            scan.decode_row(&mut self.targets)?;
        }
        self.lost += scan.lost_blocks();
        Ok(header.components)
    }

    /// Fills `plane` with rows of component `index` from row `first` on, padded where the picture ends.
    fn copy_rows(&mut self, index: usize, first: usize, plane: &mut Plane) {
        let target = &mut self.targets[index];
        let (width, height) = target.result();
        let rows = plane.rows().min(height - first);
        if let Some(coefficients) = &self.coefficients {
            target.draw(first, rows, coefficients.component(index));
        }
        let (from, skipped) = (&target.plane, target.first_sample_row());
        for (y, row) in plane.samples.chunks_exact_mut(plane.stride).take(rows).enumerate() {
            let width = width.min(row.len());
            row[..width].copy_from_slice(&from.row(first + y - skipped)[..width]);
        }
        plane.pad(width.min(plane.stride), rows);
    }
}
