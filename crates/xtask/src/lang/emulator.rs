//! Servers for the tests of other languages: the emulator, and the example of an app's own server.

use std::io::BufRead;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::lang::node;
use crate::run::{process, say};
use crate::workspace::Workspace;

const INSTANCE: &str = "post-cn-0pp12gl****";

/// Builds the command `devcred` and returns its path.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    workspace.program("devcred")
}

/// Returns a command that runs another command with an emulator. Its URL, an instance and an
/// AccessKey are in the environment of the other command.
pub(crate) fn with_emulator(workspace: &Workspace, command: &Command) -> Result<Command> {
    let mut devcred = process::command(build(workspace)?);
    devcred.args(["emulator", "--instance", INSTANCE, "--"]).arg(command.get_program()).args(command.get_args());
    devcred.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ok(devcred)
}

/// Runs the example of an app with the example of the app's own server in Node.js: the server sends
/// the login of the device for a token that it knows, and refuses another token.
pub(crate) fn log_in(workspace: &Workspace, app: &[String]) -> Result<()> {
    let mut server = node::app_server(workspace)?;
    server.env("PORT", "0").env("APP_TOKENS", r#"{"t0ken-of-alice": "GID_alice@@@phone"}"#);
    let (mut server, mut stdout) = process::start(&mut with_emulator(workspace, &server)?)?;
    let mut url = String::new();
    let is_read = stdout.read_line(&mut url).context("it does not print its URL");
    let result = is_read.and_then(|_| check_logins(app, url.trim_end()));
    // The emulator passes the signal on. That fails if the emulator has ended already.
    let _ = kill_process(Pid::from_child(&server), Signal::TERM);
    server.wait()?;
    result
}

fn check_logins(app: &[String], url: &str) -> Result<()> {
    let run = |token: &str| {
        let (program, arguments) = app.split_first().context("an app is a program")?;
        process::output(process::command(program).args(arguments).arg(url).env("APP_TOKEN", token))
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
