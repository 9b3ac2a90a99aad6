//! The output of a step: it goes to the terminal at once or, if the step runs in parallel with
//! another one, into a file that is printed when the step ends.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::files;

thread_local! {
    static OUTPUT_FILE: RefCell<Option<File>> = const { RefCell::new(None) };
}

/// Prints a line to this thread's output.
macro_rules! say {
    ($($text:tt)*) => { $crate::run::output::print(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use say;

#[allow(clippy::print_stdout, reason = "everything else prints through this function")]
pub(crate) fn print(text: fmt::Arguments<'_>) {
    let is_kept = OUTPUT_FILE.with_borrow_mut(|kept| kept.as_mut().map(|file| file.write_fmt(text)).is_some());
    if !is_kept {
        // Tests capture the output of the macro only.
        print!("{text}");
    }
}

/// This thread's output.
pub(crate) struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        OUTPUT_FILE
            .with_borrow_mut(|kept| kept.as_mut().map_or_else(|| io::stdout().write(bytes), |file| file.write(bytes)))
    }

    fn flush(&mut self) -> io::Result<()> {
        OUTPUT_FILE.with_borrow_mut(|kept| kept.as_mut().map_or_else(|| io::stdout().flush(), File::flush))
    }
}

/// Makes a command write to this thread's output.
pub(crate) fn connect(command: &mut Command) -> io::Result<()> {
    OUTPUT_FILE.with_borrow(|kept| {
        if let Some(file) = kept {
            command.stdout(file.try_clone()?).stderr(file.try_clone()?);
        }
        Ok(())
    })
}

/// While this value lives, the output of its thread goes into a file. Its drop prints the file and
/// keeps it.
pub(crate) struct OutputFile(PathBuf);

impl OutputFile {
    pub(crate) fn begin(file: PathBuf) -> Result<Self> {
        files::write(&file, "")?;
        // Several processes write to it.
        let opened = File::options().append(true).open(&file);
        let opened = opened.with_context(|| format!("cannot open {}", file.display()))?;
        OUTPUT_FILE.set(Some(opened));
        Ok(Self(file))
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        OUTPUT_FILE.set(None);
        if let Err(error) = print_file(&self.0) {
            print(format_args!("error: cannot print {}: {error}\n", self.0.display()));
        }
    }
}

fn print_file(file: &Path) -> io::Result<()> {
    // Locked, so that two files do not mix.
    let mut stdout = io::stdout().lock();
    io::copy(&mut File::open(file)?, &mut stdout)?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::run::process;

    #[test]
    fn what_this_thread_and_its_programs_print_is_output_folder_order() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("step");
        let kept = OutputFile::begin(file.clone()).expect("a file can be written");
        say!("one {}", 1);
        process::run(process::command("sh").args(["-c", "echo two; echo three >&2"])).expect("there is a shell");
        say!("four");
        drop(kept);
        let text = fs::read_to_string(file).expect("it stays");
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("$ ")).collect();
        assert_eq!(lines, ["one 1", "two", "three", "four"]);
    }
}
