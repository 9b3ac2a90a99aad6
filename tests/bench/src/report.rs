//! The table, and the marks.

use std::fmt;
use std::fs;

use crate::load::{AT_ONCE, Pair};
use crate::measure::{Sample, Spread};

/// At most so many times the CPU of raw reqwest.
const CPU_RATIO_MAX: f64 = 1.5;
/// At least this part of its calls a second.
const RATE_RATIO_MIN: f64 = 0.8;
/// At least so many ACS3 signatures a second on one thread.
const ACS3_MIN: f64 = 500_000.0;

/// At least this part of the Rust core's calls a second, in a binding of C.
const BINDING_RATE_RATIO_MIN: f64 = 0.9;

/// One contender in all rounds, under both loads.
pub(crate) struct Contest {
    name: String,
    sequential: Vec<Pair>,
    at_once: Vec<Pair>,
}

impl Contest {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), sequential: Vec::new(), at_once: Vec::new() }
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
    pub(crate) acs3: Vec<Sample>,
    pub(crate) rpc: Vec<Sample>,
}

impl Report {
    pub(crate) fn begin(rounds: usize, calls: u32) -> Self {
        Self {
            rounds,
            calls,
            load_before: load_average(),
            rust: Contest::new("devcred"),
            bindings: Vec::new(),
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
            let measured = Spread::of(pairs, Pair::cpu_ratio).median;
            writeln!(
                f,
                "  CPU, times raw reqwest's, {load}: mark: at most {CPU_RATIO_MAX:.2}, measured {measured:.2}: {}",
                verdict(measured <= CPU_RATIO_MAX)
            )?;
        }
        for (contest, base) in self.contests() {
            let mark = if contest.name == self.rust.name { RATE_RATIO_MIN } else { BINDING_RATE_RATIO_MIN };
            for (load, pairs) in contest.loads() {
                let (name, measured) = (&contest.name, Spread::of(pairs, Pair::rate_ratio).median);
                writeln!(
                    f,
                    "  {name}: calls a second, of {base}'s, {load}: mark: at least {:.0} %, measured {:.0} %: {}",
                    100.0 * mark,
                    100.0 * measured,
                    verdict(measured >= mark)
                )?;
            }
        }
        let measured = Spread::of(&self.acs3, Sample::rate_of_cpu).median;
        writeln!(
            f,
            "  ACS3 signatures in a second of one thread: mark: at least {}, measured {}: {}",
            grouped(ACS3_MIN),
            grouped(measured),
            verdict(measured >= ACS3_MIN)
        )
    }
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

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "NOT met" }
}

/// A whole number with a comma before every three digits.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
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
    }
}
