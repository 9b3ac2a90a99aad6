//! Helpers of the C tests: the installed library, an emulator, and programs to compile and run.

#![allow(dead_code, reason = "each test uses some of it")]

use std::fs;
use std::io::{Read, Seek};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use devcred_emulator::{Builder, Emulator};
use tokio::runtime::Runtime;

/// How long a program may run before it counts as hanging. Generous, because the machine may be
/// busy.
const LIMIT: Duration = Duration::from_secs(120);

pub(crate) const STRICT: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
pub(crate) const INSTANCE: &str = "post-cn-test";

/// Returns the prefix in which the library to test is installed.
pub(crate) fn prefix() -> PathBuf {
    let prefix = std::env::var_os("DEVCRED_C_PREFIX");
    prefix.expect("DEVCRED_C_PREFIX is not set: `cargo xtask test --lang c` installs the library and sets it").into()
}

pub(crate) fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Returns the names of the functions that the header declares.
pub(crate) fn functions_of_the_header() -> Vec<String> {
    let header = fs::read_to_string(prefix().join("include/devcred.h")).unwrap();
    let is_name_char = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut functions: Vec<_> = header
        .split('(')
        .filter_map(|before| before.rsplit(|c| !is_name_char(c)).next())
        .filter(|name| name.starts_with("devcred_"))
        .map(str::to_owned)
        .collect();
    functions.sort();
    functions.dedup();
    assert!(functions.len() > 40, "the header could not be read: {functions:?}");
    functions
}

/// An emulator and its runtime.
pub(crate) struct Service {
    pub(crate) emulator: Emulator,
    _runtime: Runtime,
}

impl Service {
    pub(crate) fn start(builder: Builder) -> Self {
        let runtime = Runtime::new().unwrap();
        Self { emulator: runtime.block_on(builder.start()).unwrap(), _runtime: runtime }
    }

    /// Returns the first arguments of every program.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let emulator = &self.emulator;
        [emulator.endpoint(), emulator.access_key_id(), emulator.access_key_secret()].map(str::to_owned).into()
    }
}

/// How a program is built and run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    Plain,
    /// With the address, leak and undefined behaviour sanitizers; the first report ends the
    /// program.
    Sanitizers,
    /// With the undefined behaviour sanitizer only.
    UndefinedSanitizer,
    Valgrind,
    ValgrindWithoutLeakCheck,
    /// Linked with `libdevcred.a` and the libraries that pkg-config lists for it.
    StaticLibrary,
}

impl Mode {
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Sanitizers => {
                &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
            }
            Self::UndefinedSanitizer => &["-fsanitize=undefined", "-fno-sanitize-recover=all"],
            _ => &[],
        }
    }
}

/// A compiled program, in a temporary folder.
pub(crate) struct Program {
    mode: Mode,
    folder: tempfile::TempDir,
}

impl Program {
    /// Compiles `tests/NAME.c` against the library that is installed in `prefix`.
    pub(crate) fn compile(name: &str, mode: Mode, prefix: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = prefix.join("lib");
        let mut command = Command::new("cc");
        command.args(["-std=c99", "-g"]).args(STRICT).args(mode.flags());
        command.arg("-I").arg(prefix.join("include")).arg(sources().join(format!("{name}.c")));
        if mode == Mode::StaticLibrary {
            command.arg(library.join("libdevcred.a")).args(static_libraries(prefix));
        } else {
            // -rdynamic exports the functions with which the program replaces those of the C
            // library.
            command.arg("-L").arg(&library).args(["-ldevcred", "-rdynamic"]);
            command.arg(format!("-Wl,-rpath,{}", library.display()));
        }
        command.args(["-pthread", "-o"]).arg(folder.path().join("program"));
        let (status, output) = run(&mut command);
        assert!(status.success(), "{name}.c does not compile, {mode:?}:\n{output}");
        Self { mode, folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("program")
    }

    /// Runs the program and returns what it printed. It must succeed without a report of a checker.
    pub(crate) fn run(&self, arguments: &[String]) -> String {
        let program = self.folder.path().join("program");
        let mut command = match self.mode {
            Mode::Valgrind | Mode::ValgrindWithoutLeakCheck => {
                let leaks = if self.mode == Mode::Valgrind { "full" } else { "no" };
                let mut command = Command::new("valgrind");
                command.args(["--quiet", "--fair-sched=try", "--errors-for-leak-kinds=definite,indirect"]);
                command.arg("--show-leak-kinds=definite,indirect");
                command.arg(format!("--leak-check={leaks}")).arg("--error-exitcode=9").arg(program);
                command
            }
            _ => Command::new(program),
        };
        // The library reads options from the environment, such as a proxy.
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("ASAN_OPTIONS", "detect_leaks=1").env("UBSAN_OPTIONS", "print_stacktrace=1");
        let (status, output) = run(command.args(arguments));
        let is_clean = !output.contains("Sanitizer") && !output.contains("runtime error:");
        assert!(status.success() && is_clean, "{:?}: {status}\n{output}", self.mode);
        println!("{:?}: {output}", self.mode);
        output
    }
}

/// Returns the linker flags that pkg-config lists for the static library.
pub(crate) fn static_libraries(prefix: &Path) -> Vec<String> {
    let text = fs::read_to_string(prefix.join("lib/pkgconfig/devcred.pc")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("Libs.private:"));
    line.expect("devcred.pc has Libs.private").split_whitespace().map(str::to_owned).collect()
}

/// Creates a prefix in `folder` with the debug build of the library, which panics for one ClientId.
pub(crate) fn install_library_that_panics(folder: &Path) {
    let built = std::env::var_os("DEVCRED_C_DEBUG");
    let built = built.expect("DEVCRED_C_DEBUG is not set: `cargo xtask test --lang c` builds that library and sets it");
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    symlink(include, folder.join("include")).unwrap();
    fs::create_dir(folder.join("lib")).unwrap();
    for name in ["libdevcred.so", "libdevcred.so.1"] {
        symlink(Path::new(&built).join("libdevcred.so"), folder.join("lib").join(name)).unwrap();
    }
}

/// Runs a command and returns its status and output.
pub(crate) fn run(command: &mut Command) -> (ExitStatus, String) {
    // A file, because a pipe stays open as long as any child of the program has it.
    let mut file = tempfile::tempfile().unwrap();
    command.stdin(std::process::Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file.try_clone().unwrap());
    let name = command.get_program().to_owned();
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{name:?}: {error}; `cargo xtask setup --lang c` installs it"));
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut output = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut output).unwrap();
    let output = String::from_utf8_lossy(&output).into_owned();
    let Some(status) = status else { panic!("{name:?} was killed after {LIMIT:?}. Its output:\n{output}") };
    (status, output)
}
