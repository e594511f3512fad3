//! The tables and the restart interval that are in force at a place in the file (T.81 B.2.4).

use super::lookup::{AcTable, Codes, DcTable};
use crate::Error;
use crate::jpeg::huffman::{Class, Definition, annex_k};
use crate::jpeg::malformed;
use crate::jpeg::marker::{DHT, DQT, DRI};
use crate::jpeg::quantization::{self, Table};
use crate::jpeg::segment::Segment;

/// The tables and the restart interval that are in force at a place in the file.
#[derive(Debug, Default)]
pub(super) struct Tables {
    quantization: [Option<Table>; 4],
    dc: [Option<Definition>; 4],
    ac: [Option<Definition>; 4],
    /// MCUs between restart markers; 0 where there are none.
    pub(super) restart_interval: usize,
}

impl Tables {
    /// Notes what `segment` defines; others than DQT, DHT and DRI define nothing.
    pub(super) fn take(&mut self, segment: &Segment<'_>) -> Result<(), Error> {
        let mut payload = segment.payload;
        match segment.marker {
            DQT => {
                while !payload.is_empty() {
                    let (destination, table, rest) = quantization::parse(payload)?;
                    self.quantization[destination] = Some(table);
                    payload = rest;
                }
            }
            DHT => {
                while !payload.is_empty() {
                    let (class, destination, definition, rest) = Definition::parse(payload)?;
                    match class {
                        Class::Dc => self.dc[destination] = Some(definition),
                        Class::Ac => self.ac[destination] = Some(definition),
                    }
                    payload = rest;
                }
            }
            DRI => {
                let interval = payload.try_into().map_err(|_| malformed("has a DRI segment of the wrong length"))?;
                self.restart_interval = u16::from_be_bytes(interval).into();
            }
            _ => {}
        }
        Ok(())
    }

    /// The quantization table at `destination`, 0 to 3.
    pub(super) fn quantization(&self, destination: u8) -> Result<&Table, Error> {
        self.quantization[usize::from(destination)].as_ref().ok_or(malformed("lacks a quantization table"))
    }

    /// The lookup for DC differences of sequential scans at `destination`, 0 to 3.
    pub(super) fn dc(&self, destination: usize) -> Result<DcTable, Error> {
        DcTable::new(self.definition(Class::Dc, destination)?.as_ref())
    }

    /// The lookup for AC coefficients of sequential scans at `destination`, 0 to 3.
    pub(super) fn ac(&self, destination: usize) -> Result<AcTable, Error> {
        AcTable::new(self.definition(Class::Ac, destination)?.as_ref())
    }

    /// The lookup for AC symbols of progressive scans at `destination`, 0 to 3.
    pub(super) fn codes(&self, destination: usize) -> Result<Codes, Error> {
        Codes::new(self.definition(Class::Ac, destination)?.as_ref())
    }

    /// Frames of motion JPEG leave out the tables of Annex K, and every decoder knows to put them in.
    fn definition(&self, class: Class, destination: usize) -> Result<std::borrow::Cow<'_, Definition>, Error> {
        use std::borrow::Cow;
        let defined = match class {
            Class::Dc => &self.dc[destination],
            Class::Ac => &self.ac[destination],
        };
        match (defined, destination) {
            (Some(definition), _) => Ok(Cow::Borrowed(definition)),
            (None, 0 | 1) => Ok(Cow::Owned(annex_k(class, destination == 1))),
            (None, _) => Err(malformed("lacks a Huffman table")),
        }
    }
}
