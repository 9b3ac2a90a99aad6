//! A client's log: the events of the core, given to a function of the caller's.

use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use devcred::bridge_support;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use crate::outcome::ErrorInfo;

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// The core has none: a failure is returned.
    Error,
    /// An attempt that failed and is made again; the first wait for the pace.
    Warn,
    /// The core has none.
    Info,
    /// Every attempt.
    Debug,
    /// The core has none.
    Trace,
}

/// Where a client's events go, and from which level on.
///
/// The function is called on a thread of the bridge, once for each event, while the call waits for
/// it: it must return soon. An event is one line, `attempt ended operation=GetDeviceCredential
/// attempt=1 status=200 …`, and never holds a secret, a URL or a header. A panic in the function
/// goes no further.
#[derive(Clone)]
pub struct Log {
    level: LogLevel,
    write: Arc<Write>,
}

type Write = dyn Fn(LogLevel, &str) + Send + Sync;

impl Log {
    /// Events of this level and those that matter more.
    pub fn new(level: LogLevel, write: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> Self {
        Self { level, write: Arc::new(write) }
    }
}

impl LogLevel {
    /// Every level, the one that matters most first.
    pub const ALL: &'static [LogLevel] =
        &[LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// The level's name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }

    fn of(level: Level) -> Self {
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
    /// `InvalidParameter` for anything but the names.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || bridge_support::invalid_parameter("the log level must be error, warn, info, debug or trace");
        LogLevel::ALL.iter().copied().find(|level| level.name() == text).ok_or_else(|| refused().into())
    }
}

tokio::task_local! {
    /// The log of the client whose call is polled now.
    static LOG: Option<Log>;
}

/// Gives a call's events to this log, and to no other.
pub(crate) fn telling<F: Future>(log: Option<Log>, call: F) -> impl Future<Output = F::Output> {
    LOG.scope(log, call).with_subscriber(dispatch())
}

/// One for the process, attached to every call, installed nowhere.
///
/// Not one for each client: `tracing` has one list of them all behind a lock. A forked child that
/// made one would hang where another thread of its parent was making one; it takes its parent's.
/// And with exactly one in the list, an event that first happens outside of it is switched off for
/// good, so that it is attached to the calls of a client without a log too.
fn dispatch() -> Dispatch {
    static DISPATCH: ArcSwapOption<Dispatch> = ArcSwapOption::const_empty();
    if let Some(dispatch) = &*DISPATCH.load() {
        return Dispatch::clone(dispatch);
    }
    let made = Arc::new(Dispatch::new(ToLog));
    match &*DISPATCH.compare_and_swap(&None::<Arc<Dispatch>>, Some(Arc::clone(&made))) {
        Some(others) => Dispatch::clone(others),
        None => Dispatch::clone(&made),
    }
}

/// Makes `tracing` ready, so that a child that is forked later need not.
pub(crate) fn prepare() {
    dispatch();
}

struct ToLog;

impl Subscriber for ToLog {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // Each client has its own level, so it is asked every time.
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // Other crates' events may hold what ours never do.
        let is_asked_for =
            |log: &Option<Log>| log.as_ref().is_some_and(|log| LogLevel::of(*metadata.level()) <= log.level);
        metadata.target() == "devcred" && LOG.try_with(is_asked_for).unwrap_or(false)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // The core has no event below it, other crates have.
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let Ok(Some(log)) = LOG.try_with(Option::clone) else {
            return;
        };
        let mut line = Line::default();
        event.record(&mut line);
        let Line { message, fields } = line;
        let level = LogLevel::of(*event.metadata().level());
        let _ = catch_unwind(AssertUnwindSafe(|| (log.write)(level, &format!("{message}{fields}"))));
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

/// An event's text in one line: its message, and ` name=value` for each field.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    /// A text that could be taken for more than one value, or would begin a line, is quoted.
    fn record_str(&mut self, field: &Field, value: &str) {
        if value.is_empty() || value.contains(|c: char| c.is_control() || c.is_whitespace() || c == '"' || c == '=') {
            self.record_debug(field, &value);
        } else {
            self.record_debug(field, &format_args!("{value}"));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
