//! Consequences of the type of an expression, independent of its place and notation: scripts that state their results
//! as claims, and pairs of scripts that express the same thing in two ways.

use carom::analysis::TableColumn;
use carom::check::{Script, add_sweep, check};
use carom::diagnostic::Code;
use carom::experiment::Setup;
use carom::source::SourceMap;

use crate::runs::{Checked, covered, values};

/// Runs the experiment `t` of a script, which must have claims; all of them must hold.
fn holds(text: &str) {
    let checked = Checked::text(text);
    let swept = checked.experiments().any(|e| !e.sweep.is_empty());
    let claims = if swept { checked.sweep("t").claims } else { checked.run("t").claims };
    assert!(!claims.is_empty(), "there is no claim in\n{text}");
    let failed: Vec<String> =
        claims.iter().filter(|c| !c.holds).map(|c| format!("{}: {}", c.text, c.measured)).collect();
    assert_eq!(failed, Vec::<String>::new(), "{text}");
}

/// The initial state of the systems, entry by entry.
fn state(declarations: &str, systems: &str) -> Vec<f64> {
    let text = format!("{declarations}\nstep {{ }}\nobserve r = state({systems})\nexperiment t {{ run 1 }}");
    let outcome = Checked::text(&text).run("t");
    outcome.series().map(|(_, s)| s.values[0]).collect()
}

/// Asserts that two ways to write a state give the same matrix.
fn same_state(systems: &str, one: &str, other: &str) {
    let (one, other) = (state(one, systems), state(other, systems));
    assert_eq!(one.len(), other.len());
    assert!(one.iter().zip(&other).all(|(a, b)| (a - b).abs() < 1e-14), "{one:?}\n{other:?}");
}

#[test]
fn a_named_state_equals_its_definition() {
    same_state(
        "a, b, c",
        "def bell = (|00> + |11>)/√2\nsystem a, b, c = bell ⊗ |0>",
        "system a, b, c = (|00> + |11>)/√2 ⊗ |0>",
    );
    same_state("a, b", "def pair(x) = x*|1>\nsystem a, b = pair(|+>)", "system a, b = |+1>");
    same_state("a, b", "def each = |+>\nsystem a, b = each", "system a, b = |++>");
    same_state(
        "a, b, c",
        "def ρ(x) = x ⊗ thermal(-Z/2, 0.7)\nsystem a, b, c = ρ(|01>)",
        "system a, b, c = |01><01| ⊗ thermal(-Z/2, 0.7)",
    );
    same_state("a, b", "hamiltonian H(g) = g*Z\nsystem a, b = thermal(H(-0.5), 1)", "system a, b = thermal(-Z/2, 1)");
}

#[test]
fn an_operator_on_a_named_subsystem_acts_on_its_factor() {
    same_state("s", "system s = X(s)*|0>", "system s = |1>");
    same_state("a, b", "system a, b = X(b)*|00>", "system a, b = |01>");
    same_state("a, b", "system a, b = |0> ⊗ (X(b)*|0>)", "system a, b = |01>");
    same_state("a, b", "system a, b = CNOT(a, b)*(|+> ⊗ |0>)", "system a, b = (|00> + |11>)/√2");
    same_state(
        "a, b",
        "system a, b = 0.5*|1><1|(b)*|0><0|(a) + 0.125*mixed*4",
        "system a, b = 0.5*|01><01| + 0.5*mixed",
    );
    same_state("a, b", "system a, b = |1><1|(a) ⊗ |0><0|(b)", "system a, b = |10>");
    same_state(
        "a, b",
        "hamiltonian H = Z(a)*Z(b) + 0.4*X(b)\nsystem a, b = thermal(H, 1)",
        "system a, b = thermal(Z ⊗ Z + 0.4*I ⊗ X, 1)",
    );
}

#[test]
fn a_state_that_names_the_reset_subsystems_is_joint() {
    holds(
        "system a, b = |0>
         step { reset a, b = thermal(Z(a)*Z(b) + 0.4*X(b), 1) }
         system c, d = thermal(Z(c)*Z(d) + 0.4*X(d), 1)
         observe zz = <Z(a)*Z(b)>
         observe known = <Z(c)*Z(d)>
         observe x = <X(b)>
         observe xd = <X(d)>
         experiment t { run 1; expect last(zz) ≈ last(known) ± 1e-14; expect last(x) ≈ last(xd) ± 1e-14; expect last(zz) < -0.5 }",
    );
}

#[test]
fn kets_and_bras_have_adjoints() {
    let werner = "def ψ = (|01> - |10>)/√2\nsystem a, b = 0.5*ψ*ψ† + 0.5*mixed";
    same_state("a, b", werner, "system a, b = 0.25*(|01> - |10>)*(<01| - <10|) + 0.5*mixed");
    holds(&format!(
        "{werner}\nstep {{ apply X(a) }}\nobserve C = concurrence(a, b)\nexperiment t {{ run 1; expect last(C) ≈ 0.25 ± 1e-12 }}"
    ));
    same_state("s", "def φ = (|0> + 2i*|1>)/√5\nsystem s = (φ†)†", "system s = (|0> + 2i*|1>)/√5");
    holds(
        "def φ = (|0> + 2i*|1>)/√5
         param norm = φ†*φ
         param amplitude = <1|*φ
         param other = (φ† * |1>)
         system s = |0>
         step { apply X(s) }
         observe z = <Z(s)>
         experiment t { run 1; expect norm ≈ 1 ± 1e-15; expect abs(amplitude - 2i/√5) < 1e-15; expect abs(other + 2i/√5) < 1e-15 }",
    );
}

#[test]
fn a_bra_times_a_ket_is_a_number_anywhere() {
    holds(
        "param c = <0|1>
         param d = <3|3>
         param h = <0|+>
         param two = <01|01> + <01|*(|0> ⊗ |1>)
         param flipped = <1|*(X*|0>)
         system s = <1|1>*|0>
         system a, b = <0|0>*|01>
         step { evolve <+|+>*Z(s) for 0.1 }
         observe z = <Z(s)>
         experiment t { run 1; expect c == 0; expect d == 1; expect h ≈ 1/√2 ± 1e-15; expect two == 2; expect flipped == 1; expect last(z) ≈ 1 ± 1e-15 }",
    );
}

/// S and T are not their own inverses: without the dagger, they would rotate |+⟩ the other way.
#[test]
fn the_adjoint_of_a_gate_undoes_it() {
    for gate in ["S(s)", "T(s)", "RX(s, 0.3)", "exp(-0.4i*Y(s))", "(S(s)*H(s))"] {
        for adjoint in [format!("{gate}†"), format!("dag({gate})")] {
            holds(&format!(
                "system s = cos(0.3)*|0> + exp(0.9i)*sin(0.3)*|1>
                 step {{ apply {gate}; record x1 = <X(s)>; record y1 = <Y(s)>; apply {adjoint} }}
                 observe x = <X(s)>
                 observe y = <Y(s)>
                 observe z = <Z(s)>
                 experiment t {{ run 3
                   expect abs(last(x) - at(x, 0)) < 1e-14 and abs(last(y) - at(y, 0)) < 1e-14 and abs(last(z) - at(z, 0)) < 1e-14
                   expect abs(last(y1) - last(y)) + abs(last(x1) - last(x)) > 0.01 }}"
            ));
        }
    }
    // S|+⟩ points to +y, S†|+⟩ to −y.
    holds(
        "system s = |+>\nstep { apply S(s)† }\nobserve y = <Y(s)>\nexperiment t { run 1; expect last(y) ≈ -1 ± 1e-14 }",
    );
}

/// The default tolerance of `≈` is 1e-9, for numbers and for each value of a series; the tolerance of `±` is inclusive.
#[test]
fn the_tolerance_of_approx_is_exact_at_its_edge() {
    let model = "param one = 1\nsystem s = |0>\nstep { apply Z(s) }\nobserve z = <Z(s)>\nexperiment t { run 4\n";
    holds(&format!(
        "{model} expect one ≈ 1 + 0.9e-9\n expect not (one ≈ 1 + 1.1e-9)\n expect not (one ≈ 1 - 1.1e-9)
         expect last(z) ≈ 1 + 0.9e-9 and not (last(z) ≈ 1 + 1.1e-9)
         expect fraction(z ≈ 1 + 0.9e-9) == 1\n expect fraction(z ≈ 1 + 1.1e-9) == 0
         expect one ≈ 1.25 ± 0.25\n expect not (one ≈ 1.25 ± 0.2499999)
         expect fraction(z ≈ 1.25 ± 0.25) == 1\n expect fraction(z ≈ 1.25 ± 0.2499999) == 0 }}"
    ));
}

/// A missing value is neither near nor far: `fraction` leaves it out of both counts.
#[test]
fn a_series_is_compared_with_approx_value_by_value() {
    holds(
        "system s = |0>
         step { apply RX(s, π/3) }
         observe z = <Z(s)>
         experiment t { run 6
           expect fraction(z ≈ 0.5 ± 1e-9) ≈ 1/3 ± 1e-12
           expect count(z ≈ -1) == 1
           expect count(not (z ≈ -1)) == 5
           expect count(z ≈ z) == 6
           let q = log(z)
           expect fraction(q ≈ 0) ≈ 1/3 ± 1e-12
           expect min(where(z, z ≈ 1)) ≈ 1 }",
    );
}

#[test]
fn a_claim_distinguishes_the_values_of_a_swept_rule_text_or_boolean() {
    let model = "param r = a
         param word = \"up\"
         param flip = false
         system s = |1>
         environment e = |0>
         rule a { discard e }
         rule b { reset s = |0>; discard e }
         step { apply partial_swap(s, e, 0.3); with probability 0.25 { apply X(s) }; trace r }
         observe p = population(s, 1)\n";
    holds(&format!(
        "{model} experiment t {{ run 2; sweep r = [a, b]; collect P = last(p)
           expect max(where(P, r == b)) == 0
           expect count(r == a) == 1 and count(r != a) == 1
           expect fraction(r == a and P > 0.1) == 0.5 }}"
    ));
    holds(&format!(
        "{model} experiment t {{ run 2; sweep word = [\"up\", \"down\"], flip = [false, true]; collect P = last(p)
           expect count(word == \"up\") == 2
           expect count(\"sideways\" == word) == 0
           expect count(flip) == 2 and count(not flip) == 2
           expect count(flip == false and word != \"down\") == 1 }}"
    ));
}

/// In the table of a sweep, a definition that uses a swept parameter is a column.
#[test]
fn a_definition_of_a_swept_parameter_is_a_column() {
    holds(
        "param g = 0.1
         def twice = 2*g
         def over(x) = x > twice
         system s = |0>
         step { apply RX(s, g) }
         observe z = <Z(s)>
         experiment t { run 1; sweep g = [0.1, 0.2, 0.3]; collect v = last(z), w = twice
           expect min(twice) ≈ 0.2 and max(twice) ≈ 0.6
           expect count(w ≈ twice) == 3
           expect count(over(0.5)) == 2 }",
    );
}

#[test]
fn an_infinite_temperature_is_a_point_of_a_sweep() {
    holds(
        "param T = 1
         system s = |1>
         environment e = thermal(-Z/2, T)
         step { apply SWAP(s, e); discard e }
         observe p = population(s, 1)
         experiment t { run 1; sweep T = [0, 1, inf]; collect P = last(p); expect max(P) ≈ 0.5 ± 1e-15; expect min(P) == 0 }",
    );
    // A duration must be finite: this point has no value but a reason, and the other points run.
    let swept = Checked::text(
        "param τ = 1\nsystem s = |0>\nstep { evolve X(s) for τ }\nobserve p = population(s, 1)
         experiment t { run 1; sweep τ = [1, 2, inf, 3]; collect P = last(p) }",
    )
    .sweep_with_reasons("t");
    let values = swept.collected("P").expect("it is collected");
    assert_eq!(values.iter().map(|v| v.is_nan()).collect::<Vec<_>>(), [false, false, true, false]);
    assert!(covered(&swept).reasons[&2].contains("must be finite"), "{:?}", covered(&swept).reasons);
}

#[test]
fn a_temperature_of_minus_zero_is_zero() {
    holds(
        "param w = 1
         param T = -0.3*0
         system s = |1>
         environment e = thermal(-w/2*Z, T)
         step { apply SWAP(s, e); discard e }
         observe p = population(s, 1)
         experiment t { run 1; expect last(p) == 0 }",
    );
}

/// Tables contain real numbers: a complex number is missing, with a reason.
#[test]
fn a_complex_number_is_missing_with_a_reason() {
    let model = "param g = 1\nsystem s = |0>\nstep { apply X(s) }\nobserve z = <Z(s)>\n";
    let swept = Checked::text(&format!(
        "{model}experiment t {{ run 2; sweep g = [-1, 4]; collect v = √g, w = √g + last(z), size = abs(√g) }}"
    ))
    .sweep_with_reasons("t");
    for (column, known) in [("v", 2.0), ("w", 3.0)] {
        let values = swept.collected(column).expect("it is collected");
        assert!(values[0].is_nan() && values[1] == known, "{values:?}");
    }
    assert_eq!(swept.collected("size"), Some(&[1.0, 2.0][..]));
    assert!(covered(&swept).reasons[&0].contains("complex"), "{:?}", covered(&swept).reasons);
    assert!(!covered(&swept).reasons.contains_key(&1));
    let outcome = Checked::text(&format!(
        "{model}experiment t {{ run 2; set g = -1; let v = √g; let size = abs(v); expect v == i; expect size == 1; expect v == 0 }}"
    ))
    .run("t");
    let lets: Vec<f64> = outcome
        .lets
        .iter()
        .map(|name| outcome.values().find(|c| c.name == *name).and_then(TableColumn::last).expect("a number"))
        .collect();
    assert!(lets[0].is_nan() && lets[1] == 1.0, "{lets:?}");
    assert!(outcome.warnings.iter().any(|w| w.message.contains("complex")), "{:?}", outcome.warnings);
    assert_eq!(outcome.claims.iter().map(|c| c.holds).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(outcome.claims[2].measured, "v = 1i");
}

/// `--sweep` turns a parameter into a column, so the experiment's expressions that use it are typed again.
#[test]
fn an_experiment_is_typed_again_when_another_parameter_is_swept() {
    let text = "param g = 0.1\nparam h = 0.2\nsystem s = |0>\nstep { apply RX(s, g*h) }\nobserve z = <Z(s)>
        experiment t { run 1; sweep g = [1, 2]; collect v = last(z); expect max(v) < 1; expect h < 1 }
        experiment columns { run 1; sweep g = [1, 2]; collect v = last(z); expect fraction(v + h < 2) == 1 }";
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", text), &mut sources).unwrap();
    let mut experiment = program.experiments[0].clone();
    let errors = add_sweep("h = [0.1, 0.2]", &program, &mut experiment, &mut sources).unwrap_err();
    assert_eq!(errors.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::WrongType]);
    let mut experiment = program.experiments[1].clone();
    add_sweep("h = [0.1, 0.2]", &program, &mut experiment, &mut sources).unwrap();
    add_sweep("g = [1, 2, 3]", &program, &mut experiment, &mut sources).unwrap();
    let options = carom::experiment::Options::default();
    let sweep = carom::experiment::sweep::Sweep::new(Setup::new(&program, &experiment, &options, &sources)).unwrap();
    assert_eq!(sweep.grid().len(), 6);
}

/// Definitions are typed for the arguments of each call and lowered with these types.
#[test]
fn one_definition_serves_arguments_of_several_types() {
    let outcome = Checked::text(
        "def twice(x) = x + x
         def both(x, y) = x*y
         sequence turn(u, k) { repeat k { apply both(twice(0.5), RX(u, twice(0.1))) } }
         system s = both(twice(0.5), |0>)
         environment e = twice(0.5*|0><0|)
         step { turn(s, 1); turn(e, 2); discard e }
         observe z = <twice(Z(s))>
         observe p = twice(population(s, 1))
         experiment t { run 1; let y = twice(z); let w = twice(last(p)) }",
    )
    .run("t");
    assert!((values(&outcome, "z")[1] - 2.0 * 0.2f64.cos()).abs() < 1e-14);
    assert!((values(&outcome, "p")[1] - 2.0 * 0.1f64.sin().powi(2)).abs() < 1e-14);
}
