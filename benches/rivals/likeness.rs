//! How alike halves look to the half that a photograph should have: SSIMULACRA2 against its Lanczos-3 half.
//!
//! ```text
//! likeness SOURCE.ppm HALF.ppm…        one score for each half; 100 is the same, 90 cannot be told apart
//! ```
//!
//! The reference is made from the fully decoded source in its own light (gamma-encoded samples), as resizers do unless
//! told otherwise.
#![forbid(unsafe_code)]

use std::{env, error::Error, fs};

use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};

/// An RGB picture, three samples a pixel, 0 to 255.
struct Picture {
    width: usize,
    height: usize,
    samples: Vec<f32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = env::args().skip(1);
    let source = read(&files.next().ok_or("usage: likeness SOURCE.ppm HALF.ppm…")?)?;
    let reference = lanczos_half(&source);
    for file in files {
        let half = read(&file)?;
        if (half.width, half.height) != (reference.width, reference.height) {
            return Err(format!("{file} is {} × {}, which is no half", half.width, half.height).into());
        }
        println!("{:.4}", compute_frame_ssimulacra2(rgb(&reference)?, rgb(&half)?)?);
    }
    Ok(())
}

/// Reads a binary PPM or PGM of 8 bits, as `djpeg` writes them.
fn read(file: &str) -> Result<Picture, Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let mut lines = bytes.splitn(4, |&byte| byte == b'\n');
    let mut header = || lines.next().ok_or_else(|| format!("{file} ends in its header"));
    let channels = match header()? {
        b"P6" => 3,
        b"P5" => 1,
        _ => return Err(format!("{file} is neither PPM nor PGM").into()),
    };
    let sides = str::from_utf8(header()?)?.split_once(' ').ok_or("two sides")?;
    let (width, height) = (sides.0.parse()?, sides.1.parse()?);
    if header()? != b"255" {
        return Err(format!("{file} has not 8 bits a sample").into());
    }
    let samples = header()?;
    if samples.len() != width * height * channels {
        return Err(format!("{file} has {} samples", samples.len()).into());
    }
    let samples = samples.iter().flat_map(|&sample| std::iter::repeat_n(f32::from(sample), 3 / channels)).collect();
    Ok(Picture { width, height, samples })
}

/// For the metric: samples from 0 to 1 in sRGB.
fn rgb(picture: &Picture) -> Result<Rgb, Box<dyn Error>> {
    let pixels =
        picture.samples.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]].map(|sample| sample / 255.0));
    let (transfer, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
    Ok(Rgb::new(pixels.collect(), picture.width, picture.height, transfer, primaries)?)
}

/// Half as wide and high, odd sides rounded up, through Lanczos-3 windows of twelve samples each way; edges repeat.
/// Rounded to whole samples, since the halves that it is compared with are.
fn lanczos_half(source: &Picture) -> Picture {
    let &Picture { width, height, .. } = source;
    let across = width.div_ceil(2);
    let flat = Picture { width: across, height, samples: halve_lines(&source.samples, height, width, 3) };
    let samples = halve_lines(&flat.samples, 1, height, across * 3);
    Picture {
        width: across,
        height: height.div_ceil(2),
        samples: samples.iter().map(|v| v.round().clamp(0.0, 255.0)).collect(),
    }
}

/// Halves each of `lines` that hold `length` items of `span` samples.
fn halve_lines(samples: &[f32], lines: usize, length: usize, span: usize) -> Vec<f32> {
    let weights = window();
    let mut halves = Vec::with_capacity(lines * length.div_ceil(2) * span);
    for line in samples.chunks_exact(length * span) {
        for at in 0..length.div_ceil(2) {
            let start = halves.len();
            halves.resize(start + span, 0.0);
            let sums = &mut halves[start..];
            for (tap, weight) in weights.iter().enumerate() {
                // The twelve items around the border between 2·at and 2·at + 1.
                let item = (2 * at + tap).saturating_sub(5).min(length - 1);
                for (sum, sample) in sums.iter_mut().zip(&line[item * span..]) {
                    *sum += weight * sample;
                }
            }
        }
    }
    halves
}

/// Lanczos-3 stretched to half resolution, at the middles of twelve items; its sum is 1.
fn window() -> [f32; 12] {
    let sinc = |x: f32| x.sin() / x;
    let weights: [f32; 12] = std::array::from_fn(|tap| {
        let x = std::f32::consts::PI * (tap as f32 - 5.5) / 2.0;
        sinc(x) * sinc(x / 3.0)
    });
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}
