//! The memory limit is a limit: what halving takes at its peak stays below what is refused.
//!
//! A binary of its own with one test, because the allocator counts for the whole process.

use halver::{Animation, Effort, Error, Format, Light, Limit, Limits, Options, Subsampling, Target, halve, probe};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What halving `source` needs by its own estimate: the number in the error under a limit of nothing.
fn estimate(source: &[u8], options: &Options) -> Option<u64> {
    let limits = Limits { memory_bytes: 0, ..Limits::default() };
    match halve(source, &Options { limits, ..options.clone() }) {
        Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, .. }) => Some(needed),
        _ => None,
    }
}

/// What halving `source` takes, and its estimate; nothing where it is refused from its header.
fn peak(name: &str, source: &[u8], options: &Options) -> Option<(u64, u64)> {
    let estimate = estimate(source, options)?;
    let before = ALLOCATOR.current_usage() as u64;
    ALLOCATOR.reset_peak_usage();
    let result = halve(source, options);
    let peak = ALLOCATOR.peak_usage() as u64 - before;
    drop(result);
    assert!(peak <= estimate, "{name}, {options:?}: {peak} bytes, {estimate} estimated");
    Some((peak, estimate))
}

/// All that changes what halving takes.
fn all_options() -> Vec<Options> {
    let plain = Options::default();
    let mut all: Vec<Options> =
        Format::ALL.iter().map(|&format| Options { format: Some(format.into()), ..plain.clone() }).collect();
    for effort in [Effort::Fast, Effort::Balanced, Effort::Small] {
        for progressive in [false, true] {
            for subsampling in [Subsampling::Source, Subsampling::Quarter] {
                all.push(Options { effort, progressive, subsampling, ..plain.clone() });
            }
        }
    }
    for effort in [Effort::Balanced, Effort::Small] {
        for format in [Target::Auto, Target::WebP] {
            all.push(Options { effort, format: Some(format), ..plain.clone() });
        }
    }
    all.extend([Animation::Keep, Animation::First].map(|animation| Options {
        animation,
        light: Light::Linear,
        effort: Effort::Small,
        ..plain.clone()
    }));
    all
}

/// A JPEG of one scan and no restart markers `times` as high: its data again and again, as restart intervals. It is made
/// of whole MCUs.
fn repeated(source: &[u8], times: u16) -> Vec<u8> {
    let find = |marker: u8| source.windows(2).rposition(|pair| pair == [0xFF, marker]).unwrap();
    let (frame, scan, end) = (find(0xC0), find(0xDA), find(0xD9));
    let data = scan + 2 + usize::from(source[scan + 3]);
    let mut file = source[..scan].to_vec();
    let number = |at: usize| u16::from_be_bytes([source[at], source[at + 1]]);
    let (height, width) = (number(frame + 5), number(frame + 7));
    file[frame + 5..frame + 7].copy_from_slice(&(height * times).to_be_bytes());
    assert_eq!((source[frame + 11], height % 16, width % 16), (0x22, 0, 0));
    let [high, low] = (height / 16 * (width / 16)).to_be_bytes();
    file.extend([0xFF, 0xDD, 0, 4, high, low]);
    file.extend(&source[scan..data]);
    for time in 0..times {
        file.extend(&source[data..end]);
        file.extend([0xFF, 0xD0 + (time % 8) as u8]);
    }
    file.extend([0xFF, 0xD9]);
    file
}

/// How a flat picture is coded.
#[derive(Clone, Copy, Debug)]
enum Coding {
    OneScan,
    ThreeScans,
    Progressive,
}

/// A flat JPEG of 4:2:0, upright only if shown so.
fn flat(width: u16, height: u16, coding: Coding, orientation: u8) -> Vec<u8> {
    let mut file = vec![0xFF, 0xD8];
    file.extend(b"\xFF\xE1\0\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0");
    file.extend([orientation, 0, 0, 0, 0, 0, 0]);
    file.extend([0xFF, 0xDB, 0, 67, 0]);
    file.extend([9; 64]);
    let [[h1, h0], [w1, w0]] = [height, width].map(u16::to_be_bytes);
    let process = if matches!(coding, Coding::Progressive) { 0xC2 } else { 0xC0 };
    file.extend([0xFF, process, 0, 17, 8, h1, h0, w1, w0, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]);
    let blocks = |side: u16, sampling: u16| usize::from(side.div_ceil(sampling).div_ceil(8));
    let luma = blocks(width, 1) * blocks(height, 1);
    let chroma = blocks(width, 2) * blocks(height, 2);
    let all = blocks(width, 2) * blocks(height, 2) * 6;
    // The tables of T.81 K.3 say 00 for no difference, 1010 for the end of a block.
    let (whole, dc, ac) = ([0x28, 0xA2, 0x8A], [0; 3], [0xAA; 3]);
    let mut scan = |components: &[u8], band: [u8; 2], data: [u8; 3], bits: usize| {
        file.extend([0xFF, 0xDA, 0, 6 + 2 * components.len() as u8, components.len() as u8]);
        components.iter().for_each(|&component| file.extend([component, 0]));
        file.extend([band[0], band[1], 0]);
        file.extend(data.iter().cycle().take(bits.div_ceil(8)));
    };
    match coding {
        Coding::OneScan => scan(&[1, 2, 3], [0, 63], whole, 6 * all),
        Coding::ThreeScans => {
            for (component, blocks) in [(1, luma), (2, chroma), (3, chroma)] {
                scan(&[component], [0, 63], whole, 6 * blocks);
            }
        }
        Coding::Progressive => {
            scan(&[1, 2, 3], [0, 0], dc, 2 * all);
            for (component, blocks) in [(1, luma), (2, chroma), (3, chroma)] {
                scan(&[component], [1, 63], ac, 4 * blocks);
            }
        }
    }
    file.extend([0xFF, 0xD9]);
    file
}

#[test]
fn peaks_stay_below_the_estimate() {
    files();
    large_jpegs();
    large_pngs();
    wide();
    profiles();
}

/// All images there are, to each format unless they are very large; small ones in all other ways, too.
fn files() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let all = all_options();
    let mut checked = 0;
    for folder in [
        "core/tests/corpus",
        "samples",
        "../shared/corpus/jpeg",
        "../shared/corpus/jpeg/size",
        "../shared/corpus/bombs",
        "../shared/corpus/gif",
        "../shared/corpus/icc",
        "../shared/corpus/png",
        "../shared/corpus/webp",
        "../shared/corpus/broken",
    ] {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
            eprintln!("SKIPPED: no {folder}");
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let source = std::fs::read(&path).unwrap();
            let Ok(info) = probe(&source) else { continue };
            let all = match info.pixels() {
                pixels if pixels < if info.format == Format::Jpeg { 0x10_0000 } else { 0x4_0000 } => &all[..],
                0..0x200_0000 => &all[..4],
                _ => &all[..1],
            };
            checked += all.iter().filter_map(|options| peak(&path.display().to_string(), &source, options)).count();
        }
    }
    assert!(checked > 250, "only {checked} cases");
}

/// JPEGs of up to 100 megapixels: the estimate is never far above the peak.
fn large_jpegs() {
    /// What an estimate may be above the peak of a picture with few bytes: what coders take whatever the size.
    const ROOM: u64 = 24 << 20;
    let all: Vec<Options> = all_options().into_iter().filter(|options| options.format.is_none()).collect();
    let sample = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/dandelion.jpg");
    let photo = repeated(&std::fs::read(sample).unwrap(), 33);
    assert!(probe(&photo).unwrap().pixels() > 98_000_000);
    for options in [Options::default(), Options { progressive: true, ..Options::default() }] {
        let (peak, estimate) = peak("a photograph of 98 megapixels", &photo, &options).unwrap();
        eprintln!("{peak} bytes at the peak, {estimate} estimated");
        let guess = photo.len() as u64;
        assert!(estimate < peak + ROOM + guess, "{peak} bytes at the peak, {estimate} estimated");
        assert!(options.progressive || estimate < 100_000_000, "{estimate}");
    }
    for coding in [Coding::OneScan, Coding::ThreeScans, Coding::Progressive] {
        for orientation in [1, 6] {
            let source = flat(4000, 3000, coding, orientation);
            assert_eq!(probe(&source).unwrap().orientation, orientation);
            for options in &all {
                let name = format!("{coding:?}, orientation {orientation}, {options:?}");
                let (peak, estimate) = peak(&name, &source, options).unwrap();
                assert!(estimate < peak + ROOM, "{name}: {peak} bytes at the peak, {estimate} estimated");
            }
        }
    }
}

/// A PNG of flat tiles under noise.
fn noisy(color: png::ColorType, width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    if color == png::ColorType::Indexed {
        encoder.set_palette((0..=255).flat_map(|i| [i, 255 - i, i ^ 0x55]).collect::<Vec<u8>>());
    }
    encoder.set_compression(png::Compression::Fastest);
    let mut writer = encoder.write_header().unwrap();
    let mut stream = writer.stream_writer().unwrap();
    let mut seed = 1_u32;
    let mut row = vec![0; width as usize * color.samples()];
    for y in 0..height as usize {
        for (x, sample) in row.iter_mut().enumerate() {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (x / 16 + y / 8) as u8 ^ (seed >> 30) as u8;
        }
        std::io::Write::write_all(&mut stream, &row).unwrap();
    }
    stream.finish().unwrap();
    writer.finish().unwrap();
    file
}

/// PNGs of up to 100 megapixels, as noisy as photographs are: what they take does not grow with their height,
/// the result aside, which grows by a quarter at a time.
fn large_pngs() {
    const ROWS: u64 = 16 << 20;
    for (color, width, height) in [
        (png::ColorType::Indexed, 10_000, 10_000),
        (png::ColorType::Rgb, 2000, 50_000),
        (png::ColorType::Rgba, 5000, 3000),
        (png::ColorType::Grayscale, 20_000, 1000),
    ] {
        let file = noisy(color, width, height);
        let name = format!("a PNG of {width} by {height}, {color:?}");
        for effort in [Effort::Fast, Effort::Balanced] {
            let options = Options { effort, ..Options::default() };
            let (peak, estimate) = peak(&name, &file, &options).unwrap();
            let result = halve(&file, &options).unwrap().bytes.len() as u64;
            eprintln!("{name}: {peak} bytes at the peak, {result} of them the result, {estimate} estimated");
            assert!(peak < result * 9 / 4 + ROWS, "{name}: {peak} bytes at the peak, {result} the result");
        }
    }
}

/// Pictures of a row or two, as long as may be or a million pixels: what the kernel holds of rows is most of what they
/// take.
fn wide() {
    /// Of PNG, and of BMP.
    const WIDTHS: [u32; 2] = [1_000_000, 65_535];
    let mut files = Vec::new();
    for (color, depth, height) in [
        (png::ColorType::Rgba, png::BitDepth::Sixteen, 1),
        (png::ColorType::Rgba, png::BitDepth::Eight, 2),
        (png::ColorType::Grayscale, png::BitDepth::One, 2),
    ] {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, WIDTHS[0], height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        let row = (WIDTHS[0] as usize * color.samples() * depth as usize).div_ceil(8);
        let samples: Vec<u8> = (0..row * height as usize).map(|i| (i / 9) as u8 ^ (i >> 8) as u8).collect();
        encoder.write_header().unwrap().write_image_data(&samples).unwrap();
        files.push((format!("PNG, {color:?} of {depth:?}"), file));
    }
    for bits in [24_u8, 32, 8] {
        let mut file = b"BM\0\0\0\0\0\0\0\0\x36\x04\0\0\x28\0\0\0".to_vec();
        file.extend(WIDTHS[1].to_le_bytes());
        file.extend([1, 0, 0, 0, 1, 0, bits, 0]);
        file.resize(54 + 1024, 0);
        file.extend(
            (0..(WIDTHS[1] as usize * usize::from(bits / 8)).next_multiple_of(4))
                .map(|i| (i / 5) as u8 ^ (i >> 8) as u8),
        );
        files.push((format!("BMP of {bits} bits"), file));
    }
    for (name, file) in files {
        for light in [Light::Encoded, Light::Linear] {
            let options = Options { light, ..Options::default() };
            let (peak, estimate) = peak(&name, &file, &options).unwrap();
            assert!(halve(&file, &options).is_ok(), "{name}");
            eprintln!("{name}, {light:?}: {peak} bytes at the peak, {estimate} estimated");
        }
    }
}

/// Small JPEGs with large profiles, the longest one that is kept and the longest one that there can be.
fn profiles() {
    let small = flat(16, 16, Coding::OneScan, 1);
    for length in [4 << 20, 255 * 65519] {
        let mut profile = vec![0; length];
        profile[..4].copy_from_slice(&(length as u32).to_be_bytes());
        profile[16..20].copy_from_slice(b"RGB ");
        profile[36..40].copy_from_slice(b"acsp");
        let parts: Vec<&[u8]> = profile.chunks(65519).collect();
        let mut file = small[..2].to_vec();
        for (number, part) in (1..=255).zip(&parts) {
            file.extend([0xFF, 0xE2]);
            file.extend((part.len() as u16 + 16).to_be_bytes());
            file.extend(b"ICC_PROFILE\0");
            file.extend([number, parts.len() as u8]);
            file.extend(*part);
        }
        file.extend(&small[2..]);
        assert_eq!(probe(&file).unwrap().profile_bytes, length as u64);
        for options in all_options() {
            peak(&format!("a profile of {length} bytes"), &file, &options).unwrap();
        }
    }
}
