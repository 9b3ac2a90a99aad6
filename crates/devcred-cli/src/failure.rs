//! Why the command ends without its result: what it reports, and the exit status.

use std::io;
use std::process::ExitCode;

use devcred::bridge_support::{internal_error, invalid_parameter};
use devcred::{Error, ErrorKind};

use crate::args::Output;
use crate::{console, exit};

pub(crate) enum Failure {
    /// The call failed, or was refused before it began.
    Call(Error),
    /// The call was refused, and the AccessKey is not set.
    NoAccessKey(Error),
    /// The command line or a variable is wrong.
    Usage(String),
    /// The command to run could not be run.
    Command { message: String, is_missing: bool },
    /// This machine or this program is at fault.
    Internal(String),
    /// Ctrl-C. The user knows, so nothing is reported.
    Interrupted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl Failure {
    /// The result could not be written to stdout.
    pub(crate) fn not_written(error: io::Error) -> Self {
        Self::Internal(format!("cannot write the result to stdout: {error}"))
    }

    /// Reports the failure on stderr in the requested form, and returns the exit status.
    pub(crate) fn report(self, output: Output) -> ExitCode {
        let exit_status = self.exit_status();
        let report = match output {
            Output::Json => self.json(),
            Output::Text | Output::Mqtt => self.text(),
        };
        if let Some(text) = report {
            console::eprint(&text);
        }
        ExitCode::from(exit_status)
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Call(error) | Self::NoAccessKey(error) => exit::for_kind(error.kind()),
            Self::Usage(_) => exit::USAGE,
            Self::Command { is_missing: true, .. } => exit::COMMAND_NOT_FOUND,
            Self::Command { is_missing: false, .. } => exit::COMMAND_NOT_RUN,
            Self::Internal(_) => exit::INTERNAL,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Call(error) => Some(call_text(&error)),
            Self::NoAccessKey(error) => Some(format!("{}\n{TRY_EMULATOR}", call_text(&error))),
            _ => self.into_error().map(|error| error.to_string()),
        }
    }

    /// One line, because stderr may contain others.
    fn json(self) -> Option<String> {
        // A struct of texts and numbers: it cannot fail.
        self.into_error().and_then(|error| serde_json::to_string(&error).ok())
    }

    fn into_error(self) -> Option<Error> {
        match self {
            Self::Call(error) | Self::NoAccessKey(error) => Some(error),
            Self::Usage(message) | Self::Command { message, .. } => Some(invalid_parameter(&message)),
            Self::Internal(message) => Some(internal_error(&message, None)),
            Self::Interrupted => None,
        }
    }
}

/// The core names its options and the variables, which exist in every language; flags exist here
/// only.
const FLAGS: &str = "The flags are --instance-id, --region and --endpoint among others: see devcred get --help.";

/// What works without an AccessKey.
const TRY_EMULATOR: &str = "\
Try it without an account: devcred get 'GID_demo@@@device-1' --instance-id post-cn-demo --emulator";

/// The core's text, and where to read more.
fn call_text(error: &Error) -> String {
    let refused_here = error.kind() == ErrorKind::InvalidParameter && error.attempts() == 0;
    match error.help_url() {
        Some(url) => format!("{error}\nSee {url}"),
        None if refused_here => format!("{error}\n{FLAGS}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn internal() -> Failure {
        Failure::Internal("no room".into())
    }

    #[test]
    fn a_fault_of_this_program_ends_with_70() {
        assert_eq!(internal().exit_status(), 70);
        assert_eq!(internal().text().unwrap(), "Internal: no room");
        assert_eq!(
            internal().json().unwrap(),
            r#"{"kind":"Internal","code":null,"message":"no room","client_id":null,"instance_id":null,"#.to_owned()
                + r#""http_status":null,"request_id":null,"retryable":false,"possibly_billed":false,"#
                + r#""retry_after_ms":null,"attempts":0,"help_url":null,"advice":null}"#
        );
    }

    #[test]
    fn ctrl_c_is_not_reported() {
        assert_eq!(Failure::Interrupted.exit_status(), 130);
        assert!(Failure::Interrupted.text().is_none() && Failure::Interrupted.json().is_none());
    }
}
