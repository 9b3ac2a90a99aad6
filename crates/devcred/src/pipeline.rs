//! One call, from validation to advice: the only place that sees every stage.

use std::borrow::Cow;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::time::{sleep, sleep_until, timeout_at};
use tracing::{debug, warn};

use crate::access_key::AccessKey;
use crate::advice::{self, CallContext};
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::{nonce, random_fraction};
use crate::error::Error;
use crate::failure::{AttemptInfo, Failure};
use crate::operation::Operation;
use crate::proxy::Proxy;
use crate::redact::redact;
use crate::response;
use crate::retry::{RetryInput, RetryState};
use crate::sign::{SignedRequest, SigningContext};
use crate::transport::{Admission, Transport};
use crate::transport_error::TransportError;
use crate::validate;

/// What all clones of a client share: its connections, and the state.
pub(crate) struct Pipeline {
    state: Arc<State>,
    transport: Transport,
}

/// The configuration and what changes. Clients with separate connections share it.
struct State {
    config: Config,
    access_key: RwLock<Arc<AccessKey>>,
    clock: Clock,
    has_waited: AtomicBool,
}

/// A call whose parameters are valid.
struct Request<'a, O> {
    operation: &'a O,
    instance_id: Cow<'a, str>,
    deadline: Deadline,
}

/// An attempt that was signed, for the retry decision and the advice.
struct Attempt {
    request: SignedRequest,
    key: Arc<AccessKey>,
}

impl Pipeline {
    pub(crate) fn new(config: Config, transport: Transport, access_key: AccessKey) -> Self {
        let access_key = RwLock::new(Arc::new(access_key));
        let state = State { config, access_key, clock: Clock::default(), has_waited: AtomicBool::new(false) };
        Self { state: Arc::new(state), transport }
    }

    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Returns a pipeline that has separate connections and shares everything else.
    pub(crate) fn with_transport(&self, transport: Transport) -> Self {
        Self { state: Arc::clone(&self.state), transport }
    }

    /// Runs a call. One deadline covers everything, waits included. Dropping the future stops the
    /// call.
    pub(crate) async fn run<O: Operation>(
        &self,
        operation: &O,
        instance_id: Option<String>,
        timeout: Option<Duration>,
    ) -> Result<O::Output, Error> {
        let request =
            self.validate(operation, instance_id, timeout).map_err(|error| self.with_ids(error, operation, None))?;
        let output = self.attempt(&request).await;
        output.map_err(|error| self.with_ids(error, operation, Some(&request.instance_id)))
    }

    /// Makes attempts until one succeeds or it is decided to give up.
    async fn attempt<O: Operation>(&self, request: &Request<'_, O>) -> Result<O::Output, Error> {
        let latest_start = request.deadline.latest_start();
        let mut state = RetryState::new(self.state.config.limits.max_attempts);
        let mut last_failure = None;
        loop {
            let admission = match self.admit(latest_start, state.needs_new_connection).await {
                Ok(admission) => admission,
                Err(not_sent) => {
                    let (failure, attempt) = last_failure.unwrap_or((not_sent, None));
                    return Err(self.error(request, &state, failure, attempt));
                }
            };

            let mut attempt = self.sign(request).map_err(|failure| failure.into_error(&state, None))?;
            state.record_attempt();
            let failure = match self.send(request, &mut attempt, &state, admission).await {
                Ok(output) => return Ok(output),
                Err(failure) => failure,
            };

            let input = RetryInput {
                max_delay: latest_start.saturating_duration_since(Instant::now()),
                random: random_fraction(),
                is_clock_corrected: self.correct_clock(&failure),
                is_key_replaced: !Arc::ptr_eq(&attempt.key, &self.access_key()),
                is_repeatable: O::IS_REPEATABLE,
            };
            let Some(delay) = state.next_delay(&failure, &input) else {
                return Err(self.error(request, &state, failure, Some(attempt)));
            };
            warn!(
                target: "devcred", operation = O::NAME, attempt = state.attempts, kind = %failure.kind,
                code = failure.details.code.as_deref(), wait_ms = delay.as_millis() as u64, "attempt failed, retrying"
            );
            sleep(delay).await;
            last_failure = Some((failure, Some(attempt)));
        }
    }

    fn validate<'a, O: Operation>(
        &'a self,
        operation: &'a O,
        instance_id: Option<String>,
        timeout: Option<Duration>,
    ) -> Result<Request<'a, O>, Error> {
        let default = || self.state.config.instance_id.as_deref().map(Cow::Borrowed);
        let instance_id = instance_id.map(Cow::Owned).or_else(default).ok_or_else(|| {
            Error::invalid_parameter(
                "no instance_id: set it for the client (option instance_id or DEVCRED_INSTANCE_ID) or for this call",
            )
        })?;
        let timeout = timeout.unwrap_or(self.state.config.limits.timeout);
        operation.validate()?;
        // The client's was checked when the client was built.
        if let Cow::Owned(instance_id) = &instance_id {
            validate::instance_id("instance_id", instance_id)?;
        }
        validate::timeout("timeout", timeout)?;
        if Handle::try_current().is_err() {
            let advice =
                "Await the call inside one, such as tokio::runtime::Builder::new_current_thread().enable_all().";
            return Err(Error::internal("called outside a tokio runtime", Some(advice.into())));
        }
        Ok(Request { operation, instance_id, deadline: Deadline::after(timeout) })
    }

    /// Waits for a slot of the rate limiter and for a connection.
    async fn admit(&self, latest_start: Instant, needs_new_connection: bool) -> Result<Admission, Failure> {
        let rate_limiter = &self.state.config.rate_limiter;
        let mut admitted = None;
        loop {
            let now = Instant::now();
            let slot = rate_limiter
                .reserve(now, latest_start)
                .map_err(|no_slot| Failure::no_slot(no_slot, rate_limiter.requests_per_second()))?;
            // If the call is cancelled while it waits, its slot is dropped, which returns it.
            self.wait_until(slot.start(), now).await;
            if let Some(admission) = admitted.or_else(|| self.transport.try_admit(needs_new_connection)) {
                slot.spend();
                return Ok(admission);
            }
            // It is needed again when there is a connection: slots that were used late would add up
            // to more requests than a second allows.
            drop(slot);
            let admission = self.transport.admit(needs_new_connection, latest_start).await;
            admitted = Some(admission.map_err(Failure::no_connection)?);
        }
    }

    /// Waits for the slot of the rate limiter.
    async fn wait_until(&self, start: Instant, now: Instant) {
        let wait = start.saturating_duration_since(now);
        if wait.is_zero() {
            return;
        }
        if !self.state.has_waited.swap(true, Ordering::Relaxed) {
            let requests_per_second = self.state.config.rate_limiter.requests_per_second();
            warn!(target: "devcred", requests_per_second, wait_ms = wait.as_millis() as u64, "rate limit reached, delaying calls");
        }
        sleep_until(start.into()).await;
    }

    /// Signs an attempt, with its own time and nonce and the key that is in use now.
    fn sign<O: Operation>(&self, request: &Request<O>) -> Result<Attempt, Failure> {
        let nonce = nonce().map_err(|_| Failure::internal("cannot get random numbers from the system"))?;
        let Config { endpoint, signature_method, .. } = &self.state.config;
        let key = self.access_key();
        let context = SigningContext { time: self.state.clock.now(), nonce: &nonce };
        let parameters = request.operation.parameters(&request.instance_id);
        let request = signature_method
            .sign(O::NAME, &parameters, endpoint.host(), &key, context)
            .map_err(|_| Failure::internal("the request could not be built"))?;
        Ok(Attempt { request, key })
    }

    /// Sends an attempt and reads its response.
    async fn send<O: Operation>(
        &self,
        request: &Request<'_, O>,
        attempt: &mut Attempt,
        state: &RetryState,
        admission: Admission,
    ) -> Result<O::Output, Failure> {
        let started = Instant::now();
        let Config { endpoint, limits, .. } = &self.state.config;
        let (end, limit) = request.deadline.end(started, limits.attempt_timeout);
        // They are sent once, and the advice needs only the rest.
        let headers = mem::take(&mut attempt.request.headers);
        let send = self.transport.send(endpoint, &attempt.request.query, headers, admission);
        let response = timeout_at(end.into(), send).await.unwrap_or_else(|_| Err(TransportError::timed_out(limit)));
        let output = match response {
            Ok(response) => response::parse(request.operation, &request.instance_id, &response, attempt.key.secrets()),
            Err(error) => Err(Failure::no_response(error, &self.attempt_info(state))),
        };

        let (status, code, request_id) = match &output {
            Ok(output) => (Some(200), None, Some(O::request_id(output))),
            Err(Failure { details, .. }) => {
                (details.http_status, details.code.as_deref(), details.request_id.as_deref())
            }
        };
        debug!(
            target: "devcred", operation = O::NAME, attempt = state.attempts, status, code, request_id,
            elapsed_ms = started.elapsed().as_millis() as u64, "attempt ended"
        );
        output
    }

    /// Takes the service's time from a response that refused the signed one.
    fn correct_clock(&self, failure: &Failure) -> bool {
        let date = failure.details.date.filter(|_| failure.is_clock());
        date.inspect(|date| self.state.clock.learn(*date)).is_some()
    }

    fn attempt_info(&self, state: &RetryState) -> AttemptInfo<'_> {
        let Config { endpoint, proxy, .. } = &self.state.config;
        AttemptInfo {
            host: endpoint.host(),
            proxy: proxy.as_ref().map(Proxy::host),
            number: state.attempts,
            max_attempts: state.max_attempts,
        }
    }

    /// The error of a call that was made, with advice.
    fn error<O: Operation>(
        &self,
        request: &Request<O>,
        state: &RetryState,
        failure: Failure,
        attempt: Option<Attempt>,
    ) -> Error {
        let Config { endpoint, limits, rate_limiter, proxy, roots, signature_method, .. } = &self.state.config;
        let context = CallContext {
            operation: O::NAME,
            unknown_outcome_advice: O::UNKNOWN_OUTCOME_ADVICE,
            client_id: request.operation.client_id(),
            host: endpoint.host(),
            is_loopback: endpoint.is_loopback(),
            region: endpoint.region(),
            requests_per_second: rate_limiter.requests_per_second(),
            max_connections: limits.max_connections.open,
            roots: roots.description(),
            proxy: proxy.as_ref().map(|proxy| (proxy.host(), proxy.named_by)),
            now: SystemTime::now(),
            signature_method: *signature_method,
            last_attempt: attempt.as_ref().map(|attempt| (&attempt.request, &*attempt.key)),
            always_refused_or_reset: state.always_refused_or_reset,
        };
        let advice = advice::advice(&failure, &context);
        let is_retryable = failure.is_retryable && (O::IS_REPEATABLE || !failure.is_outcome_unknown());
        Failure { is_retryable, ..failure }.into_error(state, advice)
    }

    /// Adds the ids of the call to its error: those that are valid, without the secrets of the
    /// AccessKey, which may be in the wrong place.
    fn with_ids<O: Operation>(&self, error: Error, operation: &O, instance_id: Option<&str>) -> Error {
        let key = self.access_key();
        let redact = |id: &str| redact(id, key.secrets());
        let client_id = operation.validate().is_ok().then(|| redact(operation.client_id()));
        error.with_ids(client_id, instance_id.map(redact))
    }

    pub(crate) fn access_key(&self) -> Arc<AccessKey> {
        Arc::clone(&self.state.access_key.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_access_key(&self, access_key: AccessKey) {
        *self.state.access_key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access_key);
    }

    pub(crate) fn config(&self) -> &Config {
        &self.state.config
    }
}

/// The time at which a call gives up.
struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    fn after(timeout: Duration) -> Self {
        Self { at: Instant::now() + timeout, timeout }
    }

    /// No attempt starts in the last second, or in the last tenth of a shorter call: it would
    /// hardly get a response in time, and might be billed.
    fn latest_start(&self) -> Instant {
        self.at - Duration::from_secs(1).min(self.timeout / 10)
    }

    /// The end of an attempt, and the limit that is reported if that passes.
    fn end(&self, started: Instant, attempt_timeout: Duration) -> (Instant, Duration) {
        let end = started + attempt_timeout;
        if end < self.at { (end, attempt_timeout) } else { (self.at, self.timeout) }
    }
}
