//! The statements of a step, with a record of the subsystems that may still be mentioned.
//!
//! Contract: the statements are valid for any choices. No subsystem is mentioned after its discard, both branches
//! discard the same units, every live subsystem is in a group of an `uncorrelate`, and no unit is live at the end of a
//! step unless it is kept.

use std::collections::BTreeSet;

use super::choices::Tape;
use super::measures;
use super::particles::{Particles, Site};
use super::terms;

/// Writes a step.
pub(crate) struct StepWriter<'p> {
    particles: &'p Particles,
    lines: Vec<String>,
    /// Number of open blocks.
    depth: usize,
    /// Names of numbers in scope.
    locals: Vec<String>,
    /// Names of outcomes in scope.
    outcomes: Vec<String>,
    /// Names of recorded numbers.
    recorded: Vec<String>,
    /// Number of generated names.
    names: usize,
    /// The sites that were mentioned, and those attached together with them.
    pub(crate) touched: BTreeSet<Site>,
    pub(crate) discarded: BTreeSet<Site>,
    /// Definitions generated for the step.
    pub(crate) definitions: Vec<String>,
    /// The features that the step uses, for the coverage statistics.
    pub(crate) used: Vec<String>,
}

impl<'p> StepWriter<'p> {
    pub(crate) fn new(particles: &'p Particles) -> Self {
        Self {
            particles,
            lines: Vec::new(),
            depth: 0,
            locals: Vec::new(),
            outcomes: Vec::new(),
            recorded: Vec::new(),
            names: 0,
            touched: BTreeSet::new(),
            discarded: BTreeSet::new(),
            definitions: Vec::new(),
            used: Vec::new(),
        }
    }

    /// The whole step.
    pub(crate) fn step(&mut self, statements: &[Vec<u8>], ending: &[u8]) -> String {
        for numbers in statements {
            self.statement(&mut Tape::new(numbers));
        }
        self.ending(&mut Tape::new(ending));
        format!("step {{\n{}}}\n", indented(&self.lines))
    }

    fn available(&self) -> Vec<Site> {
        self.particles.sites().into_iter().filter(|s| !self.discarded.contains(s)).collect()
    }

    fn units(&self) -> Vec<Site> {
        self.available().into_iter().filter(|s| self.particles.all[s.particle].stream.is_some()).collect()
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.names += 1;
        format!("{stem}{}", self.names)
    }

    fn touch(&mut self, sites: &[Site]) {
        for site in sites {
            self.touched.extend(self.particles.partners(*site).iter().filter(|s| !self.discarded.contains(s)));
        }
    }

    fn push(&mut self, kind: &str, line: String) {
        self.used.push(kind.to_string());
        self.lines.push(line);
    }

    fn statement(&mut self, tape: &mut Tape<'_>) {
        match tape.below(24) {
            0 => self.gate(tape),
            1 | 2 => self.evolve(tape),
            3 => self.own_gate(tape),
            4 => self.channel(tape),
            5 => self.for_each(tape),
            22 => self.repeat(tape),
            6 | 23 => self.mix(tape),
            7 | 8 => self.reset(tape),
            9 => self.uncorrelate(tape),
            10 => self.sequence_of_its_own(tape),
            11 => self.sequence(tape),
            12 => self.let_number(tape),
            13 | 14 => self.record(tape),
            15 => self.dissipate(tape),
            16 => self.discard(tape),
            17 | 18 => self.measure(tape),
            19 => self.postselect(tape),
            _ => self.when(tape),
        }
    }

    fn gate(&mut self, tape: &mut Tape<'_>) {
        let (text, on) = terms::gate(self.particles, &self.available(), &self.locals, tape);
        self.touch(&on);
        let kind = if text.ends_with('†') { "apply an adjoint" } else { "apply" };
        self.push(kind, format!("apply {text}"));
    }

    fn own_gate(&mut self, tape: &mut Tape<'_>) {
        let (text, on) = terms::own_gate(self.particles, &self.available(), &self.locals, tape);
        self.touch(&on);
        self.push("apply a gate of its own", format!("apply {text}"));
    }

    fn channel(&mut self, tape: &mut Tape<'_>) {
        let (text, on) = terms::channel(self.particles, &self.available(), tape);
        self.touch(&on);
        self.push("apply a channel", format!("apply {text}"));
    }

    fn evolve(&mut self, tape: &mut Tape<'_>) {
        let (text, on) = terms::hamiltonian(self.particles, &self.available(), &self.locals, tape);
        self.touch(&on);
        let time = terms::number(tape, &self.locals);
        if tape.one_in(4) {
            let index = self.fresh("k");
            self.push("sum over an index", format!("evolve sum({index} in 1..2, {index}/3*({text})) for {time}"));
        } else {
            self.push("evolve", format!("evolve {text} for {time}"));
        }
    }

    /// An evolution with jump operators, on at most two subsystems that they couple.
    fn dissipate(&mut self, tape: &mut Tape<'_>) {
        let sites = tape.several(2, &self.available());
        let (text, on) = terms::hamiltonian(self.particles, &sites, &self.locals, tape);
        let hamiltonian = tape.pick(&[text.as_str(), "0", &text]).to_string();
        let (jumps, jumping) = terms::jumps(self.particles, &sites, tape);
        self.touch(if hamiltonian == "0" { &[] } else { &on });
        self.touch(&jumping);
        let time = tape.pick(&["0.3", "0.1n", "2.5", "0", "θ^2"]);
        self.push("evolve with jump operators", format!("evolve {hamiltonian} for {time} with {jumps}"));
    }

    fn let_number(&mut self, tape: &mut Tape<'_>) {
        let value = terms::number(tape, &self.locals);
        let name = self.fresh("a");
        self.push("let", format!("let {name} = {value}"));
        self.locals.push(name);
    }

    /// Up to three statements in a block; names that they define end with it.
    fn block(&mut self, tape: &mut Tape<'_>) -> String {
        let outer = std::mem::take(&mut self.lines);
        let locals = self.locals.clone();
        self.depth += 1;
        for _ in 0..=tape.below(3) {
            self.statement(tape);
        }
        self.depth -= 1;
        self.locals = locals;
        indented(&std::mem::replace(&mut self.lines, outer))
    }

    /// Writes a gate in place of a block if blocks are nested deeply enough, and returns whether it did.
    fn deep(&mut self, tape: &mut Tape<'_>) -> bool {
        let deep = self.depth >= 2;
        if deep {
            self.gate(tape);
        }
        deep
    }

    fn repeat(&mut self, tape: &mut Tape<'_>) {
        if self.deep(tape) {
            return;
        }
        let count = tape.pick(&["2", "3", "1", "1", "n", "0"]);
        let count = if self.depth > 0 && count == "n" { "2" } else { count };
        let mut body = self.block(tape);
        let units = self.units();
        if count == "1" && self.depth == 0 && !units.is_empty() && tape.one_in(2) {
            let unit = tape.pick(&units);
            self.discarded.insert(unit);
            body += &format!("    discard {}\n", self.particles.name(unit));
            self.used.push("discard in a block".into());
        }
        self.push("repeat", format!("repeat {count} {{\n{body}}}"));
    }

    fn for_each(&mut self, tape: &mut Tape<'_>) {
        if self.deep(tape) {
            return;
        }
        let index = self.fresh("k");
        self.locals.push(index.clone());
        let range = tape.pick(&["1..2", "2..3", "1..1", "range(3, 1, -2)"]);
        let body = self.block(tape);
        self.locals.pop();
        self.push("for", format!("for {index} in {range} {{\n{body}}}"));
    }

    fn mix(&mut self, tape: &mut Tape<'_>) {
        if self.deep(tape) {
            return;
        }
        let probability = terms::probability(tape);
        let alone = tape.one_in(3);
        let mut then = self.block(tape);
        let mut otherwise = if alone { String::new() } else { self.block(tape) };
        let units = self.units();
        if !alone && self.depth == 0 && !units.is_empty() {
            let unit = tape.pick(&units);
            self.discarded.insert(unit);
            for branch in [&mut then, &mut otherwise] {
                *branch += &format!("    discard {}\n", self.particles.name(unit));
            }
            self.used.push("discard in both branches".into());
        }
        let otherwise = if alone { String::new() } else { format!(" else {{\n{otherwise}}}") };
        self.push("with probability", format!("with probability {probability} {{\n{then}}}{otherwise}"));
    }

    /// No outcome is known after an `uncorrelate`.
    fn forget(&mut self) {
        self.locals.clear();
        self.outcomes.clear();
    }

    fn can_measure(&self) -> bool {
        self.depth == 0 && self.outcomes.len() < 2 && self.particles.fits_outcome(self.outcomes.len())
    }

    fn measure(&mut self, tape: &mut Tape<'_>) {
        if !self.can_measure() {
            return self.gate(tape);
        }
        let (text, on) = terms::measured(self.particles, &self.available(), tape);
        self.touch(&on);
        let name = self.fresh("m");
        self.push("measure", format!("measure {text} as {name}"));
        if tape.one_in(2) {
            self.locals.push(name.clone());
        }
        self.outcomes.push(name);
    }

    /// Selects one of two outcomes, each of which has a probability of at least 0.2.
    fn postselect(&mut self, tape: &mut Tape<'_>) {
        if !self.can_measure() {
            return self.gate(tape);
        }
        let site = tape.pick(&self.available());
        let (s, name) = (self.particles.name(site), self.fresh("m"));
        let click = format!(
            "kraus(√0.3*|0><0|({s}) + √0.8*(I({s}) - |0><0|({s})), √0.7*|0><0|({s}) + √0.2*(I({s}) - |0><0|({s})))"
        );
        self.touch(&[site]);
        self.push("measure kraus", format!("measure {click} as {name}"));
        let selected = tape.pick(&["0", "1"]);
        self.push("postselect", format!("postselect {name} == {selected}"));
        self.outcomes.push(name);
    }

    fn when(&mut self, tape: &mut Tape<'_>) {
        if self.deep(tape) {
            return;
        }
        let condition = |outcomes: &[String], tape: &mut Tape<'_>| {
            let value = tape.pick(&["0", "0.5", "1", "-0.4"]);
            let sign = tape.pick(&[">", "<=", "=="]);
            match outcomes {
                [] if tape.one_in(2) => format!("mod(n + 1, 2) {sign} {}", tape.pick(&["0", "1"])),
                [] => format!("n {sign} {}", tape.pick(&["2", "3", "1"])),
                [one] => format!("{one} {sign} {value}"),
                [first, .., last] if tape.one_in(2) => format!("{first} + {last} {sign} {value}"),
                [.., last] => format!("{last} {sign} {value} or n == 2"),
            }
        };
        let known = if self.depth == 0 { self.outcomes.clone() } else { vec![] };
        let touched = self.touched.clone();
        let first = condition(&known, tape);
        let mut text = format!("when {first} {{\n{}}}", self.block(tape));
        if tape.one_in(3) {
            text += &format!(" else when {} {{\n{}}}", condition(&known, tape), self.block(tape));
        }
        if tape.one_in(2) {
            text += &format!(" else {{\n{}}}", self.block(tape));
        }
        // A branch that is chosen in no collision attaches nothing.
        self.touched = touched;
        self.push(if known.is_empty() { "when n" } else { "when" }, text);
    }

    fn reset(&mut self, tape: &mut Tape<'_>) {
        let count = tape.pick(&[1, 2, 2]);
        let on = tape.several(count, &self.available());
        let names = self.particles.names(&on);
        let (kind, state) = match &on[..] {
            [one] => ("reset", terms::state(self.particles.kind(*one), tape)),
            _ if tape.one_in(3) => ("reset of each", tape.pick(&["|+>", "mixed", "thermal(number, 0.4)"]).to_string()),
            _ => ("reset, joint", terms::joint_state(tape)),
        };
        self.touch(&on);
        self.push(kind, format!("reset {names} = {state}"));
    }

    fn uncorrelate(&mut self, tape: &mut Tape<'_>) {
        if self.depth > 0 && !self.outcomes.is_empty() {
            return self.gate(tape);
        }
        self.forget();
        let text = self.groups(tape);
        self.push("uncorrelate", text);
    }

    /// A partition of all subsystems that may be live, including units that are not yet attached.
    fn groups(&self, tape: &mut Tape<'_>) -> String {
        let mut groups = [vec![], vec![], vec![]];
        for (at, site) in self.available().into_iter().enumerate() {
            groups[(at + tape.below(3)) % 3].push(site);
        }
        let groups: Vec<String> = groups.iter().filter(|g| !g.is_empty()).map(|g| self.particles.names(g)).collect();
        format!("uncorrelate {}", groups.join(" | "))
    }

    /// Defines a new sequence with an argument and calls it.
    fn sequence_of_its_own(&mut self, tape: &mut Tape<'_>) {
        if self.deep(tape) {
            return;
        }
        let value = terms::number(tape, &self.locals);
        let locals = std::mem::replace(&mut self.locals, vec!["t".into()]);
        let body = self.block(tape);
        self.locals = locals;
        let name = self.fresh("part");
        self.definitions.push(format!("sequence {name}(t) {{\n{body}}}\n"));
        self.push("sequence", format!("{name}({value})"));
    }

    /// Calls one of the sequences in [`terms::DEFINITIONS`].
    fn sequence(&mut self, tape: &mut Tape<'_>) {
        let sites = tape.several(2, &self.available());
        let units = self.units();
        if self.depth == 0 && !units.is_empty() && tape.one_in(4) {
            let unit = tape.pick(&units);
            self.discarded.insert(unit);
            return self.push("sequence that discards", format!("leave({})", self.particles.name(unit)));
        }
        let [a, b] = sites[..] else { return self.gate(tape) };
        let time = terms::number(tape, &self.locals);
        let next = Site { unit: b.unit + 1, ..b };
        let relayed = self.particles.all[b.particle].stream.is_some_and(|s| next.unit <= s.ahead)
            && next != a
            && !self.discarded.contains(&next);
        let name = if relayed { "relay" } else { "meet" };
        self.touch(&[a, b]);
        if relayed {
            self.touch(&[next]);
        }
        self.push("sequence", format!("{name}({}, {time})", self.particles.names(&[a, b])));
    }

    fn record(&mut self, tape: &mut Tape<'_>) {
        if self.depth > 0 {
            return self.channel(tape);
        }
        let measure = measures::measure(self.particles, &self.available(), tape);
        // A past unit that was never attached has a missing value; the other subsystems are attached when they are
        // recorded.
        let recorded: Vec<Site> = measure.on.iter().copied().filter(|s| s.unit >= 0).collect();
        self.touch(&recorded);
        let name = self.fresh("r");
        let text = match self.recorded.last() {
            Some(earlier) if measure.is_number() && tape.one_in(2) => {
                self.used.push("record of a record".into());
                format!("{earlier} - 2*{}", measure.text)
            }
            _ => measure.text.clone(),
        };
        if measure.is_number() {
            self.recorded.push(name.clone());
        }
        self.used.push(measure.kind);
        self.push("record", format!("record {name} = {text}"));
    }

    fn discard(&mut self, tape: &mut Tape<'_>) {
        let units = self.units();
        if self.depth > 0 || units.is_empty() {
            return self.evolve(tape);
        }
        let unit = tape.pick(&units);
        self.discarded.insert(unit);
        self.push("discard", format!("discard {}", self.particles.name(unit)));
    }

    /// Discards the units that must not stay: directly, by a rule, or by a parameter that refers to a rule.
    fn ending(&mut self, tape: &mut Tape<'_>) {
        let style = tape.below(5);
        let mut gone = Vec::new();
        for unit in self.units().into_iter().filter(|s| s.unit == 0) {
            let kept = self.particles.all[unit.particle].stream.is_some_and(|s| s.keep > 0);
            if !kept || tape.one_in(3) {
                self.discarded.insert(unit);
                gone.push(unit);
            }
        }
        let discard = format!("discard {}", self.particles.names(&gone));
        let mut statements: Vec<String> = if gone.is_empty() { vec![] } else { vec![discard] };
        if tape.one_in(3) {
            statements.push(self.groups(tape));
        }
        if statements.is_empty() {
            return;
        }
        let rule = format!("rule leaving {{ {} }}\n", statements.join("; "));
        match style {
            0 | 1 => statements.into_iter().for_each(|s| self.push("discard", s)),
            2 => {
                self.definitions.push(rule);
                self.push("trace a rule", "trace leaving".into());
            }
            3 => {
                self.definitions.push(format!("rule leaving {{}}\nredefine {rule}"));
                self.push("trace a redefined rule", "trace leaving".into());
            }
            _ => {
                self.definitions.push(rule);
                self.definitions.push("rule other {}\nparam trace_out = leaving\n".into());
                self.push("trace a parameter", "trace trace_out".into());
            }
        }
    }
}

fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|l| l.lines()).map(|l| format!("    {l}\n")).collect()
}
