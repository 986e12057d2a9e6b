//! The protocol itself: start, end, and malformed messages.

use serde_json::json;

use crate::MODEL;
use crate::client::{Client, position};

#[test]
fn a_session_starts_and_ends_in_order() {
    let mut client = Client::raw();
    assert_eq!(client.answer("textDocument/hover", json!({}))["error"]["code"], -32002);
    let offered = json!({ "capabilities": { "general": { "positionEncodings": ["utf-8", "utf-16"] } } });
    let result = client.request("initialize", offered);
    assert_eq!(result["capabilities"]["positionEncoding"], "utf-8");
    assert_eq!(result["serverInfo"]["name"], "carom");
    client.notify("initialized", json!({}));
    client.open("m.carom", MODEL);
    // Positions are now in bytes, and γ has two.
    let uri = client.uri("m.carom");
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 2, "character": 8 } });
    assert!(client.request("textDocument/hover", at)["range"]["end"]["character"] == 8);
    client.request("shutdown", json!(null));
    assert_eq!(client.answer("textDocument/hover", json!({}))["error"]["code"], -32600);
    client.notify("exit", json!(null));
    assert_eq!(client.end(), (0, String::new()));
}

#[test]
fn the_server_ends_when_the_editor_is_gone() {
    let client = Client::new();
    assert_eq!(client.end().0, 4);
    let mut client = Client::new();
    client.notify("exit", json!(null));
    assert_eq!(client.end().0, 1, "the protocol requires 1 without a shutdown");
    let mut client = Client::new();
    client.send(b"Content-Length: 1000\r\n\r\n{");
    let (code, said) = client.end();
    assert!(
        code == 4 && said.contains("connection to the editor failed") && !said.contains("panicked"),
        "{code} {said}"
    );
}

#[test]
fn malformed_messages_are_skipped() {
    let mut client = Client::new();
    let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    for bad in [
        frame("{"),
        frame("[]"),
        frame("\u{0}"),
        frame("{\"jsonrpc\":\"2.0\"}"),
        frame(&"[".repeat(100_000)),
        "Content-Length: 99999999999999999999\r\n\r\n".into(),
        "Content-Length: 18446744073709551615\r\n\r\n".into(),
        "Content-Length: -1\r\n\r\n".into(),
        "\r\n\r\n".into(),
        "nonsense\r\n".into(),
        format!("{}\n", "x".repeat(10_000)),
    ] {
        client.send(bad.as_bytes());
    }
    client.send(b"content-length:2\ncontent-type: x\n\n{}");
    assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0]);
    assert!(client.notes.iter().filter(|n| n["method"] == "window/logMessage").count() >= 10);
}

/// Rubbish without a line end, directly followed by a message.
#[test]
fn messages_are_found_after_rubbish() {
    let mut client = Client::new();
    for length in [1, 4090, 65_536, 200_000] {
        client.send("x".repeat(length).as_bytes());
        assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0], "{length}");
    }
    // A body that is longer than the length in its header.
    client.send(b"Content-Length: 2\r\n\r\n{\"jsonrpc\":\"2.0\",\"method\":\"x\"}");
    assert_eq!(client.open("m.carom", MODEL), [] as [serde_json::Value; 0]);
}

#[test]
fn requests_in_any_order_and_form_are_answered() {
    let mut client = Client::new();
    let uri = client.uri("none.carom");
    let methods = [
        "textDocument/hover",
        "textDocument/definition",
        "textDocument/references",
        "textDocument/prepareRename",
        "textDocument/rename",
        "textDocument/completion",
        "textDocument/signatureHelp",
        "textDocument/formatting",
        "textDocument/documentSymbol",
        "textDocument/semanticTokens/full",
    ];
    let params = |uri: &str, line: u64, character: u64| {
        json!({
            "textDocument": { "uri": uri }, "position": { "line": line, "character": character }, "newName": "x",
            "context": { "includeDeclaration": true }, "options": { "tabSize": 4, "insertSpaces": true },
        })
    };
    for method in methods {
        client.answer(method, params(&uri, 0, 0));
        assert_eq!(client.answer(method, json!([]))["error"]["code"], -32602, "{method}");
        assert_eq!(client.answer(method, params("::", 0, 0)).get("result"), None, "{method}");
    }
    assert_eq!(client.answer("carom/unknown", json!({}))["error"]["code"], -32601);
    client.notify("textDocument/didChange", json!({ "nothing": 1 }));
    client.edit("none.carom", json!([{ "text": "" }]));
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": "file:///never" } }));
    client.notify("$/cancelRequest", json!({ "id": 3 }));

    // Every request at various places of complete and broken texts.
    let texts =
        [MODEL.to_string(), MODEL[..700].to_string(), "(((γ\r\u{feff}𝛿|0>".into(), String::new(), "\u{0}}}}".into()];
    for text in texts {
        client.open("m.carom", &text);
        let uri = client.uri("m.carom");
        for method in methods {
            for (line, character) in [(0, 0), (2, 7), (7, 31), (12, 4), (4_000_000_000, 0), (0, 4_000_000_000_u64)] {
                client.answer(method, params(&uri, line, character));
            }
        }
    }
}

#[test]
fn range_edits_are_applied_in_order() {
    let mut client = Client::new();
    client.open("m.carom", "param γ = 1\nparam 𝛿 = γ\n");
    let range = |a: (u64, u64), b: (u64, u64), text: &str| {
        let at = |(line, character): (u64, u64)| json!({ "line": line, "character": character });
        json!({ "range": { "start": at(a), "end": at(b) }, "text": text })
    };
    // γ → κ in both lines, the second place counted in UTF-16; then invalid ranges.
    client.edit("m.carom", json!([range((0, 6), (0, 7), "κ"), range((1, 11), (1, 12), "κ")]));
    assert_eq!(client.diagnostics("m.carom").len(), 0);
    client.edit("m.carom", json!([range((1, 5), (0, 2), ""), range((90, 0), (91, 9), "# end\n")]));
    client.diagnostics("m.carom");
    let uri = client.uri("m.carom");
    let params = json!({ "textDocument": { "uri": uri }, "options": { "tabSize": 4, "insertSpaces": true } });
    assert_eq!(client.request("textDocument/formatting", params), json!([]));
}

#[test]
fn a_burst_of_changes_ends_with_the_last_text() {
    let mut client = Client::new();
    client.open("m.carom", MODEL);
    for n in 0..300 {
        client.edit("m.carom", json!([{ "text": format!("{MODEL}param p{n} = (\n") }]));
    }
    client.edit("m.carom", json!([{ "text": MODEL }]));
    let params = json!({ "textDocument": { "uri": client.uri("m.carom") }, "position": position(MODEL, "2*γ¦") });
    assert!(client.request("textDocument/hover", params)["contents"]["value"].as_str().unwrap().contains("param γ"));
    let last = client.notes.iter().rfind(|n| n["method"] == "textDocument/publishDiagnostics").unwrap();
    assert_eq!(last["params"]["diagnostics"], json!([]));
}

#[test]
fn a_huge_document_does_not_hang() {
    let mut client = Client::new();
    let found = client.open("m.carom", &"param x = 1 + 2 # γ\n".repeat(60_000));
    assert_eq!(found[0]["code"], "E104");
    let found = client.change("m.carom", &(0..2_400).map(|i| format!("param x{i} = 1 + y\n")).collect::<String>());
    assert!(!found.is_empty());
    let uri = client.uri("m.carom");
    client.request("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": uri } }));
}
