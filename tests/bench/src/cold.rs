//! A cold start: a process that makes one call, compared with one of the bare runtime.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::measure::median;
use crate::program;

/// The two programs, and their times in each round.
pub(crate) struct ColdStart {
    pub(crate) name: String,
    bare: Vec<String>,
    calling: Vec<String>,
    rounds: Vec<[Cost; 2]>,
}

/// The times of one process.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    wall: Duration,
    /// Of all threads, user and system.
    cpu: Duration,
}

impl ColdStart {
    /// Parses `NAME=BARE ARGUMENT...;PROGRAM ARGUMENT...`, which is split at spaces.
    pub(crate) fn parse(option: &str, endpoint: &str) -> Result<Self> {
        let expected = "--cold-start takes NAME=BARE;COMMAND";
        let (name, commands) = option.split_once('=').context(expected)?;
        let (bare, calling) = commands.split_once(';').context(expected)?;
        let mut calling = program::words(calling);
        calling.extend(program::arguments(endpoint).map(str::to_owned));
        Ok(Self { name: name.to_owned(), bare: program::words(bare), calling, rounds: Vec::new() })
    }

    pub(crate) fn run(&mut self) -> Result<()> {
        self.rounds.push([cost(&self.bare)?, cost(&self.calling)?]);
        Ok(())
    }

    /// Returns the median time of the bare runtime in ms.
    pub(crate) fn bare(&self, cost: fn(&Cost) -> f64) -> Option<f64> {
        median(self.rounds.iter().map(|[bare, _]| cost(bare)))
    }

    /// Returns by how many ms the process with a call takes longer: the median of the rounds.
    pub(crate) fn added(&self, cost: fn(&Cost) -> f64) -> Option<f64> {
        median(self.rounds.iter().map(|[bare, calling]| cost(calling) - cost(bare)))
    }
}

impl Cost {
    pub(crate) fn wall(&self) -> f64 {
        self.wall.as_secs_f64() * 1e3
    }

    pub(crate) fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3
    }
}

fn cost(words: &[String]) -> Result<Cost> {
    let mut command = program::command(words.iter().map(String::as_str))?;
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let (before, begin) = (cpu_of_ended_processes()?, Instant::now());
    let status = command.status();
    let wall = begin.elapsed();
    let program = command.get_program().display();
    let status = status.with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program} ended with {status}");
    Ok(Cost { wall, cpu: cpu_of_ended_processes()?.saturating_sub(before) })
}

/// Returns the CPU time of the processes that were started here and waited for. No other ends while
/// cold starts are measured.
fn cpu_of_ended_processes() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let times = [usage.user_time(), usage.system_time()];
    let micros: i64 = times.iter().map(TimeValLike::num_microseconds).sum();
    Ok(Duration::from_micros(micros.try_into().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_start_is_compared_with_the_bare_runtime() {
        let mut cold_start = ColdStart::parse("sh=true x;true", "http://127.0.0.1:1").expect("it is valid");
        assert_eq!((cold_start.name.as_str(), cold_start.bare.join(" ").as_str()), ("sh", "true x"));
        assert_eq!(cold_start.calling.len(), 6, "the arguments for calls follow");
        assert_eq!(cold_start.added(Cost::wall), None);
        let cost = |wall: u64| Cost { wall: Duration::from_millis(wall), cpu: Duration::from_millis(1) };
        cold_start.rounds = vec![[cost(10), cost(15)], [cost(30), cost(31)], [cost(20), cost(22)]];
        assert_eq!((cold_start.bare(Cost::wall), cold_start.added(Cost::wall)), (Some(20.0), Some(2.0)));
        assert_eq!(cold_start.added(Cost::cpu), Some(0.0));
        assert!(ColdStart::parse("sh=true", "").is_err());
    }

    #[test]
    fn a_process_takes_time_and_a_failure_is_an_error() {
        let words = |command: &str| program::words(command);
        assert!(cost(&words("true")).expect("it runs").wall > Duration::ZERO);
        assert!(cost(&words("false")).is_err());
        assert!(cost(&words("devcred-no-such-program")).is_err());
    }
}
