//! A number of calls, sequential or concurrent.

use anyhow::Result;
use tokio::task::JoinSet;

use crate::contender::Contender;
use crate::measure::{Sample, Stopwatch};

/// How many calls run concurrently in the second kind of load.
pub(crate) const AT_ONCE: u32 = 64;

/// Calls that each task makes before the measurement, to open connections and fill caches.
const WARM_UP: u32 = 20;

pub(crate) struct Load {
    pub(crate) calls: u32,
    pub(crate) at_once: u32,
}

/// The samples of one round: a contender, and the base that it is compared with.
pub(crate) struct Pair {
    pub(crate) base: Sample,
    pub(crate) measured: Sample,
}

impl Pair {
    /// Returns the contender's CPU time as a multiple of the base's.
    pub(crate) fn cpu_ratio(&self) -> f64 {
        self.measured.cpu_per_thousand() / self.base.cpu_per_thousand()
    }

    /// Returns the contender's calls per second as a fraction of the base's.
    pub(crate) fn rate_ratio(&self) -> f64 {
        self.measured.rate() / self.base.rate()
    }
}

impl Load {
    pub(crate) async fn measure(&self, contender: &impl Contender) -> Result<Sample> {
        call_in_tasks(contender, self.at_once, WARM_UP).await?;
        let calls_per_task = self.calls.div_ceil(self.at_once);
        let stopwatch = Stopwatch::for_process();
        call_in_tasks(contender, self.at_once, calls_per_task).await?;
        Ok(stopwatch.stop(calls_per_task * self.at_once))
    }
}

async fn call_in_tasks(contender: &impl Contender, tasks: u32, calls: u32) -> Result<()> {
    let mut running = JoinSet::new();
    for _ in 0..tasks {
        let contender = contender.clone();
        running.spawn(async move {
            for _ in 0..calls {
                contender.call().await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(result) = running.join_next().await {
        result??;
    }
    Ok(())
}
