//! Why the command ends without its result: what is told of it, and the exit status.

use std::process::ExitCode;

use devcred::{Error, ErrorKind};
use serde::Serialize;

use crate::args::Output;
use crate::{console, exit};

pub(crate) enum Failure {
    /// The call failed, or was refused before it was begun.
    Call(Error),
    /// What was asked for cannot be done as it was asked.
    Usage(String),
    /// The command that was to be run was not.
    Command { message: String, is_missing: bool },
    /// This machine or this program is at fault.
    Internal(String),
    /// Ctrl-C: who pressed it knows.
    Interrupted,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

/// The error with its members in snake case. It is one line, since stderr may hold others.
#[derive(Serialize)]
struct Members<'a> {
    kind: &'static str,
    code: Option<&'a str>,
    message: &'a str,
    http_status: Option<u16>,
    request_id: Option<&'a str>,
    retryable: bool,
    attempts: u32,
    help_url: Option<&'a str>,
    advice: Option<&'a str>,
}

impl Failure {
    /// Tells stderr in the form that was asked for and gives the exit status.
    pub(crate) fn report(&self, output: Output) -> ExitCode {
        let told = match output {
            Output::Json => self.json(),
            Output::Text | Output::Mqtt => self.text(),
        };
        if let Some(text) = told {
            console::tell(&text);
        }
        ExitCode::from(self.exit_status())
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Call(error) => exit::of(error.kind()),
            Self::Usage(_) => exit::USAGE,
            Self::Command { is_missing: true, .. } => exit::COMMAND_NOT_FOUND,
            Self::Command { is_missing: false, .. } => exit::COMMAND_NOT_RUN,
            Self::Internal(_) => exit::INTERNAL,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Call(error) => Some(call_text(error)),
            Self::Usage(_) | Self::Command { .. } | Self::Internal(_) => {
                self.members().map(|members| format!("{}: {}", members.kind, members.message))
            }
            Self::Interrupted => None,
        }
    }

    fn json(&self) -> Option<String> {
        // A struct of texts and numbers: it cannot fail.
        self.members().and_then(|members| serde_json::to_string(&members).ok())
    }

    fn members(&self) -> Option<Members<'_>> {
        match self {
            Self::Call(error) => Some(Members {
                kind: error.kind().name(),
                code: error.code(),
                message: error.message(),
                http_status: error.http_status(),
                request_id: error.request_id(),
                retryable: error.is_retryable(),
                attempts: error.attempts(),
                help_url: error.help_url(),
                advice: error.advice(),
            }),
            Self::Usage(message) | Self::Command { message, .. } => {
                Some(Members::local(ErrorKind::InvalidParameter, message))
            }
            Self::Internal(message) => Some(Members::local(ErrorKind::Internal, message)),
            Self::Interrupted => None,
        }
    }
}

impl<'a> Members<'a> {
    fn local(kind: ErrorKind, message: &'a str) -> Self {
        Self {
            kind: kind.name(),
            code: None,
            message,
            http_status: None,
            request_id: None,
            retryable: false,
            attempts: 0,
            help_url: None,
            advice: None,
        }
    }
}

/// The core names its options and the variables, which every language has; the flags are this
/// command's own.
const FLAGS: &str = "The flags are --instance-id, --region and --endpoint among others: see devcred get --help.";

/// The core's text, and where to read on.
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

    #[test]
    fn a_fault_of_this_program_ends_with_70() {
        let failure = Failure::Internal("no room".into());
        assert_eq!(failure.exit_status(), 70);
        assert_eq!(failure.text().unwrap(), "Internal: no room");
        assert_eq!(
            failure.json().unwrap(),
            r#"{"kind":"Internal","code":null,"message":"no room","http_status":null,"request_id":null,"#.to_owned()
                + r#""retryable":false,"attempts":0,"help_url":null,"advice":null}"#
        );
    }

    #[test]
    fn nobody_is_told_of_a_key_that_was_pressed() {
        assert_eq!(Failure::Interrupted.exit_status(), 130);
        assert!(Failure::Interrupted.text().is_none() && Failure::Interrupted.json().is_none());
    }
}
