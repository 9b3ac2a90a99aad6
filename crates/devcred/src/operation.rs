//! What differs between operations of the service.
//!
//! Another one is another type here: its name, its parameters, whether it may be sent again, and how its answer is read.

use crate::credential::DeviceCredential;
use crate::response::{Fields, Unreadable};

/// The version of the service's API that every operation here belongs to.
pub(crate) const VERSION: &str = "2020-04-20";

pub(crate) trait Operation {
    /// What a successful answer holds.
    type Answer;

    /// The operation's name, as the service writes it.
    fn name(&self) -> &'static str;

    /// The device that is asked for.
    fn client_id(&self) -> &str;

    fn parameters(&self) -> Vec<(&'static str, &str)>;

    /// Whether it may be sent again once it may have arrived.
    fn is_repeatable(&self) -> bool;

    /// Reads a successful answer. `request_id` is the answer's, already found.
    fn read(&self, answer: &Fields, request_id: &str) -> Result<Self::Answer, Unreadable>;
}

/// Reads the credential of a device. Each success is billed as one messaging TPS.
pub(crate) struct GetDeviceCredential {
    client_id: String,
    instance_id: String,
}

impl GetDeviceCredential {
    pub(crate) fn new(client_id: impl Into<String>, instance_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), instance_id: instance_id.into() }
    }
}

impl Operation for GetDeviceCredential {
    type Answer = DeviceCredential;

    fn name(&self) -> &'static str {
        "GetDeviceCredential"
    }

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn parameters(&self) -> Vec<(&'static str, &str)> {
        vec![("ClientId", &self.client_id), ("InstanceId", &self.instance_id)]
    }

    fn is_repeatable(&self) -> bool {
        true
    }

    fn read(&self, answer: &Fields, request_id: &str) -> Result<DeviceCredential, Unreadable> {
        let credential = answer.object("DeviceCredential")?;
        // Another device's secret must never reach the caller: a cache on the way could answer for it.
        credential.equals("ClientId", &self.client_id)?;
        credential.equals("InstanceId", &self.instance_id)?;
        Ok(DeviceCredential {
            client_id: self.client_id.clone(),
            instance_id: self.instance_id.clone(),
            device_access_key_id: credential.text("DeviceAccessKeyId")?,
            device_access_key_secret: credential.secret("DeviceAccessKeySecret")?,
            create_time: credential.time("CreateTime")?,
            update_time: credential.time("UpdateTime")?,
            request_id: request_id.to_owned(),
        })
    }
}
