// Starts `carom lsp` and forwards the editor's requests to it; everything else is in the server.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  const command = workspace.getConfiguration("carom").get("path", "carom");
  client = new LanguageClient(
    "carom",
    "Carom",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "carom" }] },
  );
  await client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
