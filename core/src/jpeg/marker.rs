//! Marker codes of ITU-T T.81, table B.1: the byte behind 0xFF.

pub(super) const SOF0: u8 = 0xC0;
pub(super) const SOF1: u8 = 0xC1;
pub(super) const SOF2: u8 = 0xC2;
pub(super) const SOF3: u8 = 0xC3;
pub(super) const DHT: u8 = 0xC4;
pub(super) const SOF5: u8 = 0xC5;
pub(super) const SOF7: u8 = 0xC7;
pub(super) const JPG: u8 = 0xC8;
pub(super) const SOF9: u8 = 0xC9;
pub(super) const SOF10: u8 = 0xCA;
pub(super) const DAC: u8 = 0xCC;
pub(super) const SOF15: u8 = 0xCF;
pub(super) const RST0: u8 = 0xD0;
pub(super) const RST7: u8 = 0xD7;
pub(super) const SOI: u8 = 0xD8;
pub(super) const EOI: u8 = 0xD9;
pub(super) const SOS: u8 = 0xDA;
pub(super) const DQT: u8 = 0xDB;
pub(super) const DRI: u8 = 0xDD;
pub(super) const DNL: u8 = 0xDC;
pub(super) const APP0: u8 = 0xE0;
pub(super) const APP1: u8 = 0xE1;
pub(super) const APP2: u8 = 0xE2;
pub(super) const APP13: u8 = 0xED;
pub(super) const APP14: u8 = 0xEE;
pub(super) const APP15: u8 = 0xEF;
pub(super) const COM: u8 = 0xFE;
pub(super) const TEM: u8 = 0x01;

/// Whether `marker` ends entropy-coded data. Besides RSTm and what is none, those do not that T.81 reserves, which
/// come about by damage only.
pub(super) const fn ends_scan(marker: u8) -> bool {
    !matches!(marker, 0..SOF0 | RST0..=RST7 | 0xFF)
}
