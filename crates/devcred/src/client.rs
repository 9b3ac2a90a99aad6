//! [`Client`] and the pipeline of a call: the only place that sees every stage.

use std::env::consts::OS;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::time::{sleep, sleep_until, timeout};
use tracing::{debug, warn};

use crate::access_key::AccessKey;
use crate::advice::{self, Asked};
use crate::builder::{ClientBuilder, Parts};
use crate::call::GetDeviceCredential;
use crate::clock::Clock;
use crate::error::Error;
use crate::failure::Failure;
use crate::operation::Operation;
use crate::proxy::Proxy;
use crate::response::{self, Read};
use crate::retry::{Attempts, Moment};
use crate::sign::{SignedRequest, Stamp, nonce};
use crate::transport::{Attempt, NoAnswer};
use crate::validate;

/// Fetches the credentials of devices. Make one and share it: a clone is a second handle of the same connections, key and
/// pace.
///
/// A client may be used from any number of tasks at once. It needs a tokio runtime with its network and time drivers enabled;
/// connections belong to the runtime in which they were opened, so a client serves one runtime. Dropping a call's future stops
/// the call.
///
/// The only threads that a client starts look names up: one for each name at a time, at most four. Such a thread ends with its
/// look-up.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    parts: Parts,
    /// Apart from `parts`, since a live client's key can be replaced.
    access_key: RwLock<Arc<AccessKey>>,
    clock: Clock,
    has_waited: AtomicBool,
}

impl Client {
    /// A client without a configuration: give it an AccessKey and a region at least.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client that takes its whole configuration from the environment; [`ClientBuilder::from_env`] lists the variables and
    /// takes options beside them.
    ///
    /// # Errors
    /// `InvalidParameter` for a variable that is missing or cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    pub(crate) fn new(parts: Parts, access_key: AccessKey) -> Result<Self, Error> {
        validate::key_on_phone(OS, &access_key, parts.endpoint.is_loopback())?;
        let access_key = RwLock::new(Arc::new(access_key));
        let shared = Shared { parts, access_key, clock: Clock::default(), has_waited: AtomicBool::new(false) };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Fetches the credential of a device: `GetDeviceCredential` of the service, version 2020-04-20.
    ///
    /// `client_id` is the device's MQTT client id, `GROUP@@@DEVICE`: 1 to 64 characters, no control characters. The call is
    /// not begun until it is awaited. Each success is billed as one messaging TPS; an attempt whose answer was lost may have
    /// been.
    ///
    /// # Errors
    /// Every [`ErrorKind`](crate::ErrorKind) can come of it. [`NotFound`](crate::ErrorKind::NotFound) means that the device
    /// was never registered.
    pub fn get_device_credential(&self, client_id: impl Into<String>) -> GetDeviceCredential {
        GetDeviceCredential::new(self.clone(), client_id.into())
    }

    /// Replaces the key of this client and all of its clones: id, secret and token together. Attempts that begin afterwards
    /// are signed with it, those under way are not. An attempt that was refused for its token meanwhile is made again once.
    ///
    /// # Errors
    /// `InvalidParameter`, with the old key still in use, where a phone is given a key without a security token.
    pub fn set_access_key(&self, access_key: AccessKey) -> Result<(), Error> {
        validate::key_on_phone(OS, &access_key, self.shared.parts.endpoint.is_loopback())?;
        *self.shared.access_key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access_key);
        Ok(())
    }

    /// The key that is in use now.
    pub(crate) fn access_key(&self) -> Arc<AccessKey> {
        self.shared.access_key()
    }

    /// What the client is made of.
    pub(crate) fn parts(&self) -> &Parts {
        &self.shared.parts
    }

    /// Runs an operation through the pipeline.
    pub(crate) async fn call<O: Operation>(&self, operation: &O, timeout: Duration) -> Result<O::Answer, Error> {
        self.shared.call(operation, timeout).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { endpoint, instance_id, .. } = &self.shared.parts;
        f.debug_struct("Client")
            .field("host", &endpoint.host())
            .field("instance_id", instance_id)
            .finish_non_exhaustive()
    }
}

/// When a call ends, whatever it has come to.
struct Deadline {
    at: Instant,
    timeout: Duration,
}

impl Deadline {
    fn after(timeout: Duration) -> Self {
        Self { at: Instant::now() + timeout, timeout }
    }

    fn time_left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// No attempt starts in the last second, or in the last tenth of a shorter call: it would hardly be answered in time,
    /// and might be billed.
    fn latest_start(&self) -> Instant {
        self.at - Duration::from_secs(1).min(self.timeout / 10)
    }
}

/// An attempt that was made: what the next one, or the advice, must know of it.
struct Sent {
    request: SignedRequest,
    key: Arc<AccessKey>,
    time: SystemTime,
}

impl Shared {
    /// The pipeline. One deadline covers everything, waits included; dropping the future stops everything.
    async fn call<O: Operation>(&self, operation: &O, timeout: Duration) -> Result<O::Answer, Error> {
        let deadline = Deadline::after(timeout);
        let mut attempts = Attempts::new(self.parts.limits.max_attempts);
        let mut failed = None;
        loop {
            let slot = match self.parts.pace.reserve(Instant::now(), deadline.latest_start()) {
                Ok(slot) => slot,
                Err(too_late) => {
                    let (failure, sent) = failed.unwrap_or_else(|| (self.no_slot(too_late.waiting), None));
                    return Err(self.give_up(operation, &attempts, failure, sent));
                }
            };
            // A call that is cancelled in here drops its slot, which returns it.
            self.wait_for(slot.start()).await;
            slot.spend();

            let sent = self.sign(operation).map_err(|failure| Error::new(failure, attempts.made, None))?;
            attempts.begin();
            let failure = match self.attempt(operation, &sent, &attempts, &deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };

            let moment = Moment {
                longest_wait: deadline.latest_start().saturating_duration_since(Instant::now()),
                random: random(),
                clock_learnt: self.learn_clock(&failure),
                key_replaced: !Arc::ptr_eq(&sent.key, &self.access_key()),
                is_repeatable: operation.is_repeatable(),
            };
            let Some(wait) = attempts.next_wait(&failure, &moment) else {
                return Err(self.give_up(operation, &attempts, failure, Some(sent)));
            };
            warn!(
                target: "devcred", operation = operation.name(), attempt = attempts.made, kind = %failure.kind,
                code = failure.reply.code.as_deref(), wait_ms = wait.as_millis() as u64, "attempt failed, trying again"
            );
            sleep(wait).await;
            failed = Some((failure, Some(sent)));
        }
    }

    async fn wait_for(&self, start: Instant) {
        let wait = start.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return;
        }
        if !self.has_waited.swap(true, Ordering::Relaxed) {
            let requests_per_second = self.parts.pace.requests_per_second();
            warn!(target: "devcred", requests_per_second, wait_ms = wait.as_millis() as u64, "calls wait for this client's pace");
        }
        sleep_until(start.into()).await;
    }

    /// Time, nonce and key are read anew for every attempt.
    fn sign(&self, operation: &impl Operation) -> Result<Sent, Failure> {
        let nonce = nonce().map_err(|_| Failure::internal("the system gives no random numbers"))?;
        let (key, time) = (self.access_key(), self.clock.now());
        let stamp = Stamp { time, nonce: &nonce };
        let request = self.parts.signature.sign(operation, self.parts.endpoint.host(), &key, stamp);
        let request = request.map_err(|_| Failure::internal("the request could not be built"))?;
        Ok(Sent { request, key, time })
    }

    /// Sends once and reads the answer.
    async fn attempt<O: Operation>(
        &self,
        operation: &O,
        sent: &Sent,
        attempts: &Attempts,
        deadline: &Deadline,
    ) -> Result<O::Answer, Failure> {
        let begun = Instant::now();
        let (time_left, attempt_timeout) = (deadline.time_left(), self.parts.limits.attempt_timeout);
        let (limit, told) = if attempt_timeout < time_left {
            (attempt_timeout, attempt_timeout)
        } else {
            (time_left, deadline.timeout)
        };
        let send = self.parts.transport.send(&self.parts.endpoint, &sent.request, attempts.opens_connection);
        let answer = match timeout(limit, send).await {
            Ok(answer) => answer,
            Err(_) => Err(NoAnswer::timed_out(told)),
        };
        let read = match answer {
            Ok(answer) => response::read(operation, &answer, sent.key.secrets()),
            Err(no_answer) => Err(no_answer.into_failure(&self.described(attempts))),
        };

        let (status, code, request_id) = match &read {
            Ok(read) => (Some(200), None, Some(read.request_id.as_str())),
            Err(Failure { reply, .. }) => (reply.http_status, reply.code.as_deref(), reply.request_id.as_deref()),
        };
        debug!(
            target: "devcred", operation = operation.name(), attempt = attempts.made, status, code, request_id,
            elapsed_ms = begun.elapsed().as_millis() as u64, "attempt ended"
        );
        read.map(|Read { answer, .. }| answer)
    }
}

impl Shared {
    fn access_key(&self) -> Arc<AccessKey> {
        Arc::clone(&self.access_key.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Nothing was sent, and nothing would be in time.
    fn no_slot(&self, waiting: usize) -> Failure {
        let rate = self.parts.pace.requests_per_second();
        let waiting = if waiting == 1 { "1 call is".to_owned() } else { format!("{waiting} calls are") };
        Failure::no_slot(format!("not sent: this client sends {rate} requests a second and {waiting} waiting"))
    }

    fn described(&self, attempts: &Attempts) -> Attempt<'_> {
        let Parts { endpoint, proxy, .. } = &self.parts;
        Attempt {
            host: endpoint.host(),
            proxy: proxy.as_ref().map(Proxy::host),
            number: attempts.made,
            of: attempts.max,
        }
    }

    /// Takes the service's time from an answer that refused ours.
    fn learn_clock(&self, failure: &Failure) -> bool {
        let date = failure.reply.date.filter(|_| failure.is_clock());
        date.inspect(|date| self.clock.learn(*date)).is_some()
    }

    fn give_up(&self, operation: &impl Operation, attempts: &Attempts, failure: Failure, sent: Option<Sent>) -> Error {
        let Parts { endpoint, pace, proxy, roots, signature, .. } = &self.parts;
        let asked = Asked {
            client_id: operation.client_id(),
            host: endpoint.host(),
            is_loopback: endpoint.is_loopback(),
            region: endpoint.region(),
            requests_per_second: pace.requests_per_second(),
            roots: roots.described(),
            proxy: proxy.as_ref().map(|proxy| (proxy.host(), proxy.named_by)),
            now: SystemTime::now(),
            signature: *signature,
            sent: sent.as_ref().map(|sent| advice::Sent { request: &sent.request, key: &sent.key, time: sent.time }),
            always_refused_or_reset: attempts.always_refused_or_reset,
        };
        let advice = advice::advice(&failure, &asked);
        Error::new(failure, attempts.made, advice)
    }
}

/// In 0..1, from the system; a jitter that cannot be had is none.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let key = AccessKey::new("LTAI-id", "s3cr3t").unwrap().with_security_token("t0k3n").unwrap();
        let client = Client::builder().access_key(key).endpoint("http://127.0.0.1:1").build().unwrap();
        let text = format!("{client:?} {:?}", client.get_device_credential("GID_test@@@test"));
        assert!(text.contains("127.0.0.1:1") && !text.contains("s3cr3t") && !text.contains("t0k3n"), "{text}");
    }
}
