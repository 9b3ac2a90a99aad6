//! The command line and its help.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use devcred::SignatureMethod;

use crate::exit;

// Lines have at most 79 characters, so that a narrow terminal does not break them.

const TOP_EXAMPLES: &str = "\
Examples:
  Try it on any machine, without an account:
    devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo --emulator
  Fetch the credential of a device, with the AccessKey in the environment:
    devcred get 'GID_a@@@b' --instance-id post-cn-xxxx --region cn-hangzhou
  Register a device that has no credential, once:
    devcred register 'GID_a@@@b' --instance-id post-cn-xxxx \\
      --region cn-hangzhou
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
  Pass the login to another program:
    eval \"$(devcred get 'GID_a@@@b' --output mqtt)\"
    mosquitto_sub -h HOST -t TOPIC -i \"$MQTT_CLIENT_ID\" \\
      -u \"$MQTT_USERNAME\" -P \"$MQTT_PASSWORD\"";

const REGISTER_EXAMPLES: &str = "\
Creates the credential of a device that has none. Register a device once, and
fetch its credential with devcred get afterwards. Each success is billed as one
messaging TPS of the instance.

If the device has a credential, the service either refuses the call (exit
status 7) or replaces the credential: then the device can no longer log in with
the old one.

The request is not sent again once it may have arrived. After a lost response,
a timeout or a failure of the service (exit status 6) the device may have been
registered: run devcred get, and register again only if that exits with 4.

Examples:
  Try it on any machine, without an account:
    devcred register 'GID_demo@@@device-1' --instance-id post-cn-demo \\
      --emulator
  Register a device:
    export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...
    devcred register 'GID_a@@@b' --instance-id post-cn-xxxx \\
      --region cn-hangzhou";

const CLIENT_VARIABLES: &str = "\
Environment variables:
  ALIBABA_CLOUD_ACCESS_KEY_ID      the id of the AccessKey
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  its secret
  ALIBABA_CLOUD_SECURITY_TOKEN     its security token, if it is a temporary key
  ALIBABA_CLOUD_REGION_ID          the region, such as cn-hangzhou
  DEVCRED_ENDPOINT                 an endpoint instead of the region's
  DEVCRED_INSTANCE_ID              the instance
  HTTPS_PROXY, NO_PROXY            http://[user:password@]host[:port], and the
                                   hosts that bypass the proxy
  SSL_CERT_FILE                    certificate authorities in PEM, instead of
                                   the built-in ones";

const EMULATOR_EXAMPLES: &str = "\
Prints the URL on stdout, and on stderr the environment variables for clients,
then one line per call: time, operation, client id, code, milliseconds, request
id. GET /_devcred/calls returns the calls in full. Ctrl-C or SIGTERM stops it.

With a COMMAND it selects a free port, generates an AccessKey, runs the command
with both in its environment, and exits when the command does. The command gets
stdin, stdout, Ctrl-C and SIGTERM.

The name of a device can make its calls fail: GID_x@@@fault-close, fault-lost
(the call is executed, but its response is lost), fault-hang, fault-slow-3000,
fault-Throttling.User, fault-Throttling.User-2 (this code twice, then success).

Examples:
  The default port, any instance and device:
    devcred emulator
  A free port, one device on one instance:
    devcred emulator --listen 127.0.0.1:0 --instance post-cn-demo \\
      --device 'GID_demo@@@device-1'
  In another terminal, after running the export lines that it printed:
    devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo
  Run your tests with an emulator:
    devcred emulator --instance post-cn-demo -- pytest -q";

const EMULATOR_VARIABLES: &str = "\
Environment variables:
  ALIBABA_CLOUD_ACCESS_KEY_ID      the id of the AccessKey that may call
  ALIBABA_CLOUD_ACCESS_KEY_SECRET  its secret
  ALIBABA_CLOUD_SECURITY_TOKEN     its security token, if it has one
  If the first two are unset, a pair is generated and printed.
A COMMAND gets these variables, and no security token:
  DEVCRED_ENDPOINT, ALIBABA_CLOUD_ACCESS_KEY_ID,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET, and with --instance DEVCRED_INSTANCE_ID";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  For this session of bash:
    source <(devcred completions bash)
  For every session of bash, zsh or fish:
    devcred completions bash > \\
      ~/.local/share/bash-completion/completions/devcred
    devcred completions zsh > \"${fpath[1]}/_devcred\"
    devcred completions fish > ~/.config/fish/completions/devcred.fish
  For this session of PowerShell:
    devcred completions powershell | Out-String | Invoke-Expression";

const MAN_EXAMPLES: &str = "\
Examples:
  Read a page:
    devcred man get | man -l -
  Install a page:
    devcred man > ~/.local/share/man/man1/devcred.1
    devcred man get > ~/.local/share/man/man1/devcred-get.1";

/// Fetches the credential of an IoT device on Alibaba Cloud ApsaraMQ for MQTT, registers devices,
/// and runs an emulator of the service
#[derive(Parser)]
#[command(
    name = "devcred",
    version,
    after_help = [TOP_EXAMPLES, CLIENT_VARIABLES, exit::CALL_HELP].join("\n\n"),
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Fetches the credential of a device and its MQTT login
    #[command(after_help = [GET_EXAMPLES, CLIENT_VARIABLES, exit::CALL_HELP].join("\n\n"))]
    Get(Call),
    /// Registers a device: creates its credential, and prints it with its MQTT login
    #[command(after_help = [REGISTER_EXAMPLES, CLIENT_VARIABLES, exit::CALL_HELP].join("\n\n"))]
    Register(Call),
    /// Runs an emulator of the service on this machine, for tests
    Emulator(Emulator),
    /// Prints completions of this command for a shell
    #[command(after_help = [COMPLETIONS_EXAMPLES, exit::PRINT_HELP].join("\n\n"))]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page of this command
    #[command(after_help = [MAN_EXAMPLES, exit::PRINT_HELP].join("\n\n"))]
    Man {
        /// The page of this subcommand instead
        #[arg(value_parser = ["get", "register", "emulator"])]
        subcommand: Option<String>,
    },
}

/// A call of the service about one device.
#[derive(Args)]
pub(crate) struct Call {
    /// The device's MQTT client id, GROUP@@@DEVICE
    pub client_id: String,

    /// The instance that the device belongs to [default: DEVCRED_INSTANCE_ID]
    #[arg(long, value_name = "ID")]
    pub instance_id: Option<String>,

    /// The instance's region, such as cn-hangzhou [default: ALIBABA_CLOUD_REGION_ID]
    #[arg(long, conflicts_with = "endpoint")]
    pub region: Option<String>,

    /// https://host[:port] instead of the region's endpoint; http for loopback only [default:
    /// DEVCRED_ENDPOINT]
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,

    /// The signature method [default: acs3-hmac-sha256]
    #[arg(long, value_parser = signature())]
    pub signature: Option<SignatureMethod>,

    /// The timeout in seconds, retries included, such as 2 or 0.5 [default: 15]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,

    /// The number of attempts, the first included [default: 3]
    #[arg(long, value_name = "N")]
    pub max_attempts: Option<u32>,

    /// The output format: text, JSON, or MQTT_CLIENT_ID, MQTT_USERNAME and MQTT_PASSWORD for a
    /// POSIX shell
    #[arg(long, value_enum, default_value_t)]
    pub output: Output,

    /// Uses an emulator inside this process: needs no settings, sends nothing beyond this machine
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
    /// The loopback address to listen on; port 0 selects a free one [default: 127.0.0.1:8083, and
    /// with a COMMAND 127.0.0.1:0]
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub listen: Option<SocketAddr>,

    /// An instance that exists; may be repeated [default: all exist]
    #[arg(long = "instance", value_name = "ID")]
    pub instances: Vec<String>,

    /// A device that has a credential; may be repeated [default: all have one]
    #[arg(long = "device", value_name = "CLIENT_ID")]
    pub devices: Vec<String>,

    /// What registering a device that has a credential does: rotate replaces the credential, refuse
    /// returns DeviceCredentialExsit
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub register_existing: RegisterExisting,

    /// How many devices of an instance can have a credential; needs --device, or all have one
    /// [default: unlimited]
    #[arg(long, value_name = "N")]
    pub max_credentials: Option<usize>,

    /// Applies the service's quotas: 500 calls a second per account, 300 requests a second per
    /// address
    #[arg(long)]
    pub quotas: bool,

    /// Runs this command with the emulator, and exits with its status
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The service's documents disagree on what it does.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum RegisterExisting {
    #[default]
    Rotate,
    Refuse,
}

fn signature() -> impl TypedValueParser<Value = SignatureMethod> {
    PossibleValuesParser::new(["acs3-hmac-sha256", "hmac-sha1"]).try_map(|name| name.parse::<SignatureMethod>())
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or("expected a number of seconds, such as 2 or 0.5")
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected a loopback address and a port, such as 127.0.0.1:8083 or [::1]:0")
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
    fn no_argument_takes_a_secret() {
        let command = Arguments::command();
        let arguments = command.get_subcommands().flat_map(clap::Command::get_arguments);
        let names: Vec<&str> = arguments.map(|argument| argument.get_id().as_str()).collect();
        assert!(names.contains(&"region"), "{names:?}");
        // The URL of a proxy can contain a password.
        for secret in ["secret", "token", "password", "key", "proxy"] {
            assert!(names.iter().all(|name| !name.contains(secret)), "{names:?}");
        }
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
