//! Runs the vendor's SDKs against the emulator (`tests/vendor`), for each language that has some. A
//! client that works with the service must work with the emulator.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::install::Venv;
use crate::lang::{kotlin, node};
use crate::run::{Extent, Steps, Tally, files, process, runner};
use crate::workspace::Workspace;

/// The vendor's SDKs of one language.
pub(crate) struct Sdks {
    /// The language whose tests they are part of.
    language: &'static str,
    /// The test program of `tests/vendor`. The SDKs are installed in `target/vendor-` followed by
    /// this name.
    target: &'static str,
    /// Installs the SDKs. It is quick if they are installed.
    install: fn(&Workspace) -> Result<()>,
    /// The command, in the syntax of the shell, that starts the program with their calls.
    caller: fn(&Workspace) -> Result<String>,
}

pub(crate) const PYTHON: Sdks = Sdks {
    language: "rust",
    target: "python",
    install: |workspace| VENV.install(workspace),
    caller: |workspace| {
        let python = VENV.program(workspace, "python")?;
        let program = workspace.root.join("tests/vendor/python/typed.py");
        Ok(format!("'{}' -I '{}'", python.display(), program.display()))
    },
};

pub(crate) const NODE: Sdks = Sdks {
    language: "node",
    target: "node",
    install: |workspace| node::install_locked(workspace, "tests/vendor/node", &NODE.folder(workspace)),
    caller: |workspace| {
        // It must be in the folder of the packages that it requires.
        let program = NODE.folder(workspace).join("generic.cjs");
        files::copy(&workspace.root.join("tests/vendor/node/generic.cjs"), &program)?;
        Ok(format!("'{}' '{}'", node::program()?.display(), program.display()))
    },
};

pub(crate) const JAVA: Sdks = Sdks {
    language: "kotlin",
    target: "java",
    install: |workspace| {
        let project = "tests/vendor/java";
        let folder = JAVA.folder(workspace);
        let read = |file| fs::read_to_string(workspace.root.join(project).join(file));
        let wanted = read("pom.xml")? + &read("Generic.java")?;
        files::make_once(workspace, &folder, &wanted, || {
            files::make_empty(&folder)?;
            let mut maven = kotlin::maven_in(workspace, project);
            maven.arg(format!("-Ddevcred.folder={}", folder.display())).arg("compile");
            process::run(&mut maven).context("this needs Maven Central")
        })
    },
    caller: |workspace| {
        let (java, folder) = (kotlin::java()?, JAVA.folder(workspace));
        let folder = folder.display();
        Ok(format!("'{}' {JAVA_FLAGS} -cp '{folder}/classes:{folder}/lib/*' Generic", java.display()))
    },
};

const VENV: Venv =
    Venv { name: "vendor-python", purpose: "the vendor's SDK", requirements: "tests/vendor/python/requirements.txt" };

/// The variable with the program that the tests start.
const PROGRAM_VARIABLE: &str = "DEVCRED_VENDOR_PROGRAM";

/// For a JVM that starts quickly and runs only for a short time.
const JAVA_FLAGS: &str = "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx128m";

impl Sdks {
    pub(crate) fn setup(&self, workspace: &Workspace, steps: &mut Steps) {
        if steps.extent() == Extent::Everything {
            steps.run(&format!("{}: the vendor's SDKs", self.language), || (self.install)(workspace));
        }
    }

    pub(crate) fn test(&self, workspace: &Workspace, steps: &mut Steps) -> Tally {
        let name = format!("{}: tests, the vendor's SDKs", self.language);
        if steps.leaves_out(&name) {
            return Tally::default();
        }
        steps.test(&name, || {
            let folder = self.folder(workspace);
            files::check_made(workspace, &folder)?;
            let caller = folder.join("caller");
            files::write_starter(&caller, None, &(self.caller)(workspace)?)?;
            let mut command = workspace.cargo_together("test");
            command.args(["--no-fail-fast", "--test", self.target]);
            runner::run(command.env(PROGRAM_VARIABLE, caller))
        })
    }

    fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(format!("vendor-{}", self.target))
    }
}
