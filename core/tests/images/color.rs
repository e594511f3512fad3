//! What says how colours look: kept, given up with a word, and never woken where viewers pass over it.

use halver::{Coding, Decision, Format, Options, Output, Target, halve};

use crate::corpus::{half, half_with, source};

/// gAMA: samples are light.
const LINEAR: [u8; 4] = 100_000_u32.to_be_bytes();

/// cICP: Display P3's primaries, sRGB's transfer function, RGB, full range.
const P3: [u8; 4] = [12, 13, 0, 1];

/// Bytes of a PNG up to behind IHDR.
const HEAD: usize = 33;

/// Bytes of IEND.
const END: usize = 12;

fn to(target: Target) -> Options {
    Options { format: Some(target), ..Options::default() }
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let summed = [kind, data].concat();
    [&(data.len() as u32).to_be_bytes()[..], &summed, &crc32fast::hash(&summed).to_be_bytes()].concat()
}

/// A chunk with a wrong sum.
fn damaged(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = chunk(kind, data);
    *chunk.last_mut().unwrap() ^= 1;
    chunk
}

/// `png` with `chunks` behind its IHDR.
fn with(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    [&png[..HEAD], &chunks.concat(), &png[HEAD..]].concat()
}

/// `png` with `chunks` behind its pixels.
fn with_behind(png: &[u8], chunks: &[Vec<u8>]) -> Vec<u8> {
    let end = png.len() - END;
    [&png[..end], &chunks.concat(), &png[end..]].concat()
}

fn plain(png: &[u8]) -> Output {
    halve(png, &Options::default()).unwrap()
}

/// Whether there is a chunk of this kind, and these data.
fn has(png: &[u8], kind: &[u8; 4], data: &[u8]) -> bool {
    let chunk = chunk(kind, data);
    png.windows(chunk.len()).any(|window| window == chunk)
}

/// A profile that passes for one of this space, with nothing in it.
fn profile(space: &[u8; 4]) -> Vec<u8> {
    let mut profile = vec![0; 132];
    profile[3] = 132;
    profile[16..20].copy_from_slice(space);
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

fn iccp(profile: &[u8]) -> Vec<u8> {
    [&b"name\0\0"[..], &fdeflate::compress_to_vec(profile)].concat()
}

#[test]
fn every_chunk_of_colours_is_carried() {
    let primaries = [31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000].map(u32::to_be_bytes);
    let chunks: [(&[u8; 4], &[u8]); 6] = [
        (b"cICP", &P3),
        (b"mDCV", &[7; 24]),
        (b"cLLI", &[1, 2, 3, 4, 5, 6, 7, 8]),
        (b"gAMA", &LINEAR),
        (b"cHRM", primaries.as_flattened()),
        (b"sRGB", &[2]),
    ];
    for (kind, data) in chunks {
        // The last two belong to cICP.
        let points = chunk(b"cICP", &P3);
        let alone = [chunk(kind, data)];
        let both = [points, chunk(kind, data)];
        let chunks = if [b"mDCV", b"cLLI"].contains(&kind) { &both[..] } else { &alone[..] };
        let half = plain(&with(&source("one-pixel.png"), chunks));
        assert!(has(&half.bytes, kind, data), "{}", kind.escape_ascii());
        assert_eq!(half.decisions.iter().filter(|d| !matches!(d, Decision::LargerThanSource { .. })).count(), 0);
    }
    let half = plain(&with(&source("photo.png"), &[chunk(b"cICP", &P3), chunk(b"gAMA", &LINEAR)]));
    assert!(has(&half.bytes, b"cICP", &P3), "cICP goes before a profile, and beside it");
    assert!(!has(&half.bytes, b"gAMA", &LINEAR), "a profile goes before gAMA");
}

#[test]
fn what_viewers_pass_over_is_not_woken() {
    let plain_source = source("one-pixel.png");
    let expected = plain(&plain_source).bytes;
    let zero = [0; 4];
    for (what, file) in [
        ("behind the pixels", with_behind(&plain_source, &[chunk(b"gAMA", &LINEAR), chunk(b"cICP", &P3)])),
        ("with a wrong sum", with(&plain_source, &[damaged(b"gAMA", &LINEAR), damaged(b"cICP", &P3)])),
        ("of no light", with(&plain_source, &[chunk(b"gAMA", &zero)])),
    ] {
        assert_eq!(plain(&file).bytes, expected, "{what}");
    }
    let behind_palette = {
        let png = source("palette.png");
        let at = png.windows(4).position(|window| window == b"IDAT").unwrap() - 4;
        [&png[..at], &chunk(b"gAMA", &LINEAR), &png[at..]].concat()
    };
    assert_eq!(plain(&behind_palette).bytes, half("palette.png").bytes, "behind the palette");
    for second in [[0; 4], 45455_u32.to_be_bytes()] {
        let file = with(&plain_source, &[chunk(b"gAMA", &LINEAR), chunk(b"gAMA", &second)]);
        assert!(has(&plain(&file).bytes, b"gAMA", &LINEAR), "the first of two stays");
    }
}

#[test]
fn a_profile_where_or_as_it_does_not_count_is_dropped_with_a_word() {
    let png = source("one-pixel.png");
    let data = iccp(&profile(b"RGB "));
    let reasons = |file: &[u8]| -> Vec<_> {
        let decisions = plain(file).decisions.into_iter();
        decisions.filter(|d| matches!(d, Decision::ProfileDropped { .. } | Decision::ProfileKept { .. })).collect()
    };
    assert_eq!(reasons(&with(&png, &[chunk(b"iCCP", &data)])), [Decision::ProfileKept { bytes: 132 }]);
    let late = Decision::ProfileDropped { reason: "it lies behind what it is for" };
    assert_eq!(reasons(&with_behind(&png, &[chunk(b"iCCP", &data)])), [late]);
    let damage = Decision::ProfileDropped { reason: "its chunk has a wrong checksum" };
    assert_eq!(reasons(&with(&png, &[damaged(b"iCCP", &data)])), [damage]);
}

#[test]
fn colour_chunks_have_a_place_in_png_alone() {
    let dropped = Decision::ColorChunksDropped;
    assert_eq!(half("gamma.png").decisions, []);
    assert!(half_with("gamma.png", &to(Target::WebP)).decisions.contains(&dropped));
    assert!(!half_with("photo.png", &to(Target::WebP)).decisions.contains(&dropped));
}

/// `jpeg` with `profile` in an APP2 segment (ICC.1, B.4) behind SOI.
fn with_profile(jpeg: &[u8], profile: &[u8]) -> Vec<u8> {
    let data = [&b"ICC_PROFILE\0\x01\x01"[..], profile].concat();
    [&jpeg[..2], &[0xFF, 0xE2], &(data.len() as u16 + 2).to_be_bytes()[..], &data, &jpeg[2..]].concat()
}

#[test]
fn the_smallest_format_is_one_that_keeps_the_colours() {
    let photo = source("photo.png");
    let grey = profile(b"GRAY");
    for (what, file, format) in [
        ("wide primaries", source("gamma.png"), Format::Png),
        ("Display P3 by cICP", with(&photo, &[chunk(b"cICP", &P3)]), Format::Png),
        ("the same moving", with(&source("animated.png"), &[chunk(b"cICP", &P3)]), Format::Png),
        ("an sRGB profile", photo.clone(), Format::WebP),
        ("a profile for grey", with_profile(&source("photo-grey.jpg"), &grey), Format::Jpeg),
        ("the same as PNG", with(&source("bilevel.png"), &[chunk(b"iCCP", &iccp(&grey))]), Format::Png),
        ("grey without one", source("photo-grey.jpg"), Format::WebP),
    ] {
        let half = halve(&file, &to(Target::Auto)).unwrap();
        assert_eq!(half.format, format, "{what}");
        let lost = |d: &Decision| matches!(d, Decision::ProfileDropped { .. } | Decision::ColorChunksDropped);
        assert!(!half.decisions.iter().any(lost), "{what}: {:?}", half.decisions);
    }
}

#[test]
fn what_shall_lose_nothing_does_not_for_the_smallest_format_either() {
    let lossless = Options { webp: Coding::Lossless, ..to(Target::Auto) };
    let half = half_with("photo.png", &lossless);
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_rgba8();
    assert!(!half.lossy, "{}", half.format);
    assert!(pixels(&half.bytes) == pixels(&half_with("photo.png", &to(Target::Png)).bytes));
    let photo = half_with("photo-420.jpg", &lossless);
    assert_eq!(photo.format, Format::Jpeg, "what came with loss does not grow");
    let lossy = half_with("badge.png", &Options { webp: Coding::Lossy, ..to(Target::Auto) });
    assert!(lossy.lossy || lossy.format == Format::Png);
}

#[test]
fn what_no_other_format_holds_becomes_a_png() {
    let (width, height) = (140_000, 4);
    let mut seed = 1_u32;
    let noise = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    });
    let samples: Vec<u8> = noise.take(width * height * 3).collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    let half = halve(&file, &to(Target::Auto)).unwrap();
    assert_eq!((half.format, half.width, half.height), (Format::Png, 70_000, 2));
}
