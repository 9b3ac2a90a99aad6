//! A cold start: a whole process of a language that makes one call, beside one of the bare runtime.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::binding;

/// The two programs, and how long they took in each round.
pub(crate) struct ColdStart {
    pub(crate) name: String,
    bare: Command,
    calling: Command,
    pub(crate) rounds: Vec<Started>,
}

/// One round.
pub(crate) struct Started {
    pub(crate) bare: Duration,
    pub(crate) calling: Duration,
}

impl ColdStart {
    /// `NAME=BARE ARGUMENT...;PROGRAM ARGUMENT...`, split at spaces.
    pub(crate) fn new(asked: &str, endpoint: &str) -> Result<Self> {
        let wanted = "--cold-start takes NAME=BARE;COMMAND";
        let (name, commands) = asked.split_once('=').context(wanted)?;
        let (bare, calling) = commands.split_once(';').context(wanted)?;
        let (bare, mut calling) = (binding::command(bare)?, binding::command(calling)?);
        calling.args(binding::arguments(endpoint));
        Ok(Self { name: name.to_owned(), bare, calling, rounds: Vec::new() })
    }

    pub(crate) fn run(&mut self) -> Result<()> {
        let bare = time(&mut self.bare)?;
        self.rounds.push(Started { bare, calling: time(&mut self.calling)? });
        Ok(())
    }
}

fn time(command: &mut Command) -> Result<Duration> {
    let begin = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let took = begin.elapsed();
    let status = status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(took)
}

impl Started {
    /// Milliseconds that the call adds to the runtime's own.
    pub(crate) fn added(&self) -> f64 {
        milliseconds(self.calling) - milliseconds(self.bare)
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
