use std::io::Cursor;

use image_webp::{LoopCount, WebPDecoder};

use super::*;
use crate::Effort;
use crate::raster::{Model, Raster, Samples};
use crate::webp::lossless;

/// A picture of one colour.
fn flat(width: usize, height: usize, pixel: [u8; 4]) -> Coded {
    let samples = Samples::Eight(pixel.repeat(width * height));
    lossless(&Raster { width, height, model: Model::Rgba, samples }, Effort::Balanced).unwrap()
}

#[test]
fn a_still_picture_keeps_its_profile_and_its_pixels() {
    let image = flat(3, 5, [1, 2, 3, 4]);
    for profile in [None, Some(&b"odd"[..]), Some(b"even")] {
        let file = still(&image, profile).unwrap();
        let mut decoder = WebPDecoder::new(Cursor::new(&file)).unwrap();
        assert_eq!((decoder.dimensions(), decoder.has_alpha()), ((3, 5), true));
        assert_eq!(decoder.icc_profile().unwrap().as_deref(), profile);
        let mut pixels = [0; 60];
        decoder.read_image(&mut pixels).unwrap();
        assert_eq!(pixels[..], [1, 2, 3, 4].repeat(15));
    }
}

#[test]
fn an_animation_is_what_was_put_into_it() {
    let mut animation = Animation::new((8, 6), 3, Some(b"icc"));
    let placed = |x, y, blend, clear| Placed { x, y, duration: 70, blend, clear };
    animation.push(&flat(8, 6, [9, 9, 9, 255]), placed(0, 0, false, false));
    animation.push(&flat(2, 3, [200, 0, 0, 255]), placed(4, 2, true, true));
    animation.push(&flat(1, 1, [0, 0, 0, 0]), placed(0, 0, false, false));
    let file = animation.finish().unwrap();
    let mut decoder = WebPDecoder::new(Cursor::new(&file)).unwrap();
    assert_eq!((decoder.dimensions(), decoder.num_frames(), decoder.has_alpha()), ((8, 6), 3, true));
    // Without a background, the decoder leaves rectangles as they are that are to be cleared.
    decoder.set_background_color([0; 4]).unwrap();
    assert!(matches!(decoder.loop_count(), LoopCount::Times(times) if times.get() == 3));
    let mut frames = Vec::new();
    for _ in 0..3 {
        let mut pixels = vec![0; 8 * 6 * 4];
        assert_eq!(decoder.read_frame(&mut pixels).unwrap(), 70);
        frames.push(pixels);
    }
    let pixel = |frame: usize, x: usize, y: usize| &frames[frame][(y * 8 + x) * 4..][..4];
    assert_eq!(frames[0], [9, 9, 9, 255].repeat(48));
    // The decoder blends opaque levels one too low.
    for (x, y, red) in [(4, 2, 200), (5, 4, 200), (6, 4, 9)] {
        assert!(pixel(1, x, y)[0].abs_diff(red) <= 1, "{x}, {y}");
    }
    assert_eq!([pixel(2, 4, 2)[3], pixel(2, 0, 0)[3], pixel(2, 1, 0)[3]], [0, 0, 255]);
}

#[test]
fn alpha_is_announced_where_any_pixel_may_be_transparent() {
    let opaque = || {
        let samples = Samples::Eight(vec![7; 12]);
        lossless(&Raster { width: 2, height: 2, model: Model::Rgb, samples }, Effort::Balanced).unwrap()
    };
    for (canvas, clear, alpha) in [((2, 2), false, false), ((2, 2), true, true), ((4, 2), false, true)] {
        let mut animation = Animation::new(canvas, 0, None);
        animation.push(&opaque(), Placed { x: 0, y: 0, duration: 1, blend: false, clear });
        let flags = animation.finish().unwrap()[FLAGS_AT];
        assert_eq!(flags & HAS_ALPHA != 0, alpha, "{canvas:?} {clear}");
    }
}
