//! From syntax trees to a [`Program`]: names, types, rule bodies, cycles.
//!
//! Contract: accepts any script. The result is a [`Program`] in which every name is an id and every expression has a
//! type that fits its place, or a list of all independent errors. Numbers are not evaluated here: whatever depends on
//! the values of parameters is checked when the program is lowered.

mod arguments;
mod arrays;
mod branches;
mod cases;
mod chance;
mod collect;
mod compare;
mod correlations;
mod cycles;
mod declarations;
mod experiments;
mod expression;
mod habits;
mod inherited;
mod inputs;
mod iteration;
mod latex;
mod load;
mod maps;
mod measures;
mod misplaced;
mod numbers;
mod operators;
mod outcomes;
mod plots;
mod program;
mod records;
mod resolve;
mod sized_cases;
mod start;
mod statements;
mod steady;
pub(crate) mod suggest;
mod ty;
mod types;
mod unknown;
mod visit;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::builtins;
pub(crate) use arrays::out_of_range;
pub use arrays::{Array, SeriesArray};
pub use branches::{Branch, Case, Comparison, Computes, Correlation, MapBranch, MapObservable, ReducedState};
pub use expression::expression;
pub use iteration::{IndexRange, Iteration};
pub use latex::ModelLatex;
pub use load::{Script, Unsaved};
pub(crate) use numbers::{range_values, whole};
pub use operators::{Applied, Operation, Sign, UnaryOperation};
pub use program::*;
pub(crate) use steady::GAP;
pub use ty::{Extent, Label, Type};
pub(crate) use visit::children;

use crate::ast::{self, Assignment, Name};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::C64;
use crate::source::{SourceId, SourceMap, Span};
use crate::syntax;
use collect::{Collected, Observed, collect};
use experiments::series_keys;
use load::Unit;
use numbers::{Given, Numbers};
use records::{Records, ast_shape, reachable_records};
use resolve::{Globals, Place, Resolver};
use sized_cases::Part;
use statements::Body;

/// A value for a parameter that overrides its default.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The parameter to set.
    pub param: ParamId,
    /// The expression that replaces its default.
    pub value: Expr,
}

impl Setting {
    /// A parameter set to a number, which stands at the place of `from`.
    pub(crate) fn number(param: ParamId, value: f64, from: &Expr) -> Self {
        let kind = ExprKind::Number(C64::new(value, 0.0));
        Self { param, value: Expr { span: from.span, ty: Type::Number, kind } }
    }
}

/// Checks a script and every script that it uses.
///
/// # Errors
/// All independent errors of the first stage that fails: reading, syntax, names or types.
pub fn check(script: &Script, sources: &mut SourceMap) -> Result<Program, Vec<Diagnostic>> {
    check_edited(script, &|_| None, sources).program
}

/// A script that is being edited, with every script that it uses.
#[derive(Debug)]
pub struct Edited {
    units: Arc<Vec<Unit>>,
    /// The program, or the errors of [`check`].
    pub program: Result<Program, Vec<Diagnostic>>,
}

impl Edited {
    /// The tree of a text; `None` if it has syntax errors.
    #[must_use]
    pub fn tree(&self, source: SourceId) -> Option<&ast::File> {
        self.units.iter().find(|unit| unit.source == source).map(|unit| &unit.file)
    }
}

/// Checks a script and every script that it uses. `unsaved` gives the text of the files that are open in an editor.
pub fn check_edited(script: &Script, unsaved: Unsaved<'_>, sources: &mut SourceMap) -> Edited {
    let (units, errors) = load::load(script, unsaved, sources);
    let units = Arc::new(units);
    let program = if errors.is_empty() { checked(&units, &Given::new(), None) } else { Err(errors) };
    let program = program.map_err(|errors| habits::explain(errors, sources));
    Edited { units, program }
}

impl Program {
    /// The program to which the ids of an experiment refer: this one, or that for the sizes of arrays that it sets.
    #[must_use]
    pub fn of<'p>(&'p self, experiment: &'p Experiment) -> &'p Self {
        experiment.within.as_deref().unwrap_or(self)
    }

    /// The program for other sizes of arrays, or `None` if the parameters that determine them have the same values.
    /// `given` are the parameters that are set from outside, and `value` is the value of any parameter. If `only` is the
    /// key of an experiment, the others are left out.
    ///
    /// # Errors
    /// The mistakes in the script at these sizes.
    pub(crate) fn at_sizes(
        &self,
        given: &BTreeMap<ParamId, f64>,
        value: impl Fn(ParamId) -> Option<f64>,
        only: Option<&str>,
    ) -> Result<Option<Self>, Vec<Diagnostic>> {
        // An experiment may have set one of the given parameters to another value.
        let changed = self.sizes.iter().any(|(id, x)| given.contains_key(id) || value(*id) != Some(*x));
        match self.units.as_ref().filter(|_| changed) {
            Some(units) => checked(units, given, only.map(|key| Only { key, part: None })).map(Some),
            None => Ok(None),
        }
    }
}

/// The only experiment that is checked.
#[derive(Clone, Copy)]
struct Only<'a> {
    /// Its key.
    key: &'a str,
    /// What is checked of it; `None` for everything, with the sizes of arrays that its settings determine.
    part: Option<Part<'a>>,
}

/// Checks a program for given values of the parameters that determine the sizes of arrays.
fn checked(units: &Arc<Vec<Unit>>, given: &Given, only: Option<Only<'_>>) -> Result<Program, Vec<Diagnostic>> {
    let (mut program, resized) = resolved(units, given, only)?;
    let mut errors = Vec::new();
    types::check(&mut program, &mut errors);
    inherited::set_aside(&mut program, &mut errors);
    if !errors.is_empty() {
        return Err(sorted(errors));
    }
    let mut experiments = std::mem::take(&mut program.experiments);
    experiments.iter_mut().for_each(|e| branches::divide(&program, e));
    program.experiments = experiments;
    if !program.sizes.is_empty() {
        program.units = Some(units.clone());
    }
    for Resized { place, experiment, sizes, cases } in resized {
        let key = experiment.name.key.clone();
        let at = |sizes: &Given, part: Part<'_>| {
            let sizes: Given = given.iter().chain(sizes).map(|(id, x)| (*id, *x)).collect();
            checked(units, &sizes, Some(Only { key: &key, part: Some(part) }))
        };
        sized_cases::insert(&mut program, place, (experiment, &sizes, &cases), &at)?;
    }
    Ok(program)
}

/// An experiment whose settings, or those of its cases, change the sizes of arrays. It is checked on its own.
struct Resized {
    /// Its place among the experiments.
    place: usize,
    /// The experiment at the sizes of the program.
    experiment: Experiment,
    /// The values of the parameters that determine its sizes.
    sizes: Given,
    /// The cases with sizes of their own, by index.
    cases: Vec<(usize, Given)>,
}

/// Resolves all names and rejects cycles. Nothing is typed yet.
fn resolved(units: &[Unit], given: &Given, only: Option<Only<'_>>) -> Result<(Program, Vec<Resized>), Vec<Diagnostic>> {
    let mut collected = collect(units);
    let mut errors = std::mem::take(&mut collected.errors);
    let provisional = globals(&collected, &Records::default(), &mut Vec::new());
    let numbers = arrays::numbers(&collected, &provisional, given);
    arrays::unroll(&mut collected, &provisional, &numbers, &mut errors);
    let (mut program, resized) = build(&collected, numbers, only, &mut errors);
    inherited::set_aside(&mut program, &mut errors);
    if errors.is_empty() {
        cycles::check(&program, &mut errors);
    }
    if errors.is_empty() { Ok((program, resized)) } else { Err(sorted(errors)) }
}

/// Sorts errors by their position in the text.
fn sorted(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    errors.sort_by_key(|d| d.labels.first().map(|(span, _)| *span));
    errors
}

/// Parses the `NAME=EXPR` of `--set`.
///
/// # Errors
/// Syntax errors, an unknown parameter, or a value of the wrong type.
pub fn setting(text: &str, program: &Program, sources: &mut SourceMap) -> Result<Setting, Vec<Diagnostic>> {
    let (param, mut value) = option("--set", text, program, sources)?;
    let mut errors = Vec::new();
    types::check_setting(program, param, &mut value, &mut errors);
    if errors.is_empty() { Ok(Setting { param, value }) } else { Err(errors) }
}

/// Parses the `NAME=LIST` of `--sweep` and adds it to an experiment. It replaces a sweep over the same parameter.
///
/// # Errors
/// Syntax errors, an unknown parameter, or anything but a list of values of the parameter's type.
pub fn add_sweep(
    text: &str,
    program: &Program,
    experiment: &mut Experiment,
    sources: &mut SourceMap,
) -> Result<(), Vec<Diagnostic>> {
    let (param, mut values) = option("--sweep", text, program, sources)?;
    let mut errors = Vec::new();
    types::check_axis(program, param, &mut values, &mut errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    if experiment.sweep.is_empty() {
        // The experiment states its expectations for a single run, not for every point of an added sweep.
        experiment.analysis.retain(|a| !matches!(a, Analysis::Expect { .. }));
    }
    match experiment.sweep.iter_mut().find(|(swept, _)| *swept == param) {
        Some(axis) => axis.1 = values,
        None => experiment.sweep.push((param, values)),
    }
    // A heat map needs exactly two swept parameters. Otherwise there is only the table.
    if experiment.sweep.len() != 2 {
        experiment.plots.retain(|plot| !has_heatmap(plot));
    }
    types::check_experiment(program, experiment, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn has_heatmap(plot: &[PlotEntry]) -> bool {
    plot.iter().any(|e| match e {
        PlotEntry::Heatmap { .. } => true,
        PlotEntry::Inset(inner) => has_heatmap(inner),
        _ => false,
    })
}

/// Parses the `NAME=EXPR` of an option.
fn option(
    flag: &str,
    text: &str,
    program: &Program,
    sources: &mut SourceMap,
) -> Result<(ParamId, Expr), Vec<Diagnostic>> {
    let Some((name, value)) = text.split_once('=') else {
        let shown = text.trim();
        let name = shown.split_whitespace().next().filter(|name| syntax::is_name(name)).unwrap_or("γ");
        let value = shown.strip_prefix(name).map_or("", str::trim);
        let number = if value.is_empty() { "0.5" } else { value };
        let example = match flag {
            "--sweep" => format!("write `--sweep '{name} = linspace(0, 1, 11)'`"),
            _ => format!("write `--set '{name} = {number}'`"),
        };
        return Err(vec![Diagnostic::nowhere(Code::BadOption, format!("`{flag} {shown}` has no `=`")).help(example)]);
    };
    let file = format!("<{flag}>");
    let value = load::parse_option(sources, &file, value)?;
    let source = sources.add(&file, name);
    let end = u32::try_from(name.len()).expect("an option is short");
    let span = Span { source, start: 0, end };
    let trimmed = name.trim();
    let name = Name { text: trimmed.to_string(), key: syntax::canonical(trimmed), span };
    let globals = globals_of(program);
    let mut errors = Vec::new();
    let pair = experiments::assignment(&globals, &Assignment { name, value }, &mut errors);
    match pair {
        Some(pair) if errors.is_empty() => Ok(pair),
        _ => Err(habits::explain(errors, sources)),
    }
}

fn globals_of(program: &Program) -> Globals {
    Globals {
        names: program.names.clone(),
        written: program.names.iter().map(|(k, e)| (k.clone(), program.written(*e).to_string())).collect(),
        functions: program.functions.iter().map(|f| (f.role, f.args.clone())).collect(),
        sequences: program.sequences.iter().map(|s| (s.is_rule, s.args.clone())).collect(),
        outcomes: program.outcomes.clone(),
        series_arrays: program.series_arrays.clone(),
        numbers: Numbers {
            params: program.params.iter().map(|p| p.value.clone()).collect(),
            functions: program.functions.iter().map(|f| f.body.clone()).collect(),
            given: program.sizes.iter().copied().collect(),
            ..Numbers::default()
        },
    }
}

impl Program {
    /// The name of a definition as its author wrote it.
    #[must_use]
    pub fn written(&self, entity: Entity) -> &str {
        match entity {
            Entity::Param(id) => &self.params[id.0].name.text,
            Entity::Input(id) => &self.inputs[id.0].name.text,
            Entity::Subsystem(id) => &self.subsystems[id.0].name.text,
            Entity::Array(id) => &self.arrays[id.0].name.text,
            Entity::SeriesArray(id) => &self.series_arrays[id.0].name.text,
            Entity::Function(id) => &self.functions[id.0].name.text,
            Entity::Sequence(id) => &self.sequences[id.0].name.text,
            Entity::Series(id) => self.series_name(id),
        }
    }

    /// The name of one of the model's series. Series that an experiment defines are not included.
    #[must_use]
    pub fn series_name(&self, id: SeriesId) -> &str {
        let mut at = 0;
        for o in &self.observables {
            let count = o.shape.series();
            if id.0 < at + count {
                return &o.name.text;
            }
            at += count;
        }
        self.records.get(id.0 - at).map_or("", |(r, _)| &r.text)
    }

    /// The SHA-256 of the file of each input, in hexadecimal, with the name of the input.
    pub fn input_hashes(&self) -> impl Iterator<Item = (String, String)> {
        self.inputs.iter().map(|input| (format!("{}()", input.name.text), input.sha256.clone()))
    }

    /// The experiment with this name, in any spelling.
    #[must_use]
    pub fn experiment(&self, name: &str) -> Option<&Experiment> {
        let key = syntax::canonical(name);
        self.experiments.iter().find(|e| e.name.key == key)
    }

    /// The name of the experiment nearest to a misspelt name.
    #[must_use]
    pub fn nearest_experiment(&self, name: &str) -> Option<&str> {
        suggest::nearest(name, self.experiments.iter().map(|e| e.name.text.as_str()))
    }
}

fn build(
    c: &Collected<'_>,
    numbers: Numbers,
    only: Option<Only<'_>>,
    errors: &mut Vec<Diagnostic>,
) -> (Program, Vec<Resized>) {
    let records = reachable_records(c, errors);
    let globals = Globals { numbers, ..globals(c, &records, errors) };
    let mut program = Program {
        doc: c.doc.clone(),
        names: globals.names.clone(),
        arrays: c.arrays.clone(),
        series_arrays: c.series_arrays.clone(),
        ..Program::default()
    };
    let expr = |place: Place, e: &ast::Expr, errors: &mut Vec<Diagnostic>| {
        let mut resolver = Resolver::new(&globals, place);
        let out = resolver.expr(e);
        errors.append(&mut resolver.errors);
        out
    };
    for (def, bounds) in c.params.iter().zip(&c.bounds) {
        let value = expr(Place::Param, &def.value.value, errors);
        let mut end = |e: &ast::Expr| expr(Place::Param, e, errors);
        let bounds = bounds.map(|b| Bounds { least: end(&b.least), most: end(&b.most) });
        program.params.push(Param { name: def.name.clone(), ty: Type::Any, value, bounds });
    }
    program.inputs = inputs::read(c, errors);
    for a in &c.sets {
        program.sets.extend(experiments::assignment(&globals, a, errors));
    }
    declarations::subsystems(c, &globals, &mut program, errors);
    program.start = c.start.map(|(decl, span)| start::start(&globals, decl, span, errors));
    for def in &c.functions {
        let mut resolver = statements::resolver(&globals, &def.value.args);
        let body = resolver.expr(&def.value.body);
        errors.append(&mut resolver.errors);
        let args = def.value.args.iter().map(|a| a.text.clone()).collect();
        let body = Arc::new(body);
        program.functions.push(Function { name: def.name.clone(), role: def.value.role, args, body });
    }
    for def in &c.sequences {
        let args = def.value.args.iter().map(|a| a.text.clone()).collect();
        let rule = def.value.is_rule.then_some(def.name.text.as_str());
        let body = Arc::new(body(&globals, &def.value.args, rule, &def.value.body, errors));
        program.sequences.push(Sequence { name: def.name.clone(), is_rule: def.value.is_rule, args, body });
    }
    if let Some((keyword, doc, statements)) = &c.step {
        let body = body(&globals, &[], None, statements, errors);
        program.step = Some(StepBody { keyword: *keyword, doc: doc.clone(), body });
    }
    for Observed { def, index } in &c.observables {
        let mut resolver = Resolver::new(&globals, Place::Measure);
        resolver.constants.extend(index.clone());
        let value = resolver.expr(&def.value.value);
        errors.append(&mut resolver.errors);
        maps::place(&value, errors);
        let shape = statements::shape(&value);
        program.observables.push(Observable { name: def.name.clone(), value, shape });
    }
    program.records = records.all;
    program.outcomes = records.outcomes;
    program.used_records = records::used(&program);
    let resized = experiments_of(c, &globals, &mut program, only, errors);
    program.sizes = globals.numbers.read.borrow().iter().map(|(id, x)| (*id, *x)).collect();
    program.latex = Arc::new(latex::of(c));
    (program, resized)
}

fn body(
    globals: &Globals,
    args: &[Name],
    rule: Option<&str>,
    body: &[ast::Stmt],
    errors: &mut Vec<Diagnostic>,
) -> Vec<Stmt> {
    let mut resolver = statements::resolver(globals, args);
    let out = Body { resolver: &mut resolver, rule, locals: args.len() }.statements(body);
    errors.append(&mut resolver.errors);
    out
}

/// Resolves the experiments. Those that change the sizes of arrays are returned instead.
fn experiments_of(
    c: &Collected<'_>,
    globals: &Globals,
    program: &mut Program,
    only: Option<Only<'_>>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Resized> {
    let mut keys: Vec<String> = Vec::new();
    for o in &program.observables {
        keys.extend(series_keys(&o.name.key, o.shape));
    }
    for (r, shape) in &program.records {
        keys.extend(series_keys(&r.key, *shape));
    }
    let names: Vec<String> = c.experiments.iter().map(|d| d.name.key.clone()).collect();
    let all: Vec<(Experiment, Vec<Diagnostic>)> = c
        .experiments
        .iter()
        .filter(|d| only.is_none_or(|only| d.name.key == only.key))
        .map(|d| {
            let mut own = Vec::new();
            let part = only.and_then(|only| only.part);
            (experiments::experiment(globals, d, (&keys, &names), part, &mut own), own)
        })
        .collect();
    let numbers = &globals.numbers;
    let of_cases = |e: &Experiment| match only.and_then(|only| only.part) {
        Some(_) => Vec::new(),
        None => sized_cases::resized(&e.sets, &e.cases, numbers),
    };
    let cases: Vec<Vec<(usize, Given)>> = all.iter().map(|(e, _)| of_cases(e)).collect();
    // The experiments may have read further parameters.
    let sizes = numbers.read.borrow().clone();
    let mut resized = Vec::new();
    for ((place, (experiment, mut own)), cases) in all.into_iter().enumerate().zip(cases) {
        match numbers.values_with(&experiment.sets) {
            Some(there) if there != sizes || !cases.is_empty() => {
                resized.push(Resized { place, experiment, sizes: there, cases });
            }
            _ => {
                errors.append(&mut own);
                program.experiments.push(experiment);
            }
        }
    }
    resized
}

fn written(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}

fn globals(c: &Collected<'_>, records: &Records, errors: &mut Vec<Diagnostic>) -> Globals {
    let mut g = Globals {
        names: BTreeMap::new(),
        written: BTreeMap::new(),
        functions: c.functions.iter().map(|d| (d.value.role, written(&d.value.args))).collect(),
        sequences: c.sequences.iter().map(|d| (d.value.is_rule, written(&d.value.args))).collect(),
        outcomes: records.outcomes.clone(),
        series_arrays: c.series_arrays.clone(),
        numbers: Numbers::default(),
    };
    let mut add = |name: &Named, entity| {
        g.names.insert(name.key.clone(), entity);
        g.written.insert(name.key.clone(), name.text.clone());
    };
    c.params.iter().enumerate().for_each(|(i, d)| add(&d.name, Entity::Param(ParamId(i))));
    c.inputs.iter().enumerate().for_each(|(i, (d, _))| add(&d.name, Entity::Input(InputId(i))));
    c.subsystems.iter().enumerate().for_each(|(i, (d, _))| add(&d.name, Entity::Subsystem(SubsystemId(i))));
    c.arrays.iter().enumerate().for_each(|(i, a)| add(&a.name, Entity::Array(ArrayId(i))));
    c.series_arrays.iter().enumerate().for_each(|(i, a)| add(&a.name, Entity::SeriesArray(SeriesArrayId(i))));
    c.functions.iter().enumerate().for_each(|(i, d)| add(&d.name, Entity::Function(FunctionId(i))));
    c.sequences.iter().enumerate().for_each(|(i, d)| add(&d.name, Entity::Sequence(SequenceId(i))));
    let mut next = 0;
    for Observed { def, .. } in &c.observables {
        // The shape follows from the syntax here; the names of the components are resolved in the experiments.
        add(&def.name, Entity::Series(SeriesId(next)));
        next += ast_shape(c, &def.value.value).series();
    }
    for (record, shape) in &records.all {
        if let Some(entity) = g.names.get(&record.key) {
            let what = if matches!(entity, Entity::Series(_)) { "observed" } else { "defined" };
            errors.push(
                Diagnostic::new(
                    Code::DuplicateName,
                    format!("`{}` is already {what}", record.text),
                    record.span,
                    "recorded under the same name",
                )
                .help("give the record another name"),
            );
            continue;
        }
        g.names.insert(record.key.clone(), Entity::Series(SeriesId(next)));
        g.written.insert(record.key.clone(), record.text.clone());
        next += shape.series();
    }
    g
}
