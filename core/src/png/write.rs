//! Chunks out (PNG 5.3).

use super::crc;

/// The signature of every PNG (PNG 5.2).
pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Adds a chunk of a `kind` with its `data` to a `file`.
pub(super) fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let at = open(file, kind);
    file.extend_from_slice(data);
    close(file, at);
}

/// Begins a chunk whose data come next; gives where it begins.
pub(super) fn open(file: &mut Vec<u8>, kind: [u8; 4]) -> usize {
    let at = file.len();
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&kind);
    at
}

/// Ends the chunk that begins at `at`, whose data are the rest of the `file`.
pub(super) fn close(file: &mut Vec<u8>, at: usize) {
    let length = (file.len() - at - 8) as u32;
    file[at..at + 4].copy_from_slice(&length.to_be_bytes());
    let sum = crc::hash(&file[at + 4..]);
    file.extend_from_slice(&sum.to_be_bytes());
}
