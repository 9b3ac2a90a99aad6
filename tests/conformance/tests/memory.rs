//! The memory that a hostile answer costs: the peak of a probe that received it, compared with the
//! peak of one with a normal answer. It is a separate test because each answer needs a new probe: a
//! process's peak never falls.
//!
//! ```sh
//! cargo test -p devcred-conformance --test memory                    # Rust's probe
//! cargo test -p devcred-conformance --test memory -- --lang rust,c   # flags as those of the suite
//! ```

use std::ffi::OsString;
use std::fs;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use devcred_conformance::case;
use devcred_conformance::language::{self, Language};
use devcred_conformance::limits::Limits;
use devcred_conformance::pool::Pool;
use devcred_conformance::run;
use devcred_conformance::suite::{Options, cases_folder, title};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

/// 64 MiB, a gigabyte compressed, 30,000 brackets: the cases say what the caller must see.
const HOSTILE: [&str; 3] = ["answer/of-64-mib", "answer/gzip-bomb", "answer/nested/brackets-in-a-member"];
const NORMAL: &str = "success/credential";
/// The maximum difference to the peak of a normal answer.
const LIMIT_KIB: u64 = 8 * 1024;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program's main function")]
fn main() -> ExitCode {
    let options = Options::parse(std::env::args_os().skip(1));
    let chosen = options.and_then(|options| {
        let (chosen, left_out) = options.choose(language::all(env!("CARGO_BIN_EXE_devcred-probe-rust")))?;
        let runtime = Runtime::new().map_err(|error| format!("no tokio runtime: {error}"))?;
        Ok((options, chosen, left_out, runtime))
    });
    let (options, chosen, left_out, runtime) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let arguments = Arguments::from_iter([OsString::from("memory")].into_iter().chain(options.rest));
    let (runtime, figures) = (Arc::new(runtime), Arc::new(Mutex::new(Vec::new())));
    let title = title(&chosen, &left_out);
    let forms: Vec<_> = chosen.into_iter().flat_map(Language::forms_apart).collect();
    let pairs = HOSTILE.iter().flat_map(|case| forms.iter().map(move |language| (language.clone(), *case)));
    let pairs = pairs.filter(|(_, case)| options.case.as_ref().is_none_or(|text| case.contains(text.as_str())));
    let trials = pairs.map(|(language, case)| {
        let (runtime, figures) = (Arc::clone(&runtime), Arc::clone(&figures));
        let trial = Trial::test(format!("{}::{case}", language.title()), move || {
            let figure = compare(&language, case, &runtime)?;
            figures.lock().unwrap_or_else(PoisonError::into_inner).push(figure);
            Ok(())
        });
        // Other systems do not report a process's peak in this way.
        trial.with_ignored_flag(!cfg!(target_os = "linux"))
    });
    let trials = trials.collect();
    if !arguments.list {
        println!("{title}");
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for figure in figures.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{figure}");
    }
    conclusion.exit_code()
}

/// Returns a line with both peaks, or an error if they differ too much.
fn compare(language: &Language, case: &str, runtime: &Runtime) -> Result<String, String> {
    let normal = peak_kib(language, NORMAL, runtime)?;
    let hostile = peak_kib(language, case, runtime)?;
    let (name, over) = (language.title(), hostile.saturating_sub(normal));
    let figure = format!("{name}::{case}: peak {hostile} KiB, {over} KiB over the {normal} KiB of a normal answer");
    if over < LIMIT_KIB { Ok(figure) } else { Err(format!("{figure}: it must be less than {LIMIT_KIB} KiB")) }
}

/// Runs a case in a new probe, checks it as the suite does, and reads the probe's peak memory.
fn peak_kib(language: &Language, name: &str, runtime: &Runtime) -> Result<u64, String> {
    let cases = case::read_all(&cases_folder()).map_err(|error| error.to_string())?;
    let found = cases.into_iter().find(|(known, _)| known == name);
    let (_, case) = found.ok_or(format!("no case has the name {name}"))?;
    let pool = Pool::new(language.clone(), Limits::default());
    run::run(name, &case?, &pool, runtime)?;
    let process = pool.idle_processes().pop().ok_or("the probe has ended")?;
    let peak = peak_of(process).map_err(|wrong| format!("the probe's memory, process {process}: {wrong}"))?;
    match pool.finish().as_slice() {
        [] => Ok(peak),
        findings => Err(findings.join("\n")),
    }
}

/// `VmHWM`, the most of its memory that a process ever had in RAM.
fn peak_of(process: u32) -> Result<u64, String> {
    let folder = format!("/proc/{process}");
    let io = |error: std::io::Error| error.to_string();
    for thread in fs::read_dir(format!("{folder}/task")).map_err(io)? {
        let children = fs::read_to_string(thread.map_err(io)?.path().join("children")).unwrap_or_default();
        if !children.is_empty() {
            return Err(
                "it has processes of its own, whose memory is not counted: start the probe without them".to_owned()
            );
        }
    }
    let status = fs::read_to_string(format!("{folder}/status")).map_err(io)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib = line.trim().strip_suffix(" kB").ok_or("VmHWM is not in kB")?;
    kib.parse().map_err(|_| "VmHWM is no number".to_owned())
}
