//! The built-in functions.

use carom::ast::Argument;
use num_complex::Complex64;

use super::joint::{Label, Operator};
use super::matrix::{Matrix, exponential, marginal, real};
use super::scope::{Scope, whole};
use super::value::{Form, Shape, Value};
use super::{measures, series, tables};

impl Scope<'_> {
    /// Operators, gates, channels, states and functions of numbers.
    pub(crate) fn built_in(&self, name: &str, arguments: &[Value]) -> Value {
        match (name, arguments) {
            ("dag", [a]) => super::arithmetic::unary(carom::ast::UnaryOp::Dagger, a),
            ("comm", [a, b]) => both(a, b, |x, y| x * y - y * x),
            ("anticomm", [a, b]) => both(a, b, |x, y| x * y + y * x),
            ("exp", [Value::Operator(a)]) => Value::Operator(a.map(exponential)),
            ("exp", [Value::Form(a)]) => Value::Form(a.map(|m| exponential(&m))),
            ("kraus", operators) => Value::Channel(operators.iter().map(Value::operator).collect()),
            ("tensor", [first, rest @ ..]) => {
                Value::Form(rest.iter().fold(first.form(), |product, factor| product.tensor(&factor.form())))
            }
            ("thermal", [h, t]) => {
                let t = t.number().re;
                match h {
                    Value::Form(h) => Value::Form(h.map(move |m| measures::thermal(&m, t))),
                    _ => Value::Operator(h.operator().map(|m| measures::thermal(m, t))),
                }
            }
            ("settled", [tolerance, k @ ..]) => {
                let k = k.first().map_or(1, |k| usize::try_from(whole(k)).expect("a count"));
                Value::Bool(Some(self.settled(tolerance.number().re, k)))
            }
            (_, [Value::Subsystem(_), ..]) => self.of_subsystems(name, arguments),
            _ => Value::Number(number(name, &arguments.iter().map(Value::number).collect::<Vec<_>>())),
        }
    }

    /// Whether every series that is not missing has stayed within the tolerance over the last k collisions.
    fn settled(&self, tolerance: f64, k: usize) -> bool {
        let past = self.past.expect("`settled` occurs only during a run").values();
        let latest = past.map(|s| s.values.iter().rev().take(k + 1).copied().collect::<Vec<f64>>());
        let present: Vec<Vec<f64>> = latest.filter(|v| v.iter().any(|x| !x.is_nan())).collect();
        let within = |v: &Vec<f64>| v.iter().all(|a| v.iter().all(|b| (a - b).abs() <= tolerance));
        !present.is_empty() && present.iter().all(|v| v.len() == k + 1 && within(v))
    }

    /// `X(a)`, `RX(a, angle)`, `damping(a, p)`
    fn of_subsystems(&self, name: &str, arguments: &[Value]) -> Value {
        let (on, numbers) = split(arguments);
        let numbers: Vec<f64> = numbers.iter().map(|v| v.number().re).collect();
        let dims = self.model.dims(&on);
        if let [label] = on[..] {
            if let Some(matrix) = tables::operator(name, self.model.kinds[label.subsystem]) {
                return self.operator(on, matrix);
            }
            if let Some(kraus) = tables::channel(name, &numbers) {
                let of = |matrix| Operator { on: on.clone(), dims: dims.clone(), matrix };
                return Value::Channel(kraus.into_iter().map(of).collect());
            }
        }
        let matrix = tables::gate(name, &dims, &numbers);
        self.operator(on, matrix.unwrap_or_else(|| panic!("no gate {name} for dimensions {dims:?}")))
    }

    pub(crate) fn measure(&self, name: &str, groups: &[Vec<Value>]) -> Value {
        let all = groups.concat();
        let (mut on, rest) = split(&all);
        if on.is_empty() {
            on.clone_from(&self.state.expect("a measure occurs only where there is a state").labels);
        }
        let parts = if groups.len() > 1 { groups[0].len() } else { 1 };
        if rest.is_empty() && matches!(name, "fidelity" | "trace_distance" | "relative_entropy") {
            let of_two = self.read(&on, |rho, dims| {
                let part = |kept: std::ops::Range<usize>| marginal(&rho, dims, &kept.collect::<Vec<_>>());
                two_states(name, &part(0..parts), &part(parts..dims.len()))
            });
            return Value::real(of_two.unwrap_or(f64::NAN));
        }
        let sigma = || self.model.density(&rest[0], &on);
        let read = self.read(&on, |rho, dims| match name {
            "concurrence" => measures::concurrence(&rho),
            "mutual_information" => measures::mutual_information(&rho, dims, parts),
            "negativity" => measures::negativity(&rho, dims, parts),
            "entropy" => measures::entropy(&rho),
            "purity" => measures::purity(&rho),
            "ergotropy" => measures::ergotropy(&rho, &rest[0].operator().spread(&on, dims)),
            "coherence" => measures::coherence(&rho),
            "population" => {
                let level = usize::try_from(whole(&rest[0])).expect("a level");
                rho[(level, level)].re
            }
            "fidelity" if is_ket(&rest[0]) => (rho * sigma()).trace().re,
            "fidelity" => measures::fidelity(&rho, &sigma()),
            "trace_distance" => measures::trace_distance(&rho, &sigma()),
            "relative_entropy" => measures::relative_entropy(&rho, &sigma()),
            _ => 0.0,
        });
        match name {
            "bloch" => self.bloch(&on),
            "state" => self.entries(&on),
            _ => Value::real(read.unwrap_or(f64::NAN)),
        }
    }

    fn bloch(&self, on: &[Label]) -> Value {
        let axis = |name: &str| {
            let matrix = tables::operator(name, tables::Kind::Qubit).expect("a Pauli matrix");
            self.read(on, |rho, _| (rho * &matrix).trace().re).unwrap_or(f64::NAN)
        };
        Value::Columns([("_x", "X"), ("_y", "Y"), ("_z", "Z")].map(|(end, name)| (end.into(), axis(name))).to_vec())
    }

    fn entries(&self, on: &[Label]) -> Value {
        Value::Columns(entries(&self.model.dims(on), self.read(on, |rho, _| rho).as_ref()))
    }

    /// `pearson(x, y, width = w, overlap = v)`, with positional or named arguments.
    pub(crate) fn pearson(&self, groups: &[Vec<Argument>]) -> Value {
        let arguments = groups.iter().flatten().enumerate();
        let named = |name: &str, place: usize| {
            let found = arguments.clone().find(|(at, a)| a.name.as_ref().map_or(*at == place, |n| n.key == name));
            found.map(|(_, a)| self.eval(&a.value))
        };
        let count = |v: Option<Value>| v.map_or(0, |v| usize::try_from(whole(&v)).expect("a count"));
        let series = |name, place| named(name, place).expect("two series").series();
        let (width, overlap) = (count(named("width", 2)), count(named("overlap", 3)));
        Value::Series(series::pearson(&series("x", 0), &series("y", 1), width, overlap))
    }

    pub(crate) fn of_series(&self, name: &str, arguments: &[Value]) -> Value {
        let x = arguments[0].series();
        if name == "where" {
            let condition = arguments[1].series();
            return Value::Series(x.zip(&condition, |x, holds| if holds == 1.0 { x } else { f64::NAN }));
        }
        let second = arguments.get(1).map(|v| v.number().re);
        if let Some(value) = series::number(name, &x, second) {
            return Value::real(value);
        }
        if let Some(value) = series::series(name, &x) {
            return Value::Series(value);
        }
        let rest: Vec<Complex64> = arguments[1..].iter().map(Value::number).collect();
        Value::Series(x.map(|x| number(name, &[&[real(x)], &rest[..]].concat()).re))
    }
}

/// The entries of a matrix of subsystems with these dimensions, with the suffixes of their series; they are missing for
/// `None`. The levels of the subsystems, at most ten of each, name a row or column.
pub(crate) fn entries(dims: &[usize], matrix: Option<&Matrix>) -> Vec<(String, f64)> {
    let levels = |mut index: usize| {
        let mut digits: Vec<String> = Vec::new();
        for dim in dims.iter().rev() {
            digits.push((index % dim).to_string());
            index /= dim;
        }
        digits.into_iter().rev().collect::<String>()
    };
    let dim: usize = dims.iter().product();
    let mut out = Vec::new();
    for (row, column) in (0..dim).flat_map(|row| (0..dim).map(move |column| (row, column))) {
        let entry = matrix.map_or(Complex64::new(f64::NAN, f64::NAN), |m| m[(row, column)]);
        let name = format!("_{}_{}", levels(row), levels(column));
        out.push((format!("{name}_re"), entry.re));
        out.push((format!("{name}_im"), entry.im));
    }
    out
}

/// Splits off the leading subsystems from the other arguments.
fn split(arguments: &[Value]) -> (Vec<Label>, &[Value]) {
    let count = arguments.iter().take_while(|v| matches!(v, Value::Subsystem(_))).count();
    (arguments[..count].iter().map(Value::subsystem).collect(), &arguments[count..])
}

/// Whether a state is a ket. Then F = ⟨ψ|ρ|ψ⟩ = Tr ρσ, without roots.
fn is_ket(state: &Value) -> bool {
    matches!(state, Value::Form(form) if form.shape == Shape::Ket)
}

fn both(a: &Value, b: &Value, f: impl Fn(&Matrix, &Matrix) -> Matrix + 'static) -> Value {
    if let (Value::Form(a), Value::Form(b)) = (a, b) {
        let (a, b) = (a.clone(), b.clone());
        return Value::Form(Form::new(a.shape, a.arity, move |kinds| f(&a.on(kinds), &b.on(kinds))));
    }
    Value::Operator(a.operator().with(&b.operator(), |x, y| f(&x, &y)))
}

fn number(name: &str, arguments: &[Complex64]) -> Complex64 {
    let z = arguments[0];
    let reals = || arguments.iter().map(|z| z.re);
    match name {
        "sqrt" => z.sqrt(),
        "exp" => z.exp(),
        "log" | "ln" => z.ln(),
        "log10" => z.ln() / 10f64.ln(),
        "log2" => z.ln() / 2f64.ln(),
        "sin" => z.sin(),
        "cos" => z.cos(),
        "tan" => z.tan(),
        "asin" => z.asin(),
        "acos" => z.acos(),
        "atan" => z.atan(),
        "sinh" => z.sinh(),
        "cosh" => z.cosh(),
        "tanh" => z.tanh(),
        "conj" => z.conj(),
        "abs" => real(z.norm()),
        "re" => real(z.re),
        "im" => real(z.im),
        "arg" => real(z.arg()),
        "positive" => real(if z.re < 0.0 { 0.0 } else { z.re }),
        "floor" => real(z.re.floor()),
        "ceil" => real(z.re.ceil()),
        "round" => real(z.re.round()),
        "min" => real(reals().fold(f64::INFINITY, f64::min)),
        "max" => real(reals().fold(f64::NEG_INFINITY, f64::max)),
        "atan2" => real(z.re.atan2(arguments[1].re)),
        "mod" => real(z.re.rem_euclid(arguments[1].re)),
        _ => panic!("the oracle does not know `{name}`"),
    }
}

/// A measure of two states.
pub(crate) fn two_states(name: &str, rho: &Matrix, sigma: &Matrix) -> f64 {
    match name {
        "fidelity" => measures::fidelity(rho, sigma),
        "trace_distance" => measures::trace_distance(rho, sigma),
        "relative_entropy" => measures::relative_entropy(rho, sigma),
        other => panic!("`{other}` is not a measure of two states"),
    }
}
