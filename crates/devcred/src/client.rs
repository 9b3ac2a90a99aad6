//! [`Client`] and the pipeline of a call: the only place that sees every stage.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::runtime::Handle;
use tokio::time::{sleep, sleep_until, timeout};
use tracing::{debug, warn};

use crate::access_key::AccessKey;
use crate::advice::{self, Asked};
use crate::builder::{ClientBuilder, Parts};
use crate::clock::Clock;
use crate::credential::DeviceCredential;
use crate::error::{Error, Failure};
use crate::operation::{self, Operation};
use crate::proxy::Proxy;
use crate::response::{self, Read};
use crate::retry::{Attempts, Moment};
use crate::sign::{SignedRequest, Stamp, nonce};
use crate::transport::{Attempt, NoAnswer};
use crate::validate;

/// No attempt is begun in the last second before a call's deadline, or in the last tenth of a shorter call: it would hardly
/// be answered in time, and might be billed.
const LAST_TURN: Duration = Duration::from_secs(1);

/// Fetches the credentials of devices. Make one and share it: a clone is a second handle of the same connections, key and
/// pace.
///
/// A client may be used from any number of tasks at once. It opens no thread of its own and needs a tokio runtime with its
/// network and time drivers enabled; connections belong to the runtime in which they were opened, so a client serves one
/// runtime. Dropping a call's future stops the call.
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

    pub(crate) fn new(parts: Parts) -> Result<Self, Error> {
        let access_key = RwLock::new(Arc::new(parts.access_key.clone()));
        let shared = Shared {
            parts,
            access_key,
            clock: Clock::default(),
            has_waited: AtomicBool::new(false),
        };
        shared.refuse_bare_key_on_phone(&shared.access_key())?;
        Ok(Self {
            shared: Arc::new(shared),
        })
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
        GetDeviceCredential {
            client: self.clone(),
            client_id: client_id.into(),
            instance_id: None,
            timeout: None,
        }
    }

    /// Replaces the key of this client and all of its clones: id, secret and token together. Attempts that begin afterwards
    /// are signed with it, those under way are not. An attempt that was refused for its token meanwhile is made again once.
    ///
    /// # Errors
    /// `InvalidParameter`, with the old key still in use, where a phone is given a key without a security token.
    pub fn set_access_key(&self, access_key: AccessKey) -> Result<(), Error> {
        self.shared.refuse_bare_key_on_phone(&access_key)?;
        *self.shared.access_key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(access_key);
        Ok(())
    }

    #[cfg(test)]
    pub(crate) fn host(&self) -> &str {
        self.shared.parts.endpoint.host()
    }

    #[cfg(test)]
    pub(crate) fn instance_id(&self) -> Option<&str> {
        self.shared.parts.instance_id.as_deref()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            endpoint, instance_id, ..
        } = &self.shared.parts;
        f.debug_struct("Client")
            .field("host", &endpoint.host())
            .field("instance_id", instance_id)
            .finish_non_exhaustive()
    }
}

/// A call that is not begun yet: await it, after naming another instance or timeout where that is wanted.
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct GetDeviceCredential {
    client: Client,
    client_id: String,
    instance_id: Option<String>,
    timeout: Option<Duration>,
}

impl GetDeviceCredential {
    /// Asks for a device of this instance, and not of the client's.
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// How long this call may take in all, waits and retries included: 1 millisecond to 24 hours. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    async fn run(self) -> Result<DeviceCredential, Error> {
        let parts = &self.client.shared.parts;
        let instance_id = self.instance_id.or_else(|| parts.instance_id.clone()).ok_or_else(|| {
            Error::invalid_parameter("no InstanceId: give the client one (DEVCRED_INSTANCE_ID), or this call")
        })?;
        let timeout = self.timeout.unwrap_or(parts.limits.timeout);
        validate::client_id(&self.client_id)?;
        validate::instance_id(&instance_id)?;
        validate::timeout("timeout", timeout)?;
        if Handle::try_current().is_err() {
            return Err(Error::internal(
                "called outside a tokio runtime",
                Some(
                    "Await the call inside one, such as tokio::runtime::Builder::new_current_thread().enable_all()."
                        .into(),
                ),
            ));
        }
        let operation = operation::GetDeviceCredential::new(self.client_id, instance_id);
        self.client.shared.call(&operation, timeout).await
    }
}

impl IntoFuture for GetDeviceCredential {
    type Output = Result<DeviceCredential, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
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
    async fn call<O: Operation>(&self, operation: &O, call_timeout: Duration) -> Result<O::Answer, Error> {
        let deadline = Instant::now() + call_timeout;
        let latest_turn = deadline - LAST_TURN.min(call_timeout / 10);
        let mut attempts = Attempts::new(self.parts.limits.max_attempts);
        let mut failed = None;
        loop {
            let turn = match self.parts.pace.reserve(Instant::now(), latest_turn) {
                Ok(turn) => turn,
                Err(too_late) => {
                    let (failure, sent) = failed.unwrap_or_else(|| (self.no_turn(too_late.waiting), None));
                    return Err(self.give_up(operation, &attempts, failure, sent));
                }
            };
            self.wait_for(turn).await;

            let sent = self
                .sign(operation)
                .map_err(|failure| failure.into_error(attempts.made, None))?;
            attempts.begin();
            let failure = match self.attempt(operation, &sent, &attempts, deadline, call_timeout).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };

            let moment = self.moment(operation, &failure, &sent, deadline);
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

    async fn wait_for(&self, turn: Instant) {
        let wait = turn.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return;
        }
        if !self.has_waited.swap(true, Ordering::Relaxed) {
            let requests_per_second = self.parts.pace.requests_per_second();
            warn!(target: "devcred", requests_per_second, wait_ms = wait.as_millis() as u64, "calls wait for this client's pace");
        }
        sleep_until(turn.into()).await;
    }

    /// Time, nonce and key are read anew for every attempt.
    fn sign(&self, operation: &impl Operation) -> Result<Sent, Failure> {
        let nonce = nonce().map_err(|_| Failure::internal("the system gives no random numbers"))?;
        let (key, time) = (self.access_key(), self.clock.now());
        let stamp = Stamp { time, nonce: &nonce };
        let request = self
            .parts
            .signature
            .sign(operation, self.parts.endpoint.host(), &key, stamp);
        Ok(Sent { request, key, time })
    }

    /// Sends once and reads the answer.
    async fn attempt<O: Operation>(
        &self,
        operation: &O,
        sent: &Sent,
        attempts: &Attempts,
        deadline: Instant,
        call_timeout: Duration,
    ) -> Result<O::Answer, Failure> {
        let begun = Instant::now();
        let attempt_timeout = self.parts.limits.attempt_timeout;
        let time_left = deadline.saturating_duration_since(begun);
        let (limit, told) = if attempt_timeout < time_left {
            (attempt_timeout, attempt_timeout)
        } else {
            (time_left, call_timeout)
        };
        let send = self.parts.transport.send(&self.parts.endpoint, &sent.request);
        let answer = match timeout(limit, send).await {
            Ok(answer) => answer,
            Err(_) => Err(NoAnswer::timed_out(told)),
        };
        let secrets = [Some(sent.key.secret()), sent.key.security_token()]
            .into_iter()
            .flatten();
        let read = match answer {
            Ok(answer) => response::read(operation, &answer, secrets),
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

    /// On a phone everybody has the key, and RAM cannot restrict this operation to one device: only a token that expires
    /// bounds the damage.
    fn refuse_bare_key_on_phone(&self, key: &AccessKey) -> Result<(), Error> {
        let is_phone = validate::is_phone(std::env::consts::OS);
        if is_phone && key.security_token().is_none() && !self.parts.endpoint.is_loopback() {
            return Err(Error::invalid_parameter(
                "an AccessKey without a security token must not be on a phone: ask your own server for the device's login, \
                 or for a security token",
            ));
        }
        Ok(())
    }

    /// Nothing was sent, and nothing would be in time.
    fn no_turn(&self, waiting: u128) -> Failure {
        let rate = self.parts.pace.requests_per_second();
        Failure::no_turn(format!(
            "not sent: this client sends {rate} requests a second and {waiting} calls are waiting"
        ))
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

    /// What the decision to try again needs to know, apart from the failure.
    fn moment(&self, operation: &impl Operation, failure: &Failure, sent: &Sent, deadline: Instant) -> Moment {
        let date = failure.reply.date.filter(|_| failure.is_clock());
        if let Some(date) = date {
            self.clock.learn(date);
        }
        Moment {
            time_left: deadline.saturating_duration_since(Instant::now()),
            random: random(),
            clock_learnt: date.is_some(),
            key_replaced: !Arc::ptr_eq(&sent.key, &self.access_key()),
            is_repeatable: operation.is_repeatable(),
        }
    }

    fn give_up(&self, operation: &impl Operation, attempts: &Attempts, failure: Failure, sent: Option<Sent>) -> Error {
        let Parts {
            endpoint,
            pace,
            proxy,
            roots,
            signature,
            ..
        } = &self.parts;
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
            sent: sent.as_ref().map(|sent| advice::Sent {
                request: &sent.request,
                key: &sent.key,
                time: sent.time,
            }),
            always_refused_or_reset: attempts.always_refused_or_reset,
        };
        let advice = advice::advice(&failure, &asked);
        failure.into_error(attempts.made, advice)
    }
}

/// In 0..1, from the system; a jitter that cannot be had is none.
fn random() -> f64 {
    getrandom::u32().map_or(1.0, |bits| f64::from(bits) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only has to compile: what every caller of an async library relies on.
    #[test]
    fn a_client_and_its_calls_can_be_sent_and_shared() {
        fn is_send<T: Send>(_: &T) {}
        fn is_send_and_sync<T: Send + Sync>() {}
        is_send_and_sync::<Client>();
        is_send_and_sync::<GetDeviceCredential>();
        is_send_and_sync::<DeviceCredential>();
        is_send_and_sync::<Error>();
        let key = AccessKey::new("LTAI", "s3cr3t").unwrap();
        let client = Client::builder()
            .access_key(key)
            .endpoint("http://127.0.0.1:1")
            .build()
            .unwrap();
        is_send(&client.get_device_credential("GID_test@@@test").into_future());
    }

    #[test]
    fn debug_shows_no_key() {
        let key = AccessKey::new("LTAI-id", "s3cr3t")
            .unwrap()
            .with_security_token("t0k3n")
            .unwrap();
        let client = Client::builder()
            .access_key(key)
            .endpoint("http://127.0.0.1:1")
            .build()
            .unwrap();
        let text = format!("{client:?} {:?}", client.get_device_credential("GID_test@@@test"));
        assert!(
            text.contains("127.0.0.1:1") && !text.contains("s3cr3t") && !text.contains("t0k3n"),
            "{text}"
        );
    }
}
