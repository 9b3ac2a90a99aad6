//! The command that `devcred emulator -- COMMAND` runs.

use std::ffi::OsString;
use std::io;
use std::process::{ExitCode, ExitStatus};

use tokio::process::{Child, Command};
use tokio::select;

use crate::failure::Failure;
use crate::{exit, runtime};

/// Runs the command with these variables, and without those that are `None`. Returns the exit
/// status of this process.
pub(crate) async fn run(command: &[OsString], variables: &[(&str, Option<&str>)]) -> Result<ExitCode, Failure> {
    let [program, arguments @ ..] = command else {
        return Err(Failure::Internal("there is no command".into()));
    };
    let terminated = runtime::terminated();
    // A terminal sends Ctrl-C to the command too, which decides whether it ends.
    runtime::survive_ctrl_c();

    let mut child = Command::new(program);
    child.args(arguments).kill_on_drop(true);
    for (name, value) in variables {
        match value {
            Some(value) => child.env(name, value),
            None => child.env_remove(name),
        };
    }
    let mut child = child.spawn().map_err(|error| not_run(program, &error))?;
    let status = select! {
        status = child.wait() => status,
        () = terminated => {
            terminate(&child);
            child.wait().await
        }
    };
    status.map(exit_code).map_err(|error| Failure::Internal(format!("cannot determine how the command ended: {error}")))
}

fn not_run(program: &OsString, error: &io::Error) -> Failure {
    let message = format!("cannot run `{}`: {error}", program.display());
    Failure::Command { message, is_missing: error.kind() == io::ErrorKind::NotFound }
}

/// Forwards SIGTERM. This fails if the command has ended already.
#[cfg(unix)]
fn terminate(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process};

    let id = child.id().and_then(|id| id.try_into().ok()).and_then(Pid::from_raw);
    let _ = id.map(|id| kill_process(id, Signal::TERM));
}

/// There is no such signal here.
#[cfg(not(unix))]
fn terminate(_child: &Child) {}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or_else(|| by_a_signal(status)))
}

#[cfg(unix)]
fn by_a_signal(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt;

    let signal = status.signal().and_then(|signal| u8::try_from(signal).ok()).unwrap_or_default();
    exit::SIGNALLED.saturating_add(signal)
}

/// The status does not fit into the exit status of a process.
#[cfg(not(unix))]
fn by_a_signal(_status: ExitStatus) -> u8 {
    exit::INTERNAL
}
