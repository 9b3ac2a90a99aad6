//! The journal of calls and connections.

pub(crate) mod call;
pub(crate) mod exchange;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::sync::{broadcast, watch};

use crate::journal::call::{CallEnd, RecordedCall};
use crate::service::error::Refusal;

/// Older calls are dropped, so that an emulator may run for days.
const KEPT_CALLS: usize = 10_000;
/// More than so many calls of usual size take.
const KEPT_BYTES: usize = 32 << 20;

/// What has happened so far: the last 10,000 calls (fewer if they are larger than 32 MiB) and the
/// connection counts.
#[derive(Debug, Default)]
pub struct Journal {
    calls: VecDeque<RecordedCall>,
    /// The sum of the sizes of these calls.
    bytes: usize,
    arrived: u64,
    accepted_connections: u64,
    open_connections: u64,
    peak_connections: u64,
}

impl Journal {
    /// Returns the calls that have arrived, oldest first, including those without a response.
    pub fn calls(&self) -> impl DoubleEndedIterator<Item = &RecordedCall> + ExactSizeIterator {
        self.calls.iter()
    }

    /// Returns how many connections have been accepted since the start.
    pub fn accepted_connections(&self) -> u64 {
        self.accepted_connections
    }

    /// Returns how many connections are open now.
    pub fn open_connections(&self) -> u64 {
        self.open_connections
    }

    /// Returns the largest number of connections that were open at the same time.
    pub fn peak_connections(&self) -> u64 {
        self.peak_connections
    }

    fn push(&mut self, mut call: RecordedCall) -> u64 {
        self.arrived += 1;
        call.number = self.arrived;
        self.bytes += call.size();
        self.calls.push_back(call);
        self.drop_old_calls();
        self.arrived
    }

    /// Keeps the last call, whatever its size.
    fn drop_old_calls(&mut self) {
        while self.calls.len() > KEPT_CALLS || self.bytes > KEPT_BYTES && self.calls.len() > 1 {
            let Some(oldest) = self.calls.pop_front() else { return };
            self.bytes -= oldest.size();
        }
    }

    fn call_mut(&mut self, number: u64) -> Option<&mut RecordedCall> {
        // Numbers increase by one, so the number of the first call gives the position of any other.
        let first = self.calls.front()?.number;
        self.calls.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
    }
}

/// Writes the journal. The channel wakes everyone who waits for a change.
pub(crate) struct Recorder {
    pub(crate) journal: watch::Sender<Journal>,
    /// Bounded: a subscriber that is too slow loses calls, and no call waits for it.
    pub(crate) finished: broadcast::Sender<RecordedCall>,
    is_stopping: AtomicBool,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            journal: watch::Sender::default(),
            finished: broadcast::Sender::new(256),
            is_stopping: AtomicBool::new(false),
        }
    }
}

impl Recorder {
    pub(crate) fn start_call(self: &Arc<Self>, call: RecordedCall) -> OpenCall {
        let mut number = 0;
        self.journal.send_modify(|journal| number = journal.push(call));
        OpenCall {
            recorder: Arc::clone(self),
            number,
            started: Instant::now(),
            has_ended: false,
            end_if_dropped: CallEnd::ClientClosed,
        }
    }

    pub(crate) fn open_connection(self: &Arc<Self>) -> OpenConnection {
        let mut number = 0;
        self.journal.send_modify(|journal| {
            journal.accepted_connections += 1;
            journal.open_connections += 1;
            journal.peak_connections = journal.peak_connections.max(journal.open_connections);
            number = journal.accepted_connections;
        });
        OpenConnection { recorder: Arc::clone(self), number }
    }

    pub(crate) fn clear_calls(&self) {
        let mut dropped = VecDeque::new();
        self.journal.send_modify(|journal| {
            // Takes the buffer too, which is as large as the journal has ever been.
            dropped = mem::take(&mut journal.calls);
            journal.bytes = 0;
        });
    }

    /// Marks all calls that end without a response from now on as ended by the emulator.
    pub(crate) fn begin_shutdown(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    fn end(&self, open: &OpenCall, end: CallEnd, status: Option<u16>, refusal: Option<&Refusal>) {
        let mut finished = None;
        self.journal.send_modify(|journal| {
            let Some(call) = journal.call_mut(open.number) else {
                return;
            };
            let size = call.size();
            call.end = Some(end);
            call.duration = Some(open.started.elapsed());
            call.status = status;
            call.code = refusal.map(|refusal| refusal.code.clone());
            call.is_scripted = refusal.is_some_and(|refusal| refusal.is_scripted);
            call.refused_signature = refusal.and_then(|refusal| refusal.refused_signature.clone());
            let grown = call.size() - size;
            finished = (self.finished.receiver_count() > 0).then(|| call.clone());
            journal.bytes += grown;
            journal.drop_old_calls();
        });
        if let Some(call) = finished {
            // An error means that the last subscriber has just been dropped.
            let _ = self.finished.send(call);
        }
    }
}

/// A call that has no response yet. If it is dropped without one, the client gave it up unless
/// `end_if_dropped` says otherwise.
pub(crate) struct OpenCall {
    recorder: Arc<Recorder>,
    number: u64,
    started: Instant,
    has_ended: bool,
    end_if_dropped: CallEnd,
}

impl OpenCall {
    /// Records the response. Call this before it is sent, so that a client that has the response
    /// finds the call ended.
    pub(crate) fn record_response(self, status: Option<u16>, refusal: Option<&Refusal>) {
        self.record_end(CallEnd::Answered, status, refusal);
    }

    pub(crate) fn record_end(mut self, end: CallEnd, status: Option<u16>, refusal: Option<&Refusal>) {
        self.has_ended = true;
        self.recorder.end(&self, end, status, refusal);
    }

    pub(crate) fn set_end_if_dropped(&mut self, end: CallEnd) {
        self.end_if_dropped = end;
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let is_stopping = self.recorder.is_stopping.load(Ordering::Relaxed);
        let end = if is_stopping { CallEnd::EmulatorClosed } else { self.end_if_dropped };
        self.recorder.end(self, end, None, None);
    }
}

/// A connection. It counts as open until this is dropped.
pub(crate) struct OpenConnection {
    recorder: Arc<Recorder>,
    pub(crate) number: u64,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.recorder.journal.send_modify(|journal| journal.open_connections -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::{KEPT_BYTES, KEPT_CALLS, Recorder};
    use crate::http::request::HttpRequest;
    use crate::journal::call::{CallEnd, RecordedCall};
    use crate::service::access_key::SecurityTokenPresented;
    use crate::service::error::Refusal;

    fn call(http: &HttpRequest) -> RecordedCall {
        RecordedCall::new(http, None, SystemTime::now(), SecurityTokenPresented::Absent, 1, String::new())
    }

    #[test]
    fn old_calls_are_dropped_and_a_late_end_finds_its_own() {
        let recorder = Arc::new(Recorder::default());
        let start = || recorder.start_call(call(&HttpRequest::default()));

        let (first, second) = (start(), start());
        let others: Vec<_> = (1..KEPT_CALLS).map(|_| start()).collect();
        first.record_response(Some(200), None);
        second.record_response(Some(500), None);

        let journal = recorder.journal.borrow();
        assert_eq!(journal.calls().len(), KEPT_CALLS);
        let ended: Vec<_> = journal.calls().filter(|call| call.end.is_some()).collect();
        assert_eq!(ended.len(), 1);
        assert_eq!((ended[0].number, ended[0].status, ended[0].end), (2, Some(500), Some(CallEnd::Answered)));
        drop(journal);
        drop(others);
    }

    #[test]
    fn its_size_is_bounded_and_clearing_frees_it() {
        let recorder = Arc::new(Recorder::default());
        let headers = vec![("x".to_owned(), "y".repeat(60_000))];
        let http = HttpRequest { headers, ..HttpRequest::default() };
        let start = || recorder.start_call(call(&http));
        let refused = || {
            let calculated = Some("z".repeat(60_000));
            start().record_response(None, Some(&Refusal { refused_signature: calculated, ..Refusal::new("A") }));
        };
        (0..400).for_each(|_| refused());
        let size = |journal: &super::Journal| journal.calls().map(RecordedCall::size).sum::<usize>();
        {
            let journal = recorder.journal.borrow();
            assert!(size(&journal) <= KEPT_BYTES && size(&journal) > KEPT_BYTES / 2, "{}", size(&journal));
            assert_eq!((journal.bytes, journal.arrived), (size(&journal), 400));
        }
        recorder.clear_calls();
        refused();
        let journal = recorder.journal.borrow();
        assert_eq!((journal.bytes, journal.calls().len()), (size(&journal), 1));
        assert!(journal.calls.capacity() < 100, "{}", journal.calls.capacity());
    }
}
