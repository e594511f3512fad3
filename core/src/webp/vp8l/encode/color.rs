//! Colours foretold from colours: subtracting green, and the colour transform (RFC 9649, 4.2 and 4.3).

use super::super::tiles;
use super::super::transform::{BLACK, sub};
use super::predictor::Modes;
use super::price::prices;

/// Takes green from red and blue.
pub(super) fn subtract_green(pixels: &mut [u32]) {
    for pixel in pixels {
        let green = *pixel >> 8 & 0xFF;
        *pixel = sub(*pixel, green << 16 | green);
    }
}

/// What a share of `of` is: `by` in 1/32.
#[inline(always)]
const fn share(by: i8, of: i8) -> u8 {
    ((by as i32 * of as i32) >> 5) as u8
}

/// What the levels of red and blue cost.
struct Prices {
    red: [u16; 256],
    blue: [u16; 256],
}

impl Prices {
    fn of(pixels: &[u32]) -> Self {
        let (mut reds, mut blues) = ([0; 256], [0; 256]);
        for pixel in pixels {
            reds[(pixel >> 16 & 0xFF) as usize] += 1;
            blues[(pixel & 0xFF) as usize] += 1;
        }
        let (mut red, mut blue) = ([0; 256], [0; 256]);
        prices(&reds, 0, |symbol, price| red[symbol] = price);
        prices(&blues, 0, |symbol, price| blue[symbol] = price);
        Self { red, blue }
    }
}

/// The levels of a tile, signed.
#[derive(Default)]
struct Levels {
    red: Vec<i8>,
    green: Vec<i8>,
    blue: Vec<i8>,
}

/// Takes from red what green tells, and from blue what green and red tell, in the tiles of `modes`, but not in those that
/// are not foretold; gives what was taken, as pixels. `None` where it does not pay; then `pixels` are as they were.
pub(super) fn apply(pixels: &mut [u32], width: usize, modes: &Modes) -> Option<Vec<u32>> {
    /// What the parameters of a tile cost where they are not 0, at a guess.
    const STATED: u32 = 12 << 8;
    let bits = modes.bits;
    let side = 1 << bits;
    let across = tiles(width, bits);
    let height = pixels.len() / width;
    let prices = Prices::of(pixels);
    let mut saved = 0_u64;
    let mut elements = vec![BLACK; across * tiles(height, bits)];
    let mut levels = Levels::default();
    for (tile, (element, _)) in elements.iter_mut().zip(&modes.modes).enumerate().filter(|(_, (_, mode))| **mode != 0) {
        let (left, top) = (tile % across * side, tile / across * side);
        let columns = left..(left + side).min(width);
        levels.clear();
        for y in top..(top + side).min(height) {
            pixels[y * width..][columns.clone()].iter().for_each(|&pixel| levels.push(pixel));
        }
        let (before, by, after) = levels.best(&prices);
        if after + STATED < before {
            *element = BLACK | u32::from_le_bytes([by[0] as u8, by[1] as u8, by[2] as u8, 0]);
            saved += u64::from(before - after - STATED);
        }
    }
    if saved < (elements.len() as u64) << 8 {
        return None;
    }
    for (y, row) in pixels.chunks_exact_mut(width).enumerate() {
        for (pixels, &element) in row.chunks_mut(side).zip(&elements[(y >> bits) * across..]) {
            take(pixels, element);
        }
    }
    Some(elements)
}

fn take(pixels: &mut [u32], element: u32) {
    let [green_to_red, green_to_blue, red_to_blue, _] = element.to_le_bytes().map(|byte| byte as i8);
    for pixel in pixels {
        let [_, green, red, _] = pixel.to_le_bytes().map(|byte| byte as i8);
        let blue = share(green_to_blue, green).wrapping_add(share(red_to_blue, red));
        *pixel = sub(*pixel, u32::from_le_bytes([blue, 0, share(green_to_red, green), 0]));
    }
}

impl Levels {
    fn clear(&mut self) {
        self.red.clear();
        self.green.clear();
        self.blue.clear();
    }

    fn push(&mut self, pixel: u32) {
        let [blue, green, red, _] = pixel.to_le_bytes().map(|byte| byte as i8);
        self.red.push(red);
        self.green.push(green);
        self.blue.push(blue);
    }

    /// What the tile costs as it is, the best shares of green in red, of green in blue and of red in blue, and what it costs
    /// with them.
    fn best(&self, prices: &Prices) -> (u32, [i8; 3], u32) {
        let mut by = [0; 3];
        let red_before = cost(&prices.red, &self.red, &self.green, 0);
        let blue_before = cost(&prices.blue, &self.blue, &self.green, 0);
        let mut red_after = red_before;
        by[0] = improve(&prices.red, &self.red, &self.green, &mut red_after);
        let mut blue_after = blue_before;
        by[1] = improve(&prices.blue, &self.blue, &self.green, &mut blue_after);
        let rest = without(&self.blue, &self.green, by[1]);
        by[2] = improve(&prices.blue, &rest, &self.red, &mut blue_after);
        (red_before + blue_before, by, red_after + blue_after)
    }
}

fn without(levels: &[i8], of: &[i8], by: i8) -> Vec<i8> {
    levels.iter().zip(of).map(|(&level, &of)| level.wrapping_sub(share(by, of) as i8)).collect()
}

/// What `levels` cost without the share `by` of `of`.
fn cost(prices: &[u16; 256], levels: &[i8], of: &[i8], by: i8) -> u32 {
    let pairs = levels.iter().zip(of);
    pairs.map(|(&level, &of)| u32::from(prices[usize::from((level as u8).wrapping_sub(share(by, of)))])).sum()
}

/// The share of `of` that makes `levels` cheapest, near the one of least squares; it lowers `best` where there is one.
fn improve(prices: &[u16; 256], levels: &[i8], of: &[i8], best: &mut u32) -> i8 {
    let product = |(&a, &b): (&i8, &i8)| i32::from(a) * i32::from(b);
    let squares: i32 = of.iter().zip(of).map(product).sum();
    if squares == 0 {
        return 0;
    }
    let products: i64 = levels.iter().zip(of).map(product).sum::<i32>().into();
    let least = (products * 32 / i64::from(squares)).clamp(-120, 120) as i8;
    let mut chosen = 0;
    for by in [least, least / 2, least - 4, least + 4] {
        if by != 0 {
            let cost = cost(prices, levels, of, by);
            if cost < *best {
                (*best, chosen) = (cost, by);
            }
        }
    }
    chosen
}
