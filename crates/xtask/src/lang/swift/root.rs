//! The Swift toolchain: a folder below `target/` with a small Debian that has a package of Swift 6.
//!
//! A network may block Swift's server, and the Debian of this machine may be older. Programs run in
//! the folder with chroot and a private mount namespace, so no mount remains. The programs that it
//! builds run outside of it too, with the folder's libraries.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::install::debian;
use crate::run::{process, say};
use crate::workspace::Workspace;

/// The Debian that has Swift 6.0.
const RELEASE: &str = "trixie";

/// `swiftlang` only recommends the last two, but `import Foundation` needs them.
const PACKAGES: [&str; 4] = ["swiftlang", "libc6-dev", "libstdc++-14-dev", "ca-certificates"];

/// Programs, and the packages of Debian that contain them.
const PROGRAMS: &[(&str, &str)] = &[("debootstrap", "debootstrap")];

/// The folders with Swift's libraries.
const LIBRARIES: [&str; 2] = ["usr/lib", "usr/libexec/swift/lib/swift/linux"];

/// Mounts what the toolchain needs in the root, until the process ends: the checkout, the target
/// folder, `/dev`, and `/proc`, with which Swift finds its own programs.
const ENTER: &str = r#"
root=$1; shift
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done; shift
mount -t proc proc "$root/proc"; mount --bind /dev "$root/dev"
exec chroot "$root" "$@""#;

/// The folder with the toolchain.
pub(super) struct SwiftRoot {
    folder: PathBuf,
}

impl SwiftRoot {
    /// Creates the root unless it is complete.
    pub(super) fn install(workspace: &Workspace) -> Result<Self> {
        let root = Self { folder: workspace.target.join("swift/root") };
        if root.is_complete() {
            say!("up to date: {}", workspace.relative(&root.folder));
            return Ok(root);
        }
        debian::ensure(PROGRAMS)?;
        if root.folder.exists() {
            // Not across a mount point that was left there.
            process::run(process::command("rm").args(["-rf", "--one-file-system"]).arg(&root.folder))?;
        }
        let parent = root.folder.parent().context("the folder has a parent")?;
        fs::create_dir_all(parent)?;
        let mut debootstrap = process::command("debootstrap");
        debootstrap.args(["--variant=minbase", RELEASE]).arg(&root.folder).arg(mirror()?);
        process::run(&mut debootstrap)
            .context("cannot create the root folder of Debian; this needs the rights of root")?;
        for name in ["resolv.conf", "hosts"] {
            let from = Path::new("/etc").join(name);
            fs::copy(&from, root.folder.join("etc").join(name))?;
        }
        process::run(root.enter(&[], "apt-get").arg("update"))?;
        let mut install = root.enter(&[], "apt-get");
        install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "--yes", "--no-install-recommends"]);
        process::run(install.args(PACKAGES)).context("cannot install Swift")?;
        process::run(root.enter(&[], "apt-get").arg("clean"))?;
        fs::write(root.stamp(), stamp())?;
        Ok(root)
    }

    /// Finds the root that `install` created.
    pub(super) fn find(workspace: &Workspace) -> Result<Self> {
        let root = Self { folder: workspace.target.join("swift/root") };
        if !root.is_complete() {
            bail!(
                "Swift is missing: the step that installs it failed (see above), or you need to run `cargo xtask setup --lang swift`"
            );
        }
        Ok(root)
    }

    /// A command of `swift`. The workspace has the same path in the root.
    pub(super) fn swift(&self, workspace: &Workspace) -> Command {
        let mut command = self.enter(&[&workspace.root, &workspace.target], "swift");
        // For its caches.
        command.env("HOME", workspace.target.join("swift"));
        command
    }

    /// The words before a program that starts it outside of the root: the root's loader, with its
    /// libraries.
    pub(super) fn loader(&self) -> Result<Vec<String>> {
        let architecture = format!("{}-linux-gnu", std::env::consts::ARCH);
        let [libraries, swift] = LIBRARIES.map(|place| self.folder.join(place));
        let path = std::env::join_paths([libraries.join(&architecture), swift])?;
        let loader = fs::read_dir(libraries.join(&architecture))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux")))
            .context("the root folder of Debian has no loader")?;
        let words = [loader.into_os_string(), "--library-path".into(), path];
        words.into_iter().map(|word| word.into_string().ok().context("the path of the checkout is not UTF-8")).collect()
    }

    fn enter(&self, bound: &[&Path], program: &str) -> Command {
        let mut command = process::command("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-ec", ENTER, "sh"]).arg(&self.folder);
        command.args(bound).arg("--").arg(program);
        command
    }

    fn is_complete(&self) -> bool {
        fs::read_to_string(self.stamp()).is_ok_and(|found| found == stamp())
    }

    fn stamp(&self) -> PathBuf {
        self.folder.join("devcred-stamp")
    }
}

fn stamp() -> String {
    format!("{RELEASE} {}\n", PACKAGES.join(" "))
}

/// The mirror of Debian in the configuration of this machine.
fn mirror() -> Result<String> {
    let targets =
        process::output(process::command("apt-get").args(["indextargets", "--format", "$(REPO_URI) $(CODENAME)"]))
            .context("cannot find this machine's mirror of Debian")?;
    let is_main = |codename: &str| !codename.contains('-');
    let lines = targets.lines().filter_map(|line| line.split_once(' '));
    let mut mains = lines.filter(|(uri, codename)| is_main(codename) && uri.trim_end_matches('/').ends_with("/debian"));
    let (uri, _) = mains.next().context("apt has no mirror of Debian, from which Swift is installed")?;
    Ok(uri.to_owned())
}
