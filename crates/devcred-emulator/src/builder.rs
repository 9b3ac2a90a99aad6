//! How an emulator is configured and started.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::{error, fmt, io};

use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::account::{Account, Accounts};
use crate::clock::Clock;
use crate::device::Devices;
use crate::emulator::Emulator;
use crate::random::Random;
use crate::service::Service;

/// Configures an [`Emulator`]; made by [`Emulator::builder`].
#[derive(Debug)]
#[must_use = "nothing listens before `start`"]
pub struct Builder {
    accounts: Vec<Account>,
    instances: Vec<String>,
    devices: Vec<String>,
    clock_offset_seconds: i64,
    listen: SocketAddr,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            accounts: Vec::new(),
            instances: Vec::new(),
            devices: Vec::new(),
            clock_offset_seconds: 0,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    /// Adds an access key that may call. Where none is added, a fresh pair is made: [`Emulator::access_key_id`].
    pub fn access_key(self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.account(id.into(), secret.into(), None)
    }

    /// Adds a temporary access key: a request that names it must carry this security token.
    pub fn access_key_with_token(
        self,
        id: impl Into<String>,
        secret: impl Into<String>,
        security_token: impl Into<String>,
    ) -> Self {
        self.account(id.into(), secret.into(), Some(security_token.into()))
    }

    /// Adds an instance. With one or more, other instances are refused (`InstancePermissionCheckFailed`); with none, every
    /// instance is known.
    pub fn instance(mut self, instance_id: impl Into<String>) -> Self {
        self.instances.push(instance_id.into());
        self
    }

    /// Adds a device that has a credential, on every known instance. With one or more, other devices have none
    /// (`DeviceCredentialNotFound`) until they are registered; with none, every device has one.
    pub fn device(mut self, client_id: impl Into<String>) -> Self {
        self.devices.push(client_id.into());
        self
    }

    /// Shifts the emulator's clock, and so the `Date` of its answers, by this many seconds. Default: 0.
    pub fn clock_offset(mut self, seconds: i64) -> Self {
        self.clock_offset_seconds = seconds;
        self
    }

    /// Where to listen: a loopback address; port 0 lets the system choose. Default: `127.0.0.1:0`.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Starts to listen. It serves on the current tokio runtime, which needs I/O and time enabled, until the emulator is
    /// dropped.
    ///
    /// # Errors
    /// [`StartError`], where the address is not loopback or cannot be had, or there is no tokio runtime.
    pub async fn start(self) -> Result<Emulator, StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.listen));
        }
        Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let cannot_listen = |source| StartError::Listen { address: self.listen, source };
        let listener = TcpListener::bind(self.listen).await.map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;

        let random = Random::from_system().map_err(|_| StartError::NoRandomness)?;
        let mut accounts = self.accounts;
        if accounts.is_empty() {
            accounts.push(fresh_account(&random));
        }
        let devices = Devices::new(self.instances, self.devices);
        let clock = Clock::with_offset(self.clock_offset_seconds);
        let service = Arc::new(Service::new(Accounts::new(accounts), devices, clock, random));
        Ok(Emulator::serve(listener, address, service))
    }

    fn account(mut self, access_key_id: String, access_key_secret: String, security_token: Option<String>) -> Self {
        self.accounts.retain(|account| account.access_key_id != access_key_id);
        self.accounts.push(Account { access_key_id, access_key_secret, security_token });
        self
    }
}

/// The id says whose it is, so that nobody takes it for a key of the service.
fn fresh_account(random: &Random) -> Account {
    Account {
        access_key_id: format!("EMULATOR{}", random.hex(16)),
        access_key_secret: random.hex(32),
        security_token: None,
    }
}

/// Why an emulator could not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not loopback: an emulator is for this machine only.
    NotLoopback(SocketAddr),
    /// [`Builder::start`] was not called in a tokio runtime.
    NoRuntime,
    /// The address cannot be listened on.
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no random bytes for keys.
    NoRandomness,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLoopback(address) => {
                write!(f, "the emulator listens on loopback only (127.0.0.0/8 or [::1]), not on {address}")
            }
            Self::NoRuntime => f.write_str("the emulator has to be started inside a tokio runtime"),
            Self::Listen { address, source } => write!(f, "the emulator cannot listen on {address}: {source}"),
            Self::NoRandomness => f.write_str("the system gave no random bytes"),
        }
    }
}

impl error::Error for StartError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Listen { source, .. } => Some(source),
            _ => None,
        }
    }
}
