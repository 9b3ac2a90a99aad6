//! Everything the emulator knows, shared by all connections.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::account::Accounts;
use crate::clock::Clock;
use crate::device::Devices;
use crate::fault::Rounds;
use crate::journal::Recorder;
use crate::nonce::Nonces;
use crate::random::Random;

pub(crate) struct Service {
    pub(crate) accounts: Accounts,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) recorder: Arc<Recorder>,
    devices: Mutex<Devices>,
    nonces: Mutex<Nonces>,
    rounds: Mutex<Rounds>,
}

impl Service {
    pub(crate) fn new(accounts: Accounts, devices: Devices, clock: Clock, random: Random) -> Self {
        Self {
            accounts,
            clock,
            random,
            recorder: Arc::default(),
            devices: Mutex::new(devices),
            nonces: Mutex::default(),
            rounds: Mutex::default(),
        }
    }

    pub(crate) fn devices(&self) -> MutexGuard<'_, Devices> {
        lock(&self.devices)
    }

    pub(crate) fn nonces(&self) -> MutexGuard<'_, Nonces> {
        lock(&self.nonces)
    }

    pub(crate) fn rounds(&self) -> MutexGuard<'_, Rounds> {
        lock(&self.rounds)
    }
}

/// No lock is held where something could panic half-way, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
