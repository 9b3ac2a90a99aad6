//! One line for each call that the emulator has responded to.

use std::future::Future;
use std::thread;

use devcred_emulator::{CallEnd, FinishedCalls, RecordedCall};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::console;
use crate::failure::Failure;

/// Writes each call to stderr as it ends. It uses a separate thread, because a terminal that is
/// stopped or a pipe that no one reads must not stop the emulator: then calls are dropped from the
/// log.
///
/// The returned future is ready when the emulator has stopped and the last call has been written.
pub(crate) fn start(mut calls: FinishedCalls) -> Result<impl Future<Output = ()>, Failure> {
    let runtime = Handle::current();
    let (all_is_written, written) = oneshot::channel::<()>();
    thread::Builder::new()
        .name("call-log".into())
        .spawn(move || {
            while let Some(call) = runtime.block_on(calls.next()) {
                console::eprint(&line(&call));
            }
            drop(all_is_written);
        })
        .map_err(|error| Failure::Internal(format!("cannot start the log thread: {error}")))?;
    Ok(async {
        // Nothing is sent; the sender being dropped is the signal.
        let _ = written.await;
    })
}

/// Time, operation, client id, code, milliseconds, request id.
fn line(call: &RecordedCall) -> String {
    let columns = [
        humantime::format_rfc3339_millis(call.time).to_string(),
        call.operation.clone().unwrap_or_else(|| "-".into()),
        call.client_id.clone().unwrap_or_else(|| "-".into()),
        outcome(call).into(),
        format!("{} ms", call.duration.unwrap_or_default().as_millis()),
        call.request_id.clone(),
    ];
    let line = columns.map(|column| single_line(&column)).join("  ");
    match refused_signature(call) {
        Some(why) => format!("{line}  {why}"),
        None => line,
    }
}

fn outcome(call: &RecordedCall) -> &str {
    match (call.code.as_deref(), call.end) {
        (Some(code), _) => code,
        (None, Some(CallEnd::ClientClosed)) => "closed by the client",
        (None, Some(CallEnd::EmulatorClosed)) => "closed by the emulator",
        (None, _) => "OK",
    }
}

/// The difference between the request and what was signed if the request itself shows it; otherwise
/// where to look.
fn refused_signature(call: &RecordedCall) -> Option<String> {
    let calculated_from = call.refused_signature.as_deref()?;
    Some(match body_hash_that_differs(calculated_from) {
        Some(line) => format!("differs: {}, but the body that arrived has another hash", single_line(line)),
        None => "compare your string to sign with refused_signature in GET /_devcred/calls".into(),
    })
}

/// The hash of the body is in a canonical request of ACS3 twice: in the header as the client
/// sent it, and as the last line as it was calculated.
fn body_hash_that_differs(canonical_request: &str) -> Option<&str> {
    let mut lines = canonical_request.lines();
    let calculated = lines.next_back()?;
    lines.find(|line| line.strip_prefix("x-acs-content-sha256:").is_some_and(|sent| sent != calculated))
}

/// A client chooses its texts: none may begin a line, or move the cursor.
fn single_line(text: &str) -> String {
    let escaped = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_a_client_stays_on_one_line() {
        assert_eq!(single_line("GID_é@@@a b\n\u{1b}[2J"), "GID_é@@@a b\\n\\u{1b}[2J");
    }

    #[test]
    fn a_hash_of_another_body_is_found() {
        let canonical = |sent| format!("POST\n/\n\nhost:a\nx-acs-content-sha256:{sent}\n\nhost;x\ne3b0");
        assert_eq!(body_hash_that_differs(&canonical("abcd")), Some("x-acs-content-sha256:abcd"));
        assert_eq!(body_hash_that_differs(&canonical("e3b0")), None);
        assert_eq!(body_hash_that_differs("POST&%2F&AccessKeyId%3Dx"), None);
        assert_eq!(body_hash_that_differs(""), None);
    }
}
