//! The operations: their names, methods, parameters and results.

use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::http::request::ApiRequest;
use crate::service::clock::unix_milliseconds;
use crate::service::device::{Device, Devices};
use crate::service::error::Refusal;
use crate::service::random::Random;

pub(crate) const VERSION: &str = "2020-04-20";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    GetDeviceCredential,
    RegisterDeviceCredential,
    RefreshDeviceCredential,
    UnRegisterDeviceCredential,
    ListDeviceCredentialClientId,
}

/// An operation with its parameters, which have been checked.
pub(crate) enum Command {
    Get(Device),
    Register(Device),
    Refresh(Device),
    UnRegister(Device),
    List { group_id: String, instance_id: String, page: Page },
}

pub(crate) struct Page {
    size: usize,
    number: usize,
}

impl Operation {
    /// Returns the operation of a request after checking its action, version and method.
    pub(crate) fn from_request(request: &ApiRequest, method: &str) -> Result<Self, Refusal> {
        let action = request.action.as_deref().ok_or_else(|| Refusal::missing("Action"))?;
        let version = request.version.as_deref().ok_or_else(|| Refusal::missing("Version"))?;
        if version != VERSION {
            return Err(Refusal::new("InvalidVersion"));
        }
        let operation = Self::from_action(action).ok_or_else(|| Refusal::new("InvalidAction.NotFound"))?;
        if method == "POST" || method == "GET" && operation == Self::ListDeviceCredentialClientId {
            return Ok(operation);
        }
        Err(Refusal::new("UnsupportedHTTPMethod"))
    }

    pub(crate) fn parse(self, request: &ApiRequest) -> Result<Command, Refusal> {
        Ok(match self {
            Self::GetDeviceCredential => Command::Get(device(request)?),
            Self::RegisterDeviceCredential => Command::Register(device(request)?),
            Self::RefreshDeviceCredential => Command::Refresh(device(request)?),
            Self::UnRegisterDeviceCredential => Command::UnRegister(device(request)?),
            Self::ListDeviceCredentialClientId => Command::List {
                group_id: required(request, "GroupId")?.to_owned(),
                instance_id: required(request, "InstanceId")?.to_owned(),
                page: Page::from_request(request)?,
            },
        })
    }

    fn from_action(action: &str) -> Option<Self> {
        Some(match action {
            "GetDeviceCredential" => Self::GetDeviceCredential,
            "RegisterDeviceCredential" => Self::RegisterDeviceCredential,
            "RefreshDeviceCredential" => Self::RefreshDeviceCredential,
            "UnRegisterDeviceCredential" => Self::UnRegisterDeviceCredential,
            "ListDeviceCredentialClientId" => Self::ListDeviceCredentialClientId,
            _ => return None,
        })
    }
}

impl Command {
    /// Refuses an unknown instance, a device without the credential that the command needs, and one
    /// that may not be registered.
    pub(crate) fn check(&self, devices: &Devices) -> Result<(), Refusal> {
        match self {
            Self::Get(device) | Self::Refresh(device) | Self::UnRegister(device) => {
                devices.check_instance(&device.instance_id)?;
                devices.check_credential(device)
            }
            Self::Register(device) => {
                devices.check_instance(&device.instance_id)?;
                devices.check_registration(device)
            }
            Self::List { instance_id, .. } => devices.check_instance(instance_id),
        }
    }

    /// Returns the name of the operation.
    pub(crate) fn action(&self) -> &'static str {
        match self {
            Self::Get(_) => "GetDeviceCredential",
            Self::Register(_) => "RegisterDeviceCredential",
            Self::Refresh(_) => "RefreshDeviceCredential",
            Self::UnRegister(_) => "UnRegisterDeviceCredential",
            Self::List { .. } => "ListDeviceCredentialClientId",
        }
    }

    /// Returns the device of the command, if there is exactly one.
    pub(crate) fn client_id(&self) -> Option<&str> {
        match self {
            Self::Get(device) | Self::Register(device) | Self::Refresh(device) | Self::UnRegister(device) => {
                Some(&device.client_id)
            }
            Self::List { .. } => None,
        }
    }

    /// Executes the command. The result lacks only the `RequestId`.
    pub(crate) fn execute(
        &self,
        devices: &mut Devices,
        random: &Random,
        now: SystemTime,
    ) -> Result<Map<String, Value>, Refusal> {
        let now = unix_milliseconds(now);
        let (name, value) = match self {
            Self::Get(device) => ("DeviceCredential", devices.get(device, random, now)?.to_json(device)),
            Self::Register(device) => ("DeviceCredential", devices.register(device, random, now)?.to_json(device)),
            Self::Refresh(device) => ("DeviceCredential", devices.refresh(device, random, now)?.to_json(device)),
            Self::UnRegister(device) => {
                devices.unregister(device)?;
                return Ok(Map::new());
            }
            Self::List { group_id, instance_id, page } => {
                ("DeviceCredentialClientIdList", page.to_json(&devices.list(instance_id, group_id)))
            }
        };
        Ok(Map::from_iter([(name.to_owned(), value)]))
    }
}

impl Page {
    /// `NextToken` is the number of the next page, and wins over `PageNo`. Both are inferred: the
    /// documents describe both parameters, but not what a token contains.
    fn from_request(request: &ApiRequest) -> Result<Self, Refusal> {
        let size = number("PageSize", required(request, "PageSize")?)?;
        if size > 100 {
            return Err(Refusal::invalid("PageSize", "it must be at most 100"));
        }
        let optional = |name| request.parameter(name).filter(|value| !value.is_empty());
        let number = match (optional("NextToken"), optional("PageNo")) {
            (Some(token), _) => number("NextToken", token)?,
            (None, Some(page)) => number("PageNo", page)?,
            (None, None) => 1,
        };
        Ok(Self { size, number })
    }

    /// All paging values are strings, as in the service's responses.
    fn to_json(&self, client_ids: &[String]) -> Value {
        let start = (self.number - 1).saturating_mul(self.size);
        let page: Vec<&String> = client_ids.iter().skip(start).take(self.size).collect();
        let is_last = start.saturating_add(self.size) >= client_ids.len();
        json!({
            "ClientIdList": page,
            "NextToken": if is_last { String::new() } else { (self.number + 1).to_string() },
            "PageNo": self.number.to_string(),
            "PageSize": self.size.to_string(),
            "Total": client_ids.len().to_string(),
        })
    }
}

/// Refuses an invalid client id. The documents allow up to 64 printable characters; they disagree
/// on which, so all printable ones are accepted.
pub(crate) fn check_client_id(client_id: &str) -> Result<(), Refusal> {
    if client_id.is_empty() {
        return Err(Refusal::invalid("ClientId", "it is empty"));
    }
    if client_id.chars().count() > 64 {
        return Err(Refusal::invalid("ClientId", "it is longer than 64 characters"));
    }
    if client_id.chars().any(char::is_control) {
        return Err(Refusal::invalid("ClientId", "it contains a control character"));
    }
    Ok(())
}

fn device(request: &ApiRequest) -> Result<Device, Refusal> {
    let client_id = request.parameter("ClientId").ok_or_else(|| Refusal::missing("ClientId"))?;
    check_client_id(client_id)?;
    let instance_id = required(request, "InstanceId")?;
    Ok(Device { instance_id: instance_id.to_owned(), client_id: client_id.to_owned() })
}

/// An absent parameter is `Missing<Name>`, by the gateway's documents. An empty one is
/// `InvalidParameter.<Name>`, which is inferred.
fn required<'a>(request: &'a ApiRequest, name: &str) -> Result<&'a str, Refusal> {
    let value = request.parameter(name).ok_or_else(|| Refusal::missing(name))?;
    if value.is_empty() { Err(Refusal::invalid(name, "it is empty")) } else { Ok(value) }
}

fn number(name: &str, value: &str) -> Result<usize, Refusal> {
    let number = value.parse().ok().filter(|number| *number >= 1);
    number.ok_or_else(|| Refusal::invalid(name, "it must be an integer of at least 1"))
}
