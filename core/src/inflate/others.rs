//! What other crates say that a zlib stream stands for: for the tests here, and for `fuzz/inflate.rs`.

use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// What two of them make of the `stream`, up to 64 MiB. `fdeflate` takes the symbols 286 and 287 for the end of a block,
/// `miniz_oxide` takes codes of distances with gaps: what one refuses is broken. No checksum is looked at, but the first one
/// wants it.
pub(super) fn by_others(stream: &[u8]) -> Option<Vec<u8>> {
    let other = decompress_to_vec_with_limit(&stream[2..], 1 << 26).ok()?;
    let mut inflater = fdeflate::Decompressor::new();
    inflater.ignore_adler32();
    let (mut read, mut written, mut bytes) = (0, 0, vec![0; 1 << 16]);
    while !inflater.is_done() {
        if bytes.len() - written < 1 << 15 {
            bytes.resize(2 * bytes.len(), 0);
        }
        let (more_read, more_written) = inflater.read(&stream[read..], &mut bytes, written, true).ok()?;
        (read, written) = (read + more_read, written + more_written);
    }
    bytes.truncate(written);
    assert!(bytes == other);
    Some(bytes)
}
