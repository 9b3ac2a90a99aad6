//! Packages of Debian: programs in this system, and a small Debian in a folder for what this
//! system's packages may not have.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::run::{files, process, say};
use crate::workspace::Workspace;

/// Installs the missing programs, each from a package, into the system, because a compiler knows
/// its own path. Without the rights of root it fails and names the packages.
pub(crate) fn ensure(programs: &[(&str, &str)]) -> Result<()> {
    // apt-get locks out a second apt-get, and steps run in parallel.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_missing = |name: &str| !std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let missing: Vec<_> = programs.iter().filter(|(name, _)| is_missing(name)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        say!("up to date: {}", programs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
        return Ok(());
    }
    let missing = missing.join(" ");
    let hint = format!("install {missing}, then run this again (Debian, Ubuntu: `apt-get install {missing}`)");
    let is_root = process::output(process::command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || is_missing("apt-get") {
        bail!("{hint}");
    }
    apt_install(|| process::command("apt-get"), missing.split(' ')).context(hint)
}

/// Updates the lists of packages and installs some, by commands that `apt_get` creates.
fn apt_install<'a>(apt_get: impl Fn() -> Command, packages: impl Iterator<Item = &'a str>) -> Result<()> {
    process::run(apt_get().arg("update")).context("cannot download the lists of packages")?;
    let mut install = apt_get();
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "--yes", "--no-install-recommends"]);
    process::run(install.args(packages))
}

/// The Debian that has Swift 6.0 and Rust 1.85.
const RELEASE: &str = "trixie";

const DEBOOTSTRAP: &[(&str, &str)] = &[("debootstrap", "debootstrap")];

/// Mounts what a program needs in the root, until the process ends: some folders, `/dev`, and
/// `/proc`, with which Swift finds its own programs.
const ENTER: &str = r#"
root=$1; shift
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done; shift
mount -t proc proc "$root/proc"; mount --bind /dev "$root/dev"
exec chroot "$root" "$@""#;

/// Packages in a small Debian below `target/`. Their programs run there with chroot and a private
/// mount namespace, so no mount remains.
pub(crate) struct DebianRoot {
    pub(crate) packages: &'static [&'static str],
}

impl DebianRoot {
    /// Creates the root unless it is complete, and installs the packages in it.
    pub(crate) fn install(&self, workspace: &Workspace) -> Result<()> {
        let root = Self::folder(workspace);
        files::make_once(workspace, &root, RELEASE, || {
            ensure(DEBOOTSTRAP)?;
            // Not across a mount point that was left there.
            process::run(process::command("rm").args(["-rf", "--one-file-system"]).arg(&root))?;
            fs::create_dir_all(&workspace.target)?;
            let mut debootstrap = process::command("debootstrap");
            debootstrap.args(["--variant=minbase", RELEASE]).arg(&root).arg(mirror()?);
            process::run(&mut debootstrap).context("cannot create the root folder; this needs the rights of root")?;
            for name in ["etc/resolv.conf", "etc/hosts"] {
                fs::copy(Path::new("/").join(name), root.join(name))?;
            }
            Ok(())
        })?;
        files::make_once(workspace, &self.stamp(workspace), self.packages.join(" "), || {
            apt_install(|| enter(workspace, &[], "apt-get"), self.packages.iter().copied())?;
            process::run(enter(workspace, &[], "apt-get").arg("clean"))
        })
    }

    /// Fails unless `install` has installed the packages.
    pub(crate) fn check(&self, workspace: &Workspace) -> Result<()> {
        files::check_made(workspace, &self.stamp(workspace))
    }

    /// A command of one of the programs. The workspace has the same path in the root.
    pub(crate) fn command(&self, workspace: &Workspace, program: &str) -> Result<Command> {
        self.check(workspace)?;
        let cargo_home = workspace.cargo_home()?;
        Ok(enter(workspace, &[&workspace.root, &workspace.target, &cargo_home], program))
    }

    /// The folder that contains `/`.
    pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
        workspace.target.join("debian")
    }

    fn stamp(&self, workspace: &Workspace) -> PathBuf {
        Self::folder(workspace).join("devcred").join(self.packages.join("-"))
    }
}

fn enter(workspace: &Workspace, bound: &[&Path], program: &str) -> Command {
    let mut command = process::command("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-ec", ENTER, "sh"]);
    command.arg(DebianRoot::folder(workspace)).args(bound).arg("--").arg(program);
    command
}

/// The mirror of Debian in the configuration of this machine.
fn mirror() -> Result<String> {
    let targets =
        process::output(process::command("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(CODENAME)"]))
            .context("cannot find this machine's mirror of Debian")?;
    let mut lines = targets.lines().filter_map(|line| line.split_once(' '));
    let is_main = |uri: &str, codename: &str| !codename.contains('-') && uri.trim_end_matches('/').ends_with("/debian");
    let main = lines.find(|(uri, codename)| is_main(uri, codename));
    let (uri, _) = main.context("apt has no mirror of Debian")?;
    Ok(uri.to_owned())
}
