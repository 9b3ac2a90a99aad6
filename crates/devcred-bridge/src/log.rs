//! A client's log events on their way to the caller's function. Nothing global is installed: one subscriber belongs to one
//! client, and is in force while a future of that client runs.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Metadata, Subscriber};

/// How much an event matters: `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
pub use tracing::Level;

/// Who is told a client's events: made once, since a subscriber for each call would cost a millisecond and a global lock.
#[derive(Clone)]
pub struct Log(pub(crate) Dispatch);

impl Log {
    /// Events up to this level go to this function, as one line each. It may be called by several threads at once, must return
    /// soon, and may not panic; if it does, the event is lost.
    pub fn new(level: Level, tell: impl Fn(Level, &str) + Send + Sync + 'static) -> Self {
        Self(Dispatch::new(Teller { level, tell }))
    }
}

struct Teller<F> {
    level: Level,
    tell: F,
}

impl<F: Fn(Level, &str) + Send + Sync + 'static> Subscriber for Teller<F> {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "devcred" && *metadata.level() <= self.level
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(self.level.into())
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let text = line.message + &line.fields;
        let tell = std::panic::AssertUnwindSafe(|| (self.tell)(*event.metadata().level(), &text));
        let _ = std::panic::catch_unwind(tell);
    }

    // No span is enabled.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// `attempt ended operation="GetDeviceCredential" attempt=1`
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
