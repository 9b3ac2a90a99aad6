//! Distinguishes attempts on a kept-alive connection from those on a new one.
//!
//! The HTTP library does not report which it was, but it reports the connection's local address,
//! with a response as well as with an error. A layer around the connector could record it too, but
//! the library copies the connector several times a call, and with a layer a copy is expensive.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hyper::http::Extensions;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpInfo;

use super::IDLE_MAX;

/// The connections on which a response came, by their local address, each with the time of its last
/// response.
#[derive(Default)]
pub(super) struct KeptConnections(Mutex<HashMap<SocketAddr, Instant>>);

impl KeptConnections {
    /// Records that a response came.
    pub(super) fn record(&self, response: &reqwest::Response) {
        if let Some(connection) = response.extensions().get::<HttpInfo>() {
            self.insert(connection.local_addr(), Instant::now());
        }
    }

    fn insert(&self, address: SocketAddr, now: Instant) {
        let mut connections = self.connections();
        match connections.get_mut(&address) {
            Some(last_response) => *last_response = now,
            None => {
                connections.retain(|_, last_response| is_kept(*last_response, now));
                connections.insert(address, now);
            }
        }
    }

    /// Whether an attempt that started at this time failed on a kept-alive connection. A later
    /// connection may have the same address, so older responses do not count.
    pub(super) fn was_kept(&self, error: &reqwest::Error, started: Instant) -> bool {
        let address = local_address(error);
        let last_response = address.and_then(|address| self.connections().get(&address).copied());
        last_response.is_some_and(|last_response| is_kept(last_response, started))
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<SocketAddr, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_kept(last_response: Instant, now: Instant) -> bool {
    now.saturating_duration_since(last_response) <= IDLE_MAX
}

/// Returns the local address of the connection on which the attempt failed, if there was one.
fn local_address(error: &reqwest::Error) -> Option<SocketAddr> {
    let mut errors = std::iter::successors(error.source(), |error| StdError::source(*error));
    let error = errors.find_map(|error| error.downcast_ref::<legacy::Error>())?;
    let mut extensions = Extensions::new();
    error.connect_info()?.get_extras(&mut extensions);
    extensions.get().map(HttpInfo::local_addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_forgotten_when_it_is_not_kept_any_more() {
        let connections = KeptConnections::default();
        let start = Instant::now();
        for port in 1..=1000 {
            connections.insert(([127, 0, 0, 1], port).into(), start + (IDLE_MAX / 2) * u32::from(port));
        }
        assert_eq!(connections.connections().len(), 3);
        let newest = ([127, 0, 0, 1], 1000).into();
        assert!(connections.connections().contains_key(&newest));
    }
}
