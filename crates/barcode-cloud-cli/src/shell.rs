//! `barcode completions` and `barcode man`: files for the shell and for `man`.

use std::io::Write;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::arguments::Arguments;

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode completions bash > ~/.local/share/bash-completion/completions/barcode
  barcode completions zsh > ~/.zfunc/_barcode
  barcode completions fish > ~/.config/fish/completions/barcode.fish")]
pub(crate) struct Completions {
    /// Shell to print the completions for
    shell: Shell,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  barcode man > barcode.1
  barcode man scan > barcode-scan.1")]
pub(crate) struct Man {
    /// Command to print the page of. Defaults to the page of the program
    command: Option<String>,
}

pub(crate) fn completions(arguments: &Completions, out: &mut impl Write) -> anyhow::Result<()> {
    // `generate` panics if it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "barcode", &mut script);
    Ok(out.write_all(&script)?)
}

pub(crate) fn man(arguments: &Man, out: &mut impl Write) -> anyhow::Result<()> {
    let mut program = Arguments::command();
    // Adds the global options to the commands.
    program.build();
    let command = match &arguments.command {
        None => program,
        Some(name) => {
            let command = program.find_subcommand(name);
            let command = command.with_context(|| format!("unknown command `{name}`"))?;
            command.clone().display_name(format!("barcode-{name}"))
        }
    };
    clap_mangen::Man::new(command).render(out)?;
    Ok(())
}
