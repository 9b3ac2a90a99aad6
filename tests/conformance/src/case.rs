//! The format of a case. `case.schema.json` is generated from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

mod expect;
mod file;
mod server;
mod step;

pub use expect::{AtLeast, Calls, Count, Expect, Expected, Level, Outcome, Requests, Took};
pub(crate) use expect::{CREDENTIAL_KEYS, ERROR_KEYS};
pub use file::{NamedCase, cases_of, read_all};
pub use server::{AccessKey, Proxy, RegisterExisting, Server, Tls};
pub use step::{Answer, BodyRepeat, StepForm};

/// A case of the suite: a call, the server that it meets, and what the caller must see. See
/// tests/README.md.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What the case promises, in one sentence.
    pub about: String,
    /// The entries of tests/proofs.json that it proves.
    #[serde(default)]
    pub proves: Vec<String>,
    /// The call that the probe makes.
    pub call: Call,
    /// The emulator of this case.
    #[serde(default)]
    pub server: Server,
    /// What the caller and the emulator must see.
    pub expect: Expect,
}

/// A case file, for the schema: one case, or a base into which rows are merged.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "described for the schema, never made")]
struct CaseFile {
    /// The promise of the case, or of all rows, in one sentence.
    about: String,
    /// The entries of tests/proofs.json that it proves.
    #[serde(default)]
    proves: Vec<String>,
    /// The call that the probe makes.
    call: CallForm,
    /// The emulator of this case.
    #[serde(default)]
    server: Server,
    /// What the caller and the emulator must see.
    expect: Expect,
    /// Cases that differ in a few values, by name: each is merged into the file's own and runs as
    /// `group/file/name`.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": "^[a-z0-9-]+$"}))]
    rows: BTreeMap<String, Row>,
}

/// Merged into the case of its file: objects key by key; any other value replaces the file's,
/// `null` too.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[allow(dead_code, reason = "described for the schema, never made")]
struct Row {
    /// The promise of this row, in one sentence.
    about: Option<String>,
    /// The entries of tests/proofs.json that this row proves, instead of the file's.
    #[serde(default)]
    proves: Vec<String>,
    /// The call that the probe makes.
    #[serde(default)]
    call: CallForm,
    /// The emulator of this case.
    #[serde(default)]
    server: Server,
    /// What the caller and the emulator must see.
    expect: Option<Expect>,
}

/// The call of a case as it is in the file, which distinguishes a key that is `null` from one that
/// is absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct Call {
    /// As it is in the file.
    pub json: Map<String, Value>,
    /// The same, parsed.
    pub form: CallForm,
}

impl TryFrom<Map<String, Value>> for Call {
    type Error = serde_json::Error;

    fn try_from(json: Map<String, Value>) -> Result<Self, Self::Error> {
        Ok(Self { form: CallForm::deserialize(Value::Object(json.clone()))?, json })
    }
}

/// The keys of a call: those of the probe protocol, and `env`. `null` leaves out a default of the
/// driver.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "the table in tests/README.md describes them")]
pub struct CallForm {
    /// Variables of the probe, for which a new probe is started. `null` leaves out a variable that
    /// `from_env` would set.
    pub env: BTreeMap<String, Option<String>>,
    pub from_env: Option<bool>,
    pub access_key_id: Option<String>,
    pub access_key_secret: Option<String>,
    pub security_token: Option<String>,
    pub region: Option<String>,
    pub network: Option<String>,
    pub endpoint: Option<String>,
    pub instance_id: Option<String>,
    pub signature: Option<String>,
    pub timeout_ms: Option<u64>,
    pub attempt_timeout_ms: Option<u64>,
    pub connect_timeout_ms: Option<u64>,
    pub max_attempts: Option<u32>,
    pub max_connections: Option<u32>,
    pub max_connecting: Option<u32>,
    pub max_requests_per_second: Option<u32>,
    pub root_certificates_pem: Option<String>,
    pub proxy: Option<String>,
    /// Default: `GetDeviceCredential`.
    pub operation: Option<Operation>,
    pub client_id: Option<String>,
    pub call_instance_id: Option<String>,
    pub call_timeout_ms: Option<u64>,
    pub calls: Option<u32>,
    pub repeat: Option<u32>,
    pub restore: Option<Restore>,
    pub cancel_after_ms: Option<u64>,
    pub replace_key_after_ms: Option<u64>,
    pub new_access_key_id: Option<String>,
    pub new_access_key_secret: Option<String>,
    pub new_security_token: Option<String>,
}

/// An operation of the service that the library offers, by the service's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Operation {
    GetDeviceCredential,
    RegisterDeviceCredential,
}

/// What a credential is stored as before it is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Restore {
    Revealed,
    Masked,
}

impl Case {
    /// Reads a case, after its row has been merged into it.
    ///
    /// # Errors
    /// Returns what is wrong with it, and where.
    pub fn from_value(value: Value) -> Result<Self, String> {
        let case: Case = serde_json::from_value(value).map_err(|error| error.to_string())?;
        case.server.steps()?;
        case.expect.check()?;
        Ok(case)
    }

    /// Whether it makes so many concurrent calls that it occupies a small machine.
    pub(crate) fn is_crowd(&self) -> bool {
        self.call.form.calls.is_some_and(|calls| calls >= 100)
    }
}

#[cfg(test)]
mod tests;
