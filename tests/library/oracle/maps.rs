//! Linear maps of a step: the Choi matrix of a system's map, two-time correlations, and fixed points. The step is run on
//! every operator of a basis, or on Bρ.

use carom::ast::{Argument, Expr, ExprKind};

use super::joint::Label;
use super::matrix::{Matrix, real, unit};
use super::scope::{Locals, Model, Scope, whole};
use super::series::Series;
use super::simulate::Simulation;

/// A pivot up to this size is zero within rounding errors.
const ZERO: f64 = 1e-9;

/// Σ_jk |j⟩⟨k| ⊗ Λ(|j⟩⟨k|) after 0, 1, … collisions, where Λ maps the initial state of some systems to their state now.
pub(crate) fn choi(model: &Model, on: &[Label], collisions: usize) -> Vec<Matrix> {
    let dims = model.dims(on);
    let dim = dims.iter().product();
    let mut out = vec![Matrix::zeros(dim * dim, dim * dim); collisions + 1];
    for (j, k) in pairs(dim) {
        let mut run = Simulation::new(model);
        run.joint.discard(on);
        run.joint.attach(on, &dims, &unit(dim, j, k));
        for (n, sum) in out.iter_mut().enumerate() {
            if n > 0 {
                run.collide();
            }
            *sum += unit(dim, j, k).kronecker(&run.joint.reduced(on));
        }
    }
    out
}

fn pairs(dim: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..dim * dim).map(move |at| (at / dim, at % dim))
}

/// The real and the imaginary part of ⟨A(n) B(m)⟩ for n = 0, 1, …, which are missing for n < m. The arguments are A, B
/// and m.
pub(crate) fn correlation(model: &Model, groups: &[Vec<Argument>], collisions: usize) -> [Series; 2] {
    let argument = |at: usize| &groups.iter().flatten().nth(at).expect("three arguments").value;
    let (late, early) = (argument(0), argument(1));
    let from = usize::try_from(whole(&Scope::constant(model).eval(argument(2)))).expect("a collision");
    let mut run = Simulation::new(model);
    (0..from).for_each(|_| run.collide());
    let early = run.observe(early, &Locals::new()).operator();
    run.joint.multiply(&early);
    let late = Expr { kind: ExprKind::Expectation(Box::new(late.clone())), ..late.clone() };
    let mut parts = [vec![f64::NAN; from], vec![f64::NAN; from]];
    for n in from..=collisions {
        if n > from {
            run.collide();
        }
        let value = run.observe(&late, &Locals::new()).number();
        parts[0].push(value.re);
        parts[1].push(value.im);
    }
    parts.map(|values| Series { start: 0, stride: 1, values })
}

/// A fixed point of the step.
pub(crate) struct Fixed<'m> {
    /// The run with this state of the live subsystems.
    pub(crate) run: Simulation<'m>,
    /// The number of independent fixed points.
    pub(crate) count: usize,
    /// The smallest pivot of S − 1 that is not zero.
    pub(crate) least: f64,
}

/// The fixed point that a run approaches on average, from the state after `settled` collisions, by when the same subsystems
/// are live after each collision.
pub(crate) fn fixed_point(model: &Model, settled: usize) -> Fixed<'_> {
    let mut run = Simulation::new(model);
    (0..settled).for_each(|_| run.collide());
    let superoperator = superoperator(&run);
    let one = Matrix::identity(superoperator.nrows(), superoperator.nrows());
    let (right, least) = null_space(&superoperator - &one);
    let (left, _) = null_space(superoperator.adjoint() - &one);
    // The projector R (L†R)⁻¹ L† on the fixed points along all other modes.
    let overlap = (left.adjoint() * &right).try_inverse().expect("1 is a semisimple eigenvalue of a channel");
    let dim = superoperator.nrows().isqrt();
    let rho = run.joint.reduced(&run.joint.labels.clone());
    let vector = Matrix::from_fn(dim * dim, 1, |at, _| rho[(at / dim, at % dim)]);
    let fixed = &right * overlap * (left.adjoint() * vector);
    run.joint.replace(&Matrix::from_fn(dim, dim, |row, column| fixed[(row * dim + column, 0)]));
    Fixed { run, count: right.ncols(), least }
}

/// The matrix of one collision on the density matrices of the live subsystems, with their entries row by row.
fn superoperator(run: &Simulation<'_>) -> Matrix {
    let labels = run.joint.labels.clone();
    let later: Vec<Label> = labels.iter().map(|label| run.advanced(*label)).collect();
    let dim = run.joint.dims(&labels).iter().product();
    let mut out = Matrix::zeros(dim * dim, dim * dim);
    for (at, (j, k)) in pairs(dim).enumerate() {
        let mut image = run.clone();
        image.joint.replace(&unit(dim, j, k));
        image.collide();
        assert_eq!(image.joint.labels.len(), later.len(), "the same subsystems are live after each collision");
        let rho = image.joint.reduced(&later);
        pairs(dim).enumerate().for_each(|(row, entry)| out[(row, at)] = rho[entry]);
    }
    out
}

/// A basis of the null space as columns, by elimination with full pivoting, and the smallest pivot that is not zero.
fn null_space(mut a: Matrix) -> (Matrix, f64) {
    let n = a.ncols();
    let (mut order, mut rank, mut least): (Vec<usize>, usize, f64) = ((0..n).collect(), 0, f64::INFINITY);
    while rank < n {
        let rest = (rank..n).flat_map(|row| (rank..n).map(move |column| (row, column)));
        let largest = rest.max_by(|x, y| a[*x].norm().total_cmp(&a[*y].norm())).expect("an entry");
        if a[largest].norm() <= ZERO {
            break;
        }
        least = least.min(a[largest].norm());
        a.swap_rows(rank, largest.0);
        a.swap_columns(rank, largest.1);
        order.swap(rank, largest.1);
        let pivot = a.row(rank) / a[(rank, rank)];
        for row in 0..n {
            let factor = if row == rank { real(0.0) } else { a[(row, rank)] };
            let reduced = if row == rank { pivot.clone() } else { a.row(row) - &pivot * factor };
            a.set_row(row, &reduced);
        }
        rank += 1;
    }
    let mut out = Matrix::zeros(n, n - rank);
    for free in rank..n {
        out[(order[free], free - rank)] = real(1.0);
        (0..rank).for_each(|at| out[(order[at], free - rank)] = -a[(at, free)]);
    }
    (out, least)
}
