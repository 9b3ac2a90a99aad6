//! A cold start: the time of a process that makes one call, compared with that of the bare runtime.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::binding;

/// The two programs, and their times in each round.
pub(crate) struct ColdStart {
    pub(crate) name: String,
    bare: Command,
    calling: Command,
    pub(crate) rounds: Vec<Round>,
}

/// The times of one round.
pub(crate) struct Round {
    pub(crate) bare: Duration,
    pub(crate) calling: Duration,
}

impl ColdStart {
    /// Parses `NAME=BARE ARGUMENT...;PROGRAM ARGUMENT...`, which is split at spaces.
    pub(crate) fn new(option: &str, endpoint: &str) -> Result<Self> {
        let expected = "--cold-start takes NAME=BARE;COMMAND";
        let (name, commands) = option.split_once('=').context(expected)?;
        let (bare, calling) = commands.split_once(';').context(expected)?;
        let (bare, mut calling) = (binding::command(bare)?, binding::command(calling)?);
        calling.args(binding::arguments(endpoint));
        Ok(Self { name: name.to_owned(), bare, calling, rounds: Vec::new() })
    }

    pub(crate) fn run(&mut self) -> Result<()> {
        let bare = time(&mut self.bare)?;
        self.rounds.push(Round { bare, calling: time(&mut self.calling)? });
        Ok(())
    }
}

fn time(command: &mut Command) -> Result<Duration> {
    let begin = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    let elapsed = begin.elapsed();
    let status = status.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(elapsed)
}

impl Round {
    /// Returns how many milliseconds the call adds to the bare runtime.
    pub(crate) fn added(&self) -> f64 {
        milliseconds(self.calling) - milliseconds(self.bare)
    }
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
