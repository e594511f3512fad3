//! Chunks of a PNG with right sums, whatever is in them: an error or an image where the crate `png` has one, and a half
//! that this crate reads, and that is halved again.
#![no_main]

use std::io::Cursor;

use arbitrary::Arbitrary;
use halver::{Effort, Limits, Options, half, halve, probe};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input {
    kind: u8,
    width: u8,
    height: u8,
    interlaced: bool,
    effort: u8,
    palette: Option<Vec<u8>>,
    transparency: Option<Vec<u8>>,
    /// Whether `data` are a zlib stream; otherwise one is made of them.
    deflated: bool,
    data: Vec<u8>,
    /// Data of each chunk.
    cut: u8,
}

/// Colour types with their depths (PNG 11.2.1).
const KINDS: [(u8, u8); 15] = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 2),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
];

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    file.extend((data.len() as u32).to_be_bytes());
    let at = file.len();
    file.extend(kind);
    file.extend(data);
    let sum = crc32fast::hash(&file[at..]);
    file.extend(sum.to_be_bytes());
}

impl Input {
    fn file(&self) -> Vec<u8> {
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        let (color_type, depth) = KINDS[usize::from(self.kind) % KINDS.len()];
        let [width, height] = [self.width, self.height].map(|side| u32::from(side) + 1);
        let mut header = [width, height].map(u32::to_be_bytes).as_flattened().to_vec();
        header.extend([depth, color_type, 0, 0, u8::from(self.interlaced)]);
        chunk(&mut file, b"IHDR", &header);
        for (kind, data) in [(b"PLTE", &self.palette), (b"tRNS", &self.transparency)] {
            data.iter().for_each(|data| chunk(&mut file, kind, data));
        }
        let stream = if self.deflated { self.data.clone() } else { fdeflate::compress_to_vec(&self.data) };
        stream.chunks(usize::from(self.cut) + 1).for_each(|part| chunk(&mut file, b"IDAT", part));
        chunk(&mut file, b"IEND", &[]);
        file
    }
}

/// Width and height, if the crate `png` reads all of it.
fn read(file: &[u8]) -> Option<(u32, u32)> {
    let mut decoder = png::Decoder::new(Cursor::new(file));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut pixels = vec![0; reader.output_buffer_size()?];
    let output = reader.next_frame(&mut pixels).ok()?;
    Some((output.width, output.height))
}

fuzz_target!(|input: Input| {
    let file = input.file();
    // What the survey refuses, the other crate may take, or panic at.
    let Ok(info) = probe(&file) else { return };
    let effort = [Effort::Fast, Effort::Balanced, Effort::Small][usize::from(input.effort) % 3];
    let limits = Limits { memory_bytes: 128 << 20, ..Limits::default() };
    let options = Options { effort, limits, ..Options::default() };
    let made = halve(&file, &options);
    // Where a stream breaks behind the last row, or by a symbol that deflate lacks, the other crate says otherwise.
    assert!(input.deflated || made.is_ok() == read(&file).is_some(), "{:?}", made.err());
    if let Ok(made) = made {
        assert_eq!((made.width, made.height), (half(info.width), half(info.height)));
        assert_eq!(read(&made.bytes), Some((made.width, made.height)));
        assert!(halve(&made.bytes, &options).is_ok());
    }
});
