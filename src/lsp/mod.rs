//! The language server, which answers an editor while a script is being written. Only this module uses lsp-server and
//! lsp-types.
//!
//! Contract: any stream is accepted. Each request gets one answer, in order; bytes that do not form a message are
//! reported in the editor's log. Scripts are read, checked and formatted by the same functions as in `carom check` and
//! `carom fmt`. A thread reads ahead, so that only the last of several waiting changes is checked.

mod actions;
mod completion;
mod definition;
mod diagnostics;
mod folding;
mod hints;
mod hover;
mod lenses;
mod names;
mod position;
mod rename;
mod signature;
mod symbols;
mod tokens;
mod transport;
mod workspace;

use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use lsp_server::{ErrorCode, Message, Notification, Request, Response};
use lsp_types::notification::{self as notes, Notification as _};
use lsp_types::request::{self as ask, Request as _};
use lsp_types::{
    CodeActionProviderCapability, CodeLensOptions, CompletionOptions, DocumentSymbolResponse,
    FoldingRangeProviderCapability, GotoDefinitionResponse, HoverProviderCapability, InitializeParams,
    InitializeResult, MessageType, OneOf, PositionEncodingKind, PrepareRenameResponse, RenameOptions,
    SemanticTokensFullOptions, SemanticTokensOptions, SemanticTokensResult, ServerCapabilities, ServerInfo,
    SignatureHelpOptions, TextDocumentSyncCapability, TextDocumentSyncKind, TextEdit, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::source::SourceMap;
use crate::syntax;
use position::{Encoding, Lines};
use transport::{Incoming, Reader};
use workspace::Workspace;

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With `exit` after `shutdown`.
    Orderly,
    /// With `exit` alone, for which the protocol requires exit status 1.
    WithoutShutdown,
    /// Because the stream ended.
    Disconnected,
}

/// Serves an editor until it leaves.
///
/// # Errors
/// Answers cannot be written, or the stream fails.
pub fn serve(input: impl BufRead + Send + 'static, output: impl Write) -> io::Result<End> {
    let (sender, receiver) = channel();
    // The reading thread is not joined, because it may wait for a message that never comes.
    thread::spawn(move || {
        let mut reader = Reader::new(input);
        while let Some(read) = reader.read().transpose() {
            let failed = read.is_err();
            if sender.send(read).is_err() || failed {
                break;
            }
        }
    });
    Server { output, stage: Stage::Started, workspace: Workspace::new(Encoding::Utf16) }.run(&receiver)
}

/// The stage of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Started,
    Serving,
    ShutDown,
}

struct Server<W> {
    output: W,
    stage: Stage,
    workspace: Workspace,
}

/// Why a request has no result.
struct Refusal {
    code: ErrorCode,
    message: String,
}

impl Refusal {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

type Answer = Result<Value, Refusal>;

impl<W: Write> Server<W> {
    fn run(mut self, receiver: &Receiver<io::Result<Incoming>>) -> io::Result<End> {
        loop {
            let next = match receiver.try_recv() {
                Ok(next) => next,
                Err(TryRecvError::Disconnected) => return Ok(End::Disconnected),
                Err(TryRecvError::Empty) => {
                    self.publish_changed()?;
                    match receiver.recv() {
                        Ok(next) => next,
                        Err(_) => return Ok(End::Disconnected),
                    }
                }
            };
            match next? {
                Incoming::Message(Message::Request(request)) => self.request(request)?,
                Incoming::Message(Message::Notification(n)) if n.method == notes::Exit::METHOD => {
                    return Ok(if self.stage == Stage::ShutDown { End::Orderly } else { End::WithoutShutdown });
                }
                Incoming::Message(Message::Notification(n)) if self.stage == Stage::Serving => self.notification(n)?,
                Incoming::Message(_) => {}
                Incoming::Malformed(why) => self.log(why)?,
            }
        }
    }

    fn send<N: notes::Notification>(&mut self, params: N::Params) -> io::Result<()> {
        let note = Notification::new(N::METHOD.into(), params);
        transport::write(&mut self.output, &Message::Notification(note))
    }

    fn log(&mut self, message: String) -> io::Result<()> {
        self.send::<notes::LogMessage>(lsp_types::LogMessageParams { typ: MessageType::ERROR, message })
    }

    /// Checks the documents that have changed, and publishes their diagnostics.
    fn publish_changed(&mut self) -> io::Result<()> {
        let uris: Vec<Uri> = self.workspace.documents().map(|d| d.uri.clone()).collect();
        for uri in uris {
            if self.workspace.look(&uri)
                && let Some(found) = diagnostics::publish(&mut self.workspace, &uri)
            {
                self.send::<notes::PublishDiagnostics>(found)?;
            }
        }
        Ok(())
    }

    fn request(&mut self, request: Request) -> io::Result<()> {
        let id = request.id.clone();
        let answer = match (self.stage, request.method.as_str()) {
            (Stage::Started, ask::Initialize::METHOD) => self.initialize(request.params),
            (Stage::Started, _) => {
                Err(Refusal::new(ErrorCode::ServerNotInitialized, "the first request must be `initialize`"))
            }
            (Stage::ShutDown, _) => Err(Refusal::new(ErrorCode::InvalidRequest, "the server is shut down")),
            (Stage::Serving, ask::Shutdown::METHOD) => {
                self.stage = Stage::ShutDown;
                Ok(Value::Null)
            }
            (Stage::Serving, _) => {
                self.publish_changed()?;
                self.ask(&request.method, request.params)
            }
        };
        let response = match answer {
            Ok(value) => Response { id, result: Some(value), error: None },
            Err(refusal) => Response::new_err(id, refusal.code as i32, refusal.message),
        };
        transport::write(&mut self.output, &Message::Response(response))
    }

    fn initialize(&mut self, params: Value) -> Answer {
        let params: InitializeParams = read(params)?;
        let offered = params.capabilities.general.and_then(|g| g.position_encodings).unwrap_or_default();
        let utf8 = offered.contains(&PositionEncodingKind::UTF8);
        self.workspace.encoding = if utf8 { Encoding::Utf8 } else { Encoding::Utf16 };
        self.stage = Stage::Serving;
        let encoding = if utf8 { PositionEncodingKind::UTF8 } else { PositionEncodingKind::UTF16 };
        let info = ServerInfo { name: "carom".into(), version: Some(env!("CARGO_PKG_VERSION").into()) };
        written(InitializeResult { capabilities: capabilities(encoding), server_info: Some(info) })
    }

    fn ask(&mut self, method: &str, params: Value) -> Answer {
        let w = &mut self.workspace;
        match method {
            ask::HoverRequest::METHOD => {
                let p = read::<lsp_types::HoverParams>(params)?.text_document_position_params;
                written(hover::hover(w, &p.text_document.uri, p.position))
            }
            ask::GotoDefinition::METHOD => {
                let p = read::<lsp_types::GotoDefinitionParams>(params)?.text_document_position_params;
                let found = definition::definitions(w, &p.text_document.uri, p.position);
                written(found.map(GotoDefinitionResponse::Array))
            }
            ask::References::METHOD => {
                let p: lsp_types::ReferenceParams = read(params)?;
                let (at, with) = (p.text_document_position, p.context.include_declaration);
                written(definition::references(w, &at.text_document.uri, at.position, with))
            }
            ask::DocumentHighlightRequest::METHOD => {
                let p = read::<lsp_types::DocumentHighlightParams>(params)?.text_document_position_params;
                written(definition::highlights(w, &p.text_document.uri, p.position))
            }
            ask::PrepareRenameRequest::METHOD => {
                let p: lsp_types::TextDocumentPositionParams = read(params)?;
                let (at, ..) = rename::prepare(w, &p.text_document.uri, p.position).map_err(refused)?;
                let document =
                    w.document(&p.text_document.uri).ok_or_else(|| refused("this document is not open".into()))?;
                written(PrepareRenameResponse::Range(Lines::new(&document.text, w.encoding).range(at)))
            }
            ask::Rename::METHOD => {
                let p: lsp_types::RenameParams = read(params)?;
                let at = p.text_document_position;
                written(rename::rename(w, &at.text_document.uri, at.position, &p.new_name).map_err(refused)?)
            }
            ask::Completion::METHOD => {
                let p = read::<lsp_types::CompletionParams>(params)?.text_document_position;
                written(completion::completions(w, &p.text_document.uri, p.position))
            }
            ask::SignatureHelpRequest::METHOD => {
                let p = read::<lsp_types::SignatureHelpParams>(params)?.text_document_position_params;
                written(signature::help(w, &p.text_document.uri, p.position))
            }
            ask::Formatting::METHOD => {
                let p: lsp_types::DocumentFormattingParams = read(params)?;
                written(formatting(w, &p.text_document.uri))
            }
            ask::DocumentSymbolRequest::METHOD => {
                let p: lsp_types::DocumentSymbolParams = read(params)?;
                written(symbols::symbols(w, &p.text_document.uri).map(DocumentSymbolResponse::Nested))
            }
            ask::WorkspaceSymbolRequest::METHOD => {
                let p: lsp_types::WorkspaceSymbolParams = read(params)?;
                written(symbols::of_workspace(w, &p.query))
            }
            ask::CodeActionRequest::METHOD => {
                let p: lsp_types::CodeActionParams = read(params)?;
                written(actions::actions(w, &p.text_document.uri, p.range))
            }
            ask::FoldingRangeRequest::METHOD => {
                let p: lsp_types::FoldingRangeParams = read(params)?;
                written(folding::foldings(w, &p.text_document.uri))
            }
            ask::InlayHintRequest::METHOD => {
                let p: lsp_types::InlayHintParams = read(params)?;
                written(hints::hints(w, &p.text_document.uri, p.range))
            }
            ask::CodeLensRequest::METHOD => {
                let p: lsp_types::CodeLensParams = read(params)?;
                written(lenses::lenses(w, &p.text_document.uri))
            }
            ask::SemanticTokensFullRequest::METHOD => {
                let p: lsp_types::SemanticTokensParams = read(params)?;
                written(tokens::tokens(w, &p.text_document.uri).map(SemanticTokensResult::Tokens))
            }
            other => Err(Refusal::new(ErrorCode::MethodNotFound, format!("this server does not support `{other}`"))),
        }
    }

    fn notification(&mut self, note: Notification) -> io::Result<()> {
        match self.apply(&note.method, note.params) {
            Ok(()) => Ok(()),
            Err(refusal) => self.log(format!("{}: {}", note.method, refusal.message)),
        }
    }

    fn apply(&mut self, method: &str, params: Value) -> Result<(), Refusal> {
        match method {
            notes::DidOpenTextDocument::METHOD => {
                let p: lsp_types::DidOpenTextDocumentParams = read(params)?;
                self.workspace.open(&p.text_document.uri, p.text_document.text);
            }
            notes::DidChangeTextDocument::METHOD => {
                let p: lsp_types::DidChangeTextDocumentParams = read(params)?;
                for change in p.content_changes {
                    self.workspace.change(&p.text_document.uri, change.range, &change.text);
                }
            }
            notes::DidCloseTextDocument::METHOD => {
                let p: lsp_types::DidCloseTextDocumentParams = read(params)?;
                self.workspace.close(&p.text_document.uri);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads the parameters of a message.
fn read<P: DeserializeOwned>(params: Value) -> Result<P, Refusal> {
    serde_json::from_value(params).map_err(|e| Refusal::new(ErrorCode::InvalidParams, e.to_string()))
}

/// A result as JSON.
fn written(result: impl serde::Serialize) -> Answer {
    serde_json::to_value(result).map_err(|e| Refusal::new(ErrorCode::InternalError, e.to_string()))
}

fn refused(message: String) -> Refusal {
    Refusal::new(ErrorCode::RequestFailed, message)
}

/// The edits that format the document; `None` if it has syntax errors, which are shown anyway.
fn formatting(workspace: &Workspace, uri: &Uri) -> Option<Vec<TextEdit>> {
    let document = workspace.document(uri)?;
    let new = syntax::format(SourceMap::new().add("", ""), &document.text).ok()?;
    if new == document.text {
        return Some(Vec::new());
    }
    let range = Lines::new(&document.text, workspace.encoding).range(0..document.text.len());
    Some(vec![TextEdit { range, new_text: new }])
}

fn capabilities(encoding: PositionEncodingKind) -> ServerCapabilities {
    let signs = |signs: &[&str]| Some(signs.iter().map(ToString::to_string).collect());
    ServerCapabilities {
        position_encoding: Some(encoding),
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: lsp_types::WorkDoneProgressOptions::default(),
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: signs(&["\\"]),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: signs(&["(", ",", "|"]),
            ..SignatureHelpOptions::default()
        }),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Simple(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: tokens::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        ..ServerCapabilities::default()
    }
}
