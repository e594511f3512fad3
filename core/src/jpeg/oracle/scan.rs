//! The entropy-coded data of one scan, bit by bit: T.81 annex F.2.2 for the sequential processes, G.2 for the
//! progressive one.

use super::{Block, Frame, NATURAL, Result, next_marker};

/// A scan at work.
pub(super) struct Scan<'a> {
    pub(super) bits: Bits<'a>,
    pub(super) progressive: bool,
    /// Ss and Se: the first and the last coefficient, in zigzag order.
    pub(super) band: (usize, usize),
    /// Ah and Al of the successive approximation.
    pub(super) high: u32,
    pub(super) low: u32,
    pub(super) members: Vec<Member>,
    /// EOBRUN: how many blocks from this one on have no newly non-zero coefficient left.
    pub(super) end_of_band_run: u32,
}

/// A component of a scan.
pub(super) struct Member {
    /// Its index in the frame.
    pub(super) part: usize,
    pub(super) dc: HuffmanCode,
    pub(super) ac: HuffmanCode,
    /// PRED: the DC value of the block before.
    pub(super) prediction: i32,
}

impl Scan<'_> {
    /// T.81 G.1.1.1: what a progressive scan may be.
    pub(super) fn check(&self) -> Result<()> {
        let (first, last) = self.band;
        let band = if first == 0 { last == 0 } else { first <= last && last <= 63 && self.members.len() == 1 };
        let approximation = self.low <= 13 && (self.high == 0 || self.high == self.low + 1);
        if self.progressive && !(band && approximation) { Err("a broken progressive scan header") } else { Ok(()) }
    }

    /// All MCUs: T.81 E.2.3 Decode_scan, E.2.4 Decode_restart_interval.
    pub(super) fn decode(&mut self, frame: &mut Frame, restart_interval: usize) -> Result<()> {
        // Where only one component is in the scan, an MCU is one block, and only blocks that hold samples of the
        // component are coded (A.2.2); else it is h × v blocks of each, and they fill whole MCUs (A.2.3).
        let interleaved = self.members.len() > 1;
        let alone = &frame.parts[self.members[0].part];
        let (width, height) = frame.sides(alone);
        let (across, down) = if interleaved { frame.mcus() } else { (width.div_ceil(8), height.div_ceil(8)) };
        let area = |member: &Member| frame.parts[member.part].h * frame.parts[member.part].v;
        if interleaved && self.members.iter().map(area).sum::<usize>() > 10 {
            return Err("more than ten blocks in an MCU");
        }
        for mcu in 0..across * down {
            if restart_interval > 0 && mcu > 0 && mcu % restart_interval == 0 {
                self.restart(mcu / restart_interval - 1)?;
            }
            for member in 0..self.members.len() {
                let part = &mut frame.parts[self.members[member].part];
                let (h, v) = if interleaved { (part.h, part.v) } else { (1, 1) };
                for unit in 0..h * v {
                    let column = mcu % across * h + unit % h;
                    let row = mcu / across * v + unit / h;
                    self.block(member, &mut part.blocks[row * part.across + column])?;
                }
            }
        }
        Ok(())
    }

    /// RSTm behind restart interval `index`; all predictions start anew (T.81 F.2.1.3.1, G.1.2.2).
    fn restart(&mut self, index: usize) -> Result<()> {
        self.bits.left = 0;
        self.end_of_band_run = 0;
        self.members.iter_mut().for_each(|member| member.prediction = 0);
        let marker = next_marker(self.bits.source, &mut self.bits.at);
        if marker == Some(0xD0 + (index % 8) as u8) { Ok(()) } else { Err("a restart marker is missing") }
    }

    fn block(&mut self, member: usize, block: &mut Block) -> Result<()> {
        match (self.progressive, self.band.0, self.high) {
            (false, _, _) => {
                block[0] = self.dc(member)?;
                self.ac_sequential(member, block)
            }
            (true, 0, 0) => {
                block[0] = self.dc(member)? << self.low;
                Ok(())
            }
            (true, 0, _) => {
                // T.81 G.1.2.1: one more bit of a two's complement number.
                block[0] |= self.bits.bit()? << self.low;
                Ok(())
            }
            (true, _, 0) => self.ac_first(member, block),
            (true, _, _) => self.ac_refinement(member, block),
        }
    }

    /// T.81 F.2.2.1.
    fn dc(&mut self, member: usize) -> Result<i32> {
        let member = &mut self.members[member];
        let size = self.bits.symbol(&member.dc)?;
        if size > 15 {
            return Err("a DC difference of more than 15 bits");
        }
        member.prediction += self.bits.receive_and_extend(size.into())?;
        if i16::try_from(member.prediction).is_err() { Err("a DC value out of range") } else { Ok(member.prediction) }
    }

    /// T.81 F.2.2.2, figures F.13 and F.14. A run of sixteen zeros is one of fifteen before a coefficient of no bits.
    fn ac_sequential(&mut self, member: usize, block: &mut Block) -> Result<()> {
        let mut k = 1;
        while k <= 63 {
            let (run, size) = self.run_and_size(member)?;
            if size == 0 && run < 15 {
                return Ok(());
            }
            *coefficient(block, k + run, 63)? = self.bits.receive_and_extend(size)?;
            k += run + 1;
        }
        Ok(())
    }

    /// T.81 G.1.2.2 turned round: the sequential coding with runs of blocks that have ended.
    fn ac_first(&mut self, member: usize, block: &mut Block) -> Result<()> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return Ok(());
        }
        let (mut k, last) = self.band;
        while k <= last {
            let (run, size) = self.run_and_size(member)?;
            if size == 0 && run < 15 {
                self.end_of_band_run = self.run_of_blocks(run)? - 1;
                return Ok(());
            }
            let value = coefficient(block, k + run, last)?;
            if size > 0 {
                *value = self.bits.receive_and_extend(size)? << self.low;
            }
            k += run + 1;
        }
        Ok(())
    }

    /// T.81 G.1.2.3 turned round: a run counts coefficients that are zero so far; each other one that it passes over
    /// is sent one more bit of its magnitude, behind the code and the sign of the newly non-zero one.
    fn ac_refinement(&mut self, member: usize, block: &mut Block) -> Result<()> {
        let (mut k, last) = self.band;
        while k <= last && self.end_of_band_run == 0 {
            let (run, size) = self.run_and_size(member)?;
            if size == 0 && run < 15 {
                self.end_of_band_run = self.run_of_blocks(run)?;
                break;
            }
            let new = match size {
                0 => 0,
                1 if self.bits.bit()? == 1 => 1 << self.low,
                1 => -1 << self.low,
                _ => return Err("a newly non-zero coefficient of more than one bit"),
            };
            let mut zeros = run;
            loop {
                let value = coefficient(block, k, last)?;
                k += 1;
                if *value != 0 {
                    self.refine(value)?;
                } else if zeros == 0 {
                    *value = new;
                    break;
                } else {
                    zeros -= 1;
                }
            }
        }
        if self.end_of_band_run > 0 {
            for &natural in &NATURAL[k..=last] {
                if block[natural] != 0 {
                    self.refine(&mut block[natural])?;
                }
            }
            self.end_of_band_run -= 1;
        }
        Ok(())
    }

    fn refine(&mut self, value: &mut i32) -> Result<()> {
        *value += value.signum() * (self.bits.bit()? << self.low);
        Ok(())
    }

    fn run_and_size(&mut self, member: usize) -> Result<(usize, u32)> {
        let symbol = self.bits.symbol(&self.members[member].ac)?;
        Ok((usize::from(symbol >> 4), u32::from(symbol & 15)))
    }

    /// EOBn: 2ⁿ blocks and as many more as the n bits behind it say, this one counted (T.81 table G.1).
    fn run_of_blocks(&mut self, n: usize) -> Result<u32> {
        Ok((1 << n) + self.bits.receive(n as u32)? as u32)
    }
}

/// The coefficient at zigzag index `k` of a band that ends at `last`.
fn coefficient(block: &mut Block, k: usize, last: usize) -> Result<&mut i32> {
    if k > last { Err("a run leaves its band") } else { Ok(&mut block[NATURAL[k]]) }
}

/// A Huffman code as T.81 C.2 and F.2.2.3 make it, by code length from 1 to 16.
#[derive(Default)]
pub(super) struct HuffmanCode {
    /// MINCODE, and how many codes there are from it on.
    codes: [(i32, i32); 17],
    /// HUFFVAL.
    symbols: Vec<u8>,
}

impl HuffmanCode {
    /// From what DHT says: sixteen counts and the symbols.
    pub(super) fn new(table: &[u8]) -> Result<Self> {
        let (counts, symbols) = table.split_at(16);
        let (mut codes, mut code) = ([(0, 0); 17], 0);
        for (length, &count) in (1..).zip(counts) {
            codes[length] = (code, count.into());
            code += i32::from(count);
            if code > 1 << length {
                return Err("more Huffman codes than their length allows");
            }
            code *= 2;
        }
        Ok(Self { codes, symbols: symbols.to_vec() })
    }
}

/// Bits of the entropy-coded data.
pub(super) struct Bits<'a> {
    pub(super) source: &'a [u8],
    /// Where the next byte is.
    pub(super) at: usize,
    pub(super) byte: u8,
    /// How many bits of `byte` are still to be read.
    pub(super) left: u32,
}

impl Bits<'_> {
    /// NEXTBIT, T.81 figure F.18.
    fn bit(&mut self) -> Result<i32> {
        if self.left == 0 {
            self.byte = self.next_byte()?;
            self.left = 8;
        }
        self.left -= 1;
        Ok(i32::from(self.byte >> self.left & 1))
    }

    /// A byte without the zero that is stuffed behind 0xFF (T.81 B.1.1.5).
    fn next_byte(&mut self) -> Result<u8> {
        let mut next = || {
            self.at += 1;
            self.source.get(self.at - 1).copied().ok_or("file ends inside a scan")
        };
        let byte = next()?;
        if byte == 0xFF && next()? != 0 { Err("a marker inside a scan") } else { Ok(byte) }
    }

    /// RECEIVE, T.81 figure F.17.
    fn receive(&mut self, count: u32) -> Result<i32> {
        let mut value = 0;
        for _ in 0..count {
            value = 2 * value + self.bit()?;
        }
        Ok(value)
    }

    /// RECEIVE, then EXTEND, T.81 figure F.12: the lower half of the values stands for the negative ones.
    fn receive_and_extend(&mut self, size: u32) -> Result<i32> {
        let value = self.receive(size)?;
        Ok(if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value })
    }

    /// DECODE, T.81 figure F.16.
    fn symbol(&mut self, huffman: &HuffmanCode) -> Result<u8> {
        let (mut code, mut before) = (0, 0);
        for length in 1..=16 {
            code = 2 * code + self.bit()?;
            let (first, count) = huffman.codes[length];
            if code < first + count {
                return Ok(huffman.symbols[(before + code - first) as usize]);
            }
            before += count;
        }
        Err("a code that no symbol has")
    }
}
