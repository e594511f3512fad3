//! Any sound JPEG: it is halved; an independent decoder reads the half at the right size; and the half is halved again.
#![no_main]

use arbitrary::Arbitrary;
use halver::{Options, Quality, half, halve};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use libfuzzer_sys::fuzz_target;
use zune_core::bytestream::ZCursor;
use zune_jpeg::JpegDecoder;

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Sampling {
    H1V1,
    H2V1,
    H1V2,
    H2V2,
    H4V1,
    H4V2,
    H1V4,
    H2V4,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Components {
    Grey,
    YCbCr,
    Rgb,
    Cmyk,
    Ycck,
}

#[derive(Arbitrary, Debug)]
struct Picture<'a> {
    width: u8,
    height: u8,
    components: Components,
    sampling: Sampling,
    quality: u8,
    progressive: bool,
    optimized: bool,
    restart_interval: u8,
    orientation: u8,
    asked: u8,
    /// Repeated until the picture is full.
    samples: &'a [u8],
}

fn quality(any: u8) -> u8 {
    any % 100 + 1
}

impl Picture<'_> {
    /// Pixels across and down, 1 to 80: a side may be a part of a block, one block, or several MCUs.
    fn size(&self) -> (u16, u16) {
        (u16::from(self.width) % 80 + 1, u16::from(self.height) % 80 + 1)
    }

    /// EXIF orientation, 1 to 8.
    fn orientation(&self) -> u8 {
        self.orientation % 8 + 1
    }

    fn sampling(&self) -> SamplingFactor {
        match self.sampling {
            // Of four plain inks the encoder would sample the last more finely than the first, which is refused.
            _ if matches!(self.components, Components::Cmyk) => SamplingFactor::F_1_1,
            Sampling::H1V1 => SamplingFactor::F_1_1,
            Sampling::H2V1 => SamplingFactor::F_2_1,
            Sampling::H1V2 => SamplingFactor::F_1_2,
            Sampling::H2V2 => SamplingFactor::F_2_2,
            Sampling::H4V1 => SamplingFactor::F_4_1,
            Sampling::H4V2 => SamplingFactor::F_4_2,
            Sampling::H1V4 => SamplingFactor::F_1_4,
            Sampling::H2V4 => SamplingFactor::F_2_4,
        }
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, quality(self.quality));
        encoder.set_sampling_factor(self.sampling());
        encoder.set_progressive(self.progressive);
        // The encoder counts symbols as if there were no restarts, and may then lack a code.
        encoder.set_optimized_huffman_tables(self.optimized && self.restart_interval == 0);
        encoder.set_restart_interval(self.restart_interval.into());
        // One entry of TIFF 6.0's first directory: tag 0x0112, SHORT, one value.
        let directory = [1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, self.orientation(), 0, 0, 0, 0, 0, 0, 0];
        encoder.add_exif_metadata(&[&b"II*\0\x08\0\0\0"[..], &directory].concat()).expect("a short block");
        let (color, channels) = match self.components {
            Components::Grey => (ColorType::Luma, 1),
            Components::YCbCr => (ColorType::Ycbcr, 3),
            Components::Rgb => (ColorType::Rgb, 3),
            Components::Cmyk => (ColorType::Cmyk, 4),
            Components::Ycck => (ColorType::CmykAsYcck, 4),
        };
        let (width, height) = self.size();
        let filler = if self.samples.is_empty() { &[128] } else { self.samples };
        let count = usize::from(width) * usize::from(height) * channels;
        let samples: Vec<u8> = filler.iter().copied().cycle().take(count).collect();
        encoder.encode(&samples, width, height, color).expect("enough samples of a size that JPEG holds");
        bytes
    }
}

fuzz_target!(|picture: Picture| {
    let source = picture.encode();
    let options = Options { quality: Quality::new(quality(picture.asked)).unwrap(), ..Options::default() };
    let made = halve(&source, &options).expect("a sound JPEG is halved");
    let (width, height) = picture.size();
    let (across, down) = if picture.orientation() >= 5 { (height, width) } else { (width, height) };
    let (across, down) = (half(across.into()), half(down.into()));
    assert_eq!((made.width, made.height), (across, down));

    let mut decoder = JpegDecoder::new(ZCursor::new(&made.bytes));
    decoder.decode().expect("an independent decoder reads the half");
    assert_eq!(decoder.dimensions(), Some((across as usize, down as usize)));

    let again = halve(&made.bytes, &options).expect("the half is halved");
    assert_eq!((again.width, again.height), (half(across), half(down)));
});
