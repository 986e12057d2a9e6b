"use strict";
// Turns the LaTeX of `carom explain --equations` into MathML. It knows what Carom writes; anything else appears as text.

const Formula = (() => {
  const SYMBOLS = {
    alpha: "α", beta: "β", gamma: "γ", delta: "δ", epsilon: "ε", varepsilon: "ε", zeta: "ζ", eta: "η", theta: "θ", vartheta: "ϑ",
    iota: "ι", kappa: "κ", lambda: "λ", mu: "μ", nu: "ν", xi: "ξ", pi: "π", rho: "ρ", sigma: "σ", tau: "τ", upsilon: "υ",
    phi: "ϕ", varphi: "φ", chi: "χ", psi: "ψ", omega: "ω", Gamma: "Γ", Delta: "Δ", Theta: "Θ", Lambda: "Λ", Xi: "Ξ", Pi: "Π",
    Sigma: "Σ", Upsilon: "Υ", Phi: "Φ", Psi: "Ψ", Omega: "Ω", infty: "∞", ell: "ℓ", hbar: "ℏ",
  };
  const OPERATORS = {
    to: "→", mapsto: "↦", otimes: "⊗", cdot: "·", times: "×", dagger: "†", ldots: "…", dots: "…", approx: "≈", neq: "≠", ne: "≠",
    leq: "≤", geq: "≥", le: "≤", ge: "≥", pm: "±", sum: "∑", prod: "∏", int: "∫", in: "∈", lfloor: "⌊", rfloor: "⌋", lceil: "⌈",
    rceil: "⌉", langle: "⟨", rangle: "⟩", vert: "|", mid: "|", Vert: "‖", star: "∗", circ: "∘", wedge: "∧", vee: "∨", neg: "¬",
    leftarrow: "←", Rightarrow: "⇒", colon: ":", "{": "{", "}": "}", "|": "‖", prime: "′",
  };
  const SPACES = { ",": ".17em", ";": ".28em", ":": ".22em", " ": ".28em", quad: "1em", qquad: "2em", "!": "0" };
  const FUNCTIONS = ["cos", "sin", "tan", "exp", "log", "ln", "min", "max", "sinh", "cosh", "tanh", "arccos", "arcsin", "arctan", "det", "arg"];
  const WORDS = ["mathrm", "operatorname", "textrm", "mathit", "texttt"];

  const node = (name, ...children) => {
    const out = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
    out.append(...children);
    return out;
  };

  /// Spaces matter only in words.
  const tokens = (latex) => latex.match(/\\[A-Za-z]+|\\.|\s+|[^\s]/gu) || [];

  class Reader {
    constructor(latex) { this.tokens = tokens(latex); this.at = 0; }
    skip() { while (/^\s/u.test(this.tokens[this.at] || "")) this.at += 1; }
    peek() { this.skip(); return this.tokens[this.at]; }
    next() { this.skip(); return this.tokens[this.at++]; }
    more() { return this.peek() !== undefined; }

    /// A row up to one of the tokens in `ends`, which is consumed.
    row(ends) {
      const out = node("mrow");
      while (this.more()) {
        if (ends.includes(this.peek())) { this.end = this.next(); break; }
        out.append(this.scripted());
      }
      return out;
    }

    group() {
      if (this.peek() !== "{") return this.more() ? this.atom() : node("mrow");
      this.next();
      return this.row(["}"]);
    }

    words() {
      if (this.peek() !== "{") return this.next() || "";
      this.next();
      let out = "";
      while (this.at < this.tokens.length && this.tokens[this.at] !== "}") {
        out += this.tokens[this.at++].replace(/^\\(.)$/u, "$1").replace(/^\s+$/u, "\u00a0");
      }
      this.next();
      return out;
    }

    scripted() {
      const base = this.atom();
      let sub = null, sup = null, primes = "";
      for (;;) {
        const token = this.peek();
        if (token === "_" && !sub) { this.next(); sub = this.group(); }
        else if (token === "^" && !sup) { this.next(); sup = this.group(); }
        else if (token === "'") { this.next(); primes += "′"; }
        else break;
      }
      if (primes) sup = sup ? node("mrow", node("mo", primes), sup) : node("mo", primes);
      if (sub && sup) return node("msubsup", base, sub, sup);
      if (sub) return node("msub", base, sub);
      if (sup) return node("msup", base, sup);
      return base;
    }

    atom() {
      const token = this.next();
      if (token === "{") return this.row(["}"]);
      if (/^[0-9.]$/u.test(token)) {
        let number = token;
        while (/^[0-9.]$/u.test(this.peek() || "")) number += this.next();
        return node("mn", number);
      }
      if (!token.startsWith("\\")) {
        if (/^\p{L}$/u.test(token)) return node("mi", token);
        return node("mo", token === "-" ? "−" : token === "*" ? "∗" : token);
      }
      return this.command(token.slice(1));
    }

    command(name) {
      if (name === "frac") return node("mfrac", this.group(), this.group());
      if (name === "sqrt") return node("msqrt", this.group());
      if (name === "left" || name === "right" || name === "big" || name === "Big") return this.fence(name);
      if (name === "begin" && this.words() === "cases") return this.cases();
      if (name === "text") return node("mtext", this.words());
      if (WORDS.includes(name)) {
        const word = node("mi", this.words());
        word.setAttribute("mathvariant", "normal");
        return word;
      }
      if (FUNCTIONS.includes(name)) return node("mi", name);
      if (name in SYMBOLS) return node("mi", SYMBOLS[name]);
      if (name in OPERATORS) return node("mo", OPERATORS[name]);
      if (name in SPACES) {
        const space = node("mspace");
        space.setAttribute("width", SPACES[name]);
        return space;
      }
      if (name === "hat" || name === "bar" || name === "tilde") {
        return node("mover", this.group(), node("mo", { hat: "^", bar: "¯", tilde: "~" }[name]));
      }
      return node("mtext", /^[A-Za-z]/u.test(name) ? `\\${name}` : name);
    }

    /// The rows of a `cases` environment after a brace.
    cases() {
      const table = node("mtable");
      while (this.more() && this.peek() !== "\\end") {
        const line = node("mtr");
        do {
          const cell = node("mtd", this.row(["&", "\\\\", "\\end"]));
          line.append(cell);
        } while (this.end === "&" && this.more());
        table.append(line);
        if (this.end === "\\end") { this.words(); return node("mrow", node("mo", "{"), table); }
      }
      return node("mrow", node("mo", "{"), table);
    }

    fence(name) {
      const token = this.next();
      const shown = token === undefined || token === "." ? "" : token.startsWith("\\") ? OPERATORS[token.slice(1)] || token : token;
      const fence = node("mo", shown);
      if (name === "left" || name === "right") fence.setAttribute("stretchy", "true");
      return fence;
    }
  }

  /// The lines of an `align*` environment, each as an element.
  const lines = (latex) => latex
    .replace(/\\(begin|end)\{align\*\}/gu, "")
    .split("\\\\\n")
    .map((line) => line.trim().replace(/^&/u, "").trim())
    .filter((line) => line)
    .map((line) => {
      const math = node("math", new Reader(line).row([]));
      math.setAttribute("display", "block");
      return math;
    });

  /// A name with its digits as a subscript: ω1 becomes ω with the subscript 1.
  const name = (text) => {
    const out = document.createElement("span");
    const parts = text.match(/^(\p{L}{1,2}?)_?(\d+)$/u);
    if (!parts) { out.textContent = text; return out; }
    const sub = document.createElement("sub");
    sub.textContent = parts[2];
    out.append(parts[1], sub);
    return out;
  };

  return { lines, name };
})();
