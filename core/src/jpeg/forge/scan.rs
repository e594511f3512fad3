//! Huffman codes and the entropy coding of one scan: T.81 annexes C, F.1.2 and G.1.2.

use super::{Forge, Process, Random, Scan};
use crate::jpeg::oracle::NATURAL;

/// A Huffman code for some symbols.
pub(super) struct Code {
    /// How many codes have each length, from 1 on.
    counts: [u8; 16],
    symbols: Vec<u8>,
    /// Code and length for each symbol.
    words: Vec<(u32, u32)>,
}

impl Code {
    /// A random code for the symbols below `count`, lengths of 1 to 16 bits. No code is all ones (T.81 C.2).
    pub(super) fn random(count: usize, random: &mut Random) -> Self {
        // Leaves of a binary tree that is split at random, one more than there are symbols. The last leaf, one of
        // the longest, is the one that is all ones, and stays without symbol.
        let mut lengths = vec![1, 1];
        while lengths.len() <= count {
            let leaf = random.below(lengths.len());
            if lengths[leaf] < 16 {
                lengths[leaf] += 1;
                lengths.push(lengths[leaf]);
            }
        }
        lengths.sort();
        lengths.pop();
        let mut symbols: Vec<u8> = (0..count).map(|symbol| symbol as u8).collect();
        for i in 1..count {
            symbols.swap(i, random.below(i + 1));
        }
        let (mut counts, mut words, mut code) = ([0; 16], vec![(0, 0); count], 0);
        for (i, &length) in lengths.iter().enumerate() {
            counts[length as usize - 1] += 1;
            words[usize::from(symbols[i])] = (code, length);
            code += 1;
            code <<= lengths.get(i + 1).map_or(0, |next| next - length);
        }
        Self { counts, symbols, words }
    }

    /// Adds the table to what DHT says (T.81 B.2.4.2); `selector` is class and slot.
    pub(super) fn write(&self, selector: u8, tables: &mut Vec<u8>) {
        tables.push(selector);
        tables.extend(self.counts);
        tables.extend(&self.symbols);
    }
}

/// A scan at work.
pub(super) struct Coder<'a> {
    forge: &'a Forge,
    scan: &'a Scan,
    /// Planes with their DC and AC codes.
    members: Vec<(usize, &'a Code, &'a Code)>,
    /// PRED of each member.
    predictions: Vec<i32>,
    /// Blocks that have ended and are not yet coded, and the bits that refine coefficients in them.
    run: u32,
    run_bits: Vec<bool>,
    /// Bits that are not yet whole bytes of `data`.
    bits: Vec<bool>,
    data: Vec<u8>,
}

impl<'a> Coder<'a> {
    pub(super) fn new(forge: &'a Forge, scan: &'a Scan, members: Vec<(usize, &'a Code, &'a Code)>) -> Self {
        let predictions = vec![0; members.len()];
        Self { forge, scan, members, predictions, run: 0, run_bits: Vec::new(), bits: Vec::new(), data: Vec::new() }
    }

    /// The scan's data, restart markers included.
    pub(super) fn data(mut self) -> Vec<u8> {
        let (across, down) = self.mcus();
        for mcu in 0..across * down {
            let interval = self.scan.restart_interval;
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                self.flush();
                self.predictions.fill(0);
                self.data.resize(self.data.len() + self.forge.fill, 0xFF);
                self.data.extend([0xFF, 0xD0 + ((mcu / interval - 1) % 8) as u8]);
            }
            for member in 0..self.members.len() {
                let plane = &self.forge.planes[self.members[member].0];
                let (h, v) = if self.members.len() == 1 { (1, 1) } else { (plane.h, plane.v) };
                for unit in 0..h * v {
                    // Blocks that only fill up an MCU are any others: no decoder may look at them.
                    let column = (mcu % across * h + unit % h) % plane.blocks_across;
                    let row = (mcu / across * v + unit / h) % (plane.blocks.len() / plane.blocks_across);
                    let block = &plane.blocks[row * plane.blocks_across + column];
                    self.block(member, &NATURAL.map(|natural| block[natural]));
                }
            }
        }
        self.flush();
        self.data
    }

    /// MCUs across and down, T.81 A.2.
    fn mcus(&self) -> (usize, usize) {
        let Forge { planes, width, height, .. } = self.forge;
        if let [(plane, _, _)] = self.members[..] {
            let plane = &planes[plane];
            return (plane.blocks_across, plane.blocks.len() / plane.blocks_across);
        }
        let h_max = planes.iter().map(|plane| plane.h).max().unwrap_or(1);
        let v_max = planes.iter().map(|plane| plane.v).max().unwrap_or(1);
        (width.div_ceil(8 * h_max), height.div_ceil(8 * v_max))
    }

    /// Codes what the scan takes of a block in zigzag order.
    fn block(&mut self, member: usize, block: &[i32; 64]) {
        let Scan { band: (first, last), high, low, .. } = *self.scan;
        match (self.forge.process == Process::Progressive, first, high) {
            (false, _, _) => {
                self.dc(member, block[0]);
                self.ac_sequential(member, block);
            }
            (true, 0, 0) => self.dc(member, block[0] >> low),
            (true, 0, _) => self.put(block[0] as u32 >> low, 1),
            (true, _, 0) => self.ac_first(member, &block.map(|value| value / (1 << low))[first..=last]),
            (true, _, _) => self.ac_refinement(member, &block.map(|value| value / (1 << low))[first..=last]),
        }
    }

    /// T.81 F.1.2.1.
    fn dc(&mut self, member: usize, value: i32) {
        let difference = value - std::mem::replace(&mut self.predictions[member], value);
        let size = size(difference);
        self.put_symbol(self.members[member].1, size);
        self.put_value(difference, size);
    }

    /// T.81 F.1.2.2.
    fn ac_sequential(&mut self, member: usize, block: &[i32; 64]) {
        let rest = self.runs(member, &block[1..]);
        if rest > 0 {
            self.put_symbol(self.members[member].2, 0);
        }
    }

    /// T.81 G.1.2.2.
    fn ac_first(&mut self, member: usize, band: &[i32]) {
        let rest = self.runs(member, band);
        if rest > 0 {
            self.run += 1;
            self.flush_run_if_full();
        }
    }

    /// Codes a band up to its last non-zero coefficient; gives back how many zeros follow.
    fn runs(&mut self, member: usize, band: &[i32]) -> u32 {
        let mut zeros = 0;
        for &value in band {
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.flush_run();
            let code = self.members[member].2;
            (0..zeros / 16).for_each(|_| self.put_symbol(code, 0xF0));
            self.put_symbol(code, (zeros % 16) << 4 | size(value));
            self.put_value(value, size(value));
            zeros = 0;
        }
        zeros
    }

    /// T.81 G.1.2.3: coefficients of magnitude 1 are new, of more were non-zero before. The latter's bits stand behind
    /// the symbol whose run passes over them.
    fn ac_refinement(&mut self, member: usize, band: &[i32]) {
        let code = self.members[member].2;
        let last_new = band.iter().rposition(|value| value.abs() == 1);
        let (mut zeros, mut passed) = (0, Vec::new());
        for (k, &value) in band.iter().enumerate() {
            if value == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && last_new.is_some_and(|last| k <= last) {
                self.flush_run();
                self.put_symbol(code, 0xF0);
                self.bits.append(&mut passed);
                zeros -= 16;
            }
            if value.abs() > 1 {
                passed.push(value.abs() & 1 == 1);
                continue;
            }
            self.flush_run();
            self.put_symbol(code, zeros << 4 | 1);
            self.bits.push(value > 0);
            self.bits.append(&mut passed);
            zeros = 0;
        }
        if zeros > 0 || !passed.is_empty() {
            self.run += 1;
            self.run_bits.append(&mut passed);
            self.flush_run_if_full();
        }
    }

    fn flush_run_if_full(&mut self) {
        if self.run == self.forge.longest_run {
            self.flush_run();
        }
    }

    /// EOBn for the blocks that have ended (T.81 table G.1).
    fn flush_run(&mut self) {
        if self.run > 0 {
            let n = self.run.ilog2();
            self.put_symbol(self.members[0].2, n << 4);
            self.put(self.run, n);
            self.bits.append(&mut self.run_bits);
            self.run = 0;
        }
    }

    fn put_symbol(&mut self, code: &Code, symbol: u32) {
        let (word, length) = code.words[symbol as usize];
        self.put(word, length);
    }

    /// The additional bits of a value; a negative one is sent less 1 (T.81 F.1.2.1.1).
    fn put_value(&mut self, value: i32, size: u32) {
        self.put(if value < 0 { value - 1 } else { value } as u32, size);
    }

    /// The `count` low bits of `word`.
    fn put(&mut self, word: u32, count: u32) {
        self.bits.extend((0..count).rev().map(|bit| word >> bit & 1 == 1));
    }

    /// Ends the run and fills the last byte with ones (T.81 F.1.2.3), then stuffs a zero behind each 0xFF.
    fn flush(&mut self) {
        if self.forge.long_last_run && self.run > 0 {
            self.run += 3;
        }
        self.flush_run();
        for byte in self.bits.chunks(8) {
            let ones = (0..8 - byte.len()).map(|_| &true);
            let byte = byte.iter().chain(ones).fold(0, |byte, &bit| byte << 1 | u8::from(bit));
            self.data.push(byte);
            if byte == 0xFF {
                self.data.push(0);
            }
        }
        self.bits.clear();
    }
}

/// SSSS: how many bits a value's magnitude has.
fn size(value: i32) -> u32 {
    value.unsigned_abs().checked_ilog2().map_or(0, |log| log + 1)
}
