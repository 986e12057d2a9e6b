//! Every code shows its mistake and the remedy.

use carom::diagnostic::Code;

use crate::pages::{Block, blocks};

/// Codes whose example cannot be run here, and the reason.
const NOT_RUN: &[(Code, &str)] = &[
    (Code::OnlyPanels, "from a caller of the library: `carom run` draws panels from the files of other experiments"),
    (Code::InvalidState, "a state that stops being positive is a defect of the simulator"),
    (Code::FolderInUse, "from two runs at once: see `a_folder_in_use_is_refused_with_the_process`"),
    (Code::LongSweep, "from a terminal: see `on_a_terminal_a_sweep_of_hours_asks_first`"),
    (Code::JournalRefused, "from a sweep that was stopped: see `a_journal_of_something_else_is_refused_and_kept`"),
];

/// The marks of errors and warnings in the output of a command.
const MARKS: [char; 2] = ['×', '⚠'];

/// An example shows a script or commands with exactly the mistake, and then the same without a mistake. Whether each
/// does what it shows is the test of the page.
#[test]
fn every_code_shows_its_mistake_and_the_remedy() {
    for code in Code::ALL {
        let (id, example) = (code.row().id, code.row().example);
        let blocks = blocks(id, example);
        if NOT_RUN.iter().any(|(c, _)| c == code) {
            assert!(blocks.iter().all(|b| b.info == "text"), "{id}: a test runs this example");
            continue;
        }
        let [wrong, right] = &blocks[..] else {
            panic!("src/diagnostic/examples/{id}.md: a block with the mistake and a block with the remedy")
        };
        assert!(is_wrong(wrong, id), "{id}: the first block, `{}`, does not show {id}", wrong.info);
        assert!(is_right(right), "{id}: the second block, `{}`, shows a mistake", right.info);
    }
}

fn is_wrong(block: &Block, id: &str) -> bool {
    let shown = block.text.lines().any(|l| l.contains(MARKS) && l.contains(id));
    let kind = if id.starts_with('W') { "warning" } else { "error" };
    block.info == format!("carom {kind} {id}") || is_dialogue(block) && shown
}

fn is_right(block: &Block) -> bool {
    block.info == "carom" || is_dialogue(block) && !block.text.contains(MARKS)
}

fn is_dialogue(block: &Block) -> bool {
    block.info == "console" || block.info.split(' ').next() == Some("repl")
}
