//! The repository of Maven that contains the jar, and programs from empty Maven projects, in Java
//! and in Kotlin, that depend on it as its README says: `tests/maven`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::lang::{emulator, kotlin};
use crate::run::{files, process, say};
use crate::workspace::Workspace;

const DEPLOY_FILE: &str = "org.apache.maven.plugins:maven-deploy-plugin:3.1.4:deploy-file";
const LIST: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:list";
const BUILD_CLASSPATH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath";

/// The groups of devcred and of what it needs.
const GROUPS: [&str; 4] = ["io.devcred", "org.jetbrains", "org.jetbrains.kotlin", "org.jetbrains.kotlinx"];

/// A project of `tests/maven`.
struct Project {
    name: &'static str,
    /// The program: an example, and its place in the project.
    example: &'static str,
    source: &'static str,
    main_class: &'static str,
    /// The version of Kotlin's compiler.
    kotlin: Option<&'static str>,
}

const PROJECTS: [Project; 3] = [
    Project {
        name: "java",
        example: "java/Get.java",
        source: "src/main/java/Get.java",
        main_class: "Get",
        kotlin: None,
    },
    Project::in_kotlin("2.4.21"),
    // The oldest version that the README promises.
    Project::in_kotlin("1.9.25"),
];

/// Writes a repository of Maven with the jar and further ones, which are options of the plugin.
pub(crate) fn publish(workspace: &Workspace, jar: &Path, others: &[String], repository: &Path) -> Result<()> {
    files::make_empty(repository)?;
    let mut maven = kotlin::maven_in(workspace, Path::new("."));
    maven.args(["--quiet", DEPLOY_FILE, "-DpomFile=bindings/kotlin/pom.xml"]).args(others);
    maven.arg(format!("-Dfile={}", jar.display())).arg(format!("-Durl={}", url(repository)));
    process::run(&mut maven).context("this needs Maven Central")
}

/// Publishes the jar and runs the programs, which find it in the repository.
pub(crate) fn run_programs(workspace: &Workspace, jar: &Path) -> Result<()> {
    let folder = workspace.target.join("maven");
    let (published, downloaded) = (folder.join("published"), folder.join("repository"));
    publish(workspace, jar, &[], &published)?;
    // Maven keeps what it has downloaded.
    files::make_empty(&downloaded.join("io/devcred"))?;
    for project in &PROJECTS {
        let place = folder.join(project.name).join(project.kotlin.unwrap_or_default());
        project.write(workspace, &place)?;
        let [list, classpath] = ["dependencies", "classpath"].map(|file| place.join(file));
        let mut build = kotlin::maven_in(workspace, &place);
        build.args(["--quiet", "compile", LIST, BUILD_CLASSPATH]);
        build.arg(format!("-Dmaven.repo.local={}", downloaded.display()));
        build.arg(format!("-Ddevcred.repository={}", url(&published)));
        build.args(project.kotlin.map(|version| format!("-Dkotlin.version={version}")));
        build.arg(format!("-DoutputFile={}", list.display()));
        process::run(build.arg(format!("-Dmdep.outputFile={}", classpath.display())))?;
        check_dependencies(&fs::read_to_string(list)?)?;
        project.run(workspace, &place, &fs::read_to_string(classpath)?)?;
    }
    Ok(())
}

fn url(folder: &Path) -> String {
    format!("file://{}", folder.display())
}

impl Project {
    const fn in_kotlin(version: &'static str) -> Self {
        Self {
            name: "kotlin",
            example: "kotlin/Get.kt",
            source: "src/main/kotlin/Get.kt",
            main_class: "examples.get.GetKt",
            kotlin: Some(version),
        }
    }

    /// Writes the project into an empty folder.
    fn write(&self, workspace: &Workspace, place: &Path) -> Result<()> {
        let pom = workspace.root.join("tests/maven").join(self.name).join("pom.xml");
        let readme = fs::read_to_string(workspace.root.join("bindings/kotlin/README.md"))?;
        let dependency = readme.split_once("```xml").and_then(|(_, rest)| rest.split_once("```"));
        let (dependency, _) = dependency.context("the README does not say what a pom contains")?;
        let words = |text: &str| text.split_whitespace().collect::<String>();
        ensure!(words(&fs::read_to_string(&pom)?).contains(&words(dependency)), "{} differs", pom.display());
        files::make_empty(place)?;
        files::copy(&pom, &place.join("pom.xml"))?;
        files::copy(&workspace.root.join("examples").join(self.example), &place.join(self.source))
    }

    /// Runs the program with an emulator.
    fn run(&self, workspace: &Workspace, place: &Path, dependencies: &str) -> Result<()> {
        let mut java = process::command(kotlin::java()?);
        let classes = place.join("target/classes");
        java.arg("-cp").arg(format!("{}:{}", classes.display(), dependencies.trim()));
        java.args([self.main_class, "GID_maven@@@device"]);
        let username = process::output(&mut emulator::with_emulator(workspace, &java)?)?;
        let name = self.name;
        say!("the program in {name} {} printed {}", self.kotlin.unwrap_or_default(), username.trim_end());
        ensure!(username.starts_with("DeviceCredential|"), "this is not a user name");
        Ok(())
    }
}

/// Fails if devcred brings a dependency that its README does not name.
fn check_dependencies(list: &str) -> Result<()> {
    // `   io.devcred:devcred:jar:0.1.0:compile -- module io.devcred`
    let groups: Vec<_> = list.lines().filter_map(|line| line.trim().split_once(":jar:")?.0.split_once(':')).collect();
    ensure!(groups.contains(&("io.devcred", "devcred")), "devcred is not in Maven's list: {list}");
    let other = groups.iter().find(|(group, _)| !GROUPS.contains(group));
    ensure!(other.is_none(), "devcred also depends on {other:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\nThe following files have been resolved:
   io.devcred:devcred:jar:0.1.0:compile -- module io.devcred
   org.jetbrains.kotlin:kotlin-stdlib:jar:2.0.21:compile -- module kotlin.stdlib\n";

    #[test]
    fn a_dependency_that_the_readme_does_not_name_is_refused() {
        check_dependencies(LISTED).expect("it names these");
        let error = check_dependencies(&format!("{LISTED}   net.java.dev.jna:jna:jar:5.19.1:compile\n"));
        assert!(error.expect_err("it does not name it").to_string().contains("net.java.dev.jna"));
        check_dependencies("   none\n").expect_err("devcred is missing");
    }
}
