//! What the benchmarks work on: real pixels, tiled to the size that a name asks for.
//!
//! Everything is made from `samples/mountain.jpg` when a benchmark starts, so nothing large is kept in the
//! repository, and every run sees the same bytes.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::io::Cursor;

use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// One input of a group: its name, its size, its bytes.
pub struct Input {
    /// What it is and how large, e.g. `jpeg-420/12mp`.
    pub name: &'static str,
    /// Width times height.
    pub pixels: u64,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Inputs as cameras, screens and editors make them.
#[must_use]
pub fn inputs() -> Vec<Input> {
    let photo = photograph();
    let (mp3, mp12) = (tile(&photo, 2048, 1536), tile(&photo, 4032, 3024));
    let mut inputs = vec![
        input("jpeg-420/3mp", &mp3, |image| jpeg(image, 90, SamplingFactor::R_4_2_0, false)),
        input("jpeg-420/12mp", &mp12, |image| jpeg(image, 90, SamplingFactor::R_4_2_0, false)),
        input("jpeg-444/12mp", &mp12, |image| jpeg(image, 95, SamplingFactor::R_4_4_4, false)),
        input("jpeg-progressive/12mp", &mp12, |image| jpeg(image, 90, SamplingFactor::R_4_2_0, true)),
        input("png-rgb/3mp", &mp3, |image| encode(&image.clone().into(), ImageFormat::Png)),
        input("png-rgba/3mp", &mp3, |image| encode(&fading(image).into(), ImageFormat::Png)),
        input("png-rgb16/3mp", &mp3, |image| encode(&deep(image), ImageFormat::Png)),
        input("webp-lossless/3mp", &mp3, |image| encode(&image.clone().into(), ImageFormat::WebP)),
    ];
    let screen = tile(&photo, 640, 480);
    inputs.push(input("gif/vga", &screen, |image| encode(&image.clone().into(), ImageFormat::Gif)));
    inputs
}

fn input(name: &'static str, image: &RgbImage, encode: impl FnOnce(&RgbImage) -> Vec<u8>) -> Input {
    Input { name, pixels: u64::from(image.width()) * u64::from(image.height()), bytes: encode(image) }
}

/// The sample photograph.
fn photograph() -> RgbImage {
    let bytes = include_bytes!("../samples/mountain.jpg");
    image::load_from_memory(bytes).expect("the sample decodes").into_rgb8()
}

/// `photo` repeated over `width` × `height` pixels, every other one mirrored, so that no seam shows.
fn tile(photo: &RgbImage, width: u32, height: u32) -> RgbImage {
    let fold = |at: u32, side: u32| if (at / side).is_multiple_of(2) { at % side } else { side - 1 - at % side };
    RgbImage::from_fn(width, height, |x, y| *photo.get_pixel(fold(x, photo.width()), fold(y, photo.height())))
}

fn jpeg(image: &RgbImage, quality: u8, sampling: SamplingFactor, progressive: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(sampling);
    encoder.set_progressive(progressive);
    let (width, height) = (image.width() as u16, image.height() as u16);
    encoder.encode(image.as_raw(), width, height, ColorType::Rgb).expect("the picture encodes");
    bytes
}

/// `image`, opaque on the left and ever more transparent on the right half.
fn fading(image: &RgbImage) -> RgbaImage {
    let middle = image.width() / 2;
    RgbaImage::from_fn(image.width(), image.height(), |x, y| {
        let Rgb([r, g, b]) = *image.get_pixel(x, y);
        Rgba([r, g, b, 255 - (x.saturating_sub(middle) * 255 / middle).min(255) as u8])
    })
}

/// `image` with 16 bits a sample, each the mean of two neighbours', so that the lower bits say something.
fn deep(image: &RgbImage) -> DynamicImage {
    let width = image.width();
    let pixel = |x: u32, y: u32| image.get_pixel(x.min(width - 1), y).0.map(|sample| u16::from(sample) * 257);
    let mean = |x, y| std::array::from_fn(|channel| pixel(x, y)[channel].midpoint(pixel(x + 1, y)[channel]));
    DynamicImage::ImageRgb16(ImageBuffer::from_fn(width, image.height(), |x, y| Rgb(mean(x, y))))
}

fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("the picture encodes");
    bytes.into_inner()
}

/// The rival made of plain crates: decode, `thumbnail_exact`, encode in the same format.
#[must_use]
pub fn plain_crates(source: &[u8]) -> Vec<u8> {
    let format = image::guess_format(source).expect("an image");
    let whole = image::load_from_memory_with_format(source, format).expect("it decodes");
    let half = whole.thumbnail_exact(halver::half(whole.width()), halver::half(whole.height()));
    let mut bytes = Cursor::new(Vec::new());
    half.write_to(&mut bytes, format).expect("it encodes");
    bytes.into_inner()
}
