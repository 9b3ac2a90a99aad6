//! Pure: how many connections there are, and whether an attempt may have one.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::admission::Progress;
use super::{MaxConnections, NoConnection};
use crate::transport::IDLE_MAX;

/// How long a connection whose response was read may need to become idle. Only a busy machine needs
/// more than microseconds.
pub(super) const RETURN_MAX: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct State {
    /// The admitted attempts that share their connections. One that has none takes the first that
    /// becomes idle or open, whichever attempt opened it.
    pub attempts: u32,
    /// Connections that are being opened.
    pub opening: u32,
    /// Open connections that attempts share, in use or idle.
    pub shared: u32,
    /// Open connections of one attempt each.
    pub single: u32,
    /// Since when the idle connections are idle, at the latest, in the order of time. The HTTP
    /// library may use the newest first, or the oldest if the newest is not back yet.
    pub idle: VecDeque<Instant>,
    /// Connections that other transports of the client may open, and have open.
    pub reserved: u32,
    /// The attempts that wait until they may use or open a connection.
    pub waiting: usize,
}

impl State {
    /// Admits an attempt, or returns `None` if it has to wait. One for a single connection shares
    /// an idle one if it may not open any.
    pub(super) fn admit(&mut self, now: Instant, max: MaxConnections, is_single: bool) -> Option<Progress> {
        self.expire(now);
        let may_open = self.may_open(max);
        if may_open && (is_single || self.idle.is_empty()) {
            self.opening += 1;
            self.attempts += u32::from(!is_single);
            return Some(Progress::MayOpen);
        }
        let since = self.idle.pop_front()?;
        self.attempts += 1;
        Some(Progress::MayUse(since))
    }

    /// Lets an attempt open a connection although it should have found an idle one, or returns
    /// `false` if it has to wait. The HTTP library has no idle connection at all, so those that do
    /// not become idle just now were closed.
    pub(super) fn reopen(&mut self, now: Instant, max: MaxConnections, idle_since: &mut Option<Instant>) -> bool {
        let is_closed = |since: Instant| now.saturating_duration_since(since) >= RETURN_MAX;
        while self.idle.front().is_some_and(|since| is_closed(*since)) {
            self.idle.pop_front();
            self.close(false);
        }
        if idle_since.take_if(|since| is_closed(*since)).is_some() {
            self.close(false);
        }
        self.settle(now);
        let may_open = self.may_open(max);
        self.opening += u32::from(may_open);
        may_open
    }

    /// An attempt did not use its idle connection.
    pub(super) fn return_unused(&mut self, since: Instant) {
        self.idle.push_front(since);
    }

    /// An attempt that was to open a connection used one that became idle meanwhile. That was
    /// believed closed, if there are more attempts than connections for them.
    pub(super) fn find(&mut self) {
        if self.attempts > self.shared + self.opening {
            self.shared += 1;
        }
    }

    /// What is open and not in use is idle.
    pub(super) fn settle(&mut self, now: Instant) {
        let idle = usize::try_from(self.shared.saturating_sub(self.attempts)).unwrap_or(usize::MAX);
        self.idle.resize(idle, now);
    }

    /// Reserves a connection for another transport, if there is a free one. Attempts keep at least
    /// half of what they may have.
    pub(super) fn reserve(&mut self, now: Instant, max: MaxConnections) -> bool {
        self.expire(now);
        let is_free = self.may_open(max) && self.reserved < max.open.min(max.connecting) / 2;
        self.reserved += u32::from(is_free);
        is_free
    }

    pub(super) fn close(&mut self, is_single: bool) {
        let open = if is_single { &mut self.single } else { &mut self.shared };
        *open = open.saturating_sub(1);
    }

    pub(super) fn no_connection(&self, max: MaxConnections) -> NoConnection {
        NoConnection { max, are_all_open: self.count() >= max.open, waiting: self.waiting }
    }

    /// The HTTP library closes a connection that is idle for too long.
    fn expire(&mut self, now: Instant) {
        while self.idle.front().is_some_and(|since| now.saturating_duration_since(*since) > IDLE_MAX) {
            self.idle.pop_front();
            self.close(false);
        }
    }

    fn may_open(&self, max: MaxConnections) -> bool {
        self.opening + self.reserved < max.connecting && self.count() < max.open
    }

    fn count(&self) -> u32 {
        self.opening + self.shared + self.single + self.reserved
    }
}
