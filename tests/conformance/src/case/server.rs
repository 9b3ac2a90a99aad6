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
    /// What the first requests meet, one step each; afterwards the service answers as it would.
    #[schemars(with = "Vec<StepForm>")]
    pub steps: Vec<Value>,
    /// Those that may call; without it one fresh pair without a token.
    pub access_keys: Vec<AccessKey>,
    /// The instances that are known; without it all are.
    pub instances: Vec<String>,
    /// The devices that are known; without it all are.
    pub devices: Vec<String>,
    /// What a registration of a device that has a credential does. Default: `rotate`.
    pub register_existing: Option<RegisterExisting>,
    /// The maximum number of devices of an instance that have a credential.
    pub max_credentials: Option<usize>,
    /// The service's clock minus this machine's.
    pub clock_offset_s: i64,
    /// 500 requests a second for the account, 300 for the address, which is then blocked for 10 seconds.
    pub quotas: bool,
    /// The endpoint is `https`, with such a certificate.
    pub tls: Option<Tls>,
    /// How the first connections begin, one each; afterwards they begin as `tls` says.
    pub connections: Vec<Tls>,
    /// No connection is accepted, and none refused.
    pub black_hole: bool,
    /// There is such a proxy on the way, and the endpoint is `https://service.test`, a name that never resolves.
    pub proxy: Option<Proxy>,
}

/// An AccessKey of the emulator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// Its id.
    pub id: String,
    /// Its secret, 8 characters at least: a shorter one is not searched for.
    #[schemars(length(min = 8))]
    pub secret: String,
    /// The security token that must come with it.
    #[schemars(length(min = 8))]
    pub token: Option<String>,
    /// How long the token is good, from the start of the case; 0: it has expired.
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
    /// For the endpoint's host, by an authority that the client is given.
    Valid,
    /// The same, by TLS 1.2 only.
    #[serde(rename = "tls_1_2")]
    OnlyTls12,
    /// The same, by TLS 1.3 only.
    #[serde(rename = "tls_1_3")]
    OnlyTls13,
    /// The same, for clients with a certificate of their own.
    ClientCertificate,
    /// For another host.
    WrongHost,
    /// By an authority that the client is not given.
    UnknownAuthority,
    /// By itself, marked as an authority.
    SelfSigned,
    /// No longer valid.
    Expired,
    /// Not valid before the year 2100.
    #[serde(rename = "year_2100")]
    Year2100,
    /// None: a fatal alert with this number is the answer to the client's first bytes.
    Alert(u8),
    /// None: the connection is closed when the client's first bytes have come.
    Close,
    /// None: the connection is reset when the client's first bytes have come.
    Reset,
    /// None: nothing is ever sent.
    Silent,
}

/// What the proxy does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Proxy {
    /// Leads everyone to the emulator.
    Open,
    /// Leads those to the emulator who say this user and password; the client is given them.
    WithPassword {
        /// The user's name.
        user: String,
        /// The password, 8 characters at least.
        #[schemars(length(min = 8))]
        password: String,
    },
    /// Asks for a password that nobody has.
    #[serde(rename = "407")]
    AuthenticationRequired,
    /// Answers that it does not lead there.
    Refusing,
    /// Closes the connection without an answer.
    Dropping,
    /// Never answers.
    Silent,
    /// Does not listen.
    Closed,
}

impl Server {
    /// The steps, read.
    ///
    /// # Errors
    /// Which step is wrong, and why.
    pub fn steps(&self) -> Result<Vec<Step>, String> {
        let read = |(index, step)| Step::deserialize(step).map_err(|error| format!("`server.steps[{index}]`: {error}"));
        self.steps.iter().enumerate().map(read).collect()
    }

    /// The secrets of devices that steps answer with.
    pub fn scripted_device_secrets(&self) -> Vec<String> {
        // As text, in which a patch and a body that holds JSON read alike.
        let steps = self.steps.iter().map(|step| step.to_string().replace("\\\"", "\""));
        let secrets = steps.flat_map(|step| {
            let values = step.split("\"DeviceAccessKeySecret\"").skip(1);
            let texts = values.filter_map(|value| value.trim_start_matches([':', ' ', '[']).strip_prefix('"'));
            texts.filter_map(|text| text.split('"').next().map(str::to_owned)).collect::<Vec<_>>()
        });
        secrets.collect()
    }
}
