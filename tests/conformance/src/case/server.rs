//! `server`: the emulator of a case.

use devcred_emulator::Step;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::step::StepForm;

/// The emulator of a case.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// One step for each of the first requests; later requests get the service's response.
    #[schemars(with = "Vec<StepForm>")]
    pub steps: Vec<Value>,
    /// The AccessKeys that may call. Default: a random one without a token.
    pub access_keys: Vec<AccessKey>,
    /// The known instances. Default: all.
    pub instances: Vec<String>,
    /// The known devices. Default: all.
    pub devices: Vec<String>,
    /// What a registration of a device that has a credential does. Default: `rotate`.
    pub register_existing: Option<RegisterExisting>,
    /// The maximum number of devices of an instance that have a credential.
    pub max_credentials: Option<usize>,
    /// The service's clock minus this machine's.
    pub clock_offset_s: i64,
    /// Applies the quotas: 500 calls a second for the account; 300 requests for the address, which
    /// is then blocked for 10 seconds.
    pub quotas: bool,
    /// Serves `https`, with such a certificate.
    pub tls: Option<Tls>,
    /// How the first connections begin, one each; afterwards they begin as `tls` says.
    pub connections: Vec<Tls>,
    /// No connection is accepted, and none refused.
    pub black_hole: bool,
    /// Adds such a proxy. The endpoint is then `https://service.test`, a name that never resolves.
    pub proxy: Option<Proxy>,
}

/// An AccessKey of the emulator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret: at least 8 characters, because shorter ones are not searched for.
    #[schemars(length(min = 8))]
    pub secret: String,
    /// The security token that must come with it.
    #[schemars(length(min = 8))]
    pub token: Option<String>,
    /// How long the token is valid from the start of the case; 0: it has expired.
    pub expires_in_s: Option<u64>,
}

/// What a registration of a device that has a credential does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RegisterExisting {
    /// Replaces the credential.
    Rotate,
    /// Is refused: `DeviceCredentialExsit`.
    Refuse,
}

/// How a connection begins: with a valid certificate, an invalid one, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// For the endpoint's host, by an authority that the client trusts.
    Valid,
    /// The same, by TLS 1.2 only.
    #[serde(rename = "tls_1_2")]
    OnlyTls12,
    /// The same, by TLS 1.3 only.
    #[serde(rename = "tls_1_3")]
    OnlyTls13,
    /// The same, and it requires a client certificate.
    ClientCertificate,
    /// For another host.
    WrongHost,
    /// By an authority that the client does not trust.
    UnknownAuthority,
    /// Self-signed, and marked as an authority.
    SelfSigned,
    /// No longer valid.
    Expired,
    /// Not valid before the year 2100.
    #[serde(rename = "year_2100")]
    Year2100,
    /// None: the client's first bytes are answered with a fatal alert of this number.
    Alert(u8),
    /// None: the connection is closed after the client's first bytes.
    Close,
    /// None: the connection is reset after the client's first bytes.
    Reset,
    /// None: nothing is ever sent.
    Silent,
}

/// What the proxy does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proxy {
    /// Forwards to the emulator.
    Open,
    /// Forwards requests with this user and password, which the client uses.
    WithPassword {
        /// The user's name.
        user: String,
        /// The password, at least 8 characters.
        #[schemars(length(min = 8))]
        password: String,
    },
    /// Requires a password that no client has.
    #[serde(rename = "407")]
    AuthenticationRequired,
    /// Refuses the CONNECT request.
    Refusing,
    /// Closes the connection without an answer.
    Dropping,
    /// Never answers.
    Silent,
    /// Does not listen.
    Closed,
}

impl Server {
    /// Parses the steps.
    ///
    /// # Errors
    /// A step is invalid.
    pub fn steps(&self) -> Result<Vec<Step>, String> {
        let read = |(index, step)| Step::deserialize(step).map_err(|error| format!("`server.steps[{index}]`: {error}"));
        self.steps.iter().enumerate().map(read).collect()
    }

    /// Returns the device secrets in the steps.
    pub fn scripted_device_secrets(&self) -> Vec<String> {
        // As text, because a patch and a body with JSON then look the same.
        let steps = self.steps.iter().map(|step| step.to_string().replace("\\\"", "\""));
        let secrets = steps.flat_map(|step| {
            let values = step.split("\"DeviceAccessKeySecret\"").skip(1);
            let texts = values.filter_map(|value| value.trim_start_matches([':', ' ', '[']).strip_prefix('"'));
            texts.filter_map(|text| text.split('"').next().map(str::to_owned)).collect::<Vec<_>>()
        });
        secrets.collect()
    }
}
