//! For how long a frame is shown.

/// For how long a frame is shown: a fraction of a second, as the file states it.
///
/// Browsers take what is stated to be at most 10 ms for 100 ms, in every format (a rule older than they are: such files
/// were made for viewers that could not keep up). What is stated is kept all the same; only where times are added up
/// or a format must round them does what is shown count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delay {
    pub(crate) numerator: u32,
    /// Parts of a second, at least 1.
    pub(crate) denominator: u32,
}

impl Delay {
    pub(crate) const fn centiseconds(count: u32) -> Self {
        Self { numerator: count, denominator: 100 }
    }

    pub(crate) const fn milliseconds(count: u32) -> Self {
        Self { numerator: count, denominator: 1000 }
    }

    /// As browsers show it.
    fn shown(self) -> Self {
        let short = 100 * u64::from(self.numerator) <= u64::from(self.denominator);
        if short { Self::milliseconds(100) } else { self }
    }

    /// The time of both, one after the other.
    pub(crate) fn and(self, other: Self) -> Self {
        let (a, b) = (self.shown(), other.shown());
        let (x, y) = (u64::from(a.denominator), u64::from(b.denominator));
        let (one, other) = (u64::from(a.numerator) * (y / gcd(x, y)), u64::from(b.numerator) * (x / gcd(x, y)));
        let sum = one.saturating_add(other);
        let parts = x / gcd(x, y) * y;
        match (u32::try_from(sum), u32::try_from(parts)) {
            (Ok(numerator), Ok(denominator)) => Self { numerator, denominator },
            _ => Self::milliseconds(a.units(1000, u32::MAX).saturating_add(b.units(1000, u32::MAX))),
        }
    }

    /// In units of which a second has `parts`, rounded, at most `most`; never so little that browsers would show it for
    /// longer, where they do not already.
    pub(crate) fn units(self, parts: u32, most: u32) -> u32 {
        let (numerator, denominator) = (u64::from(self.numerator), u64::from(self.denominator));
        let rounded = (2 * numerator * u64::from(parts) + denominator) / (2 * denominator);
        let least = if self.shown() == self { u64::from(parts / 100 + 1) } else { 0 };
        rounded.max(least).min(u64::from(most)) as u32
    }

    /// The same time in as few delays as can be whose numerators are at most `most`; all but equal.
    pub(crate) fn shares(self, most: u32) -> impl Iterator<Item = Self> {
        let Self { numerator, denominator } = self;
        let count = numerator.div_ceil(most).max(1);
        let until = move |share: u32| (u64::from(numerator) * u64::from(share) / u64::from(count)) as u32;
        (0..count).map(move |share| Self { numerator: until(share + 1) - until(share), denominator })
    }
}

/// Delays in whole units of a format, one after the other: what rounding takes from one is given to those behind it, so
/// that a movie is shown for as long as its source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// Units in a second.
    parts: u32,
    /// What is still to be shown, in 1/[`FINE`](Self::FINE) of a unit; less than 0 where it was too much.
    owed: i64,
}

impl Clock {
    const FINE: i64 = 1 << 20;

    /// `parts`, from 100 to 1000, are a second.
    pub(crate) const fn new(parts: u32) -> Self {
        Self { parts, owed: 0 }
    }

    /// The next delay. Those that browsers show for longer than they say are left alone.
    pub(crate) fn tick(&mut self, delay: Delay) -> Delay {
        let Self { parts, owed } = *self;
        let whole = |numerator| Delay { numerator, denominator: parts };
        if delay.shown() != delay {
            return whole(delay.units(parts, u32::MAX));
        }
        let wanted = i64::from(delay.numerator) * i64::from(parts) * Self::FINE / i64::from(delay.denominator) + owed;
        let units = ((wanted + Self::FINE / 2) / Self::FINE).clamp(i64::from(parts / 100 + 1), u32::MAX.into());
        self.owed = (wanted - units * Self::FINE).clamp(-Self::FINE, Self::FINE);
        whole(units as u32)
    }
}

const fn gcd(a: u64, b: u64) -> u64 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_show_for_longer_counts_so_in_sums() {
        for (a, b, sum) in [(5, 5, 10), (0, 5, 15), (1, 1, 20), (2, 0, 12)] {
            let both = Delay::centiseconds(a).and(Delay::centiseconds(b));
            assert_eq!(both.units(100, 65535), sum, "{a} and {b} cs");
        }
        let thirds = Delay { numerator: 1, denominator: 3 };
        assert_eq!(thirds.and(Delay { numerator: 1, denominator: 7 }), Delay { numerator: 10, denominator: 21 });
        let odd = Delay { numerator: 65535, denominator: 65521 }.and(Delay { numerator: 65535, denominator: 65519 });
        assert_eq!(odd.and(Delay { numerator: 1, denominator: 65497 }).units(1000, u32::MAX), 2100);
    }

    #[test]
    fn what_is_rounded_off_is_made_up_for() {
        for (delay, parts, units) in [
            (Delay::milliseconds(41), 100, [4, 4, 4, 4, 4, 5, 4, 4]),
            (Delay { numerator: 1, denominator: 30 }, 100, [3, 4, 3, 3, 4, 3, 3, 4]),
            (Delay { numerator: 1, denominator: 60 }, 1000, [17, 16, 17, 17, 16, 17, 17, 16]),
            (Delay::centiseconds(7), 1000, [70; 8]),
            // Shown for 100 ms, as all that is this short; and what is a little longer must not become that.
            (Delay::milliseconds(9), 100, [1; 8]),
            (Delay::milliseconds(11), 100, [2; 8]),
        ] {
            let mut clock = Clock::new(parts);
            assert_eq!([(); 8].map(|()| clock.tick(delay).units(parts, 65535)), units, "{delay:?} in 1/{parts} s");
        }
        let longest = Clock::new(1000).tick(Delay { numerator: u32::MAX, denominator: 1 });
        assert_eq!(longest, Delay::milliseconds(u32::MAX));
    }

    #[test]
    fn a_long_delay_is_the_sum_of_shorter_ones() {
        for (whole, most, shares) in [
            (0, 65535, &[0][..]),
            (65535, 65535, &[65535]),
            (65536, 65535, &[32768; 2]),
            (200_000, 65535, &[50_000; 4]),
            (200_003, 65535, &[50_000, 50_001, 50_001, 50_001]),
        ] {
            let shared: Vec<u32> = Delay::centiseconds(whole).shares(most).map(|share| share.numerator).collect();
            assert_eq!(shared, shares, "{whole}");
        }
        assert_eq!(Delay::milliseconds(u32::MAX).shares(0xFF_FFFF).map(|share| share.numerator).sum::<u32>(), u32::MAX);
    }

    #[test]
    fn delays_keep_their_length_in_other_units() {
        for (delay, parts, units) in [
            (Delay::centiseconds(0), 1000, 0),
            (Delay::centiseconds(1), 1000, 10),
            (Delay::centiseconds(7), 1000, 70),
            (Delay::milliseconds(10), 100, 1),
            (Delay::milliseconds(11), 100, 2),
            (Delay::milliseconds(16), 100, 2),
            (Delay::milliseconds(25), 100, 3),
            (Delay { numerator: 1, denominator: 60 }, 1000, 17),
        ] {
            assert_eq!(delay.units(parts, 65535), units, "{delay:?} in 1/{parts} s");
        }
        assert_eq!(Delay::milliseconds(1_000_000).units(100, 65535), 65535);
        assert_eq!(Delay::milliseconds(700_000).units(10, 65535), 7000);
        assert_eq!(Delay::milliseconds(700_000).units(1, 65535), 700);
    }
}
