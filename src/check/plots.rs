//! Resolves the names in plots to ids.
//!
//! Contract: every plotted value is an expression over the experiment's series or, in a sweep that collects, over the
//! columns of its table. Panels are experiments of the program.

use super::arrays::SeriesArray;
use super::experiments::Builder;
use super::program::{Look, PlotEntry};
use super::resolve::Place;
use super::suggest::nearest;
use crate::ast::{Expr, ExprKind, Name, Offset, PlotItem, PlotItemKind, PlotStyle, Reference};
use crate::diagnostic::Code;

/// Resolves the plots of one experiment.
pub(super) struct Plots<'b, 'a, 'e> {
    pub(super) builder: &'b mut Builder<'a, 'e>,
}

impl Plots<'_, '_, '_> {
    pub(super) fn entries(&mut self, items: &[PlotItem]) -> Vec<PlotEntry> {
        items.iter().map(|item| self.entry(item)).collect()
    }

    fn entry(&mut self, item: &PlotItem) -> PlotEntry {
        match &item.kind {
            PlotItemKind::Line { values, style } => {
                PlotEntry::Curves { values: self.values(values), look: look(style), points: false }
            }
            PlotItemKind::Scatter { values, style } => {
                PlotEntry::Curves { values: self.values(values), look: look(style), points: true }
            }
            PlotItemKind::Heatmap { value, style } if self.array(value).is_some() => {
                let array = self.array(value).expect("just found");
                let (index, places) = (array.index.clone(), array.indices.clone());
                let values = self.values(std::slice::from_ref(value));
                PlotEntry::SpaceTime { index, places, values, look: look(style) }
            }
            PlotItemKind::Heatmap { value, style } => {
                PlotEntry::Heatmap { value: self.builder.expr(value, Place::Experiment), look: look(style) }
            }
            PlotItemKind::Inset(inner) => PlotEntry::Inset(self.entries(inner)),
            PlotItemKind::Panels(names) => {
                names.iter().for_each(|name| self.known(name));
                PlotEntry::Panels(names.iter().map(|n| n.key.clone()).collect())
            }
            PlotItemKind::Text { which, text } => PlotEntry::Text { which: which.key.clone(), text: text.clone() },
            PlotItemKind::Range { which, from, to } => PlotEntry::Range {
                which: which.key.clone(),
                from: self.builder.expr(from, Place::Param),
                to: self.builder.expr(to, Place::Param),
            },
        }
    }

    /// Plotted values; the name of an array of series stands for all of its elements.
    fn values(&mut self, values: &[Expr]) -> Vec<super::program::Expr> {
        let elements = |v: &Expr| self.array(v).map_or_else(|| vec![v.clone()], |array| elements(v, &array.indices));
        let all: Vec<Expr> = values.iter().flat_map(elements).collect();
        all.iter().map(|v| self.builder.expr(v, Place::Experiment)).collect()
    }

    /// The array of series that a value names, without an index.
    fn array(&self, value: &Expr) -> Option<&SeriesArray> {
        let ExprKind::Reference(Reference { name, offset: Offset::None, case, .. }) = &value.kind else { return None };
        let arrays = self.builder.cases.arrays_in(case.as_deref()).unwrap_or(&self.builder.series_arrays);
        arrays.iter().find(|array| array.name.key == name.key)
    }

    fn known(&mut self, name: &Name) {
        if self.builder.all_experiments.contains(&name.key) {
            return;
        }
        let own = self.builder.own_key();
        let near = nearest(&name.key, self.builder.all_experiments.iter().filter(|e| *e != own).map(String::as_str));
        let help = near.map_or_else(
            || "write the names of experiments of this protocol, as in `panels a, b`".into(),
            |n| format!("did you mean `{n}`?"),
        );
        let message = format!("there is no experiment `{}`", name.text);
        self.builder.error(Code::UnknownExperiment, message, name.span, "unknown", &help);
    }
}

/// The elements of the array of series that `value` names.
fn elements(value: &Expr, indices: &[i64]) -> Vec<Expr> {
    let ExprKind::Reference(array) = &value.kind else { return Vec::new() };
    let element = |k: &i64| {
        #[expect(clippy::cast_precision_loss, reason = "an index is at most 1e9")]
        let index = Box::new(Expr { span: value.span, kind: ExprKind::Number(*k as f64) });
        let element = Reference { offset: Offset::Index(index), ..array.clone() };
        Expr { span: value.span, kind: ExprKind::Reference(element) }
    };
    indices.iter().map(element).collect()
}

fn look(style: &[PlotStyle]) -> Look {
    let mut look = Look::default();
    for s in style {
        match s.word.key.as_str() {
            "label" => look.label.clone_from(&s.text),
            "color" => look.color.clone_from(&s.text),
            "right" => look.right = true,
            word => look.stroke = Some(word.to_string()),
        }
    }
    look
}
