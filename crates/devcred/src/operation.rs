//! What differs between operations of the service. Adding one means adding a type here: its name,
//! its parameters, what to do if its outcome is unknown, and how its response is read.

use std::fmt::Debug;

use crate::credential::DeviceCredential;
use crate::error::Error;
use crate::json::{Fields, Unreadable};
use crate::response::documented_credential;
use crate::secret::Secret;
use crate::validate;

/// The version of the service's API that every operation here belongs to.
pub(crate) const VERSION: &str = "2020-04-20";

/// An operation on one device of an instance.
pub trait Operation: Clone + Debug + Send + Sync + 'static {
    /// The operation's name, as the service writes it.
    const NAME: &'static str;

    /// What the caller should do if the service may or may not have executed the operation; `None`
    /// if it can simply be sent again.
    const UNKNOWN_OUTCOME_ADVICE: Option<&'static str>;

    /// Whether it may be sent again if it may have arrived.
    const IS_REPEATABLE: bool = Self::UNKNOWN_OUTCOME_ADVICE.is_none();

    /// What a successful call returns.
    type Output: Send;

    /// The device that the call is about.
    fn client_id(&self) -> &str;

    /// Checks the parameters, before anything is sent.
    fn validate(&self) -> Result<(), Error> {
        validate::client_id(self.client_id())
    }

    /// Returns the parameters of a request.
    fn parameters<'a>(&'a self, instance_id: &'a str) -> [(&'static str, &'a str); 2] {
        [("ClientId", self.client_id()), ("InstanceId", instance_id)]
    }

    /// Reads a response that is exactly as documented, in one pass. `secrets` are those of the
    /// request. `None` for any other response, also if it can be read.
    fn read_documented(&self, instance_id: &str, body: &[u8], secrets: &[&Secret]) -> Option<Self::Output>;

    /// Reads a successful response. `request_id` is the one of the response.
    fn read(&self, instance_id: &str, response: &Fields, request_id: &str) -> Result<Self::Output, Unreadable>;

    /// Returns the id of the request that returned this output.
    fn request_id(output: &Self::Output) -> &str;
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
    const UNKNOWN_OUTCOME_ADVICE: Option<&'static str> = None;

    type Output = DeviceCredential;

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn read_documented(&self, instance_id: &str, body: &[u8], secrets: &[&Secret]) -> Option<DeviceCredential> {
        documented_credential(&self.client_id, instance_id, body, secrets)
    }

    fn read(&self, instance_id: &str, response: &Fields, request_id: &str) -> Result<DeviceCredential, Unreadable> {
        credential(&self.client_id, instance_id, response, request_id)
    }

    fn request_id(output: &DeviceCredential) -> &str {
        output.request_id()
    }
}

/// Creates the credential of a device. Each success is billed as one messaging TPS.
///
/// If the device has a credential, the service's documents disagree on what happens: either the
/// call is refused, or the new credential replaces the old one. A repeated call is wrong in both
/// cases.
#[derive(Clone, Debug)]
pub struct RegisterDeviceCredential {
    client_id: String,
}

impl RegisterDeviceCredential {
    pub(crate) fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into() }
    }
}

impl Operation for RegisterDeviceCredential {
    const NAME: &'static str = "RegisterDeviceCredential";
    const UNKNOWN_OUTCOME_ADVICE: Option<&'static str> = Some(
        "The device may have been registered. Fetch its credential (GetDeviceCredential) to find out; register again \
         only if it has none.",
    );

    type Output = DeviceCredential;

    fn client_id(&self) -> &str {
        &self.client_id
    }

    fn read_documented(&self, instance_id: &str, body: &[u8], secrets: &[&Secret]) -> Option<DeviceCredential> {
        documented_credential(&self.client_id, instance_id, body, secrets)
    }

    fn read(&self, instance_id: &str, response: &Fields, request_id: &str) -> Result<DeviceCredential, Unreadable> {
        credential(&self.client_id, instance_id, response, request_id)
    }

    fn request_id(output: &DeviceCredential) -> &str {
        output.request_id()
    }
}

/// Reads the credential of this device. Another device's secret must never reach the caller, even
/// if a cache on the way returns it.
fn credential(
    client_id: &str,
    instance_id: &str,
    response: &Fields,
    request_id: &str,
) -> Result<DeviceCredential, Unreadable> {
    let credential = response.object("DeviceCredential")?;
    credential.equals("ClientId", client_id)?;
    credential.equals("InstanceId", instance_id)?;
    Ok(DeviceCredential {
        client_id: client_id.to_owned(),
        instance_id: instance_id.to_owned(),
        device_access_key_id: credential.text("DeviceAccessKeyId")?,
        device_access_key_secret: credential.secret("DeviceAccessKeySecret")?,
        create_time: credential.time("CreateTime")?,
        update_time: credential.time("UpdateTime")?,
        request_id: request_id.to_owned(),
    })
}
