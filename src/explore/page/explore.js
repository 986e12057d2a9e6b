"use strict";
// The page of `carom explore`. All texts from the server are shown as text, never as HTML; figures are shown as images.

const $ = (id) => document.getElementById(id);
const state = {
  tab: 0,
  view: null,
  /// Changes that are shown but not made yet, by parameter; the number of collisions has the name "".
  tried: new Map(),
  /// What the figure shows, and whether a finer one exists.
  shown: { key: "", coarse: false, level: 0 },
  /// Claims with the values of the file, by text; for comparison.
  inFile: null,
  comparing: false,
  /// Number of requests that are not answered yet.
  pending: 0,
};

const make = (name, properties = {}, ...children) => {
  const out = Object.assign(document.createElement(name), properties);
  out.append(...children);
  return out;
};

// ---- requests

/// Sends a request. The answer is an object; one with `error` tells of a mistake of the user.
async function post(path, body, signal) {
  busy(1);
  try {
    return await answered(path, body, signal);
  } finally {
    busy(-1);
  }
}

/// Counts the requests that are not answered yet.
function busy(by) {
  state.pending += by;
  document.body.setAttribute("aria-busy", String(state.pending > 0));
}

async function answered(path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tab: state.tab, ...body }),
      signal,
    });
  } catch (e) {
    if (e.name === "AbortError") return { cancelled: true };
    return { error: "Carom does not answer. Has `carom explore` ended?" };
  }
  if (!response.ok) return { error: (await response.text()).trim() };
  const answer = await response.json();
  if (answer.gone) { await open(null); return { cancelled: true }; }
  return answer;
}

// ---- pictures

/// Draws one figure: the newest request wins. A coarse picture that is superseded still has a quarter of a second to
/// arrive, so that a moving slider shows pictures even if each takes longer than a step of the slider; a refinement is
/// given up at once.
class Drawer {
  constructor(lane, place, show) {
    Object.assign(this, { lane, place, show, number: 0, wanted: null, running: null, timer: 0, urls: [] });
  }

  /// Requests a picture after some changes; `since` is the time of the input that caused it.
  request(changes, level = 0, since = performance.now()) {
    this.wanted = { changes, level, since };
    this.pump();
  }

  pump() {
    if (!this.wanted) return;
    if (this.running) {
      const left = this.running.level > 0 ? 0 : 250 - (performance.now() - this.running.start);
      clearTimeout(this.timer);
      if (left > 0) { this.timer = setTimeout(() => this.pump(), left); return; }
      this.running.abort.abort();
    }
    this.run();
  }

  async run() {
    const job = { ...this.wanted, start: performance.now(), abort: new AbortController() };
    this.wanted = null;
    this.running = job;
    this.number += 1;
    this.place.classList.add("drawing");
    const { changes, level } = job;
    const answer = await post("draw", { lane: this.lane, number: this.number, level, changes }, job.abort.signal);
    if (this.running !== job) return;
    if (!answer.cancelled) await this.present(answer, job);
    if (this.running !== job) return;
    this.running = null;
    this.place.classList.remove("drawing");
    if (this.wanted) this.pump();
    else if (answer.coarse) this.request(changes, level + 1);
  }

  async present(answer, job) {
    if (answer.error) {
      this.place.classList.add("stale");
    } else {
      const urls = answer.figures.map((svg) => URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })));
      const alt = `figure of ${state.view.experiment}`;
      const images = urls.map((src) => make("img", { src, alt }));
      await Promise.all(images.map((image) => image.decode().catch(() => {})));
      this.place.classList.remove("stale");
      this.place.replaceChildren(...images);
      this.urls.forEach((url) => URL.revokeObjectURL(url));
      this.urls = urls;
      performance.measure("picture", { start: job.since, end: performance.now() });
    }
    this.show(answer);
  }
}

const own = new Drawer(0, $("figure"), (answer) => {
  tell($("error"), answer.error);
  tell($("warning"), answer.warnings);
  if (answer.error) {
    $("status").textContent = "not drawn";
    $("claims").classList.add("coarse");
    return;
  }
  state.shown = { key: answer.key, coarse: answer.coarse, level: answer.level };
  const more = answer.coarse ? ", getting finer …" : "";
  $("status").textContent = `${answer.amount} · ${answer.milliseconds} ms${more}`;
  showClaims(answer.claims, answer.coarse);
  if (state.tried.size > 0) showValues(answer.view);
});

const file = new Drawer(1, $("file-figure"), (answer) => {
  if (answer.error || answer.coarse) return;
  state.inFile = new Map(answer.claims.map((c) => [claimKey(c), c.holds]));
  markClaims();
});

/// The changes that are tried out, for a request.
const tried = () => [...state.tried].map(([name, value]) => (name ? { set: name, value } : { collisions: value }));

function draw(since) { own.request(tried(), 0, since); }

function tell(place, text) {
  place.textContent = text || "";
  place.hidden = !text;
}

// ---- claims

const claimKey = (c) => `${c.experiment || ""}\n${c.text}`;

function showClaims(claims, coarse) {
  const list = $("claims");
  $("claims-part").hidden = claims.length === 0;
  list.classList.toggle("coarse", coarse);
  let group = null;
  const items = [];
  for (const claim of claims) {
    if (claim.experiment && claim.experiment !== group) {
      group = claim.experiment;
      items.push(make("li", { className: "group", textContent: group }));
    }
    const item = make("li", { className: claim.holds ? "holds" : "fails" },
      make("span", { className: "mark", textContent: claim.holds ? "✓" : "✗", title: claim.holds ? "holds" : "fails" }),
      make("code", { textContent: claim.text }),
      make("span", { className: "measured", textContent: claim.measured }));
    item.dataset.key = claimKey(claim);
    items.push(item);
  }
  // An unchanged list is left alone, so that a screen reader announces only what turns.
  const text = (nodes) => [...nodes].map((n) => n.className + n.textContent).join("\n");
  list.querySelectorAll(".in-file").forEach((mark) => mark.remove());
  if (text(items) !== text(list.children)) list.replaceChildren(...items);
  markClaims();
}

/// In a comparison, marks the claims whose verdict differs from that of the file.
function markClaims() {
  for (const item of $("claims").querySelectorAll("li[data-key]")) {
    item.querySelector(".in-file")?.remove();
    const holds = state.inFile?.get(item.dataset.key);
    if (!state.comparing || holds === undefined || holds === item.classList.contains("holds")) continue;
    item.append(make("span", { className: "in-file", textContent: holds ? "holds with the values of the file" : "fails with the values of the file" }));
  }
}

// ---- controls

const short = (text) => {
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? String(Number(number.toPrecision(6))) : text;
};

/// A value that a slider can be dragged to: a round number near it, a thousandth of the range apart.
function round(value, parameter) {
  if (parameter.whole) return String(Math.round(value));
  const digits = Math.max(0, Math.ceil(3 - Math.log10(parameter.most - parameter.least)));
  return String(Number(value.toFixed(Math.min(digits, 20))));
}

/// The rows of the controls: the number of collisions, then the parameters.
function rows(view) {
  const out = view.parameters.map((p) => ({ ...p, label: p.name }));
  if (view.collisions) {
    const { value, default: number } = view.collisions;
    out.unshift({
      name: "", label: "collisions", doc: "number of collisions", kind: "slider", whole: true, least: 1,
      most: Math.max(2 * number, value), value: String(value), default: String(number), set: value !== number, typed: null,
    });
  }
  return out;
}

/// Builds the controls, unless the same ones are there already.
function showControls(view) {
  const all = rows(view);
  const form = $("parameters");
  const shape = JSON.stringify([view.protocol, view.experiment, all.map((p) => [p.name, p.kind, p.choices])]);
  if (form.dataset.shape !== shape) {
    form.dataset.shape = shape;
    form.replaceChildren(...all.map(row));
  }
  showValues(view);
}

function row(parameter) {
  const { name, label, kind } = parameter;
  const id = `p-${name || "collisions"}`;
  const out = make("div", { className: `parameter ${kind}` });
  out.dataset.name = name;
  const title = make("label", { className: "name", htmlFor: id }, Formula.name(label));
  const head = make("div", { className: "head" }, title);
  out.append(head);
  if (kind === "slider") {
    const slider = make("input", { type: "range", id: `${id}-slider`, step: "any" });
    slider.setAttribute("aria-label", label);
    head.append(make("input", { type: "text", id, inputMode: "decimal", spellcheck: false }));
    out.append(slider);
    onSlider(slider, name);
  } else if (kind === "text") {
    head.append(make("input", { type: "text", id, spellcheck: false }));
  } else if (kind === "choice") {
    out.append(choices(parameter, id));
  } else {
    head.append(make("span", { className: "how", id, textContent: parameter.how }));
  }
  const typed = out.querySelector('input[type="text"]');
  typed?.addEventListener("change", () => commit(name, typed.value.trim() || null, typed));
  if (parameter.doc && name) out.append(make("div", { className: "doc", textContent: parameter.doc }));
  const back = make("button", { type: "button", textContent: "reset", title: "Return to the value of the file" });
  back.setAttribute("aria-label", `return ${label} to the value of the file`);
  back.addEventListener("click", () => { commit(name, null); (typed || out.querySelector("input"))?.focus(); });
  out.append(make("div", { className: "file" }, make("span"), back));
  return out;
}

function choices({ name, label, choices: words }, id) {
  const group = make("fieldset", { className: "choices", id });
  group.setAttribute("aria-label", label);
  for (const word of words) {
    const radio = make("input", { type: "radio", name: id, value: word });
    radio.addEventListener("change", () => commit(name, word));
    group.append(make("label", {}, radio, make("span", { textContent: word })));
  }
  return group;
}

/// Shows the values of a view in the controls. A field keeps its text while the user types in it.
function showValues(view) {
  for (const parameter of rows(view)) {
    const place = [...$("parameters").children].find((e) => e.dataset.name === parameter.name);
    if (!place) continue;
    const isTried = state.tried.has(parameter.name);
    place.classList.toggle("set", parameter.set);
    const slider = place.querySelector('input[type="range"]');
    if (slider && !isTried) {
      slider.min = parameter.least;
      slider.max = parameter.most;
      slider.value = parameter.value;
    }
    if (slider) {
      place.parameter = parameter;
      slider.setAttribute("aria-valuetext", short(parameter.value));
    }
    const typed = place.querySelector('input[type="text"]');
    if (typed && !(document.activeElement === typed && typed.dataset.typing)) {
      typed.value = short(parameter.value);
      typed.title = parameter.typed ? `${parameter.typed} = ${parameter.value}` : parameter.value;
      typed.removeAttribute("aria-invalid");
    }
    for (const radio of place.querySelectorAll('input[type="radio"]')) radio.checked = radio.value === parameter.value;
    const [text, back] = place.querySelector(".file").children;
    const formula = parameter.formula && parameter.formula !== short(parameter.default) ? parameter.formula : null;
    text.textContent = parameter.kind === "varied" ? "" : `file: ${formula || short(parameter.default)}`;
    place.querySelector(".file").hidden = parameter.kind === "varied" || (!parameter.set && !formula);
    back.hidden = !parameter.set;
  }
}

/// A slider draws while it moves, and makes its change when it rests.
function onSlider(slider, name) {
  const place = () => slider.closest(".parameter");
  let timer = 0;
  const rest = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const value = state.tried.get(name);
      if (value !== undefined) commit(name, value, null, true);
    }, delay);
  };
  const moved = () => {
    const since = performance.now();
    const value = round(Number(slider.value), place().parameter);
    state.tried.set(name, value);
    place().querySelector('input[type="text"]').value = value;
    draw(since);
  };
  slider.addEventListener("input", moved);
  slider.addEventListener("change", () => rest(0));
  slider.addEventListener("keydown", (event) => {
    const { least, most, whole } = place().parameter;
    const step = whole ? Math.max(1, Math.round((most - least) / 100)) : (most - least) / 100;
    const fine = whole ? 1 : step / 10;
    const far = event.shiftKey ? fine : step;
    const by = { ArrowLeft: -far, ArrowDown: -far, ArrowRight: far, ArrowUp: far, PageUp: 10 * step, PageDown: -10 * step }[event.key];
    const to = { Home: least, End: most }[event.key] ?? (by === undefined ? undefined : Number(slider.value) + by);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    slider.value = Math.min(most, Math.max(least, to));
    moved();
    rest(400);
  });
}

/// Makes a change. With `amend` it joins the last change of the same parameter.
async function commit(name, value, field = null, amend = false) {
  const change = name ? { set: name, value } : { collisions: value };
  const answer = await post("change", { change, amend: amend && state.last === name });
  if (answer.cancelled) return;
  if (answer.error) {
    tell($("error"), answer.error);
    state.tried.delete(name);
    if (field) field.setAttribute("aria-invalid", "true");
    else showValues(state.view);
    return;
  }
  if (state.tried.get(name) === value || !amend) state.tried.delete(name);
  state.last = name;
  show(answer);
}

// ---- the whole page

/// Shows a view, and draws what it does not show yet.
function show(view) {
  const before = state.view;
  state.view = view;
  document.title = `${view.experiment} · ${view.protocol} · Carom`;
  $("about").textContent = view.about;
  $("undo").disabled = !view.undo;
  $("redo").disabled = !view.redo;
  $("reset").disabled = !view.changed;
  $("command").textContent = view.command;
  tell($("error"), "");
  choose($("protocol"), [...new Set([...view.protocols, view.protocol])].map((name) => [name, name]), view.protocol);
  choose($("experiment"), view.experiments.map((e) => [e.name, e.title ? `${e.name} — ${e.title}` : e.name]), view.experiment);
  showControls(view);
  const turned = before?.experiment !== view.experiment || before?.protocol !== view.protocol;
  if (turned) {
    state.inFile = null;
    if (state.comparing) compareWithFile();
  }
  if (turned || JSON.stringify(wordsOf(before)) !== JSON.stringify(wordsOf(view))) showEquations();
  const done = state.shown.key === view.key && !own.running && !own.wanted && !$("figure").classList.contains("stale");
  if (!done) draw();
}

/// The values that can change the equations.
const wordsOf = (view) => view.parameters.filter((p) => p.kind !== "slider").map((p) => p.value);

function choose(select, options, value) {
  if (JSON.stringify(options) !== select.dataset.options) {
    select.dataset.options = JSON.stringify(options);
    select.replaceChildren(...options.map(([name, text]) => make("option", { value: name, textContent: text })));
  }
  select.value = value;
}

async function showEquations() {
  const answer = await post("equations", {});
  $("equations-part").hidden = !answer.latex;
  if (!answer.latex) return;
  state.latex = answer.latex;
  $("equations").replaceChildren(...Formula.lines(answer.latex));
}

function compareWithFile() {
  file.request([{ reset: true }]);
}

/// Opens a protocol; without a name the script of the command line.
async function open(protocol) {
  state.tried.clear();
  const answer = await post("open", protocol ? { protocol } : {});
  if (answer.error) { tell($("error"), answer.error); $("status").textContent = "not opened"; return; }
  if (answer.cancelled) return;
  state.tab = answer.tab;
  state.shown.key = "";
  state.view = null;
  own.number = 0;
  file.number = 0;
  show(answer);
}

/// Makes the pending changes, then moves in the history.
async function move(path, body = {}) {
  for (const [name, value] of [...state.tried]) await commit(name, value, null, true);
  const answer = await post(path, body);
  if (answer.cancelled) return;
  if (answer.error) { tell($("error"), answer.error); return; }
  state.last = null;
  show(answer);
}

let noteTimer = 0;
function note(text) {
  $("note").textContent = text;
  $("note").classList.add("shown");
  clearTimeout(noteTimer);
  noteTimer = setTimeout(() => $("note").classList.remove("shown"), 8000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    note("copied");
  } catch {
    note("the browser does not allow copying; select the text instead");
  }
}

async function saveFigure(format) {
  note("drawing the figure in full …");
  const answer = await post("figure", { format });
  note(answer.error || (answer.cancelled ? "not saved" : `saved ${answer.paths.join(", ")}`));
}

$("undo").addEventListener("click", () => move("undo"));
$("redo").addEventListener("click", () => move("redo"));
$("reset").addEventListener("click", () => { state.tried.clear(); move("change", { change: { reset: true } }); });
$("protocol").addEventListener("change", (event) => open(event.target.value));
$("experiment").addEventListener("change", (event) => move("change", { change: { experiment: event.target.value } }));
$("compare").addEventListener("click", () => {
  state.comparing = !state.comparing;
  $("compare").setAttribute("aria-pressed", String(state.comparing));
  $("file-card").hidden = !state.comparing;
  markClaims();
  if (state.comparing && !state.inFile) compareWithFile();
});
$("copy").addEventListener("click", () => copy($("command").textContent));
$("copy-latex").addEventListener("click", () => copy(state.latex || ""));
$("svg").addEventListener("click", () => saveFigure("svg"));
$("pdf").addEventListener("click", () => saveFigure("pdf"));
$("png").addEventListener("click", () => saveFigure("png"));
$("save").addEventListener("click", () => {
  $("save-name").value = `${state.view.protocol}-${state.view.experiment}`;
  $("save-dialog").returnValue = "cancel";
  $("save-dialog").showModal();
  $("save-name").select();
});
// Enter in the field presses the first button of a form, which is not the one that saves.
$("save-name").addEventListener("keydown", (event) => {
  if (event.key === "Enter") { event.preventDefault(); $("save-ok").click(); }
});
$("save-dialog").addEventListener("close", async () => {
  if ($("save-dialog").returnValue !== "save") return;
  const answer = await post("save", { name: $("save-name").value });
  note(answer.error || `saved ${answer.path}`);
});
$("parameters").addEventListener("submit", (event) => event.preventDefault());
$("parameters").addEventListener("input", (event) => { if (event.target.type === "text") event.target.dataset.typing = "yes"; });
$("parameters").addEventListener("focusout", (event) => { delete event.target.dataset.typing; });
$("parameters").addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.type !== "text") return;
  if (event.key === "Enter") { delete field.dataset.typing; field.dispatchEvent(new Event("change")); }
  if (event.key === "Escape") { delete field.dataset.typing; tell($("error"), ""); showValues(state.view); }
});
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.dataset?.typing || $("save-dialog").open) return;
  const key = event.key.toLowerCase();
  const path = key === "y" || (key === "z" && event.shiftKey) ? "redo" : key === "z" ? "undo" : null;
  if (!path) return;
  event.preventDefault();
  if (!$(path).disabled || state.tried.size > 0) move(path);
});

open(null);
