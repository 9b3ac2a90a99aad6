//! The exit statuses: one for each thing that a script may want to do next.

use std::process::ExitCode;

use devcred::ErrorKind;

pub(crate) const SUCCESS: u8 = 0;
pub(crate) const USAGE: u8 = 2;
const ACCESS: u8 = 3;
const NOT_FOUND: u8 = 4;
const THROTTLED: u8 = 5;
const UNAVAILABLE: u8 = 6;
const ALREADY_EXISTS: u8 = 7;
/// `EX_SOFTWARE` of sysexits.h.
pub(crate) const INTERNAL: u8 = 70;
/// The exit statuses of `env` and `nohup` for a command that does not exist, and for one that
/// cannot be run.
pub(crate) const COMMAND_NOT_FOUND: u8 = 127;
pub(crate) const COMMAND_NOT_RUN: u8 = 126;
/// A shell reports a process that a signal terminated as this plus the signal number.
pub(crate) const SIGNALLED: u8 = 128;
/// A shell reports a process that SIGINT terminated as this.
pub(crate) const INTERRUPTED: u8 = 130;

/// The table as the help prints it.
pub(crate) const CALL_HELP: &str = "\
Exit status:
  0    success; also if stdout is closed (>&-), which discards the result as
       >/dev/null does
  2    usage error, or an invalid parameter or variable
  3    the AccessKey, the security token or a permission was refused
  4    the device has no credential; register it first
  5    throttled; slow down
  6    network, timeout, service, unsupported, or an invalid response
  7    the device already has a credential; fetch it
  70   internal error, or the result could not be written
  130  Ctrl-C";

/// The table of what prints only.
pub(crate) const PRINT_HELP: &str = "\
Exit status:
  0    success
  2    usage error
  70   the text could not be written";

pub(crate) const EMULATOR_HELP: &str = "\
Exit status:
  0    terminated by SIGTERM
  2    usage error, or an address or variable that cannot be used
  70   internal error, or the URL could not be written
  130  Ctrl-C
With a COMMAND, the exit status of the command; 128 plus the signal number if
a signal terminated it, 127 if it does not exist, 126 if it cannot be run.";

pub(crate) fn for_kind(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidParameter => USAGE,
        ErrorKind::Authentication | ErrorKind::PermissionDenied => ACCESS,
        ErrorKind::NotFound => NOT_FOUND,
        ErrorKind::AlreadyExists => ALREADY_EXISTS,
        ErrorKind::Throttled => THROTTLED,
        ErrorKind::Unsupported
        | ErrorKind::Service
        | ErrorKind::Timeout
        | ErrorKind::Transport
        | ErrorKind::InvalidResponse => UNAVAILABLE,
        // `ErrorKind` is non-exhaustive, so a new kind compiles without a status of its own. The
        // test below lists all kinds, and fails then.
        _ => INTERNAL,
    }
}

/// Returns 0 if help or the version was requested, otherwise 2.
pub(crate) fn for_usage(help_or_usage: &clap::Error) -> ExitCode {
    ExitCode::from(if help_or_usage.exit_code() == 0 { SUCCESS } else { USAGE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_the_status_of_the_table() {
        let statuses: Vec<(&str, u8)> = ErrorKind::ALL.iter().map(|kind| (kind.name(), for_kind(*kind))).collect();
        assert_eq!(
            statuses,
            [
                ("InvalidParameter", 2),
                ("Authentication", 3),
                ("PermissionDenied", 3),
                ("NotFound", 4),
                ("AlreadyExists", 7),
                ("Throttled", 5),
                ("Unsupported", 6),
                ("Service", 6),
                ("Timeout", 6),
                ("Transport", 6),
                ("InvalidResponse", 6),
                ("Internal", 70),
            ]
        );
    }
}
