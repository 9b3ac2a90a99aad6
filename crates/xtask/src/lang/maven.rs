//! Programs from empty Maven projects, in Java and in Kotlin, that depend on the jar as its README
//! says: `tests/maven`.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::lang::{emulator, kotlin};
use crate::run::{files, process, say};
use crate::workspace::Workspace;

const INSTALL_FILE: &str = "org.apache.maven.plugins:maven-install-plugin:3.1.4:install-file";
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
}

const PROJECTS: [Project; 2] = [
    Project { name: "java", example: "java/Get.java", source: "src/main/java/Get.java", main_class: "Get" },
    Project {
        name: "kotlin",
        example: "kotlin/Get.kt",
        source: "src/main/kotlin/Get.kt",
        main_class: "examples.get.GetKt",
    },
];

/// Installs the jar into a Maven repository of its own, as its README says, and runs both programs.
pub(crate) fn run_programs(workspace: &Workspace, jar: &Path) -> Result<()> {
    let folder = workspace.target.join("maven");
    let repository = folder.join("repository");
    // The rest of the repository is what Maven downloads.
    files::make_empty(&repository.join("io/devcred"))?;
    let maven = |project: &Path| {
        let mut maven = kotlin::maven_in(workspace, project);
        maven.arg("--quiet").arg(format!("-Dmaven.repo.local={}", repository.display()));
        maven
    };
    let mut install = maven(Path::new("."));
    install.args([INSTALL_FILE, "-DpomFile=bindings/kotlin/pom.xml"]).arg(format!("-Dfile={}", jar.display()));
    process::run(&mut install).context("this needs Maven Central")?;
    for project in &PROJECTS {
        let place = folder.join(project.name);
        project.write(workspace, &place)?;
        let [list, classpath] = ["dependencies", "classpath"].map(|file| place.join(file));
        let mut build = maven(&place);
        build.args(["compile", LIST, BUILD_CLASSPATH]);
        build.arg(format!("-DoutputFile={}", list.display()));
        process::run(build.arg(format!("-Dmdep.outputFile={}", classpath.display())))?;
        check_dependencies(&fs::read_to_string(list)?)?;
        project.run(workspace, &place, &fs::read_to_string(classpath)?)?;
    }
    Ok(())
}

impl Project {
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
        say!("the program in {} printed {}", self.name, username.trim_end());
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
   org.jetbrains.kotlin:kotlin-stdlib:jar:2.4.21:compile -- module kotlin.stdlib\n";

    #[test]
    fn a_dependency_that_the_readme_does_not_name_is_refused() {
        check_dependencies(LISTED).expect("it names these");
        let error = check_dependencies(&format!("{LISTED}   net.java.dev.jna:jna:jar:5.19.1:compile\n"));
        assert!(error.expect_err("it does not name it").to_string().contains("net.java.dev.jna"));
        check_dependencies("   none\n").expect_err("devcred is missing");
    }
}
