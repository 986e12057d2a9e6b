//! The list of all codes: one row each, read by messages, the reference page and the tests. The example of each is a file,
//! `examples/E101.md`.

/// The documentation of a code.
#[derive(Debug)]
pub struct CodeRow {
    /// `E101`; errors begin with E, warnings with W. Never reused for another meaning.
    pub id: &'static str,
    /// The mistake in a few words, as a heading.
    pub title: &'static str,
    /// The meaning of the code, the reason for the rule, and the remedy.
    pub explanation: &'static str,
    /// A wrong script and the right one as Markdown, each as a fenced block; commands, if no script causes the code.
    pub example: &'static str,
}

macro_rules! codes {
    ($( $variant:ident, $id:literal, $title:literal, $explanation:literal; )*) => {
        /// A diagnostic code; its identifier and meaning never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $( #[doc = $title] $variant, )* }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The code with this identifier, in upper or lower case.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.row().id.eq_ignore_ascii_case(id))
            }

            /// The row with the identifier, title and explanation.
            #[must_use]
            pub fn row(self) -> &'static CodeRow {
                match self { $( Self::$variant => &CodeRow {
                        id: $id,
                        title: $title,
                        explanation: $explanation,
                        example: include_str!(concat!("examples/", $id, ".md")),
                    }, )* }
            }
        }
    };
}

codes! {
    // E1xx: reading the text
    UnexpectedText, "E101", "unexpected text",
        "The text does not continue a statement of the language here. The message lists what may appear at this place.";
    UnclosedBracket, "E102", "unmatched bracket",
        "A bracket is opened and never closed, or closed and never opened. Inside ( ) and [ ] a newline counts as space, so after a forgotten closing bracket the following lines are read as part of the expression.";
    UnclosedText, "E103", "text without closing quote",
        "A text begins and ends with a double quote on the same line.";
    TooLarge, "E104", "script too large",
        "A script has at most 1 MiB of text, 128 levels of nesting and 10,000 terms. Write a repeated pattern with `repeat` or a `sequence`.";
    BadNumber, "E105", "number out of range",
        "Numbers are finite double-precision numbers, at most about 1.8e308. Infinity is written `inf`.";
    NotUtf8, "E106", "not UTF-8 text",
        "A script is UTF-8 text.";
    BadKet, "E107", "malformed ket",
        "A ket has one label per subsystem between | and >: a digit, +, -, +i or -i. Levels above 9 are separated by commas: |10,3>.";

    // E2xx: names and types
    UnknownName, "E201", "unknown name",
        "Nothing in scope has this name: no definition of the script, no argument, no built-in. Greek letters and their English names are the same name (γ = gamma). The message gives the nearest known name.";
    DuplicateName, "E202", "name defined twice",
        "Two definitions have the same name. To replace a definition in a variation, write `redefine`; otherwise choose another name. Your own definition may have the name of a built-in, and then hides it.";
    DuplicateStep, "E203", "second step",
        "A protocol has one step. Put statements that are used several times into a `sequence`.";
    NothingToRedefine, "E204", "nothing to redefine",
        "`redefine` replaces a definition that is imported by `use` or appears earlier in the script. No such definition has this name.";
    RedefineKind, "E205", "redefined as another kind",
        "`redefine` replaces a definition by one of the same kind: a hamiltonian by a hamiltonian, a rule by a rule.";
    RedefineArguments, "E206", "redefined with other arguments",
        "A redefinition takes as many arguments as the definition that it replaces, so that every use of the name remains valid.";
    RedefineJoint, "E207", "part of a joint state redefined",
        "Subsystems that were declared with one joint state can only be redefined together.";
    WrongType, "E208", "wrong kind of value",
        "Every expression is a number, boolean, text, rule, subsystem, operator, ket, bra, density matrix, channel, series or list, and each place accepts one of these kinds. The message names the kind found and the kind needed.";
    WrongArguments, "E209", "wrong arguments",
        "A gate, measure, function or definition is called with a number or grouping of arguments that it does not accept. The message shows the correct form.";
    NamedArgument, "E210", "no such named argument",
        "Only series functions take arguments by name, as in `pearson(x, y, width = 140, overlap = 125)`, and each has its own argument names.";
    NotCallable, "E211", "cannot be called",
        "The name before the brackets is not that of a function, gate or measure. Write a product with `*`.";
    UnknownParameter, "E212", "unknown parameter",
        "`set`, `sweep` and `--set` change the values of parameters. No parameter has this name; `param NAME = VALUE` declares one.";
    UnknownExperiment, "E213", "unknown experiment",
        "No experiment of the protocol has this name. `carom list FILE` shows them.";
    UnknownProtocol, "E214", "unknown protocol",
        "`use` looks for NAME.carom in the folder of the script, then among the shipped protocols.";
    UseCycle, "E215", "protocols that use each other",
        "`use` imports a whole protocol, so two protocols cannot use each other. The message shows the cycle.";
    UseOutside, "E216", "use outside the folder",
        "`use` reads only files inside the folder of the script. A symbolic link cannot lead out of it.";
    ParamCycle, "E217", "parameter depends on itself",
        "Parameters may depend on each other, but not in a cycle.";
    CallCycle, "E218", "definition uses itself",
        "Definitions may use each other, but not in a cycle: there is no recursion.";
    NotAStream, "E219", "not a stream of units",
        "Only an environment is a stream: e is the current unit, e' the next, e[k] the one k ahead.";
    BadKind, "E220", "unknown kind of subsystem",
        "Kinds are qubit (the default), qudit(d), spin(j) and boson(d).";
    NoInitialState, "E221", "no initial state",
        "Every system and environment is declared with its initial state.";
    KeepOnSystem, "E222", "keep on a system",
        "`keep` sets how many past units of an environment stay alive. A system always stays alive.";
    NotInRule, "E223", "not allowed in a rule",
        "A rule describes how units are traced out: it contains only `discard`, `uncorrelate` and `reset`. Other statements belong in the step or in a `sequence`.";
    NoStep, "E224", "no step",
        "A protocol needs a `step`, which describes one collision, before it can run.";
    SeriesOutside, "E225", "series outside an experiment",
        "A series has values only after a run. It can be used in the statements `let`, `expect`, `until`, `collect`, `plot` and `save` of an experiment.";
    MeasureOutside, "E226", "measure outside the run",
        "A measure reads the state during the run, with `observe` after each step or with `record` within it. Other statements of an experiment use the resulting series.";
    ReservedName, "E228", "reserved name",
        "`n` is the number of the collision in a step and in `until`, and the index of series and files. An argument of a definition may be called `n`; it then hides the number of the collision in that definition.";
    TooDeep, "E227", "definitions nested too deeply",
        "Definitions use one another to too great a depth, or are called with too many combinations of argument types to check each one. Combine several of them into one.";
    DuplicateStart, "E238", "two beginnings",
        "A protocol has one `start`, and an experiment may have one of its own in its place. It names all subsystems that do not start in their declared states.";
    SettledOutside, "E237", "settled outside until",
        "`settled(tolerance, k)` is a condition of `run N until …`: it compares the values of all series over the last collisions.";
    OutcomeOutside, "E241", "outcome not known here",
        "The outcome r of `measure A as r` is a number from the measurement to the end of its step or sequence. In a definition, pass it as an argument. In an experiment, r is the series of its mean.";
    NotMeasurable, "E242", "cannot be measured",
        "`measure` takes a Hermitian operator, whose outcomes are its distinct eigenvalues, a subsystem, whose outcome is its level, or Kraus operators, `measure kraus(A, B, …) as k`, whose outcome is 0, 1, ….";
    NotClassical, "E243", "not a condition on outcomes",
        "A condition of a step is a comparison of numbers, `n`, `let`s and outcomes. It cannot depend on the state: measure first, and compare the outcome.";
    NeedsIndex, "E229", "element of an array needed",
        "`system s[L]` declares L systems s[1] to s[L], and `observe z[k in 1..L]` the series z[1] to z[L]. Where one of them is needed, write its index.";
    NotAnArray, "E230", "not an array",
        "Only a name that was declared with a size, as in `environment e[2]`, has elements. For it the first bracket is the element, and a further bracket or prime counts units: `e[1]'`. For any other stream the bracket counts units.";
    SizeUnknown, "E231", "size not known before the run",
        "The size of an array, the indices of an array of series and the index of a series are computed before the run, from numbers, parameters and definitions of numbers.";
    SizeFixed, "E232", "size of an array cannot change here",
        "The size of an array is the same in all trajectories, because a series is the mean over all of them. A `draw` cannot change it; `set`, `--set`, a sweep and the cases of an experiment may.";
    SweptSize, "E233", "sweep over a size without collect",
        "A sweep without `collect` keeps the series of every point. If it changes the size of an array, the points have different series; `collect` numbers instead.";
    RandomPlace, "E245", "random number in an expression",
        "`uniform`, `normal`, `exponential`, `gamma` and `poisson` draw a number where they stand: in a `let` of a step, once in each collision, or in a `draw` of an experiment, once in each trajectory. In any other place it would be unclear how often a new number is drawn.";
    OfTrajectories, "E246", "not a series with trajectories",
        "`stderr(x)` and `trajectory(x, k)` belong to an observed or recorded series x of an experiment with `trajectories`.";
    InputColumn, "E247", "no such column",
        "`input u = \"FILE\" column \"NAME\"` reads the numbers under NAME, which is one of the heads in the first line of the file.";
    InputOutside, "E248", "input outside the folder",
        "An input is a file in the folder of the script or in a folder within it. A symbolic link cannot lead out of it.";
    UnknownCase, "E249", "unknown case",
        "`x in up` is a series of the case `up`, which the same experiment defines: `case up { set … }`.";
    NeedsCase, "E250", "series of which case?",
        "In an experiment with cases, every observed and recorded series exists once in each case. Write `x in up`.";
    DuplicateCase, "E251", "case defined twice",
        "Each case of an experiment has a name of its own.";
    CaseOutside, "E252", "no case here",
        "`in` names a case of an experiment, after a series or a subsystem of its runs. A `let`, a `collect` and a comparison of cases belong to the experiment as a whole, and a model, a step or a REPL expression has no cases.";
    ComparisonAlone, "E253", "not a comparison of two states",
        "The states of two cases are compared by a measure of two states, which must be the whole expression of an `observe`: `observe D = trace_distance(s in up, s in down)`. Each of the two states belongs to one case.";
    MapPlace, "E254", "measure of a map in an expression",
        "`choi` and `divisibility` are computed from runs of their own. Each must be the whole expression of an `observe`, and cannot be recorded in the step.";
    UnknownColor, "E255", "unknown colour",
        "A colour of a plot is a name of CSS, such as \"steelblue\", or a code of red, green and blue, such as \"#0072B2\".";
    UnknownGlyph, "E256", "character that figures cannot show",
        "PDF and PNG files contain their font, which has Latin, Greek and Cyrillic letters, digits, arrows and the operators of physics. Between dollar signs, `_` and `^` lower and raise, and commands such as `\\hat` and `\\langle` work as in LaTeX; other commands do not exist.";

    // E3xx: particles
    UseAfterDiscard, "E301", "used after it was discarded",
        "`discard` traces a unit out; later statements of the same step cannot refer to it.";
    NeverDiscarded, "E302", "never discarded",
        "A unit that is alive at the end of the step would stay alive forever, and each collision would enlarge the state. Discard it, or set how many past units to keep: `environment e = |0> keep 8`.";
    IncompleteUncorrelate, "E303", "uncorrelate leaves out a subsystem",
        "`uncorrelate A | B` makes the state a product of the groups' marginals, so every live subsystem belongs to exactly one group. Units that have not been used yet may be named.";
    DiscardSystem, "E304", "system discarded",
        "A `system` lives for the whole run.";
    NotKept, "E305", "past unit that is not kept",
        "Past units e[-1], e[-2], … exist only as far back as the `keep` of the environment allows.";
    BadUnitIndex, "E306", "index of a unit",
        "The index of a unit is a whole number from −64 to 64.";
    SameSubsystem, "E307", "same subsystem twice",
        "An operator on two subsystems, a measure or a list of groups names each subsystem once.";
    BranchesDiffer, "E308", "branches end differently",
        "Both branches of `with probability` and of `when` end with the same subsystems alive, so that their mixture exists.";
    RecordPlace, "E309", "record not made once per step",
        "A record has one value per collision: it must be outside `repeat`, `with probability` and `when`, and run once per step.";
    NeverObserved, "E310", "observed unit never exists",
        "`observe` reads the state after the step, when the streams have advanced. A unit that was discarded in the step no longer exists.";
    NoPlace, "E311", "on which subsystem?",
        "In a declaration, an operator or ket without an argument acts on the declared subsystem. Elsewhere it must name its subsystem: `Z(s)`, `|0><1|(s)`.";
    NoCollision, "E312", "no collision here",
        "`n` is the number of the collision, from 1, and is defined only inside a step.";
    StateArity, "E313", "labels and subsystems differ in number",
        "A ket has one label per subsystem. `system a, b = |0>` gives each the state |0>; `system a, b = |01>` is their joint state.";
    MeasurePlace, "E320", "measurement not made once per step",
        "A measurement has one outcome per collision: it is outside `repeat`, `with probability` and `when`, and made once per step. To choose what is measured, change the basis in a `when` before it.";
    OutcomeForgotten, "E321", "outcome after uncorrelate",
        "`uncorrelate` acts on the mean state over all outcomes and removes its correlations with them. An outcome cannot be used after it, and it cannot be in a block after a measurement.";
    OutcomeInRecord, "E322", "outcome in a record",
        "A `record` reads the mean state over all outcomes. The mean of an outcome is a series of its own.";
    PostselectPlace, "E323", "post-selection in a block",
        "`postselect` divides the whole state by the probability of its condition, so it is outside `repeat`, `with probability` and `when`. Write the condition of the block into its own.";
    StartOfPastUnit, "E317", "start of a past unit",
        "`start` sets the state before the first collision. The first unit of a stream e is e, the second e'; past units e[-1], … do not exist yet.";
    NoElement, "E314", "no such element",
        "The elements of `system s[L]` are s[1] to s[L]; those of `observe z[k in a..b]` are z[a] to z[b].";
    BadIndex, "E315", "index not whole",
        "The size of an array, the index of an element and the ends of a range are whole numbers.";
    MapNotLinear, "E325", "not a linear map",
        "`choi`, `divisibility` and `correlation` describe a step that is linear in the state. `uncorrelate` is not linear: the state after it depends on products of marginals. Neither is `postselect`, which divides the state by a probability.";
    MapOfUnit, "E326", "map of a unit",
        "`choi` and `divisibility` describe a system, from its initial state to its present one. A unit of an environment has no initial state at n = 0.";
    CorrelationPlace, "E327", "correlation in an expression",
        "`correlation(A, B, from = m)` is computed from runs of its own. It must be the whole value of a `let`, in an experiment without cases.";

    RandomAlone, "E328", "random numbers without trajectories",
        "A step with random numbers is different in each run, so its experiments say how many runs to average over: `trajectories 1000`.";

    // E4xx: numbers
    NotHermitian, "E401", "Hamiltonian not Hermitian",
        "`evolve H for t` is exp(−iHt) with H = H†. The message gives the largest element of H − H† (relative tolerance 1e-10).";
    NotUnitary, "E402", "gate not unitary",
        "`apply` takes a channel or a unitary, with U†U = 1 within 1e-10.";
    NotTracePreserving, "E403", "channel does not preserve the trace",
        "The Kraus operators of a channel must satisfy Σ K†K = 1 within 1e-10.";
    BadState, "E404", "not a state",
        "A ket must have norm 1 (within 1e-12); a density matrix must be Hermitian, positive and of trace 1 (within 1e-10). States are never normalized silently.";
    NegativeTemperature, "E405", "negative temperature",
        "`thermal(H, T)` is the Gibbs state exp(−H/T)/Z for T ≥ 0; T = 0 is the ground state and T = inf the maximally mixed one.";
    Dimension, "E406", "dimension mismatch",
        "The dimension of an operator, gate or state must match that of the subsystems on which it is used.";
    BadProbability, "E407", "not a probability",
        "Probabilities lie between 0 and 1.";
    NotReal, "E408", "complex where a real number is needed",
        "Durations, angles, temperatures, probabilities and compared numbers must be real.";
    NotFinite, "E409", "not finite",
        "A number that is infinite or undefined cannot be used here. It may result from a division by zero, a logarithm of zero, or a missing value.";
    NotACount, "E410", "not a whole number in range",
        "Counts, dimensions and levels must be whole numbers within bounds.";
    BadRange, "E411", "bad range",
        "The ends a and b of `logspace(a, b, k)` must be positive.";
    ComplexObservable, "E412", "complex observable",
        "A series holds real numbers. The expectation value of an operator that is not Hermitian is complex: take `re`, `im` or `abs` of it.";
    OperatorTooLarge, "E413", "operator too large",
        "An operator is written out as one matrix of dimension at most 1024. Split a large interaction into several statements, each on a few subsystems.";
    TooMuchWork, "E414", "expression too expensive",
        "Evaluating the definitions takes more arithmetic than any reasonable model needs.";
    StepTooLarge, "E415", "step too large",
        "A step has at most 50,000 statements, counting those of the sequences that it calls, and its matrices take at most 1 GiB. Nested `repeat`s may run a statement at most 10¹² times per step.";
    DissipationTooLarge, "E421", "dissipation on too many subsystems",
        "`evolve H for t with K, …` is one map on all subsystems that H and the jump operators couple. Its matrix has the square of their dimension on each side, so the dimension is at most 32. Parts that share no subsystem are separate maps.";
    BackwardDissipation, "E422", "dissipation for a negative duration",
        "exp(tL) with jump operators is completely positive for t ≥ 0 only. Dissipation has no inverse.";
    DissipationTooLong, "E423", "dissipation over too long a time",
        "Rates and frequencies times the duration are at most 10¹² in an `evolve` with jump operators; beyond that, rounding leaves no accurate digits.";
    BadTolerance, "E424", "negative tolerance",
        "The tolerance of `settled` is a distance between values of a series, 0 or more.";
    OutsideRange, "E416", "parameter outside its range",
        "`param γ = 0.3 in 0..1` declares the range in which a value of the parameter is meaningful, both ends included. It applies to the default and to every value given by `set`, `--set`, a `sweep` or a case.";
    BackwardsRange, "E417", "range runs backwards",
        "The lower end of a range comes first: `param γ = 0.3 in 0..1`, `for k in 1..L`. A range of indices `a..b` is empty if b = a − 1. `range(a, b, -1)` counts down.";
    ArraySize, "E418", "size of an array",
        "An array has from 1 to 256 elements, and all arrays of a script together at most 4096.";
    RangeTooLong, "E419", "range too long",
        "A range has at most 10,000 indices. In an experiment, the sums of one expression have at most 256 terms, and so has a sum of numbers that are read off the state.";
    TooManyOutcomes, "E427", "too many outcomes",
        "A measurement has at most 64 outcomes. A condition or statement depends on outcomes with at most 4096 joint values, and at most 64 conditions on outcomes are inside one another.";
    BadDistribution, "E431", "no such distribution",
        "The parameters of a distribution must be finite and within its range: a standard deviation and a mean waiting time are not negative, the shape and scale of a gamma distribution are positive.";
    InputRange, "E432", "value outside an input",
        "`u(k)` is the k-th value of an input, counted from 1. An experiment that reads one value in each collision runs at most as many collisions as the file has values.";
    StatesDiffer, "E433", "states of different dimensions",
        "A measure of two states compares states of equal dimension. Cases may set the dimension of a subsystem, and must then set the same one.";
    CorrelatedStart, "E434", "system starts correlated",
        "The map from the initial to the present state of a system exists only if the system starts uncorrelated with everything else (Pechukas, Phys. Rev. Lett. 73, 1060 (1994)).";
    StateTooLarge, "E435", "state too large to be read out",
        "A comparison of cases, `choi` and `divisibility` read all entries of a state in each collision. The state has dimension at most 16, so `choi` describes systems of dimension at most 4.";
    CorrelationStart, "E436", "correlation from a collision outside the run",
        "`correlation(A, B, from = m)` begins after collision m of the run, 0 ≤ m ≤ N, where the subsystems of B are alive.";

    InputNotNumbers, "E441", "not a column of numbers",
        "Each line of an input after the first holds one finite number in its column.";
    InputTooLarge, "E442", "input too large",
        "The file of an input has at most 64 MiB, and a column at most ten million values.";

    // E5xx: experiments
    RunCount, "E501", "more or fewer than one run",
        "An experiment contains exactly one `run N`, or `steady` in its place.";
    CollectWithoutSweep, "E502", "collect without sweep",
        "`collect` gathers a number at each point of a `sweep`.";
    BadFileName, "E503", "invalid file name for results",
        "`save` writes a file into the folder of the experiment, so it takes a name without folders that ends in .csv. Two results cannot share a file, and series.csv is reserved for the table of all series.";
    BadAnalysis, "E504", "series function cannot be computed",
        "The arguments of a series function do not fit the run: a width above N, an overlap that is not smaller than the width, a collision outside the run.";
    OnlyPanels, "E505", "experiment without a run of its own",
        "An experiment that only arranges the figures of others has no run of its own. Run the other experiments too.";
    SaveIndex, "E506", "saved series differ in index",
        "All series in one file must have values at the same collisions: a Pearson series has values at the starts of its windows, an observable at every collision.";
    NoExperiment, "E507", "nothing to run",
        "The script has no experiment of its own. An experiment sets the number of collisions: `experiment NAME { run 2000 }`.";
    NoSpectrum, "E508", "no spectrum of the step map",
        "`spectrum` decomposes a step that is one linear map into modes, restricted to the part that the observables depend on. \
The observables must be linear in the state: an expectation value, a population, a Bloch component. There is no such map \
if `n` occurs in the step (a different map in every collision), with `uncorrelate` or `postselect` (not linear), in a sweep (one map \
per point), or if the map would be too large.";
    SeveralSteady, "E509", "steady state not unique",
        "`steady` computes the fixed point of the step. If the step conserves a quantity that the observables depend on, such as the excitations of systems without a bath, the state to which a run converges depends on the initial state, and there is no single answer. The message names conserved quantities.";
    ChangingSteady, "E510", "steady state of a changing step",
        "A step in which `n` occurs is a different map in every collision, so it has no fixed point.";
    NeedsARun, "E511", "needs a run",
        "`steady` computes single numbers in the fixed point of the step. Statements about the series of a run, such as `save`, `choi` and `correlation`, need `run N`, and a sweep of steady states collects its numbers.";
    CaseContents, "E513", "not allowed in a case",
        "A case contains only `set` statements, and belongs to an experiment that runs. All other statements of the experiment apply to all cases.";
    CasesAndUntil, "E514", "cases and until",
        "`run N until COND` would end each case at a collision of its own, and series of different lengths cannot be compared. Run all cases for N collisions.";
    SweptInCase, "E515", "swept parameter set in a case",
        "A sweep sets its parameter in every case, so a case cannot set it too.";
    CasesDiffer, "E516", "cases of different lengths",
        "All cases of an experiment run the same number of collisions, and observe the same series. A case may set a parameter on which the number depends only if the number remains the same.";

    TrajectoriesRefused, "E520", "not with trajectories",
        "Some results belong to the mean evolution, which is one map, and not to a single trajectory: `steady`, `spectrum`, `choi`, `divisibility` and `correlation`. `until` would end each trajectory at a different collision.";
    DrawnTwice, "E521", "drawn parameter set otherwise",
        "A parameter is drawn once, and is then neither swept nor set in a case. A sweep or a case may set the parameters of the distribution.";
    DrawAlone, "E522", "draw without trajectories",
        "`draw` gives a parameter a new value for each trajectory, so the experiment needs `trajectories`.";
    TrajectoryNumber, "E523", "no such trajectory",
        "`trajectory(x, k)` is the series x of trajectory k, from 1 to the number of trajectories.";

    // E6xx: running
    CannotRead, "E601", "cannot read",
        "A file cannot be read: it does not exist, it is a folder, a pipe or a device, or permission is missing.";
    CannotWrite, "E602", "cannot write",
        "A result cannot be written. A file appears under its final name only when it is complete.";
    OutOfMemory, "E603", "state does not fit into memory",
        "A density matrix over subsystems of total dimension D has D² entries of 16 bytes. Before a run starts, its peak memory is compared with half of the available memory.";
    BadOption, "E604", "bad option",
        "An option of the command line does not have the required form.";
    InvalidState, "E605", "state is no longer positive",
        "A measure found an eigenvalue below −1e-10 in a reduced density matrix, or an information measure (mutual information, relative entropy) came out below −1e-10. Do not trust the numbers of this run; please report the script.";
    RunNotFinite, "E606", "quantity not finite during the run",
        "An observed quantity became infinite or undefined during the run: a logarithm of zero, a division by zero, the relative entropy to a state whose support is too small.";
    RunComplex, "E607", "quantity complex during the run",
        "An observed quantity became complex during the run, such as the square root of a negative number.";
    JournalRefused, "E608", "journal of another sweep",
        "`--resume` continues an interrupted sweep from its journal. The journal must belong to the same script, parameters, grid and version of Carom; otherwise the table would mix two sweeps.";
    FolderInUse, "E609", "output folder in use",
        "Another run is writing into this folder. Two runs in one folder would overwrite each other's files.";
    LongSweep, "E610", "sweep of more than an hour",
        "On a terminal, a sweep that would take longer than an hour starts only with `--yes`.";
    NoStepMap, "E611", "no step map",
        "`--backend step-map` runs steps that are the same map in every collision. A step in which `n` occurs, or whose \
map would be too large, can run only on the density matrix.";
    NotPure, "E622", "state does not stay pure",
        "`--backend pure` computes with a state vector, which holds only pure states. Mixed initial states and units, channels, \
`with probability` and `uncorrelate` make a state mixed, and so does tracing out a unit that is entangled with the rest. \
Use another backend, or sample them: an experiment with `trajectories` follows one state vector after another.";
    NotLinear, "E623", "nonlinear measure of sampled state vectors",
        "With `trajectories`, `--backend pure` samples whatever would make the state mixed: the Kraus operators of channels, \
mixed states and discarded subsystems. Expectation values, populations and their sums and multiples are linear in the state, so \
their means over the samples are those of the mean state. The mean of any other measure, such as `entropy` or `purity`, would depend \
on how the state is divided into samples.";
    BadCommand, "E612", "invalid REPL command",
        "A command of the REPL does not have the required form, or there is nothing yet to which it applies. `help` lists the commands, and `help COMMAND` explains one.";

    NotSettled, "E613", "no steady state reached",
        "The fixed point of a step that is not linear, or whose map is too large, is approached by running the step. Either a series still changed by more than 1e-12 of its largest possible value over 100 collisions after 100,000 collisions, or the probability of a `postselect` became zero before that.";

    // Wxxx: warnings
    MissingValues, "W001", "missing values",
        "A result has missing values, for example in a window whose signal is constant or varies only by rounding errors, or for a unit that does not exist yet. A missing value is an empty field in CSV files, never an arbitrary number.";
    PartOfSeries, "W002", "only part of a series kept",
        "The series of a run do not fit into memory, and its analysis reads only a late window of them. Carom does the run, with powers of the step map if the step is linear, and keeps and writes only this window.";
    InexactGate, "W003", "gate or channel known to few digits",
        "A gate misses U†U = 1, or the Kraus operators of a channel miss Σ K†K = 1, by more than rounding, and by more than 1e-9 when multiplied by the number of collisions. A deviation of up to 1e-10 is accepted, and the nearest operation that is exact up to rounding is applied: U(U†U)^(-1/2), K(Σ K†K)^(-1/2). The trace therefore stays 1, but after a long run fewer digits of the results are accurate than are printed. Write the coefficients as formulas or with all of their digits.";
    LostPhases, "W004", "phases without accurate digits",
        "`evolve H for t` rotates phases by angles up to |H|t. A number near 10¹² is accurate to about 1e-4, so for larger angles little is known of the angle modulo 2π.";
    ExperimentSetAside, "W005", "experiment set aside",
        "A script may redefine something that an experiment of a protocol that it uses needs, such as a record of the step or the type of a parameter. \
An experiment that no longer fits is set aside. The script runs without it; running it by name prints its errors.";
    NeverSelected, "W009", "post-selection without probability",
        "The probability of a `postselect` has become zero, or smaller than rounding errors (1e-14). No run is left, so the values from this collision on are missing, and `success` is zero. With `trajectories`, every trajectory has violated the condition of a `postselect` by this collision.";
    TruncatedBoson, "W006", "boson truncated too low",
        "The highest level of a `boson(d)` is populated by more than 1e-6, initially or in some collision of the run, so the \
levels that were left out would be populated too. The population is read in the initial state and, \
in each collision whose numbers the run keeps, after the step, or before the `discard` or `reset` that ends the state. Raise d until the results no longer change.";
    UndampedSteady, "W007", "steady state that a run does not approach",
        "The fixed point of the step is unique, but the map has another eigenvalue of modulus 1: a mode that oscillates without damping. A run keeps oscillating around the fixed point unless the mode is absent from the initial state. The fixed point is the average over a long run.";
    NothingRandom, "W011", "nothing to sample",
        "An experiment with `trajectories` in which nothing is random computes the same run again and again. A step is random if it contains `measure`, `with probability` or random numbers, an experiment if it contains `draw`.";
}
