//! The systems and streams that a script declares, and their states.

use std::collections::BTreeSet;
use std::fmt;

use carom::quantum::Kind;

use super::choices::Tape;
use super::terms;

/// Largest dimension of the joint state of all live subsystems and outcomes. The reference backend multiplies matrices of this
/// dimension; larger ones would take too long.
const LARGEST: usize = 64;

/// A system or a stream.
#[derive(Debug, Clone)]
pub(crate) struct Particle {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) stream: Option<Stream>,
}

/// The units of a stream that a script may mention: those from −`keep` to `ahead`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub(crate) ahead: i8,
    pub(crate) keep: i8,
}

/// A system, or one unit of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site {
    pub(crate) particle: usize,
    pub(crate) unit: i8,
}

/// All particles of a script, grouped by declaration.
#[derive(Debug)]
pub(crate) struct Particles {
    pub(crate) all: Vec<Particle>,
    /// Neighbours that share a declaration.
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    members: Vec<usize>,
    joint: bool,
    state: String,
    /// The name of the array whose elements they are.
    array: Option<String>,
}

impl Particles {
    pub(crate) fn new(tape: &mut Tape<'_>) -> Self {
        let systems = tape.pick(&[1, 2, 1, 2, 3]);
        let streams = tape.pick(&[1, 0, 1, 2, 2]);
        let mut all: Vec<Particle> = Vec::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for at in 0..systems + streams {
            let kind =
                tape.pick(&[Kind::Qubit, Kind::Qubit, Kind::Qudit(3), Kind::Spin { twice_j: 2 }, Kind::Boson(3)]);
            let stream =
                (at >= systems).then(|| Stream { ahead: tape.pick(&[0, 1, 1, 2]), keep: tape.pick(&[0, 0, 0, 1, 2]) });
            let name = if at < systems { format!("s{}", at + 1) } else { format!("e{}", at - systems + 1) };
            // A particle declared together with its neighbour has the same kind and keeps the same units.
            if tape.one_in(3)
                && let Some(last) = all.last().cloned()
                && last.stream.is_some() == stream.is_some()
                && let Some(group) = groups.last_mut()
            {
                all.push(Particle { name, ..last });
                group.push(at);
            } else {
                all.push(Particle { name, kind, stream });
                groups.push(vec![at]);
            }
        }
        make_small(&mut all, &groups, tape.below(3) > 0);
        // Some declarations are arrays, whose elements are the members.
        let mut arrays = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let array = tape.one_in(3).then(|| format!("g{}", at + 1));
            for (k, member) in group.iter().enumerate().filter(|_| array.is_some()) {
                all[*member].name = format!("{}[{}]", array.as_deref().unwrap_or_default(), k + 1);
            }
            arrays.push(array);
        }
        let groups = groups.into_iter().zip(arrays);
        let groups = groups.map(|(members, array)| Group { array, ..Group::new(members, &all, tape) }).collect();
        Self { all, groups }
    }

    pub(crate) fn kind(&self, site: Site) -> Kind {
        self.all[site.particle].kind
    }

    /// The largest dimension of the joint state of all live subsystems, without outcomes.
    pub(crate) fn peak(&self) -> usize {
        peak(&self.all)
    }

    /// Whether another outcome with two values fits: registers are factors of the state until the end of the step.
    pub(crate) fn fits_outcome(&self, before: usize) -> bool {
        self.peak() << (before + 1) <= LARGEST
    }

    pub(crate) fn dim(&self, sites: &[Site]) -> usize {
        sites.iter().map(|s| self.kind(*s).dim()).product()
    }

    /// The name of the site in a script.
    pub(crate) fn name(&self, site: Site) -> String {
        let name = &self.all[site.particle].name;
        match site.unit {
            0 => name.clone(),
            1 => format!("{name}'"),
            2 => format!("{name}''"),
            k => format!("{name}[{k}]"),
        }
    }

    pub(crate) fn names(&self, sites: &[Site]) -> String {
        sites.iter().map(|s| self.name(*s)).collect::<Vec<_>>().join(", ")
    }

    /// All sites that a step may mention: systems, then units, those of the current collision first.
    pub(crate) fn sites(&self) -> Vec<Site> {
        let mut out: Vec<Site> = self.systems();
        for unit in [0, 1, -1, 2, -2] {
            for (particle, p) in self.all.iter().enumerate() {
                if p.stream.is_some_and(|s| (-s.keep..=s.ahead).contains(&unit)) {
                    out.push(Site { particle, unit });
                }
            }
        }
        out
    }

    pub(crate) fn systems(&self) -> Vec<Site> {
        let system = |(particle, p): (usize, &Particle)| p.stream.is_none().then_some(Site { particle, unit: 0 });
        self.all.iter().enumerate().filter_map(system).collect()
    }

    /// The sites that are attached together with this one.
    pub(crate) fn partners(&self, site: Site) -> Vec<Site> {
        let group =
            self.groups.iter().find(|g| g.members.contains(&site.particle)).expect("every particle is declared");
        let members = if group.joint { group.members.clone() } else { vec![site.particle] };
        members.into_iter().map(|particle| Site { particle, unit: site.unit }).collect()
    }

    /// The sites that can be live after a step: those that were touched or already live and not discarded, with their
    /// units advanced by one.
    pub(crate) fn observable(&self, touched: &BTreeSet<Site>, discarded: &BTreeSet<Site>) -> Vec<Site> {
        let mut there = BTreeSet::new();
        let mut ends = touched.clone();
        while let Some(site) = ends.pop_first() {
            let Some(stream) = self.all[site.particle].stream else { continue };
            let next = Site { unit: site.unit - 1, ..site };
            if !discarded.contains(&site) && next.unit >= -stream.keep && there.insert(next) {
                ends.insert(next);
            }
        }
        self.systems().into_iter().chain(there).collect()
    }

    /// The features that the declarations use, for the coverage statistics.
    pub(crate) fn used(&self) -> Vec<String> {
        let mut out: Vec<String> = self.all.iter().map(|p| p.kind.to_string()).collect();
        for g in &self.groups {
            let role = if self.all[g.members[0]].stream.is_some() { "stream" } else { "system" };
            out.push(format!("{role}{}", if g.joint { ", joint" } else { "" }));
            out.extend(g.array.is_some().then(|| format!("array of {}", g.members.len())));
            let state = ["tensor", "⊗", "thermal", "mixed"].into_iter().find(|word| g.state.contains(word));
            out.push(format!("state {}", state.unwrap_or(if g.state.contains("><") { "mixture" } else { "ket" })));
        }
        for stream in self.all.iter().filter_map(|p| p.stream) {
            out.push(format!("ahead {}", stream.ahead));
            out.push(format!("keep {}", stream.keep));
        }
        out
    }
}

impl fmt::Display for Particles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for g in &self.groups {
            let names: Vec<&str> = g.members.iter().map(|m| self.all[*m].name.as_str()).collect();
            let first = &self.all[g.members[0]];
            let role = if first.stream.is_some() { "environment" } else { "system" };
            let kind = if first.kind == Kind::Qubit { String::new() } else { format!(" : {}", first.kind) };
            let keep = match first.stream {
                Some(Stream { keep: keep @ 1.., .. }) => format!(" keep {keep}"),
                _ => String::new(),
            };
            let names = match &g.array {
                Some(array) => format!("{array}[{}]", names.len()),
                None => names.join(", "),
            };
            writeln!(f, "{role} {names}{kind} = {}{keep}", g.state)?;
        }
        Ok(())
    }
}

impl Group {
    fn new(members: Vec<usize>, all: &[Particle], tape: &mut Tape<'_>) -> Self {
        let kind = all[members[0]].kind;
        let joint = members.len() == 2 && tape.below(3) > 0;
        let state = match &members[..] {
            [a, b] if joint && tape.one_in(4) => {
                let hop = terms::hop(&all[*a].name, &all[*b].name);
                format!("thermal(number({}) + 0.5*({hop}), {})", all[*a].name, tape.pick(&["0.5", "2"]))
            }
            _ if joint => terms::joint_state(tape),
            _ => terms::state(kind, tape),
        };
        Self { members, joint, state, array: None }
    }
}

/// The dimension of all subsystems that may be live at once.
fn peak(all: &[Particle]) -> usize {
    let units = |s: Stream| u32::try_from(1 + s.ahead + s.keep).expect("a few");
    all.iter().map(|p| p.kind.dim().pow(p.stream.map_or(1, units))).product()
}

/// Simplifies particles until [`peak`] is at most [`LARGEST`]: levels first or units first.
fn make_small(all: &mut [Particle], groups: &[Vec<usize>], levels_first: bool) {
    let levels: fn(&mut Particle) = |p| p.kind = Kind::Qubit;
    let mut simpler: Vec<fn(&mut Particle)> = vec![
        |p| p.stream.iter_mut().for_each(|s| s.ahead = s.ahead.min(1)),
        |p| p.stream.iter_mut().for_each(|s| s.keep = s.keep.min(1)),
        |p| p.stream.iter_mut().for_each(|s| s.ahead = 0),
        |p| p.stream.iter_mut().for_each(|s| s.keep = 0),
    ];
    simpler.insert(if levels_first { 0 } else { 4 }, levels);
    for simplify in simpler {
        for group in groups {
            if peak(all) > LARGEST {
                group.iter().for_each(|at| simplify(&mut all[*at]));
            }
        }
    }
    assert!(peak(all) <= LARGEST, "five qubits with one unit each must fit");
}
