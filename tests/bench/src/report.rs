//! BENCHMARKS.md: the tables, the marks, and how they came about.

use std::fmt;
use std::path::Path;

use anyhow::Result;
use fs_err as fs;

use crate::chart;
use crate::cold::Cost;
use crate::instructions::Count;
use crate::machine;
use crate::markdown::{Table, group_digits};
use crate::marks;
use crate::results::{Contender, Measured, PACES, Pace, Results};

/// Writes the files in the current folder, or prints the text.
pub(crate) fn publish(results: &Results, is_written: bool) -> Result<()> {
    let text = Report(results).to_string();
    if !is_written {
        print!("{text}");
        return Ok(());
    }
    for pace in PACES {
        fs::write(Path::new("docs").join(chart_name(pace)), chart::draw(results, pace)?)?;
    }
    fs::write("BENCHMARKS.md", text)?;
    println!("written: BENCHMARKS.md, docs/benchmarks-*.svg");
    Ok(())
}

fn chart_name(pace: Pace) -> &'static str {
    match pace {
        Pace::OneAtATime => "benchmarks-one-at-a-time.svg",
        Pace::AtOnce => "benchmarks-at-once.svg",
    }
}

struct Report<'a>(&'a Results);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(results) = self;
        f.write_str(INTRODUCTION)?;
        for pace in PACES {
            writeln!(f, "\n![CPU time of a call, {pace}](docs/{})", chart_name(pace))?;
        }
        write!(f, "\n## Speed\n\n{SPEED}\n{}", speed_table(results))?;
        for failure in &results.failures {
            writeln!(f, "- Not measured: {failure}\n")?;
        }
        write!(f, "## What a call does\n\n{COUNTS}\n{}", counts_table(results))?;
        write!(f, "## Cold start\n\n{COLD_START}\n{}", cold_table(results))?;
        write!(f, "## Signatures\n\n{SIGNATURES}\n{}", signatures_table(results))?;
        write!(f, "## Instructions\n\n{INSTRUCTIONS}\n")?;
        match &results.instructions {
            Ok(counts) => write!(f, "{}", instructions_table(counts))?,
            Err(reason) => writeln!(f, "Not counted: {reason}.\n")?,
        }
        write!(f, "## Marks\n\n{MARKS}\n{}", marks_table(results))?;
        write!(f, "## Versions and machine\n\n{}", versions_table(results))?;
        writeln!(f, "- Date: {}", machine::date())?;
        writeln!(f, "- Machine: {}", machine::describe())?;
        let kind = if results.is_quick { " (a quick run)" } else { "" };
        writeln!(f, "- Rounds: {}{kind}", results.rounds)?;
        if let Some(load) = &results.load_before {
            writeln!(f, "- Load averages before the run: {load}")?;
        }
        f.write_str(RERUN)
    }
}

const INTRODUCTION: &str = "\
# Benchmarks

What one call of devcred costs in every language, compared with what you would use without it: bare
clients of the language, which neither sign a request nor check the response, and the vendor's SDKs.
`cargo xtask bench --write` wrote this page and its charts, with every number of the run.
";

const SPEED: &str = "\
Every contender is a program that calls the same server on loopback, over HTTP without TLS, and keeps
connections as its client does by default. CPU is the time of all threads of the client's process,
user and system, for one call; the server's time is not counted. Contenders take turns in rounds. A
number is the median of the rounds, and a ratio the median of the ratios within a round, because a
busy machine slows all of them. *The core* is devcred's client for Rust, which all bindings use.
";

const COUNTS: &str = "\
For one call, one at a time: context switches of all threads, system calls (strace), and
allocations (valgrind; only if the language allocates with `malloc`). With 64 calls at once: the
connections that the first 1,920 calls opened, the resident memory after 20,000 calls, and by how
much it grew during the next 20,000; of a JVM's heap only what is in use after a collection. *Too
slow*: 20,000 calls take longer than the run allows.
";

const COLD_START: &str = "\
A process that makes one call and ends, compared with a process of the bare runtime that does
nothing: how much time it adds, by the clock and of the CPU.
";

const SIGNATURES: &str = "\
Signatures for each second of CPU time of one thread. A signed request has a new nonce and date. The
hashes alone are SHA-256 and HMAC over as many bytes as an ACS3 signature hashes.
";

const INSTRUCTIONS: &str = "\
Counted by callgrind, in which SHA-256 has no help of the processor. `cargo xtask check
instructions` fails if one of them grows by more than a tenth over `ledger.toml`.
";

const MARKS: &str = "\
What each number should be, as ratios to something that is measured in the same run. CPU ratios are
the medians of the rounds.
";

const RERUN: &str = "
## Run it again

```sh
cargo xtask bench            # prints this page; less than half an hour
cargo xtask bench --quick    # fewer and shorter rounds; less than 10 minutes
cargo xtask bench --write    # writes this page and its charts
```

Build times are not included. Use a machine that does nothing else: ratios change little on a busy
one, but times and context switches do.
";

/// Formats a number with these decimals.
fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.decimals$}"))
}

fn measured(value: Measured, format: impl Fn(f64) -> String) -> String {
    value.map_or_else(str::to_owned, format)
}

fn speed_table(results: &Results) -> Table {
    let titles = PACES.map(|pace| format!("CPU, {pace}"));
    let columns = titles.iter().flat_map(|title| [title.as_str(), "of the core", "calls/s"]);
    let mut table = Table::new(["language", "client"].into_iter().chain(columns));
    for contender in &results.contenders {
        let mut row = name_cells(contender);
        for pace in PACES {
            let ratio = results.core().and_then(|core| contender.cpu_ratio(core, pace));
            row.push(format!("{} µs", number(contender.cpu(pace), 1)));
            row.push(number(ratio, 2));
            row.push(contender.rate(pace).map_or_else(|| "–".to_owned(), group_digits));
        }
        table.push(row);
    }
    table
}

fn name_cells(contender: &Contender) -> Vec<String> {
    vec![contender.program.language().to_owned(), contender.program.client()]
}

fn counts_table(results: &Results) -> Table {
    let header = ["context switches", "system calls", "allocations", "connections", "memory", "growth"];
    let mut table = Table::new(["language", "client"].into_iter().chain(header));
    for contender in &results.contenders {
        let mut row = name_cells(contender);
        row.push(number(contender.context_switches(), 2));
        row.push(measured(contender.system_calls, |count| format!("{count:.1}")));
        row.push(measured(contender.allocations, |count| format!("{count:.1}")));
        row.push(measured(contender.connections, group_digits));
        row.push(measured(contender.memory, |bytes| format!("{:.1} MB", bytes / 1e6)));
        row.push(measured(contender.growth, |bytes| format!("{:.2} MB", bytes / 1e6)));
        table.push(row);
    }
    table
}

fn cold_table(results: &Results) -> Table {
    let mut table = Table::new(["language", "bare runtime", "devcred adds", "bare runtime, CPU", "devcred adds, CPU"]);
    for cold_start in &results.cold_starts {
        let costs: [fn(&Cost) -> f64; 2] = [Cost::wall, Cost::cpu];
        let times = costs.into_iter().flat_map(|cost| [cold_start.bare(cost), cold_start.added(cost)]);
        let mut row = vec![cold_start.name.clone()];
        row.extend(times.map(|time| format!("{} ms", number(time, 1))));
        table.push(row);
    }
    table
}

fn signatures_table(results: &Results) -> Table {
    let mut table = Table::new(["", "a second", "of the hashes alone"]);
    for row in results.signing.rows() {
        let share = row.share.map_or_else(|| "–".to_owned(), |share| format!("{share:.0} %"));
        table.push([row.name.to_owned(), group_digits(row.rate), share]);
    }
    table
}

fn instructions_table(counts: &[Count]) -> Table {
    let mut table = Table::new(["", "what", "instructions"]);
    for Count { name, work, count } in counts {
        table.push([format!("`{name}`"), work.describe().to_owned(), group_digits(*count as f64)]);
    }
    table
}

fn marks_table(results: &Results) -> Table {
    let mut table = Table::new(["devcred in", "what", "mark", "measured", ""]);
    for verdict in marks::verdicts(results) {
        let (measured, outcome) = match (verdict.measured, verdict.is_met) {
            (None, _) => ("–".to_owned(), "not measured"),
            (Some(measured), true) => (measured, "met"),
            (Some(measured), false) => (measured, "**missed**"),
        };
        table.push([verdict.contender, verdict.measure, verdict.mark, measured, outcome.to_owned()]);
    }
    table
}

fn versions_table(results: &Results) -> Table {
    let mut table = Table::new(["language", "client", "version"]);
    for contender in &results.contenders {
        let mut row = name_cells(contender);
        row.push(contender.version.clone().unwrap_or_else(|| "not stated".to_owned()));
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{CORE, Origin, REQWEST};
    use crate::results::tests::results;

    #[test]
    fn every_contender_has_its_rows() {
        let results = results(&[
            (REQWEST, Origin::Alternative, &[20, 20, 20]),
            (CORE, Origin::Core, &[25, 26, 27]),
            ("C, blocking", Origin::Binding, &[52, 52, 52]),
        ]);
        let text = Report(&results).to_string();
        for line in [
            "| Rust | raw reqwest | 20.0 µs | 0.77 | 25,000 | 20.0 µs | 0.77 | 25,000 |",
            "| Rust | **devcred** | 26.0 µs | 1.00 | 19,231 | 26.0 µs | 1.00 | 19,231 |",
            "| C | **devcred**, blocking | 52.0 µs | 2.00 | 9,615 | 52.0 µs | 2.00 | 9,615 |",
            "| C | **devcred**, blocking | 1.00 | not measured | not measured | not measured | not measured | not measured |",
            "| Rust | CPU time of a call, of raw reqwest, one at a time | at most 1.30 | 1.30 | met |",
            "| C | **devcred**, blocking | not stated |",
            "Not counted: valgrind is not installed.",
            "- Rounds: 3 (a quick run)",
            "- Not measured: Node, x: it has ended",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
