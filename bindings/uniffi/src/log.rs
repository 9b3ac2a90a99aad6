//! A client's log.

use devcred_bridge::{ErrorInfo, Log, LogLevel};

/// Receives the events of a client, on a thread of the bridge while a call waits for it. It must
/// return soon and must not throw.
#[uniffi::export(callback_interface)]
pub trait NativeLog: Send + Sync {
    /// Called for each event, with the name of its level and its text: one line without any secret.
    fn event(&self, level: String, message: String);
}

/// Creates a log for events of the level with this name and more severe ones.
pub(crate) fn log(level: &str, listener: Box<dyn NativeLog>) -> Result<Log, Box<ErrorInfo>> {
    let write = move |level: LogLevel, message: &str| listener.event(level.name().to_owned(), message.to_owned());
    Ok(Log::new(level.parse()?, write))
}
