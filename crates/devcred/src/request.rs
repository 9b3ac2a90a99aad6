//! [`Call`]: one request as the caller sees it, a builder that is awaited.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use crate::client::Client;
use crate::error::Error;
use crate::operation::{self, Operation};

/// The request for a device's credential that [`Client::get_device_credential`] returns.
pub type GetDeviceCredential = Call<operation::GetDeviceCredential>;

/// The request to register a device that [`Client::register_device_credential`] returns.
pub type RegisterDeviceCredential = Call<operation::RegisterDeviceCredential>;

/// A request that has not been sent. Set options if needed, then `.await` it.
///
/// ```
/// # use devcred::{AccessKey, Client};
/// # use std::time::Duration;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = AccessKey::new("LTAI5tExample", "the-secret")?;
/// # let client = Client::builder().access_key(key).endpoint("http://127.0.0.1:1").max_attempts(1).build()?;
/// let call = client
///     .get_device_credential("GID_test@@@test")
///     .instance_id("post-cn-0pp12gl****")
///     .timeout(Duration::from_secs(5));
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # let result = runtime.block_on(async {
/// let credential = call.await?;
/// # Ok::<_, devcred::Error>(credential) });
/// # assert_eq!(result.unwrap_err().kind(), devcred::ErrorKind::Transport);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    client: Client,
    operation: O,
    instance_id: Option<String>,
    timeout: Option<Duration>,
}

impl<O> Call<O> {
    pub(crate) fn new(client: Client, operation: O) -> Self {
        Self { client, operation, instance_id: None, timeout: None }
    }

    /// Sets the instance. Default: the client's.
    pub fn instance_id(mut self, instance_id: impl Into<String>) -> Self {
        self.instance_id = Some(instance_id.into());
        self
    }

    /// Limits the time of this call, with the rate limiter and all retries: 1 millisecond to 24
    /// hours. Default: the client's.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl<O: Operation> IntoFuture for Call<O> {
    type Output = Result<O::Output, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, operation, instance_id, timeout } = self;
        Box::pin(async move { client.pipeline().run(&operation, instance_id, timeout).await })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_key::AccessKey;
    use crate::credential::DeviceCredential;

    /// Only has to compile: what every caller of an async library relies on.
    #[test]
    fn a_client_and_its_calls_can_be_sent_and_shared() {
        fn is_send<T: Send>(_: &T) {}
        fn is_send_and_sync<T: Send + Sync>() {}
        is_send_and_sync::<Client>();
        is_send_and_sync::<GetDeviceCredential>();
        is_send_and_sync::<RegisterDeviceCredential>();
        is_send_and_sync::<DeviceCredential>();
        is_send_and_sync::<Error>();
        let key = AccessKey::new("LTAI", "s3cr3t").unwrap();
        let client = Client::builder().access_key(key).endpoint("http://127.0.0.1:1").build().unwrap();
        is_send(&client.get_device_credential("GID_test@@@test").into_future());
    }
}
