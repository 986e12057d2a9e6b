//! The user's own editor, for `edit`.

use std::fs;
use std::process::Command;

use crate::storage::temporary_folder;
use crate::syntax::decode;

/// Opens a text in the user's editor and returns the edited text.
///
/// # Errors
/// No editor is configured, it failed, or its file is not text.
pub(super) fn edit(text: &str) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|e| !e.trim().is_empty()));
    let Some(editor) = editor else {
        return Err("no editor is configured: set EDITOR, for example `export EDITOR=nano`".to_string());
    };
    let folder = temporary_folder().map_err(|e| format!("cannot create a temporary folder: {e}"))?;
    let path = folder.path().join("edit.carom");
    fs::write(&path, text).map_err(|e| format!("cannot write `{}`: {e}", path.display()))?;
    // EDITOR may have arguments; a shell splits them, as it does for other programs.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&path).status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(format!("`{editor}` ended with {status}; nothing was changed")),
        Err(e) => return Err(format!("cannot start `{editor}`: {e}")),
    }
    let bytes = fs::read(&path).map_err(|e| format!("cannot read `{}`: {e}", path.display()))?;
    decode("the edited text", bytes).map_err(|d| d.message)
}
