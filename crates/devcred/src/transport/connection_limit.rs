//! Bounds the connections of a client: how many are open, and how many of them are being opened.
//!
//! The HTTP library opens a connection for every request that finds none idle. So an attempt is
//! admitted before the library sees its request: to use an idle connection, or to open one. The
//! others wait in order.
//!
//! The library reports neither that a connection is idle nor that it was closed. Both are concluded
//! from what attempts see. If that was wrong, an attempt that should find an idle connection asks
//! the connector for one, which corrects it.

mod admission;
mod state;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::timeout_at;

pub(crate) use admission::Admission;
pub(super) use admission::Opening;
use state::State;

/// How many connections a client may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MaxConnections {
    pub open: u32,
    /// How many of them may be being opened at a time.
    pub connecting: u32,
}

impl Default for MaxConnections {
    fn default() -> Self {
        Self { open: 100, connecting: 16 }
    }
}

pub(crate) struct ConnectionLimit {
    max: MaxConnections,
    state: Mutex<State>,
    /// Locked by the first of the attempts that wait.
    turn: Turn<()>,
    /// Notified if a connection became idle or was opened or closed.
    changed: Notify,
    /// Keeps the connection of this transport reserved in another one.
    _reservation: Option<Reservation>,
    /// The connector of the HTTP client, once that was created.
    pub(super) connector: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// A connection that another transport may have, until this is dropped.
struct Reservation(Arc<ConnectionLimit>);

impl Drop for Reservation {
    fn drop(&mut self) {
        self.0.update(|state| state.reserved -= 1);
    }
}

/// No attempt was admitted in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct NoConnection {
    pub max: MaxConnections,
    /// Whether there are as many connections as possible, or only as many being opened.
    pub are_all_open: bool,
    /// The number of attempts that wait.
    pub waiting: usize,
}

impl ConnectionLimit {
    pub(crate) fn new(max: MaxConnections) -> Arc<Self> {
        Self::with(max, None)
    }

    /// Returns the limit of another transport of the same client: one connection, which the
    /// attempts of this one cannot have meanwhile. `None` if all may be needed.
    pub(super) fn reserve(self: &Arc<Self>) -> Option<Arc<Self>> {
        let is_reserved = self.state().reserve(Instant::now(), self.max);
        let reservation = is_reserved.then(|| Reservation(Arc::clone(self)))?;
        Some(Self::with(MaxConnections { open: 1, connecting: 1 }, Some(reservation)))
    }

    fn with(max: MaxConnections, reservation: Option<Reservation>) -> Arc<Self> {
        let (state, turn, changed, connector) = Default::default();
        Arc::new(Self { max, state, turn, changed, _reservation: reservation, connector })
    }

    /// Admits an attempt, unless it has to wait. `is_single`: it should open a connection, which no
    /// other attempt will use.
    pub(super) fn try_admit(self: &Arc<Self>, is_single: bool) -> Option<Admission> {
        let mut state = self.state();
        if state.waiting > 0 {
            return None;
        }
        let progress = state.admit(Instant::now(), self.max, is_single)?;
        Some(Admission::new(self, progress, is_single))
    }

    /// Waits until an attempt is admitted, at most until `latest`.
    pub(super) async fn admit(self: &Arc<Self>, is_single: bool, latest: Instant) -> Result<Admission, NoConnection> {
        let admitted = async {
            let _waiting = Waiting::new(self);
            let _turn = self.turn.lock().await;
            loop {
                let changed = self.changed.notified();
                let progress = self.state().admit(Instant::now(), self.max, is_single);
                if let Some(progress) = progress {
                    return Admission::new(self, progress, is_single);
                }
                changed.await;
            }
        };
        timeout_at(latest.into(), admitted).await.map_err(|_| self.state().no_connection(self.max))
    }

    /// Changes the state, and wakes those for whom that may matter.
    fn update(&self, change: impl FnOnce(&mut State)) {
        let now = Instant::now();
        let mut state = self.state();
        change(&mut state);
        state.settle(now);
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.changed.notify_waiters();
        }
    }

    /// Lets an attempt that should have found an idle connection open one. If it may not, nothing
    /// has changed that others wait for.
    fn reopen(&self, idle_since: &mut Option<Instant>) -> bool {
        let may_open = self.state().reopen(Instant::now(), self.max, idle_since);
        if may_open {
            self.changed.notify_waiters();
        }
        may_open
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an attempt that waits.
struct Waiting<'a>(&'a ConnectionLimit);

impl<'a> Waiting<'a> {
    fn new(limit: &'a ConnectionLimit) -> Self {
        limit.state().waiting += 1;
        Self(limit)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests;
