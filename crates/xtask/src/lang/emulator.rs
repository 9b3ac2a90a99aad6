//! Servers for the tests of other languages: the emulator, and the example of an app's own server.
//! Each listens on a free port until its value is dropped.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::lang::node;
use crate::run::{process, say};
use crate::workspace::Workspace;

/// The emulator accepts every instance.
const INSTANCE: &str = "post-cn-0pp12gl****";

const ACCESS_KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-of-tests"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s3cr3t-of-tests")];

/// A server that prints its URL in its first line.
struct Server {
    process: Child,
    /// Kept open, so that the server can write.
    _stdout: BufReader<ChildStdout>,
    url: String,
}

impl Server {
    fn start(command: &mut Command) -> Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn().with_context(|| process::not_started(command))?;
        let mut stdout = BufReader::new(process.stdout.take().context("cannot read its output")?);
        let mut line = String::new();
        stdout.read_line(&mut line).context("it does not print its URL")?;
        Ok(Self { process, _stdout: stdout, url: line.trim_end().to_owned() })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails if the server has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds the command `devcred` and returns its path.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace.program("devcred")
}

/// `devcred emulator`.
pub(crate) struct Emulator(Server);

impl Emulator {
    /// Builds and starts it.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let mut command = process::command(build(workspace)?);
        command.args(["emulator", "--listen", "127.0.0.1:0"]).envs(ACCESS_KEY).stderr(Stdio::null());
        command.env_remove("ALIBABA_CLOUD_SECURITY_TOKEN");
        Ok(Self(Server::start(&mut command).context("the emulator does not start")?))
    }

    /// Sets the variables with its URL, an instance and the AccessKey for a command.
    pub(crate) fn configure(&self, command: &mut Command) {
        command.envs(ACCESS_KEY).env("DEVCRED_ENDPOINT", &self.0.url).env("DEVCRED_INSTANCE_ID", INSTANCE);
    }
}

/// Runs the example of an app with the example of the app's own server in Node.js: the server sends
/// the login of the device for a token that it knows, and refuses another token.
pub(crate) fn log_in(workspace: &Workspace, app: &[String]) -> Result<()> {
    let emulator = Emulator::start(workspace)?;
    let mut command = node::app_server(workspace)?;
    emulator.configure(&mut command);
    command.env("PORT", "0").env("APP_TOKENS", r#"{"t0ken-of-alice": "GID_alice@@@phone"}"#);
    let server = Server::start(&mut command).context("the app's own server does not start")?;
    let run = |token: &str| {
        let (program, arguments) = app.split_first().context("an app is a program")?;
        let mut app = process::command(program);
        process::output(app.args(arguments).arg(&server.url).env("APP_TOKEN", token))
    };
    let username = run("t0ken-of-alice")?;
    say!("the app received {}", username.trim_end());
    ensure!(username.starts_with("DeviceCredential|"), "this is not a user name");
    match run("t0ken-of-mallory") {
        Ok(username) => bail!("an app with an unknown token received {username}"),
        Err(refused) => ensure!(format!("{refused:#}").contains("status 401"), "{refused:#}"),
    }
    Ok(())
}
