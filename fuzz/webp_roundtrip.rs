//! Any picture of any palette, as PNG: the half in WebP without loss has the pixels of the half in PNG, to an independent
//! decoder too; the half with loss has its size and its alpha, and both are halved again.
#![no_main]

use std::io::Cursor;

use arbitrary::Arbitrary;
use halver::{Coding, Effort, Options, Target, half, halve};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Picture {
    width: u8,
    height: u8,
    alpha: bool,
    effort: u8,
    /// Colours that `indices` name.
    palette: Vec<[u8; 4]>,
    /// Repeated until the picture is full. What is above the palette's end counts on from its start.
    indices: Vec<u8>,
}

impl Picture {
    /// Pixels across and down, 1 to 128: a side may be a part of a block or several macroblocks.
    fn size(&self) -> (u32, u32) {
        (u32::from(self.width) % 128 + 1, u32::from(self.height) % 128 + 1)
    }

    fn encode(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let channels = if self.alpha { 4 } else { 3 };
        let palette = if self.palette.is_empty() { &[[90, 60, 30, 120]] } else { &self.palette[..] };
        let indices = if self.indices.is_empty() { &[0] } else { &self.indices[..] };
        let colours = indices.iter().map(|&index| palette[usize::from(index) % palette.len()]);
        let pixels = colours.cycle().take((width * height) as usize);
        let samples: Vec<u8> = pixels.flat_map(|pixel| pixel.into_iter().take(channels)).collect();
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(if self.alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
        encoder.set_compression(png::Compression::Fastest);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&samples)).expect("a sound PNG");
        file
    }
}

/// RGBA of a PNG or WebP, by the crate `image`; the colour of a pixel that cannot be seen is nothing.
fn rgba(file: &[u8]) -> (u32, u32, Vec<[u8; 4]>) {
    let image = image::ImageReader::new(Cursor::new(file)).with_guessed_format().expect("bytes can be read").decode();
    let image = image.expect("an independent decoder reads the half").into_rgba8();
    let seen = |&pixel: &[u8; 4]| if pixel[3] == 0 { [0; 4] } else { pixel };
    (image.width(), image.height(), image.as_raw().as_chunks().0.iter().map(seen).collect())
}

fuzz_target!(|picture: Picture| {
    let source = picture.encode();
    let effort = [Effort::Fast, Effort::Balanced, Effort::Small][usize::from(picture.effort) % 3];
    let to = |format, webp| {
        let options = Options { format: Some(format), webp, effort, ..Options::default() };
        let made = halve(&source, &options).expect("a sound PNG is halved");
        assert!(halve(&made.bytes, &options).is_ok(), "the half is halved");
        rgba(&made.bytes)
    };
    let (width, height) = picture.size();
    let png = to(Target::Png, Coding::Source);
    assert_eq!((png.0, png.1), (half(width), half(height)));
    assert!(to(Target::WebP, Coding::Lossless) == png, "WebP without loss differs from PNG");
    let lossy = to(Target::WebP, Coding::Lossy);
    assert_eq!((lossy.0, lossy.1), (png.0, png.1));
    assert!(lossy.2.iter().zip(&png.2).all(|(ours, exact)| ours[3] == exact[3]), "alpha is kept as it is");
});
