//! A client's log: it passes the events of the core to a function of the caller.

use std::fmt::{self, Write as _};
use std::mem;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::outcome::ErrorInfo;
use crate::panic::ignore_panic;
use crate::runtime::as_bridge_thread;

/// The level of an event, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// The core logs nothing at this level: it returns errors instead.
    Error,
    /// Retries, and the first time that the rate limiter delays a call.
    Warn,
    /// The core logs nothing at this level.
    Info,
    /// Every attempt.
    Debug,
    /// The core logs nothing at this level.
    Trace,
}

/// The function that receives a client's events, and the levels that it receives.
///
/// The function is called once for each event, while the call waits for it: it must return soon. It
/// is called on the thread of the bridge, and during a blocking call on the thread that blocks. An
/// event is one line, `attempt ended operation=GetDeviceCredential attempt=1 status=200 …`, and
/// never contains a secret, a URL or a header. A panic in the function ends there.
#[derive(Clone)]
pub struct Log {
    is_enabled: Arc<IsEnabled>,
    write: Arc<Write>,
}

type IsEnabled = dyn Fn(LogLevel) -> bool + Send + Sync;
type Write = dyn Fn(LogLevel, &str) + Send + Sync;

impl Log {
    /// Creates a log for events of this level and more severe ones.
    pub fn new(level: LogLevel, write: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        Self::with_filter(move |event| event <= level, write)
    }

    /// Creates a log for events of the levels that `is_enabled` returns true for. It is called for
    /// each event and must return at once.
    pub fn with_filter(
        is_enabled: impl Fn(LogLevel) -> bool + Send + Sync + 'static,
        write: impl Fn(LogLevel, &str) + Send + Sync + 'static,
    ) -> Self {
        Self { is_enabled: Arc::new(is_enabled), write: Arc::new(write) }
    }

    /// Calls the function.
    fn write(&self, level: LogLevel, line: &str) {
        ignore_panic(|| (self.write)(level, line));
    }
}

/// Keeps the events of a call until its thread passes them to the log.
#[derive(Clone)]
pub(crate) struct EventQueue {
    log: Log,
    events: Arc<Mutex<Vec<(LogLevel, String)>>>,
}

impl EventQueue {
    pub(crate) fn new(log: Log) -> Self {
        Self { log, events: Arc::default() }
    }

    /// Returns a log that adds its events to this queue.
    pub(crate) fn as_log(&self) -> Log {
        let events = Arc::clone(&self.events);
        let write = move |level, line: &str| lock(&events).push((level, line.to_owned()));
        Log { is_enabled: Arc::clone(&self.log.is_enabled), write: Arc::new(write) }
    }

    pub(crate) fn has_events(&self) -> bool {
        !lock(&self.events).is_empty()
    }

    /// Passes the events to the log. Returns whether there were any.
    pub(crate) fn flush(&self) -> bool {
        // The queue is not locked while the function runs.
        let events = mem::take(&mut *lock(&self.events));
        as_bridge_thread(|| events.iter().for_each(|(level, line)| self.log.write(*level, line)));
        !events.is_empty()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl LogLevel {
    /// Every level, the most severe first.
    pub const ALL: &'static [LogLevel] =
        &[LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// Returns the level's name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }

    fn from_tracing(level: Level) -> Self {
        match level {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG => LogLevel::Debug,
            _ => LogLevel::Trace,
        }
    }
}

impl FromStr for LogLevel {
    type Err = Box<ErrorInfo>;

    /// # Errors
    /// `InvalidParameter` if no level has this name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = LogLevel::ALL.iter().copied().find(|level| level.name() == text);
        found.ok_or_else(|| ErrorInfo::invalid_parameter("the log level must be error, warn, info, debug or trace"))
    }
}

tokio::task_local! {
    /// The log of the client whose call is being polled.
    static LOG: Option<Log>;
}

/// Passes the events of a call to this log only.
pub(crate) fn with_log<F: Future>(log: Option<Log>, call: F) -> impl Future<Output = F::Output> {
    LOG.scope(log, call).with_subscriber(dispatch())
}

/// Returns the dispatcher of the process. It is attached to every call and never installed as the
/// default.
///
/// There is not one for each client, because `tracing` keeps all dispatchers in one list behind a
/// lock: a forked child that created one would hang if a thread of its parent was creating one. The
/// child uses its parent's. It is attached to calls of a client without a log too, because with a
/// single dispatcher in the list `tracing` disables forever an event that first occurs outside of
/// it.
fn dispatch() -> Dispatch {
    static DISPATCH: ArcSwapOption<Dispatch> = ArcSwapOption::const_empty();
    if let Some(dispatch) = &*DISPATCH.load() {
        return Dispatch::clone(dispatch);
    }
    let created = Arc::new(Dispatch::new(LogSubscriber));
    match &*DISPATCH.compare_and_swap(&None::<Arc<Dispatch>>, Some(Arc::clone(&created))) {
        Some(existing) => Dispatch::clone(existing),
        None => Dispatch::clone(&created),
    }
}

/// Initializes `tracing`, so that a child that is forked later need not.
pub(crate) fn init() {
    dispatch();
}

struct LogSubscriber;

impl Subscriber for LogSubscriber {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // Clients have different levels, so `enabled` decides every time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Events of other crates may contain secrets.
        let level = LogLevel::from_tracing(*metadata.level());
        let is_enabled = |log: &Option<Log>| log.as_ref().is_some_and(|log| (log.is_enabled)(level));
        metadata.target() == "devcred" && LOG.try_with(is_enabled).unwrap_or(false)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // The core has no events below DEBUG; other crates do.
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let Ok(Some(log)) = LOG.try_with(Option::clone) else {
            return;
        };
        let mut line = Line::default();
        event.record(&mut line);
        let Line { message, fields } = line;
        let level = LogLevel::from_tracing(*event.metadata().level());
        log.write(level, &format!("{message}{fields}"));
    }

    // The core has no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of an event in one line: its message, and ` name=value` for each field.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    /// Quotes text that could be mistaken for more than one value or that contains a line break.
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.is_empty() || value.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '=') {
            self.record_debug(field, &value);
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
