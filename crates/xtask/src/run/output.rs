//! The output of a step: it goes to the terminal at once or, if the step runs in parallel with
//! another one, into a file that is printed when the step ends.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::run::files;

thread_local! {
    static OUTPUT_FILE: RefCell<Option<File>> = const { RefCell::new(None) };
}

/// Prints a line to this thread's output.
macro_rules! say {
    ($($text:tt)*) => { $crate::run::output::print(&format!("{}\n", format_args!($($text)*))) };
}
pub(crate) use say;

#[allow(clippy::print_stdout, reason = "everything else prints through this function")]
pub(crate) fn print(text: &str) {
    OUTPUT_FILE.with_borrow_mut(|file| match file {
        // If the file cannot be written, it cannot be printed either, which is reported.
        Some(file) => drop(file.write_all(text.as_bytes())),
        None => print!("{text}"),
    });
}

/// Makes a command write to this thread's output.
pub(crate) fn connect(command: &mut Command) -> io::Result<()> {
    OUTPUT_FILE.with_borrow(|file| {
        if let Some(file) = file {
            command.stdout(file.try_clone()?).stderr(file.try_clone()?);
        }
        Ok(())
    })
}

/// Runs the work while the output of its thread goes into a file, and then prints the file.
pub(crate) fn collect<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T> {
    files::write(path, "")?;
    // Several processes write to it.
    let file = File::options().append(true).open(path).with_context(|| format!("cannot open {}", path.display()))?;
    OUTPUT_FILE.set(Some(file));
    let value = work();
    OUTPUT_FILE.set(None);
    print_file(path).with_context(|| format!("cannot print {}", path.display()))?;
    Ok(value)
}

fn print_file(path: &Path) -> io::Result<()> {
    // Locked, so that two files do not mix.
    let mut stdout = io::stdout().lock();
    io::copy(&mut File::open(path)?, &mut stdout)?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::run::process;

    #[test]
    fn the_output_of_a_thread_and_of_its_programs_is_collected_in_order() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("step");
        let work = || {
            say!("one {}", 1);
            process::run(process::command("sh").args(["-c", "echo two; echo three >&2"])).expect("there is a shell");
            say!("four");
        };
        collect(&file, work).expect("a file can be written");
        let text = fs::read_to_string(file).expect("it stays");
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("$ ")).collect();
        assert_eq!(lines, ["one 1", "two", "three", "four"]);
    }
}
