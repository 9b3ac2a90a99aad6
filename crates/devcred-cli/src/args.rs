//! The command line and its help.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use devcred::SignatureMethod;

use crate::exit;

// Lines have at most 79 characters, so that a narrow terminal does not break them.

const TOP_EXAMPLES: &str = "\
Examples:
  Try it on any machine, without an account:
    devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo --emulator
  Fetch the credential of a device, with the AccessKey in the environment:
    devcred get 'GID_a@@@b' --instance-id post-cn-xxxx --region cn-hangzhou
  Test your own software without the service:
    devcred emulator";

const GET_EXAMPLES: &str = "\
A credential stays valid until it is refreshed or unregistered: fetch it once
and store it. Each success is billed as one messaging TPS of the instance.

Examples:
  Try it on any machine, without an account:
    devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo --emulator
  Fetch the credential of a device:
    export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...
    devcred get 'GID_a@@@b' --instance-id post-cn-xxxx --region cn-hangzhou
  Give the login to another program:
    eval \"$(devcred get 'GID_a@@@b' --output mqtt)\"
    mosquitto_sub -h HOST -t TOPIC -i \"$MQTT_CLIENT_ID\" \\
      -u \"$MQTT_USERNAME\" -P \"$MQTT_PASSWORD\"";

const CLIENT_VARIABLES: &str = "\
Environment variables:
  ALIBABA_CLOUD_ACCESS_KEY_ID      the AccessKey that signs the request: its id
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  its secret
  ALIBABA_CLOUD_SECURITY_TOKEN     its security token, if it is a temporary key
  ALIBABA_CLOUD_REGION_ID          the region, like cn-hangzhou
  DEVCRED_ENDPOINT                 an endpoint in the place of the region's own
  DEVCRED_INSTANCE_ID              the instance
  HTTPS_PROXY, NO_PROXY            http://[user:password@]host[:port], and the
                                   hosts that are reached without it
  SSL_CERT_FILE                    certificate authorities in PEM, in the place
                                   of the built-in ones";

const EMULATOR_EXAMPLES: &str = "\
It prints its URL on stdout, and on stderr the variables for clients and then
one line a call: time, operation, client id, code, milliseconds, request id.
GET /_devcred/calls shows the calls in full. Ctrl-C or SIGTERM ends it.

With a COMMAND it takes a free port and makes up a key, runs the command with
both in its environment, and ends with it. stdin and stdout are the command's,
and so are Ctrl-C and SIGTERM.

Without --instance and --device it knows every instance and every device, with
either only those. A device may misbehave by its name: GID_x@@@fault-close,
fault-hang, fault-slow-3000, fault-Throttling.User, fault-Throttling.User-2
(this code twice, then a success).

Examples:
  A fixed port, everything is known:
    devcred emulator
  A free port, one device on one instance:
    devcred emulator --listen 127.0.0.1:0 --instance post-cn-demo \\
      --device 'GID_demo@@@device-1'
  In another terminal, after the export lines that it prints:
    devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo
  Run your tests against an emulator of their own:
    devcred emulator --instance post-cn-demo -- pytest -q";

const EMULATOR_VARIABLES: &str = "\
Environment variables:
  ALIBABA_CLOUD_ACCESS_KEY_ID      the AccessKey that the emulator knows: its id
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  its secret
  ALIBABA_CLOUD_SECURITY_TOKEN     its security token, if it has one
  Where the first two are unset, a pair is made up and printed.
A COMMAND finds these there, whatever they were, and no security token:
  DEVCRED_ENDPOINT, ALIBABA_CLOUD_ACCESS_KEY_ID,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET, and with --instance DEVCRED_INSTANCE_ID";

/// Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT, and runs an emulator of the service
#[derive(Parser)]
#[command(
    name = "devcred",
    version,
    after_help = [TOP_EXAMPLES, CLIENT_VARIABLES, exit::GET_HELP].join("\n\n"),
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Fetches the credential of a device, and the MQTT login that it gives
    Get(Get),
    /// Runs an emulator of the service on this machine, for tests
    Emulator(Emulator),
}

#[derive(Args)]
#[command(after_help = [GET_EXAMPLES, CLIENT_VARIABLES, exit::GET_HELP].join("\n\n"))]
pub(crate) struct Get {
    /// The device's MQTT client id, GROUP@@@DEVICE
    pub client_id: String,

    /// The instance that the device belongs to [default: DEVCRED_INSTANCE_ID]
    #[arg(long, value_name = "ID")]
    pub instance_id: Option<String>,

    /// The instance's region, like cn-hangzhou [default: ALIBABA_CLOUD_REGION_ID]
    #[arg(long, conflicts_with = "endpoint")]
    pub region: Option<String>,

    /// https://host[:port] in the place of the region's own; http for this machine only [default: DEVCRED_ENDPOINT]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,

    /// How the request is signed [default: acs3-hmac-sha256]
    #[arg(long, value_parser = signature())]
    pub signature: Option<SignatureMethod>,

    /// How long it may take in all, retries included, like 2 or 0.5 [default: 15]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,

    /// How many requests it may send, the first included [default: 3]
    #[arg(long, value_name = "N")]
    pub max_attempts: Option<u32>,

    /// For people, for programs (JSON), or for a POSIX shell: MQTT_CLIENT_ID, MQTT_USERNAME and MQTT_PASSWORD
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Asks an emulator inside this process, with a key of its own: nothing has to be set, nothing leaves this machine
    #[arg(long, conflicts_with_all = ["region", "endpoint"])]
    pub emulator: bool,
}

/// The form of the result on stdout, and of an error on stderr.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum Output {
    #[default]
    Text,
    Json,
    Mqtt,
}

#[derive(Args)]
#[command(after_help = [EMULATOR_EXAMPLES, EMULATOR_VARIABLES, exit::EMULATOR_HELP].join("\n\n"))]
pub(crate) struct Emulator {
    /// A loopback address; port 0 takes a free one [default: 127.0.0.1:8083, and with a COMMAND 127.0.0.1:0]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub listen: Option<SocketAddr>,

    /// An instance that it knows; may be given more than once
    #[arg(long = "instance", value_name = "ID")]
    pub instances: Vec<String>,

    /// A device that has a credential; may be given more than once
    #[arg(long = "device", value_name = "CLIENT_ID")]
    pub devices: Vec<String>,

    /// Applies the service's quotas: 500 calls a second of the account, 300 requests a second of an address
    #[arg(long)]
    pub quotas: bool,

    /// Runs this command while it serves, and ends with its exit status
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

fn signature() -> impl TypedValueParser<Value = SignatureMethod> {
    PossibleValuesParser::new(["acs3-hmac-sha256", "hmac-sha1"]).try_map(|name| name.parse::<SignatureMethod>())
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("it reads a number of seconds, like 2 or 0.5")
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it reads a loopback address and a port, like 127.0.0.1:8083 or [::1]:0")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn clap_finds_no_fault_with_the_command_line() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_timeout_may_have_a_fraction() {
        for (text, timeout) in [
            ("2", Some(Duration::from_secs(2))),
            ("0.5", Some(Duration::from_millis(500))),
            ("-1", None),
            ("nan", None),
            ("inf", None),
            ("1e30", None),
            ("2s", None),
            ("", None),
        ] {
            assert_eq!(seconds(text).ok(), timeout, "{text}");
        }
    }
}
