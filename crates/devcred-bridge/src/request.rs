//! The request of a call.

use std::str::FromStr;

use devcred::bridge_support::operation::{self, Operation as _};
use devcred::{Call, Client, Error};

use crate::number::Milliseconds;
use crate::outcome::{ErrorInfo, Outcome};
use crate::record;

/// An operation of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Operation {
    /// Reads the credential of a device.
    #[default]
    GetDeviceCredential,
    /// Creates the credential of a device.
    RegisterDeviceCredential,
}

impl Operation {
    /// Every operation.
    pub const ALL: &'static [Operation] = &[Operation::GetDeviceCredential, Operation::RegisterDeviceCredential];

    /// Returns the operation's name, as the service writes it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::GetDeviceCredential => operation::GetDeviceCredential::NAME,
            Operation::RegisterDeviceCredential => operation::RegisterDeviceCredential::NAME,
        }
    }
}

impl FromStr for Operation {
    type Err = Box<ErrorInfo>;

    /// # Errors
    /// `InvalidParameter` if no operation has this name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Operation::ALL.iter().copied().find(|operation| operation.name() == text);
        found.ok_or_else(|| ErrorInfo::invalid_parameter(&format!("{text:?} is not an operation of this library")))
    }
}

/// The table of [`Request`]: see [`record!`].
#[macro_export]
macro_rules! request_fields {
    ($with:ident! { $($item:tt)* }) => {
        $with! {
            $($item)* {
                required {
                    /// The operation.
                    operation: Operation,
                    /// The device's client id, `GROUP@@@DEVICE`.
                    client_id: String,
                }
                optional {
                    /// The device's instance, if it is not the client's.
                    instance_id: String,
                    /// The timeout of this call, if it is not the client's.
                    timeout_ms: Milliseconds,
                }
            }
        }
    };
}

request_fields!(record! {
    /// The request of a call.
    #[derive(Clone, Debug)]
    Request
});

impl Request {
    /// Creates a request with the client's instance and timeout.
    pub fn new(operation: Operation, client_id: impl Into<String>) -> Self {
        Self { operation, client_id: client_id.into(), instance_id: None, timeout_ms: None }
    }

    /// Sends the request.
    pub(crate) async fn send(self, client: &Client) -> Outcome {
        match self.operation {
            Operation::GetDeviceCredential => self.run(|id| client.get_device_credential(id)).await,
            Operation::RegisterDeviceCredential => self.run(|id| client.register_device_credential(id)).await,
        }
    }

    async fn run<O>(self, call: impl FnOnce(String) -> Call<O>) -> Outcome
    where
        O: operation::Operation,
        Outcome: From<Result<O::Output, Error>>,
    {
        let mut call = call(self.client_id);
        if let Some(instance_id) = self.instance_id {
            call = call.instance_id(instance_id);
        }
        if let Some(timeout) = self.timeout_ms {
            call = call.timeout(timeout.to_duration());
        }
        call.await.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_its_name() {
        for operation in Operation::ALL {
            assert_eq!(operation.name().parse(), Ok(*operation));
        }
        assert_eq!("Get".parse::<Operation>().unwrap_err().message, "\"Get\" is not an operation of this library");
    }
}
