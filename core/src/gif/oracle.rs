//! Moving GIFs, forged in all shapes that the standard has, against a second reading of them that keeps every picture
//! whole: blocks and LZW by the crate `gif`, frames painted onto one copy of the canvas after the other, as CSS tells
//! browsers to.

use crate::animation::{CLEAR, Pixel};
use crate::halve::{Kernel, halve};
use crate::noise::Noise;
use crate::raster::{Model, Raster, Samples};
use crate::{Light, Options, survey::Survey};

/// A picture as it is shown, and for how many centiseconds.
type Shown = (Vec<Pixel>, u32);

/// What a file says, in full.
struct Played {
    width: usize,
    height: usize,
    repeat: ::gif::Repeat,
    pictures: Vec<Shown>,
    /// Its global colours, where no picture has its own.
    only: Option<Vec<u8>>,
}

/// All that `source` shows.
fn play(source: &[u8], name: &str) -> Played {
    let mut options = ::gif::DecodeOptions::new();
    options.set_color_output(::gif::ColorOutput::Indexed);
    options.check_frame_consistency(false);
    let mut decoder = options.read_info(source).unwrap();
    let (width, height) = (usize::from(decoder.width()), usize::from(decoder.height()));
    let global: Vec<u8> = decoder.global_palette().unwrap_or_default().to_vec();
    let mut canvas = vec![CLEAR; width * height];
    let mut pictures = Vec::new();
    let mut only = Some(global.clone());
    while let Some(frame) =
        decoder.read_next_frame().unwrap_or_else(|error| panic!("{name}: {error} in frame {}", pictures.len()))
    {
        let before = canvas.clone();
        only = only.filter(|_| frame.palette.is_none());
        let palette = frame.palette.as_ref().unwrap_or(&global);
        let place = |i: usize| {
            let across = usize::from(frame.width);
            let (x, y) = (usize::from(frame.left) + i % across, usize::from(frame.top) + i / across);
            (x < width && y < height).then_some(y * width + x)
        };
        for (i, &index) in frame.buffer.iter().enumerate() {
            if let Some(at) = place(i).filter(|_| frame.transparent != Some(index)) {
                let entry = palette.get(3 * usize::from(index)..).and_then(|rest| rest.first_chunk());
                let &[r, g, b] = entry.unwrap_or(&[0; 3]);
                canvas[at] = [r, g, b, 255];
            }
        }
        pictures.push((canvas.clone(), u32::from(frame.delay)));
        match frame.dispose {
            ::gif::DisposalMethod::Previous => canvas = before,
            ::gif::DisposalMethod::Background => {
                (0..frame.buffer.len()).filter_map(place).for_each(|at| canvas[at] = CLEAR);
            }
            _ => {}
        }
    }
    Played { width, height, repeat: decoder.repeat(), pictures, only }
}

/// The half of a picture, as a GIF can show it.
fn half_of(pixels: &[Pixel], width: usize, height: usize) -> Vec<Pixel> {
    let samples = Samples::Eight(pixels.as_flattened().to_vec());
    let half = halve(&Raster { width, height, model: Model::Rgba, samples }, Kernel::Mean, Light::Encoded);
    let Samples::Eight(samples) = half.samples else { unreachable!("eight bits stay eight") };
    samples.as_chunks().0.iter().map(|&pixel| super::hard(pixel)).collect()
}

/// For how long a browser shows what is said to be shown for `delay`.
fn shown_for(delay: u32) -> u32 {
    if delay <= 1 { 10 } else { delay }
}

/// Checks that at any time the half of `source` shows the half of what that shows, as often; no level further off than
/// `bound` where colours had to be reduced, and not at all where not, or where the one palette has the colour. The
/// pictures of the half.
fn check(source: &[u8], bound: u8, name: &str) -> usize {
    let half = crate::halve(source, &Options::default()).unwrap();
    let Played { width, height, repeat, pictures: whole, .. } = play(source, name);
    let Played { width: half_width, height: half_height, repeat: again, pictures: halves, only } =
        play(&half.bytes, &format!("half of {name}"));
    assert_eq!((half_width, half_height), (width.div_ceil(2), height.div_ceil(2)), "{name}");
    assert_eq!(again, repeat, "{name}");
    let is_entry =
        |[r, g, b, _]: Pixel| only.iter().flat_map(|only| only.as_chunks().0).any(|entry| *entry == [r, g, b]);
    let reduced = half.decisions.iter().any(|decision| matches!(decision, crate::Decision::PaletteReduced { .. }));
    let bound = if reduced { bound } else { 0 };
    let pictures = halves.len();
    let mut halves = halves.into_iter();
    let (mut now, mut left) = (Vec::new(), 0);
    for (number, (picture, delay)) in whole.iter().enumerate() {
        if left == 0 {
            let (next, delay) = halves.next().unwrap_or_else(|| panic!("{name}: no picture at frame {number}"));
            (now, left) = (next, if pictures == 1 { u32::MAX } else { shown_for(delay) });
        }
        left = left.checked_sub(shown_for(*delay)).unwrap_or_else(|| panic!("{name}: frame {number} is cut short"));
        for (at, (got, should)) in now.iter().zip(half_of(picture, width, height)).enumerate() {
            let (x, y) = (at % half_width, at / half_width);
            assert_eq!(got[3], should[3], "{name}: alpha at {x}, {y} in frame {number}");
            let off = got.iter().zip(should).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0);
            let bound = if should[3] == 255 && is_entry(should) { 0 } else { bound };
            assert!(off <= bound, "{name}: {got:?} for {should:?} at {x}, {y} in frame {number}");
        }
    }
    assert!(left == 0 || pictures == 1, "{name}: the last picture is too long");
    assert_eq!(halves.next(), None, "{name}");
    pictures
}

/// A GIF of `frames` frames of any place, disposal, colours, transparency and interlace.
fn forge(noise: &mut Noise, frames: usize, levels: usize) -> Vec<u8> {
    let side = |noise: &mut Noise| [1, 2, 3, 5, 8, 17, 30][noise.below(7)];
    let (width, height) = (side(noise), side(noise));
    let colors =
        |noise: &mut Noise| -> Vec<u8> { (0..24).map(|_| (noise.below(levels) * 255 / (levels - 1)) as u8).collect() };
    let mut bytes = Vec::new();
    let global = colors(noise);
    let mut encoder = ::gif::Encoder::new(&mut bytes, width as u16, height as u16, &global).unwrap();
    encoder
        .set_repeat([::gif::Repeat::Infinite, ::gif::Repeat::Finite(noise.below(5) as u16)][noise.below(2)])
        .unwrap();
    for _ in 0..frames {
        let (left, top) = (noise.below(width + 1), noise.below(height + 1));
        let (across, down) = (1 + noise.below(width + 3), 1 + noise.below(height + 3));
        let few = 1 + noise.below(8);
        let frame = ::gif::Frame {
            left: left as u16,
            top: top as u16,
            width: across as u16,
            height: down as u16,
            delay: [0, 1, 2, 7, 100][noise.below(5)],
            dispose: [
                ::gif::DisposalMethod::Any,
                ::gif::DisposalMethod::Keep,
                ::gif::DisposalMethod::Background,
                ::gif::DisposalMethod::Previous,
            ][noise.below(4)],
            transparent: [None, Some(0), Some(3)][noise.below(3)],
            interlaced: false,
            palette: (noise.below(3) == 0).then(|| colors(noise)),
            buffer: (0..across * down).map(|_| noise.below(few) as u8).collect(),
            ..::gif::Frame::default()
        };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    bytes
}

#[test]
fn forged_animations_show_the_half_of_what_they_show() {
    let mut noise = Noise(0x1234_5678);
    let mut pictures = 0;
    for round in 0..600 {
        let frames = 2 + noise.below(9);
        let source = forge(&mut noise, frames, 3);
        assert!(Survey::of(&source).unwrap().animated);
        pictures += check(&source, 40, &format!("round {round}"));
    }
    assert!(pictures > 2000, "only {pictures} pictures differed from the ones before");
}

#[test]
fn animations_of_many_colours_are_near() {
    let mut noise = Noise(99);
    for round in 0..40 {
        let source = forge(&mut noise, 12, 256);
        check(&source, 72, &format!("round {round}"));
    }
}

#[test]
fn corpora_show_the_half_of_what_they_show() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [folder.join("tests/corpus"), folder.join("../../shared/corpus/gif")];
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let source = std::fs::read(&path).unwrap();
        if source.starts_with(b"GIF") {
            check(&source, 40, &path.display().to_string());
        }
    }
}

#[test]
fn what_stands_still_is_never_painted_again() {
    // A square that moves over noise; the noise is painted in the first frame alone.
    let mut noise = Noise(5);
    let global: Vec<u8> = (0..48).map(|_| noise.below(256) as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = ::gif::Encoder::new(&mut bytes, 64, 64, &global).unwrap();
    let still: Vec<u8> = (0..64 * 64).map(|_| noise.below(16) as u8).collect();
    for step in 0..10 {
        let mut buffer = still.clone();
        (0..8).for_each(|y| buffer[(20 + y) * 64 + 4 * step..][..8].fill(3));
        let frame = ::gif::Frame { width: 64, height: 64, delay: 5, buffer: buffer.into(), ..::gif::Frame::default() };
        encoder.write_frame(&frame).unwrap();
    }
    drop(encoder);
    check(&bytes, 60, "a square over noise");
    let half = crate::halve(&bytes, &Options::default()).unwrap();
    let mut decoder = ::gif::DecodeOptions::new().read_info(&half.bytes[..]).unwrap();
    let mut number = 0;
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let area = usize::from(frame.width) * usize::from(frame.height);
        assert!(number == 0 || area <= 8 * 4, "frame {number} has {area} pixels");
        number += 1;
    }
    assert_eq!(number, 10);
}

#[test]
fn a_colour_that_is_an_entry_is_that_entry_whatever_was_there() {
    // 64 pixels of one colour, then as many of another near it that is no entry: they go on as the first. The colour
    // nearest to the other one is behind them, where the next picture wants it.
    let gray = |level: u8| [level, level, level, 255];
    let (first, near, entry) = (gray(101), [100, 100, 101, 255], gray(100));
    let (width, height) = (16, 8);
    let mut movie = super::Movie::new(width, height, vec![gray(0), entry, first], true, 1).unwrap();
    let all = crate::animation::Rect::of_size(width, height);
    let delay = crate::animation::Delay::centiseconds(10);
    for color in [near, entry] {
        let pixels: Vec<Pixel> = (0..128).map(|at| if at < 64 { first } else { color }).collect();
        movie.show(&pixels, &all, delay);
    }
    let pictures = play(&movie.finish(), "a movie").pictures;
    assert!(pictures[0].0[64..].contains(&first), "LZW takes the colour that goes on");
    assert!(pictures[1].0[64..].iter().all(|&pixel| pixel == entry), "{:?}", &pictures[1].0[64..]);
}
