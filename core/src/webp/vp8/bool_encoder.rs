//! The arithmetic coder of RFC 6386, 7.3.

/// Writes bits, each with the probability that it is 0.
#[derive(Debug)]
pub(super) struct BoolEncoder {
    bytes: Vec<u8>,
    /// The interval's length, 128 to 255 between two bits.
    range: u32,
    /// The interval's bottom: what was not yet written of it, and a carry above that.
    low: u64,
    /// How many bits of it were not yet written.
    bits: u32,
}

impl BoolEncoder {
    /// Nothing, with room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), range: 255, low: 0, bits: 8 }
    }

    /// Writes `bit`, which is 0 with a probability of `zero`/256, 1 to 255.
    #[inline(never)]
    pub(super) fn put(&mut self, bit: bool, zero: u8) {
        let split = 1 + (((self.range - 1) * u32::from(zero)) >> 8);
        if bit {
            self.low += u64::from(split);
            self.range -= split;
        } else {
            self.range = split;
        }
        let shift = self.range.leading_zeros() - 24;
        self.range <<= shift;
        self.low <<= shift;
        self.bits += shift;
        if self.bits >= 48 {
            self.write_out(5);
        }
    }

    /// Writes the lowest `count` bits of `number`, the highest of them first, each as likely 0 as 1.
    pub(super) fn put_number(&mut self, number: u32, count: u32) {
        (0..count).rev().for_each(|at| self.put(number >> at & 1 != 0, 128));
    }

    /// Writes whether there is a number, and if so its magnitude in `count` bits and its sign.
    pub(super) fn put_optional(&mut self, number: i32, count: u32) {
        self.put(number != 0, 128);
        if number != 0 {
            self.put_number(number.unsigned_abs(), count);
            self.put(number < 0, 128);
        }
    }

    /// Moves the top so many bytes of `low` to `bytes`, 5 at most.
    fn write_out(&mut self, count: u32) {
        let rest = self.bits - 8 * count;
        let top = self.low >> rest;
        self.low &= (1 << rest) - 1;
        self.bits = rest;
        if top >> (8 * count) != 0 {
            // A carry: it ends at the first byte that is not 255, and there is one, as no sum reaches 1.
            for byte in self.bytes.iter_mut().rev() {
                *byte = byte.wrapping_add(1);
                if *byte != 0 {
                    break;
                }
            }
        }
        self.bytes.extend(&(top << (64 - 8 * count)).to_be_bytes()[..count as usize]);
    }

    /// The bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        // All that is left, and zeros to whole bytes; decoders take what lies behind for zeros, too.
        let count = self.bits.div_ceil(8);
        self.low <<= 8 * count - self.bits;
        self.bits = 8 * count;
        self.write_out(count);
        self.bytes
    }
}
