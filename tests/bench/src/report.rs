//! The table, and the marks.

use std::fmt;
use std::fs;

use crate::cold::{ColdStart, Started, milliseconds};
use crate::load::{AT_ONCE, Pair};
use crate::marks::{self, Mark};
use crate::measure::{Sample, Spread};

/// One contender in all rounds, under both loads.
pub(crate) struct Contest {
    name: String,
    /// How many bytes 20,000 calls have cost for good, where the system says.
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
    /// Our client, compared with raw reqwest.
    pub(crate) rust: Contest,
    /// Compared with our client.
    pub(crate) bindings: Vec<Contest>,
    pub(crate) cold_starts: Vec<ColdStart>,
    pub(crate) acs3: Vec<Sample>,
    pub(crate) rpc: Vec<Sample>,
}

impl Report {
    pub(crate) fn begin(rounds: usize, calls: u32) -> Self {
        Self {
            rounds,
            calls,
            load_before: load_average(),
            rust: Contest::new("devcred", None),
            bindings: Vec::new(),
            cold_starts: Vec::new(),
            acs3: Vec::new(),
            rpc: Vec::new(),
        }
    }
}

/// How busy the machine is, where the system says so: numbers of a busy one are not worth much.
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
            grouped(self.calls.into())
        )?;
        for binding in &self.bindings {
            if let Some(growth) = binding.growth {
                writeln!(
                    f,
                    "{}: 20,000 calls after the first 1,000 made it grow by {} bytes",
                    binding.name,
                    grouped(growth as f64)
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
                table(f, &load, pairs, base, &contest.name)?;
            }
        }
        for cold_start in &self.cold_starts {
            start(f, cold_start)?;
        }
        signatures(f, "ACS3-HMAC-SHA256", &self.acs3)?;
        signatures(f, "HMAC-SHA1", &self.rpc)?;
        self.marks(f)
    }
}

impl Report {
    /// Every contender, with the one that it is compared with.
    fn contests(&self) -> impl Iterator<Item = (&Contest, &str)> {
        let bindings = self.bindings.iter().map(|contest| (contest, self.rust.name.as_str()));
        std::iter::once((&self.rust, "raw reqwest")).chain(bindings)
    }

    fn marks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "marks, by the median of the rounds")?;
        for (load, pairs) in self.rust.loads() {
            let what = format!("CPU, times raw reqwest's, {load}");
            let measured = Spread::of(pairs, Pair::cpu_ratio).median;
            Mark::AtMost(marks::CPU_RATIO_MAX).line(f, &what, measured, |ratio| format!("{ratio:.2}"))?;
        }
        rate_marks(f, &self.rust, "raw reqwest", marks::RATE_RATIO_MIN)?;
        for binding in &self.bindings {
            self.binding_marks(f, binding)?;
        }
        for cold_start in &self.cold_starts {
            if let Some(mark) = marks::of_binding(&cold_start.name).cold_start_max {
                let what = format!("{}: cold start, over the bare runtime's", cold_start.name);
                let measured = Spread::of(&cold_start.rounds, Started::added).median;
                Mark::AtMost(mark).line(f, &what, measured, |added| format!("{added:.1} ms"))?;
            }
        }
        let measured = Spread::of(&self.acs3, Sample::rate_of_cpu).median;
        Mark::AtLeast(marks::ACS3_MIN).line(f, "ACS3 signatures in a second of one thread", measured, grouped)
    }

    fn binding_marks(&self, f: &mut fmt::Formatter<'_>, binding: &Contest) -> fmt::Result {
        let of_language = marks::of_binding(&binding.name);
        if let Some(mark) = of_language.rate_ratio_min {
            rate_marks(f, binding, &self.rust.name, mark)?;
        }
        let cpu_marks = [of_language.cpu_sequential_max, of_language.cpu_at_once_max];
        for ((load, pairs), mark) in binding.loads().into_iter().zip(cpu_marks) {
            if let Some(mark) = mark {
                let what = format!("{}: CPU seconds for 1,000 calls, {load}", binding.name);
                let measured = Spread::of(pairs, |pair| pair.measured.cpu_per_thousand()).median;
                Mark::AtMost(mark).line(f, &what, measured, |seconds| format!("{seconds:.3}"))?;
            }
        }
        if let (Some(mark), Some(growth)) = (of_language.growth_max, binding.growth) {
            let what = format!("{}: bytes of growth over 20,000 calls", binding.name);
            Mark::AtMost(mark).line(f, &what, growth as f64, grouped)?;
        }
        Ok(())
    }
}

fn rate_marks(f: &mut fmt::Formatter<'_>, contest: &Contest, base: &str, mark: f64) -> fmt::Result {
    for (load, pairs) in contest.loads() {
        let what = format!("{}: calls a second, of {base}'s, {load}", contest.name);
        let measured = Spread::of(pairs, Pair::rate_ratio).median;
        Mark::AtLeast(mark).line(f, &what, measured, |ratio| format!("{:.0} %", 100.0 * ratio))?;
    }
    Ok(())
}

fn start(f: &mut fmt::Formatter<'_>, cold_start: &ColdStart) -> fmt::Result {
    writeln!(f, "{}: cold start, a process that makes one call: ms (min  median  max)", cold_start.name)?;
    let rounds = &cold_start.rounds;
    for (what, spread) in [
        ("bare runtime", Spread::of(rounds, |round| milliseconds(round.bare))),
        ("with one call", Spread::of(rounds, |round| milliseconds(round.calling))),
        ("added in a round", Spread::of(rounds, Started::added)),
    ] {
        writeln!(f, "  {what:<18}{:>7.1}  {:>7.1}  {:>7.1}", spread.min, spread.median, spread.max)?;
    }
    writeln!(f)
}

fn table(f: &mut fmt::Formatter<'_>, name: &str, pairs: &[Pair], base: &str, contender: &str) -> fmt::Result {
    writeln!(f, "{name:<18}{:<30}calls a second", "CPU s per 1,000 calls")?;
    writeln!(f, "{:<18}{:<30}    min   median      max", "", "   min  median     max")?;
    let of_base: fn(&Pair) -> &Sample = |pair| &pair.base;
    for (contender, of) in [(base, of_base), (contender, |pair| &pair.measured)] {
        let cpu = Spread::of(pairs, |pair| of(pair).cpu_per_thousand());
        let rate = Spread::of(pairs, |pair| of(pair).rate());
        let cpu = format!("{:.4}  {:.4}  {:.4}", cpu.min, cpu.median, cpu.max);
        let rate = [rate.min, rate.median, rate.max].map(|rate| format!("{:>7}", grouped(rate)));
        writeln!(f, "  {contender:<16}{cpu:<30}{}", rate.join("  "))?;
    }
    let cpu = Spread::of(pairs, Pair::cpu_ratio);
    let rate = Spread::of(pairs, Pair::rate_ratio);
    let cpu = format!("{:>6.2}  {:>6.2}  {:>6.2}", cpu.min, cpu.median, cpu.max);
    let rate = [rate.min, rate.median, rate.max].map(|rate| format!("{:>6.0} %", 100.0 * rate));
    writeln!(f, "  {:<16}{cpu:<30}{}\n", "ratio in a round", rate.join(" "))
}

fn signatures(f: &mut fmt::Formatter<'_>, name: &str, samples: &[Sample]) -> fmt::Result {
    let cpu = Spread::of(samples, Sample::rate_of_cpu);
    let wall = Spread::of(samples, Sample::rate);
    let three = |spread: &Spread| [spread.min, spread.median, spread.max].map(grouped).join("  ");
    writeln!(f, "{name} signatures, nonce and date included (min  median  max)")?;
    writeln!(f, "  in a second of the thread's CPU: {}", three(&cpu))?;
    writeln!(f, "  in a second by the clock:        {}\n", three(&wall))
}

/// A whole number with a comma before every three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let is_behind_digit = text.ends_with(|before: char| before.is_ascii_digit());
        if is_behind_digit && (digits.len() - place) % 3 == 0 {
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
    fn numbers_are_grouped_by_three() {
        assert_eq!([0.4, 999.0, 1000.0, 1_234_567.4].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([-999.0, -1000.0].map(grouped), ["-999", "-1,000"]);
    }
}
