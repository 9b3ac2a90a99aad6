//! The client-side rate limiter: every attempt reserves a slot.
//!
//! It is GCRA, the generic cell rate algorithm: slots lie at least 1/rate apart on a theoretical
//! schedule, and each may be used from `burst - 1` such intervals before its time until its time.
//! So no second contains more than rate + burst requests, and a caller knows at once how long to
//! wait, which is why this is not a limiter that polls.
//!
//! A slot that its caller drops unused, because the call was cancelled, goes to the next caller.
//!
//! Why there is one: the service allows 500 requests a second for each account, but blocks a source
//! address that sends more than 300 ("QPS limits" of the product's documents). The default stays
//! safe for a few processes behind one address.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub(crate) const DEFAULT_REQUESTS_PER_SECOND: u32 = 50;
const BURST_MIN: u32 = 10;

pub(crate) struct RateLimiter {
    requests_per_second: u32,
    interval: Duration,
    tolerance: Duration,
    schedule: Mutex<Schedule>,
}

#[derive(Default)]
struct Schedule {
    /// The earliest time of the next new slot: the theoretical arrival time.
    next: Option<Instant>,
    /// The times of slots that were returned.
    returned: BTreeSet<Instant>,
    /// The number of slots that are reserved and not used yet.
    waiting: usize,
}

/// A reserved slot. Dropping it returns it, unless it was used.
pub(crate) struct Slot<'a> {
    limiter: &'a RateLimiter,
    time: Instant,
    start: Instant,
    is_used: bool,
}

/// Every free slot starts after the latest time that the caller could use.
#[derive(Debug, PartialEq)]
pub(crate) struct NoSlot {
    /// The number of calls that wait for their slot.
    pub waiting: usize,
}

impl RateLimiter {
    /// The burst is a tenth of the rate, at least 10.
    pub(crate) fn new(requests_per_second: u32) -> Self {
        let interval = Duration::from_secs(1) / requests_per_second.max(1);
        let burst = (requests_per_second / 10).max(BURST_MIN);
        Self { requests_per_second, interval, tolerance: interval * (burst - 1), schedule: Mutex::default() }
    }

    pub(crate) fn requests_per_second(&self) -> u32 {
        self.requests_per_second
    }

    /// Reserves the earliest free slot, unless it starts after `latest`.
    pub(crate) fn reserve(&self, now: Instant, latest: Instant) -> Result<Slot<'_>, NoSlot> {
        let mut schedule = self.schedule();
        while schedule.returned.first().is_some_and(|time| *time < now) {
            schedule.returned.pop_first();
        }
        let returned = schedule.returned.first().copied();
        let time = returned.unwrap_or_else(|| schedule.next.map_or(now, |next| next.max(now)));
        let start = time.checked_sub(self.tolerance).map_or(now, |start| start.max(now));
        if start > latest {
            return Err(NoSlot { waiting: schedule.waiting });
        }
        if returned.is_some() {
            schedule.returned.pop_first();
        } else {
            schedule.next = Some(time + self.interval);
        }
        schedule.waiting += 1;
        Ok(Slot { limiter: self, time, start, is_used: false })
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot<'_> {
    /// When the request may be sent.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Uses the slot: a request is sent now.
    pub(crate) fn spend(mut self) {
        self.is_used = true;
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut schedule = self.limiter.schedule();
        schedule.waiting -= 1;
        if !self.is_used {
            schedule.returned.insert(self.time);
        }
    }
}

#[cfg(test)]
mod returned_tests;

#[cfg(test)]
mod tests;
