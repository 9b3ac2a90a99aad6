//! Configures and starts an emulator.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use tokio::runtime::Handle;

use crate::emulator::{Emulator, Listeners};
use crate::fault::step::Step;
use crate::server::listener::Listener;
use crate::server::proxy::{Proxy, ProxyServer};
use crate::server::tls::{Protocols, SERVICE_NAME, Tls};
use crate::service::access_key::{AccessKey, AccessKeys};
use crate::service::clock::Clock;
use crate::service::device::{Devices, RegisterExisting, RegisterRules};
use crate::service::quota::Quotas;
use crate::service::random::Random;
use crate::service::{DEFAULT_READ_TIMEOUT, EndlessSteps, Service};
use crate::start_error::StartError;

/// Configures an [`Emulator`]; created by [`Emulator::builder`].
#[derive(Debug)]
#[must_use = "call `start` to start the emulator"]
pub struct Builder {
    access_keys: Vec<AccessKey>,
    instances: Vec<String>,
    devices: Vec<String>,
    register_rules: RegisterRules,
    clock_offset_seconds: i64,
    listen: SocketAddr,
    steps: Vec<Step>,
    endless_steps: EndlessSteps,
    quotas: Option<Quotas>,
    tls: Option<Tls>,
    connections: Vec<Tls>,
    is_black_hole: bool,
    proxy: Option<Proxy>,
    read_timeout: Duration,
    records_exchanges: bool,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            access_keys: Vec::new(),
            instances: Vec::new(),
            devices: Vec::new(),
            register_rules: RegisterRules::default(),
            clock_offset_seconds: 0,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            steps: Vec::new(),
            endless_steps: EndlessSteps::default(),
            quotas: None,
            tls: None,
            connections: Vec::new(),
            is_black_hole: false,
            proxy: None,
            read_timeout: DEFAULT_READ_TIMEOUT,
            records_exchanges: false,
        }
    }

    /// Adds an access key that may call. If none is added, the emulator creates a random one:
    /// [`Emulator::access_key_id`].
    pub fn access_key(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.add_access_key(id.into(), secret.into(), None, None)
    }

    /// Adds a temporary access key: a request that uses it must carry this security token.
    pub fn access_key_with_token(
        self,
        id: impl Into<String>,
        secret: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        self.add_access_key(id.into(), secret.into(), Some(security_token.into()), None)
    }

    /// Adds a temporary access key whose token expires.
    ///
    /// The token is accepted for `valid_for` after [`start`](Self::start) and refused from then on
    /// (`InvalidSecurityToken.Expired`). With [`Duration::ZERO`] it has expired at once.
    pub fn access_key_with_expiring_token(
        self,
        id: impl Into<String>,
        secret: impl Into<String>,
        security_token: impl Into<String>,
        valid_for: Duration,
    ) -> Self {
        self.add_access_key(id.into(), secret.into(), Some(security_token.into()), Some(valid_for))
    }

    /// Adds an instance. As soon as one is added, all other instances are refused
    /// (`InstancePermissionCheckFailed`); without any, every instance is known.
    pub fn instance(mut self, instance_id: impl Into<String>) -> Self {
        self.instances.push(instance_id.into());
        self
    }

    /// Adds a device that has a credential on every known instance.
    ///
    /// As soon as one is added, other devices have no credential (`DeviceCredentialNotFound`) until
    /// they are registered; without any, every device has one.
    pub fn device(mut self, client_id: impl Into<String>) -> Self {
        self.devices.push(client_id.into());
        self
    }

    /// Sets what happens if a device that has a credential is registered. Default:
    /// [`RegisterExisting::Rotate`].
    pub fn register_existing(mut self, existing: RegisterExisting) -> Self {
        self.register_rules.existing = existing;
        self
    }

    /// Limits how many devices of an instance have a credential: a further one is not registered
    /// (`DeviceCredentialNumExceed`). Default: unlimited.
    ///
    /// Add a [`device`](Self::device) too: without any, every device has a credential, so none is
    /// left to register.
    pub fn max_credentials(mut self, max_credentials: usize) -> Self {
        self.register_rules.max_credentials = Some(max_credentials);
        self
    }

    /// Shifts the emulator's clock, and so the `Date` of its responses, by this many seconds.
    /// Default: 0.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset_seconds = seconds;
        self
    }

    /// Sets the address to listen on. It must be loopback; with port 0 the system chooses a port.
    /// Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Scripts the first requests: one step for each, in the order in which they arrive. Later
    /// requests get the service's own response.
    ///
    /// A request that the service would refuse is refused without using up a step.
    pub fn steps(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.steps.extend(steps);
        self
    }

    pub(crate) fn endless_steps(mut self, next: Box<dyn FnMut() -> Option<Step> + Send>) -> Self {
        self.endless_steps = EndlessSteps(Some(next));
        self
    }

    /// Applies the service's quotas. Default: none.
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = Some(quotas);
        self
    }

    /// Serves TLS with a certificate that is created at start, so that [`Emulator::endpoint`] is
    /// `https`. Default: plain HTTP.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Scripts how the first connections begin: one entry for each, in the order in which they are
    /// accepted. Later connections begin as [`tls`](Self::tls) says.
    ///
    /// A client's first attempts can thus meet a reset or an alert, and its next one the service.
    ///
    /// ```
    /// use devcred_emulator::{Emulator, Tls};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), devcred_emulator::StartError> {
    /// let internal_error = Tls::Alert(80);
    /// let builder = Emulator::builder().tls(Tls::Valid).connections([Tls::Reset, internal_error]);
    /// let emulator = builder.start().await?;
    /// // Your software makes a call here: its third attempt succeeds.
    /// # Ok(())
    /// # }
    /// ```
    pub fn connections(mut self, connections: impl IntoIterator<Item = Tls>) -> Self {
        self.connections.extend(connections);
        self
    }

    /// Neither accepts nor refuses connections, like a firewall that drops packets: the listen
    /// queue is full. This depends on the operating system; it works on Linux.
    pub fn black_hole(mut self) -> Self {
        self.is_black_hole = true;
        self
    }

    /// Adds a proxy on a separate address: [`Emulator::proxy_address`]. With [`tls`](Self::tls),
    /// the endpoint is then `https://service.test`, a name that never resolves. Default: none.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// Limits how long a client may take for its TLS handshake, for the head of a request (counted
    /// from when the connection becomes idle) and for its body. After that the connection is
    /// closed.
    ///
    /// Default: 10 seconds. The service closes an idle connection after about as long.
    pub fn read_timeout(mut self, read_timeout: Duration) -> Self {
        self.read_timeout = read_timeout;
        self
    }

    /// Records the first bytes of each request and response: [`Emulator::exchanges`]. They contain
    /// the secrets that are sent. Default: nothing is recorded.
    pub fn record_exchanges(mut self, records_exchanges: bool) -> Self {
        self.records_exchanges = records_exchanges;
        self
    }

    /// Starts to listen, and serves on the current tokio runtime until the emulator is dropped. The
    /// runtime needs I/O and time enabled.
    ///
    /// # Errors
    /// Returns a [`StartError`] if the address is not loopback or cannot be bound, if a certificate
    /// cannot be created, or if there is no tokio runtime.
    pub async fn start(self) -> Result<Emulator, StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.listen));
        }
        Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let service_listener = match self.is_black_hole {
            false => Listener::bind(self.listen).await?,
            true => Listener::bind_black_hole(self.listen).await?,
        };
        let address = service_listener.address;
        let redirected = match self.steps.iter().any(Step::is_redirect) {
            true => Some(Listener::bind_any_port(address.ip()).await?),
            false => None,
        };
        let proxy = match self.proxy {
            Some(proxy) => Some(ProxyServer::bind(proxy, address, self.read_timeout).await?),
            None => None,
        };
        let (protocols, authority_pem) = Protocols::new(&self.connections, self.tls)?;
        let endpoint = match (self.tls, &proxy) {
            (None, _) => format!("http://{address}"),
            (Some(_), None) => format!("https://localhost:{}", address.port()),
            (Some(_), Some(_)) => format!("https://{SERVICE_NAME}"),
        };

        let random = Random::from_system().map_err(|_| StartError::NoRandomness)?;
        let mut access_keys = self.access_keys;
        if access_keys.is_empty() {
            access_keys.push(random_access_key(&random));
        }
        let devices = Devices::new(self.instances, self.devices).with_rules(self.register_rules);
        let clock = Clock::with_offset(self.clock_offset_seconds);
        let mut service = Service::new(AccessKeys::new(access_keys), devices, clock, random)
            .with_steps(self.steps)
            .with_endless_steps(self.endless_steps)
            .with_quotas(self.quotas);
        service.name = self.tls.map(|_| SERVICE_NAME);
        service.read_timeout = self.read_timeout;
        service.exchanges = self.records_exchanges.then(Arc::default);
        service.redirect_location = redirected.as_ref().and_then(redirect_location);
        let listeners = Listeners { service: service_listener, protocols, redirected, proxy };
        Ok(Emulator::serve(Arc::new(service), listeners, endpoint, authority_pem))
    }

    fn add_access_key(
        mut self,
        access_key_id: String,
        access_key_secret: String,
        security_token: Option<String>,
        valid_for: Option<Duration>,
    ) -> Self {
        self.access_keys.retain(|key| key.access_key_id != access_key_id);
        self.access_keys.push(AccessKey { access_key_id, access_key_secret, security_token, valid_for });
        self
    }
}

/// The prefix of the id shows that the key is not one of the service.
fn random_access_key(random: &Random) -> AccessKey {
    AccessKey {
        access_key_id: format!("EMULATOR{}", random.hex(16)),
        access_key_secret: random.hex(32),
        security_token: None,
        valid_for: None,
    }
}

/// Returns the URL that redirects point to.
fn redirect_location(listener: &Listener) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("http://{}/", listener.address)).ok()
}
