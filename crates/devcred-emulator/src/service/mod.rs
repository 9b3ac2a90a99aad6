//! The service: its state, which all connections share.

pub(crate) mod access_key;
pub(crate) mod authenticate;
pub(crate) mod clock;
pub(crate) mod device;
pub(crate) mod error;
pub(crate) mod nonce;
pub(crate) mod operation;
pub(crate) mod quota;
pub(crate) mod random;

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::http::HeaderValue;

use crate::fault::device_name::FaultCounters;
use crate::fault::step::Step;
use crate::journal::Recorder;
use crate::journal::exchange::Exchanges;
use crate::service::access_key::AccessKeys;
use crate::service::clock::Clock;
use crate::service::device::Devices;
use crate::service::error::Refusal;
use crate::service::nonce::Nonces;
use crate::service::operation::Operation;
use crate::service::quota::{Quotas, RateLimiter};
use crate::service::random::Random;
use crate::sync::lock;

/// Generates a step for each request. The default generates none.
#[derive(Default)]
pub(crate) struct EndlessSteps(pub(crate) Option<Box<dyn FnMut() -> Option<Step> + Send>>);

impl EndlessSteps {
    fn next(&mut self) -> Option<Step> {
        self.0.as_mut()?()
    }
}

impl fmt::Debug for EndlessSteps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndlessSteps")
    }
}

/// The service closes an idle connection after about as long.
pub(crate) const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Service {
    pub(crate) access_keys: AccessKeys,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) recorder: Arc<Recorder>,
    /// A name that `Host` may contain although it is not loopback.
    pub(crate) name: Option<&'static str>,
    /// How long a client may take for a handshake, a head or a body.
    pub(crate) read_timeout: Duration,
    /// The target of redirects.
    pub(crate) redirect_location: Option<HeaderValue>,
    /// The bytes of requests and responses, if they are recorded.
    pub(crate) exchanges: Option<Arc<Exchanges>>,
    devices: Mutex<Devices>,
    nonces: Mutex<Nonces>,
    fault_counters: Mutex<FaultCounters>,
    steps: Mutex<VecDeque<Step>>,
    endless_steps: Mutex<EndlessSteps>,
    rate_limiter: Option<Mutex<RateLimiter>>,
    billed: AtomicU64,
}

impl Service {
    pub(crate) fn new(access_keys: AccessKeys, devices: Devices, clock: Clock, random: Random) -> Self {
        Self {
            access_keys,
            clock,
            random,
            recorder: Arc::default(),
            name: None,
            read_timeout: DEFAULT_READ_TIMEOUT,
            redirect_location: None,
            exchanges: None,
            devices: Mutex::new(devices),
            nonces: Mutex::default(),
            fault_counters: Mutex::default(),
            steps: Mutex::default(),
            endless_steps: Mutex::default(),
            rate_limiter: None,
            billed: AtomicU64::new(0),
        }
    }

    pub(crate) fn with_steps(self, steps: Vec<Step>) -> Self {
        Self { steps: Mutex::new(steps.into()), ..self }
    }

    pub(crate) fn with_endless_steps(self, next: EndlessSteps) -> Self {
        Self { endless_steps: Mutex::new(next), ..self }
    }

    pub(crate) fn with_quotas(self, quotas: Option<Quotas>) -> Self {
        Self { rate_limiter: quotas.map(|quotas| Mutex::new(RateLimiter::new(quotas))), ..self }
    }

    pub(crate) fn devices(&self) -> MutexGuard<'_, Devices> {
        lock(&self.devices)
    }

    pub(crate) fn nonces(&self) -> MutexGuard<'_, Nonces> {
        lock(&self.nonces)
    }

    pub(crate) fn fault_counters(&self) -> MutexGuard<'_, FaultCounters> {
        lock(&self.fault_counters)
    }

    /// Returns the next request's step: from the script, from the generator, or from the device's
    /// name, in this order.
    pub(crate) fn next_step(&self, client_id: Option<&str>) -> Step {
        let scripted = lock(&self.steps).pop_front();
        let scripted = scripted.or_else(|| lock(&self.endless_steps).next());
        scripted.or_else(|| self.fault_counters().next(client_id?)).unwrap_or_default()
    }

    /// Counts a call of the account, or refuses it.
    pub(crate) fn admit_call(&self, operation: Operation) -> Result<(), Refusal> {
        self.rate_limiter.as_ref().map_or(Ok(()), |limiter| lock(limiter).admit_call(operation, Instant::now()))
    }

    /// Counts a request from this address. Returns whether it is admitted.
    pub(crate) fn admit_request(&self, address: IpAddr) -> bool {
        self.rate_limiter.as_ref().is_none_or(|limiter| lock(limiter).admit_request(address, Instant::now()))
    }

    pub(crate) fn is_blocked(&self, address: IpAddr) -> bool {
        self.rate_limiter.as_ref().is_some_and(|limiter| lock(limiter).is_blocked(address, Instant::now()))
    }

    /// Counts a success, because the service bills each of them.
    pub(crate) fn count_billed_call(&self) {
        self.billed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn billed(&self) -> u64 {
        self.billed.load(Ordering::Relaxed)
    }

    /// Returns a `Date` header.
    pub(crate) fn date(&self) -> HeaderValue {
        // A date contains only characters that are valid in a header.
        HeaderValue::from_str(&httpdate::fmt_http_date(self.clock.now())).unwrap_or(HeaderValue::from_static(""))
    }
}
