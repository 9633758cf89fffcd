//! The help of every command, compared with the files in `help`. To update the files, run the test
//! with the environment variable UPDATE_HELP.

use std::path::Path;

use crate::fixture::{barcode, parts};

#[test]
fn the_help_of_every_command_is_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/help");
    let help = |arguments: &[&str]| {
        let (code, out, err) = parts(&barcode(&folder, arguments).output().unwrap());
        assert_eq!((code, &err[..]), (Some(0), ""));
        out
    };
    let program = help(&["--help"]);
    let commands = program.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    // The other lines continue a description.
    let commands = commands.filter(|line| !line.starts_with("   "));
    let commands = commands.filter_map(|line| line.split_whitespace().next());
    let mut pages = vec![("barcode", program.clone())];
    for command in commands.filter(|command| *command != "help") {
        pages.push((command, help(&[command, "--help"])));
    }
    assert!(pages.len() > 8, "{program}");
    for (name, page) in pages {
        let file = folder.join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_HELP").is_some() {
            std::fs::write(&file, &page).unwrap();
        }
        let recorded = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(page, recorded, "{name}: see the comment at the top of this file");
    }
}
