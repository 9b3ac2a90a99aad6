//! The tables and the targets.

use std::fmt;
use std::fs;

use crate::cold::{ColdStart, Round, milliseconds};
use crate::load::{AT_ONCE, Pair};
use crate::measure::{Sample, Spread};
use crate::targets::{self, Target};

/// The samples of one contender in all rounds, under both loads.
pub(crate) struct Contest {
    name: String,
    /// The memory growth over 20,000 calls in bytes, if the system reports memory.
    growth: Option<i64>,
    sequential: Vec<Pair>,
    at_once: Vec<Pair>,
}

impl Contest {
    pub(crate) fn new(name: &str, growth: Option<i64>) -> Self {
        Self { name: name.to_owned(), growth, sequential: Vec::new(), at_once: Vec::new() }
    }

    pub(crate) fn push(&mut self, at_once: u32, pair: Pair) {
        if at_once == 1 { self.sequential.push(pair) } else { self.at_once.push(pair) }
    }

    fn loads(&self) -> [(String, &[Pair]); 2] {
        [("sequential".to_owned(), &self.sequential), (format!("{AT_ONCE} at once"), &self.at_once)]
    }
}

pub(crate) struct Report {
    rounds: usize,
    calls: u32,
    load_before: Option<String>,
    /// Devcred's client, compared with raw reqwest.
    pub(crate) devcred: Contest,
    /// Compared with devcred's client.
    pub(crate) bindings: Vec<Contest>,
    pub(crate) cold_starts: Vec<ColdStart>,
    pub(crate) acs3: Vec<Sample>,
    pub(crate) rpc: Vec<Sample>,
}

impl Report {
    pub(crate) fn new(rounds: usize, calls: u32) -> Self {
        Self {
            rounds,
            calls,
            load_before: load_average(),
            devcred: Contest::new("devcred", None),
            bindings: Vec::new(),
            cold_starts: Vec::new(),
            acs3: Vec::new(),
            rpc: Vec::new(),
        }
    }
}

/// Returns the load average, if the system reports it: a busy machine distorts the results.
fn load_average() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next().map(str::to_owned)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rounds, {} calls of each contender in a round, HTTP over loopback, one thread; CPU of this process only",
            self.rounds,
            group_digits(self.calls.into())
        )?;
        for binding in &self.bindings {
            if let Some(growth) = binding.growth {
                writeln!(
                    f,
                    "{}: 20,000 calls after the first 1,000 increased its memory by {} bytes",
                    binding.name,
                    group_digits(growth as f64)
                )?;
            }
        }
        if let (Some(before), Some(after)) = (&self.load_before, load_average()) {
            let cores = std::thread::available_parallelism().map_or(0, usize::from);
            writeln!(f, "load average of this machine: {before} before, {after} after, on {cores} cores")?;
        }
        writeln!(f)?;
        for (contest, base) in self.contests() {
            for (load, pairs) in contest.loads() {
                write_table(f, &load, pairs, base, &contest.name)?;
            }
        }
        for cold_start in &self.cold_starts {
            write_cold_start(f, cold_start)?;
        }
        write_signatures(f, "ACS3-HMAC-SHA256", &self.acs3)?;
        write_signatures(f, "HMAC-SHA1", &self.rpc)?;
        self.write_targets(f)
    }
}

impl Report {
    /// Returns every contender with the name of its base.
    fn contests(&self) -> impl Iterator<Item = (&Contest, &str)> {
        let bindings = self.bindings.iter().map(|contest| (contest, self.devcred.name.as_str()));
        std::iter::once((&self.devcred, "raw reqwest")).chain(bindings)
    }

    fn write_targets(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "targets, compared with the median of the rounds")?;
        for (load, pairs) in self.devcred.loads() {
            let name = format!("CPU time as a multiple of raw reqwest's, {load}");
            let measured = Spread::of(pairs, Pair::cpu_ratio).median;
            Target::AtMost(targets::CPU_RATIO_MAX).write_line(f, &name, measured, |ratio| format!("{ratio:.2}"))?;
        }
        write_rate_targets(f, &self.devcred, "raw reqwest", targets::RATE_RATIO_MIN)?;
        for binding in &self.bindings {
            self.write_binding_targets(f, binding)?;
        }
        for cold_start in &self.cold_starts {
            if let Some(target) = targets::for_binding(&cold_start.name).cold_start_max {
                let name = format!("{}: cold start, time added to the bare runtime", cold_start.name);
                let measured = Spread::of(&cold_start.rounds, Round::added).median;
                Target::AtMost(target).write_line(f, &name, measured, |added| format!("{added:.1} ms"))?;
            }
        }
        let measured = Spread::of(&self.acs3, Sample::cpu_rate).median;
        Target::AtLeast(targets::ACS3_MIN).write_line(
            f,
            "ACS3 signatures per second of one thread",
            measured,
            group_digits,
        )
    }

    fn write_binding_targets(&self, f: &mut fmt::Formatter<'_>, binding: &Contest) -> fmt::Result {
        let targets = targets::for_binding(&binding.name);
        if let Some(target) = targets.rate_ratio_min {
            write_rate_targets(f, binding, &self.devcred.name, target)?;
        }
        let cpu_targets = [targets.cpu_sequential_max, targets.cpu_at_once_max];
        for ((load, pairs), target) in binding.loads().into_iter().zip(cpu_targets) {
            if let Some(target) = target {
                let name = format!("{}: CPU seconds per 1,000 calls, {load}", binding.name);
                let measured = Spread::of(pairs, |pair| pair.measured.cpu_per_thousand()).median;
                Target::AtMost(target).write_line(f, &name, measured, |seconds| format!("{seconds:.3}"))?;
            }
        }
        if let (Some(target), Some(growth)) = (targets.growth_max, binding.growth) {
            let name = format!("{}: memory growth over 20,000 calls, in bytes", binding.name);
            Target::AtMost(target).write_line(f, &name, growth as f64, group_digits)?;
        }
        Ok(())
    }
}

fn write_rate_targets(f: &mut fmt::Formatter<'_>, contest: &Contest, base: &str, target: f64) -> fmt::Result {
    for (load, pairs) in contest.loads() {
        let name = format!("{}: calls per second, relative to {base}, {load}", contest.name);
        let measured = Spread::of(pairs, Pair::rate_ratio).median;
        Target::AtLeast(target).write_line(f, &name, measured, |ratio| format!("{:.0} %", 100.0 * ratio))?;
    }
    Ok(())
}

fn write_cold_start(f: &mut fmt::Formatter<'_>, cold_start: &ColdStart) -> fmt::Result {
    writeln!(f, "{}: cold start, a process that makes one call, in ms (min  median  max)", cold_start.name)?;
    let rounds = &cold_start.rounds;
    for (name, spread) in [
        ("bare runtime", Spread::of(rounds, |round| milliseconds(round.bare))),
        ("with one call", Spread::of(rounds, |round| milliseconds(round.calling))),
        ("added per round", Spread::of(rounds, Round::added)),
    ] {
        writeln!(f, "  {name:<18}{:>7.1}  {:>7.1}  {:>7.1}", spread.min, spread.median, spread.max)?;
    }
    writeln!(f)
}

fn write_table(f: &mut fmt::Formatter<'_>, name: &str, pairs: &[Pair], base: &str, contender: &str) -> fmt::Result {
    writeln!(f, "{name:<18}{:<30}calls per second", "CPU s per 1,000 calls")?;
    writeln!(f, "{:<18}{:<30}    min   median      max", "", "   min  median     max")?;
    let select_base: fn(&Pair) -> &Sample = |pair| &pair.base;
    for (contender, select) in [(base, select_base), (contender, |pair| &pair.measured)] {
        let cpu = Spread::of(pairs, |pair| select(pair).cpu_per_thousand());
        let rate = Spread::of(pairs, |pair| select(pair).rate());
        let cpu = format!("{:.4}  {:.4}  {:.4}", cpu.min, cpu.median, cpu.max);
        let rate = [rate.min, rate.median, rate.max].map(|rate| format!("{:>7}", group_digits(rate)));
        writeln!(f, "  {contender:<16}{cpu:<30}{}", rate.join("  "))?;
    }
    let cpu = Spread::of(pairs, Pair::cpu_ratio);
    let rate = Spread::of(pairs, Pair::rate_ratio);
    let cpu = format!("{:>6.2}  {:>6.2}  {:>6.2}", cpu.min, cpu.median, cpu.max);
    let rate = [rate.min, rate.median, rate.max].map(|rate| format!("{:>6.0} %", 100.0 * rate));
    writeln!(f, "  {:<16}{cpu:<30}{}\n", "ratio per round", rate.join(" "))
}

fn write_signatures(f: &mut fmt::Formatter<'_>, name: &str, samples: &[Sample]) -> fmt::Result {
    let cpu = Spread::of(samples, Sample::cpu_rate);
    let wall = Spread::of(samples, Sample::rate);
    let format_spread = |spread: &Spread| [spread.min, spread.median, spread.max].map(group_digits).join("  ");
    writeln!(f, "{name} signatures, including nonce and date (min  median  max)")?;
    writeln!(f, "  per second of CPU time:   {}", format_spread(&cpu))?;
    writeln!(f, "  per second of wall time:  {}\n", format_spread(&wall))
}

/// Formats a whole number with a comma before every three digits.
fn group_digits(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let follows_digit = text.ends_with(|before: char| before.is_ascii_digit());
        if follows_digit && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!([0.4, 999.0, 1000.0, 1_234_567.4].map(group_digits), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([-999.0, -1000.0].map(group_digits), ["-999", "-1,000"]);
    }
}
