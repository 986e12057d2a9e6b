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
use crate::output::figure::{COLOR_NAMES, Size, is_color, label_faults};
use crate::source::Span;

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
            PlotItemKind::Line { values, against, style } => self.curves(values, against.as_ref(), style, false),
            PlotItemKind::Scatter { values, against, style } => self.curves(values, against.as_ref(), style, true),
            PlotItemKind::Heatmap { value, style } if self.array(value).is_some() => {
                let array = self.array(value).expect("just found");
                let (index, places) = (array.index.clone(), array.indices.clone());
                let values = self.values(std::slice::from_ref(value));
                PlotEntry::SpaceTime { index, places, values, look: self.look(style) }
            }
            PlotItemKind::Heatmap { value, style } => {
                PlotEntry::Heatmap { value: self.builder.expr(value, Place::Experiment), look: self.look(style) }
            }
            PlotItemKind::Inset(inner) => PlotEntry::Inset(self.entries(inner)),
            PlotItemKind::Panels(names) => {
                names.iter().for_each(|name| self.known(name));
                PlotEntry::Panels(names.iter().map(|n| n.key.clone()).collect())
            }
            PlotItemKind::Text { which, text, span } => {
                self.label(text, *span);
                PlotEntry::Text { which: which.key.clone(), text: text.clone() }
            }
            PlotItemKind::NamedSize(word) => {
                PlotEntry::NamedSize(if word.key == "page" { Size::PAGE } else { Size::COLUMN })
            }
            PlotItemKind::Size(lengths) => {
                PlotEntry::Size(lengths.iter().map(|e| self.builder.expr(e, Place::Param)).collect())
            }
            PlotItemKind::Scale { which, kind } => {
                PlotEntry::Scale { which: which.key.clone(), log: kind.key == "log" }
            }
            PlotItemKind::Range { which, from, to } => PlotEntry::Range {
                which: which.key.clone(),
                from: self.builder.expr(from, Place::Param),
                to: self.builder.expr(to, Place::Param),
            },
        }
    }

    fn curves(&mut self, values: &[Expr], against: Option<&Expr>, style: &[PlotStyle], points: bool) -> PlotEntry {
        let values = self.values(values);
        let against = against.map(|e| self.builder.expr(e, Place::Experiment));
        PlotEntry::Curves { values, against, look: self.look(style), points }
    }

    fn look(&mut self, style: &[PlotStyle]) -> Look {
        let mut look = Look::default();
        for s in style {
            match (s.word.key.as_str(), &s.text) {
                ("label", Some(text)) => {
                    self.label(text, s.span);
                    look.label = Some(text.clone());
                }
                ("color", Some(text)) => {
                    self.color(text, s.span);
                    look.color = Some(text.clone());
                }
                ("right", _) => look.right = true,
                (word, _) => look.stroke = Some(word.to_string()),
            }
        }
        look
    }

    /// Reports a text that is not a colour.
    fn color(&mut self, text: &str, span: Span) {
        if is_color(text) {
            return;
        }
        let near = nearest(text, COLOR_NAMES.iter().copied());
        let names = COLOR_NAMES.join(", ");
        let help = match near {
            Some(near) => format!("did you mean \"{near}\"? Other colours: {names}, or \"#0072B2\""),
            None => format!("write a name of CSS or a code like \"#0072B2\": {names}"),
        };
        self.builder.error(Code::UnknownColor, format!("there is no colour \"{text}\""), span, "unknown", &help);
    }

    /// Reports what cannot be drawn in a label.
    fn label(&mut self, text: &str, span: Span) {
        let faults = label_faults(text);
        if faults.is_empty() {
            return;
        }
        let names: Vec<String> = faults.iter().map(|fault| format!("`{fault}`")).collect();
        let message = format!("figures cannot show {}", names.join(", "));
        let help = "the font has Latin, Greek and Cyrillic letters, arrows and operators; mathematics is written as in \
                    \"$⟨\\hat{σ}_x⟩^2$\"";
        self.builder.error(Code::UnknownGlyph, message, span, "not in the font of figures", help);
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
