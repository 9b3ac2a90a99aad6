//! A client's log.

use devcred_bridge::{ErrorInfo, Log, LogLevel};

/// Is told a client's events, on a thread of the bridge, while a call waits for it. It must return soon, and throw nothing.
#[uniffi::export(callback_interface)]
pub trait NativeLog: Send + Sync {
    /// One event: its level's name and its text, one line in which no secret stands.
    fn event(&self, level: String, message: String);
}

/// Events of the level with this name and those that matter more.
pub(crate) fn log(level: &str, listener: Box<dyn NativeLog>) -> Result<Log, Box<ErrorInfo>> {
    let write = move |level: LogLevel, message: &str| listener.event(level.name().to_owned(), message.to_owned());
    Ok(Log::new(level.parse()?, write))
}
