//! The input of the probe, made from a case and its running server.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::case::{Call, CallForm, Case};
use crate::leak_check::Secrets;
use crate::line::Line;
use crate::server::Running;

const CLIENT_ID: &str = "GID_test@@@test";
const INSTANCE_ID: &str = "post-cn-0pp12gl****";
/// The operation of a call that does not name one.
const OPERATION: &str = "GetDeviceCredential";

/// The environment variables for the driver's defaults.
const VARIABLES: &[(&str, &str)] = &[
    ("access_key_id", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
    ("access_key_secret", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    ("security_token", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ("endpoint", "DEVCRED_ENDPOINT"),
    ("instance_id", "DEVCRED_INSTANCE_ID"),
];

/// The library's default timeout, for cases that do not set one.
const DEFAULT_TIMEOUT_MS: u64 = 15_000;
/// A case may set a timeout of a day, to be refused.
const LONGEST_MS: u64 = 60_000;

/// The input of a probe.
pub(crate) struct ClientInput {
    /// The line of the protocol.
    pub(crate) line: Line,
    /// The variables of the probe.
    pub(crate) environment: BTreeMap<String, String>,
    /// Every secret in the line and the variables.
    pub(crate) secrets: Secrets,
    /// The maximum duration by the deadlines of the calls.
    pub(crate) longest: Duration,
    /// The operation of the calls.
    pub(crate) operation: String,
    /// The devices of one round, in order.
    pub(crate) client_ids: Vec<String>,
    /// The instance of the calls.
    pub(crate) instance_id: String,
    /// The number of calls in all rounds.
    pub(crate) calls: u64,
}

impl ClientInput {
    pub(crate) fn new(name: &str, case: &Case, server: &Running) -> Self {
        let Call { json, form } = &case.call;
        let placeholders = server.placeholders();
        let fill =
            |text: &str| placeholders.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));

        let (mut line, mut environment) = (Line::default(), BTreeMap::new());
        line.set("case", name);
        let ids = [("client_id", CLIENT_ID.to_owned()), ("instance_id", INSTANCE_ID.to_owned())];
        for (key, value) in server.defaults().into_iter().chain(ids) {
            let variable = VARIABLES.iter().find(|(option, _)| form.from_env == Some(true) && *option == key);
            match variable {
                _ if json.contains_key(key) => {}
                Some((_, variable)) => drop(environment.insert((*variable).to_owned(), value)),
                None => line.set(key, value),
            }
        }
        for (key, value) in json.iter().filter(|(key, value)| *key != "env" && !value.is_null()) {
            line.set(key, value.as_str().map_or_else(|| value.to_string(), &fill));
        }
        for (name, value) in &form.env {
            match value {
                Some(value) => drop(environment.insert(name.clone(), fill(value))),
                None => drop(environment.remove(name)),
            }
        }

        let mut secrets = Secrets::default();
        server.add_secrets(&case.server, &mut secrets);
        add_secrets(&line, &environment, &mut secrets);
        let operation = line.get("operation").unwrap_or(OPERATION).to_owned();
        let client_id = line.get("client_id").unwrap_or_default().to_owned();
        let calls = u64::from(form.calls.unwrap_or(1));
        let client_ids = match calls {
            1 => vec![client_id],
            _ => (0..calls).map(|number| format!("{client_id}-{number}")).collect(),
        };
        let instance = ["call_instance_id", "instance_id"].iter().find_map(|key| line.get(key));
        let instance_id = instance.or(environment.get("DEVCRED_INSTANCE_ID").map(String::as_str));
        let instance_id = instance_id.unwrap_or_default().to_owned();
        let calls = calls * u64::from(form.repeat.unwrap_or(1));
        Self { line, environment, secrets, longest: longest(form), operation, client_ids, instance_id, calls }
    }
}

fn longest(form: &CallForm) -> Duration {
    let timeout = form.call_timeout_ms.or(form.timeout_ms).unwrap_or(DEFAULT_TIMEOUT_MS);
    let rounds = u64::from(form.repeat.unwrap_or(1)).max(1);
    let own = form.replace_key_after_ms.unwrap_or(0) + form.cancel_after_ms.unwrap_or(0);
    Duration::from_millis(timeout.saturating_mul(rounds).saturating_add(own).min(LONGEST_MS))
}

fn add_secrets(line: &Line, environment: &BTreeMap<String, String>, secrets: &mut Secrets) {
    let variables = environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in line.pairs().chain(variables) {
        let lower = name.to_ascii_lowercase();
        if lower.ends_with("secret") {
            secrets.add("the access key secret", value);
        } else if lower.ends_with("token") {
            secrets.add("the security token", value);
        } else if lower.ends_with("proxy") {
            let password = value.rsplit_once('@').and_then(|(before, _)| before.rsplit_once(':'));
            secrets.add("the proxy's password", password.map_or("", |(_, password)| password));
        }
    }
}
