//! Pure: what was tried, how it failed and how much time is left -> wait or stop.

use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::transport::{Cause, NoAnswer, Stage};

pub(crate) const DEFAULT_MAX_ATTEMPTS: u32 = 3;

const BASE: Duration = Duration::from_millis(50);
/// Where the service says that it is too much.
const BASE_THROTTLED: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(20);

/// The attempts of one call.
pub(crate) struct Attempts {
    pub made: u32,
    pub max: u32,
    /// No attempt so far got further than a refused or reset connection.
    pub always_refused_or_reset: bool,
    /// The attempt at hand must not use a kept connection: the last one met a closed one.
    pub opens_connection: bool,
    resends: bool,
    resent: bool,
    clock_corrected: bool,
    key_replaced: bool,
}

/// What the moment of a failure is, besides the failure.
pub(crate) struct Moment {
    /// Until the latest moment at which an attempt may start.
    pub longest_wait: Duration,
    /// In 0..1, fresh.
    pub random: f64,
    /// The client has learnt the service's time from this answer.
    pub clock_learnt: bool,
    /// The key of this attempt is not the client's any more.
    pub key_replaced: bool,
    /// The operation may be sent again once it may have arrived.
    pub is_repeatable: bool,
}

impl Attempts {
    pub(crate) fn new(max: u32) -> Self {
        Self {
            made: 0,
            max,
            always_refused_or_reset: true,
            opens_connection: false,
            resends: false,
            resent: false,
            clock_corrected: false,
            key_replaced: false,
        }
    }

    /// A request that is sent again from a kept connection that was closed belongs to the same attempt.
    pub(crate) fn begin(&mut self) {
        self.opens_connection = std::mem::take(&mut self.resends);
        self.made += u32::from(!self.opens_connection);
    }

    /// How long to wait before the next attempt; `None` means that the failure at hand is returned.
    ///
    /// A request that met a kept connection which the server had closed is sent again once, at once, on a new connection.
    /// A refused time is signed again once with the service's, a refused token once with the key that has replaced it: both
    /// beyond `max_attempts` and without a wait. Everything else waits by full jitter,
    /// random(0, min(20 s, base x 2^(n-1))), with what the service asked for as a lower bound. A wait that would end
    /// after the latest start of an attempt is not begun.
    pub(crate) fn next_wait(&mut self, failure: &Failure, moment: &Moment) -> Option<Duration> {
        self.always_refused_or_reset &= matches!(
            failure.reason,
            Reason::NoAnswer(NoAnswer { cause: Cause::Refused | Cause::Reset | Cause::KeptConnectionClosed, .. })
        );
        if is_kept_connection_closed(failure) && moment.is_repeatable && !self.resent {
            (self.resends, self.resent) = (true, true);
            return Some(Duration::ZERO);
        }
        if failure.is_clock() && moment.clock_learnt && !self.clock_corrected {
            self.clock_corrected = true;
            return Some(Duration::ZERO);
        }
        if failure.is_token() && moment.key_replaced && !self.key_replaced {
            self.key_replaced = true;
            return Some(Duration::ZERO);
        }
        if !failure.retryable || self.made >= self.max || (may_have_arrived(failure) && !moment.is_repeatable) {
            return None;
        }
        let base = if failure.is_throttled() { BASE_THROTTLED } else { BASE };
        let wait = full_jitter(base, self.made, moment.random).max(failure.reply.retry_after.unwrap_or_default());
        (wait <= moment.longest_wait).then_some(wait)
    }
}

fn full_jitter(base: Duration, attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    base.saturating_mul(1 << doublings).min(WAIT_MAX).mul_f64(random.clamp(0.0, 1.0))
}

fn is_kept_connection_closed(failure: &Failure) -> bool {
    matches!(failure.reason, Reason::NoAnswer(NoAnswer { cause: Cause::KeptConnectionClosed, .. }))
}

fn may_have_arrived(failure: &Failure) -> bool {
    matches!(&failure.reason, Reason::NoAnswer(no_answer) if no_answer.stage == Stage::Answering)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::failure::Reply;

    const MOMENT: Moment = Moment {
        longest_wait: Duration::from_secs(60),
        random: 1.0,
        clock_learnt: false,
        key_replaced: false,
        is_repeatable: true,
    };

    fn answered(kind: ErrorKind, code: &str, retryable: bool) -> Failure {
        let reply = Box::new(Reply { code: Some(code.into()), ..Reply::default() });
        Failure { kind, message: String::new(), retryable, reason: Reason::Answered { known: true }, reply }
    }

    fn no_answer(stage: Stage, cause: Cause) -> Failure {
        let attempt = crate::transport::Attempt { host: "h", proxy: None, number: 1, of: 3 };
        NoAnswer { stage, cause }.into_failure(&attempt)
    }

    /// The waits of a call that fails like this at every attempt.
    fn waits(max: u32, failure: &Failure, moment: &Moment) -> Vec<Duration> {
        let mut attempts = Attempts::new(max);
        let next = || {
            attempts.begin();
            attempts.next_wait(failure, moment)
        };
        // A call that never gives up must fail a test, not fill the memory.
        std::iter::from_fn(next).take(50).collect()
    }

    fn ms(waits: &[u64]) -> Vec<Duration> {
        waits.iter().map(|ms| Duration::from_millis(*ms)).collect()
    }

    #[test]
    fn waits_grow_up_to_a_limit_and_attempts_end() {
        let service = answered(ErrorKind::Service, "InternalError", true);
        assert_eq!(waits(3, &service, &MOMENT), ms(&[50, 100]));
        assert_eq!(waits(1, &service, &MOMENT), ms(&[]));
        assert_eq!(waits(12, &service, &MOMENT)[8..], ms(&[12_800, 20_000, 20_000]));
        let throttled = answered(ErrorKind::Throttled, "Throttling", true);
        assert_eq!(waits(4, &throttled, &MOMENT), ms(&[1000, 2000, 4000]));
        assert_eq!(
            waits(u32::MAX, &throttled, &Moment { longest_wait: Duration::from_secs(3), ..MOMENT }),
            ms(&[1000, 2000])
        );
    }

    #[test]
    fn the_jitter_is_full() {
        let throttled = answered(ErrorKind::Throttled, "Throttling", true);
        assert_eq!(waits(3, &throttled, &Moment { random: 0.0, ..MOMENT }), ms(&[0, 0]));
        assert_eq!(waits(3, &throttled, &Moment { random: 0.25, ..MOMENT }), ms(&[250, 500]));
    }

    #[test]
    fn what_cannot_pass_is_not_tried_again() {
        assert!(waits(3, &answered(ErrorKind::NotFound, "DeviceCredentialNotFound", false), &MOMENT).is_empty());
        assert!(waits(3, &no_answer(Stage::Connecting, Cause::UnknownIssuer), &MOMENT).is_empty());
        assert_eq!(waits(3, &no_answer(Stage::Connecting, Cause::Refused), &MOMENT).len(), 2);
    }

    #[test]
    fn the_services_wish_is_a_lower_bound() {
        let mut failure = answered(ErrorKind::Service, "ServiceUnavailable", true);
        failure.reply.retry_after = Some(Duration::from_millis(700));
        assert_eq!(waits(3, &failure, &MOMENT), ms(&[700, 700]));
        failure.reply.asks_to_wait = true;
        assert_eq!(waits(3, &failure, &MOMENT), ms(&[1000, 2000]));
        failure.reply.retry_after = Some(Duration::from_secs(61));
        assert!(waits(3, &failure, &MOMENT).is_empty());
    }

    #[test]
    fn a_wait_that_would_pass_the_latest_start_is_not_begun() {
        let failure = answered(ErrorKind::Service, "InternalError", true);
        assert!(waits(3, &failure, &Moment { longest_wait: Duration::from_millis(49), ..MOMENT }).is_empty());
        assert_eq!(waits(3, &failure, &Moment { longest_wait: Duration::from_millis(50), ..MOMENT }), ms(&[50]));
    }

    #[test]
    fn a_refused_time_is_signed_again_once_and_beyond_the_attempts() {
        for code in ["InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "IllegalTimestamp", "MissingTimestamp"] {
            let failure = answered(ErrorKind::Authentication, code, false);
            assert_eq!(waits(1, &failure, &Moment { clock_learnt: true, ..MOMENT }), ms(&[0]), "{code}");
            assert!(waits(3, &failure, &MOMENT).is_empty());
        }
        let other = answered(ErrorKind::Authentication, "SignatureDoesNotMatch", false);
        assert!(waits(3, &other, &Moment { clock_learnt: true, ..MOMENT }).is_empty());
    }

    #[test]
    fn a_refused_token_is_tried_again_once_with_the_key_that_replaced_it() {
        let failure = answered(ErrorKind::Authentication, "InvalidSecurityToken.Expired", false);
        assert_eq!(waits(1, &failure, &Moment { key_replaced: true, ..MOMENT }), ms(&[0]));
        assert!(waits(3, &failure, &MOMENT).is_empty());
    }

    #[test]
    fn what_may_have_arrived_is_sent_again_only_if_the_operation_allows_it() {
        let once = Moment { is_repeatable: false, ..MOMENT };
        assert!(waits(3, &no_answer(Stage::Answering, Cause::Reset), &once).is_empty());
        assert_eq!(waits(3, &no_answer(Stage::Answering, Cause::Reset), &MOMENT).len(), 2);
        assert_eq!(waits(3, &no_answer(Stage::Connecting, Cause::Reset), &once).len(), 2);
    }

    #[test]
    fn a_closed_kept_connection_costs_no_attempt_once() {
        let closed = no_answer(Stage::Answering, Cause::KeptConnectionClosed);
        let mut attempts = Attempts::new(1);
        attempts.begin();
        assert_eq!(attempts.next_wait(&closed, &MOMENT), Some(Duration::ZERO));
        attempts.begin();
        assert!(attempts.opens_connection && attempts.made == 1 && attempts.always_refused_or_reset);
        assert_eq!(attempts.next_wait(&closed, &MOMENT), None);
        attempts.begin();
        assert!(!attempts.opens_connection && attempts.made == 2);
        let once = Moment { is_repeatable: false, ..MOMENT };
        assert!(waits(3, &closed, &once).is_empty());
    }

    #[test]
    fn one_other_failure_ends_the_wall_of_refusals() {
        let mut attempts = Attempts::new(3);
        attempts.next_wait(&no_answer(Stage::Connecting, Cause::Refused), &MOMENT);
        attempts.next_wait(&no_answer(Stage::Answering, Cause::Reset), &MOMENT);
        assert!(attempts.always_refused_or_reset);
        attempts.next_wait(&answered(ErrorKind::Service, "InternalError", true), &MOMENT);
        assert!(!attempts.always_refused_or_reset);
    }
}
