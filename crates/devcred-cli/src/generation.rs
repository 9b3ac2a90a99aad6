//! What is generated from the definition of the command line: completions of shells, and manual
//! pages.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::{Arguments, Output};
use crate::console;
use crate::failure::Failure;

pub(crate) fn print_completions(shell: Shell) -> ExitCode {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    print(&script)
}

/// Prints the page of a subcommand, or of the command.
pub(crate) fn print_manual(subcommand: Option<&str>) -> ExitCode {
    let mut command = Arguments::command();
    // The names of subcommands then contain the command's.
    command.build();
    let command = subcommand.and_then(|name| command.find_subcommand(name)).unwrap_or(&command).clone();
    let mut page = Vec::new();
    match render(command, &mut page) {
        Ok(()) => print(&page),
        Err(error) => report(error),
    }
}

fn render(command: Command, page: &mut dyn Write) -> io::Result<()> {
    let after_help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let has_subcommands = command.has_subcommands();
    let manual = Man::new(command);
    manual.render_title(page)?;
    manual.render_name_section(page)?;
    manual.render_synopsis_section(page)?;
    manual.render_options_section(page)?;
    if has_subcommands {
        manual.render_subcommands_section(page)?;
    }
    sections(&after_help).to_writer(page)
}

/// Returns a section for each paragraph of the help that has a heading, line by line: a filled
/// paragraph would break the commands in it.
fn sections(after_help: &str) -> Roff {
    let mut roff = Roff::new();
    let mut has_notes = false;
    for paragraph in after_help.split("\n\n") {
        let (heading, body) = match paragraph.split_once(":\n") {
            Some((heading, body)) if body.starts_with(' ') && !heading.contains('\n') => (heading, body),
            _ => ("Notes", paragraph),
        };
        if heading != "Notes" || !has_notes {
            roff.control("SH", [heading.to_uppercase().as_str()]);
        } else {
            roff.control("PP", []);
        }
        has_notes = heading == "Notes";
        // As in the help, whose lines fit into a narrow terminal.
        roff.control("in", ["0"]).control("nf", []);
        for line in body.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}

fn print(text: &[u8]) -> ExitCode {
    match console::print(&String::from_utf8_lossy(text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(error),
    }
}

fn report(error: io::Error) -> ExitCode {
    Failure::not_written(error).report(Output::Text)
}
