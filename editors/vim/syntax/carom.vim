" Carom: quantum collision models. The tests of the program compare the word lists with its own.
if exists('b:current_syntax')
  finish
endif

" Where two items match at the same position, the later one takes precedence.
syn match caromOperator /[-+*\/^=<>|,;:'†√⊗≈±≤≥≠×·⋅−⟨⟩]/
syn match caromName /\%(\a\|_\|[^\x00-\x7F]\)\@=\k\+/
" words: builtins
syn match caromBuiltin /\k\@<!\%(generalised_damping\|generalized_damping\|mutual_information\|relative_entropy\|trace_distance\|depolarising\|depolarizing\|divisibility\|partial_swap\|concurrence\|correlation\|exponential\|first_above\|first_below\|stays_above\|stays_below\|negativity\|population\|trajectory\|SQRTISWAP\|coherence\|dephasing\|ergotropy\|frequency\|phaseflip\|SQRTSWAP\|anticomm\|envelope\|fidelity\|fraction\|linspace\|logspace\|positive\|spectrum\|FREDKIN\|Fredkin\|TOFFOLI\|Toffoli\|average\|bitflip\|damping\|entropy\|nearest\|pearson\|poisson\|product\|settled\|thermal\|uniform\|CPHASE\|argmax\|cumsum\|normal\|number\|purity\|sigmam\|sigmap\|sigmax\|sigmay\|sigmaz\|sminus\|stderr\|tensor\|CSWAP\|PHASE\|atan2\|bloch\|count\|false\|first\|floor\|gamma\|iSWAP\|kraus\|log10\|lower\|mixed\|raise\|range\|round\|splus\|state\|where\|CNOT\|SWAP\|acos\|asin\|atan\|ceil\|choi\|comm\|conj\|cosh\|diff\|last\|log2\|mean\|sinh\|sqrt\|tanh\|true\|CCX\|CRX\|CRY\|CRZ\|RXX\|RYY\|RZZ\|Sdg\|Tdg\|abs\|arg\|cos\|dag\|exp\|inf\|log\|max\|min\|mod\|rms\|sin\|sum\|tan\|CX\|CY\|CZ\|RX\|RY\|RZ\|SX\|Sx\|Sy\|Sz\|at\|im\|ln\|pi\|re\|σm\|σp\|σx\|σy\|σz\|H\|I\|S\|T\|X\|Y\|Z\|i\|π\)\k\@!/
syn match caromNumber /\k\@<!\%(\d[0-9_]*\%(\.\.\@!\)\?[0-9_]*\|\.\d[0-9_]*\)\%([eE][-+−]\?\d[0-9_]*\)\?/
syn match caromKet /|\s*[-0-9+−][-0-9+−i, \t]*[>⟩]/
syn match caromKet /[<⟨]\s*[-0-9+−][-0-9+−i, \t]*|/
" words: inside
syn match caromKeyword /\%(\%(\k\|[])>"'⟩†]\)\s\+\)\@<=\%(probability\|against\|column\|dashed\|dotted\|points\|color\|label\|right\|solid\|until\|keep\|seed\|for\|as\|in\|on\)\k\@!/
syn match caromKeyword /\%(}\s*\)\@<=else\k\@!/
" words: logic
syn match caromKeyword /\k\@<!\%(and\|not\|or\)\k\@!/
" words: statements
syn match caromKeyword /\%(\%(^\|[;{}]\)\s*\|\<redefine\s\+\)\@<=\%(trajectories\|environment\|hamiltonian\|uncorrelate\|colorrange\|experiment\|postselect\|colorbar\|redefine\|sequence\|spectrum\|collect\|discard\|heatmap\|measure\|observe\|scatter\|y2label\|y2range\|y2scale\|evolve\|expect\|panels\|record\|repeat\|steady\|system\|xlabel\|xrange\|xscale\|ylabel\|yrange\|yscale\|apply\|input\|inset\|param\|reset\|start\|sweep\|title\|trace\|case\|draw\|gate\|line\|plot\|rule\|save\|size\|step\|when\|with\|def\|for\|let\|run\|set\|use\)\k\@!/
syn match caromKeyword /\%(\%(^\|[;{}]\)\s*with\s\+\)\@<=probability\k\@!/
" words: defining
syn match caromDefined /\%(\%(^\|[;{}]\)\s*\%(redefine\s\+\)\?\%(environment\|hamiltonian\|experiment\|sequence\|collect\|observe\|record\|system\|param\|trace\|gate\|rule\|def\|let\|set\)\s\+\)\@<=\k\+/
syn match caromDefined /\%(^\s*use\s\+\)\@<=\S\+/
syn region caromText start=/"/ end=/"/ end=/$/ oneline
syn match caromComment /#.*$/ contains=caromTodo
syn match caromDoc /#\@<!###\@!.*$/ contains=caromTodo
syn keyword caromTodo contained TODO FIXME XXX

setlocal iskeyword=@,48-57,_,128-255

hi def link caromKeyword Keyword
hi def link caromBuiltin Function
hi def link caromName Identifier
hi def link caromDefined Identifier
hi def link caromNumber Number
hi def link caromKet Constant
hi def link caromText String
hi def link caromOperator Operator
hi def link caromComment Comment
hi def link caromDoc SpecialComment
hi def link caromTodo Todo

let b:current_syntax = 'carom'
