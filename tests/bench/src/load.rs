//! A number of calls, one at a time or many at once.

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::contender::{Contender, Lane};
use crate::measure::{Sample, Stopwatch};

/// Calls of each task before the measurement, to open connections and fill caches.
pub(crate) const WARM_UP: u32 = 20;

#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) calls: u32,
    pub(crate) at_once: u32,
}

impl Load {
    pub(crate) async fn measure(&self, contender: &impl Contender) -> Result<Sample> {
        let mut lanes = Vec::new();
        for _ in 0..self.at_once {
            lanes.push(contender.open_lane().await?);
        }
        let lanes = call(lanes, WARM_UP).await?;
        let calls_per_lane = self.calls / self.at_once;
        let stopwatch = Stopwatch::for_process();
        call(lanes, calls_per_lane).await?;
        Ok(stopwatch.stop(calls_per_lane * self.at_once))
    }
}

/// Makes the calls of each lane in a task, or without one if there is one lane.
async fn call<L: Lane>(mut lanes: Vec<L>, calls: u32) -> Result<Vec<L>> {
    if lanes.len() == 1 {
        let lane = lanes.pop().context("there is one")?;
        return Ok(vec![call_in_sequence(lane, calls).await?]);
    }
    let mut running: JoinSet<_> = lanes.into_iter().map(|lane| call_in_sequence(lane, calls)).collect();
    let mut lanes = Vec::new();
    while let Some(lane) = running.join_next().await {
        lanes.push(lane??);
    }
    Ok(lanes)
}

async fn call_in_sequence<L: Lane>(mut lane: L, calls: u32) -> Result<L> {
    for _ in 0..calls {
        lane.call().await?;
    }
    Ok(lane)
}
