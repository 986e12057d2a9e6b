// Starts `carom lsp` and forwards the editor's requests to it, and runs an experiment in a terminal for the lens above it;
// everything else is in the server.
const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

// One terminal for all runs.
function run(path, experiment) {
  const command = workspace.getConfiguration("carom").get("path", "carom");
  const terminal = window.terminals.find((t) => t.name === "Carom") ?? window.createTerminal("Carom");
  terminal.show();
  terminal.sendText(`${command} run "${path}" ${experiment} --plot-terminal`);
}

async function activate(context) {
  const command = workspace.getConfiguration("carom").get("path", "carom");
  context.subscriptions.push(commands.registerCommand("carom.run", run));
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
