//! Small files that would cost much: each is refused, or done at a cost that its size explains.

use halver::{Decision, Error, Format, Limit, Limits, Options, halve};

use crate::corpus::source;

fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = !0_u32;
    for byte in kind.iter().chain(data) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
    }
    [&(data.len() as u32).to_be_bytes(), &kind[..], data, &(!crc).to_be_bytes()].concat()
}

/// `whole` with `chunks` behind its IHDR.
fn png_with(whole: &[u8], chunks: &[u8]) -> Vec<u8> {
    const BEHIND_IHDR: usize = 8 + 25;
    [&whole[..BEHIND_IHDR], chunks, &whole[BEHIND_IHDR..]].concat()
}

/// `data` as a zlib stream of stored blocks (RFC 1950, RFC 1951 3.2.4).
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> = data.chunks(65535).collect();
    for (i, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        stream.push(u8::from(i + 1 == blocks.len()));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(*block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    stream.extend((b << 16 | a).to_be_bytes());
    stream
}

fn profile(length: usize) -> Vec<u8> {
    let mut profile = vec![0; length];
    profile[..4].copy_from_slice(&(length as u32).to_be_bytes());
    profile[16..20].copy_from_slice(b"RGB ");
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

#[test]
fn a_png_profile_is_inflated_to_four_mebibytes_at_most() {
    let whole = source("one-pixel.png");
    for (length, kept) in [(4 << 20, true), ((4 << 20) + 1, false), (64 << 20, false)] {
        let data = [&b"name\0\0"[..], &stored(&profile(length))].concat();
        let half = halve(&png_with(&whole, &png_chunk(b"iCCP", &data)), &Options::default()).unwrap();
        let said = half.decisions.contains(&Decision::ProfileKept { bytes: length as u64 });
        let dropped = half.decisions.iter().any(|decision| matches!(decision, Decision::ProfileDropped { .. }));
        assert_eq!((said, dropped), (kept, !kept), "{length} bytes");
    }
}

#[test]
fn jpeg_metadata_costs_no_more_than_its_bytes() {
    let whole = source("photo-420.jpg");
    // Extended XMP in 20000 segments of one set; a decoder that joins them at each marker takes minutes.
    let mut segments = Vec::new();
    for _ in 0..20_000 {
        let payload = [&b"http://ns.adobe.com/xmp/extension/\0"[..], &[b'A'; 32], &[0; 8], b"x"].concat();
        segments.extend([0xFF, 0xE1]);
        segments.extend((payload.len() as u16 + 2).to_be_bytes());
        segments.extend(payload);
    }
    let bloated = [&whole[..2], &segments, &whole[2..]].concat();
    let plain = halve(&whole, &Options::default()).unwrap();
    assert_eq!(halve(&bloated, &Options::default()).unwrap().bytes, plain.bytes);
}

#[test]
fn an_animation_of_one_frame_is_one() {
    let half = halve(&source("one-frame.webp"), &Options::default()).unwrap();
    assert_eq!((half.format, half.source.frames), (Format::WebP, 1));
    let whole = source("one-pixel.png");
    let control = png_chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]);
    assert!(halve(&png_with(&whole, &control), &Options::default()).is_ok(), "the default image is the one frame");
    let hidden = [control, png_chunk(b"fdAT", &[0; 8])].concat();
    let broken = halve(&png_with(&whole, &hidden), &Options::default()).unwrap_err();
    assert_eq!(broken.code(), "malformed", "data of a frame that nothing announces");
}

#[test]
fn chunks_behind_the_riff_are_not_read() {
    let mut whole = source("photo-lossy.webp");
    let plain = halve(&whole, &Options::default()).unwrap();
    whole.extend(b"ICCP\0\xFF\xFF\xFF");
    whole.extend([0; 64]);
    assert_eq!(halve(&whole, &Options::default()).unwrap().bytes, plain.bytes);
}

#[test]
fn half_a_scan_is_not_half_a_picture() {
    let whole = source("photo-444-q95.jpg");
    let scan = whole.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    for part in [2, 3, 10] {
        let cut = [&whole[..scan + (whole.len() - scan) / part], &[0xFF, 0xD9]].concat();
        let code = halve(&cut, &Options::default()).unwrap_err().code();
        assert_eq!(code, "malformed", "1/{part} of the scan, then EOI");
    }
}

#[test]
fn scans_cost_even_where_they_visit_nothing() {
    let whole = source("tiny-progressive.jpg");
    let scan = whole.windows(2).rposition(|pair| pair == [0xFF, 0xDA]).unwrap();
    let end = whole.windows(2).rposition(|pair| pair == [0xFF, 0xD9]).unwrap();
    let many = [&whole[..scan], &whole[scan..end].repeat(5000), &whole[end..]].concat();
    let limits = Limits { scan_blocks: 1_000_000, ..Limits::default() };
    let refused = halve(&many, &Options { limits, ..Options::default() }).unwrap_err();
    assert!(matches!(refused, Error::TooLarge { limit: Limit::ScanBlocks, needed: 1_280_000.., .. }), "{refused:?}");
}

#[test]
fn a_moving_half_that_outgrows_its_source_stays_within_the_memory() {
    let whole = source("animated.webp");
    let with = |memory_bytes| {
        let limits = Limits { memory_bytes, ..Limits::default() };
        halve(&whole, &Options { limits, format: Some(Format::Png.into()), ..Options::default() })
    };
    let Err(Error::TooLarge { limit: Limit::MemoryBytes, needed: expected, .. }) = with(0) else { panic!("no limit") };
    let half = with(u64::MAX).unwrap().bytes;
    assert!(half.len() > whole.len(), "{} bytes", half.len());
    assert_eq!(with(expected + 3 * half.len() as u64).map(|half| half.bytes), Ok(half));
    match with(expected) {
        Err(Error::TooLarge { limit: Limit::MemoryBytes, needed, allowed }) => assert!(needed > allowed, "{needed}"),
        other => panic!("{other:?}"),
    }
}
