//! Pure: what was tried, how it failed and how much time is left -> wait or stop.

use std::time::Duration;

use crate::failure::{Failure, Reason};
use crate::transport_error::{Cause, TransportError};

pub(crate) const DEFAULT_MAX_ATTEMPTS: u32 = 3;

const BASE: Duration = Duration::from_millis(50);
/// Used if the service throttles.
const BASE_THROTTLED: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(20);

/// The attempts of one call so far.
pub(crate) struct RetryState {
    pub attempts: u32,
    pub max_attempts: u32,
    /// Whether every attempt so far ended in a refused or reset connection.
    pub always_refused_or_reset: bool,
    /// Whether any attempt so far may have been billed.
    pub is_possibly_billed: bool,
    /// The next attempt must not use a kept-alive connection, because the server closed that of the
    /// last one.
    pub needs_new_connection: bool,
    resent: bool,
    clock_corrected: bool,
    key_replaced: bool,
}

/// Inputs to the retry decision other than the failure.
pub(crate) struct RetryInput {
    /// The time until the latest start of an attempt.
    pub max_delay: Duration,
    /// In 0..1, new for every decision.
    pub random: f64,
    /// The client has learned the service's time from this response.
    pub is_clock_corrected: bool,
    /// The AccessKey of this attempt has been replaced.
    pub is_key_replaced: bool,
    /// The operation may be sent again even if the service may have executed it.
    pub is_repeatable: bool,
}

impl RetryState {
    pub(crate) fn new(max_attempts: u32) -> Self {
        Self {
            attempts: 0,
            max_attempts,
            always_refused_or_reset: true,
            is_possibly_billed: false,
            needs_new_connection: false,
            resent: false,
            clock_corrected: false,
            key_replaced: false,
        }
    }

    /// Counts an attempt, unless the last request is only sent again because its kept-alive
    /// connection was closed.
    pub(crate) fn record_attempt(&mut self) {
        self.attempts += u32::from(!std::mem::take(&mut self.needs_new_connection));
    }

    /// Returns the delay before the next attempt, or `None` to return this failure.
    ///
    /// If the server had closed the kept-alive connection, the request is sent once more,
    /// immediately, on a new connection. If the service refused the time or the token, the request
    /// is signed once more with the service's time or the new key. Neither counts towards
    /// `max_attempts` or waits. An operation that is not repeatable is sent again only if the
    /// service surely did not execute it. All other retries wait with full jitter, random(0, min(20
    /// s, base x 2^(n-1))), or longer if the service requested it. A delay that would end after the
    /// latest start of an attempt is not started.
    pub(crate) fn next_delay(&mut self, failure: &Failure, input: &RetryInput) -> Option<Duration> {
        self.always_refused_or_reset &= matches!(
            failure.reason,
            Reason::NoResponse(TransportError {
                cause: Cause::Refused | Cause::Reset | Cause::KeptConnectionClosed,
                ..
            })
        );
        self.is_possibly_billed |= failure.is_possibly_billed();
        if is_kept_connection_closed(failure) && input.is_repeatable && !self.resent {
            (self.needs_new_connection, self.resent) = (true, true);
            return Some(Duration::ZERO);
        }
        if failure.is_clock() && input.is_clock_corrected && !self.clock_corrected {
            self.clock_corrected = true;
            return Some(Duration::ZERO);
        }
        if failure.is_token() && input.is_key_replaced && !self.key_replaced {
            self.key_replaced = true;
            return Some(Duration::ZERO);
        }
        if !failure.is_retryable
            || self.attempts >= self.max_attempts
            || (failure.is_outcome_unknown() && !input.is_repeatable)
        {
            return None;
        }
        let base = if failure.is_throttled() { BASE_THROTTLED } else { BASE };
        let wait = full_jitter(base, self.attempts, input.random).max(failure.details.retry_after.unwrap_or_default());
        (wait <= input.max_delay).then_some(wait)
    }
}

fn full_jitter(base: Duration, attempt: u32, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(31);
    base.saturating_mul(1 << doublings).min(WAIT_MAX).mul_f64(random.clamp(0.0, 1.0))
}

fn is_kept_connection_closed(failure: &Failure) -> bool {
    matches!(failure.reason, Reason::NoResponse(TransportError { cause: Cause::KeptConnectionClosed, .. }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::failure::{AttemptInfo, ErrorDetails};
    use crate::transport_error::Phase;

    const INPUT: RetryInput = RetryInput {
        max_delay: Duration::from_secs(60),
        random: 1.0,
        is_clock_corrected: false,
        is_key_replaced: false,
        is_repeatable: true,
    };

    fn answered(kind: ErrorKind, code: &str, is_retryable: bool) -> Failure {
        let details = Box::new(ErrorDetails { code: Some(code.into()), ..ErrorDetails::default() });
        Failure { kind, message: String::new(), is_retryable, reason: Reason::Answered { is_known: true }, details }
    }

    fn no_response(phase: Phase, cause: Cause) -> Failure {
        let attempt = AttemptInfo { host: "h", proxy: None, number: 1, max_attempts: 3 };
        Failure::no_response(TransportError { phase, cause }, &attempt)
    }

    /// The waits of a call that fails like this at every attempt.
    fn waits(max: u32, failure: &Failure, input: &RetryInput) -> Vec<Duration> {
        let mut state = RetryState::new(max);
        let next = || {
            state.record_attempt();
            state.next_delay(failure, input)
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
        assert_eq!(waits(3, &service, &INPUT), ms(&[50, 100]));
        assert_eq!(waits(1, &service, &INPUT), ms(&[]));
        assert_eq!(waits(12, &service, &INPUT)[8..], ms(&[12_800, 20_000, 20_000]));
        let throttled = answered(ErrorKind::Throttled, "Throttling", true);
        assert_eq!(waits(4, &throttled, &INPUT), ms(&[1000, 2000, 4000]));
        assert_eq!(
            waits(u32::MAX, &throttled, &RetryInput { max_delay: Duration::from_secs(3), ..INPUT }),
            ms(&[1000, 2000])
        );
    }

    #[test]
    fn the_jitter_is_full() {
        let throttled = answered(ErrorKind::Throttled, "Throttling", true);
        assert_eq!(waits(3, &throttled, &RetryInput { random: 0.0, ..INPUT }), ms(&[0, 0]));
        assert_eq!(waits(3, &throttled, &RetryInput { random: 0.25, ..INPUT }), ms(&[250, 500]));
    }

    #[test]
    fn a_permanent_failure_is_not_retried() {
        assert!(waits(3, &answered(ErrorKind::NotFound, "DeviceCredentialNotFound", false), &INPUT).is_empty());
        assert!(waits(3, &no_response(Phase::Connecting, Cause::UnknownIssuer), &INPUT).is_empty());
        assert_eq!(waits(3, &no_response(Phase::Connecting, Cause::Refused), &INPUT).len(), 2);
    }

    #[test]
    fn the_requested_delay_is_a_lower_bound() {
        let mut failure = answered(ErrorKind::Service, "ServiceUnavailable", true);
        failure.details.retry_after = Some(Duration::from_millis(700));
        assert_eq!(waits(3, &failure, &INPUT), ms(&[700, 700]));
        failure.details.asks_to_wait = true;
        assert_eq!(waits(3, &failure, &INPUT), ms(&[1000, 2000]));
        failure.details.retry_after = Some(Duration::from_secs(61));
        assert!(waits(3, &failure, &INPUT).is_empty());
    }

    #[test]
    fn a_wait_that_would_pass_the_latest_start_is_not_begun() {
        let failure = answered(ErrorKind::Service, "InternalError", true);
        assert!(waits(3, &failure, &RetryInput { max_delay: Duration::from_millis(49), ..INPUT }).is_empty());
        assert_eq!(waits(3, &failure, &RetryInput { max_delay: Duration::from_millis(50), ..INPUT }), ms(&[50]));
    }

    #[test]
    fn a_refused_time_is_signed_again_once_and_beyond_the_attempts() {
        for code in ["InvalidTimeStamp.Expired", "InvalidTimeStamp.Format", "IllegalTimestamp", "MissingTimestamp"] {
            let failure = answered(ErrorKind::Authentication, code, false);
            assert_eq!(waits(1, &failure, &RetryInput { is_clock_corrected: true, ..INPUT }), ms(&[0]), "{code}");
            assert!(waits(3, &failure, &INPUT).is_empty());
        }
        let other = answered(ErrorKind::Authentication, "SignatureDoesNotMatch", false);
        assert!(waits(3, &other, &RetryInput { is_clock_corrected: true, ..INPUT }).is_empty());
    }

    #[test]
    fn a_refused_token_is_retried_once_with_the_new_key() {
        let failure = answered(ErrorKind::Authentication, "InvalidSecurityToken.Expired", false);
        assert_eq!(waits(1, &failure, &RetryInput { is_key_replaced: true, ..INPUT }), ms(&[0]));
        assert!(waits(3, &failure, &INPUT).is_empty());
    }

    #[test]
    fn what_may_have_arrived_is_sent_again_only_if_the_operation_allows_it() {
        let once = RetryInput { is_repeatable: false, ..INPUT };
        assert!(waits(3, &no_response(Phase::AwaitingResponse, Cause::Reset), &once).is_empty());
        assert_eq!(waits(3, &no_response(Phase::AwaitingResponse, Cause::Reset), &INPUT).len(), 2);
        assert_eq!(waits(3, &no_response(Phase::Connecting, Cause::Reset), &once).len(), 2);
        for (status, code) in [(500, "InternalError"), (503, "ServiceUnavailable"), (500, "SomethingNew")] {
            let mut failure = answered(ErrorKind::Service, code, true);
            failure.details.http_status = Some(status);
            assert!(waits(3, &failure, &once).is_empty(), "{code}");
            assert_eq!(waits(3, &failure, &INPUT).len(), 2, "{code}");
            failure.details.asks_to_wait = true;
            assert!(waits(3, &failure, &once).is_empty(), "{code}");
        }
    }

    #[test]
    fn a_refusal_before_execution_is_retried_for_every_operation() {
        let once = RetryInput { is_repeatable: false, ..INPUT };
        for (kind, code, status) in
            [(ErrorKind::Throttled, "Throttling.User", 400), (ErrorKind::Throttled, "SystemOverFlow", 500)]
        {
            let mut failure = answered(kind, code, true);
            failure.details.http_status = Some(status);
            assert_eq!(waits(3, &failure, &once).len(), 2, "{code}");
        }
        let clock = answered(ErrorKind::Authentication, "InvalidTimeStamp.Expired", false);
        assert_eq!(waits(3, &clock, &RetryInput { is_clock_corrected: true, ..once }), ms(&[0]));
        let token = answered(ErrorKind::Authentication, "InvalidSecurityToken.Expired", false);
        assert_eq!(waits(3, &token, &RetryInput { is_key_replaced: true, ..INPUT }), ms(&[0]));
    }

    #[test]
    fn a_closed_kept_connection_costs_no_attempt_once() {
        let closed = no_response(Phase::AwaitingResponse, Cause::KeptConnectionClosed);
        let mut state = RetryState::new(1);
        state.record_attempt();
        assert_eq!(state.next_delay(&closed, &INPUT), Some(Duration::ZERO));
        assert!(state.needs_new_connection);
        state.record_attempt();
        assert!(!state.needs_new_connection && state.attempts == 1 && state.always_refused_or_reset);
        assert_eq!(state.next_delay(&closed, &INPUT), None);
        state.record_attempt();
        assert!(!state.needs_new_connection && state.attempts == 2);
        let once = RetryInput { is_repeatable: false, ..INPUT };
        assert!(waits(3, &closed, &once).is_empty());
    }

    #[test]
    fn another_failure_ends_the_series_of_refusals() {
        let mut state = RetryState::new(3);
        state.next_delay(&no_response(Phase::Connecting, Cause::Refused), &INPUT);
        state.next_delay(&no_response(Phase::AwaitingResponse, Cause::Reset), &INPUT);
        assert!(state.always_refused_or_reset);
        state.next_delay(&answered(ErrorKind::Service, "InternalError", true), &INPUT);
        assert!(!state.always_refused_or_reset);
    }
}
