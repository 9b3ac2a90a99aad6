//! The client's idea of the time: this machine's clock, corrected by what the service was seen to think.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// The system clock is never touched: the correction stays with the client.
#[derive(Default)]
pub(crate) struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        self.correct(SystemTime::now())
    }

    fn correct(&self, now: SystemTime) -> SystemTime {
        let offset_ms = self.offset_ms.load(Ordering::Relaxed);
        let offset = Duration::from_millis(offset_ms.unsigned_abs());
        let corrected = if offset_ms < 0 { now.checked_sub(offset) } else { now.checked_add(offset) };
        corrected.unwrap_or(now)
    }

    /// Learns from the header `Date` of an answer that has just come.
    pub(crate) fn learn(&self, date: SystemTime) {
        self.offset_ms.store(offset_ms(date, SystemTime::now()), Ordering::Relaxed);
    }
}

fn offset_ms(date: SystemTime, now: SystemTime) -> i64 {
    let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match date.duration_since(now) {
        Ok(behind) => ms(behind),
        Err(ahead) => -ms(ahead.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_leads_from_this_clock_to_the_services() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_164_645);
        for date in [0, 1_704_135_845, 1_704_164_645, 1_704_251_045, 4_000_000_000] {
            let date = SystemTime::UNIX_EPOCH + Duration::from_secs(date);
            let clock = Clock { offset_ms: offset_ms(date, now).into() };
            assert_eq!(clock.correct(now), date);
            assert_eq!(clock.correct(now + Duration::from_secs(5)), date + Duration::from_secs(5));
        }
    }
}
