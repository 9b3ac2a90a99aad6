//! The emulator, for the tests of other languages: `devcred emulator` on a free port, for as long as this value lives.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// It knows every instance.
const INSTANCE: &str = "post-cn-0pp12gl****";

const ACCESS_KEY: [(&str, &str); 2] =
    [("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAI-of-tests"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s3cr3t-of-tests")];

pub(crate) struct Emulator {
    process: Child,
    /// Open, so that it may write.
    _stdout: BufReader<ChildStdout>,
    endpoint: String,
}

impl Emulator {
    /// Builds and starts it.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        process::run(workspace.cargo().args(["build", "--locked", "-p", "devcred-cli"]))?;
        let mut command = process::command(workspace.target.join("debug/devcred"));
        command.args(["emulator", "--listen", "127.0.0.1:0"]).envs(ACCESS_KEY);
        command.env_remove("ALIBABA_CLOUD_SECURITY_TOKEN").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().with_context(|| process::not_started(&command))?;
        let mut stdout = BufReader::new(process.stdout.take().context("its output cannot be read")?);
        let mut line = String::new();
        stdout.read_line(&mut line).context("the emulator does not say where it is")?;
        Ok(Self { process, _stdout: stdout, endpoint: line.trim_end().to_owned() })
    }

    /// Puts what a client needs into a command's environment.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.envs(ACCESS_KEY).env("DEVCRED_ENDPOINT", &self.endpoint).env("DEVCRED_INSTANCE_ID", INSTANCE);
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It fails where it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
