//! Items of a script.

use pest::iterators::Pair;

use super::{Builder, Children};
use crate::ast::{
    Assignment, Bounds, Declared, Expr, File, FunctionDecl, FunctionRole, InputDecl, Item, ItemKind, Name, ObserveDecl,
    ParamDecl, Role, SequenceDecl, StartDecl, SubsystemDecl,
};
use crate::syntax::grammar::Rule;

impl Builder<'_> {
    /// A whole script, without its documentation.
    pub(in crate::syntax) fn file(&self, pair: Pair<'_, Rule>) -> File {
        let mut children = Children::of(pair, Rule::file);
        let items = children.all(Rule::item).into_iter().map(|item| self.item(item)).collect();
        children.end();
        File { doc: None, items }
    }

    /// `param γ = 0.95π/2`, possibly after `redefine`.
    pub(in crate::syntax) fn item(&self, pair: Pair<'_, Rule>) -> Item {
        let span = self.span(&pair);
        let mut children = Children::of(pair, Rule::item);
        let redefine = children.maybe(Rule::redefine).map(|word| self.span(&word));
        let kind = self.item_kind(children.any());
        children.end();
        Item { doc: None, span, redefine, kind }
    }

    fn item_kind(&self, pair: Pair<'_, Rule>) -> ItemKind {
        match pair.as_rule() {
            Rule::use_item => self.use_item(pair),
            Rule::set => ItemKind::Set(self.only_binding(pair, Rule::set)),
            Rule::param => ItemKind::Param(Box::new(self.param(pair))),
            Rule::input => ItemKind::Input(self.input(pair)),
            Rule::observe => ItemKind::Observe(Box::new(self.observe(pair))),
            Rule::start => ItemKind::Start(self.start(pair)),
            Rule::subsystems => ItemKind::Subsystems(Box::new(self.subsystems(pair))),
            Rule::function => ItemKind::Function(self.function(pair)),
            Rule::sequence => ItemKind::Sequence(self.sequence(pair)),
            Rule::step => self.step(pair),
            Rule::experiment => ItemKind::Experiment(self.experiment(pair)),
            other => unreachable!("the grammar has no item {other:?}"),
        }
    }

    /// `use sub/name`
    fn use_item(&self, pair: Pair<'_, Rule>) -> ItemKind {
        let mut children = Children::of(pair, Rule::use_item);
        let path = children.take(Rule::use_path);
        children.end();
        ItemKind::Use { path: path.as_str().to_owned(), span: self.span(&path) }
    }

    /// `param γ = 0.95π/2 in 0..π/2`
    fn param(&self, pair: Pair<'_, Rule>) -> ParamDecl {
        let mut children = Children::of(pair, Rule::param);
        let Assignment { name, value } = self.binding(children.take(Rule::binding));
        let bounds = children.maybe(Rule::bounds).map(|bounds| self.bounds(bounds));
        children.end();
        ParamDecl { name, value, bounds }
    }

    /// `in 0..π/2`
    fn bounds(&self, pair: Pair<'_, Rule>) -> Bounds {
        let mut children = Children::of(pair, Rule::bounds);
        let bounds = Bounds { least: self.next_expr(&mut children), most: self.next_expr(&mut children) };
        children.end();
        bounds
    }

    /// `start s, e = (|00> + |11>)/√2`
    pub(super) fn start(&self, pair: Pair<'_, Rule>) -> StartDecl {
        let mut children = Children::of(pair, Rule::start);
        let (targets, state) = (self.group(children.take(Rule::group)), self.next_expr(&mut children));
        children.end();
        StartDecl { targets, state }
    }

    /// `observe z[k in 1..L] = <σz(s[k])>`
    pub(super) fn observe(&self, pair: Pair<'_, Rule>) -> ObserveDecl {
        let mut children = Children::of(pair, Rule::observe);
        let name = self.name(&children.take(Rule::name));
        let elements = children.maybe(Rule::elements).map(|elements| {
            let mut children = Children::of(elements, Rule::elements);
            let iteration = self.iteration(children.take(Rule::iteration));
            children.end();
            iteration
        });
        let value = self.next_expr(&mut children);
        children.end();
        ObserveDecl { name, elements, value }
    }

    /// `input u = "drive.csv" column "amplitude"`
    fn input(&self, pair: Pair<'_, Rule>) -> InputDecl {
        let mut children = Children::of(pair, Rule::input);
        let name = self.name(&children.take(Rule::name));
        let (file, column) = (children.take(Rule::text), children.take(Rule::text));
        let (file_span, column_span) = (self.span(&file), self.span(&column));
        children.end();
        InputDecl { name, file: Self::text(file), file_span, column: Self::text(column), column_span }
    }

    /// `environment e1, e2 : boson(8) = |0> keep 8`
    fn subsystems(&self, pair: Pair<'_, Rule>) -> SubsystemDecl {
        let mut children = Children::of(pair, Rule::subsystems);
        let role = match children.take(Rule::subsystem_role).as_str() {
            "system" => Role::System,
            _ => Role::Environment,
        };
        let names = children.all(Rule::declared).into_iter().map(|declared| self.declared(declared)).collect();
        let kind = children.maybe(Rule::kind).map(|kind| self.kind(kind));
        let state = children.maybe(Rule::expr).map(|state| self.expr(state));
        let keep = children.maybe(Rule::keep).map(|keep| self.keep(keep));
        children.end();
        SubsystemDecl { role, names, kind, state, keep }
    }

    /// `s[L]`
    fn declared(&self, pair: Pair<'_, Rule>) -> Declared {
        let mut children = Children::of(pair, Rule::declared);
        let name = self.name(&children.take(Rule::name));
        let size = children.maybe(Rule::expr).map(|size| self.expr(size));
        children.end();
        Declared { name, size }
    }

    /// `boson(8)`
    fn kind(&self, pair: Pair<'_, Rule>) -> (Name, Option<Expr>) {
        let mut children = Children::of(pair, Rule::kind);
        let name = self.name(&children.take(Rule::name));
        let argument = children.maybe(Rule::expr).map(|argument| self.expr(argument));
        children.end();
        (name, argument)
    }

    /// `keep 8`
    fn keep(&self, pair: Pair<'_, Rule>) -> Expr {
        let mut children = Children::of(pair, Rule::keep);
        let count = self.expr(children.take(Rule::expr));
        children.end();
        count
    }

    /// `gate pswap(a, b) = cos(γ) + i*sin(γ)*SWAP(a, b)`
    fn function(&self, pair: Pair<'_, Rule>) -> FunctionDecl {
        let mut children = Children::of(pair, Rule::function);
        let role = match children.take(Rule::function_role).as_str() {
            "hamiltonian" => FunctionRole::Hamiltonian,
            "gate" => FunctionRole::Gate,
            _ => FunctionRole::Def,
        };
        let name = self.name(&children.take(Rule::name));
        let args = children.maybe(Rule::parameters).map_or_else(Vec::new, |args| self.parameters(args));
        let body = self.expr(children.take(Rule::expr));
        children.end();
        FunctionDecl { role, name, args, body }
    }

    /// `(s, e)`
    fn parameters(&self, pair: Pair<'_, Rule>) -> Vec<Name> {
        let mut children = Children::of(pair, Rule::parameters);
        let names = self.names(&mut children);
        children.end();
        names
    }

    /// `rule erase { discard e1, e2 }`
    fn sequence(&self, pair: Pair<'_, Rule>) -> SequenceDecl {
        let mut children = Children::of(pair, Rule::sequence);
        let is_rule = children.take(Rule::sequence_role).as_str() == "rule";
        let name = self.name(&children.take(Rule::name));
        let args = children.maybe(Rule::parameters).map_or_else(Vec::new, |args| self.parameters(args));
        let body = self.block(children.take(Rule::block));
        children.end();
        SequenceDecl { is_rule, name, args, body }
    }

    /// `step { … }`
    fn step(&self, pair: Pair<'_, Rule>) -> ItemKind {
        let mut children = Children::of(pair, Rule::step);
        let keyword = self.span(&children.take(Rule::step_word));
        let body = self.block(children.take(Rule::block));
        children.end();
        ItemKind::Step { keyword, body }
    }

    /// The next names.
    pub(super) fn names(&self, children: &mut Children<'_>) -> Vec<Name> {
        children.all(Rule::name).iter().map(|name| self.name(name)).collect()
    }
}
