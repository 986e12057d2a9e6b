//! Random gate sequences for tests: every kind of operation, mixed dimensions, any order of targets, nested bodies.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ir::{
    Event, Instrument, Layout, Measure, Op, OpKind, Origin, Outcome, Scalar, Slot, SlotInfo, Step, Weight,
};
use crate::quantum::{C64, CMat, StateFunction};

/// The largest dimension of a state that a sequence may reach: the reference backend costs O(D³) per gate.
const MAX_DIM: usize = 36;

/// The most Kraus operators of a channel, and the most outcomes of a measurement.
const MOST_KRAUS: usize = 4;

/// A gate sequence and everything needed to run it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) layout: Layout,
    /// Attaches the slots that are live at the entry.
    pub(crate) prologue: Vec<Op>,
    pub(crate) ops: Vec<Op>,
    /// The slots that are live at the end, in random order.
    pub(crate) exit: Vec<Slot>,
    /// The number of values that it records.
    pub(crate) records: usize,
}

/// SplitMix64 (Steele, Lea, Flood 2014), so that a seed reproduces a failure.
pub(crate) struct Random {
    state: u64,
    layout: Layout,
    records: usize,
    origin: u32,
    /// The dimension of the live register, which no `Uncorrelate` names.
    register: Option<usize>,
}

/// Draws a program of about `length` operations.
pub(crate) fn program(seed: u64, length: usize) -> Program {
    let mut random = Random::new(seed, [2, 2, 3, 4]);
    let mut alive = BTreeSet::new();
    let prologue = random.converge(&mut alive, &BTreeSet::from([Slot(0), Slot(1)]));
    let ops = random.sequence(&mut alive, length, 2);
    let exit = random.shuffled(&alive);
    Program { layout: random.layout, prologue, ops, exit, records: random.records }
}

/// A step that is the same in every collision.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) layout: Layout,
    /// Attaches the slots that are live at the entry.
    pub(crate) prologue: Vec<Op>,
    pub(crate) step: Step,
    pub(crate) observables: Vec<Scalar>,
    pub(crate) records: usize,
}

/// Draws a step of about `length` operations whose live slots at the end are those at the beginning. It contains no
/// `Uncorrelate` if `linear` is set. No gate or measure has a dimension larger than 27, because step maps have a limit.
pub(crate) fn settled(seed: u64, length: usize, linear: bool) -> Settled {
    let mut random = Random::new(seed, [2, 2, 3, 3]);
    let entry = BTreeSet::from([Slot(0), Slot(1)]);
    let prologue = random.converge(&mut BTreeSet::new(), &entry);
    let mut ops = loop {
        random.records = 0;
        let mut alive = entry.clone();
        let mut ops = random.sequence(&mut alive, length, 2);
        ops.extend(random.converge(&mut alive, &entry));
        if !linear || !ops.iter().any(|op| is_nonlinear(&op.kind)) {
            break ops;
        }
    };
    let records = random.records;
    let observables: Vec<Scalar> = (0..3)
        .map(|_| match random.record() {
            OpKind::Record { value, .. } => value,
            _ => unreachable!("`record` draws a record"),
        })
        .collect();
    let (a, b) = (Slot(0), Slot(1));
    let swapped = random.layout.dim(a) == random.layout.dim(b) && random.below(2) == 0;
    let advance = if swapped { vec![(a, b), (b, a)] } else { vec![(a, a), (b, b)] };
    ops.retain(|op| !matches!(&op.kind, OpKind::Discard { slots } if slots.is_empty()));
    let slots: Vec<Slot> = entry.into_iter().collect();
    let step = Step { ops, entry: slots.clone(), exit: slots, advance };
    Settled { layout: random.layout, prologue, step, observables, records }
}

fn is_nonlinear(kind: &OpKind) -> bool {
    match kind {
        OpKind::Uncorrelate { .. } => true,
        OpKind::Mix { then, otherwise, .. } => then.iter().chain(otherwise).any(|op| is_nonlinear(&op.kind)),
        OpKind::Repeat { body, .. } => body.iter().any(|op| is_nonlinear(&op.kind)),
        _ => false,
    }
}

/// A state for each slot, and a list of unitaries and channels, each on a few slots in any order.
pub(crate) struct Actions {
    pub(crate) dims: Vec<usize>,
    pub(crate) states: Vec<CMat>,
    pub(crate) list: Vec<(Vec<Slot>, Vec<CMat>)>,
}

/// Draws `count` actions on slots of these dimensions.
pub(crate) fn actions(seed: u64, dims: &[usize], count: usize) -> Actions {
    let slots = dims.iter().enumerate().map(|(i, &dim)| SlotInfo { dim, label: format!("q{i}") }).collect();
    let mut random = Random { layout: Layout { slots }, ..Random::of(seed) };
    let all: BTreeSet<Slot> = (0..).map(Slot).take(dims.len()).collect();
    let states = dims.iter().map(|&dim| random.state(dim)).collect();
    let action = |_| {
        let mut targets = random.some(&all);
        while random.dim(&targets) > 16 {
            targets.pop();
        }
        let dim = random.dim(&targets);
        let kraus = if random.below(3) == 0 { random.kraus(dim) } else { vec![random.unitary(dim)] };
        (targets, kraus)
    };
    Actions { dims: dims.to_vec(), states, list: (0..count).map(action).collect() }
}

impl Random {
    /// A generator with five slots whose dimensions are drawn from `dims`.
    fn new(seed: u64, dims: [usize; 4]) -> Self {
        let mut random = Self::of(seed);
        for i in 0..5 {
            let dim = dims[random.below(4)];
            random.layout.slots.push(SlotInfo { dim, label: format!("q{i}") });
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("less than a usize")
    }

    /// Uniform in [−1, 1).
    fn real(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).expect("32 bits")) / f64::from(1u32 << 31) - 1.0
    }

    pub(crate) fn of(seed: u64) -> Self {
        Self { state: seed, layout: Layout::default(), records: 0, origin: 0, register: None }
    }

    pub(crate) fn matrix(&mut self, rows: usize, columns: usize) -> CMat {
        CMat::from_fn(rows, columns, |_, _| C64::new(self.real(), self.real()))
    }

    /// A rows × columns matrix with columns orthonormal to the last digit, because hundreds of collisions multiply the
    /// error.
    fn isometry(&mut self, rows: usize, columns: usize) -> CMat {
        let q = self.matrix(rows, columns).qr().q();
        let defect = CMat::identity(columns, columns) - q.adjoint() * &q;
        &q + &q * defect * C64::from(0.5)
    }

    fn unitary(&mut self, dim: usize) -> CMat {
        if self.below(4) == 0 {
            return CMat::from_diagonal(&self.matrix(dim, 1).column(0).map(|z| z / z.norm()));
        }
        if dim > 2 && self.below(3) == 0 {
            return self.exchange(dim);
        }
        self.isometry(dim, dim)
    }

    /// A rotation of two basis states with an imaginary coupling; it is exactly the identity on the others.
    fn exchange(&mut self, dim: usize) -> CMat {
        let (sin, cos) = self.real().sin_cos();
        let i = self.below(dim);
        let j = (i + 1 + self.below(dim - 1)) % dim;
        let mut u = CMat::identity(dim, dim);
        for (at, z) in
            [((i, i), cos.into()), ((j, j), cos.into()), ((i, j), C64::new(0.0, sin)), ((j, i), C64::new(0.0, sin))]
        {
            u[at] = z;
        }
        u
    }

    /// The blocks of an isometry, so that Σ K†K = 1.
    fn kraus(&mut self, dim: usize) -> Vec<CMat> {
        let count = 1 + self.below(MOST_KRAUS);
        let stacked = self.isometry(dim * count, dim);
        (0..count).map(|k| stacked.rows(k * dim, dim).into_owned()).collect()
    }

    fn state(&mut self, dim: usize) -> CMat {
        let rank = 1 + self.below(dim);
        let a = self.matrix(dim, rank);
        let rho = &a * a.adjoint();
        let trace = rho.trace();
        rho / trace
    }

    fn shuffled(&mut self, slots: &BTreeSet<Slot>) -> Vec<Slot> {
        let mut list: Vec<Slot> = slots.iter().copied().collect();
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
        list
    }

    /// One to three of the slots, in random order.
    fn some(&mut self, slots: &BTreeSet<Slot>) -> Vec<Slot> {
        let mut list = self.shuffled(slots);
        list.truncate(1 + self.below(3));
        list
    }

    fn dim(&self, slots: &[Slot]) -> usize {
        self.layout.dims(slots).iter().product()
    }

    fn op(&mut self, kind: OpKind) -> Op {
        self.origin += 1;
        Op { origin: Origin(self.origin), kind }
    }

    fn attach(&mut self, slots: Vec<Slot>) -> Op {
        let state = Arc::new(self.state(self.dim(&slots)));
        self.op(OpKind::Attach { slots, state })
    }

    /// Operations that change the set of live slots to `target`.
    fn converge(&mut self, alive: &mut BTreeSet<Slot>, target: &BTreeSet<Slot>) -> Vec<Op> {
        let surplus: Vec<Slot> = alive.difference(target).copied().collect();
        let missing: Vec<Slot> = target.difference(alive).copied().collect();
        let mut ops = Vec::new();
        if !surplus.is_empty() {
            ops.push(self.op(OpKind::Discard { slots: surplus }));
        }
        if !missing.is_empty() {
            ops.push(self.attach(missing));
        }
        alive.clone_from(target);
        ops
    }

    fn sequence(&mut self, alive: &mut BTreeSet<Slot>, length: usize, depth: usize) -> Vec<Op> {
        let mut ops = Vec::new();
        while ops.len() < length {
            if depth == 2 && self.register.is_none() && self.below(10) == 0 && self.fits_register(alive) {
                ops.extend(self.measurement(alive));
            } else if let Some(op) = self.draw(alive, depth) {
                op.update_alive(alive);
                ops.push(op);
            }
        }
        ops
    }

    /// Draws an operation; `None` if it does not fit here.
    fn draw(&mut self, alive: &BTreeSet<Slot>, depth: usize) -> Option<Op> {
        let targets = self.some(alive);
        let dim = self.dim(&targets);
        let kind = match self.below(18) {
            0..=3 => return self.fresh(alive),
            4..=7 => OpKind::Unitary { matrix: Arc::new(self.unitary(dim)), targets },
            8 | 9 => OpKind::Channel { kraus: Arc::new(self.kraus(dim)), targets },
            10 | 11 if targets.len() < alive.len() => OpKind::Discard { slots: targets },
            12 if self.register.is_none() => self.uncorrelate(alive),
            13 | 16 | 17 if depth == 2 => self.record(),
            14 if depth > 0 => self.mix(alive, depth - 1),
            15 if depth > 0 => {
                let mut inside = alive.clone();
                let mut body = self.sequence(&mut inside, 4, depth - 1);
                body.extend(self.converge(&mut inside, alive));
                OpKind::Repeat { count: self.below(4) as u64, body }
            }
            _ => return None,
        };
        Some(self.op(kind))
    }

    fn fresh(&mut self, alive: &BTreeSet<Slot>) -> Option<Op> {
        let all: BTreeSet<Slot> = (0..5).map(Slot).collect();
        let mut slots = self.shuffled(&all.difference(alive).copied().collect());
        slots.truncate(1 + self.below(2));
        let size = self.dim(&slots) * self.dim(&alive.iter().copied().collect::<Vec<_>>());
        (!slots.is_empty() && size * self.register.unwrap_or(1) <= MAX_DIM).then(|| self.attach(slots))
    }

    fn uncorrelate(&mut self, alive: &BTreeSet<Slot>) -> OpKind {
        let count = 1 + self.below(3);
        let mut groups = vec![Vec::new(); count];
        for slot in self.shuffled(alive) {
            groups[self.below(count)].push(slot);
        }
        groups.retain(|group| !group.is_empty());
        OpKind::Uncorrelate { groups }
    }

    /// Two branches that end with the same live slots, which may differ from those at their beginning.
    fn mix(&mut self, alive: &BTreeSet<Slot>, depth: usize) -> OpKind {
        let mut end = alive.clone();
        let mut then = self.sequence(&mut end, 3, depth);
        if end.is_empty() {
            then.extend(self.converge(&mut end, alive));
        }
        let mut inside = alive.clone();
        let mut otherwise = self.sequence(&mut inside, 3, depth);
        otherwise.extend(self.converge(&mut inside, &end));
        let weight = Weight::Probability(self.real().abs());
        OpKind::Mix { weight, then, otherwise }
    }

    fn fits_register(&self, alive: &BTreeSet<Slot>) -> bool {
        let alive: Vec<Slot> = alive.iter().copied().collect();
        self.dim(&alive) * MOST_KRAUS <= MAX_DIM
    }

    /// A measurement, operations that depend on its outcome and others that do not, a record of the outcome, and the
    /// end of its register.
    fn measurement(&mut self, alive: &mut BTreeSet<Slot>) -> Vec<Op> {
        let mut targets = self.some(alive);
        while self.dim(&targets) > 12 {
            targets.pop();
        }
        let kraus = self.kraus(self.dim(&targets));
        let count = 1 + self.below(kraus.len());
        let mut outcomes: Vec<Outcome> =
            (0..count).map(|_| Outcome { value: self.real(), kraus: Vec::new() }).collect();
        kraus.into_iter().enumerate().for_each(|(j, k)| outcomes[j % count].kraus.push(k));
        let register = Slot(u32::try_from(self.layout.slots.len()).expect("few slots"));
        self.layout.slots.push(SlotInfo { dim: count, label: "r".into() });
        let instrument = Arc::new(Instrument { outcomes });
        let values = vec![(vec![register], Arc::new(instrument.values()))];
        self.register = Some(count);
        let mut ops = vec![self.op(OpKind::Measure { targets, register, instrument })];
        ops.extend(self.sequence(alive, 2, 1));
        for _ in 0..2 {
            let OpKind::Mix { then, otherwise, .. } = self.mix(alive, 1) else { unreachable!("it draws a mixture") };
            let occurs = (0..count).map(|_| self.below(2) == 0).collect();
            let weight = Weight::Event(Event { registers: vec![register], occurs });
            let op = self.op(OpKind::Mix { weight, then, otherwise });
            op.update_alive(alive);
            ops.push(op);
        }
        self.register = None;
        let value = Scalar::Measure(Measure::Expectation { terms: values, label: "r".into() });
        self.records += 1;
        ops.push(self.op(OpKind::Record { index: self.records - 1, label: "r".into(), value }));
        ops.push(self.op(OpKind::Discard { slots: vec![register] }));
        ops
    }

    /// A record of the product of an expectation value and a purity, of slots that need not be live.
    fn record(&mut self) -> OpKind {
        let all: BTreeSet<Slot> = (0..4).map(Slot).collect();
        let terms = (0..2).map(|_| {
            let slots = self.some(&all);
            let a = self.matrix(self.dim(&slots), self.dim(&slots));
            (slots, Arc::new(&a + a.adjoint()))
        });
        let expectation = Measure::Expectation { terms: terms.collect(), label: "A".into() };
        let purity = Measure::Reduced { slots: self.some(&all), function: StateFunction::named("purity") };
        let args = vec![Scalar::Measure(expectation), Scalar::Measure(purity)];
        self.records += 1;
        let value = Scalar::Apply { name: "*", function: |args| args[0] * args[1], args };
        OpKind::Record { index: self.records - 1, label: "R".into(), value }
    }
}
