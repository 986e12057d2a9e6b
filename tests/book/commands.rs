//! The reference of the command line has a section for each command, in which all of its options occur.

use crate::pages::Page;

#[test]
fn every_command_and_option_is_described() {
    let page = Page::read("book/src/commands.md").text;
    let commands = commands();
    assert!(commands.len() >= 15, "{commands:?}");
    let intro = page.split("\n## ").next().expect("the beginning");
    EVERYWHERE.iter().for_each(|option| assert!(intro.contains(option), "commands.md does not describe {option}"));
    for command in commands {
        let section = page.split("\n## ").find(|s| s.starts_with(&format!("`carom {command}`\n")));
        let section = section.unwrap_or_else(|| panic!("commands.md has no section `carom {command}`"));
        for option in options(&command) {
            assert!(section.contains(&format!("`{option}")), "commands.md does not describe {option} of {command}");
        }
    }
}

#[test]
fn the_citation_has_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, line) in
        [("CITATION.cff", format!("version: {version}")), ("book/src/citing.md", format!("{{{version}}}"))]
    {
        assert!(Page::read(file).text.contains(&line), "{file} does not contain `{line}`");
    }
}

/// The names of all commands except `help`.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let lines = help.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    let names = lines.filter_map(|l| l.split_whitespace().next());
    names.filter(|name| *name != "help").map(String::from).collect()
}

/// The options that every command has. They are described once.
const EVERYWHERE: [&str; 3] = ["--help", "--version", "--color"];

/// The long options of a command, except [`EVERYWHERE`].
fn options(command: &str) -> Vec<String> {
    let help = printed(&[command, "--help"]);
    let lines = help.lines().map(str::trim).filter(|l| l.starts_with('-'));
    let words = lines.filter_map(|l| l.split_whitespace().find(|word| word.starts_with("--")));
    words.filter(|word| !EVERYWHERE.contains(word)).map(String::from).collect()
}

fn printed(arguments: &[&str]) -> String {
    let mut command = assert_cmd::Command::cargo_bin("carom").expect("the binary is built");
    let output = command.args(arguments).assert().success().get_output().stdout.clone();
    String::from_utf8(output).expect("help is UTF-8")
}
