//! The definitions of a program as LaTeX.

use std::collections::BTreeMap;

use super::collect::Collected;
use super::ty::Type;
use crate::ast::{self, FunctionRole, Name, Stmt};
use crate::syntax::{latex_element, latex_expr, latex_name, latex_range, latex_series, latex_step};

/// The definitions of a program in LaTeX, for math mode.
#[derive(Debug, Clone, Default)]
pub struct ModelLatex {
    /// The state of each declaration, in the order of [`Program::declarations`](super::Program::declarations).
    states: Vec<StateLatex>,
    /// The symbols and the state of `start`.
    start: Option<StateLatex>,
    /// The symbol of each parameter, in the order of [`Program::params`](super::Program::params).
    pub params: Vec<String>,
    /// Hamiltonians and gates, each as an equation.
    pub operators: Vec<String>,
    /// Each `def`, as an equation.
    pub definitions: Vec<String>,
    /// Each observable or array of observables, as an equation.
    pub observables: Vec<String>,
    step: Vec<Stmt>,
    rules: BTreeMap<String, Vec<Stmt>>,
}

/// Subsystems and their state.
#[derive(Debug, Clone)]
struct StateLatex {
    symbols: Vec<String>,
    /// The range of the index of an array, such as `k = 1, \dots, L`.
    range: Option<String>,
    state: String,
}

impl StateLatex {
    /// `|\psi_{s}\rangle = |\psi_{e}\rangle = |0\rangle`, or with ρ for a density matrix; one symbol for a joint state.
    fn equation(&self, ty: Type, joint: bool) -> String {
        let symbol = |of: &str| match ty {
            Type::Ket(_) => format!("|\\psi_{{{of}}}\\rangle"),
            _ => format!("\\rho_{{{of}}}"),
        };
        let left = if joint {
            symbol(&self.symbols.join(","))
        } else {
            self.symbols.iter().map(|s| symbol(s)).collect::<Vec<_>>().join(" = ")
        };
        let range = self.range.as_ref().map_or_else(String::new, |range| format!(",\\quad {range}"));
        format!("{left} = {}{range}", self.state)
    }
}

impl ModelLatex {
    /// The initial states as equations. The types of the states tell kets from density matrices.
    #[must_use]
    pub fn initial_states(&self, program: &super::Program) -> Vec<String> {
        let declared = self.states.iter().zip(&program.declarations);
        let declared = declared.map(|(latex, d)| latex.equation(d.state.ty, d.joint));
        let start = self.start.iter().zip(&program.start).map(|(latex, s)| latex.equation(s.state.ty, true));
        declared.chain(start).collect()
    }

    /// The statements of the step, one line for each. `rule_of` gives the key of the rule that a parameter selects; the
    /// rule is written out.
    #[must_use]
    pub fn step(&self, rule_of: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        let body = |name: &Name| {
            let chosen = || self.rules.get(&rule_of(&name.key)?);
            self.rules.get(&name.key).or_else(chosen).map(Vec::as_slice)
        };
        latex_step(&self.step, &body)
    }
}

/// The LaTeX of all definitions.
pub(super) fn of(c: &Collected<'_>) -> ModelLatex {
    let functions = |role: fn(FunctionRole) -> bool| {
        c.functions.iter().filter(|d| role(d.value.role)).map(|d| definition(d.value)).collect()
    };
    let mut observables: Vec<String> = Vec::new();
    for o in &c.observables {
        let equation = observable(o.def.value);
        // The elements of an array share their definition.
        if observables.last() != Some(&equation) {
            observables.push(equation);
        }
    }
    ModelLatex {
        states: states(c),
        start: c.start.as_ref().map(|(decl, _)| start(decl)),
        params: c.params.iter().map(|d| latex_name(&d.value.name)).collect(),
        operators: functions(|role| role != FunctionRole::Def),
        definitions: functions(|role| role == FunctionRole::Def),
        observables,
        step: c.step.iter().flat_map(|(_, _, body)| body.iter().cloned()).collect(),
        rules: c
            .sequences
            .iter()
            .filter(|d| d.value.is_rule)
            .map(|d| (d.name.key.clone(), d.value.body.clone()))
            .collect(),
    }
}

/// The states of the declarations. The members of one declaration are adjacent.
fn states(c: &Collected<'_>) -> Vec<StateLatex> {
    let same = |a: &(super::collect::Def<'_, ast::SubsystemDecl>, _), b: &(super::collect::Def<'_, _>, _)| {
        std::ptr::eq(a.0.value, b.0.value)
    };
    let declared = c.subsystems.chunk_by(same).filter_map(|members| members.first());
    declared.filter_map(|(def, _)| declaration(def.value)).collect()
}

fn declaration(decl: &ast::SubsystemDecl) -> Option<StateLatex> {
    let state = latex_expr(decl.state.as_ref()?);
    let index = |text: &str| Name { text: text.into(), key: text.into(), span: decl.names[0].name.span };
    let symbol = |d: &ast::Declared| {
        let symbol = latex_name(&d.name);
        if d.size.is_some() { latex_element(&symbol, &index("k")) } else { symbol }
    };
    let last = decl.names.iter().find_map(|d| d.size.as_ref()).map(latex_expr);
    Some(StateLatex {
        symbols: decl.names.iter().map(symbol).collect(),
        range: last.map(|last| format!("k = 1, \\dots, {last}")),
        state,
    })
}

fn start(decl: &ast::StartDecl) -> StateLatex {
    let symbol =
        |r: &ast::Reference| latex_expr(&ast::Expr { span: r.span, kind: ast::ExprKind::Reference(r.clone()) });
    StateLatex { symbols: decl.targets.iter().map(symbol).collect(), range: None, state: latex_expr(&decl.state) }
}

/// `H_{se}(s, e) = …`
fn definition(f: &ast::FunctionDecl) -> String {
    let args: Vec<String> = f.args.iter().map(latex_name).collect();
    let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
    format!("{}{args} = {}", latex_name(&f.name), latex_expr(&f.body))
}

/// `x_{1,n} = …`, or `z^{[k]}_n = …` with the range of k for an array.
fn observable(o: &ast::ObserveDecl) -> String {
    let (symbol, value) = (latex_name(&o.name), latex_expr(&o.value));
    match &o.elements {
        None => format!("{} = {value}", latex_series(&symbol)),
        Some(i) => format!("{}_n = {value},\\quad {}", latex_element(&symbol, &i.index), latex_range(i)),
    }
}
