//! The rules of the house: what is kept, what goes, and what is said about it.

use halver::{
    Animation, Coding, Color, Decision, Error, Format, Light, Limit, Limits, Metadata, Options, Output, Quality, Suits,
    Target, halve, probe,
};

use crate::corpus::{half, half_pixels, half_with, mean_difference, source};

fn to(format: Format) -> Options {
    Options { format: Some(format.into()), ..Options::default() }
}

#[test]
fn sides_are_halved_and_odd_ones_round_up() {
    for (name, size) in [
        ("photo-420.jpg", (81, 61)),
        ("photo.png", (81, 61)),
        ("photo-lossy.webp", (81, 61)),
        ("photo.gif", (81, 61)),
        ("one-pixel.png", (1, 1)),
        ("one-column.jpg", (1, 61)),
        ("badge.png", (49, 32)),
        ("orientation-6.jpg", (24, 18)),
    ] {
        let half = half(name);
        assert_eq!((half.width, half.height), size, "{name}");
        let info = probe(&half.bytes).unwrap();
        assert_eq!((info.width, info.height), size, "{name}, as its own header says");
        assert_eq!(info.format, half.source.format, "{name}");
    }
}

#[test]
fn every_orientation_comes_out_upright_and_says_so() {
    let upright = half_pixels("orientation-1.jpg");
    for orientation in 2..=8 {
        let name = format!("orientation-{orientation}.jpg");
        let difference = mean_difference(&upright, &half_pixels(&name));
        assert!(difference < 2.5, "{name}: {difference}");
        let half = half(&name);
        assert_eq!(half.decisions[0], Decision::Rotated { orientation });
        assert_eq!(probe(&half.bytes).unwrap().orientation, 1, "{name}");
    }
}

#[test]
fn private_metadata_goes_and_the_profile_stays() {
    let whole = source("private.jpg");
    let half = half("private.jpg");
    let profile_bytes = probe(&whole).unwrap().profile_bytes;
    let kinds = vec![Metadata::Exif, Metadata::Gps, Metadata::Text];
    assert_eq!(half.decisions, [Decision::MetadataRemoved { kinds }, Decision::ProfileKept { bytes: profile_bytes },]);
    assert_eq!(probe(&half.bytes).unwrap().profile_bytes, profile_bytes);
    for word in [&b"Exif"[..], b"Halver", b"taken at home"] {
        assert!(whole.windows(word.len()).any(|window| window == word));
        assert!(!half.bytes.windows(word.len()).any(|window| window == word), "{}", word.escape_ascii());
    }
}

#[test]
fn a_quantization_table_that_was_replaced_says_nothing() {
    let whole = source("photo-444-q95.jpg");
    let coarse: Vec<u8> =
        [0, 1].into_iter().flat_map(|table| [&[0xFF, 0xDB, 0, 67, table][..], &[200; 64]].concat()).collect();
    let replaced = [&whole[..2], &coarse, &whole[2..]].concat();
    assert_eq!(probe(&replaced).unwrap().quality, probe(&whole).unwrap().quality);
    assert_eq!(halve(&replaced, &Options::default()).unwrap().bytes, half("photo-444-q95.jpg").bytes);
}

#[test]
fn application_segments_and_comments_without_a_length_are_passed_over() {
    let whole = source("photo-420.jpg");
    for marker in [0xE1, 0xEC, 0xEE, 0xFE] {
        for length in [0, 1] {
            let empty = [&whole[..2], &[0xFF, marker, 0, length], &whole[2..]].concat();
            assert_eq!(halve(&empty, &Options::default()).unwrap().bytes, half("photo-420.jpg").bytes, "{marker:X}");
        }
    }
}

#[test]
fn a_jpeg_is_never_encoded_finer_than_its_source() {
    for name in ["photo-420.jpg", "photo-444-q95.jpg", "photo-422-q60.jpg", "photo-grey.jpg"] {
        for asked in [1, 30, 60, 61, 80, 100] {
            let half = half_with(name, &Options { quality: Quality::new(asked).unwrap(), ..Options::default() });
            let used = probe(&half.bytes).unwrap().quality.unwrap();
            let source = half.source.quality.unwrap();
            assert_eq!(used, asked.min(source), "{name} at {asked}");
            let limited = Decision::QualityLimited { asked, used };
            assert_eq!(half.decisions.contains(&limited), asked > source, "{name} at {asked}");
        }
    }
    assert_eq!(probe(&source("photo-422-q60.jpg")).unwrap().quality, Some(60));
}

#[test]
fn density_is_kept_and_turned_with_the_picture() {
    // JFIF: unit, pixels across, pixels down.
    let density = |bytes: &[u8]| <[u8; 5]>::try_from(&bytes[13..18]).unwrap();
    for (name, turned) in [("photo-420.jpg", [1, 0, 72, 1, 44]), ("orientation-6.jpg", [1, 1, 44, 0, 72])] {
        let mut whole = source(name);
        assert_eq!(&whole[6..11], b"JFIF\0");
        whole[13..18].copy_from_slice(&[1, 0, 72, 1, 44]);
        assert_eq!(density(&halve(&whole, &Options::default()).unwrap().bytes), turned, "{name}");
    }
    assert_eq!(density(&half_with("photo.png", &to(Format::Jpeg)).bytes), [0, 0, 1, 0, 1]);
}

#[test]
fn kind_stays_kind() {
    for (name, color, depth, alpha) in [
        ("photo-grey.jpg", Color::Grey, 8, false),
        ("photo-420.jpg", Color::YCbCr, 8, false),
        ("photo-cmyk.jpg", Color::YCbCr, 8, false),
        ("photo.png", Color::Rgb, 8, false),
        ("badge.png", Color::Palette, 8, true),
        ("palette.png", Color::Palette, 8, false),
        ("bilevel.png", Color::Palette, 8, false),
        ("deep-grey.png", Color::Grey, 16, false),
        ("deep-rgb.png", Color::Rgb, 16, false),
        ("badge.gif", Color::Palette, 8, true),
        ("badge-lossless.webp", Color::Rgb, 8, true),
    ] {
        let info = probe(&half(name).bytes).unwrap();
        assert_eq!((info.color, info.depth, info.alpha), (color, depth, alpha), "{name}");
    }
}

#[test]
fn every_format_becomes_every_other() {
    for name in ["photo-420.jpg", "photo.png", "photo-lossy.webp", "photo.gif", "deep-rgb.png", "badge.png"] {
        let expected = half_pixels(name);
        for format in Target::ALL.into_iter().filter_map(Target::format) {
            let half = half_with(name, &to(format));
            assert_eq!(Format::sniff(&half.bytes), Ok(format), "{name}");
            let info = probe(&half.bytes).unwrap();
            assert_eq!((info.width, info.height), expected.dimensions(), "{name} to {format}");
        }
    }
    assert!(half_with("deep-rgb.png", &to(Format::WebP)).decisions.contains(&Decision::DepthReduced));
    assert!(
        half_with("photo.png", &to(Format::Gif)).decisions.iter().any(|d| matches!(d, Decision::PaletteReduced { .. }))
    );
}

#[test]
fn the_smallest_honest_format_is_chosen() {
    let auto = Options { format: Some(Target::Auto), ..Options::default() };
    for (name, format, suits) in [
        ("photo-420.jpg", Format::WebP, Suits::Photograph),
        ("photo.png", Format::WebP, Suits::Photograph),
        ("badge.png", Format::WebP, Suits::Graphic),
        ("palette.png", Format::WebP, Suits::Graphic),
        ("deep-rgb.png", Format::Png, Suits::Deep),
    ] {
        let half = half_with(name, &auto);
        assert_eq!(half.format, format, "{name}");
        assert!(half.decisions.contains(&Decision::FormatChosen { format, suits }), "{name}: {:?}", half.decisions);
        let others = [Target::Jpeg, Target::Png, Target::WebP];
        let webp = if suits == Suits::Photograph { Coding::Lossy } else { Coding::Lossless };
        let others = others.map(|other| half_with(name, &Options { format: Some(other), webp, ..auto.clone() }));
        let same = others.iter().find(|other| other.format == format).unwrap();
        assert!(half.bytes == same.bytes, "{name}");
        let given_up = |other: &Output| other.decisions.contains(&Decision::Flattened { background: [255; 3] });
        let is_rival = |other: &&Output| match suits {
            Suits::Photograph => other.format != Format::Png,
            _ => other.format != Format::Jpeg && !given_up(other),
        };
        let rivals = others.iter().filter(is_rival).filter(|_| suits != Suits::Deep);
        for rival in rivals {
            assert!(half.bytes.len() <= rival.bytes.len(), "{name}: {} is smaller", rival.format);
        }
    }
}

#[test]
fn transparency_is_given_up_only_with_a_word() {
    let flat = half_with("badge.png", &to(Format::Jpeg));
    assert!(flat.decisions.contains(&Decision::Flattened { background: [255; 3] }));
    let hard = half_with("badge.png", &to(Format::Gif));
    assert!(hard.decisions.contains(&Decision::TransparencyHardened));
    let kept = half("badge.png");
    assert_eq!(kept.decisions, []);
    let pixels = half_pixels("badge.png");
    assert_eq!(pixels.get_pixel(48, 31).0, [0, 0, 0, 0]);
    assert_eq!(pixels.get_pixel(16, 16).0, [220, 40, 60, 255]);
    assert_eq!(pixels.get_pixel(42, 18).0, [20, 90, 200, 128]);
}

#[test]
fn inks_become_the_colours_they_print() {
    let difference = mean_difference(&half_pixels("photo-cmyk.jpg"), &half_pixels("photo-420.jpg"));
    assert!(difference < 4.0, "{difference}");
    assert!(half("photo-cmyk.jpg").decisions.contains(&Decision::InksConverted));
}

#[test]
fn inks_are_inverted_without_an_adobe_marker_too() {
    for name in ["photo-cmyk.jpg", "tiny-cmyk.jpg"] {
        let marked = source(name);
        let at = marked.windows(5).position(|window| window == b"Adobe").unwrap();
        assert_eq!(marked[at + 11], 0, "{name}: no transform");
        let mut unmarked = marked.clone();
        unmarked[at] = b'X';
        let [marked, unmarked] = [marked, unmarked].map(|bytes| halve(&bytes, &Options::default()).unwrap().bytes);
        assert!(marked == unmarked, "{name}");
    }
}

#[test]
fn animation_goes_on_in_every_format_that_can() {
    for name in ["animated.gif", "animated.webp", "animated.png"] {
        let whole = source(name);
        assert_eq!(probe(&whole).unwrap().frames, 3, "{name}");
        for format in [Format::Gif, Format::Png, Format::WebP] {
            let half = halve(&whole, &to(format)).unwrap();
            let info = probe(&half.bytes).unwrap();
            assert_eq!((info.format, info.width, info.height, info.frames), (format, 20, 15, 3), "{name} to {format}");
            assert!(!half.decisions.contains(&Decision::FirstFrameOnly { frames: 3 }), "{name} to {format}");
        }
    }
}

/// How often an animation is played, 0 for ever: in a GIF one more than it is repeated.
fn plays(animation: &[u8]) -> u32 {
    let behind = |tag: &[u8]| {
        let at = animation.windows(tag.len()).position(|window| window == tag)?;
        animation[at + tag.len()..].first_chunk::<8>().copied()
    };
    if let Some([low, high, ..]) = behind(b"NETSCAPE2.0\x03\x01") {
        let repetitions = u32::from(u16::from_le_bytes([low, high]));
        return if repetitions == 0 { 0 } else { repetitions + 1 };
    }
    match (behind(b"acTL"), behind(b"ANIM\x06\0\0\0")) {
        (Some([_, _, _, _, plays @ ..]), _) => u32::from_be_bytes(plays),
        (_, Some([_, _, _, _, low, high, ..])) => u16::from_le_bytes([low, high]).into(),
        _ => 1,
    }
}

#[test]
fn animation_is_played_as_often_in_every_format() {
    let gif = source("animated.gif");
    let at = gif.windows(11).position(|window| window == b"NETSCAPE2.0").unwrap();
    let repeated = |times: u16| {
        let mut gif = gif.clone();
        gif[at + 13..][..2].copy_from_slice(&times.to_le_bytes());
        gif
    };
    // The extension is of 3 + 11 + 5 bytes.
    let once = [&gif[..at - 3], &gif[at + 16..]].concat();
    for (source, count) in
        [(once, 1), (repeated(0), 0), (repeated(1), 2), (repeated(7), 8), (repeated(0xFFFF), 0x10000)]
    {
        assert_eq!(plays(&source), count);
        for through in [Format::Gif, Format::Png, Format::WebP] {
            // A WebP says 65535 at most.
            let most = |format| if format == Format::WebP { 0xFFFF } else { u32::MAX };
            let half = halve(&source, &to(through)).unwrap();
            assert_eq!(plays(&half.bytes), count.min(most(through)), "{count} to {through}");
            for format in [Format::Gif, Format::Png, Format::WebP] {
                let quarter = halve(&half.bytes, &to(format)).unwrap();
                let expected = count.min(most(through)).min(most(format));
                assert_eq!(plays(&quarter.bytes), expected, "{count} to {through} to {format}");
            }
        }
    }
}

#[test]
fn animation_is_never_flattened_in_silence() {
    for (name, format) in
        [("animated.gif", Format::Gif), ("animated.webp", Format::WebP), ("animated.png", Format::Png)]
    {
        assert_eq!(probe(&source(name)).unwrap().frames, 3, "{name}");
        for target in [None, Some(Target::Gif), Some(Target::WebP), Some(Target::Png), Some(Target::Auto)] {
            let half = half_with(name, &Options { format: target, ..Options::default() });
            assert_eq!(probe(&half.bytes).unwrap().frames, 3, "{name} to {target:?}");
        }
        let still = Options { format: Some(Target::Jpeg), ..Options::default() };
        let refused = Error::UnsupportedFeature { format, feature: "animation as JPEG (its first frame alone can be)" };
        assert_eq!(halve(&source(name), &still).err(), Some(refused), "{name}");
        let first = half_with(name, &Options { animation: Animation::First, ..still });
        assert!(first.decisions.contains(&Decision::FirstFrameOnly { frames: 3 }), "{name}");
    }
}

#[test]
fn a_half_with_more_bytes_than_the_whole_says_so() {
    for entry in std::fs::read_dir(crate::corpus::root().join("core/tests/corpus")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let whole = source(&name);
        let Ok(half) = halve(&whole, &Options::default()) else { continue };
        let more = half.bytes.len().saturating_sub(whole.len()) as u64;
        let said = half.decisions.contains(&Decision::LargerThanSource { by: more });
        assert_eq!(said, more > 0, "{name}");
    }
}

#[test]
fn errors_say_whose_move_it_is() {
    let code = |name: &str| halve(&source(name), &Options::default()).unwrap_err().code();
    assert_eq!(code("empty.jpg"), "not-an-image");
    assert_eq!(code("text.jpg"), "not-an-image");
    assert_eq!(code("truncated.jpg"), "malformed");
    assert_eq!(halve(&source("animated.gif"), &to(Format::Jpeg)).unwrap_err().code(), "unsupported-feature");
    assert_eq!(halve(b"\0\0\0\x18ftypheic\0\0\0\0", &Options::default()).unwrap_err().code(), "unsupported-format");
    assert_eq!(
        halve(&source("huge-header.jpg"), &Options::default()).unwrap_err(),
        Error::TooLarge { limit: Limit::Pixels, needed: 65535 * 65535, allowed: 100_000_000 }
    );
}

#[test]
fn limits_are_met_from_the_header() {
    let whole = source("photo-progressive.jpg");
    let refused = |limits: Limits| match halve(&whole, &Options { limits, ..Options::default() }) {
        Err(Error::TooLarge { limit, needed, allowed }) => Some((limit, needed, allowed)),
        _ => None,
    };
    let limits = Limits::default();
    assert_eq!(refused(limits), None);
    let bytes = whole.len() as u64;
    assert_eq!(refused(Limits { source_bytes: bytes, ..limits }), None);
    assert_eq!(refused(Limits { source_bytes: bytes - 1, ..limits }), Some((Limit::SourceBytes, bytes, bytes - 1)));
    assert_eq!(refused(Limits { pixels: 161 * 121 - 1, ..limits }), Some((Limit::Pixels, 161 * 121, 161 * 121 - 1)));
    let Some((Limit::ScanBlocks, blocks, 0)) = refused(Limits { scan_blocks: 0, ..limits }) else { panic!() };
    // 21 × 16 blocks of luma and 11 × 8 of each chroma component, ten scans of one component and more.
    assert!((10 * 88..10 * 6 * 88).contains(&blocks), "{blocks} blocks");
    assert_eq!(refused(Limits { scan_blocks: blocks, ..limits }), None);
    let fewer = blocks - 1;
    assert_eq!(refused(Limits { scan_blocks: fewer, ..limits }), Some((Limit::ScanBlocks, blocks, fewer)));
    assert!(matches!(refused(Limits { memory_bytes: 1000, ..limits }), Some((Limit::MemoryBytes, _, 1000))));
}

#[test]
fn bytes_behind_the_image_go_and_are_counted() {
    for name in ["photo-420.jpg", "badge.png", "badge.gif", "badge-lossless.webp"] {
        let mut whole = source(name);
        let plain = half(name);
        whole.extend_from_slice(&[7; 100]);
        let half = halve(&whole, &Options::default()).unwrap();
        assert_eq!(half.bytes, plain.bytes, "{name}");
        assert!(half.decisions.contains(&Decision::TrailingDataRemoved { bytes: 100 }), "{name}");
    }
}

#[test]
fn a_moving_picture_of_16_bits_says_that_8_are_left() {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 2);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    [0, 7].iter().for_each(|&level| writer.write_image_data(&[level; 8]).unwrap());
    writer.finish().unwrap();
    let first = Options { animation: Animation::First, ..Options::default() };
    for options in [Options::default(), first.clone(), Options { format: Some(Target::Jpeg), ..first }] {
        let half = halve(&file, &options).unwrap();
        assert!(half.decisions.contains(&Decision::DepthReduced), "{options:?}: {:?}", half.decisions);
    }
}

/// Stripes of one row, black and white by turns: half of the light is level 188 in sRGB.
#[test]
fn light_is_averaged_where_it_is_asked_for() {
    let stripes = bmp(8, 8, |_, y| [if y % 2 == 0 { 255 } else { 0 }; 3]);
    for (light, level) in [(Light::Encoded, 128), (Light::Linear, 188)] {
        let half = halve(&stripes, &Options { light, ..Options::default() }).unwrap();
        let pixels = image::load_from_memory(&half.bytes).unwrap().into_rgb8();
        assert_eq!(pixels.get_pixel(2, 2).0, [level; 3], "{light:?}");
    }
    let photo = |light| half_with("photo-420.jpg", &Options { light, ..Options::default() }).bytes;
    assert_eq!(photo(Light::Encoded), photo(Light::Linear), "a JPEG stays one without pixels");
}

#[test]
fn bmp_becomes_png() {
    let source = bmp(5, 3, |x, y| [x * 50, y * 100, 7]);
    let half = halve(&source, &Options::default()).unwrap();
    assert_eq!((half.source.format, half.format, half.width, half.height), (Format::Bmp, Format::Png, 3, 2));
    let pixels = image::load_from_memory(&half.bytes).unwrap().into_rgb8();
    assert_eq!(pixels.get_pixel(2, 1).0, [200, 200, 7], "the corner stands for itself alone");
}

/// A BMP of 24 bits, from the bottom upwards.
fn bmp(width: u8, height: u8, color: impl Fn(u8, u8) -> [u8; 3]) -> Vec<u8> {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    file.extend([width, 0, 0, 0, height, 0, 0, 0, 1, 0, 24, 0]);
    file.extend([0; 24]);
    for y in (0..height).rev() {
        let row: Vec<u8> = (0..width).flat_map(|x| color(x, y).into_iter().rev()).collect();
        file.extend(&row);
        file.extend(vec![0; row.len().next_multiple_of(4) - row.len()]);
    }
    file
}
