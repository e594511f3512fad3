//! Pictures of all kinds come back, from our decoder and from `image-webp`, which shares no line with either.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::super::Picture;
use super::*;

/// Numbers that look random.
struct Noise(u32);

impl Noise {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(self.0) * u64::from(end)) >> 32) as u32
    }
}

/// A pixel by its place.
type Kind = fn(&mut Noise, u32, u32) -> u32;

/// Pictures that other transforms suit.
const KINDS: [(&str, Kind); 9] = [
    ("one colour", |_, _, _| 0x8012_3456),
    ("noise", |noise, _, _| noise.below(u32::MAX)),
    ("opaque noise", |noise, _, _| BLACK | noise.below(1 << 24)),
    ("ramps", |_, x, y| BLACK | (x & 255) << 16 | (y & 255) << 8 | ((x + y) & 255)),
    ("a photograph", |noise, x, y| {
        let light = 100 + (x * x / 300 + y) % 90 + noise.below(5);
        BLACK | light << 16 | (light + 9) << 8 | (light / 2 + noise.below(3))
    }),
    ("words", |_, x, y| if (x % 13 * (y % 11)) % 7 < 2 && y % 16 < 11 { BLACK } else { u32::MAX }),
    ("words beside a photograph", |noise, x, y| match x / 40 % 2 {
        0 if (x % 13 * (y % 11)) % 7 < 2 => BLACK + 77 * (x % 5),
        0 => u32::MAX - (x / 400),
        _ => BLACK + ((noise.below(30) + x) << 8) + noise.below(9) + y,
    }),
    ("levels of alpha", |noise, x, y| ((x + y + noise.below(2)) & 255) << 24 | 0x0020_4060),
    ("levels of green", |noise, x, y| ((x * y / 16 + noise.below(2)) & 255) << 8),
];

fn by_ours(bytes: &[u8], width: usize, height: usize) -> Vec<u32> {
    let mut pixels = Vec::new();
    Picture::read(bytes, width, height).unwrap().rows(|row| pixels.extend_from_slice(row));
    pixels
}

fn by_theirs(bytes: &[u8], width: usize, height: usize) -> Vec<u32> {
    let mut file = b"RIFF\0\0\0\0WEBPVP8L".to_vec();
    file.extend((bytes.len() as u32 + 5).to_le_bytes());
    file.push(0x2F);
    file.extend(((width as u32 - 1) | (height as u32 - 1) << 14 | 1 << 28).to_le_bytes());
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(2), 0);
    let length = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    let mut decoder = WebPDecoder::new(Cursor::new(file)).unwrap();
    let mut samples = vec![0; decoder.output_buffer_size().unwrap()];
    decoder.read_image(&mut samples).unwrap();
    samples.as_chunks().0.iter().map(|&[r, g, b, a]| u32::from_le_bytes([b, g, r, a])).collect()
}

#[track_caller]
fn check(name: &str, pixels: &[u32], width: usize, effort: Effort) -> usize {
    let height = pixels.len() / width;
    let bytes = encode(pixels.to_vec(), width, effort);
    assert!(by_ours(&bytes, width, height) == pixels, "{name}, {width}x{height}, {effort:?}: ours");
    assert!(by_theirs(&bytes, width, height) == pixels, "{name}, {width}x{height}, {effort:?}: theirs");
    bytes.len()
}

const EFFORTS: [Effort; 3] = [Effort::Fast, Effort::Balanced, Effort::Small];

#[test]
fn pictures_come_back() {
    let sizes = [
        (1, 1),
        (1, 2),
        (2, 1),
        (1, 200),
        (200, 1),
        (3, 3),
        (7, 9),
        (8, 8),
        (15, 17),
        (16, 16),
        (17, 15),
        (31, 33),
        (33, 31),
        (64, 64),
        (65, 63),
        (257, 40),
        (300, 300),
    ];
    for (width, height) in sizes {
        for (name, pixel) in KINDS {
            let mut noise = Noise(width * 7 + height);
            let pixels: Vec<u32> = (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .map(|(x, y)| pixel(&mut noise, x, y))
                .collect();
            for effort in EFFORTS {
                check(name, &pixels, width as usize, effort);
            }
        }
    }
}

#[test]
fn all_numbers_of_colours_come_back() {
    for colors in [1, 2, 3, 4, 5, 15, 16, 17, 255, 256, 257] {
        for width in [1, 2, 3, 7, 8, 9, 31] {
            let mut noise = Noise(colors);
            let all: Vec<u32> = (0..colors).map(|i| i.wrapping_mul(0x0101_0307) ^ 0xFF00_0000).collect();
            let mut pixels: Vec<u32> = (0..width * 83).map(|_| all[noise.below(colors) as usize]).collect();
            pixels[..all.len().min(width * 83)].copy_from_slice(&all[..all.len().min(width * 83)]);
            for effort in EFFORTS {
                check(&format!("{colors} colours"), &pixels, width, effort);
            }
        }
    }
}

/// Matches of the greatest lengths and distances.
#[test]
fn far_and_long_copies_come_back() {
    let (width, height) = (1400, 900);
    let mut noise = Noise(5);
    let mut pixels = vec![0xFF33_3333; width * height];
    for pixel in &mut pixels[..5000] {
        *pixel = BLACK | noise.below(1 << 24);
    }
    for from in [1 << 20, (1 << 20) - 121, (1 << 20) - 120, (1 << 20) - 119, 600_000] {
        pixels.copy_within(0..5000, from);
    }
    let length = check("copies", &pixels, width, Effort::Balanced);
    assert!(length < 17_500 + 15_000, "{length}");
}

#[test]
fn more_effort_makes_no_larger_files() {
    let photo = include_bytes!("../../../../tests/corpus/photo.png");
    let mut reader = png::Decoder::new(Cursor::new(&photo[..])).read_info().unwrap();
    let mut samples = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut samples).unwrap();
    assert_eq!(info.color_type, png::ColorType::Rgb);
    let pixels: Vec<u32> = samples.as_chunks().0.iter().map(|&[r, g, b]| u32::from_le_bytes([b, g, r, 255])).collect();
    let [fast, balanced, small] = EFFORTS.map(|effort| check("photo.png", &pixels, info.width as usize, effort));
    assert!(small <= balanced && balanced <= fast + fast / 100, "{fast} {balanced} {small}");
}
