//! Numbers as a caller in another language passes them. A number that no option can have becomes
//! one that the core refuses, so that the core alone decides what is valid and words the error.

use std::time::Duration;

/// A duration. A number below 0 and NaN become 0, one that is too large becomes the longest
/// duration: the core refuses both for every option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milliseconds(Duration);

impl Milliseconds {
    /// Converts a number of seconds.
    pub fn from_seconds(seconds: f64) -> Self {
        let out_of_range = if seconds > 0.0 { Duration::MAX } else { Duration::ZERO };
        Self(Duration::try_from_secs_f64(seconds).unwrap_or(out_of_range))
    }

    /// Returns the duration.
    pub fn to_duration(self) -> Duration {
        self.0
    }
}

impl From<i64> for Milliseconds {
    fn from(milliseconds: i64) -> Self {
        Self(Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)))
    }
}

impl From<u64> for Milliseconds {
    fn from(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }
}

impl From<f64> for Milliseconds {
    fn from(milliseconds: f64) -> Self {
        Self::from_seconds(milliseconds / 1000.0)
    }
}

/// A count. A number below 0 and one with a fraction become 0, which the core refuses for every
/// option; one that is too large becomes the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(u32);

impl Count {
    /// Returns the number.
    pub fn to_u32(self) -> u32 {
        self.0
    }
}

impl From<i64> for Count {
    fn from(number: i64) -> Self {
        Self(u32::try_from(number).unwrap_or(if number < 0 { 0 } else { u32::MAX }))
    }
}

impl From<u32> for Count {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl From<f64> for Count {
    fn from(number: f64) -> Self {
        // The cast saturates.
        Self::from(if number.fract() == 0.0 { number as i64 } else { 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_that_no_option_can_have_becomes_one_that_the_core_refuses() {
        for (milliseconds, expected) in [(-1, 0), (i64::MIN, 0), (0, 0), (1, 1), (15_000, 15_000)] {
            assert_eq!(Milliseconds::from(milliseconds).to_duration(), Duration::from_millis(expected));
        }
        for (seconds, expected) in [
            (-0.5, Duration::ZERO),
            (f64::NAN, Duration::ZERO),
            (f64::NEG_INFINITY, Duration::ZERO),
            (f64::INFINITY, Duration::MAX),
            (1e30, Duration::MAX),
            (0.25, Duration::from_millis(250)),
        ] {
            assert_eq!(Milliseconds::from_seconds(seconds).to_duration(), expected, "{seconds}");
        }
        assert_eq!(Milliseconds::from(2.5).to_duration(), Duration::from_micros(2500));
    }

    #[test]
    fn a_count_that_no_option_can_have_becomes_one_that_the_core_refuses() {
        for (number, expected) in [(-1, 0), (0, 0), (7, 7), (i64::MAX, u32::MAX)] {
            assert_eq!(Count::from(number).to_u32(), expected, "{number}");
        }
        for (number, expected) in [(-1.0, 0), (1.5, 0), (f64::NAN, 0), (f64::INFINITY, 0), (7.0, 7), (1e30, u32::MAX)] {
            assert_eq!(Count::from(number).to_u32(), expected, "{number}");
        }
    }
}
