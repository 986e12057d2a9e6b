//! Experiments and plots.

use pest::iterators::Pair;

use super::{Builder, Children};
use crate::ast::{ExperimentDecl, ExperimentItem, ExperimentItemKind, PlotItem, PlotItemKind, PlotStyle, SeriesName};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// `experiment fig2 "Local spins lock in anti-phase" { … }`
    pub(super) fn experiment(&self, pair: Pair<'_, Rule>) -> ExperimentDecl {
        let mut children = Children::of(pair, Rule::experiment);
        let name = self.name(&children.take(Rule::name));
        let title = children.maybe(Rule::text).map(Self::text);
        let items = children.all(Rule::experiment_item).into_iter().map(|item| self.experiment_item(item)).collect();
        children.end();
        ExperimentDecl { name, title, items }
    }

    /// `run 2000`
    pub(in crate::syntax) fn experiment_item(&self, pair: Pair<'_, Rule>) -> ExperimentItem {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::experiment_item);
        let kind = self.experiment_item_kind(children.any());
        children.end();
        ExperimentItem { span, kind }
    }

    fn experiment_item_kind(&self, pair: Pair<'_, Rule>) -> ExperimentItemKind {
        match pair.as_rule() {
            Rule::set => ExperimentItemKind::Set(self.only_binding(pair, Rule::set)),
            Rule::start => ExperimentItemKind::Start(self.start(pair)),
            Rule::draw_item => ExperimentItemKind::Draw(self.only_binding(pair, Rule::draw_item)),
            Rule::let_item => {
                let binding = self.only_binding(pair, Rule::let_item);
                ExperimentItemKind::Let { name: binding.name, value: binding.value }
            }
            Rule::observe => ExperimentItemKind::Observe(Box::new(self.observe(pair))),
            rule => {
                let mut children = Children::of(pair, rule);
                let kind = self.experiment_item_of(rule, &mut children);
                children.end();
                kind
            }
        }
    }

    /// Builds the statement that matches `rule` from its children, in the order of the grammar.
    fn experiment_item_of(&self, rule: Rule, children: &mut Children<'_>) -> ExperimentItemKind {
        let bindings = |children: &mut Children<'_>| {
            children.all(Rule::binding).into_iter().map(|binding| self.binding(binding)).collect::<Vec<_>>()
        };
        match rule {
            Rule::run => ExperimentItemKind::Run {
                collisions: self.next_expr(children),
                until: children.maybe(Rule::expr).map(|condition| self.expr(condition)),
            },
            Rule::trajectories => ExperimentItemKind::Trajectories {
                count: self.next_expr(children),
                seed: children.maybe(Rule::expr).map(|seed| self.expr(seed)),
            },
            Rule::expect => ExperimentItemKind::Expect(self.next_expr(children)),
            Rule::sweep => ExperimentItemKind::Sweep(bindings(children)),
            Rule::collect => {
                ExperimentItemKind::Collect(bindings(children).into_iter().map(|b| (b.name, b.value)).collect())
            }
            Rule::plot => ExperimentItemKind::Plot(self.plot_block(children.take(Rule::plot_block))),
            Rule::save => {
                let file = children.take(Rule::text);
                let file_span = self.span(&file);
                let series = children.all(Rule::series_name).into_iter().map(|pair| self.series_name(pair)).collect();
                ExperimentItemKind::Save { file: Self::text(file), file_span, series }
            }
            Rule::steady => ExperimentItemKind::Steady,
            Rule::spectrum => ExperimentItemKind::Spectrum,
            Rule::case => {
                let name = self.name(&children.take(Rule::name));
                let items = children.all(Rule::experiment_item);
                ExperimentItemKind::Case {
                    name,
                    items: items.into_iter().map(|item| self.experiment_item(item)).collect(),
                }
            }
            other => unreachable!("the grammar has no experiment statement {other:?}"),
        }
    }

    /// `x in up`, `z[3]`
    fn series_name(&self, pair: Pair<'_, Rule>) -> SeriesName {
        let mut children = Children::of(pair, Rule::series_name);
        let name = self.name(&children.take(Rule::name));
        let index = children.maybe(Rule::index).map(|index| self.index(index));
        let case = children.maybe(Rule::in_case).map(|case| self.case(case));
        children.end();
        SeriesName { name, index, case }
    }

    /// `{ line x1, x2; xlabel "N" }`
    fn plot_block(&self, pair: Pair<'_, Rule>) -> Vec<PlotItem> {
        let mut children = Children::of(pair, Rule::plot_block);
        let items = children.all(Rule::plot_item).into_iter().map(|item| self.plot_item(item)).collect();
        children.end();
        items
    }

    /// `line C12 dashed`
    pub(in crate::syntax) fn plot_item(&self, pair: Pair<'_, Rule>) -> PlotItem {
        let span = self.span(&pair);
        let mut outer = Children::of(pair, Rule::plot_item);
        let inner = outer.any();
        outer.end();
        let rule = inner.as_rule();
        let mut children = Children::of(inner, rule);
        let kind = self.plot_item_of(rule, &mut children);
        children.end();
        PlotItem { span, kind }
    }

    /// Builds the line that matches `rule` from its children, in the order of the grammar.
    fn plot_item_of(&self, rule: Rule, children: &mut Children<'_>) -> PlotItemKind {
        match rule {
            Rule::draw => {
                let word = children.take(Rule::draw_word);
                let values = self.exprs(children);
                let against = children.maybe(Rule::against).map(|against| {
                    let mut children = Children::of(against, Rule::against);
                    let value = self.next_expr(&mut children);
                    children.end();
                    value
                });
                let style = self.styles(children);
                if word.as_str() == "line" {
                    PlotItemKind::Line { values, against, style }
                } else {
                    PlotItemKind::Scatter { values, against, style }
                }
            }
            Rule::heatmap => PlotItemKind::Heatmap { value: self.next_expr(children), style: self.styles(children) },
            Rule::inset => PlotItemKind::Inset(self.plot_block(children.take(Rule::plot_block))),
            Rule::panels => PlotItemKind::Panels(self.names(children)),
            Rule::plot_text => {
                let (which, text) = (self.name(&children.take(Rule::plot_text_word)), children.take(Rule::text));
                PlotItemKind::Text { which, span: self.span(&text), text: Self::text(text) }
            }
            Rule::plot_size => match children.maybe(Rule::size_word) {
                Some(word) => PlotItemKind::NamedSize(self.name(&word)),
                None => PlotItemKind::Size(self.exprs(children)),
            },
            Rule::plot_scale => PlotItemKind::Scale {
                which: self.name(&children.take(Rule::plot_scale_word)),
                kind: self.name(&children.take(Rule::scale_word)),
            },
            Rule::plot_range => PlotItemKind::Range {
                which: self.name(&children.take(Rule::plot_range_word)),
                from: self.next_expr(children),
                to: self.next_expr(children),
            },
            other => unreachable!("the grammar has no plot line {other:?}"),
        }
    }

    fn styles(&self, children: &mut Children<'_>) -> Vec<PlotStyle> {
        children.all(Rule::style).into_iter().map(|style| self.style(style)).collect()
    }

    /// `label "both"`
    fn style(&self, pair: Pair<'_, Rule>) -> PlotStyle {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::style);
        let word = self.name(&children.any());
        let text = children.maybe(Rule::text).map(Self::text);
        children.end();
        PlotStyle { word, text, span }
    }
}
