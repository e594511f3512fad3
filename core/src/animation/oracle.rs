//! Animated PNGs and WebPs, forged with all that they can say of a frame, against a composite that holds every picture
//! whole and is put together from what was forged, not from what was read.

use super::{CLEAR, Canvas, Disposal, Pixel, Rect, Reel};
use crate::halve::{Kernel, halve};
use crate::noise::Noise;
use crate::raster::{Model, Raster, Samples};
use crate::{Animation, Decision, Format, Light, Options, Output, Target};

/// A frame to be forged.
struct Forged {
    rect: Rect,
    pixels: Vec<Pixel>,
    /// Milliseconds; where they are more than 65535, whole seconds.
    delay: u32,
    disposal: Disposal,
    blends: bool,
}

/// An animation to be forged.
struct Film {
    width: usize,
    height: usize,
    plays: u32,
    frames: Vec<Forged>,
}

impl Noise {
    /// A level out of few, or out of all.
    fn level(&mut self, many: bool) -> u8 {
        if many { self.below(256) as u8 } else { [0, 255, 100][self.below(3)] }
    }

    fn pixel(&mut self, many: bool) -> Pixel {
        let alpha = [0, 255, 255, 128, 1, 254][self.below(6)];
        [self.level(many), self.level(many), self.level(many), if many { self.level(true) } else { alpha }]
    }
}

/// Any film that `format` can be; the first frame covers the canvas if it is to be `whole`.
fn film(noise: &mut Noise, format: Format, whole: bool) -> Film {
    let side = |noise: &mut Noise| [1, 2, 3, 7, 8, 17, 30][noise.below(7)];
    let (width, height, many) = (side(noise), side(noise), noise.below(2) == 0);
    // Frames of a WebP begin at even pixels, and cannot be undone.
    let (step, disposals) = if format == Format::WebP { (2, 2) } else { (1, 3) };
    let disposals = &[Disposal::Keep, Disposal::Clear, Disposal::Restore][..disposals];
    let frame = |noise: &mut Noise, number: usize| {
        let (left, top) = (noise.below(width) / step * step, noise.below(height) / step * step);
        let mut rect = Rect { left, top, width: 1 + noise.below(width - left), height: 1 + noise.below(height - top) };
        if whole && number == 0 {
            rect = Rect::of_size(width, height);
        }
        let flat = noise.pixel(many);
        let is_flat = noise.below(3) == 0;
        Forged {
            rect,
            pixels: (0..rect.area()).map(|_| if is_flat { flat } else { noise.pixel(many) }).collect(),
            delay: [20, 30, 700][noise.below(3)],
            disposal: disposals[noise.below(disposals.len())],
            blends: noise.below(2) == 0,
        }
    };
    let count = 2 + noise.below(7);
    Film {
        width,
        height,
        plays: noise.below(4) as u32,
        frames: (0..count).map(|number| frame(noise, number)).collect(),
    }
}

/// What a viewer shows of `film`, frame by frame.
fn composite(film: &Film) -> Vec<Vec<Pixel>> {
    let mut canvas = vec![CLEAR; film.width * film.height];
    let mut pictures = Vec::new();
    for Forged { rect, pixels, disposal, blends, .. } in &film.frames {
        let before = canvas.clone();
        let places = rect.rows().flat_map(|y| rect.row(y, film.width));
        for (at, &pixel) in places.clone().zip(pixels) {
            canvas[at] = if *blends { mixed(pixel, canvas[at]) } else { pixel };
        }
        pictures.push(canvas.clone());
        match disposal {
            Disposal::Keep => {}
            Disposal::Clear => places.for_each(|at| canvas[at] = CLEAR),
            Disposal::Restore => canvas = before,
        }
    }
    pictures
}

/// `front` over `back`, as PNG 13.16 and RFC 9649 2.7.1.1 have it.
fn mixed(front: Pixel, back: Pixel) -> Pixel {
    let [a, b] = [front, back].map(|pixel| f64::from(pixel[3]) / 255.0);
    let alpha = a + b * (1.0 - a);
    if alpha == 0.0 {
        return CLEAR;
    }
    let color = |i: usize| (f64::from(front[i]) * a + f64::from(back[i]) * b * (1.0 - a)) / alpha;
    // What lies halfway between two levels, but for what `f64` makes of it, goes up.
    [color(0), color(1), color(2), 255.0 * alpha].map(|level| (level + 1e-9).round() as u8)
}

/// Pixels as they are seen: those that are clear are all alike.
fn seen(pixels: &[Pixel]) -> Vec<Pixel> {
    pixels.iter().map(|&pixel| if pixel[3] == 0 { CLEAR } else { pixel }).collect()
}

/// `film` as PNG; behind a still picture of its own, if that is to stand `apart`.
fn forged_png(film: &Film, apart: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut bytes, film.width as u32, film.height as u32);
    encoder.set_color(::png::ColorType::Rgba);
    encoder.set_animated(film.frames.len() as u32, film.plays).unwrap();
    encoder.set_sep_def_img(apart).unwrap();
    let mut writer = encoder.write_header().unwrap();
    if apart {
        writer.write_image_data(&vec![77; 4 * film.width * film.height]).unwrap();
    }
    for (number, frame) in film.frames.iter().enumerate() {
        let [left, top, width, height] =
            [frame.rect.left, frame.rect.top, frame.rect.width, frame.rect.height].map(|side| side as u32);
        if apart || number > 0 {
            writer.reset_frame_position().unwrap();
            writer.set_frame_dimension(width, height).unwrap();
            writer.set_frame_position(left, top).unwrap();
        }
        let (delay, parts) = if frame.delay > 0xFFFF { (frame.delay / 1000, 1) } else { (frame.delay, 1000) };
        writer.set_frame_delay(delay as u16, parts).unwrap();
        writer.set_blend_op(if frame.blends { ::png::BlendOp::Over } else { ::png::BlendOp::Source }).unwrap();
        let disposal = match frame.disposal {
            Disposal::Keep => ::png::DisposeOp::None,
            Disposal::Clear => ::png::DisposeOp::Background,
            Disposal::Restore => ::png::DisposeOp::Previous,
        };
        writer.set_dispose_op(disposal).unwrap();
        writer.write_image_data(frame.pixels.as_flattened()).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// `film` as WebP, chunk by chunk (RFC 9649, 2.7); its frames are without loss.
fn forged_webp(film: &Film) -> Vec<u8> {
    let three = |number: usize| number.to_le_bytes()[..3].to_vec();
    let chunk = |kind: &[u8; 4], data: &[u8]| [kind, &(data.len() as u32).to_le_bytes()[..], data].concat();
    let header = [vec![0x12, 0, 0, 0], three(film.width - 1), three(film.height - 1)].concat();
    // Behind everything is a red that no viewer paints.
    let animation = [&[0, 0, 255, 255][..], &(film.plays as u16).to_le_bytes()].concat();
    let mut body = [b"WEBP".to_vec(), chunk(b"VP8X", &header), chunk(b"ANIM", &animation)].concat();
    for Forged { rect, pixels, delay, disposal, blends } in &film.frames {
        let mut still = Vec::new();
        let encoder = image_webp::WebPEncoder::new(&mut still);
        let (width, height) = (rect.width as u32, rect.height as u32);
        encoder.encode(pixels.as_flattened(), width, height, image_webp::ColorType::Rgba8).unwrap();
        assert_eq!(still[12..16], *b"VP8L");
        let numbers =
            [rect.left / 2, rect.top / 2, rect.width - 1, rect.height - 1, *delay as usize].map(three).concat();
        let flags = u8::from(!blends) << 1 | u8::from(*disposal == Disposal::Clear);
        body.extend(chunk(b"ANMF", &[&numbers[..], &[flags], &still[12..]].concat()));
    }
    chunk(b"RIFF", &body)
}

/// Checks that what we show of `source` is what `film` shows, and that nothing changes where we say that it does not.
fn check_canvas(reel: Reel<'_>, film: &Film, name: &str) {
    let Reel { width, height, plays, mut frames } = reel;
    assert_eq!((width, height, plays), (film.width, film.height, film.plays), "{name}");
    let mut canvas = Canvas::new(width, height);
    for (number, picture) in composite(film).iter().enumerate() {
        let before = canvas.pixels.clone();
        let (dirty, delay) = frames.paint(&mut canvas).unwrap().unwrap_or_else(|| panic!("{name}: no frame {number}"));
        assert_eq!(delay.units(1000, u32::MAX), film.frames[number].delay, "{name}: delay {number}");
        assert_eq!(seen(&canvas.pixels), seen(picture), "{name}: frame {number}");
        for (at, (old, new)) in before.iter().zip(&canvas.pixels).enumerate() {
            let (x, y) = (at % width, at / width);
            let inside = dirty.rows().contains(&y) && (dirty.left..dirty.right()).contains(&x);
            assert!(inside || old == new, "{name}: {x}, {y} changed in frame {number}");
        }
    }
    assert!(frames.paint(&mut canvas).unwrap().is_none(), "{name}");
}

/// A picture, and for how many milliseconds it is shown.
type Shown = (Vec<Pixel>, u32);

/// How often `source`, a PNG of ours, is played, and what it shows: frames that replace what was there and stay.
fn played_png(source: &[u8], name: &str) -> (u32, Vec<Shown>) {
    let mut decoder = ::png::Decoder::new(std::io::Cursor::new(source));
    decoder.set_transformations(::png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let control = *reader.info().animation_control().unwrap_or_else(|| panic!("{name}: it stands still"));
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let mut canvas = vec![CLEAR; width * height];
    let mut pictures = Vec::new();
    for _ in 0..control.num_frames {
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let output = reader.next_frame(&mut bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let frame = reader.info().frame_control().unwrap();
        assert_eq!((frame.dispose_op, frame.blend_op), (::png::DisposeOp::None, ::png::BlendOp::Source), "{name}");
        let rect = Rect::between(
            frame.x_offset as usize,
            frame.y_offset as usize,
            (frame.x_offset + frame.width) as usize,
            (frame.y_offset + frame.height) as usize,
        );
        let pixels = bytes.chunks_exact(output.color_type.samples()).map(|pixel| match *pixel {
            [level] => [level, level, level, 255],
            [level, alpha] => [level, level, level, alpha],
            [r, g, b] => [r, g, b, 255],
            [r, g, b, alpha] => [r, g, b, alpha],
            _ => unreachable!("PNG has four channels at most"),
        });
        rect.rows().flat_map(|y| rect.row(y, width)).zip(pixels).for_each(|(at, pixel)| canvas[at] = pixel);
        let (seconds, parts) = (u32::from(frame.delay_num), u32::from(frame.delay_den));
        assert_eq!(1000 * seconds % parts, 0, "{name}: {seconds}/{parts}");
        pictures.push((canvas.clone(), 1000 * seconds / parts));
    }
    (control.num_plays, pictures)
}

/// How often `source`, a WebP of ours without loss, is played, and what it shows: frames that stay. The crate
/// `image-webp` decodes them one by one; what it makes of blended ones is a level off.
fn played_webp(source: &[u8]) -> (u32, Vec<Shown>) {
    let (mut plays, mut canvas, mut width) = (None, Vec::new(), 0);
    let mut pictures = Vec::new();
    let three = |data: &[u8]| usize::from(data[0]) | usize::from(data[1]) << 8 | usize::from(data[2]) << 16;
    let mut rest = &source[12..];
    while let [a, b, c, d, l0, l1, l2, l3, behind @ ..] = rest {
        let (data, next) = behind.split_at(u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize);
        rest = &next[data.len() % 2..];
        match &[*a, *b, *c, *d] {
            b"VP8X" => {
                width = 1 + three(&data[4..]);
                canvas = vec![CLEAR; width * (1 + three(&data[7..]))];
            }
            b"ANIM" => plays = Some(u16::from_le_bytes([data[4], data[5]]).into()),
            b"ANMF" => {
                let (left, top) = (2 * three(data), 2 * three(&data[3..]));
                let rect = Rect { left, top, width: 1 + three(&data[6..]), height: 1 + three(&data[9..]) };
                assert_eq!(data[15] & 1, 0, "it is disposed of");
                let places = rect.rows().flat_map(|y| rect.row(y, width));
                for (at, pixel) in places.zip(still_webp(&data[16..])) {
                    canvas[at] = if data[15] & 2 == 0 { mixed(pixel, canvas[at]) } else { pixel };
                }
                pictures.push((canvas.clone(), three(&data[12..]) as u32));
            }
            kind => panic!("a chunk {}", kind.escape_ascii()),
        }
    }
    (plays.unwrap(), pictures)
}

/// The pixels of a frame's chunks.
fn still_webp(chunks: &[u8]) -> Vec<Pixel> {
    let still = [b"RIFF", &(4 + chunks.len() as u32).to_le_bytes(), b"WEBP", chunks].concat();
    let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(still)).unwrap();
    let mut bytes = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut bytes).unwrap();
    if decoder.has_alpha() {
        bytes.as_chunks().0.to_vec()
    } else {
        bytes.as_chunks().0.iter().map(|&[r, g, b]| [r, g, b, 255]).collect()
    }
}

/// Checks that at any time the half of `source` in `format` shows the half of what `film` shows, as often. How many of
/// its frames changed something.
fn check_half(source: &[u8], film: &Film, format: Format, name: &str) -> usize {
    let name = &format!("half of {name} as {format}");
    let half = crate::halve(source, &Options { format: Some(Target::from(format)), ..Options::default() }).unwrap();
    assert!(!half.decisions.iter().any(|one| matches!(one, Decision::PaletteReduced { .. })), "{name}");
    let (plays, halves) = if format == Format::Png { played_png(&half.bytes, name) } else { played_webp(&half.bytes) };
    assert_eq!(plays, film.plays, "{name}");
    let frames = halves.len();
    let mut halves = halves.into_iter();
    let (mut now, mut left) = (Vec::new(), 0);
    for (number, (picture, frame)) in composite(film).iter().zip(&film.frames).enumerate() {
        let samples = Samples::Eight(picture.as_flattened().to_vec());
        let whole = Raster { width: film.width, height: film.height, model: Model::Rgba, samples };
        let Samples::Eight(wanted) = halve(&whole, Kernel::Sharp, Light::Encoded).samples else { unreachable!() };
        let mut time = frame.delay;
        while time > 0 {
            if left == 0 {
                (now, left) = halves.next().unwrap_or_else(|| panic!("{name}: no picture at frame {number}"));
            }
            assert_eq!(seen(&now), seen(wanted.as_chunks().0), "{name}: frame {number}");
            let both = time.min(left);
            (time, left) = (time - both, left - both);
        }
    }
    assert_eq!((left, halves.next()), (0, None), "{name}");
    frames
}

#[test]
fn forged_pngs_show_what_they_show_and_halves_of_it() {
    let mut noise = Noise(0xA11CE);
    let mut frames = 0;
    for round in 0..150 {
        let apart = noise.below(3) == 0;
        let film = film(&mut noise, Format::Png, !apart);
        let source = forged_png(&film, apart);
        let name = format!("PNG {round}");
        check_canvas(crate::png::reel(&source).unwrap(), &film, &name);
        frames += check_half(&source, &film, Format::Png, &name) + check_half(&source, &film, Format::WebP, &name);
    }
    assert!(frames > 1000, "only {frames} pictures differed from the ones before");
}

#[test]
fn forged_webps_show_what_they_show_and_halves_of_it() {
    let mut noise = Noise(0xB0B);
    let mut frames = 0;
    for round in 0..150 {
        let film = film(&mut noise, Format::WebP, round % 2 == 0);
        let source = forged_webp(&film);
        let name = format!("WebP {round}");
        check_canvas(crate::webp::reel(&source).unwrap(), &film, &name);
        frames += check_half(&source, &film, Format::Png, &name) + check_half(&source, &film, Format::WebP, &name);
    }
    assert!(frames > 1000, "only {frames} pictures differed from the ones before");
}

#[test]
fn a_first_frame_that_is_undone_leaves_nothing() {
    let frame = |pixel: Pixel, disposal, width| {
        let rect = Rect::of_size(width, 1);
        Forged { rect, pixels: vec![pixel; width], delay: 20, disposal, blends: true }
    };
    let [red, blue] = [[255, 0, 0, 255], [0, 0, 255, 128]];
    let frames = vec![frame(red, Disposal::Restore, 4), frame(blue, Disposal::Keep, 2)];
    let film = Film { width: 4, height: 1, plays: 0, frames };
    assert_eq!(composite(&film)[1], [blue, blue, CLEAR, CLEAR]);
    let source = forged_png(&film, false);
    check_canvas(crate::png::reel(&source).unwrap(), &film, "a first frame");
}

/// A film of two pixels that change, shown for so many milliseconds each.
fn slow_film(delays: [u32; 3]) -> Film {
    let frame = |(number, delay)| {
        let pixels = vec![[60 * number as u8, 200, 7, 255]; 2];
        Forged { rect: Rect::of_size(2, 1), pixels, delay, disposal: Disposal::Keep, blends: false }
    };
    Film { width: 2, height: 1, plays: 1, frames: delays.into_iter().enumerate().map(frame).collect() }
}

#[test]
fn long_delays_are_kept_in_every_format() {
    let film = slow_film([700_000, 30, 1_600_000]);
    let source = forged_webp(&film);
    check_half(&source, &film, Format::Png, "a slow WebP");
    check_half(&source, &film, Format::WebP, "a slow WebP");
    let options = Options { format: Some(Target::Gif), ..Options::default() };
    let half = crate::halve(&source, &options).unwrap();
    let mut decoder = ::gif::DecodeOptions::new().read_info(&half.bytes[..]).unwrap();
    let mut delays = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        delays.push(frame.delay);
    }
    assert_eq!(delays, [35_000, 35_000, 3, 53_333, 53_333, 53_334]);

    let film = slow_film([20_000_000, 30, 65_535_000]);
    let source = forged_png(&film, false);
    check_half(&source, &film, Format::Png, "a slow PNG");
    check_half(&source, &film, Format::WebP, "a slow PNG");
}

/// A grey PNG of two frames, or of one that stands still, with a profile that describes grey levels if `described`.
fn forged_grey(depth: ::png::BitDepth, moves: bool, described: bool) -> Vec<u8> {
    let (width, height) = (32, 9);
    let mut info = ::png::Info::with_size(width, height);
    (info.bit_depth, info.color_type) = (depth, ::png::ColorType::Grayscale);
    let mut profile = vec![0; 132];
    profile[3] = 132;
    profile[16..20].copy_from_slice(b"GRAY");
    profile[36..40].copy_from_slice(b"acsp");
    info.icc_profile = described.then(|| profile.into());
    let row_bytes = width as usize * depth as usize / 8;
    let mut noise = Noise(3);
    let mut bytes = Vec::new();
    let mut encoder = ::png::Encoder::with_info(&mut bytes, info).unwrap();
    if moves {
        encoder.set_animated(2, 0).unwrap();
    }
    let mut writer = encoder.write_header().unwrap();
    for _ in 0..if moves { 2 } else { 1 } {
        let data: Vec<u8> = (0..row_bytes * height as usize).map(|_| noise.level(true)).collect();
        if moves {
            writer.set_frame_delay(1, 10).unwrap();
        }
        writer.write_image_data(&data).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

#[test]
fn grey_is_halved_as_in_a_still_picture_and_keeps_its_profile() {
    let halved = |source: Vec<u8>| crate::halve(&source, &Options::default()).unwrap();
    for depth in [1, 2, 4, 8].map(|depth| ::png::BitDepth::from_u8(depth).unwrap()) {
        for described in [false, true] {
            let name = &format!("{depth:?}, described {described}");
            let still = halved(forged_grey(depth, false, described));
            let moving = halved(forged_grey(depth, true, described));
            let first = &played_png(&moving.bytes, name).1[0].0;
            let mut decoder = ::png::Decoder::new(std::io::Cursor::new(&still.bytes));
            decoder.set_transformations(::png::Transformations::EXPAND);
            let mut reader = decoder.read_info().unwrap();
            let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
            let channels = reader.next_frame(&mut bytes).unwrap().color_type.samples();
            let levels: Vec<u8> = bytes.chunks(channels).map(|pixel| pixel[0]).collect();
            assert_eq!(first.iter().map(|pixel| pixel[0]).collect::<Vec<_>>(), levels, "{name}");
            let kept = |half: &Output| half.decisions.contains(&Decision::ProfileKept { bytes: 132 });
            assert_eq!([kept(&moving), kept(&still)], [described; 2], "{name}");
            let options = Options { animation: Animation::First, ..Options::default() };
            let alone = crate::halve(&forged_grey(depth, true, described), &options).unwrap();
            assert!(alone.bytes == still.bytes, "{name}: the first frame alone");
            let reader = ::png::Decoder::new(std::io::Cursor::new(&moving.bytes)).read_info().unwrap();
            let info = reader.info();
            assert_eq!(info.icc_profile.is_some(), described, "{name}");
            let is_grey = info.color_type == ::png::ColorType::Grayscale;
            assert!(is_grey || !described, "{name}: a grey profile beside {:?}", info.color_type);
        }
    }
}

#[test]
fn what_stands_still_between_two_movers_is_not_coded_again() {
    // Noise, and two squares that move in opposite corners: what changes lies in a rectangle around nearly all of it.
    let mut noise = Noise(8);
    let ground: Vec<Pixel> = (0..128 * 128).map(|_| [noise.level(true), noise.level(true), 80, 255]).collect();
    let frame = |number: usize| {
        let mut pixels = ground.clone();
        for y in 0..8 {
            pixels[(4 + y) * 128 + 4 + 4 * number..][..8].fill([255, 0, 0, 255]);
            pixels[(114 + y) * 128 + 112 - 4 * number..][..8].fill([0, 0, 255, 255]);
        }
        Forged { rect: Rect::of_size(128, 128), pixels, delay: 30, disposal: Disposal::Keep, blends: false }
    };
    let film = Film { width: 128, height: 128, plays: 0, frames: (0..5).map(frame).collect() };
    let options = Options { format: Some(Target::WebP), webp: crate::Coding::Lossy, ..Options::default() };
    let half = crate::halve(&forged_png(&film, false), &options).unwrap();
    let mut frames = crate::webp::reel(&half.bytes).unwrap().frames;
    let mut canvas = Canvas::new(64, 64);
    frames.paint(&mut canvas).unwrap();
    // The rows between the macroblocks of one and the other.
    let between = 20 * 64..44 * 64;
    let first = canvas.pixels[between.clone()].to_vec();
    let mut number = 1;
    while frames.paint(&mut canvas).unwrap().is_some() {
        assert!(canvas.pixels[between.clone()] == first, "frame {number}");
        number += 1;
    }
    assert_eq!(number, 5);
}
