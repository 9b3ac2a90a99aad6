//! What differs between operations of the service. Adding one means adding a type here: its name,
//! its parameters, whether it may be sent again, and how its response is read.

use std::fmt::Debug;

use crate::credential::DeviceCredential;
use crate::error::Error;
use crate::json::{Fields, Unreadable};
use crate::validate;

/// The version of the service's API that every operation here belongs to.
pub(crate) const VERSION: &str = "2020-04-20";

/// An operation on an instance of the service.
pub trait Operation: Clone + Debug + Send + Sync + 'static {
    /// The operation's name, as the service writes it.
    const NAME: &'static str;

    /// Whether it may be sent again if it may have arrived.
    const IS_REPEATABLE: bool;

    /// What a successful call returns.
    type Output: Send;

    /// Checks the parameters, before anything is sent.
    fn validate(&self) -> Result<(), Error>;

    /// The device that the call is about.
    fn client_id(&self) -> &str;

    /// The parameters beside the InstanceId.
    fn parameters(&self) -> Vec<(&'static str, &str)>;

    /// Reads a successful response. `request_id` is the one of the response.
    fn read(&self, instance_id: &str, response: &Fields, request_id: &str) -> Result<Self::Output, Unreadable>;
}

/// Reads the credential of a device. Each success is billed as one messaging TPS.
#[derive(Clone, Debug)]
pub struct GetDeviceCredential {
    client_id: String,
}

impl GetDeviceCredential {
    pub(crate) fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into() }
    }
}

impl Operation for GetDeviceCredential {
    const NAME: &'static str = "GetDeviceCredential";
    const IS_REPEATABLE: bool = true;

    type Output = DeviceCredential;

    fn validate(&self) -> Result<(), Error> {
        validate::client_id(&self.client_id)
    }

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn parameters(&self) -> Vec<(&'static str, &str)> {
        vec![("ClientId", &self.client_id)]
    }

    fn read(&self, instance_id: &str, response: &Fields, request_id: &str) -> Result<DeviceCredential, Unreadable> {
        let credential = response.object("DeviceCredential")?;
        // Another device's secret must never reach the caller, even if a cache on the way returns
        // it.
        credential.equals("ClientId", &self.client_id)?;
        credential.equals("InstanceId", instance_id)?;
        Ok(DeviceCredential {
            client_id: self.client_id.clone(),
            instance_id: instance_id.to_owned(),
            device_access_key_id: credential.text("DeviceAccessKeyId")?,
            device_access_key_secret: credential.secret("DeviceAccessKeySecret")?,
            create_time: credential.time("CreateTime")?,
            update_time: credential.time("UpdateTime")?,
            request_id: request_id.to_owned(),
        })
    }
}
