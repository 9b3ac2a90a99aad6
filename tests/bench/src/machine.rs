//! What BENCHMARKS.md says about the machine and the versions.

use std::fmt::Write;
use std::time::SystemTime;

use fs_err as fs;

const LOCK_FILE: &str = include_str!("../../../Cargo.lock");
const TOOLCHAIN: &str = include_str!("../../../rust-toolchain.toml");

/// Returns the version of a package in the lock file.
pub(crate) fn package_version(name: &str) -> &'static str {
    quoted_after(LOCK_FILE, &format!("name = \"{name}\"\nversion = \""))
}

/// Returns the version of Rust that builds this.
pub(crate) fn rust_version() -> &'static str {
    quoted_after(TOOLCHAIN, "channel = \"")
}

fn quoted_after<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split_once(before).map(|(_, rest)| rest);
    rest.and_then(|rest| rest.split('"').next()).unwrap_or("unknown")
}

/// Returns the date of today in UTC.
pub(crate) fn date() -> String {
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    time.split('T').next().unwrap_or_default().to_owned()
}

/// Describes the processor, the memory and the kernel. It names no host.
pub(crate) fn describe() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (cpu, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let mut text = field(&cpu, "model name").unwrap_or(std::env::consts::ARCH).to_owned();
    let _ = write!(text, ", {cores} {}", if cores == 1 { "core" } else { "cores" });
    let kilobytes = field(&memory, "MemTotal").and_then(|total| total.split(' ').next()?.parse::<f64>().ok());
    if let Some(kilobytes) = kilobytes {
        let _ = write!(text, ", {:.0} GiB of memory", kilobytes / f64::from(1 << 20));
    }
    let kernel = read("/proc/sys/kernel/osrelease");
    let _ = write!(text, ", {} {}", read("/proc/sys/kernel/ostype").trim(), kernel.trim());
    text
}

/// Returns the load averages of the last 1, 5 and 15 minutes, if the system reports them.
pub(crate) fn load_average() -> Option<String> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    Some(text.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
}

/// Returns the value of the first line `name: value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        for version in [package_version("hyper"), package_version("reqwest"), rust_version()] {
            assert!(version.starts_with(|digit: char| digit.is_ascii_digit()), "{version}");
        }
        assert_eq!(package_version("devcred"), env!("CARGO_PKG_VERSION"));
        assert_eq!(package_version("no-such-package"), "unknown");
    }

    #[test]
    fn a_field_is_the_rest_of_its_line() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC\nmodel name\t: other\n";
        assert_eq!((field(text, "model name"), field(text, "flags")), (Some("AMD EPYC"), None));
        assert_eq!(date().len(), "2026-12-01".len());
    }
}
