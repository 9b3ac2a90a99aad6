//! The run: starts the programs, measures them in rounds, and counts what a call does.

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use crate::cold::ColdStart;
use crate::load::{Load, WARM_UP};
use crate::measure::Sample;
use crate::program::{Origin, Process, Program};
use crate::results::{Contender, Measured, PACES, Pace, Results};
use crate::signing::Signing;
use crate::stub::Stub;
use crate::trace::{ALLOCATIONS, Counter, SYSTEM_CALLS};
use crate::{instructions, machine, report};

#[derive(Args)]
pub(crate) struct Options {
    /// Number of rounds; ratios are computed within a round, and the result is the median of the
    /// rounds [default: 15, or 9 if quick]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// How long each contender calls in a round, one at a time and again 64 at once
    /// [default: 500, or 200 if quick]
    #[arg(long, value_name = "MS")]
    milliseconds: Option<u32>,
    /// Measure less: fewer and shorter rounds, and the memory growth of devcred only
    #[arg(long)]
    quick: bool,
    /// Write BENCHMARKS.md and docs/benchmarks-*.svg in the current folder, instead of printing the
    /// former
    #[arg(long)]
    write: bool,
    /// A binding to measure; `cargo xtask bench` passes those of every language
    #[arg(long, value_name = "NAME=COMMAND")]
    binding: Vec<String>,
    /// What a user would choose instead of a binding; `cargo xtask bench` passes them too
    #[arg(long, value_name = "NAME=COMMAND")]
    alternative: Vec<String>,
    /// A program that makes one call, to compare with the bare runtime of its language; `cargo
    /// xtask bench` passes them too
    #[arg(long, value_name = "NAME=BARE;COMMAND")]
    cold_start: Vec<String>,
    /// Besides Rust, measure only what has a name that starts with this
    #[arg(long, value_name = "NAME", default_value = "")]
    only: String,
}

impl Options {
    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 9 } else { 15 }).max(1)
    }

    fn time_of_load(&self) -> Duration {
        let milliseconds = self.milliseconds.unwrap_or(if self.quick { 200 } else { 500 });
        Duration::from_millis(milliseconds.into())
    }

    /// How long a contender may call before its memory is measured.
    fn warm_up_max(&self, origin: Origin) -> Duration {
        Duration::from_secs(if self.quick && origin == Origin::Alternative { 5 } else { 60 })
    }

    fn programs(&self) -> Result<Vec<Program>> {
        let mut programs: Vec<_> = Program::in_rust()?.into();
        for (options, origin) in [(&self.binding, Origin::Binding), (&self.alternative, Origin::Alternative)] {
            for option in self.selected(options) {
                programs.push(Program::parse(option, origin)?);
            }
        }
        sort_by_group(&mut programs);
        Ok(programs)
    }

    fn selected<'a>(&'a self, options: &'a [String]) -> impl Iterator<Item = &'a String> {
        options.iter().filter(|option| option.starts_with(&self.only))
    }
}

/// Sorts programs of the same language together, the languages in the order of their first programs.
fn sort_by_group(programs: &mut [Program]) {
    let groups: Vec<_> = programs.iter().map(|program| program.group().to_owned()).collect();
    programs.sort_by_key(|program| groups.iter().position(|group| group == program.group()));
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut stub = Stub::start()?;
    let mut results = Results {
        rounds: options.rounds(),
        is_quick: options.quick,
        load_before: machine::load_average(),
        contenders: Vec::new(),
        cold_starts: Vec::new(),
        failures: Vec::new(),
        signing: Signing::new()?,
        instructions: Err("not counted".to_owned()),
    };
    for option in options.selected(&options.cold_start) {
        results.cold_starts.push(ColdStart::parse(option, &stub.endpoint)?);
    }
    let mut racers = Vec::new();
    for program in options.programs()? {
        eprintln!("{}: the first calls, and memory", program.name);
        let name = program.name.clone();
        match Racer::start(program, racers.len(), &mut stub, options) {
            Ok(racer) => racers.push(racer),
            Err(error) => results.fail(&name, &error),
        }
    }
    run_rounds(&mut racers, &mut results, options)?;
    racers.sort_by_key(|racer| racer.place);
    // Only the one that is counted should run, so the others end here.
    results.contenders = racers.into_iter().map(|racer| racer.contender).collect();
    for contender in &mut results.contenders {
        eprintln!("{}: system calls and allocations", contender.program.name);
        count(contender, &stub.endpoint);
    }
    eprintln!("instructions");
    results.instructions = instructions::count().map_err(|error| format!("{error:#}"));
    report::publish(&results, options.write)
}

/// A contender whose program runs.
struct Racer {
    contender: Contender,
    /// In the tables.
    place: usize,
    process: Process,
    /// Calls per second, for each pace, in the last measurement.
    rates: [f64; 2],
}

/// With those that are not measured: 1,920.
const FIRST_CALLS: u32 = 640;

/// 20,000, rounded to what 64 tasks or threads make.
const CALLS_OF_GROWTH: u32 = 64 * 313;

impl Racer {
    /// Starts a program, which makes its first calls.
    fn start(program: Program, place: usize, stub: &mut Stub, options: &Options) -> Result<Self> {
        let before = stub.connections()?;
        let process = program.start(&stub.endpoint)?;
        let mut racer = Self { contender: Contender::new(program), place, process, rates: [1.0; 2] };
        racer.measure(Pace::AtOnce, FIRST_CALLS)?;
        racer.contender.connections = Ok(f64::from(stub.connections()? - before));
        if racer.warm_up(options.warm_up_max(racer.contender.program.origin))? {
            racer.measure_memory(options.quick)?;
        } else {
            (racer.contender.memory, racer.contender.growth) = (Err("too slow"), Err("too slow"));
        }
        racer.measure(Pace::OneAtATime, 256)?;
        Ok(racer)
    }

    /// Makes 20,000 calls, in parts, because a runtime that compiles becomes faster. Returns whether
    /// that took less than `most`.
    fn warm_up(&mut self, most: Duration) -> Result<bool> {
        let (begin, mut left) = (Instant::now(), CALLS_OF_GROWTH);
        while left > 0 && begin.elapsed() < most {
            let [_, rate] = self.rates;
            let calls = calls_in(rate, most / 5).min(left);
            self.measure(Pace::AtOnce, calls)?;
            left -= calls;
        }
        Ok(left == 0)
    }

    fn measure_memory(&mut self, is_quick: bool) -> Result<()> {
        let before = self.memory()?;
        self.contender.memory = before;
        if is_quick && self.contender.program.origin == Origin::Alternative {
            self.contender.growth = Err("not if quick");
            return Ok(());
        }
        self.measure(Pace::AtOnce, CALLS_OF_GROWTH)?;
        self.contender.growth = self.memory()?.and_then(|after| Ok(after - before?));
        Ok(())
    }

    /// Returns the resident memory in bytes, without garbage and without what is free in the heap of a
    /// JVM.
    fn memory(&mut self) -> Result<Measured> {
        let is_free = if self.contender.program.runs_on_jvm() { self.process.collect_garbage()? } else { 0.0 };
        Ok(self.process.memory().map(|resident| resident - is_free).ok_or("not reported"))
    }

    fn measure(&mut self, pace: Pace, calls: u32) -> Result<Sample> {
        let sample = self.process.measure(Load { calls, at_once: pace.at_once() })?;
        let [one_at_a_time, at_once] = &mut self.rates;
        *(if pace == Pace::OneAtATime { one_at_a_time } else { at_once }) = sample.rate();
        Ok(sample)
    }

    /// Calls for this time, as far as the last measurement predicts it.
    fn run_round(&mut self, pace: Pace, time: Duration) -> Result<()> {
        let [one_at_a_time, at_once] = self.rates;
        let calls = calls_in(if pace == Pace::OneAtATime { one_at_a_time } else { at_once }, time);
        let before = self.process.context_switches();
        let sample = self.measure(pace, calls)?;
        let switches = self.process.context_switches().zip(before).map(|(after, before)| after - before);
        self.contender.push(pace, sample, switches.map(|count| count / f64::from(sample.count + WARM_UP)));
        Ok(())
    }
}

/// Returns how many calls take this time: whole rounds of 64.
fn calls_in(rate: f64, time: Duration) -> u32 {
    let rounds = (rate * time.as_secs_f64() / 64.0).clamp(1.0, 1e6);
    64 * rounds as u32
}

/// Signatures of each kind in a round.
const SIGNATURES: u32 = 50_000;

fn run_rounds(racers: &mut Vec<Racer>, results: &mut Results, options: &Options) -> Result<()> {
    let begin = Instant::now();
    for round in 0..results.rounds {
        eprintln!("round {} of {}{}", round + 1, results.rounds, time_left(begin.elapsed(), round, results.rounds));
        for pace in PACES {
            racers.retain_mut(|racer| {
                let result = racer.run_round(pace, options.time_of_load());
                result.inspect_err(|error| results.fail(&racer.contender.program.name, error)).is_ok()
            });
        }
        // Another one begins in the next round, because the first has colder caches.
        let by = racers.len().min(1);
        racers.rotate_left(by);
        let mut cold_starts = std::mem::take(&mut results.cold_starts);
        cold_starts.retain_mut(|cold_start| {
            let result = cold_start.run();
            result.inspect_err(|error| results.fail(&format!("{}, cold start", cold_start.name), error)).is_ok()
        });
        results.cold_starts = cold_starts;
        results.signing.run(SIGNATURES)?;
    }
    Ok(())
}

/// Describes how long the other rounds take, once the first has ended.
fn time_left(elapsed: Duration, ended: usize, rounds: usize) -> String {
    if ended == 0 {
        return String::new();
    }
    let seconds = elapsed.as_secs_f64() / ended as f64 * (rounds - ended) as f64;
    format!("; the rounds end in about {seconds:.0} s")
}

/// Enough, because what is counted does not vary much.
const CALLS_OF_COUNT: u32 = 200;

/// Counts what one call does. What cannot be counted is reported in the tables.
fn count(contender: &mut Contender, endpoint: &str) {
    let count = |counter: &Counter, missing: &'static str| -> Measured {
        if !counter.is_installed() {
            return Err(missing);
        }
        counter.count_call(&contender.program, endpoint, CALLS_OF_COUNT).map_err(|error| {
            eprintln!("{error:#}");
            "failed"
        })
    };
    contender.system_calls = count(&SYSTEM_CALLS, "no strace");
    contender.allocations = match contender.program.is_native() {
        true => count(&ALLOCATIONS, "no valgrind"),
        false => Err("–"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_is_next_to_its_binding() {
        let names = ["C", "Kotlin", "Swift", "C, bare", "Java, bare", "Go, bare", "C, other"];
        let program = |name: &str| Program::parse(&format!("{name}=x"), Origin::Binding).expect("it is valid");
        let mut programs = names.map(program);
        sort_by_group(&mut programs);
        let sorted = programs.map(|program| program.name);
        assert_eq!(sorted, ["C", "C, bare", "C, other", "Kotlin", "Java, bare", "Swift", "Go, bare"]);
    }

    #[test]
    fn the_time_that_is_left_follows_from_the_rounds_that_have_ended() {
        assert_eq!(time_left(Duration::ZERO, 0, 9), "");
        assert_eq!(time_left(Duration::from_secs(20), 2, 9), "; the rounds end in about 70 s");
    }

    #[test]
    fn a_load_has_whole_rounds_of_64_calls() {
        let half_a_second = Duration::from_millis(500);
        assert_eq!(calls_in(1_000.0, half_a_second), 448);
        assert_eq!(calls_in(1.0, half_a_second), 64);
        assert_eq!(CALLS_OF_GROWTH % Pace::AtOnce.at_once(), 0);
    }
}
