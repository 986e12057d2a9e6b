//! The checked form of an experiment.

use std::sync::Arc;

use super::{Expr, Named, Observable, ParamId, Program, SeriesId, Start};
use crate::check::branches::{Branch, Case, Comparison, Correlation};
use crate::check::ty::Type;
use crate::diagnostic::Diagnostic;
use crate::output::figure::Size;
use crate::source::Span;

/// `experiment NAME "title" { … }`
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The name by which it is run, which is also the name of its results folder.
    pub name: Named,
    /// The span from its first statement to its last.
    pub body: Span,
    /// Its title in summaries, and that of its panel among those of other experiments.
    pub title: Option<String>,
    /// Parameters and their values from each `set`, in order; they override the defaults.
    pub sets: Vec<(ParamId, Expr)>,
    /// Parameters and their random values from each `draw`, in order; each trajectory draws new values.
    pub draws: Vec<(ParamId, Expr)>,
    /// The number and the seed of its trajectories, if it samples what is random.
    pub trajectories: Option<Trajectories>,
    /// The length of the run; `None` for a figure that shows only panels.
    pub run: Option<RunSpec>,
    /// Observables that it defines in addition to those of the model.
    pub observables: Vec<Observable>,
    /// `let`s, `collect`s and `expect`s in order.
    pub analysis: Vec<Analysis>,
    /// The swept parameters and their values.
    pub sweep: Vec<(ParamId, Expr)>,
    /// Names and ids of the numbers collected at each point of the sweep; their expressions are in `analysis`.
    pub collect: Vec<(Named, SeriesId)>,
    /// The figures, each a list of the entries of `plot { … }`.
    pub plots: Vec<Vec<PlotEntry>>,
    /// The files written by `save`.
    pub saves: Vec<Save>,
    /// The place of the statement `spectrum`, if the spectrum of the step map is requested.
    pub spectrum: Option<Span>,
    /// `start` of the experiment, in place of that of the model.
    pub start: Option<Start>,
    /// Its cases; empty if the experiment is one run.
    pub cases: Vec<Case>,
    /// Observables that compare the states of two cases.
    pub comparisons: Vec<Comparison>,
    /// Two-time correlations.
    pub correlations: Vec<Correlation>,
    /// The program for its sizes of arrays, if its settings change them; its ids refer to that program.
    pub within: Option<Arc<Program>>,
    /// The runs that it consists of, if it has cases or observes a map; otherwise empty: the experiment is its only
    /// run.
    pub branches: Vec<Branch>,
}

/// An inherited experiment that no longer fits the script.
#[derive(Debug, Clone)]
pub struct SetAside {
    /// The name of the experiment.
    pub name: Named,
    /// Its title in summaries, and that of its panel among those of other experiments.
    pub title: Option<String>,
    /// The errors in it, at least one.
    pub reasons: Vec<Diagnostic>,
}

impl Experiment {
    /// An experiment without statements.
    pub(in crate::check) fn empty(name: Named, body: Span, title: Option<String>) -> Self {
        Self {
            name,
            body,
            title,
            sets: Vec::new(),
            draws: Vec::new(),
            trajectories: None,
            run: None,
            observables: Vec::new(),
            analysis: Vec::new(),
            sweep: Vec::new(),
            collect: Vec::new(),
            plots: Vec::new(),
            saves: Vec::new(),
            spectrum: None,
            start: None,
            cases: Vec::new(),
            comparisons: Vec::new(),
            correlations: Vec::new(),
            within: None,
            branches: Vec::new(),
        }
    }

    /// Whether a `save` writes every trajectory: it names only observed and recorded series.
    #[must_use]
    pub fn saves_trajectories(&self, save: &Save) -> bool {
        let observed = |t: &Trajectories| save.series.iter().all(|id| id.0 < t.series);
        self.sweep.is_empty() && self.trajectories.as_ref().is_some_and(observed)
    }

    /// Whether the experiment has a table, that is, a sweep that collects. Its `expect`s then refer to the columns of
    /// the table: the swept parameters and the collected numbers.
    #[must_use]
    pub fn has_table(&self) -> bool {
        !self.sweep.is_empty() && !self.collect.is_empty()
    }

    /// Whether the experiment computes the steady state of the step. Its series are then single numbers.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.collisions.is_none())
    }
}

/// `run N until COND`, or `steady`
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// The place of the whole statement.
    pub span: Span,
    /// The number of collisions, a whole number; `None` for `steady`, the fixed point of the step.
    pub collisions: Option<Expr>,
    /// The condition for stopping early, in which a series stands for its value at the current collision.
    pub until: Option<Expr>,
}

/// `trajectories K seed S`
#[derive(Debug, Clone)]
pub struct Trajectories {
    /// The place of the whole statement.
    pub span: Span,
    /// The number of trajectories, a whole number.
    pub count: Expr,
    /// The seed, a whole number.
    pub seed: Option<Expr>,
    /// The number of observed and recorded series. The standard error of series i is series `series` + i.
    pub series: usize,
    /// The series of single trajectories.
    pub singles: Vec<Single>,
}

/// `trajectory(x, k)`
#[derive(Debug, Clone)]
pub struct Single {
    /// The id of this series.
    pub id: SeriesId,
    /// The series x, whose mean is over all trajectories.
    pub of: SeriesId,
    /// The number k of the trajectory, a number or a parameter.
    pub number: Expr,
    /// The name of the series: `trajectory(x, 3)`.
    pub name: String,
}

/// A statement of an experiment that is evaluated on its series.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum Analysis {
    /// `let NAME = VALUE`; later expressions refer to the value as series `id`.
    Let { name: Named, id: SeriesId, ty: Type, value: Expr },
    /// `collect NAME = NUMBER`, at each point of a sweep.
    Collect { id: SeriesId, value: Expr },
    /// `expect COND`: about one run, or about the table of a sweep that collects.
    Expect { span: Span, condition: Expr },
}

/// An entry of `plot { … }`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum PlotEntry {
    /// `line x, y` or `scatter x, y`, over the index or against another series.
    Curves { values: Vec<Expr>, against: Option<Expr>, look: Look, points: bool },
    /// `heatmap C`
    Heatmap { value: Expr, look: Look },
    /// `heatmap z`, where z is an array of series: space against time.
    SpaceTime { index: String, places: Vec<i64>, values: Vec<Expr>, look: Look },
    /// `inset { … }`
    Inset(Vec<PlotEntry>),
    /// `panels a, b`: keys of experiments.
    Panels(Vec<String>),
    /// `title`, `xlabel`, `ylabel`, `y2label` or `colorbar` with its text.
    Text { which: String, text: String },
    /// `size column` or `size page`
    NamedSize(Size),
    /// `size 86, 60`: width and height in millimetres.
    Size(Vec<Expr>),
    /// `xscale`, `yscale` or `y2scale` with `log` or `linear`
    Scale { which: String, log: bool },
    /// `xrange`, `yrange`, `y2range` or `colorrange`
    Range { which: String, from: Expr, to: Expr },
}

/// The style of curves or of a heat map.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// `solid`, `dashed`, `dotted` or `points`
    pub stroke: Option<String>,
    /// The label in the legend.
    pub label: Option<String>,
    /// A colour by name or `#rrggbb`.
    pub color: Option<String>,
    /// Whether it belongs to the right-hand y axis.
    pub right: bool,
}

/// `save "file.csv" a, b`
#[derive(Debug, Clone)]
pub struct Save {
    /// The name of the file in the experiment's folder.
    pub file: String,
    /// The place of the file name.
    pub span: Span,
    /// The series in column order; all series if empty.
    pub series: Vec<SeriesId>,
}
