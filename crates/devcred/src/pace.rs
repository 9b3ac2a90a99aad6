//! The client-side rate limit: every attempt reserves its turn.
//!
//! It is GCRA, the generic cell rate algorithm: one theoretical arrival time, which each reservation moves on by
//! 1/rate. A turn may come up to `burst - 1` such steps before it. So in no second are there more than rate + burst turns,
//! and a caller knows its turn at once, which is why this is not a limiter that polls.
//!
//! Why there is one: the service allows 500 requests a second for each account, but blocks a source address that sends more
//! than 300 ("QPS limits" of the product's documents). The default stays safe for a few processes behind one address.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) const DEFAULT_REQUESTS_PER_SECOND: u32 = 50;
const BURST_MIN: u32 = 10;

pub(crate) struct Pace {
    requests_per_second: u32,
    interval: Duration,
    tolerance: Duration,
    theoretical_arrival: Mutex<Option<Instant>>,
}

/// No turn before the latest that the caller could use.
#[derive(Debug, PartialEq)]
pub(crate) struct TooLate {
    /// The calls whose turn is still to come.
    pub waiting: u128,
}

impl Pace {
    /// The burst is a tenth of the rate, at least 10.
    pub(crate) fn new(requests_per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / requests_per_second.max(1);
        let burst = (requests_per_second / 10).max(BURST_MIN);
        Self { requests_per_second, interval, tolerance: interval * (burst - 1), theoretical_arrival: Mutex::new(None) }
    }

    pub(crate) fn requests_per_second(&self) -> u32 {
        self.requests_per_second
    }

    /// Reserves the next turn. A turn later than `latest` is not taken from anyone: the next caller may have it.
    pub(crate) fn reserve(&self, now: Instant, latest: Instant) -> Result<Instant, TooLate> {
        let mut theoretical_arrival = self.theoretical_arrival.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = theoretical_arrival.map_or(now, |arrival| arrival.max(now));
        let turn = arrival.checked_sub(self.tolerance).map_or(now, |turn| turn.max(now));
        if turn > latest {
            let waiting = turn.duration_since(now).as_nanos().div_ceil(self.interval.as_nanos().max(1));
            return Err(TooLate { waiting });
        }
        *theoretical_arrival = Some(arrival + self.interval);
        Ok(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FAR: Duration = Duration::from_secs(100_000);

    #[test]
    fn a_burst_is_free_and_then_the_rate_holds() {
        let pace = Pace::new(50);
        let start = Instant::now();
        let turns: Vec<_> = (0..60).map(|_| pace.reserve(start, start + FAR).unwrap() - start).collect();
        assert_eq!(turns[..10], [Duration::ZERO; 10]);
        assert_eq!(turns[10], Duration::from_millis(20));
        assert_eq!(turns[59], Duration::from_secs(1));
    }

    #[test]
    fn the_burst_is_a_tenth_and_at_least_ten() {
        for (rate, burst) in [(1, 10), (50, 10), (100, 10), (200, 20), (1000, 100)] {
            let pace = Pace::new(rate);
            let now = Instant::now();
            let at_once = (0..rate + burst).filter(|_| pace.reserve(now, now).is_ok()).count();
            assert_eq!(at_once, burst as usize, "{rate}");
        }
    }

    #[test]
    fn a_refusal_says_how_many_wait_and_takes_no_turn() {
        let pace = Pace::new(50);
        let now = Instant::now();
        assert!((0..35).all(|_| pace.reserve(now, now + FAR).is_ok()));
        let refused = TooLate { waiting: 26 };
        assert_eq!(pace.reserve(now, now + Duration::from_millis(519)), Err(refused));
        assert_eq!(pace.reserve(now, now + Duration::from_millis(520)), Ok(now + Duration::from_millis(520)));
    }

    #[test]
    fn an_idle_client_gets_its_burst_back() {
        let pace = Pace::new(50);
        let now = Instant::now();
        assert!((0..10).all(|_| pace.reserve(now, now).is_ok()));
        assert!(pace.reserve(now, now).is_err());
        let later = now + Duration::from_secs(1);
        assert!((0..10).all(|_| pace.reserve(later, later) == Ok(later)));
        assert!(pace.reserve(later, later).is_err());
    }

    /// The rule told another way: of any turns in a row, those beyond a burst take an interval each.
    fn earliest_turn(turns: &[Instant], now: Instant, interval: Duration, burst: u32) -> Instant {
        let in_a_row = (2..).take(turns.len());
        let bounds =
            turns.iter().rev().zip(in_a_row).map(|(turn, count)| *turn + interval * u32::saturating_sub(count, burst));
        bounds.fold(now, Instant::max)
    }

    proptest! {
        /// Callers come at made-up times and can wait for made-up spans.
        #[test]
        fn never_more_than_rate_and_burst_and_no_turn_is_lost(
            rate in 1..400_u32,
            callers in prop::collection::vec((0..40_u64, prop_oneof![Just(0_u64), 0..3000_u64]), 1..400),
        ) {
            let pace = Pace::new(rate);
            let burst = (rate / 10).max(10);
            let interval = Duration::from_secs(1) / rate;
            let start = Instant::now();
            let mut now = start;
            let mut turns: Vec<Instant> = Vec::new();
            for (gap, patience) in callers {
                now += Duration::from_millis(gap);
                let latest = now + Duration::from_millis(patience);
                let earliest = earliest_turn(&turns, now, interval, burst);
                match pace.reserve(now, latest) {
                    Ok(turn) => {
                        prop_assert_eq!(turn, earliest);
                        prop_assert!(turn <= latest);
                        turns.push(turn);
                    }
                    Err(TooLate { waiting }) => {
                        prop_assert!(earliest > latest && waiting > 0);
                        // The turn that was refused is still there for one who can wait.
                        if patience % 2 == 0 {
                            prop_assert_eq!(pace.reserve(now, now + FAR), Ok(earliest));
                            turns.push(earliest);
                        }
                    }
                }
            }
            for (first, from) in turns.iter().enumerate() {
                let within = turns[first..].iter().take_while(|turn| turn.duration_since(*from) < Duration::from_secs(1));
                prop_assert!(within.count() <= (rate + burst) as usize);
            }
        }
    }
}
