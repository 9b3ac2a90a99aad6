//! Searches the memory of another process. A process that searched itself would find its search
//! text.
#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::unwrap_used, reason = "helpers of a test")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A process that prints what it has done, and continues when it receives a line.
pub(crate) struct Holder {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Holder {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    /// Writes a line to its input.
    pub(crate) fn send(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    /// Waits until it prints this, and returns the rest of the line.
    pub(crate) fn await_text(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).unwrap() > 0, "it ended before it printed {text}");
            if let Some((_, rest)) = line.split_once(text) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Counts how often each of these is in its writable memory.
    pub(crate) fn counts<const N: usize>(&self, needles: [&str; N]) -> [usize; N] {
        let process = format!("/proc/{}", self.child.id());
        let memory = File::open(format!("{process}/mem")).unwrap();
        let mut counts = [0; N];
        for region in fs::read_to_string(format!("{process}/maps")).unwrap().lines() {
            let mut words = region.split_whitespace();
            let (range, rights) = (words.next().unwrap(), words.next().unwrap());
            let address = |text| u64::from_str_radix(text, 16).unwrap();
            let (start, end) = range.split_once('-').map(|(start, end)| (address(start), address(end))).unwrap();
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            // Some regions of the kernel cannot be read.
            if rights.starts_with("rw") && memory.read_exact_at(&mut bytes, start).is_ok() {
                for (count, needle) in counts.iter_mut().zip(needles) {
                    *count += occurrences(&bytes, needle.as_bytes());
                }
            }
        }
        counts
    }

    pub(crate) fn end(mut self) {
        drop(self.stdin);
        assert!(self.child.wait().unwrap().success());
    }
}

fn occurrences(bytes: &[u8], needle: &[u8]) -> usize {
    let (first, mut rest, mut count) = (needle[0], bytes, 0);
    while let Some(place) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[place..];
        count += usize::from(rest.starts_with(needle));
        rest = &rest[1..];
    }
    count
}

/// A secret as it may travel into the process: no search for the secret finds it. Each byte is
/// complemented, in hex.
pub(crate) fn masked(secret: &str) -> String {
    secret.bytes().map(|byte| format!("{:02x}", !byte)).collect()
}

/// The secret of a masked text.
pub(crate) fn unmasked(masked: &str) -> String {
    let digits = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let mut secret = String::with_capacity(masked.len() / 2);
    secret.extend(masked.as_bytes().chunks(2).map(|pair| char::from(!digits(pair))));
    secret
}

/// What is searched for: the allocator writes into the first bytes of memory that was freed.
pub(crate) fn tail(secret: &str) -> &str {
    &secret[secret.len() - 12..]
}
