//! Makes JPEG files for tests from given coefficients: all that T.81 allows and hardly any encoder writes, such as
//! sampling factors of 3, random Huffman codes and random progressions, and what decoders have to bear with.

mod scan;

use super::oracle::NATURAL;
use scan::{Code, Coder};

/// Numbers that look random and are the same on every machine: Marsaglia's xorshift64 (doi:10.18637/jss.v008.i14).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// 0 to `end` − 1.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) % end as u64) as usize
    }

    /// True once in `times`.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A block with coefficients of up to `bits` bits (15 at most), more of them near DC.
    pub(super) fn block(&mut self, bits: u32) -> [i32; 64] {
        let mut block = [0; 64];
        let density = self.below(12);
        for (k, natural) in NATURAL.into_iter().enumerate() {
            if k == 0 || self.below(12 + k) < density {
                let size = self.below(bits as usize + 1);
                block[natural] = self.below(1 << size) as i32 * if self.once_in(2) { 1 } else { -1 };
            }
        }
        // A difference of two DC values can have one bit more than they have.
        block[0] /= 2;
        block
    }
}

/// The coding process, named by its frame header's marker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Process {
    Baseline = 0xC0,
    Extended = 0xC1,
    Progressive = 0xC2,
}

/// One component: the blocks that hold samples of it, row by row, with quantized coefficients in natural order.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    pub(super) h: usize,
    pub(super) v: usize,
    pub(super) blocks_across: usize,
    pub(super) blocks: Vec<[i32; 64]>,
    /// Quantization steps in natural order.
    pub(super) table: [u16; 64],
}

/// What one scan codes.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    /// Indices of planes, ascending.
    pub(super) planes: Vec<usize>,
    /// Ss and Se.
    pub(super) band: (usize, usize),
    /// Ah and Al.
    pub(super) high: u32,
    pub(super) low: u32,
    /// In MCUs; 0 for none.
    pub(super) restart_interval: usize,
}

/// A file to be made.
#[derive(Clone, Debug)]
pub(super) struct Forge {
    pub(super) process: Process,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) planes: Vec<Plane>,
    pub(super) scans: Vec<Scan>,
    /// Quantization steps of 16 bits.
    pub(super) wide_tables: bool,
    /// Quantization tables stand before the first scan of their component, and before each scan all others are
    /// overwritten with steps that nothing may use.
    pub(super) late_tables: bool,
    /// The frame header says 0, DNL behind the first scan the height.
    pub(super) late_height: bool,
    /// Fill bytes before each marker.
    pub(super) fill: usize,
    /// What stands between segments; no marker.
    pub(super) garbage: Vec<u8>,
    pub(super) eoi: bool,
    /// The last end-of-band run of a scan or restart interval is longer by 3 than what is left of it. T.81 does not say
    /// what that means; libjpeg takes it without a word.
    pub(super) long_last_run: bool,
    /// The most blocks in one end-of-band run, 1 to 32767 (3 less where `long_last_run`).
    pub(super) longest_run: u32,
    /// Decides on Huffman codes.
    pub(super) seed: u64,
}

impl Forge {
    /// A file of random content and shape, sides of 1 to 70, coefficients of up to `bits` bits.
    pub(super) fn random(seed: u64, bits: u32) -> Self {
        let random = &mut Random::new(seed);
        let process =
            [Process::Baseline, Process::Extended, Process::Progressive, Process::Progressive][random.below(4)];
        let factors: Vec<_> = match random.below(8) {
            0 => vec![(1, 1)],
            1 => vec![(2, 2), (1, 1), (1, 1)],
            2 => vec![(1, 1), (2, 2), (1, 2)],
            3 => vec![(3, 1), (1, 1), (1, 1)],
            _ => (0..1 + random.below(4)).map(|_| (1 + random.below(4), 1 + random.below(4))).collect(),
        };
        let size = (1 + random.below(70), 1 + random.below(70));
        Self::of_shape(process, size, &factors, bits, random)
    }

    /// Random content of a given shape: sides in pixels, and each component's sampling factors.
    pub(super) fn of_shape(
        process: Process,
        (width, height): (usize, usize),
        factors: &[(usize, usize)],
        bits: u32,
        random: &mut Random,
    ) -> Self {
        let wide_tables = process != Process::Baseline && random.once_in(3);
        let h_max = factors.iter().map(|&(h, _)| h).max().unwrap_or(1);
        let v_max = factors.iter().map(|&(_, v)| v).max().unwrap_or(1);
        let plane = |&(h, v): &(usize, usize)| {
            let blocks_across = (width * h).div_ceil(h_max).div_ceil(8);
            let blocks_down = (height * v).div_ceil(v_max).div_ceil(8);
            let most = if wide_tables && random.once_in(2) { 1000 } else { 1 + random.below(40) };
            Plane {
                h,
                v,
                blocks_across,
                blocks: (0..blocks_across * blocks_down).map(|_| random.block(bits)).collect(),
                table: std::array::from_fn(|_| 1 + random.below(most) as u16),
            }
        };
        let planes: Vec<Plane> = factors.iter().map(plane).collect();
        let scans =
            if process == Process::Progressive { progression(&planes, random) } else { groups(&planes, random) };
        Self {
            process,
            width,
            height,
            planes,
            scans,
            wide_tables,
            late_tables: random.once_in(3),
            late_height: random.once_in(4),
            fill: if random.once_in(3) { random.below(4) } else { 0 },
            garbage: [&[][..], &[], &[1, 2, 0xFF, 0], &[0; 9]][random.below(4)].to_vec(),
            eoi: !random.once_in(4),
            long_last_run: random.once_in(4),
            longest_run: [1, 2, 7, 32760][random.below(4)],
            seed: random.below(1 << 30) as u64,
        }
    }

    /// The file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let random = &mut Random::new(self.seed);
        let mut file = vec![0xFF, 0xD8];
        if !self.late_tables {
            self.quantization_tables(&mut file, |i| self.planes[i].table);
        }
        self.frame_header(&mut file);
        let mut restart_interval = 0;
        for (index, scan) in self.scans.iter().enumerate() {
            if self.late_tables {
                let begun = |i| self.scans[..index].iter().any(|scan| scan.planes.contains(&i));
                let begins = |i| scan.planes.contains(&i) && !begun(i);
                self.quantization_tables(&mut file, |i| if begins(i) { self.planes[i].table } else { [99; 64] });
            }
            if restart_interval != scan.restart_interval {
                restart_interval = scan.restart_interval;
                self.segment(&mut file, 0xDD, &(restart_interval as u16).to_be_bytes());
            }
            self.scan(&mut file, scan, random);
            if index == 0 && self.late_height {
                self.segment(&mut file, 0xDC, &(self.height as u16).to_be_bytes());
            }
        }
        if self.eoi {
            self.marker(&mut file, 0xD9);
        }
        file
    }

    fn marker(&self, file: &mut Vec<u8>, marker: u8) {
        file.extend(&self.garbage);
        file.resize(file.len() + self.fill, 0xFF);
        file.extend([0xFF, marker]);
    }

    fn segment(&self, file: &mut Vec<u8>, marker: u8, parameters: &[u8]) {
        self.marker(file, marker);
        file.extend((parameters.len() as u16 + 2).to_be_bytes());
        file.extend(parameters);
    }

    /// T.81 B.2.4.1: one table for each plane.
    fn quantization_tables(&self, file: &mut Vec<u8>, table: impl Fn(usize) -> [u16; 64]) {
        let mut parameters = Vec::new();
        for slot in 0..self.planes.len() {
            parameters.push(slot as u8 | u8::from(self.wide_tables) << 4);
            for natural in NATURAL {
                let step = table(slot)[natural].to_be_bytes();
                parameters.extend(if self.wide_tables { &step[..] } else { &step[1..] });
            }
        }
        self.segment(file, 0xDB, &parameters);
    }

    /// T.81 B.2.2. Components are called 1, 2, 3, 4.
    fn frame_header(&self, file: &mut Vec<u8>) {
        let height = if self.late_height { 0 } else { self.height };
        let [y1, y2] = (height as u16).to_be_bytes();
        let [x1, x2] = (self.width as u16).to_be_bytes();
        let mut parameters = vec![8, y1, y2, x1, x2, self.planes.len() as u8];
        for (slot, plane) in self.planes.iter().enumerate() {
            parameters.extend([slot as u8 + 1, (plane.h << 4 | plane.v) as u8, slot as u8]);
        }
        self.segment(file, self.process as u8, &parameters);
    }

    /// New Huffman tables, the scan header (T.81 B.2.3) and the scan's data.
    fn scan(&self, file: &mut Vec<u8>, scan: &Scan, random: &mut Random) {
        let slots = if self.process == Process::Baseline { 2 } else { 4 };
        let dc: Vec<Code> = (0..slots).map(|_| Code::random(16, random)).collect();
        let ac: Vec<Code> = (0..slots).map(|_| Code::random(256, random)).collect();
        let mut tables = Vec::new();
        for (class, codes) in [(0, &dc), (0x10, &ac)] {
            codes.iter().zip(class..).for_each(|(code, selector)| code.write(selector, &mut tables));
        }
        self.segment(file, 0xC4, &tables);
        let mut parameters = vec![scan.planes.len() as u8];
        let mut members = Vec::new();
        for &plane in &scan.planes {
            let (dc_slot, ac_slot) = (random.below(slots), random.below(slots));
            parameters.extend([plane as u8 + 1, (dc_slot << 4 | ac_slot) as u8]);
            members.push((plane, &dc[dc_slot], &ac[ac_slot]));
        }
        parameters.extend([scan.band.0 as u8, scan.band.1 as u8, (scan.high << 4 | scan.low) as u8]);
        self.segment(file, 0xDA, &parameters);
        file.extend(Coder::new(self, scan, members).data());
    }
}

/// Sequential scans: neighbours together while ten blocks hold them, or not.
fn groups(planes: &[Plane], random: &mut Random) -> Vec<Scan> {
    let area = |&i: &usize| planes[i].h * planes[i].v;
    let apart = random.once_in(3);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for i in 0..planes.len() {
        match groups.last_mut() {
            Some(group) if !apart && group.iter().map(area).sum::<usize>() + area(&i) <= 10 => group.push(i),
            _ => groups.push(vec![i]),
        }
    }
    groups.into_iter().map(|group| scan(group, (0, 63), (0, 0), random)).collect()
}

fn scan(planes: Vec<usize>, band: (usize, usize), (high, low): (u32, u32), random: &mut Random) -> Scan {
    let restart_interval = if random.once_in(2) { 0 } else { 1 + random.below(12) };
    Scan { planes, band, high, low, restart_interval }
}

/// Progressive scans as T.81 G.1.1.1.1 allows them: DC first, then DC refinements and the bands of each component in
/// any order in which one bit follows the other. Bands are cut anew for each bit.
fn progression(planes: &[Plane], random: &mut Random) -> Vec<Scan> {
    let low = random.below(3) as u32;
    let at = |high: u32, low: u32| move |scan: Scan| Scan { high, low, band: (0, 0), ..scan };
    let mut scans: Vec<Scan> = groups(planes, random).into_iter().map(at(0, low)).collect();
    let refinements = (0..low).rev().flat_map(|bit| groups(planes, random).into_iter().map(at(bit + 1, bit)));
    let mut queues: Vec<Vec<Scan>> = vec![refinements.collect()];
    for plane in 0..planes.len() {
        let mut queue = Vec::new();
        let low = random.below(4) as u32;
        for bit in (0..=low).rev() {
            let mut first = 1;
            while first <= 63 {
                let last = (first + [0, 4, 30, 62][random.below(4)]).min(63);
                queue.push(scan(vec![plane], (first, last), (if bit == low { 0 } else { bit + 1 }, bit), random));
                first = last + 1;
            }
        }
        queues.push(queue);
    }
    loop {
        queues.retain(|queue| !queue.is_empty());
        if queues.is_empty() {
            return scans;
        }
        let next = random.below(queues.len());
        scans.push(queues[next].remove(0));
    }
}
