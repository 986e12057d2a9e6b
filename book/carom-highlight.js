// Highlighting of `carom` blocks for mdBook, which includes highlight.js 10.
//
// The lists of words are compared with those of the program by its tests: `UPDATE_EXPECT=1 cargo test --test library
// editors` writes them anew. mdBook highlights a page before it loads this file, so the blocks are highlighted here.

(function () {
    "use strict";

    // highlight.js 10 compiles patterns without the `u` flag, which rules out \p{L}: Latin, Greek, subscripts.
    const LETTER = "[A-Za-z_\\u00C0-\\u024F\\u0370-\\u03FF]";
    const IN_NAME = "[A-Za-z0-9_\\u00C0-\\u024F\\u0370-\\u03FF\\u2080-\\u209C]";
    const END = `(?!${IN_NAME})`;
    const BEGIN = `(?<!${IN_NAME})`;
    const STATEMENT = "(?<=(?:^|[;{}])[ \\t]*(?:redefine[ \\t]+)?)";

    // words: statements
    const STATEMENTS = "(?:trajectories|environment|hamiltonian|uncorrelate|colorrange|experiment|postselect|colorbar|redefine|sequence|spectrum|collect|discard|heatmap|measure|observe|scatter|y2label|y2range|y2scale|evolve|expect|panels|record|repeat|steady|system|xlabel|xrange|xscale|ylabel|yrange|yscale|apply|input|inset|param|reset|start|sweep|title|trace|case|draw|gate|line|plot|rule|save|size|step|when|with|def|for|let|run|set|use)";
    // words: defining
    const DEFINING = "(?:environment|hamiltonian|experiment|sequence|collect|observe|record|system|param|trace|gate|rule|def|let|set)";
    // words: inside
    const INSIDE = "(?:probability|against|column|dashed|dotted|points|color|label|right|solid|until|keep|seed|for|as|in|on)";
    // words: logic
    const LOGIC = "(?:and|not|or)";
    // words: builtins
    const BUILTINS = "(?:generalised_damping|generalized_damping|mutual_information|relative_entropy|trace_distance|depolarising|depolarizing|divisibility|partial_swap|concurrence|correlation|exponential|first_above|first_below|stays_above|stays_below|negativity|population|trajectory|SQRTISWAP|coherence|dephasing|ergotropy|frequency|phaseflip|SQRTSWAP|anticomm|envelope|fidelity|fraction|linspace|logspace|positive|spectrum|FREDKIN|Fredkin|TOFFOLI|Toffoli|average|bitflip|damping|entropy|nearest|pearson|poisson|product|settled|thermal|uniform|CPHASE|argmax|cumsum|normal|number|purity|sigmam|sigmap|sigmax|sigmay|sigmaz|sminus|stderr|tensor|CSWAP|PHASE|atan2|bloch|count|false|first|floor|gamma|iSWAP|kraus|log10|lower|mixed|raise|range|round|splus|state|where|CNOT|SWAP|acos|asin|atan|ceil|choi|comm|conj|cosh|diff|last|log2|mean|sinh|sqrt|tanh|true|CCX|CRX|CRY|CRZ|RXX|RYY|RZZ|Sdg|Tdg|abs|arg|cos|dag|exp|inf|log|max|min|mod|rms|sin|sum|tan|CX|CY|CZ|RX|RY|RZ|SX|Sx|Sy|Sz|at|im|ln|pi|re|σm|σp|σx|σy|σz|H|I|S|T|X|Y|Z|i|π)";

    function carom() {
        return {
            name: "Carom",
            contains: [
                { className: "doctag", begin: "##(?!#).*$" },
                { className: "comment", begin: "#.*$" },
                { className: "string", begin: '"[^"\\n]*"?' },
                { className: "keyword", begin: STATEMENT + STATEMENTS + END },
                // A name that is defined here may be a word of the language elsewhere.
                { className: "title", begin: `(?<=${STATEMENT}${DEFINING}[ \\t]+)${LETTER}${IN_NAME}*` },
                { className: "keyword", begin: "(?<=(?:^|[;{}])[ \\t]*with[ \\t]+)probability" + END },
                { className: "keyword", begin: "(?<=\\}\\s*)else" + END },
                { className: "keyword", begin: `(?<=(?:${IN_NAME}|[)\\]>"'⟩†])[ \\t]+)` + INSIDE + END },
                { className: "keyword", begin: BEGIN + LOGIC + END },
                { className: "symbol", begin: "\\|[ \\t]*[-0-9+−][-0-9+−i, \\t]*[>⟩]" },
                { className: "symbol", begin: "[<⟨][ \\t]*[-0-9+−][-0-9+−i, \\t]*\\|" },
                { className: "number", begin: BEGIN + "(?:[0-9][0-9_]*(?:\\.(?!\\.))?[0-9_]*|\\.[0-9][0-9_]*)(?:[eE][-+−]?[0-9][0-9_]*)?" },
                { className: "built_in", begin: BEGIN + BUILTINS + END },
                // Any other name is taken as a whole, so that no part of it is highlighted.
                { begin: `${LETTER}${IN_NAME}*` },
            ],
        };
    }

    hljs.registerLanguage("carom", carom);
    document.querySelectorAll("code.language-carom").forEach((block) => hljs.highlightBlock(block));
})();
