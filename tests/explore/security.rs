//! What is refused: other hosts, other pages, other paths, requests that are too large or too slow.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Answer, Server};

#[test]
#[cfg(target_os = "linux")]
fn the_server_listens_on_this_machine_alone() {
    let server = Server::small();
    let ports = format!(":{:04X}", server.port);
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        let listening = text.lines().filter(|line| line.split_whitespace().nth(3) == Some("0A"));
        let local = listening.filter_map(|line| line.split_whitespace().nth(1).map(ToString::to_string));
        found.extend(local.filter(|address| address.ends_with(&ports)));
    }
    // 127.0.0.1 in the byte order of the machine, and nothing else.
    assert_eq!(found, [format!("{:08X}{ports}", u32::from_ne_bytes([127, 0, 0, 1]))]);
}

#[test]
fn every_request_needs_the_token() {
    let server = Server::small();
    let token = server.root.trim_matches('/');
    assert_eq!(token.len(), 32);
    let wrong = "0".repeat(32);
    let longer = format!("{token}0");
    for path in ["", "style.css", "explore.js", "formula.js", "open", "change", "draw", "save", "figure", "nothing"] {
        for prefix in ["/".to_string(), format!("/{wrong}/"), format!("/{longer}/"), format!("/{}/", &token[1..])] {
            for method in ["GET", "POST"] {
                let host = format!("Host: 127.0.0.1:{}\r\n", server.port);
                let request =
                    format!("{method} {prefix}{path}?{token} HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}");
                let answer = server.raw(request);
                assert_eq!(answer.status, 403, "{method} {prefix}{path}");
                assert!(!answer.body.contains(token) && !answer.head.contains(token), "it is not given away");
            }
        }
    }
    assert_eq!(server.get("").status, 200);
}

#[test]
fn another_host_name_or_origin_is_refused() {
    let server = Server::small();
    let (root, port) = (&server.root, server.port);
    let ask = |headers: &str| server.raw(format!("GET {root} HTTP/1.1\r\n{headers}\r\n")).status;
    assert_eq!(ask(&format!("Host: 127.0.0.1:{port}\r\n")), 200);
    assert_eq!(ask(&format!("Host: localhost:{port}\r\n")), 200);
    for host in [
        "evil.example".to_string(),
        format!("evil.example:{port}"),
        "127.0.0.1".into(),
        format!("127.0.0.1:{port}.evil.example"),
        String::new(),
    ] {
        assert_eq!(ask(&format!("Host: {host}\r\n")), 403, "{host:?}");
    }
    assert_eq!(ask(""), 403, "no host");
    assert_eq!(ask(&format!("Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n")), 403, "two hosts");

    let good = server.post_text("open", "{}");
    let own = format!("Origin: http://127.0.0.1:{port}");
    assert_eq!(server.raw(&good).status, 200);
    for origin in [
        "Origin: https://evil.example",
        "Origin: null",
        &format!("Origin: https://127.0.0.1:{port}"),
        "Origin: http://127.0.0.1:1",
        &format!("{own}\r\n{own}"),
    ] {
        assert_eq!(server.raw(good.replace(&own, origin)).status, 403, "{origin}");
    }
}

#[test]
fn no_path_reaches_a_file() {
    let server = Server::start(&["karpat2019"]);
    for path in [
        "../m.carom",
        "m.carom",
        "../../etc/passwd",
        "/etc/passwd",
        "%2e%2e/m.carom",
        "..%2fm.carom",
        "..\\m.carom",
        "style.css/../m.carom",
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("param"), "{path}");
    }
    for name in ["m.carom", "./m.carom", "/etc/passwd", "../m", "m"] {
        let request = server.post_text("open", &json!({ "protocol": name }).to_string());
        assert_eq!(server.raw(request).status, 404, "{name}");
    }
}

#[test]
fn a_saved_file_stays_in_the_folder_and_overwrites_nothing() {
    let server = Server::start(&["m.carom", "--folder", "kept"]);
    let tab = server.open();
    let outside = server.path("outside.carom");
    let mut save = |name: &str| {
        server.post("save", &json!({ "tab": tab.number, "name": name }))["path"].as_str().unwrap().to_string()
    };
    let paths = ["../outside", "/outside.carom", "..\\outside", "a\u{0}b/../c", "outside", "outside", "", "m", ".."]
        .map(&mut save);
    let folder = server.path("kept");
    let kept: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(kept.len(), paths.len(), "each has a name of its own: {paths:?}");
    for path in &paths {
        let path = server.path(path);
        assert_eq!(path.parent().unwrap(), folder);
        assert!(path.is_file(), "{}", path.display());
    }
    assert!(!outside.exists());
    assert_eq!(server.files(), ["kept", "m.carom"]);
}

#[test]
fn large_requests_are_refused_and_others_are_answered() {
    let server = Server::small();
    let head = |extra: &str| {
        format!(
            "POST {}open HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: application/json\r\n{extra}\r\n",
            server.root, server.port
        )
    };
    assert_eq!(server.raw(head("Content-Length: 65537\r\n")).status, 413, "refused before the body arrives");
    assert_eq!(server.raw(head("Content-Length: 99999999999999999999999\r\n")).status, 400);
    assert_eq!(server.raw(head("Content-Length: -1\r\n")).status, 400);
    assert_eq!(server.raw(head("Content-Length: 2\r\nContent-Length: 3\r\n")).status, 400);
    assert_eq!(server.raw(head("Transfer-Encoding: chunked\r\n")).status, 400);
    assert_eq!(server.raw(head(&format!("X: {}\r\n", "a".repeat(20_000)))).status, 431);
    assert_eq!(server.raw(head(&"X: a\r\n".repeat(100))).status, 431);
    assert_eq!(server.raw("a".repeat(1 << 20)).status, 431, "no end of the first line");
    let full = format!("{}{}", head("Content-Length: 65536\r\n"), "{".repeat(65536));
    assert_eq!(server.raw(full).status, 400, "the largest body is read, and is not JSON");
    // Deep nesting is refused by the parser of JSON, not by the stack.
    assert_eq!(server.raw(server.post_text("open", &"[".repeat(60_000))).status, 400);
    assert_eq!(server.get("").status, 200);
}

#[test]
fn other_methods_types_and_messages_are_refused() {
    let server = Server::small();
    let (root, port) = (&server.root, server.port);
    let ask =
        |line: &str, rest: &str| server.raw(format!("{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{rest}\r\n")).status;
    assert_eq!(ask(&format!("DELETE {root}"), ""), 405);
    assert_eq!(ask(&format!("POST {root}"), ""), 405);
    assert_eq!(ask(&format!("GET {root}draw"), ""), 405);
    assert_eq!(ask(&format!("POST {root}draw"), "Content-Type: text/plain\r\n"), 415);
    assert_eq!(ask(&format!("POST {root}draw"), "Content-Type: application/json\r\n"), 400);
    assert_eq!(server.raw("\u{0}\u{1}\u{2}\r\n\r\n").status, 400);
    assert_eq!(server.raw("GET\r\n\r\n").status, 400);
    let tab = server.open().number;
    for body in [
        "[]",
        "{\"tab\":1.5}",
        "{\"tab\":\"x\"}",
        &format!("{{\"tab\":{tab}}}"),
        &format!("{{\"tab\":{tab},\"number\":1,\"lane\":7,\"level\":0,\"changes\":[]}}"),
        &format!("{{\"tab\":{tab},\"number\":1,\"lane\":0,\"level\":-1,\"changes\":[]}}"),
        &format!("{{\"tab\":{tab},\"number\":1,\"lane\":0,\"level\":0,\"changes\":[7]}}"),
    ] {
        assert_eq!(server.raw(server.post_text("draw", body)).status, 400, "{body}");
    }
    assert_eq!(server.post("draw", &json!({ "tab": 12345 }))["gone"], true);
}

#[test]
fn slow_requests_do_not_block_others_and_end() {
    let server = Server::small();
    let start = |bytes: &str| {
        let mut stream = server.connect();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    };
    let slow: Vec<TcpStream> = (0..40).map(|_| start("GET / HT")).collect();
    // All of them are still open while another request is answered.
    assert_eq!(server.get("").status, 200);
    for stream in &slow {
        stream.set_nonblocking(true).unwrap();
        assert!(
            stream.peek(&mut [0]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock),
            "it was answered before"
        );
    }
    drop(slow);
    // One that sends a byte now and then is not served for ever.
    let mut drip = start("GET / HTTP/1.1\r\nX: ");
    let begin = Instant::now();
    while drip.write_all(b"a").is_ok() && begin.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(50));
        drip.set_nonblocking(true).unwrap();
        let answered = drip.peek(&mut [0]).is_ok();
        drip.set_nonblocking(false).unwrap();
        if answered {
            break;
        }
    }
    assert_eq!(Answer::read(drip).status, 408);
}

#[test]
fn many_connections_are_refused_but_not_for_ever() {
    let server = Server::small();
    let open: Vec<TcpStream> = (0..80).map(|_| server.connect()).collect();
    // The excess ones are told at once.
    let refused = Answer::read(open.into_iter().next_back().unwrap());
    assert_eq!(refused.status, 503);
    let patience = Instant::now();
    while server.get("").status != 200 {
        assert!(patience.elapsed() < Duration::from_secs(120), "closed connections are forgotten");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn every_response_forbids_foreign_scripts() {
    let server = Server::small();
    let answers = [
        server.get(""),
        server.get("explore.js"),
        server.get("nothing"),
        server.raw("nonsense\r\n\r\n"),
        server.raw(server.post_text("open", "{}")),
    ];
    for answer in answers {
        let head = &answer.head;
        for header in [
            "Content-Security-Policy: default-src 'none'; script-src 'self'; ",
            "frame-ancestors 'none'",
            "X-Content-Type-Options: nosniff",
            "Referrer-Policy: no-referrer",
            "Cross-Origin-Resource-Policy: same-origin",
            "Cache-Control: no-store",
        ] {
            assert!(head.contains(header), "no {header:?} in\n{head}");
        }
        assert!(!head.contains("unsafe"), "{head}");
        assert!(!head.contains("Access-Control"), "{head}");
    }
    // Inline scripts and styles would not run under this policy, and the page needs nothing from outside.
    let page = server.get("").body;
    for word in ["<script>", "<style", "style=\"", "onclick", "http://", "https://", "//cdn"] {
        assert!(!page.contains(word), "{word}");
    }
    for (file, forbidden) in
        [("explore.js", "innerHTML"), ("formula.js", "innerHTML"), ("explore.js", "eval("), ("style.css", "url(")]
    {
        assert!(!server.get(file).body.contains(forbidden), "{forbidden} in {file}");
    }
}
