//! The service's error codes with their statuses and messages, and the body of an error.

use serde_json::{Value, json};

use crate::signature::encoding::encode;

/// A request that gets an error as its response.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    /// For a refused signature: the text that the emulator signed, without the security token.
    pub(crate) refused_signature: Option<String>,
    /// Whether a step or a device's name asked for this error, so that the request itself is
    /// correct.
    pub(crate) is_scripted: bool,
}

impl Refusal {
    /// Creates an error with the status and message of its code.
    pub(crate) fn new(code: impl Into<String>) -> Self {
        let code = code.into();
        let (status, message) = status_and_message(&code);
        Self { status, message: message.to_owned(), code, refused_signature: None, is_scripted: false }
    }

    /// Creates `Missing<Name>`, as the gateway names an absent parameter.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::new(format!("Missing{parameter}")).with_message(format!("{parameter} is mandatory for this action."))
    }

    /// Creates `InvalidParameter.<Name>`.
    pub(crate) fn invalid(parameter: &str, why: &str) -> Self {
        Self::new(format!("InvalidParameter.{parameter}"))
            .with_message(format!("The specified parameter {parameter} is not valid: {why}."))
    }

    pub(crate) fn incomplete_signature(why: &str) -> Self {
        Self::new("IncompleteSignature")
            .with_message(format!("The request signature does not conform to Aliyun standards: {why}."))
    }

    pub(crate) fn with_message(self, message: String) -> Self {
        Self { message, ..self }
    }

    /// Returns the body. `host` is the `Host` header as it was sent.
    pub(crate) fn body(&self, request_id: &str, host: &str) -> Value {
        let code = encode(&self.code);
        json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": self.code,
            "Message": self.message,
            "Recommend": format!("https://api.aliyun.com/troubleshoot?q={code}&requestId={request_id}"),
        })
    }
}

/// Codes with their statuses and messages.
///
/// If the service's documents disagree on a status, it is the one that most of them print. If none
/// prints one (`MissingSecurityToken`, `InvalidSecurityToken.MismatchWithAccessKey`,
/// `InvalidAction.NotFound`, `InvalidVersion`), it is inferred from similar codes. A message that
/// no source prints is the emulator's.
const CODES: &[(&str, u16, &str)] = &[
    ("ApiNotSupport", 404, "This API is not supported in the current region or instance."),
    ("ApplyTokenOverFlow", 400, "The request was denied because too many requests were sent."),
    ("CheckAccountInfoFailed", 400, "An error occurred while validating the account information."),
    ("DeviceCredentialExsit", 400, "Device Credential Exsit"),
    ("DeviceCredentialNotFound", 400, "The device credential does not exist."),
    (
        "DeviceCredentialNumExceed",
        400,
        "The number of device credentia exceeds the limit. Please revoke unused device certificates",
    ),
    ("Forbidden.RAM", 403, "User not authorized to operate on the specified resource."),
    (
        "IllegalTimestamp",
        400,
        "The input parameter Timestamp that is mandatory for processing this request is not supplied.",
    ),
    ("IncompleteSignature", 400, "The request signature does not conform to Aliyun standards."),
    ("InstancePermissionCheckFailed", 400, "An error occurred while validating the permissions of the instance."),
    ("InternalError", 500, "The request processing has failed due to some unknown error."),
    ("InvalidAccessKeyId.Inactive", 400, "Specified access key is disabled."),
    ("InvalidAccessKeyId.NotFound", 404, "Specified access key is not found."),
    ("InvalidAction.NotFound", 404, "Specified api is not found, please check your url and method."),
    ("InvalidApi.NotFound", 404, "Specified api is not found, please check your url and method."),
    ("InvalidParameter", 400, "The specified parameter is not valid."),
    ("InvalidParameter.Format", 400, "Specified parameter format is not valid."),
    ("InvalidProduct.NotFound", 404, "Cannot find product according to your specified domain."),
    ("InvalidProtocol.NeedSsl", 404, "Your request is denied because it does not use SSL."),
    ("InvalidSecurityToken.Expired", 400, "Specified SecurityToken is expired."),
    ("InvalidSecurityToken.Malformed", 400, "Specified SecurityToken is malformed."),
    ("InvalidSecurityToken.MismatchWithAccessKey", 400, "Specified SecurityToken does not match the AccessKey."),
    ("InvalidTimeStamp.Expired", 400, "Specified time stamp or date value is expired."),
    ("InvalidTimeStamp.Format", 400, "Specified time stamp or date value is not well formatted."),
    ("InvalidVersion", 400, "Specified parameter Version is not valid."),
    ("MissingParameter", 400, "A parameter that is mandatory for this action is not supplied."),
    ("MissingSecurityToken", 400, "SecurityToken is mandatory for this action."),
    ("MissingTimestamp", 400, "Timestamp is mandatory for this action."),
    ("NoPermission", 403, "You are not authorized to do this action."),
    ("ParameterCheckFailed", 400, "An error occurred while validating the parameters."),
    ("PermissionCheckFailed", 400, "An error occurred while validating the permissions of the resource."),
    ("ServiceUnavailable", 503, "The request has failed due to a temporary failure of the server."),
    ("SignatureDoesNotMatch", 400, "Specified signature is not matched with our calculation."),
    ("SignatureNonceUsed", 400, "Specified signature nonce was used already."),
    ("SystemOverFlow", 500, "The system is throttled. Try again later."),
    ("Throttling", 400, "Request was denied due to request throttling."),
    ("Throttling.Api", 400, "Request was denied due to api flow control."),
    ("Throttling.User", 400, "Request was denied due to user flow control."),
    ("UnsupportedHTTPMethod", 400, "This http method is not supported."),
];

/// A code outside the table is one that a caller chose, `Missing*` or `InvalidParameter.*`: 400.
fn status_and_message(code: &str) -> (u16, &'static str) {
    let row = CODES.iter().find(|(known, _, _)| *known == code);
    row.map_or((400, "The request was refused."), |(_, status, message)| (*status, *message))
}

#[cfg(test)]
mod tests {
    use super::{CODES, Refusal};

    #[test]
    fn the_table_is_sorted_and_has_no_duplicates() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn surprising_statuses() {
        for (code, status) in [
            ("SystemOverFlow", 500),
            ("ApplyTokenOverFlow", 400),
            ("Throttling.User", 400),
            ("DeviceCredentialNotFound", 400),
            ("ApiNotSupport", 404),
            ("InvalidAccessKeyId.NotFound", 404),
            ("ServiceUnavailable", 503),
            ("InvalidParameter.ClientId", 400),
            ("Anything.Else", 400),
        ] {
            assert_eq!(Refusal::new(code).status, status, "{code}");
        }
    }

    #[test]
    fn the_body_has_the_five_members() {
        let body = Refusal::missing("ClientId").body("AB-12", "127.0.0.1:80");
        let expected = serde_json::json!({
            "RequestId": "AB-12",
            "HostId": "127.0.0.1:80",
            "Code": "MissingClientId",
            "Message": "ClientId is mandatory for this action.",
            "Recommend": "https://api.aliyun.com/troubleshoot?q=MissingClientId&requestId=AB-12",
        });
        assert_eq!(body, expected);
    }
}
