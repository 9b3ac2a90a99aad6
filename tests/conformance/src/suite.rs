//! The whole suite: which cases in which languages, as named tests.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Instant;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

use crate::case::{self, Case};
use crate::language::{self, Language};
use crate::limits::Limits;
use crate::pool::{self, Pool};
use crate::report;
use crate::run;

/// The command line, without libtest's flags.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--lang rust,c`: these languages. Default: Rust, which plain cargo builds.
    pub languages: Vec<String>,
    /// `--case TEXT`: the cases whose name contains it.
    pub case: Option<String>,
    /// `--probe c=COMMAND`: this command line, split at spaces, instead of the language's.
    pub probes: Vec<(String, String)>,
    /// `--slow N`: the probe is N times slower than usual.
    pub slow: Option<u32>,
    /// `--known-failing FILE`: the cases in it, one `LANGUAGE::CASE` a line, must fail.
    pub known_failing: BTreeSet<String>,
    /// `--report FILE`: writes the results there, as a JUnit report.
    pub report: Option<PathBuf>,
    /// `--shard I/N`: every Nth case, from the Ith on, counted from 1.
    pub shard: Option<(usize, usize)>,
    /// `--trace`: the report of a failed case contains its requests and responses.
    pub trace: bool,
    /// The rest.
    pub rest: Vec<OsString>,
}

impl Options {
    /// Parses a command line without its program.
    ///
    /// # Errors
    /// A flag has no value, or its value is invalid.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            if text == "--trace" {
                options.trace = true;
                continue;
            }
            let (flag, value) = text.split_once('=').map_or((text.as_str(), None), |(flag, value)| (flag, Some(value)));
            if !FLAGS.contains(&flag) {
                options.rest.push(argument);
                continue;
            }
            let value = value.map(str::to_owned).or_else(|| Some(arguments.next()?.to_string_lossy().into_owned()));
            let value = value.ok_or_else(|| format!("{flag} takes a value"))?;
            match flag {
                "--lang" => options.languages.extend(value.split(',').map(str::to_owned)),
                "--case" => options.case = Some(value),
                "--known-failing" => options.known_failing = known_failing(Path::new(&value))?,
                "--report" => options.report = Some(value.into()),
                "--shard" => options.shard = Some(shard(&value).ok_or("--shard takes I/N, with I from 1 to N")?),
                "--slow" => options.slow = Some(value.parse().map_err(|_| "--slow takes a number".to_owned())?),
                _ => {
                    let probe = value.split_once('=').ok_or("--probe takes LANGUAGE=COMMAND")?;
                    options.probes.push((probe.0.to_owned(), probe.1.to_owned()));
                }
            }
        }
        Ok(options)
    }

    /// Returns the requested languages, and those that are left out.
    ///
    /// # Errors
    /// A language does not exist.
    pub fn choose(&self, mut known: Vec<Language>) -> Result<(Vec<Language>, Vec<Language>), String> {
        let names: Vec<_> = known.iter().map(|language| language.name).collect();
        let asked = self.languages.iter().chain(self.probes.iter().map(|(name, _)| name));
        if let Some(unknown) = asked.clone().find(|name| !names.contains(&name.as_str())) {
            return Err(format!("unknown language {unknown:?}; expected one of {}", names.join(", ")));
        }
        for (name, command) in &self.probes {
            for language in known.iter_mut().filter(|language| language.name == name) {
                language.command = command.split_whitespace().map(str::to_owned).collect();
            }
        }
        let wanted = |name: &str| match self.languages.as_slice() {
            [] => name == language::DEFAULT,
            languages => languages.iter().any(|language| language == name),
        };
        Ok(known.into_iter().partition(|language| wanted(language.name)))
    }
}

const FLAGS: [&str; 7] = ["--lang", "--case", "--probe", "--slow", "--known-failing", "--report", "--shard"];

fn shard(text: &str) -> Option<(usize, usize)> {
    let (index, count) = text.split_once('/')?;
    let (index, count) = (index.parse().ok()?, count.parse().ok()?);
    (1..=count).contains(&index).then_some((index, count))
}

/// Reads names of cases. Empty lines and lines that begin with `#` are ignored.
fn known_failing(file: &Path) -> Result<BTreeSet<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let names = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(names.map(str::to_owned).collect())
}

/// Runs the suite, and prints one line for each language at the end.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program's main function")]
pub fn main(known: Vec<Language>) -> ExitCode {
    let suite = Options::parse(std::env::args_os().skip(1)).and_then(|options| Suite::new(options, known));
    let suite = match suite {
        Ok(suite) => suite,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    if !suite.arguments.list {
        println!("{}", suite.title);
    }
    let conclusion = libtest_mimic::run(&suite.arguments, suite.trials());
    if suite.arguments.list {
        return ExitCode::SUCCESS;
    }
    let mut late = false;
    for column in &suite.columns {
        for pool in &column.pools {
            let findings = pool.finish();
            late |= !findings.is_empty();
            for finding in &findings {
                println!("{}: after the last answer: {finding}", pool.language().title());
            }
            column.failed.fetch_add(findings.len() as u64, Ordering::Relaxed);
        }
    }
    if let Some(file) = &suite.report {
        let results = suite.results.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = fs::write(file, report::junit(&results)) {
            eprintln!("error: {}: {error}", file.display());
            return ExitCode::from(2);
        }
    }
    for Column { name, passed, failed, .. } in suite.columns.iter().map(Arc::as_ref) {
        let (passed, failed) = (passed.load(Ordering::Relaxed), failed.load(Ordering::Relaxed));
        println!("{name}: {passed} passed, {failed} failed");
    }
    if late { ExitCode::FAILURE } else { conclusion.exit_code() }
}

/// A case by its name, for the threads that run it in each language.
type Shared = (String, Arc<Result<Case, String>>);

/// The probes of a language, one pool for each form, and the number of its results.
struct Column {
    name: &'static str,
    pools: Vec<Pool>,
    passed: AtomicU64,
    failed: AtomicU64,
}

struct Suite {
    title: String,
    arguments: Arguments,
    columns: Vec<Arc<Column>>,
    cases: Vec<Shared>,
    runtime: Arc<Runtime>,
    known_failing: Arc<BTreeSet<String>>,
    report: Option<PathBuf>,
    results: Arc<Mutex<Vec<report::Result>>>,
    /// A crowd locks it exclusively, so that it runs alone.
    machine: Arc<RwLock<()>>,
}

impl Column {
    fn new(language: Language, limits: Limits, is_traced: bool) -> Self {
        let name = language.name;
        let pools = language.forms_apart().into_iter().map(|form| Pool::new(form, limits).traced(is_traced)).collect();
        Self { name, pools, passed: AtomicU64::new(0), failed: AtomicU64::new(0) }
    }

    /// Runs a case in every form. It passes if all do, and counts once.
    fn run(&self, name: &str, case: &Case, runtime: &Runtime) -> Result<(), String> {
        let in_form = |pool: &Pool| {
            let result = run::run(name, case, pool, runtime);
            if self.pools.len() == 1 {
                result
            } else {
                result.map_err(|wrong| format!("{}: {wrong}", pool.language().title()))
            }
        };
        self.pools.iter().try_for_each(in_form)
    }
}

impl Suite {
    fn new(options: Options, known: Vec<Language>) -> Result<Self, String> {
        let (chosen, left_out) = options.choose(known)?;
        let title = title(&chosen, &left_out);

        let mut cases =
            case::read_all(&cases_folder()).map_err(|error| format!("the cases cannot be read: {error}"))?;
        if let Some(text) = &options.case {
            cases.retain(|(name, _)| name.contains(text.as_str()));
        }
        if let Some((index, count)) = options.shard {
            cases = cases.into_iter().skip(index - 1).step_by(count).collect();
        }
        if cases.is_empty() {
            return Err("no case has such a name; see tests/cases".to_owned());
        }
        let cases = cases.into_iter().map(|(name, case)| (name, Arc::new(case))).collect();
        let limits = Limits::default().slowed(options.slow.unwrap_or(1));
        let column = |language| Arc::new(Column::new(language, limits, options.trace));
        let columns: Vec<_> = chosen.into_iter().map(column).collect();
        let mut arguments = Arguments::from_iter([OsString::from("suite")].into_iter().chain(options.rest));
        arguments.test_threads = arguments.test_threads.or(Some(pool::SIZE * columns.len()));
        let runtime = Runtime::new().map_err(|error| format!("no tokio runtime: {error}"))?;
        Ok(Self {
            title,
            arguments,
            columns,
            cases,
            runtime: Arc::new(runtime),
            known_failing: Arc::new(options.known_failing),
            report: options.report,
            results: Arc::default(),
            machine: Arc::default(),
        })
    }

    /// Returns every case in every language. The languages alternate, so that none waits for
    /// another's probes.
    fn trials(&self) -> Vec<Trial> {
        let pairs = self.cases.iter().flat_map(|case| self.columns.iter().map(move |column| (case, column)));
        let trial = |((name, case), column): (&Shared, &Arc<Column>)| {
            let full_name = format!("{}::{name}", column.name);
            let (name, case) = (name.clone(), Arc::clone(case));
            let (known_failing, results) = (Arc::clone(&self.known_failing), Arc::clone(&self.results));
            let (column, runtime, machine) = (Arc::clone(column), Arc::clone(&self.runtime), Arc::clone(&self.machine));
            Trial::test(full_name.clone(), move || {
                let begun = Instant::now();
                let result = match case.as_ref() {
                    // If other cases ran, requests that were sent evenly would arrive bunched.
                    Ok(case) if case.is_crowd() => {
                        let _alone = machine.write().unwrap_or_else(PoisonError::into_inner);
                        column.run(&name, case, &runtime)
                    }
                    Ok(case) => {
                        let _together = machine.read().unwrap_or_else(PoisonError::into_inner);
                        column.run(&name, case, &runtime)
                    }
                    Err(wrong) => Err(wrong.clone()),
                };
                let result = if known_failing.contains(&full_name) { must_fail(result) } else { result };
                let (took, failure) = (begun.elapsed(), result.clone().err());
                let seen = report::Result { language: column.name, case: name, took, failure };
                results.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
                let sum = if result.is_ok() { &column.passed } else { &column.failed };
                sum.fetch_add(1, Ordering::Relaxed);
                result.map_err(Failed::from)
            })
        };
        pairs.map(trial).collect()
    }
}

/// A case that is listed as failing must fail, so that the list does not become stale.
fn must_fail(result: Result<(), String>) -> Result<(), String> {
    match result {
        Ok(()) => Err("it passes although --known-failing lists it; remove it there".to_owned()),
        Err(_) => Ok(()),
    }
}

/// Describes a run: `rust only; left out: c`.
pub fn title(chosen: &[Language], left_out: &[Language]) -> String {
    let names = |languages: &[Language]| languages.iter().map(|language| language.name).collect::<Vec<_>>().join(", ");
    let only = if chosen.len() == 1 { " only" } else { "" };
    let left_out = if left_out.is_empty() { String::new() } else { format!("; left out: {}", names(left_out)) };
    format!("{}{only}{left_out}", names(chosen))
}

/// Returns the folder of the cases.
pub fn cases_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cases")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_flags_are_separated_from_libtests() {
        let words = ["--lang", "rust,c", "--trace", "--case=retry", "--exact", "--probe", "c=valgrind -q probe", "x"];
        let options = Options::parse(words.map(OsString::from)).unwrap();
        assert_eq!(options.languages, ["rust", "c"]);
        assert_eq!(options.case.as_deref(), Some("retry"));
        assert_eq!(options.probes, [("c".to_owned(), "valgrind -q probe".to_owned())]);
        assert_eq!(options.rest, ["--exact", "x"].map(OsString::from));
        assert!(options.trace);
        assert!(Options::parse(["--lang".into()]).is_err());
        assert_eq!(Options::parse(["--shard".into(), "2/3".into()]).unwrap().shard, Some((2, 3)));
        for wrong in ["0/3", "4/3", "1", "a/b"] {
            assert!(Options::parse(["--shard".into(), wrong.into()]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_case_that_is_known_to_fail_must_fail() {
        assert_eq!(must_fail(Err("x".to_owned())), Ok(()));
        assert!(must_fail(Ok(())).unwrap_err().contains("--known-failing"));
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "# why\n\nrust::a/b\n").unwrap();
        let flag = file.path().as_os_str().to_owned();
        let options = Options::parse(["--known-failing".into(), flag]).unwrap();
        assert_eq!(options.known_failing.into_iter().collect::<Vec<_>>(), ["rust::a/b"]);
        assert!(Options::parse(["--known-failing".into(), "/no/such/file".into()]).is_err());
    }

    #[test]
    fn the_title_lists_what_is_left_out() {
        let language = |name| Language { name, ..language::all("").remove(0) };
        let [rust, c, swift] = ["rust", "c", "swift"].map(language);
        assert_eq!(title(std::slice::from_ref(&rust), &[]), "rust only");
        assert_eq!(title(std::slice::from_ref(&rust), &[c.clone(), swift]), "rust only; left out: c, swift");
        assert_eq!(title(&[rust, c], &[]), "rust, c");
    }
}
