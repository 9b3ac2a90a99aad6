//! The hostile server: the emulator, with a fault for one request in five.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use devcred_emulator::{Emulator, Step, internal};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use tokio::runtime::Runtime;

use crate::random::Random;

pub(crate) const INSTANCE_ID: &str = "post-cn-0pp12gl9k0x";

/// The faults, each with the number of requests out of 1,000 that it affects.
const FAULTS: &[(u64, &str)] = &[
    (40, r#"{"reset": true}"#),
    (20, r#"{"close": true}"#),
    (10, r#"{"hang": true}"#),
    (30, r#"{"answer": "credential", "delay_ms": 50}"#),
    (20, r#"{"answer": "credential", "delay_ms": 300}"#),
    (10, r#"{"answer": "credential", "delay_ms": 2500}"#),
    (30, r#"{"code": "Throttling.User"}"#),
    (10, r#"{"status": 429, "headers": {"Retry-After": "1"}}"#),
    (10, r#"{"status": 503}"#),
    (10, r#"{"answer": "credential", "truncate": 40}"#),
    (5, r#"{"answer": "credential", "drip_ms": 1}"#),
    (5, r#"{"raw": "HTTP/1.1 200 OK\r\n"}"#),
];

pub(crate) struct Server {
    emulator: Emulator,
    /// The emulator needs it until it is dropped.
    _runtime: Runtime,
    requests: Arc<AtomicU64>,
    faults: Arc<AtomicU64>,
}

impl Server {
    pub(crate) fn start(seed: u64) -> Result<Self> {
        let runtime = Runtime::new()?;
        let steps = FAULTS.iter().map(|(weight, step)| Ok((*weight, step.parse::<Step>()?)));
        let steps = steps.collect::<Result<Vec<_>>>()?;
        let mut random = Random::new(seed);
        let [requests, faults] = [(); 2].map(|()| Arc::<AtomicU64>::default());
        let counters = (Arc::clone(&requests), Arc::clone(&faults));
        let next = move || {
            counters.0.fetch_add(1, Ordering::Relaxed);
            let mut point = random.below(1000);
            let fault = steps.iter().find(|(weight, _)| {
                let is_selected = point < *weight;
                point = point.saturating_sub(*weight);
                is_selected
            });
            let (_, step) = fault?;
            counters.1.fetch_add(1, Ordering::Relaxed);
            Some(step.clone())
        };
        let builder = internal::with_endless_steps(Emulator::builder(), next);
        let emulator = runtime.block_on(builder.start()).context("cannot start the server")?;
        Ok(Self { emulator, _runtime: runtime, requests, faults })
    }

    /// Returns the arguments of a program for this server.
    pub(crate) fn arguments(&self) -> [&str; 4] {
        [self.emulator.endpoint(), self.emulator.access_key_id(), self.emulator.access_key_secret(), INSTANCE_ID]
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Returns the MQTT password of a device as the service documents it: base64(HMAC-SHA1(secret,
    /// client id)). `None`: the server has no credential for the device.
    pub(crate) fn password(&self, client_id: &str) -> Option<String> {
        let secret = self.emulator.device_access_key_secret(INSTANCE_ID, client_id)?;
        let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
        Some(STANDARD.encode(mac.chain_update(client_id.as_bytes()).finalize().into_bytes()))
    }
}
