//! A temporary folder for each test, and the command run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use tempfile::TempDir;

/// A model that runs in an instant: a spin that precesses and loses its excitation to a stream.
pub(crate) const SMALL: &str = "\
## A spin that loses its excitation.

param g = 0.3        ## coupling
param ω = 1          ## splitting
param out = keep     ## which rule
system s = |+>
environment e = |0>
hamiltonian H = g/2 * (σx(s)*σx(e) + σy(s)*σy(e)) - ω/2 * σz(s)
rule keep { discard e }
rule erase { discard e; uncorrelate s }
step {
    evolve H for 1
    record P = purity(s)
    trace out
}
observe x = <σx(s)>   ## what is watched
observe z = <σz(s)>
experiment short \"Twenty collisions\" {
    run 20
    let C = pearson(x, z, width = 5, overlap = 3)
    let y = x*x + z*z
    let low = min(z)
    expect last(z) > 0.5
}
experiment wrong \"A claim that does not hold\" {
    run 20
    expect last(z) < 0
}
";

/// Longest wall-clock time of a command. Only a command that hangs takes longer, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// Limit of processor time, in seconds. Only a command that never ends needs more.
const LIMIT: u32 = 60;

/// Limit of processor time, in seconds, for an input that is refused at once.
const AT_ONCE: u32 = 5;

/// The output of a command and its exit status.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Asserts the exit status; the failure message shows both streams.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// Asserts that the command reports a user's mistake: this exit status, a short error that contains these words,
    /// and no panic.
    #[track_caller]
    pub(crate) fn refuses(self, code: i32, words: &[&str]) -> Self {
        let said = self.ends(code);
        // Undo the wrapping of long messages.
        let text = said.err.replace("\n  │ ", " ").replace("\n        ", " ");
        for word in words {
            assert!(text.contains(word), "no {word:?} in:\n{}", said.err);
        }
        assert!(!said.err.contains("panicked"), "{}", said.err);
        assert!(said.err.lines().count() <= 16, "too long:\n{}", said.err);
        said
    }
}

/// The temporary folder of a test.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with the model [`SMALL`] in `m.carom`.
    pub(crate) fn small() -> Self {
        let place = Self::new();
        place.write("m.carom", SMALL);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// All files and folders in the folder and its subfolders, including hidden ones, sorted.
    pub(crate) fn tree(&self) -> Vec<String> {
        fn walk(folder: &Path, prefix: &str, out: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), &format!("{name}/"), out);
                }
                out.push(name);
            }
        }
        let mut out = Vec::new();
        walk(self.folder.path(), "", &mut out);
        out.sort();
        out
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        self.limited(LIMIT, args)
    }

    /// A command that the system stops after the given seconds of processor time. Wall-clock time would depend on other
    /// processes.
    fn limited(&self, seconds: u32, args: &[&str]) -> Command {
        let mut command = if cfg!(unix) { Command::new("sh") } else { Command::new(carom()) };
        if cfg!(unix) {
            command.args(["-c", &format!("ulimit -t {seconds}; exec \"$0\" \"$@\"")]).arg(carom());
        }
        command.args(args).current_dir(self.folder.path()).timeout(PATIENCE);
        command
    }

    /// Runs a command that must end within [`AT_ONCE`].
    #[track_caller]
    pub(crate) fn at_once(&self, args: &[&str]) -> Said {
        said(&mut self.limited(AT_ONCE, args))
    }

    #[track_caller]
    pub(crate) fn carom(&self, args: &[&str]) -> Said {
        said(&mut self.command(args))
    }

    /// Runs a command with this text on standard input.
    #[track_caller]
    pub(crate) fn piped(&self, args: &[&str], input: &str) -> Said {
        said(self.command(args).write_stdin(input))
    }

    /// Runs a line of bash, in which `carom` is the command under test.
    #[track_caller]
    pub(crate) fn shell(&self, line: &str) -> Said {
        let line = format!("ulimit -t {LIMIT}\ncarom() {{ \"$CAROM\" \"$@\"; }}\n{line}");
        let mut shell = Command::new("bash");
        shell.args(["-c", &line]).env("CAROM", carom()).current_dir(self.folder.path()).timeout(PATIENCE);
        said(&mut shell)
    }
}

/// Whether a program that a test needs is installed. Without it the test is skipped, except under CI, where `.ci/run`
/// installs the program and its absence is a failure.
#[track_caller]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn has(tool: &str) -> bool {
    let found =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|f| f.join(tool).is_file()));
    assert!(found || std::env::var_os("CI").is_none(), "`{tool}` is not installed");
    if !found {
        eprintln!("skipped: `{tool}` is not installed");
    }
    found
}

/// A Python with matplotlib. Without one the test is skipped, as with [`has`].
#[track_caller]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn python() -> Option<&'static str> {
    let works = |python: &&str| {
        let mut command = std::process::Command::new(python);
        command.args(["-c", "import matplotlib"]).output().is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "/usr/bin/python3"].into_iter().find(works);
    assert!(found.is_some() || std::env::var_os("CI").is_none(), "no Python has matplotlib");
    if found.is_none() {
        eprintln!("skipped: no Python has matplotlib");
    }
    found
}

/// The command under test.
pub(crate) fn carom() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_carom"))
}

#[track_caller]
fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal or too late: {}", output.status));
    Said { code, out: text(output.stdout), err: text(output.stderr) }
}

/// The rows of a CSV text, header first.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(ToString::to_string).collect()).collect()
}
