//! The model as LaTeX: its equations alone, or a section of a paper.

use std::fmt::Write as _;

use super::summary::short;
use crate::check::{Experiment, Program, Setting};
use crate::diagnostic::{Diagnostic, is_deceptive};
use crate::lower::Model;
use crate::syntax::{canonical, latex_greek};

/// The initial states, the hamiltonians and gates, and the step as LaTeX equations. A rule is written out.
///
/// # Errors
/// All errors of the step: a step that cannot run has no equations.
pub fn equations(
    program: &Program,
    experiment: Option<&Experiment>,
    settings: &[Setting],
) -> Result<String, Vec<Diagnostic>> {
    let parts = Parts::new(program, experiment, settings)?;
    Ok(align(&[parts.states, parts.program.latex.operators.clone(), parts.step].concat()))
}

/// The equations of a model at a parameter point.
struct Parts<'p> {
    /// The program at the sizes of arrays of the experiment.
    program: &'p Program,
    states: Vec<String>,
    step: Vec<String>,
    /// The values of the parameters, as in [`Model::parameters`].
    values: Vec<String>,
}

impl<'p> Parts<'p> {
    fn new(
        program: &'p Program,
        experiment: Option<&'p Experiment>,
        settings: &'p [Setting],
    ) -> Result<Self, Vec<Diagnostic>> {
        let program = experiment.map_or(program, |e| program.of(e));
        let mut model = Model::new(program, experiment, settings)?;
        if program.step.is_some() {
            model.settle()?;
        }
        let values: Vec<String> = model.parameters().into_iter().map(|(_, value)| value).collect();
        let rule_of = |key: &str| {
            let at = program.params.iter().position(|p| p.name.key == key)?;
            Some(canonical(&values[at]))
        };
        let (states, step) = (program.latex.initial_states(program), program.latex.step(&rule_of));
        Ok(Self { program, states, step, values })
    }

    /// A row for each parameter: symbol, value and documentation.
    fn parameters(&self) -> String {
        let rows = self.program.params.iter().zip(&self.program.latex.params).zip(&self.values);
        let row = |((param, symbol), value): ((&crate::check::Param, &String), &String)| {
            let doc = param.name.doc.as_deref().unwrap_or_default();
            format!("  ${symbol}$ & {} & {} \\\\\n", value_text(value), escaped(doc))
        };
        rows.map(row).collect()
    }
}

fn align(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("  & {line}")).collect();
    format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", lines.join(" \\\\\n"))
}

/// A section of a LaTeX document that describes the model: initial states, Hamiltonians and gates, the collision, the
/// parameters and the observables. It needs the package `amsmath`.
///
/// # Errors
/// As [`equations`].
pub fn section(
    protocol: &str,
    program: &Program,
    experiment: &Experiment,
    settings: &[Setting],
) -> Result<String, Vec<Diagnostic>> {
    let parts = Parts::new(program, Some(experiment), settings)?;
    let latex = &parts.program.latex;
    let mut out = format!(
        "% {protocol}, {}; written by carom {}.\n% Needs \\usepackage{{amsmath}}.\n",
        experiment.name.text,
        env!("CARGO_PKG_VERSION")
    );
    let title = experiment.title.as_deref().unwrap_or(&experiment.name.text);
    let _ = write!(out, "\\section{{{}}}\n\n", escaped(title));
    let mut equations = |intro: &str, lines: &[String]| {
        if !lines.is_empty() {
            let _ = write!(out, "{intro}\n{}\n", align(lines));
        }
    };
    equations("The initial states of the systems and of each fresh unit of the environments are", &parts.states);
    equations("The Hamiltonians and gates are", &latex.operators);
    equations("with the abbreviations", &latex.definitions);
    equations("One collision changes the state $\\rho$ by these maps, in this order:", &parts.step);
    equations("After collision $n$, the observables are", &latex.observables);
    if !parts.values.is_empty() {
        let rows = parts.parameters();
        let _ = write!(
            out,
            "The parameters have the values\n\\begin{{center}}\n\\begin{{tabular}}{{llp{{0.6\\linewidth}}}}\n  \\hline\n  \
             symbol & value & meaning \\\\\n  \\hline\n{rows}  \\hline\n\\end{{tabular}}\n\\end{{center}}\n"
        );
    }
    Ok(out)
}

/// The value of a parameter: a number with seven digits, or a word.
fn value_text(value: &str) -> String {
    let Ok(number) = value.parse::<f64>() else { return format!("\\texttt{{{}}}", escaped(value)) };
    if number.is_infinite() {
        return if number > 0.0 { "$\\infty$".into() } else { "$-\\infty$".into() };
    }
    match short(number).split_once('e') {
        Some((mantissa, exponent)) => format!("${mantissa} \\cdot 10^{{{exponent}}}$"),
        None => format!("${}$", short(number)),
    }
}

/// Symbols of scripts and comments that LaTeX does not accept as they are.
const SYMBOLS: [(char, &str); 40] = [
    ('\\', "\\textbackslash{}"),
    ('{', "\\{"),
    ('}', "\\}"),
    ('#', "\\#"),
    ('$', "\\$"),
    ('%', "\\%"),
    ('&', "\\&"),
    ('_', "\\_"),
    ('^', "\\textasciicircum{}"),
    ('~', "\\textasciitilde{}"),
    ('<', "$<$"),
    ('>', "$>$"),
    ('|', "$|$"),
    ('·', "$\\cdot$"),
    ('×', "$\\times$"),
    ('⊗', "$\\otimes$"),
    ('±', "$\\pm$"),
    ('−', "$-$"),
    ('≈', "$\\approx$"),
    ('≠', "$\\ne$"),
    ('≤', "$\\le$"),
    ('≥', "$\\ge$"),
    ('→', "$\\to$"),
    ('∞', "$\\infty$"),
    ('√', "$\\surd$"),
    ('∑', "$\\sum$"),
    ('∫', "$\\int$"),
    ('∂', "$\\partial$"),
    ('ħ', "$\\hbar$"),
    ('†', "$\\dagger$"),
    ('⟨', "$\\langle$"),
    ('⟩', "$\\rangle$"),
    ('…', "\\dots{}"),
    ('–', "--"),
    ('—', "---"),
    ('’', "'"),
    ('“', "``"),
    ('”', "''"),
    ('²', "$^2$"),
    ('³', "$^3$"),
];

/// Plain text for LaTeX. Greek letters, subscripts and mathematical symbols become commands; another character beyond
/// the European alphabets becomes its code point.
fn escaped(text: &str) -> String {
    let one = |c: char| -> String {
        if let Some((_, latex)) = SYMBOLS.iter().find(|(symbol, _)| *symbol == c) {
            return (*latex).into();
        }
        match c {
            '₀'..='₉' => format!("$_{}$", c as u32 - '₀' as u32),
            '\n' | '\t' => " ".into(),
            c if is_deceptive(c) => format!("\\texttt{{U+{:04X}}}", c as u32),
            c if c.is_ascii() || ('\u{a0}'..'\u{180}').contains(&c) => c.to_string(),
            c => match latex_greek(c) {
                Some(letter) => format!("${letter}$"),
                None => format!("\\texttt{{U+{:04X}}}", c as u32),
            },
        }
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_for_latex() {
        assert_eq!(escaped("50 % of ω₁ & x_2"), "50 \\% of $\\omega$$_1$ \\& x\\_2");
        assert_eq!(escaped("İ. Yalçınkaya – Ρ 量"), "İ. Yalçınkaya -- $\\mathrm{P}$ \\texttt{U+91CF}");
    }

    #[test]
    fn values_are_numbers_or_words() {
        assert_eq!(value_text("1.4922565104551517"), "$1.492257$");
        assert_eq!(value_text("1e-9"), "$1 \\cdot 10^{-9}$");
        assert_eq!(value_text("trace_out"), "\\texttt{trace\\_out}");
        assert_eq!(value_text("inf"), "$\\infty$");
    }
}
