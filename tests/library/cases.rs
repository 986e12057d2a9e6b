//! Cases of an experiment, comparisons of their states, and measures of maps, against closed forms on every backend.

use carom::backend::Backend;
use carom::check::{Script, check};
use carom::experiment::sweep::{Keeping, Sweep};
use carom::experiment::{Control, Options, Outcome, Setup, run};
use carom::source::SourceMap;

/// Largest accepted error of double precision over some hundred collisions.
const EXACT: f64 = 1e-12;

/// |01⟩ → cos θ |01⟩ − i sin θ |10⟩ and the reverse; a qubit that starts in cos(α/2)|0⟩ + sin(α/2)|1⟩.
const EXCHANGE: &str = "param θ = 0.3\nparam α = 0\nparam γ = 0\n\
    gate exchange(a, b) = exp(-i*θ/2*(X(a)*X(b) + Y(a)*Y(b)))\n\
    gate pswap(a, b) = cos(γ) + i*sin(γ)*SWAP(a, b)\n\
    system s = cos(α/2)*|0> + sin(α/2)*|1>\nenvironment e = |0>\n\
    step { apply exchange(s, e); apply pswap(e, e'); discard e }\n\
    observe p = population(s, 1)\n";

const BLP: &str = "case up { set α = 0 }\ncase down { set α = π }\n\
    observe D = trace_distance(s in up, s in down)\nlet N = sum(positive(diff(D)))\n";

fn outcome_by(text: &str, backend: Backend) -> Outcome {
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options { backend, ..Options::default() };
    let outcome = run(Setup::new(&program, &program.experiments[0], &options, &sources), &Control::none());
    let outcome = outcome.unwrap_or_else(|e| panic!("{e:?}"));
    assert!(outcome.is_complete(), "{:?}", outcome.fault());
    outcome
}

/// The outcome on the engine that Carom chooses; the other engines must agree in every series.
fn outcome(text: &str) -> Outcome {
    let chosen = outcome_by(text, Backend::Auto);
    for backend in [Backend::Density, Backend::Reference, Backend::StepMap] {
        let other = outcome_by(text, backend);
        for (name, series) in chosen.series() {
            let found = other.find_series(name).unwrap_or_else(|| panic!("{name} on {backend:?}"));
            assert_eq!(series.index, found.index);
            for (i, (a, b)) in series.values.iter().zip(&found.values).enumerate() {
                assert!((a - b).abs() < EXACT || a.is_nan() && b.is_nan(), "{name}({i}) on {backend:?}: {a} {b}");
            }
        }
    }
    chosen
}

fn value(o: &Outcome, name: &str, n: usize) -> f64 {
    let series = o.find_series(name).unwrap_or_else(|| panic!("no series {name}"));
    assert_eq!(series.index.start, 0);
    series.values[n]
}

fn number(o: &Outcome, name: &str) -> f64 {
    o.values()
        .find(|c| *c.name == *name)
        .and_then(carom::analysis::TableColumn::last)
        .unwrap_or_else(|| panic!("no number {name}"))
}

/// |1⟩ decays as cos²ⁿθ, and |0⟩ remains. Both states are diagonal, so their distance is the difference of populations.
#[test]
fn the_distance_of_two_cases_shrinks_with_the_excitation() {
    let o = outcome(&format!("{EXCHANGE}experiment t {{\n{BLP}run 100\n}}"));
    for n in 0..=100u8 {
        let decay = 0.3f64.cos().powi(2 * i32::from(n));
        assert!((value(&o, "D", n.into()) - decay).abs() < EXACT, "D({n})");
        assert!(
            (value(&o, "p in down", n.into()) - decay).abs() < EXACT && value(&o, "p in up", n.into()).abs() < EXACT
        );
    }
    assert_eq!(number(&o, "N"), 0.0);
}

/// With a full swap of the units the system collides with the same unit every time: D(n) = cos²(nθ), with revivals.
#[test]
fn full_memory_gives_back_what_two_cases_have_lost() {
    let o = outcome(&format!("{EXCHANGE}experiment t {{\n{BLP}set γ = π/2\nrun 50\n}}"));
    let exact = |n: f64| (0.3 * n).cos().powi(2);
    for n in 0..=50u8 {
        assert!((value(&o, "D", n.into()) - exact(n.into())).abs() < EXACT, "D({n})");
    }
    let increases: f64 = (2..=50u8).map(|n| (exact(n.into()) - exact(f64::from(n) - 1.0)).max(0.0)).sum();
    assert!((number(&o, "N") - increases).abs() < EXACT && increases > 1.0, "{increases}");
}

/// A case may set a rule: the second case erases the correlations. Each case is the run of an experiment that sets it.
#[test]
fn cases_may_set_rules() {
    let model = "param θ = 0.3\nparam how = keep\nsystem a, b = |+>\nenvironment e = |0>\n\
        rule keep { discard e }\nrule erase { discard e; uncorrelate a | b }\n\
        step { apply CZ(a, b); apply exp(-i*θ*X(a)*X(e)); trace how }\nobserve x = <X(a)*X(b)>\n";
    let o = outcome_by(
        &format!(
            "{model}experiment t {{ case kept {{ set how = keep }}\ncase erased {{ set how = erase }}\nrun 7\n\
             observe F = fidelity(a in kept, b in kept | a in erased, b in erased)\n\
             let gap = x in kept - x in erased\nexpect at(F, 0) ≈ 1 ± 1e-12 and min(F) < 0.9 and max(abs(gap)) > 0.1 }}"
        ),
        Backend::Auto,
    );
    assert!(o.claims.iter().all(|c| c.holds), "{:?}", o.claims);
    for (rule, case) in [("keep", "kept"), ("erase", "erased")] {
        let alone = outcome_by(&format!("{model}experiment t {{ set how = {rule}; run 7 }}"), Backend::Auto);
        let (a, b) = (alone.find_series("x").unwrap(), o.find_series(&format!("x in {case}")).unwrap());
        assert_eq!(a.values, b.values, "{rule}");
    }
}

/// Measures of two subsystems of one run: the states of two qubits that rotate by different angles about the same axis
/// have the distance sin of half the angle between their Bloch vectors.
#[test]
fn two_states_of_one_run_are_compared() {
    let text = "system a, b, c, d = |+>\nstep { apply RZ(a, 0.3); apply RZ(b, 0.1); apply RZ(c, 0.3); apply RZ(d, 0.1) }\n\
        observe D = trace_distance(a, b)\nobserve F = fidelity(a, b)\nobserve G = fidelity(a, c | b, d)\n\
        observe S = relative_entropy(a, c)\nexperiment t { run 40 }";
    let o = outcome(text);
    for n in 0..=40u8 {
        let half = 0.1 * f64::from(n);
        assert!((value(&o, "D", n.into()) - half.sin().abs()).abs() < EXACT, "D({n})");
        assert!((value(&o, "F", n.into()) - half.cos().powi(2)).abs() < EXACT, "F({n})");
        assert!((value(&o, "G", n.into()) - half.cos().powi(4)).abs() < EXACT, "G({n})");
        assert!(value(&o, "S", n.into()).abs() < EXACT, "S({n})");
    }
}

/// n collisions with units in |0⟩ are amplitude damping with a = cosⁿθ: J = |00⟩⟨00| + a(|00⟩⟨11| + h.c.) +
/// (1 − a²)|10⟩⟨10| + a²|11⟩⟨11|, where the first label is the initial state. The amplitude is real, because the
/// exchange returns −i sin θ · −i sin θ only through the unit.
#[test]
fn the_choi_matrix_of_a_stream_of_empty_units() {
    let o = outcome(&format!("{EXCHANGE}observe J = choi(s)\nexperiment t {{ run 40; expect last(p) == 0 }}"));
    for n in 0..=40u8 {
        let a = 0.3f64.cos().powi(n.into());
        for (entry, exact) in [
            ("00_00", 1.0),
            ("00_11", a),
            ("11_00", a),
            ("10_10", 1.0 - a * a),
            ("11_11", a * a),
            ("01_01", 0.0),
            ("00_10", 0.0),
        ] {
            let found = value(&o, &format!("J_{entry}_re"), n.into());
            assert!((found - exact).abs() < EXACT, "J_{entry}({n}): {found} {exact}");
            assert!(value(&o, &format!("J_{entry}_im"), n.into()).abs() < EXACT, "J_{entry}({n})");
        }
    }
}

/// The map is amplitude damping with the amplitude a(n), so the intermediate map has the amplitude x = a(n)/a(n−1) and
/// the least eigenvalue min(0, 1 − |x|²): negative exactly where |a(n)| > |a(n−1)|. With a full swap, a(n) = cos(nθ).
#[test]
fn divisibility_fails_where_the_amplitude_grows() {
    let text = format!("{EXCHANGE}observe d = divisibility(s)\nexperiment t {{ set γ = π/2; run 30 }}");
    let o = outcome_by(&text, Backend::Auto);
    let mut negative = 0;
    assert!(value(&o, "d", 0).is_nan());
    for n in 1..=30u8 {
        let a = |n: f64| (0.3 * n).cos();
        let x = a(n.into()) / a(f64::from(n) - 1.0);
        let exact = (1.0 - x * x).min(0.0);
        let found = value(&o, "d", n.into());
        assert!((found - exact).abs() < 1e-11 * (1.0 + exact.abs()), "d({n}): {found} {exact}");
        assert_eq!(found < 0.0, x.abs() > 1.0, "d({n}): {found}");
        negative += u8::from(found < 0.0);
    }
    assert!(negative > 10, "{negative}");
    let o = outcome_by(&text.replace("set γ = π/2", "set γ = 0"), Backend::Auto);
    assert!((1..=30).all(|n| value(&o, "d", n) == 0.0));
}

/// An experiment may observe nothing but a map.
#[test]
fn a_map_can_be_the_only_observable() {
    let text = EXCHANGE.replace("observe p = population(s, 1)", "observe d = divisibility(s)");
    let o = outcome_by(
        &format!(
            "{text}experiment t {{ case with {{ set γ = π/2 }}\ncase without {{ set γ = 0 }}\nrun 30\n\
             expect count(d in with < 0) > 10 and min(d in without) == 0 }}"
        ),
        Backend::Auto,
    );
    assert!(o.claims.iter().all(|c| c.holds), "{:?}", o.claims);
}

/// In the regime of partial memory the amplitude is that of protocols/memory.carom: an independent run gives it.
#[test]
fn divisibility_fails_exactly_where_the_excitation_grows() {
    let o = outcome_by(
        &format!("{EXCHANGE}observe d = divisibility(s)\nexperiment t {{ set γ = 0.9π/2; set α = π; run 60 }}"),
        Backend::Auto,
    );
    for n in 1..=60usize {
        let quotient = value(&o, "p", n) / value(&o, "p", n - 1);
        let exact = (1.0 - quotient).min(0.0);
        assert!((value(&o, "d", n) - exact).abs() < 1e-10 * (1.0 + exact.abs()), "d({n})");
        assert_eq!(value(&o, "d", n) < 0.0, quotient > 1.0, "d({n})");
    }
}

/// A sweep applies to all cases, and gives what separate experiments give.
#[test]
fn sweeps_apply_to_all_cases() {
    let text = format!(
        "{EXCHANGE}experiment t {{\n{BLP}sweep γ = [0, 0.5, π/2]\nrun 50\ncollect N2 = N, q = last(p in down), d = last(D)\n\
         expect max(abs(q - d)) < 1e-12\nexpect count(N2 > 1) == 1\n}}"
    );
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", &text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(&program, &program.experiments[0], &options, &sources))
        .unwrap_or_else(|e| panic!("{e:?}"));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let outcomes: Vec<Outcome> = [(1, false), (2, true)]
        .into_iter()
        .map(|(threads, resume)| sweep.run(Keeping { journal: &journal, resume, threads }, &Control::none()).unwrap())
        .collect();
    assert_eq!(outcomes[1].coverage.as_ref().unwrap().resumed, 3);
    for o in &outcomes {
        assert!(o.claims.iter().all(|c| c.holds), "{:?}", o.claims);
        let alone = outcome_by(&format!("{EXCHANGE}experiment t {{\n{BLP}set γ = 0.5\nrun 50\n}}"), Backend::Auto);
        assert_eq!(o.collected("N2").unwrap()[1], number(&alone, "N"));
        assert_eq!(outcomes[0].collected("q"), o.collected("q"));
    }
}

/// A sweep without `collect` keeps the series of every case.
#[test]
fn a_sweep_keeps_the_series_of_all_cases() {
    let text = format!(
        "{EXCHANGE}observe d = divisibility(s)\nexperiment t {{\n{BLP}sweep γ = [0, 1.2]\nrun 20\nexpect max(D) <= 1\n}}"
    );
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", &text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(&program, &program.experiments[0], &options, &sources))
        .unwrap_or_else(|e| panic!("{e:?}"));
    let folder = tempfile::tempdir().unwrap();
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 2 };
    let o = sweep.run(keeping, &Control::none()).unwrap();
    assert!(o.claims.iter().all(|c| c.holds), "{:?}", o.claims);
    let names: Vec<&str> = o.runs().next().unwrap()[0].data().map(|c| &*c.name).collect();
    assert_eq!(names, ["p in up", "d in up", "p in down", "d in down", "D"]);
    assert_eq!(o.runs().count(), 2);
}

/// The value of a correlation at collision n.
fn correlation(o: &Outcome, name: &str, n: usize) -> (f64, f64) {
    (value(o, &format!("{name}_re"), n), value(o, &format!("{name}_im"), n))
}

/// Each collision multiplies ρ₀₁ by c·exp(iφ), with c = cos θ and φ = ωδt, and ρ₁₁ by c². After m collisions
/// ρ₁₁(m) = c²ᵐ p, and Xρ has the off-diagonal entries (Xρ)₀₁ = ρ₁₁ and (Xρ)₁₀ = ρ₀₀, so with k = n − m
///     ⟨X(n) X(m)⟩ = Tr X Λᵏ(Xρ) = cᵏ (exp(iφk) ρ₁₁(m) + exp(−iφk) ρ₀₀(m)).
/// (Yρ)₀₁ = −iρ₁₁, (Yρ)₁₀ = iρ₀₀ and Tr YM = i(M₀₁ − M₁₀) give in the same way
///     ⟨X(n) Y(m)⟩ = i cᵏ (exp(−iφk) ρ₀₀ − exp(iφk) ρ₁₁),   ⟨Y(n) X(m)⟩ = i cᵏ (exp(iφk) ρ₁₁ − exp(−iφk) ρ₀₀).
/// With (lower ρ)₀₁ = ρ₁₁ and Tr raise M = M₀₁, ⟨raise(n) lower(m)⟩ = cᵏ exp(iφk) ρ₁₁(m). The order of the operators
/// in time is reversed by complex conjugation: ⟨X(m) X(n)⟩ = Tr X Λᵏ(ρX) = cᵏ (exp(iφk) ρ₀₀ + exp(−iφk) ρ₁₁).
#[test]
fn correlations_of_a_damped_qubit() {
    let text = "param θ = 0.2\nparam ω = 1.3\nparam m = 7\n\
        gate exchange(a, b) = exp(-i*θ/2*(X(a)*X(b) + Y(a)*Y(b)))\n\
        system s = cos(0.6)*|0> + exp(0.4i)*sin(0.6)*|1>\nenvironment e = |0>\n\
        step { evolve -ω/2*Z(s) for 0.1; apply exchange(s, e); discard e }\nobserve p = population(s, 1)\n\
        experiment t { run 60\nlet XX = correlation(X(s), X(s), from = m)\nlet XY = correlation(X(s), Y(s), from = m)\n\
        let YX = correlation(Y(s), X(s), m)\nlet decay = correlation(raise(s), lower(s), from = 0)\n\
        let a = abs(XX)\nlet spread = max(abs(re(XX)^2 + im(XX)^2 - a^2))\nexpect spread < 1e-12 and at(a, m) ≈ 1 }";
    let o = outcome(text);
    assert!(o.claims.iter().all(|c| c.holds), "{:?}", o.claims);
    let (c, phi, m) = (0.2f64.cos(), 0.13, 7u8);
    let p = |m: u8| 0.6f64.sin().powi(2) * c.powi(2 * i32::from(m));
    let near = |found: (f64, f64), re: f64, im: f64, what: &str| {
        assert!((found.0 - re).abs() < EXACT && (found.1 - im).abs() < EXACT, "{what}: {found:?} {re} {im}");
    };
    for n in 0..=60u8 {
        let size = c.powi(n.into());
        near(
            correlation(&o, "decay", n.into()),
            size * (phi * f64::from(n)).cos() * p(0),
            size * (phi * f64::from(n)).sin() * p(0),
            "decay",
        );
        let parts = ["XX", "XY", "YX"].map(|name| correlation(&o, name, n.into()));
        if n < m {
            assert!(parts.iter().all(|(re, im)| re.is_nan() && im.is_nan()), "{n}");
            continue;
        }
        let k = f64::from(n - m);
        let (size, cos, sin, one) = (c.powf(k), (phi * k).cos(), (phi * k).sin(), p(m));
        let zero = 1.0 - one;
        near(parts[0], size * cos, size * sin * (one - zero), "XX");
        near(parts[1], size * sin * (zero + one), size * cos * (zero - one), "XY");
        near(parts[2], -size * sin * (one + zero), size * cos * (one - zero), "YX");
    }
}

/// With a full swap of the units the system exchanges with one unit for ever: the amplitude of the excitation is
/// a(n) = cos(nθ), and lower(m) leaves a(m)|00⟩, so ⟨raise(n) lower(m)⟩ = a(n)* a(m). Without the memory, the state of
/// the system alone would give a(n − m) |a(m)|².
#[test]
fn the_memory_goes_along_with_a_correlation() {
    let o = outcome(&format!(
        "{EXCHANGE}experiment t {{ set γ = π/2; set α = π; run 40\nlet C = correlation(raise(s), lower(s), from = 5)\n\
         let power = spectrum(C)\nsave \"c.csv\" C }}"
    ));
    for n in 5..=40u8 {
        let (re, im) = correlation(&o, "C", n.into());
        let exact = (0.3 * f64::from(n)).cos() * 1.5f64.cos();
        assert!((re - exact).abs() < EXACT && im.abs() < EXACT, "C({n}): {re} {im} {exact}");
    }
    // The two-sided spectrum of a real cosine is symmetric, and its index begins at 0.
    let power = o.find_series("power").unwrap();
    assert_eq!((power.index.start, power.index.len), (0, 36));
    assert!((1..36).all(|k| (power.values[k] - power.values[36 - k]).abs() < EXACT));
    let saved = o.tables.iter().find(|t| *t.name == *"c").unwrap();
    assert_eq!(saved.data().map(|c| &*c.name).collect::<Vec<_>>(), ["C_re", "C_im"]);
}

/// An operator that acts on the coming unit, which the memory carries, and a step that depends on n.
#[test]
fn correlations_with_units_and_changing_steps() {
    let text = "param θ = 0.3\nsystem s = |+>\nenvironment e = |0>\n\
        step { apply RY(s, 0.1*n); apply exp(-i*θ*X(s)*X(e)); apply exp(-i*θ*SWAP(e, e')); discard e }\n\
        observe z = <Z(s)>\nexperiment t { run 12\nlet C = correlation(Z(s), 1, from = 4)\n\
        let U = correlation(Z(s), X(e), from = 4)\nexpect max(abs(re(C))) > 0 }";
    let chosen = outcome_by(text, Backend::Auto);
    let other = outcome_by(text, Backend::Reference);
    for n in 4..=12 {
        // B = 1 leaves the state alone.
        let (re, im) = correlation(&chosen, "C", n);
        assert!((re - value(&chosen, "z", n)).abs() < EXACT && im.abs() < EXACT, "C({n}): {re} {im}");
        let (a, b) = (correlation(&chosen, "U", n), correlation(&other, "U", n));
        assert!((a.0 - b.0).abs() < EXACT && (a.1 - b.1).abs() < EXACT, "U({n}): {a:?} {b:?}");
    }
}

/// An excitation that hops along a chain of L sites with the amplitude J: from the first site of two it returns with the
/// probability cos²(Jt), from that of three with cos⁴(Jt/√2).
const CHAIN: &str = "param J = 0.3\nparam half = 1\nparam L = 2*half + 1\nsystem s[L] = |0>\nstart s[1] = |1>\n\
    step { evolve sum(k in 1..L-1, J/2*(X(s[k])*X(s[k+1]) + Y(s[k])*Y(s[k+1]))) for 1 }\n\
    observe p = population(s[1], 1)\nobserve all = <sum(k in 1..L, |1><1|(s[k]))>\n";

#[test]
fn cases_have_arrays_of_their_own_sizes() {
    let text = format!(
        "{CHAIN}experiment t {{ case two {{ set L = 2 }}\n case three {{ set half = 1 }}\n case five {{ set half = 2 }}\n run 12\n\
         observe D = trace_distance(s[2] in two, s[3] in three)\n observe E = trace_distance(s[5] in five, s[2] in two)\n\
         observe R = fidelity(s[1] in two, s[2] in two | s[1] in three, s[2] in three)\n let top = max(p in five) }}"
    );
    let o = outcome(&text);
    for n in 0..=12_u32 {
        let (t, at) = (0.3 * f64::from(n), usize::try_from(n).expect("small"));
        let (two, three) = (t.cos().powi(2), (t / 2_f64.sqrt()).cos().powi(4));
        assert!((value(&o, "p in two", at) - two).abs() < EXACT, "{n}");
        assert!((value(&o, "p in three", at) - three).abs() < EXACT, "{n}");
        // The last site of three is reached with the probability sin⁴(Jt/√2).
        let end = (t / 2_f64.sqrt()).sin().powi(4);
        assert!((value(&o, "D", at) - (1.0 - two - end).abs()).abs() < EXACT, "{n}");
        for case in ["two", "three", "five"] {
            assert!((value(&o, &format!("all in {case}"), at) - 1.0).abs() < EXACT, "{n} {case}");
        }
        // The amplitudes on the first two sites of three; the rest of the weight is in |00⟩.
        let (a, b) = (t.cos() * (t / 2_f64.sqrt()).cos().powi(2), t.sin() * (2_f64.sqrt() * t).sin() / 2_f64.sqrt());
        assert!((value(&o, "R", at) - (a + b).powi(2)).abs() < 1e-7, "{n}: {}", value(&o, "R", at));
    }
    assert!(number(&o, "top") > 0.3 && number(&o, "top") < 1.0, "{}", number(&o, "top"));
    assert!(value(&o, "E", 4) > 0.5);
}

/// A sweep changes the sizes of one case only.
#[test]
fn a_sweep_changes_the_sizes_of_the_cases_that_depend_on_it() {
    let text = format!(
        "param M = 2\n{CHAIN}experiment t {{ case fixed {{ set half = 1 }}\n case grows {{ set L = M }}\n run 4\n\
         sweep M = [2, 3]\n collect a = last(p in fixed), b = last(p in grows), D = at(all in grows, 2) }}"
    );
    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", &text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let options = Options::default();
    let sweep = Sweep::new(Setup::new(&program, &program.experiments[0], &options, &sources))
        .unwrap_or_else(|e| panic!("{e:?}"));
    let folder = tempfile::tempdir().expect("a folder");
    let keeping = Keeping { journal: &folder.path().join("journal"), resume: false, threads: 2 };
    let swept = sweep.run(keeping, &Control::none()).expect("it runs");
    let (two, three) = (1.2_f64.cos().powi(2), (1.2 / 2_f64.sqrt()).cos().powi(4));
    for (point, b) in [two, three].into_iter().enumerate() {
        let row = swept.row(point);
        for (found, exact) in row.iter().zip([three, b, 1.0]) {
            assert!((found - exact).abs() < EXACT, "point {point}: {row:?}, {exact}");
        }
    }
}

/// Each case has the elements of its own arrays of series, those of the model and of the experiment.
#[test]
fn cases_have_arrays_of_series_of_their_own_lengths() {
    let text = format!(
        "{CHAIN}observe q[k in 1..L] = population(s[k], 1)\nexperiment t {{ case two {{ set L = 2 }}\n case five {{ set half = 2 }}\n\
         run 12\n observe w[k in 2..L] = <Z(s[k])>\n observe D = trace_distance(s[5] in five, s[2] in two)\n\
         let end = last(q[5] in five) + last(w[5] in five)/2\n save \"q.csv\" q in five, w in two\n\
         plot {{ heatmap q in five }}\n plot {{ line w in five, q in two }} }}\n\
         experiment random {{ case two {{ set L = 2 }}\n case five {{ set half = 2 }}\n run 4\n trajectories 5\n\
         draw J = J + normal(0, 0.1)\n let one = trajectory(q[5] in five, 2) }}"
    );
    let o = outcome(&text);
    let names: Vec<&str> = o.series().map(|(name, _)| name).filter(|name| !name.starts_with(['p', 'a'])).collect();
    let (two, five) =
        (["q[1]", "q[2]", "w[2]"], ["q[1]", "q[2]", "q[3]", "q[4]", "q[5]", "w[2]", "w[3]", "w[4]", "w[5]"]);
    let expected =
        two.map(|name| format!("{name} in two")).into_iter().chain(five.map(|name| format!("{name} in five")));
    assert_eq!(names, expected.chain(["D".to_string()]).collect::<Vec<_>>());
    for n in 0..=12 {
        let q = |k: usize, case: &str| value(&o, &format!("q[{k}] in {case}"), n);
        assert!(((1..=5).map(|k| q(k, "five")).sum::<f64>() - 1.0).abs() < EXACT, "{n}");
        let t = 0.3 * f64::from(u32::try_from(n).expect("small"));
        assert!((q(2, "two") - t.sin().powi(2)).abs() < EXACT, "{n}");
        assert!((value(&o, "w[4] in five", n) - 1.0 + 2.0 * q(4, "five")).abs() < EXACT, "{n}");
        assert!((value(&o, "D", n) - (q(5, "five") - q(2, "two")).abs()).abs() < EXACT, "{n}");
    }
    assert!((number(&o, "end") - 0.5).abs() < EXACT);
    let saved = o.tables.iter().find(|table| &*table.name == "q").expect("it is saved");
    let columns: Vec<String> = saved.data().map(|c| c.name.to_string()).collect();
    assert_eq!(
        columns,
        ["q[1]", "q[2]", "q[3]", "q[4]", "q[5]"]
            .map(|q| format!("{q} in five"))
            .into_iter()
            .chain(["w[2] in two".into()])
            .collect::<Vec<_>>()
    );

    let mut sources = SourceMap::new();
    let program = check(&Script::from_text("t", &text), &mut sources).unwrap_or_else(|e| panic!("{e:?}"));
    let o = run(Setup::new(&program, &program.experiments[1], &Options::default(), &sources), &Control::none());
    let o = o.unwrap_or_else(|e| panic!("{e:?}"));
    for n in 1..=4 {
        for (case, length) in [("two", 2), ("five", 5)] {
            let all: f64 = (1..=length).map(|k| value(&o, &format!("q[{k}] in {case}"), n)).sum();
            assert!((all - 1.0).abs() < EXACT, "{case}, {n}: {all}");
        }
        // |q[1] − 1/2| = |q[2] − 1/2| in each trajectory.
        let [a, b] = [1, 2].map(|k| value(&o, &format!("stderr(q[{k}] in two)"), n));
        assert!((a - b).abs() < EXACT && a > 1e-4, "{n}: {a} {b}");
    }
}

/// B acts on the state, which is then no state any more: what the step records is not read there, also if another record uses
/// it. ⟨σ⁻(n) σ⁺(0)⟩ of |0⟩ under H = −ω/2 Z is e^(−iωn).
#[test]
fn records_are_not_read_in_the_runs_of_a_correlation() {
    let text = "param ω = 0.3\nsystem s, q = |0>\nstep {\n  record F = fidelity(s, |0>)\n  evolve -ω/2*Z(s) for 1\n  \
                record G = F - <Z(q)>\n}\nobserve z = <Z(q)>\n\
                experiment t { run 5; let C = correlation(lower(s), raise(s), from = 0) }";
    let o = outcome(text);
    assert!((1..=5).all(|n| value(&o, "G", n).abs() < 1e-12));
    for n in 0..=5_u32 {
        let (re, im) = correlation(&o, "C", usize::try_from(n).expect("small"));
        let phase = 0.3 * f64::from(n);
        assert!((re - phase.cos()).abs() < 1e-12 && (im.abs() - phase.sin().abs()).abs() < 1e-12, "{n}: {re} {im}");
    }
}
