//! LZW as GIF has it (GIF89a, appendix F): codes of growing width, lowest bits first.
//!
//! The decoder knows a string by its place: each is one that was coded before, with the first pixel of the one behind it,
//! so it lies in the picture as it is. The encoder finds strings by what they consist of.

use crate::Error;
use crate::palette::CHOICES;

use super::block::{Reader, malformed};

/// The most codes, and one more than the longest code can say.
const MOST_CODES: usize = 4096;

const BROKEN: Error = malformed("has broken image data");

/// Codes out of sub-blocks.
struct Codes<'a> {
    reader: Reader<'a>,
    block: std::slice::Iter<'a, u8>,
    bits: u32,
    count: u32,
}

impl Codes<'_> {
    /// The next code of `width` bits; `None` where the data end before it does.
    fn next(&mut self, width: u32) -> Result<Option<usize>, Error> {
        while self.count < width {
            match self.block.next() {
                Some(&byte) => {
                    self.bits |= u32::from(byte) << self.count;
                    self.count += 8;
                }
                None => match self.reader.sub_block()? {
                    Some(block) => self.block = block.iter(),
                    None => return Ok(None),
                },
            }
        }
        let code = self.bits & ((1 << width) - 1);
        self.bits >>= width;
        self.count -= width;
        Ok(Some(code as usize))
    }
}

/// Decodes the pixels behind `data` until `pixels` is full; what lies behind that is passed over.
///
/// # Errors
/// Malformed where a code means nothing, or the data end too early.
pub(super) fn decode(data: Reader<'_>, code_size: u8, pixels: &mut [u8]) -> Result<(), Error> {
    let clear = 1_usize << code_size;
    let first_width = u32::from(code_size) + 1;
    let mut codes = Codes { reader: data, block: [].iter(), bits: 0, count: 0 };
    // Where the string of a code begins, and its length; literals have neither.
    let mut strings = [(0_u32, 0_u32); MOST_CODES];
    let (mut next, mut width) = (clear + 2, first_width);
    // Place and length of the last string; of length 0 behind a clear code.
    let (mut last_at, mut last_length) = (0, 0);
    let mut at = 0;
    while at < pixels.len() {
        let code = codes.next(width)?.ok_or(BROKEN)?;
        if code == clear {
            (next, width, last_length) = (clear + 2, first_width, 0);
            continue;
        }
        if last_length > 0 && next < MOST_CODES {
            strings[next] = (last_at as u32, last_length as u32 + 1);
            next += 1;
            if next == 1 << width && width < 12 {
                width += 1;
            }
        }
        let length = if code < clear {
            pixels[at] = code as u8;
            1
        } else if code > clear + 1 && code < next {
            let (from, length) = (strings[code].0 as usize, strings[code].1 as usize);
            let length = length.min(pixels.len() - at);
            copy(pixels, from, at, length);
            length
        } else {
            return Err(BROKEN);
        };
        (last_at, last_length) = (at, length);
        at += length;
    }
    Ok(())
}

/// Copies `length` pixels from `from` to `at` behind it, one after the other: they may overlap by the last.
fn copy(pixels: &mut [u8], from: usize, at: usize, length: usize) {
    let (before, behind) = pixels.split_at_mut(at);
    if from + length <= at {
        let (source, target) = (&before[from..from + length], &mut behind[..length]);
        if length <= 8 {
            // Most are this short, and a call costs more than they do.
            source.iter().zip(target).for_each(|(source, target)| *target = *source);
        } else {
            target.copy_from_slice(source);
        }
    } else {
        for i in 0..length {
            pixels[at + i] = pixels[from + i];
        }
    }
}

/// The indices of which any may stand for a pixel, better ones first; the same one again where there are fewer.
pub(super) type Choice = [u8; CHOICES];

/// `first`, or else `second`.
pub(super) fn two(first: u8, second: u8) -> Choice {
    let mut choice = [second; CHOICES];
    choice[0] = first;
    choice
}

/// Strings by what they consist of: the code of all but the last pixel, and that one.
struct Dictionary {
    /// Prefix, pixel and code (12, 8 and 12 bits); a code of 0 is no entry.
    entries: Vec<u32>,
}

impl Dictionary {
    const SLOTS: usize = 16384;

    fn find(&self, prefix: usize, pixel: u8) -> Result<usize, usize> {
        let key = (prefix << 8 | usize::from(pixel)) as u32;
        // Fibonacci hashing (Knuth, vol. 3, 6.4): 2³² divided by the golden ratio.
        let mut slot = (key.wrapping_mul(0x9E37_79B9) >> 18) as usize;
        loop {
            let entry = self.entries[slot % Self::SLOTS];
            if entry & 0xFFF == 0 {
                return Err(slot % Self::SLOTS);
            }
            if entry >> 12 == key {
                return Ok((entry & 0xFFF) as usize);
            }
            slot += 1;
        }
    }

    /// The string of `prefix` and one of `pixel`'s indices, and that index; else where that of the first one belongs.
    fn find_any(&self, prefix: usize, pixel: Choice) -> Result<(usize, u8), usize> {
        let find = |index| self.find(prefix, index).map(|code| (code, index));
        let mut others = pixel.windows(2).take_while(|pair| pair[0] != pair[1]).map(|pair| pair[1]);
        find(pixel[0]).or_else(|slot| others.find_map(|other| find(other).ok()).ok_or(slot))
    }

    fn put(&mut self, slot: usize, prefix: usize, pixel: u8, code: usize) {
        self.entries[slot] = (prefix << 20 | usize::from(pixel) << 12 | code) as u32;
    }
}

/// Bits into sub-blocks.
struct Sink<'a> {
    bytes: &'a mut Vec<u8>,
    /// Where the length of the open sub-block stands.
    length_at: usize,
    bits: u32,
    count: u32,
}

impl Sink<'_> {
    fn put(&mut self, code: usize, width: u32) {
        self.bits |= (code as u32) << self.count;
        self.count += width;
        while self.count >= 8 {
            self.byte();
        }
    }

    fn byte(&mut self) {
        self.bytes.push(self.bits as u8);
        self.bits >>= 8;
        self.count = self.count.saturating_sub(8);
        if self.bytes.len() - self.length_at == 256 {
            self.close();
            self.bytes.push(0);
        }
    }

    fn close(&mut self) {
        self.bytes[self.length_at] = (self.bytes.len() - self.length_at - 1) as u8;
        self.length_at = self.bytes.len();
    }

    fn finish(mut self) {
        while self.count > 0 {
            self.byte();
        }
        // An open sub-block without data is the empty one that ends them.
        if self.bytes.len() - self.length_at > 1 {
            self.close();
            self.bytes.push(0);
        }
    }
}

/// Puts `pixels`, indices of `code_size` bits (2 to 8), behind `bytes`: the code size and sub-blocks up to the empty one.
/// The index that each pixel got is handed to `taken`, in the same order.
///
/// Strings are the longest that the dictionary holds, whichever index each pixel has in it. When the dictionary is full it
/// is kept until it serves worse than it did, as GIF89a allows.
pub(super) fn encode(
    pixels: impl Iterator<Item = Choice>,
    code_size: u8,
    bytes: &mut Vec<u8>,
    mut taken: impl FnMut(u8),
) {
    let clear = 1_usize << code_size;
    let first_width = u32::from(code_size) + 1;
    bytes.extend([code_size, 0]);
    let length_at = bytes.len() - 1;
    let mut sink = Sink { bytes, length_at, bits: 0, count: 0 };
    let mut dictionary = Dictionary { entries: vec![0; Dictionary::SLOTS] };
    let (mut next, mut width) = (clear + 2, first_width);
    let mut yields = Yield::default();
    sink.put(clear, width);
    let mut prefix = None;
    for pixel in pixels {
        let Some(string) = prefix else {
            prefix = Some(pixel[0].into());
            taken(pixel[0]);
            continue;
        };
        yields.pixels += u32::from(next == MOST_CODES);
        let slot = match dictionary.find_any(string, pixel) {
            Ok((code, index)) => {
                prefix = Some(code);
                taken(index);
                continue;
            }
            Err(slot) => slot,
        };
        sink.put(string, width);
        prefix = Some(pixel[0].into());
        taken(pixel[0]);
        if next < MOST_CODES {
            dictionary.put(slot, string, pixel[0], next);
            // A decoder is one entry behind, so it reads one more code before it needs a wider one.
            if next == 1 << width {
                width += 1;
            }
            next += 1;
        } else if yields.has_fallen() {
            sink.put(clear, width);
            dictionary.entries.fill(0);
            (next, width, yields) = (clear + 2, first_width, Yield::default());
        }
    }
    if let Some(string) = prefix {
        sink.put(string, width);
        // The entry that a decoder makes of that code may widen the next.
        if next < MOST_CODES && next == 1 << width {
            width += 1;
        }
    }
    sink.put(clear + 1, width);
    sink.finish();
}

/// How many pixels the codes of a full dictionary stand for.
#[derive(Default)]
struct Yield {
    codes: u32,
    pixels: u32,
    best: u32,
}

impl Yield {
    /// Codes that are looked at together.
    const WINDOW: u32 = 128;

    /// Counts a code; whether the last ones stood for fewer pixels than others before.
    fn has_fallen(&mut self) -> bool {
        self.codes += 1;
        if self.codes < Self::WINDOW {
            return false;
        }
        let fallen = self.pixels < self.best - self.best / 16;
        self.best = self.best.max(self.pixels);
        (self.codes, self.pixels) = (0, 0);
        fallen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(pixels: &[u8], code_size: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(pixels.iter().map(|&index| [index; CHOICES]), code_size, &mut bytes, |_| {});
        assert_eq!(bytes[0], code_size);
        let mut back = vec![0; pixels.len()];
        decode(Reader { rest: &bytes[1..] }, code_size, &mut back).unwrap();
        assert!(back == pixels, "{} pixels of {code_size} bits", pixels.len());
        bytes
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let mut seed = 7_u32;
        for length in [0, 1, 2, 3, 100, 4093, 4096, 5000, 70_000] {
            for code_size in 2..=8 {
                for range in [1, 2, 3, 1 << code_size] {
                    let pixels: Vec<u8> = (0..length)
                        .map(|_| {
                            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                            ((seed >> 20) % range) as u8
                        })
                        .collect();
                    round_trip(&pixels, code_size);
                }
            }
        }
    }

    #[test]
    fn the_example_of_the_standard_s_readers() {
        // Ten by ten pixels in three colours, as pictured on many a page about GIF.
        let data = [
            2, 0x16, 0x8C, 0x2D, 0x99, 0x87, 0x2A, 0x1C, 0xDC, 0x33, 0xA0, 0x02, 0x75, 0xEC, 0x95, 0xFA, 0xA8, 0xDE,
            0x60, 0x8C, 0x04, 0x91, 0x4C, 0x01, 0,
        ];
        let mut pixels = [0; 100];
        decode(Reader { rest: &data[1..] }, 2, &mut pixels).unwrap();
        assert_eq!(pixels[..20], [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
        assert_eq!(pixels[90..], [2, 2, 2, 2, 2, 1, 1, 1, 1, 1]);
        assert_eq!(round_trip(&pixels, 2), data);
    }

    #[test]
    fn broken_codes_are_refused() {
        for data in [&[1, 0xFF, 0][..], &[2, 0x4C, 0x01, 0], &[0], &[1, 0x44, 0], &[3, 0x4C, 0x01]] {
            let mut pixels = [0; 100];
            assert!(decode(Reader { rest: data }, 2, &mut pixels).is_err(), "{data:?}");
        }
    }

    #[test]
    fn a_pixel_of_two_indices_takes_the_one_that_goes_on() {
        let any = |index| two(index, 3);
        let mut bytes = Vec::new();
        // Behind 3 3 3 3 3 3, any pixel that may be 3 goes on with it.
        let pixels = [[3; CHOICES]; 60].into_iter().chain([0, 1, 2, 0, 1, 2, 1, 1, 0].map(any));
        let mut taken = Vec::new();
        encode(pixels, 2, &mut bytes, |index| taken.push(index));
        let mut back = [0; 69];
        decode(Reader { rest: &bytes[1..] }, 2, &mut back).unwrap();
        assert!(back[60..].iter().filter(|&&index| index == 3).count() >= 6, "{back:?}");
        assert_eq!(taken, back);
    }
}
