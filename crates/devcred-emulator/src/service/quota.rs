//! The service's two quotas: calls of an account, and requests from an address.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::service::error::Refusal;
use crate::service::operation::Operation;

const SECOND: Duration = Duration::from_secs(1);

/// How many requests are allowed in any second, for [`Builder::quotas`](crate::Builder::quotas).
///
/// All access keys of an emulator belong to one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Calls of one operation by the whole account. Further calls are refused with
    /// `Throttling.User`. Default: 500.
    pub per_account: usize,
    /// Requests from one address. One more blocks the address. Default: 300.
    pub per_address: usize,
    /// How long an address is blocked: new connections are closed before a request is read, open
    /// ones at their next request.
    ///
    /// Default: 10 seconds. The service does not document how long its block lasts.
    pub blocked_for: Duration,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { per_account: 500, per_address: 300, blocked_for: Duration::from_secs(10) }
    }
}

pub(crate) struct RateLimiter {
    quotas: Quotas,
    operations: HashMap<Operation, Window>,
    addresses: HashMap<IpAddr, Window>,
    /// The end of each address's block.
    blocked: HashMap<IpAddr, Instant>,
}

impl RateLimiter {
    pub(crate) fn new(quotas: Quotas) -> Self {
        Self { quotas, operations: HashMap::new(), addresses: HashMap::new(), blocked: HashMap::new() }
    }

    /// Counts a call of the account. A refused call does not count.
    pub(crate) fn admit_call(&mut self, operation: Operation, now: Instant) -> Result<(), Refusal> {
        let window = self.operations.entry(operation).or_default();
        if window.take(self.quotas.per_account, now) { Ok(()) } else { Err(Refusal::new("Throttling.User")) }
    }

    /// Counts a request from this address. Returns whether it is admitted. Requests during a block
    /// do not extend it.
    pub(crate) fn admit_request(&mut self, address: IpAddr, now: Instant) -> bool {
        if self.is_blocked(address, now) {
            return false;
        }
        let is_admitted = self.addresses.entry(address).or_default().take(self.quotas.per_address, now);
        if !is_admitted {
            self.addresses.remove(&address);
            self.blocked.insert(address, now + self.quotas.blocked_for);
        }
        is_admitted
    }

    pub(crate) fn is_blocked(&self, address: IpAddr, now: Instant) -> bool {
        self.blocked.get(&address).is_some_and(|until| now < *until)
    }
}

/// When the requests of the last second were admitted.
#[derive(Default)]
struct Window(VecDeque<Instant>);

impl Window {
    fn take(&mut self, limit: usize, now: Instant) -> bool {
        while self.0.front().is_some_and(|first| now.saturating_duration_since(*first) >= SECOND) {
            self.0.pop_front();
        }
        let has_room = self.0.len() < limit;
        if has_room {
            self.0.push_back(now);
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::{Duration, Instant};

    use super::{Quotas, RateLimiter};
    use crate::service::operation::Operation::{GetDeviceCredential, RefreshDeviceCredential};

    const MS: Duration = Duration::from_millis(1);

    fn rate_limiter() -> (RateLimiter, Instant) {
        let quotas = Quotas { per_account: 3, per_address: 3, blocked_for: Duration::from_secs(10) };
        (RateLimiter::new(quotas), Instant::now())
    }

    #[test]
    fn the_account_quota_counts_each_operation_in_any_second() {
        let (mut rate_limiter, start) = rate_limiter();
        for at in [0, 500, 900] {
            assert!(rate_limiter.admit_call(GetDeviceCredential, start + at * MS).is_ok(), "{at}");
        }
        assert_eq!(rate_limiter.admit_call(GetDeviceCredential, start + 999 * MS).unwrap_err().code, "Throttling.User");
        assert!(rate_limiter.admit_call(RefreshDeviceCredential, start + 999 * MS).is_ok());
        assert!(rate_limiter.admit_call(GetDeviceCredential, start + 1000 * MS).is_ok());
        assert!(rate_limiter.admit_call(GetDeviceCredential, start + 1001 * MS).is_err());
    }

    #[test]
    fn an_address_that_sends_more_is_blocked_for_a_time() {
        let (mut rate_limiter, start) = rate_limiter();
        let (address, other) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)));
        assert!((0..3).all(|at| rate_limiter.admit_request(address, start + at * MS)));
        assert!(!rate_limiter.is_blocked(address, start + 3 * MS));
        assert!(!rate_limiter.admit_request(address, start + 3 * MS));
        assert!(rate_limiter.admit_request(other, start + 3 * MS));
        assert!(
            rate_limiter.is_blocked(address, start + 10_002 * MS)
                && !rate_limiter.admit_request(address, start + 10_002 * MS)
        );
        assert!(rate_limiter.admit_request(address, start + 10_003 * MS));
    }

    #[test]
    fn the_documented_quotas_are_the_default() {
        let quotas = Quotas::default();
        assert_eq!((quotas.per_account, quotas.per_address), (500, 300));
        assert_eq!(quotas.blocked_for, Duration::from_secs(10));
    }
}
