//! What sources tell about a person, and that halves tell nothing.

use halver::{Options, Reveals, Target, halve, probe};
use serde_json::{Value, json};

use crate::corpus::{root, source};

/// What `source` reveals, as JSON.
fn revealed(source: &[u8]) -> Value {
    json!(probe(source).unwrap().reveals)
}

/// Asserts that the halves of `source` in all formats reveal nothing. Gives how many there are.
fn assert_halves_reveal_nothing(name: &str, source: &[u8]) -> usize {
    let halves = Target::ALL.map(|target| halve(source, &Options { format: Some(target), ..Options::default() }));
    let halves: Vec<_> = halves.into_iter().flatten().collect();
    for half in &halves {
        assert_eq!(*probe(&half.bytes).unwrap().reveals, Reveals::default(), "{name} as {}", half.format);
    }
    halves.len()
}

/// An EXIF block with a make, and nothing else.
const EXIF: &[u8] = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x0F\0\x02\0\0\0\x04ab\0\0\0\0\0\0";

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], &(payload.len() as u16 + 2).to_be_bytes()[..], payload].concat()
}

/// `photo-420.jpg` with segments behind SOI, and bytes behind EOI.
fn jpeg(segments: &[Vec<u8>], trailing: &[u8]) -> Vec<u8> {
    let whole = source("photo-420.jpg");
    [&whole[..2], &segments.concat(), &whole[2..], trailing].concat()
}

/// A sound chunk of a PNG.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let typed = [kind, data].concat();
    let crc = typed.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
    });
    [&(data.len() as u32).to_be_bytes()[..], &typed, &(!crc).to_be_bytes()].concat()
}

/// `badge.png` with chunks behind IHDR, and bytes behind IEND.
fn png(chunks: &[Vec<u8>], trailing: &[u8]) -> Vec<u8> {
    let whole = source("badge.png");
    [&whole[..33], &chunks.concat(), &whole[33..], trailing].concat()
}

/// `badge-lossless.webp` with chunks behind its own, and bytes behind RIFF.
fn webp(chunks: &[(&[u8; 4], &[u8])], trailing: &[u8]) -> Vec<u8> {
    let mut whole = source("badge-lossless.webp");
    for (kind, data) in chunks {
        whole.extend([&kind[..], &(data.len() as u32).to_le_bytes(), data, &[0][..data.len() % 2]].concat());
    }
    let riff = whole.len() as u32 - 8;
    whole[4..8].copy_from_slice(&riff.to_le_bytes());
    whole.extend(trailing);
    whole
}

/// `badge.gif` with extensions before its trailer, and bytes behind that.
fn gif(extensions: &[&[u8]], trailing: &[u8]) -> Vec<u8> {
    let whole = source("badge.gif");
    let (trailer, blocks) = whole.split_last().unwrap();
    assert_eq!(*trailer, 0x3B);
    [blocks, &extensions.concat(), &[0x3B], trailing].concat()
}

#[test]
fn sources_tell_what_was_put_into_them() {
    let exif = [b"Exif\0\0", EXIF].concat();
    let iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x05\x1C\x02\x50\0\0\0";
    let xmp_in_gif =
        [&b"\x21\xFF\x0BXMP DataXMP<x:xmpmeta/>\x01"[..], &Vec::from_iter((0..=255).rev()), b"\0"].concat();
    let sub_blocks = [&b"\x21\xFE\xFF"[..], &[b'a'; 255], b"\x03bcd\0"].concat();
    for (name, source, expected) in [
        ("nothing", jpeg(&[], b""), json!({})),
        ("EXIF", jpeg(&[segment(0xE1, &exif)], b""), json!({ "make": "ab" })),
        (
            "five comments at most",
            jpeg(&vec![[segment(0xFE, b" \0"), segment(0xFE, b"x")].concat(); 7], b""),
            json!({ "comments": ["x", "x", "x", "x", "x"] }),
        ),
        (
            "XMP and more of it",
            jpeg(
                &[
                    segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<xmp/>"),
                    segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0more"),
                ],
                b"",
            ),
            json!({ "xmp": 10 }),
        ),
        ("IPTC", jpeg(&[segment(0xED, iptc)], b""), json!({ "iptc": 5 })),
        ("a preview of JFIF", jpeg(&[segment(0xE0, b"JFXX\0\x10abc")], b""), json!({ "thumbnail": 3 })),
        ("an application", jpeg(&[segment(0xE2, b"MPF\0abcd"), segment(0xE1, b"")], b""), json!({ "application": 8 })),
        ("a second picture", jpeg(&[], b"\xFF\xD8\xFF\xD9"), json!({ "trailing": 4 })),
        ("two EXIF", jpeg(&[segment(0xE1, b"Exif\0\0MM"), segment(0xE1, &exif)], b""), json!({ "make": "ab" })),
        ("EXIF in a PNG", png(&[chunk(b"eXIf", EXIF)], b"1234"), json!({ "make": "ab", "trailing": 4 })),
        (
            "texts in a PNG",
            png(
                &[
                    chunk(b"tEXt", b"Author\0Zo\xEB"),
                    chunk(b"zTXt", b"Raw profile type exif\0\0\x78\x9C"),
                    chunk(b"iTXt", "Title\0\0\0de\0Titel\0Dünen".as_bytes()),
                    chunk(b"iTXt", b"Comment\0\x01\0\0\0\x78\x9C"),
                    chunk(b"tEXt", b"no zero"),
                ],
                b"",
            ),
            json!({ "comments": ["Author: Zoë", "Raw profile type exif", "Title: Dünen", "Comment", "no zero"] }),
        ),
        ("XMP in a PNG", png(&[chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<xmp/>")], b""), json!({ "xmp": 6 })),
        ("a private chunk", png(&[chunk(b"prVt", b"123")], b""), json!({ "application": 3 })),
        (
            "WebP",
            webp(&[(b"EXIF", &exif), (b"XMP ", b"<xmp/>"), (b"ABCD", b"123")], b"12"),
            json!({ "make": "ab", "xmp": 6, "application": 3, "trailing": 2 }),
        ),
        (
            "comments in a GIF",
            gif(&[b"\x21\xFE\x02hi\0", &sub_blocks], b"\0"),
            json!({ "comments": ["hi", "a".repeat(200)], "trailing": 1 }),
        ),
        (
            "a comment in short sub-blocks",
            gif(&[b"\x21\xFE\x02\xC3\xBC\x01\xC3\x01\xBC\0"], b""),
            json!({ "comments": ["üü"] }),
        ),
        ("XMP in a GIF", gif(&[&xmp_in_gif], b""), json!({ "xmp": 12 })),
        ("an application in a GIF", gif(&[b"\x21\xFF\x0BABCDEFGH1.0\x02hi\0"], b""), json!({ "application": 13 })),
        ("a loop in a GIF", gif(&[b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0"], b""), json!({})),
    ] {
        assert_eq!(revealed(&source), expected, "{name}");
        assert!(assert_halves_reveal_nothing(name, &source) >= 3, "{name}");
    }
}

#[test]
fn cameras_tell_who_and_where() {
    let position = json!({ "latitude": 47_500_000, "longitude": 11_100_000 });
    let expected = json!({ "make": "Halver", "position": position, "comments": ["taken at home"] });
    assert_eq!(revealed(&source("private.jpg")), expected);
    assert_eq!(revealed(&source("orientation-6.jpg")), json!({ "make": "Halver", "position": position }));
    assert_eq!(
        halve(&source("private.jpg"), &Options::default()).unwrap().source.reveals,
        probe(&source("private.jpg")).unwrap().reveals
    );
}

#[test]
fn no_half_reveals_anything() {
    let mut halves = 0;
    let mut telling = 0;
    for folder in ["core/tests/corpus", "core/tests/regressions"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let source = std::fs::read(&path).unwrap();
            halves += assert_halves_reveal_nothing(&path.display().to_string(), &source);
            telling += usize::from(probe(&source).is_ok_and(|info| *info.reveals != Reveals::default()));
        }
    }
    assert!(halves > 100 && telling >= 9, "{halves} halves, {telling} sources that reveal something");
}
