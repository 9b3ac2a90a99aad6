//! The system clock plus an offset learned from the service's `Date` header.

use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// The offset belongs to the client; the system clock is never changed.
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

    /// Learns the offset from the `Date` header of a response that has just arrived.
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

/// Formats a time as `YYYY-MM-DDThh:mm:ssZ`, as both signature methods need it. A time outside the
/// years 1970 to 9999 becomes the first second of 1970: the service refuses it, and the pipeline
/// then corrects the clock.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let mut text = String::with_capacity(20);
    // The library panics before 1970 and returns an error after 9999.
    if time >= SystemTime::UNIX_EPOCH && write!(text, "{}", humantime::format_rfc3339_seconds(time)).is_ok() {
        return text;
    }
    "1970-01-01T00:00:00Z".to_owned()
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

    #[test]
    fn a_time_is_written_in_whole_seconds_of_utc() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 999);
        assert_eq!(timestamp(at(1_704_164_645)), "2024-01-02T03:04:05Z");
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(at(300_000_000_000)), "1970-01-01T00:00:00Z");
    }
}
