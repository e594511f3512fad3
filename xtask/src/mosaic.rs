//! Large photographs for measurements, made of a small one: stretches of its MCUs, side by side as often as they fit.
//!
//! ```text
//! source: one scan of MCUs ─ Huffman ─▶ runs of RUN MCUs, the first DC of each coded in full
//! mosaic: run RST0 run RST1 run …       as many as its rows and columns take
//! ```
//! A restart marker sets the prediction of DC to zero (T.81 F.1.1.5.1), so a run means the same wherever it stands. All
//! but its first DC is copied bit by bit, and so a mosaic costs what a photograph of that size costs.

/// MCUs from one restart marker to the next: 400 pixels at 4:2:0, of which round numbers of megapixels can be made.
pub(crate) const RUN: usize = 25;

/// Markers, T.81 table B.1.
const SOF0: u8 = 0xC0;
const DHT: u8 = 0xC4;
const RST0: u8 = 0xD0;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const DRI: u8 = 0xDD;

/// A baseline JPEG of `columns` runs across and `rows` MCUs down, with the metadata of `source`.
///
/// # Errors
/// Where `source` is not of the simplest kind: baseline, one scan, whole MCUs across, no restart markers.
pub(crate) fn mosaic(source: &[u8], columns: usize, rows: usize) -> Result<Vec<u8>, String> {
    let header = Header::read(source)?;
    let tiles = header.runs(&source[header.data..])?;
    let side = |length: usize| u16::try_from(length).map_err(|_| format!("{length} pixels are too many for a JPEG"));
    let height = side(rows * header.mcu[1])?.to_be_bytes();
    let width = side(columns * RUN * header.mcu[0])?.to_be_bytes();
    let mut file = source[..header.data].to_vec();
    // Behind a segment's length and the depth of samples, T.81 B.2.2.
    file[header.frame + 5..header.frame + 7].copy_from_slice(&height);
    file[header.frame + 7..header.frame + 9].copy_from_slice(&width);
    file.splice(header.scan..header.scan, [0xFF, DRI, 0, 4, 0, RUN as u8]);
    for run in 0..columns * rows {
        if run > 0 {
            file.extend([0xFF, RST0 + ((run - 1) % 8) as u8]);
        }
        let row = &tiles[run / columns % tiles.len()];
        file.extend(&row[run % columns % row.len()]);
    }
    file.extend([0xFF, EOI]);
    Ok(file)
}

/// What it takes to walk over the MCUs of a JPEG.
#[derive(Default)]
struct Header {
    /// Where the frame's and the scan's segment begin, and the entropy-coded data.
    frame: usize,
    scan: usize,
    data: usize,
    /// Pixels of an MCU, and MCUs of the picture, across and down.
    mcu: [usize; 2],
    mcus: [usize; 2],
    components: Vec<Component>,
    dc: [Table; 4],
    ac: [Table; 4],
}

/// A component's blocks in an MCU, and the numbers of its tables.
#[derive(Clone, Copy)]
struct Component {
    blocks: usize,
    dc: usize,
    ac: usize,
}

impl Header {
    fn read(source: &[u8]) -> Result<Self, String> {
        let (mut header, mut at) = (Self::default(), 2);
        loop {
            let Some(&[_, marker, high, low]) = source.get(at..at + 4) else { return Err("it has no scan".to_owned()) };
            let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
            let segment = source.get(at + 4..end).ok_or("a segment is cut")?;
            match marker {
                SOF0 => {
                    header.frame = at;
                    header.read_frame(segment).ok_or("its frame is broken")?;
                }
                DHT => header.read_tables(segment).ok_or("a Huffman table is broken")?,
                SOS => {
                    (header.scan, header.data) = (at, end);
                    header.read_scan(segment).ok_or("it has several scans")?;
                    return Ok(header);
                }
                DRI => return Err("it has restart markers".to_owned()),
                0xC1..=0xCF => return Err("it is not baseline".to_owned()),
                _ => {}
            }
            at = end;
        }
    }

    /// Sizes and sampling factors, T.81 B.2.2; `None` where there are none, or no whole MCUs across.
    fn read_frame(&mut self, segment: &[u8]) -> Option<()> {
        let [_, h1, h0, w1, w0, _, components @ ..] = segment else { return None };
        let sampling: Vec<_> = components.chunks_exact(3).map(|c| [c[1] >> 4, c[1] & 15].map(usize::from)).collect();
        let most = |axis: usize| sampling.iter().map(|factors| factors[axis]).max();
        let [width, height] = [[*w1, *w0], [*h1, *h0]].map(|side| usize::from(u16::from_be_bytes(side)));
        self.mcu = [8 * most(0)?, 8 * most(1)?];
        self.mcus = [width / self.mcu[0], height.div_ceil(self.mcu[1])];
        self.components = sampling.iter().map(|[h, v]| Component { blocks: h * v, dc: 0, ac: 0 }).collect();
        (width % self.mcu[0] == 0 && width >= RUN * self.mcu[0]).then_some(())
    }

    /// Huffman tables, T.81 B.2.4.2.
    fn read_tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let [kind, rest @ ..] = segment {
            let (counts, rest) = rest.split_first_chunk()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().copied().map(usize::from).sum())?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Table::new(counts, symbols);
            segment = rest;
        }
        Some(())
    }

    /// Which tables the scan uses, T.81 B.2.3; `None` where it lacks a component.
    fn read_scan(&mut self, segment: &[u8]) -> Option<()> {
        let (&count, selectors) = segment.split_first()?;
        for (component, selector) in self.components.iter_mut().zip(selectors.chunks_exact(2)) {
            (component.dc, component.ac) = (usize::from(selector[1] >> 4) & 3, usize::from(selector[1] & 3));
        }
        (usize::from(count) == self.components.len()).then_some(())
    }

    /// The runs of each row of MCUs in the entropy-coded `data`; what is left behind the last whole one is in none.
    fn runs(&self, data: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, String> {
        let mut reader = Reader { bytes: data, ..Reader::default() };
        let mut dc = vec![0; self.components.len()];
        let mut rows = Vec::new();
        for _ in 0..self.mcus[1] {
            let mut row = vec![Writer::default()];
            for column in 0..self.mcus[0] {
                let is_first = column % RUN == 0;
                if is_first && column > 0 {
                    row.push(Writer::default());
                }
                if let Some(run) = row.last_mut() {
                    self.copy(&mut reader, &mut dc, is_first, run).ok_or("its data are broken")?;
                }
            }
            row.truncate(self.mcus[0] / RUN);
            rows.push(row.into_iter().map(Writer::finish).collect());
        }
        Ok(rows)
    }

    /// Copies an MCU; of the first in a run, DC is written as the difference from zero.
    fn copy(&self, reader: &mut Reader<'_>, dc: &mut [i32], is_first: bool, run: &mut Writer) -> Option<()> {
        for (component, dc) in self.components.iter().zip(dc) {
            for block in 0..component.blocks {
                let table = &self.dc[component.dc];
                let size = reader.symbol(table)?;
                let difference = extended(reader.bits(u32::from(size))?, u32::from(size));
                *dc += difference;
                run.value(table, if is_first && block == 0 { *dc } else { difference })?;
                let table = &self.ac[component.ac];
                let mut index = 1;
                while index < 64 {
                    let symbol = reader.symbol(table)?;
                    run.symbol(table, symbol)?;
                    let size = u32::from(symbol & 15);
                    run.bits(reader.bits(size)?, size);
                    // Run and size, T.81 F.1.2.2: 0/0 ends the block, 15/0 are sixteen zeros.
                    index += if symbol == 0 { 64 } else { usize::from(symbol >> 4) + 1 };
                }
            }
        }
        Some(())
    }
}

/// The number that `size` bits stand for, T.81 F.2.2.1.
fn extended(bits: u32, size: u32) -> i32 {
    let bits = bits as i32;
    if size > 0 && bits < 1 << (size - 1) { bits + 1 - (1 << size) } else { bits }
}

/// A Huffman table: of each symbol its code and the code's length, 0 where it has none.
struct Table {
    codes: [(u32, u32); 256],
    /// The symbol of each code, by 16 bits that begin with it.
    symbols: Vec<Option<u8>>,
}

impl Default for Table {
    fn default() -> Self {
        Self { codes: [(0, 0); 256], symbols: Vec::new() }
    }
}

impl Table {
    /// From the number of codes of each length, T.81 annex C.
    fn new(counts: &[u8; 16], symbols: &[u8]) -> Self {
        let mut table = Self { symbols: vec![None; 1 << 16], ..Self::default() };
        let lengths = (1..).zip(counts).flat_map(|(length, &count)| std::iter::repeat_n(length, usize::from(count)));
        let mut next = 0;
        for (&symbol, length) in symbols.iter().zip(lengths) {
            table.codes[usize::from(symbol)] = (next >> (16 - length), length);
            let end = next + (1 << (16 - length));
            table.symbols.iter_mut().take(end as usize).skip(next as usize).for_each(|entry| *entry = Some(symbol));
            next = end;
        }
        table
    }
}

/// Entropy-coded data, without the zero behind each FF.
#[derive(Default)]
struct Reader<'a> {
    bytes: &'a [u8],
    held: u64,
    count: u32,
}

impl Reader<'_> {
    /// Holds `count` bits at least; behind the end there are zeros, as many as a code may look ahead.
    fn hold(&mut self, count: u32) {
        while self.count < count {
            let byte = match self.bytes {
                [0xFF, 0, rest @ ..] => std::mem::replace(&mut self.bytes, rest)[0],
                [0xFF, ..] | [] => 0,
                [byte, rest @ ..] => {
                    self.bytes = rest;
                    *byte
                }
            };
            self.held = self.held << 8 | u64::from(byte);
            self.count += 8;
        }
    }

    fn bits(&mut self, count: u32) -> Option<u32> {
        self.hold(count);
        self.count -= count;
        Some((self.held >> self.count) as u32 & ((1 << count) - 1))
    }

    fn symbol(&mut self, table: &Table) -> Option<u8> {
        self.hold(16);
        let ahead = (self.held >> (self.count - 16)) as usize & 0xFFFF;
        let symbol = (*table.symbols.get(ahead)?)?;
        self.count -= table.codes[usize::from(symbol)].1;
        Some(symbol)
    }
}

/// Entropy-coded data that are written.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    held: u64,
    count: u32,
}

impl Writer {
    fn bits(&mut self, bits: u32, count: u32) {
        self.held = self.held << count | u64::from(bits);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    /// `None` where the table has no code for `symbol`.
    fn symbol(&mut self, table: &Table, symbol: u8) -> Option<()> {
        let (code, length) = table.codes[usize::from(symbol)];
        self.bits(code, length);
        (length > 0).then_some(())
    }

    /// A difference of DC, T.81 F.1.2.1.
    fn value(&mut self, table: &Table, value: i32) -> Option<()> {
        let size = i32::BITS - value.unsigned_abs().leading_zeros();
        self.symbol(table, size as u8)?;
        let bits = if value < 0 { value - 1 } else { value };
        self.bits(bits as u32 & ((1 << size) - 1), size);
        Some(())
    }

    /// The bytes, the last filled with ones, T.81 F.1.2.3.
    fn finish(mut self) -> Vec<u8> {
        let free = (8 - self.count % 8) % 8;
        self.bits((1 << free) - 1, free);
        self.bytes
    }
}
