//! EXIF blocks forged in both byte orders, sound and hostile.

use serde_json::json;

use super::*;

/// The values of an entry.
#[derive(Clone)]
enum Value {
    /// A kind whose values are single bytes, and they.
    Bytes(u16, Vec<u8>),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    Fractions(Vec<(u32, u32)>),
    /// A kind, a count and an offset or value that nobody vouches for.
    Raw(u16, u32, u32),
}
use Value::{Bytes, Fractions, Longs, Raw, Shorts};

type Entries<'a> = &'a [(u16, Value)];

fn ascii(text: &str) -> Value {
    Bytes(2, [text.as_bytes(), b"\0"].concat())
}

fn fractions(numerators: [u32; 3]) -> Value {
    Fractions(numerators.map(|numerator| (numerator, 1)).to_vec())
}

/// A block in the making.
struct Forge {
    big_endian: bool,
    block: Vec<u8>,
}

impl Forge {
    fn short(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// Kind, count and bytes; of a raw one, those of its offset.
    fn value(&self, value: &Value) -> (u16, u32, Vec<u8>) {
        match value {
            Bytes(kind, bytes) => (*kind, bytes.len() as u32, bytes.clone()),
            Shorts(values) => (3, values.len() as u32, values.iter().flat_map(|&value| self.short(value)).collect()),
            Longs(values) => (4, values.len() as u32, values.iter().flat_map(|&value| self.long(value)).collect()),
            Fractions(values) => {
                let bytes = values.iter().flat_map(|&(a, b)| [self.long(a), self.long(b)].concat());
                (5, values.len() as u32, bytes.collect())
            }
            &Raw(kind, count, offset) => (kind, count, self.long(offset).to_vec()),
        }
    }

    /// Adds a directory and its values; gives its offset.
    fn directory(&mut self, entries: Entries<'_>, next: u32) -> u32 {
        let at = self.block.len();
        let mut values_at = at + 2 + 12 * entries.len() + 4;
        let mut values = Vec::new();
        self.block.extend(self.short(entries.len() as u16));
        for (tag, value) in entries {
            let (kind, count, mut bytes) = self.value(value);
            self.block.extend([&self.short(*tag)[..], &self.short(kind), &self.long(count)].concat());
            if bytes.len() > 4 {
                self.block.extend(self.long(values_at as u32));
                values_at += bytes.len();
                values.extend(bytes);
            } else {
                bytes.resize(4, 0);
                self.block.extend(bytes);
            }
        }
        self.block.extend(self.long(next));
        self.block.extend(values);
        at as u32
    }
}

/// A block with the entries of its first directory, the camera's, the position's and, unless it is empty, the second.
fn forge(big_endian: bool, [file, camera, gps, second]: [Entries<'_>; 4]) -> Vec<u8> {
    let mut forge = Forge { big_endian, block: if big_endian { b"MM\0\x2A" } else { b"II\x2A\0" }.to_vec() };
    forge.block.extend([0; 4]);
    let camera_at = forge.directory(camera, 0);
    let gps_at = forge.directory(gps, 0);
    let second_at = if second.is_empty() { 0 } else { forge.directory(second, 0) };
    let pointers = [(EXIF_DIRECTORY, Longs(vec![camera_at])), (GPS_DIRECTORY, Longs(vec![gps_at]))];
    let first_at = forge.directory(&[file, &pointers].concat(), second_at);
    let first_at = forge.long(first_at);
    forge.block[4..8].copy_from_slice(&first_at);
    forge.block
}

fn revealed(block: &[u8]) -> Reveals {
    let mut reveals = Reveals::default();
    reveal(block, &mut reveals);
    reveals
}

/// A position at 47° 30′ N, 11° 6′ 7.2″ E, 512.25 m above the sea.
fn alps() -> Vec<(u16, Value)> {
    vec![
        (1, ascii("N")),
        (2, fractions([47, 30, 0])),
        (3, ascii("E")),
        (4, Fractions(vec![(11, 1), (6, 1), (72, 10)])),
        (5, Bytes(1, vec![0])),
        (6, Fractions(vec![(2049, 4)])),
    ]
}

const ALPS: Position = Position { latitude: 47_500_000, longitude: 11_102_000, altitude: Some(512_250) };

/// Everything that is read, once.
fn all(big_endian: bool) -> Vec<u8> {
    let file = [
        (0x010E, ascii("Dunes\r\nat dawn")),
        (0x010F, ascii("Halver")),
        (0x0110, ascii("X1")),
        (ORIENTATION, Shorts(vec![6])),
        (0x0131, ascii(" editor 2 ")),
        (0x0132, ascii("2025:06:07 08:09:10")),
        (0x013B, ascii("Zoë\0left over")),
        (0x013C, ascii("zoes-laptop")),
        (0x8298, ascii("Zoë\0Editor")),
        (0x9C9C, Bytes(1, "at home\0".encode_utf16().flat_map(u16::to_le_bytes).collect())),
    ];
    let unicode: Vec<u8> =
        "봄".encode_utf16().flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
    let camera = [
        (0x9003, ascii("2024:05:01 10:11:12")),
        (0x9004, ascii("2024:05:02 10:11:12")),
        (0x9011, ascii("+02:00")),
        (0x927C, Bytes(7, vec![7; 99])),
        (0x9286, Bytes(7, [b"UNICODE\0", &unicode[..]].concat())),
        (0xA430, ascii("Owner")),
        (0xA431, ascii("123")),
        (0xA434, ascii("35 mm")),
        (0xA435, ascii("456")),
    ];
    let second = [(0x0201, Longs(vec![8])), (0x0202, Longs(vec![100]))];
    forge(big_endian, [&file, &camera, &alps(), &second])
}

#[test]
fn everything_is_read_in_both_orders() {
    for big_endian in [false, true] {
        let block = all(big_endian);
        let expected = json!({
            "position": { "latitude": 47_500_000, "longitude": 11_102_000, "altitude": 512_250 },
            "taken": "2024-05-01 10:11:12",
            "zone": "+02:00",
            "make": "Halver",
            "model": "X1",
            "lens": "35 mm",
            "serial": "123",
            "owner": "Owner",
            "artist": "Zoë",
            "copyright": "Zoë Editor",
            "software": "editor 2",
            "description": "Dunes at dawn",
            "host": "zoes-laptop",
            "thumbnail": 100,
            "comments": ["at home", "봄"],
            "maker": 99,
        });
        assert_eq!(json!(revealed(&block)), expected, "big-endian: {big_endian}");
        let in_short = Exif { orientation: Some(6), gps: true, thumbnail: true };
        assert_eq!(Exif::parse(&block), in_short, "big-endian: {big_endian}");
    }
}

#[test]
fn orientations_out_of_range_are_none() {
    for (orientation, expected) in [(0, None), (1, Some(1)), (8, Some(8)), (9, None), (65535, None)] {
        let block = forge(true, [&[(ORIENTATION, Shorts(vec![orientation]))], &[], &[], &[]]);
        assert_eq!(Exif::parse(&block).orientation, expected, "{orientation}");
    }
}

#[test]
fn times_and_texts_fall_back() {
    let (time, blank, zeros) = ("2024:05:01 10:11:12", "    :  :     :  :  ", "0000:00:00 00:00:00");
    for (original, digitized, changed, expected) in [
        (Some(time), None, None, Some("2024-05-01 10:11:12")),
        (Some(blank), Some(time), None, Some("2024-05-01 10:11:12")),
        (Some(zeros), None, Some("2025:06:07 08:09:10"), Some("2025-06-07 08:09:10")),
        (None, Some(zeros), Some(blank), None),
        (Some("2024-05-01T10:11:12Z"), None, None, Some("2024-05-01T10:11:12Z")),
    ] {
        let times: Vec<_> = [(0x9003, original), (0x9004, digitized)]
            .into_iter()
            .filter_map(|(tag, time)| Some((tag, ascii(time?))))
            .collect();
        let changed_entry: Vec<_> = changed.map(|time| (0x0132, ascii(time))).into_iter().collect();
        let found = revealed(&forge(false, [&changed_entry, &times, &[], &[]]));
        assert_eq!(found.taken.as_deref(), expected, "{original:?}, {digitized:?}, {changed:?}");
    }
    for (zone, expected) in [("+00:00", Some("+00:00")), ("   :  ", None), ("", None)] {
        let found = revealed(&forge(false, [&[], &[(0x9010, ascii(zone))], &[], &[]]));
        assert_eq!(found.zone.as_deref(), expected, "{zone:?}");
    }
    let windows = |text: &str| Bytes(1, text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    let file = [(0x9C9B, windows("Title")), (0x9C9D, windows("Author")), (0x010F, ascii("  "))];
    let camera = [(0xA435, ascii("lens-7")), (0x9286, Bytes(7, b"ASCII\0\0\0hello".to_vec()))];
    let found = revealed(&forge(false, [&file, &camera, &[], &[]]));
    let expected = json!({ "description": "Title", "artist": "Author", "serial": "lens-7", "comments": ["hello"] });
    assert_eq!(json!(found), expected);
}

/// `alps()` with other values of some tags.
fn position_with(changes: Entries<'_>) -> Option<Position> {
    let mut gps = alps();
    gps.retain(|(tag, _)| changes.iter().all(|(changed, _)| changed != tag));
    gps.extend_from_slice(changes);
    revealed(&forge(true, [&[], &[], &gps, &[]])).position
}

#[test]
fn positions_have_signs_and_fractions() {
    for (changes, expected) in [
        (vec![], ALPS),
        (vec![(1, ascii("S"))], Position { latitude: -47_500_000, ..ALPS }),
        (vec![(3, ascii("W"))], Position { longitude: -11_102_000, ..ALPS }),
        (vec![(1, ascii("s")), (3, ascii("w"))], Position { latitude: -47_500_000, longitude: -11_102_000, ..ALPS }),
        (vec![(2, Fractions(vec![(475, 10)]))], ALPS),
        (vec![(2, Fractions(vec![(47, 1), (3_000_001, 100_000), (0, 0)]))], Position { latitude: 47_500_000, ..ALPS }),
        (vec![(2, Fractions(vec![(47, 1), (3_000_006, 100_000), (0, 1)]))], Position { latitude: 47_500_001, ..ALPS }),
        (
            vec![(2, fractions([90, 0, 0])), (4, fractions([180, 0, 0]))],
            Position { latitude: 90_000_000, longitude: 180_000_000, ..ALPS },
        ),
        (vec![(5, Bytes(1, vec![1]))], Position { altitude: Some(-512_250), ..ALPS }),
        (vec![(6, Fractions(vec![(1, 0)]))], Position { altitude: None, ..ALPS }),
        (vec![(6, Fractions(vec![(u32::MAX, 1)]))], Position { altitude: None, ..ALPS }),
        (vec![(6, Longs(vec![5]))], Position { altitude: None, ..ALPS }),
    ] {
        let tags: Vec<u16> = changes.iter().map(|change| change.0).collect();
        assert_eq!(position_with(&changes), Some(expected), "tags {tags:?} changed");
    }
}

#[test]
fn positions_beyond_belief_are_none() {
    for (name, change) in [
        ("a latitude over 90°", (2, Fractions(vec![(90, 1), (0, 1), (1, 10)]))),
        ("a longitude over 180°", (4, fractions([180, 0, 1]))),
        ("the most degrees there can be", (2, fractions([u32::MAX; 3]))),
        ("no denominator of degrees", (2, Fractions(vec![(0, 0), (0, 0), (0, 0)]))),
        ("no denominator of minutes", (4, Fractions(vec![(11, 1), (6, 0), (0, 1)]))),
        ("no letter", (1, Bytes(2, vec![0]))),
        ("a letter of the other direction", (3, ascii("N"))),
        ("no values", (2, Fractions(vec![]))),
        ("values of another kind", (2, Longs(vec![47, 30, 0]))),
        ("values out of range", (4, Raw(5, 3, 0x7FFF_FFFF))),
        ("more values than there are", (4, Raw(5, u32::MAX, 8))),
    ] {
        assert_eq!(position_with(&[change]), None, "{name}");
    }
}

#[test]
fn thumbnails_are_counted_as_far_as_they_are_there() {
    for (second, expected) in [
        (vec![(0x0201, Longs(vec![8])), (0x0202, Longs(vec![20]))], 20),
        (vec![(0x0201, Longs(vec![8])), (0x0202, Longs(vec![u32::MAX]))], u64::MAX),
        (vec![(0x0201, Longs(vec![u32::MAX])), (0x0202, Longs(vec![20]))], 0),
        (vec![(0x0202, Longs(vec![20]))], 0),
        (vec![(0x0111, Longs(vec![8])), (0x0117, Shorts(vec![21]))], 21),
    ] {
        let block = forge(false, [&[], &[], &[], &second]);
        let most = block.len() as u64;
        let found = revealed(&block).thumbnail;
        let tags: Vec<u16> = second.iter().map(|entry| entry.0).collect();
        assert!(found == expected || (expected == u64::MAX && found <= most && found > 20), "{tags:x?}: {found}");
    }
}

#[test]
fn a_broken_part_hides_no_other() {
    for (name, file, camera) in [
        ("a text out of range", vec![(0x010F, Raw(2, 9, u32::MAX))], vec![]),
        ("a text that is longer than any file", vec![(0x010F, Raw(2, u32::MAX, 8))], vec![]),
        ("a text of numbers", vec![(0x010F, Shorts(vec![65; 9]))], vec![]),
        ("a kind that there is not", vec![(0x010F, Raw(0xFFFF, u32::MAX, 8))], vec![]),
        ("notes of eights that are more bytes than 64 bits count", vec![], vec![(0x927C, Raw(5, u32::MAX, 8))]),
        ("a comment too short for its coding", vec![], vec![(0x9286, Bytes(7, b"ASCII".to_vec()))]),
    ] {
        let found = revealed(&forge(false, [&file, &camera, &alps(), &[]]));
        assert_eq!((found.position, json!(found).as_object().unwrap().len()), (Some(ALPS), 1), "{name}");
    }
}

#[test]
fn directories_that_point_to_each_other_end() {
    for big_endian in [false, true] {
        let mut forge = Forge { big_endian, block: if big_endian { b"MM\0\x2A" } else { b"II\x2A\0" }.to_vec() };
        let at = forge.long(8);
        forge.block.extend(at);
        let pointers = [(0x0110, ascii("X1")), (EXIF_DIRECTORY, Longs(vec![8])), (GPS_DIRECTORY, Longs(vec![8]))];
        forge.directory(&pointers, 8);
        assert_eq!(json!(revealed(&forge.block)), json!({ "model": "X1" }), "big-endian: {big_endian}");
    }
}

#[test]
fn a_directory_of_more_entries_than_the_block_holds_is_read_as_far_as_it_goes() {
    let mut block = forge(false, [&[(0x010F, ascii("abc"))], &[], &[], &[]]);
    let first_at = block[4..8].try_into().map(u32::from_le_bytes).unwrap() as usize;
    block[first_at..first_at + 2].copy_from_slice(&[0xFF; 2]);
    block.truncate(first_at + 2 + 12);
    assert_eq!(json!(revealed(&block)), json!({ "make": "abc" }));
}

#[test]
fn every_prefix_and_every_changed_byte_returns() {
    for big_endian in [false, true] {
        let sound = all(big_endian);
        let check = |reveals: Reveals| {
            for text in json!(reveals).as_object().unwrap().values().filter_map(|value| value.as_str()) {
                assert!(!text.chars().any(char::is_control) && text.chars().count() <= 200, "{text:?}");
            }
        };
        for end in 0..sound.len() {
            Exif::parse(&sound[..end]);
            check(revealed(&sound[..end]));
        }
        for at in 0..sound.len() {
            for change in [0xFF, 0x80, 1, 4] {
                let mut broken = sound.clone();
                broken[at] ^= change;
                Exif::parse(&broken);
                check(revealed(&broken));
            }
        }
    }
}
