//! Moving GIF out.
//!
//! A pixel is painted only where what a viewer sees there is not yet what it should be; equal colours always become equal
//! ones. So what stands still never flickers. Pictures are cropped to what is painted in them.
//!
//! ```text
//! base ─ a picture's pixels ─▶ shown ─ its disposal ─▶ base of the next
//! ```
//! Pixels can be painted, but not cleared: where one becomes transparent, the picture before must be disposed of by
//! clearing its rectangle, or by restoring what was there. So a picture waits until the one behind it is known.

use crate::Error;
use crate::animation::{CLEAR, Clock, Delay, Disposal, Pixel, Rect};
use crate::palette::{CHOICES, Color, Histogram, Map};

use super::encode::{File, Plate};
use super::lzw::{Choice, two};

/// Moving GIF out, picture by picture.
pub(crate) struct Movie {
    file: File,
    width: usize,
    global: Colors,
    /// Whether the global colours are fewer than the pictures have.
    reduced: bool,
    /// The least error of the global colours that makes others worth a try.
    tolerated: u64,
    /// What a viewer has before the waiting picture is painted: the pixels as they should be, and as they are.
    base: Vec<(Pixel, Pixel)>,
    /// The waiting picture: each pixel opaque or [`CLEAR`].
    picture: Vec<Pixel>,
    /// Where it may differ from the base.
    stale: Rect,
    clock: Clock,
    /// For how long it is shown; `None` where no picture waits.
    delay: Option<Delay>,
    /// The delay of the last picture in the file, if that one stays.
    written: Option<Delay>,
}

/// Colours that pictures are painted in.
struct Colors {
    entries: Vec<Color>,
    map: Map,
}

impl Colors {
    fn of(entries: Vec<Color>) -> Self {
        Self { map: Map::onto(&entries), entries }
    }

    /// The index that paints nothing: the first behind the others.
    fn transparent(&self) -> u8 {
        self.entries.len() as u8
    }
}

/// How far pictures may be from the global colours, as [`Histogram::error`] has it, before they get their own.
const TOLERATED: u64 = 4 << 10;

/// How many pixels in a row that need not be painted are few, where they are painted for shorter strings.
const SHORT_RUN: usize = 8;

/// What is painted of a picture.
struct Paint {
    /// One for each pixel of the rectangle that was looked at.
    choices: Vec<Choice>,
    /// That rectangle.
    seen: Rect,
    /// The smallest rectangle around all pixels that must be painted.
    needed: Rect,
}

impl Movie {
    /// The most colours: one index paints nothing.
    pub(crate) const MOST_COLORS: usize = 255;

    /// A movie of `width` × `height` in at most [`MOST_COLORS`](Self::MOST_COLORS) opaque `colors`, sorted, and in others
    /// where it has more and these are not good enough; played `plays` times, 0 for ever.
    pub(crate) fn new(
        width: usize,
        height: usize,
        colors: Vec<Color>,
        reduced: bool,
        plays: u32,
    ) -> Result<Self, Error> {
        let mut file = File::begin(width, height, &colors, 1)?;
        file.loops(plays);
        Ok(Self {
            file,
            width,
            global: Colors::of(colors),
            reduced,
            tolerated: TOLERATED,
            base: vec![(CLEAR, CLEAR); width * height],
            picture: vec![CLEAR; width * height],
            stale: Rect::EMPTY,
            clock: Clock::new(100),
            delay: None,
            written: None,
        })
    }

    /// Shows `pixels` for `delay`; they differ from the ones before in `changed` alone. Where that is too long for
    /// a picture to say, others follow that paint nothing.
    pub(crate) fn show(&mut self, pixels: &[Pixel], changed: &Rect, delay: Delay) {
        let mut changed = *changed;
        for share in self.clock.tick(delay).shares(0xFFFF) {
            self.show_for(pixels, &changed, share);
            changed = Rect::EMPTY;
        }
    }

    /// The same for a `delay` that [`fits`].
    fn show_for(&mut self, pixels: &[Pixel], changed: &Rect, delay: Delay) {
        if let Some(before) = self.delay {
            if changed.is_empty() && fits(before.and(delay)) {
                self.delay = Some(before.and(delay));
                return;
            }
            self.write(Some((pixels, changed)));
        }
        for y in changed.rows() {
            let row = changed.row(y, self.width);
            for (pixel, &new) in self.picture[row.clone()].iter_mut().zip(&pixels[row]) {
                *pixel = hard(new);
            }
        }
        self.stale = self.stale.with(changed);
        self.delay = Some(delay);
    }

    /// Bytes of the file so far.
    pub(crate) fn written(&self) -> usize {
        self.file.bytes.len()
    }

    /// The file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.write(None);
        self.file.finish()
    }

    /// Writes the waiting picture, with the disposal that suits the next one.
    fn write(&mut self, next: Option<(&[Pixel], &Rect)>) {
        let Some(delay) = self.delay else { return };
        let cleared = next.map_or(Rect::EMPTY, |(next, changed)| self.cleared(next, changed));
        let seen = self.stale.with(&cleared);
        let mut own = self.own_colors(&seen);
        let paint = self.paint(&seen, own.as_mut());
        let disposal = match next {
            Some((next, _)) if !cleared.is_empty() => self.disposal(next, &paint.needed.with(&cleared)),
            _ => Disposal::Keep,
        };
        let mut rect = if disposal == Disposal::Clear { paint.needed.with(&cleared) } else { paint.needed };
        let longer = self.written.map(|before| before.and(delay)).filter(|&both| fits(both));
        if let (true, Disposal::Keep, Some(both)) = (rect.is_empty(), disposal, longer) {
            self.file.set_delay(both);
            self.written = Some(both);
        } else {
            if rect.is_empty() {
                rect = Rect::of_size(1, 1);
            }
            let taken = self.put(&paint, rect, disposal, delay, own.as_ref());
            self.painted(&rect, &taken, disposal, own.as_ref());
            self.written = (disposal == Disposal::Keep).then_some(delay);
        }
        self.dispose(&paint.seen, &rect, disposal);
    }

    /// Colours for what is new in `seen` alone, where the global ones are too far from it.
    fn own_colors(&mut self, seen: &Rect) -> Option<Colors> {
        if !self.reduced {
            return None;
        }
        let mut histogram = Histogram::coarse();
        for y in seen.rows() {
            let row = seen.row(y, self.width);
            let pairs = self.picture[row.clone()].iter().zip(&self.base[row]);
            for (&pixel, _) in pairs.filter(|&(pixel, (truth, _))| *pixel != CLEAR && pixel != truth) {
                histogram.add(pixel);
            }
        }
        histogram.finish();
        let error = histogram.error(&self.global.map);
        if error < self.tolerated {
            return None;
        }
        let own = Colors::of(histogram.palette(Self::MOST_COLORS).0);
        let better = 3 * histogram.error(&own.map) < 2 * error;
        // What was no use for this picture will be none for the next ones, which look like it.
        self.tolerated = if better { TOLERATED } else { error + error / 4 };
        better.then_some(own)
    }

    /// The smallest rectangle around what is opaque now and clear in `next`.
    fn cleared(&self, next: &[Pixel], changed: &Rect) -> Rect {
        let mut cleared = Rect::EMPTY;
        for y in changed.rows() {
            let row = changed.row(y, self.width);
            let goes = |(now, next): (&Pixel, &Pixel)| *now != CLEAR && hard(*next) == CLEAR;
            let (now, next) = (&self.picture[row.clone()], &next[row]);
            if let Some(first) = now.iter().zip(next).position(goes) {
                let last = now.iter().zip(next).rposition(goes).unwrap_or(first);
                cleared = cleared.with(&Rect::between(changed.left + first, y, changed.left + last + 1, y + 1));
            }
        }
        cleared
    }

    /// What has to be painted of the waiting picture in `seen`.
    fn paint(&mut self, seen: &Rect, own: Option<&mut Colors>) -> Paint {
        let colors = own.unwrap_or(&mut self.global);
        let transparent = colors.transparent();
        let mut paint = Paint { choices: Vec::with_capacity(seen.area()), seen: *seen, needed: Rect::EMPTY };
        let nothing = [transparent; CHOICES];
        for y in seen.rows() {
            let row = seen.row(y, self.width);
            let (mut first, mut last) = (None, 0);
            for (x, (&pixel, &(truth, shown))) in self.picture[row.clone()].iter().zip(&self.base[row]).enumerate() {
                let choice = if pixel == CLEAR {
                    nothing
                } else {
                    let choice = colors.map.indices(pixel);
                    // What is not in the palette may have been painted as an entry nearby: painting it anew could change it.
                    let is_exact = choice.iter().all(|index| *index == choice[0]);
                    if pixel == truth && !is_exact {
                        nothing
                    } else if choice.iter().any(|&index| colors.entries[usize::from(index)] == shown) {
                        two(transparent, choice[0])
                    } else if pixel == truth {
                        nothing
                    } else {
                        first.get_or_insert(x);
                        last = x;
                        choice
                    }
                };
                paint.choices.push(choice);
            }
            if let Some(first) = first {
                let row = Rect::between(seen.left + first, y, seen.left + last + 1, y + 1);
                paint.needed = paint.needed.with(&row);
            }
        }
        paint
    }

    /// Whether clearing `rect` or restoring what was there leaves fewer pixels of `next` to be painted.
    fn disposal(&self, next: &[Pixel], rect: &Rect) -> Disposal {
        let (mut cleared, mut restored) = (0_u64, Some(0_u64));
        for y in 0..self.picture.len() / self.width {
            for x in 0..self.width {
                let at = y * self.width + x;
                let (next, (base, _)) = (hard(next[at]), self.base[at]);
                let inside = rect.rows().contains(&y) && (rect.left..rect.right()).contains(&x);
                if next == CLEAR {
                    restored = restored.filter(|_| base == CLEAR);
                } else {
                    cleared += u64::from(inside || next != self.picture[at]);
                    restored = restored.map(|count| count + u64::from(next != base));
                }
            }
        }
        if restored.is_some_and(|restored| restored < cleared) { Disposal::Restore } else { Disposal::Clear }
    }

    /// Puts `rect` of the painted pixels into the file; the index that each of them got.
    fn put(&mut self, paint: &Paint, rect: Rect, disposal: Disposal, delay: Delay, own: Option<&Colors>) -> Vec<u8> {
        let transparent = own.unwrap_or(&self.global).transparent();
        let colors = own.map(|own| &own.entries[..]);
        let plate = Plate { rect, disposal, delay, transparent: Some(transparent), colors };
        let nothing = [transparent; CHOICES];
        let seen = paint.seen;
        let mut choices = Vec::with_capacity(rect.area());
        for y in rect.rows() {
            for x in rect.left..rect.right() {
                let inside = seen.rows().contains(&y) && (seen.left..seen.right()).contains(&x);
                choices.push(if inside { paint.choices[(y - seen.top) * seen.width + x - seen.left] } else { nothing });
            }
        }
        let start = self.file.bytes.len();
        let taken = self.file.any_of(&plate, &choices);
        choices.chunks_exact_mut(rect.width).for_each(|row| paint_short_runs(row, transparent, SHORT_RUN));
        let first = self.file.bytes.split_off(start);
        let painted = self.file.any_of(&plate, &choices);
        if self.file.bytes.len() - start <= first.len() {
            return painted;
        }
        self.file.bytes.truncate(start);
        self.file.bytes.extend(first);
        taken
    }

    /// Notes what a viewer has in `rect`, where each pixel was painted as the index `taken`.
    fn painted(&mut self, rect: &Rect, taken: &[u8], disposal: Disposal, own: Option<&Colors>) {
        if disposal == Disposal::Restore {
            return;
        }
        let colors = own.unwrap_or(&self.global);
        for (y, taken) in rect.rows().zip(taken.chunks_exact(rect.width)) {
            for ((_, shown), &index) in self.base[rect.row(y, self.width)].iter_mut().zip(taken) {
                // The index behind the others paints nothing.
                *shown = colors.entries.get(usize::from(index)).copied().unwrap_or(*shown);
            }
        }
    }

    /// Makes the base of the next picture, of which `seen` was looked at and `rect` was painted.
    fn dispose(&mut self, seen: &Rect, rect: &Rect, disposal: Disposal) {
        if disposal == Disposal::Restore {
            // What was painted is gone; the next picture differs where this one did.
            return;
        }
        for y in seen.rows() {
            let row = seen.row(y, self.width);
            self.base[row.clone()].iter_mut().zip(&self.picture[row]).for_each(|((truth, _), &pixel)| *truth = pixel);
        }
        self.stale = Rect::EMPTY;
        if disposal == Disposal::Clear {
            rect.rows().for_each(|y| self.base[rect.row(y, self.width)].fill((CLEAR, CLEAR)));
            self.stale = *rect;
        }
    }
}

/// Paints pixels that need not be painted where fewer than `least` of them stand in a row: better than a string broken.
fn paint_short_runs(row: &mut [Choice], transparent: u8, least: usize) {
    for run in row.chunk_by_mut(|a, b| (a[0] == transparent) == (b[0] == transparent)) {
        if run[0][0] == transparent && run.len() < least {
            for choice in run.iter_mut() {
                *choice = two(choice[1], choice[0]);
            }
        }
    }
}

/// Whether a file can say so long a delay.
fn fits(delay: Delay) -> bool {
    delay.units(100, u32::MAX) <= 0xFFFF
}

/// `pixel` wholly opaque or wholly clear, as GIF knows them.
pub(crate) fn hard([r, g, b, alpha]: Pixel) -> Pixel {
    if alpha < 128 { CLEAR } else { [r, g, b, 255] }
}
