//! A call as the caller sees it: a builder that is awaited.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::client::Client;
use crate::credential::DeviceCredential;
use crate::error::Error;
use crate::{operation, validate};

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
    pub(crate) fn new(client: Client, client_id: String) -> Self {
        Self { client, client_id, instance_id: None, timeout: None }
    }

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
        let parts = self.client.parts();
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
        self.client.call(&operation, timeout).await
    }
}

impl IntoFuture for GetDeviceCredential {
    type Output = Result<DeviceCredential, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_key::AccessKey;

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
        let client = Client::builder().access_key(key).endpoint("http://127.0.0.1:1").build().unwrap();
        is_send(&client.get_device_credential("GID_test@@@test").into_future());
    }
}
