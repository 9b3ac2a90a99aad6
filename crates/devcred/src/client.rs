//! [`Client`]: the handle that a program shares.

use std::env::consts::OS;
use std::fmt;
use std::sync::Arc;

use crate::access_key::AccessKey;
use crate::builder::ClientBuilder;
use crate::config::Config;
use crate::error::Error;
use crate::operation;
use crate::pipeline::Pipeline;
use crate::request::{Call, GetDeviceCredential, RegisterDeviceCredential};
use crate::resolver::Resolver;
use crate::transport::ConnectionLimit;

/// Fetches the credentials of devices, and registers devices. Create one and share it: a clone is
/// another handle to the same connections, AccessKey and rate limiter.
///
/// Any number of tasks may use a client at once. It needs a tokio runtime with its network and time
/// drivers enabled. Connections belong to the runtime in which they were opened, so use a client in
/// one runtime only. Dropping the future of a call stops the call.
///
/// The only threads that a client starts look up host names: one for each name at a time, at most
/// four. Such a thread ends with its look-up.
#[derive(Clone)]
pub struct Client {
    pipeline: Arc<Pipeline>,
}

impl Client {
    /// Returns a builder without any configuration: set at least an AccessKey and a region.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client from the environment alone. [`ClientBuilder::from_env`] lists the variables
    /// and accepts options as well.
    ///
    /// # Errors
    /// `InvalidParameter` if a variable is missing or invalid.
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env().build()
    }

    pub(crate) fn new(config: Config, resolver: &Resolver, access_key: AccessKey) -> Result<Self, Error> {
        access_key.check_allowed_on(OS, config.endpoint.is_loopback())?;
        let connections = ConnectionLimit::new(config.limits.max_connections);
        let transport = config.new_transport(resolver, connections)?;
        Ok(Self { pipeline: Arc::new(Pipeline::new(config, transport, access_key)) })
    }

    /// Returns a client that has one separate connection and shares everything else, also the limit
    /// of connections. `None` if there is no connection to spare, or if the HTTP client cannot be
    /// set up.
    pub(crate) fn with_separate_connection(&self, resolver: &Resolver) -> Option<Self> {
        let connections = self.pipeline.transport().reserve_connection()?;
        let transport = self.config().new_transport(resolver, connections).ok()?;
        Some(Self { pipeline: Arc::new(self.pipeline.with_transport(transport)) })
    }

    /// Fetches the credential of a device: `GetDeviceCredential` of the service, version
    /// 2020-04-20.
    ///
    /// `client_id` is the device's MQTT client id, `GROUP@@@DEVICE`: 1 to 64 characters, no control
    /// characters. Nothing is sent until the call is awaited. Each success is billed as one
    /// messaging TPS; an attempt whose response was lost may have been billed too.
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind). [`NotFound`](crate::ErrorKind::NotFound) means that the
    /// device was never registered.
    pub fn get_device_credential(&self, client_id: impl Into<String>) -> GetDeviceCredential {
        Call::new(self.clone(), operation::GetDeviceCredential::new(client_id))
    }

    /// Registers a device, which creates its credential: `RegisterDeviceCredential` of the service,
    /// version 2020-04-20.
    ///
    /// Register a device once, then fetch its credential with
    /// [`get_device_credential`](Self::get_device_credential). Do not use this to find out whether
    /// a device is registered: depending on the service, a second registration is refused, or
    /// replaces the credential, and the device can no longer log in with the old secret.
    ///
    /// `client_id` is the device's MQTT client id, `GROUP@@@DEVICE`: 1 to 64 characters, no control
    /// characters. Nothing is sent until the call is awaited. Each success is billed as one
    /// messaging TPS; an attempt whose response was lost may have been billed too. It needs the RAM
    /// permission `mq:RegisterDeviceCredential`.
    ///
    /// The request is sent again only if the service did not execute it: no connection could be
    /// made, or the service refused the request, for example because it throttled it. It is not
    /// sent again once it may have arrived, that is after a lost response, a timeout or an HTTP
    /// 5xx. The error's [`advice`](Error::advice) then says so: fetch the credential to find out
    /// whether the device was registered.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use devcred::{AccessKey, Client};
    /// # let emulator = devcred_emulator::Emulator::builder().device("GID_test@@@other").start().await?;
    /// # let key = AccessKey::new(emulator.access_key_id(), emulator.access_key_secret())?;
    /// # let client = Client::builder().access_key(key).endpoint(emulator.endpoint());
    /// # let client = client.instance_id("post-cn-0pp12gl****").build()?;
    /// let credential = client.register_device_credential("GID_test@@@test").await?;
    /// assert_eq!(credential.client_id(), "GID_test@@@test");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any [`ErrorKind`](crate::ErrorKind). [`AlreadyExists`](crate::ErrorKind::AlreadyExists)
    /// means that the device has a credential, which did not change.
    pub fn register_device_credential(&self, client_id: impl Into<String>) -> RegisterDeviceCredential {
        Call::new(self.clone(), operation::RegisterDeviceCredential::new(client_id))
    }

    /// Replaces the AccessKey of this client and all of its clones: id, secret and security token
    /// together. Attempts that begin afterwards use the new key. If an attempt is refused for its
    /// security token after the key was replaced, it is made once more with the new one.
    ///
    /// # Errors
    /// `InvalidParameter` on a phone if the key has no security token; the client keeps the old
    /// key.
    pub fn set_access_key(&self, access_key: AccessKey) -> Result<(), Error> {
        access_key.check_allowed_on(OS, self.config().endpoint.is_loopback())?;
        self.pipeline.set_access_key(access_key);
        Ok(())
    }

    /// Returns the AccessKey that the client uses now.
    pub(crate) fn access_key(&self) -> Arc<AccessKey> {
        self.pipeline.access_key()
    }

    pub(crate) fn config(&self) -> &Config {
        self.pipeline.config()
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { endpoint, instance_id, .. } = self.config();
        f.debug_struct("Client")
            .field("host", &endpoint.host())
            .field("instance_id", instance_id)
            .finish_non_exhaustive()
    }
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
