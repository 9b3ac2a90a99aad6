//! The emulator's clock, and how far a request's time may be from it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::service::error::Refusal;

/// The service accepts a request whose time is at most 15 minutes from its own.
pub(crate) const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// The last second that a `Date` header can express.
const END_OF_9999: u64 = 253_402_300_799;

pub(crate) struct Clock {
    system: Box<dyn Fn() -> SystemTime + Send + Sync>,
    offset_seconds: AtomicI64,
}

impl Clock {
    pub(crate) fn with_offset(offset_seconds: i64) -> Self {
        Self { system: Box::new(SystemTime::now), offset_seconds: offset_seconds.into() }
    }

    #[cfg(test)]
    pub(crate) fn stopped_at(time: &str) -> Self {
        let time = humantime::parse_rfc3339(time).unwrap();
        Self { system: Box::new(move || time), offset_seconds: 0.into() }
    }

    /// Moves the clock forward, or back.
    pub(crate) fn jump(&self, seconds: i64) {
        let further = |offset: i64| Some(offset.saturating_add(seconds));
        // The closure always returns a value, so the update cannot fail.
        let _ = self.offset_seconds.fetch_update(Ordering::Relaxed, Ordering::Relaxed, further);
    }

    /// Returns the time, limited to the years 1970 to 9999, which every format used here can
    /// express.
    pub(crate) fn now(&self) -> SystemTime {
        let seconds = self.offset_seconds.load(Ordering::Relaxed);
        let offset = Duration::from_secs(seconds.unsigned_abs());
        let system = (self.system)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = if seconds < 0 { system.saturating_sub(offset) } else { system.saturating_add(offset) };
        UNIX_EPOCH + now.min(Duration::from_secs(END_OF_9999))
    }

    /// Refuses a `Timestamp` or `x-acs-date` that is not `YYYY-MM-DDThh:mm:ssZ` or too far from
    /// now.
    pub(crate) fn check(&self, timestamp: &str) -> Result<(), Refusal> {
        let time = parse(timestamp).ok_or_else(|| Refusal::new("InvalidTimeStamp.Format"))?;
        let now = self.now();
        let skew = now.duration_since(time).unwrap_or_else(|ahead| ahead.duration());
        if skew > MAX_SKEW {
            return Err(Refusal::new("InvalidTimeStamp.Expired"));
        }
        Ok(())
    }
}

pub(crate) fn unix_milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Parses whole seconds in UTC. `parse_rfc3339` alone would also accept fractions of a second.
fn parse(timestamp: &str) -> Option<SystemTime> {
    let whole_seconds = "2024-01-02T03:04:05Z".len();
    if timestamp.len() != whole_seconds {
        return None;
    }
    humantime::parse_rfc3339(timestamp).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Clock;

    fn refused(timestamp: &str) -> Option<String> {
        Clock::stopped_at("2024-01-02T03:04:05Z").check(timestamp).err().map(|refusal| refusal.code)
    }

    #[test]
    fn fifteen_minutes_either_way_are_accepted() {
        for timestamp in ["2024-01-02T03:04:05Z", "2024-01-02T02:49:05Z", "2024-01-02T03:19:05Z"] {
            assert_eq!(refused(timestamp), None, "{timestamp}");
        }
        for timestamp in ["2024-01-02T02:49:04Z", "2024-01-02T03:19:06Z", "1970-01-01T00:00:00Z"] {
            assert_eq!(refused(timestamp).as_deref(), Some("InvalidTimeStamp.Expired"), "{timestamp}");
        }
    }

    #[test]
    fn only_the_documented_form_is_read() {
        for timestamp in [
            "Tue, 02 Jan 2024 03:04:05 GMT",
            "2024-01-02T03:04:05.000Z",
            "2024-01-02 03:04:05Z",
            "2024-01-02T03:04:05+00:00",
            "2024-13-02T03:04:05Z",
            "1704164645",
        ] {
            assert_eq!(refused(timestamp).as_deref(), Some("InvalidTimeStamp.Format"), "{timestamp}");
        }
    }

    #[test]
    fn a_jump_adds_to_the_offset() {
        let clock = Clock::stopped_at("2026-11-24T08:30:36Z");
        let start = clock.now();
        clock.jump(3600);
        clock.jump(-600);
        assert_eq!(clock.now(), start + Duration::from_secs(3000));
        clock.jump(i64::MAX);
        clock.jump(i64::MAX);
        assert!(humantime::format_rfc3339(clock.now()).to_string().starts_with("9999-"));
    }

    #[test]
    fn the_largest_offsets_stay_writable() {
        for offset in [i64::MIN, i64::MAX] {
            let now = Clock::with_offset(offset).now();
            assert_eq!(httpdate::fmt_http_date(now).len(), "Tue, 02 Jan 2024 03:04:05 GMT".len());
        }
    }
}
