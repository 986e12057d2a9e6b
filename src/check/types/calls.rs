//! Types of built-in calls: gates and channels, measures, functions, forms.

use super::Types;
use super::remedies::remedy;
use crate::analysis::{FunctionRow, ParamKind, ResultKind};
use crate::check::builtins::Form;
use crate::check::operators::{self, Applied};
use crate::check::program::{Argument, Expr};
use crate::check::suggest::nearest;
use crate::check::ty::{Extent, Type};
use crate::diagnostic::Code;
use crate::quantum::{Formula, MeasureRow, NumberRow};
use crate::source::Span;

impl Types<'_> {
    /// A gate or channel: subsystems first, then numbers.
    pub(super) fn acting(&mut self, args: &mut [Expr], subsystems: usize, name: &str, locals: &[Type]) {
        for (i, a) in args.iter_mut().enumerate() {
            if i < subsystems {
                self.subsystem(a, locals, &format!("`{name}`"));
            } else {
                self.want(a, locals, Type::Number, &format!("an angle or probability of `{name}`"));
            }
        }
    }

    /// The type of a call of a measure. The number of arguments was checked when the name was resolved.
    pub(super) fn measure_call(&mut self, row: &MeasureRow, groups: &mut [Vec<Expr>], locals: &[Type]) -> Type {
        let more = row.takes_more() && groups.len() == 1;
        let mut args: Vec<&mut Expr> = groups.iter_mut().flatten().collect();
        let given = args.split_off(args.len().saturating_sub(usize::from(more)));
        let subsystems = args.len();
        for a in args {
            self.subsystem(a, locals, &format!("`{}`", row.name));
        }
        for a in given {
            match row.formula {
                Formula::WithState(_) => self.second_state(row, a, subsystems, locals),
                Formula::WithOperator(_) => {
                    let what = format!("the Hamiltonian of `{}`", row.name);
                    self.want(a, locals, Type::Operator(Extent::Any), &what)
                }
                _ => self.want(a, locals, Type::Number, &format!("the level of `{}`", row.name)),
            };
        }
        match row.suffixes {
            [_] => Type::Measured,
            several => Type::Several(several.len()),
        }
    }

    /// The last argument of a measure of two states: a state, or after one subsystem another one.
    fn second_state(&mut self, row: &MeasureRow, a: &mut Expr, subsystems: usize, locals: &[Type]) -> Type {
        let ty = self.infer(a, locals);
        if ty != Type::Subsystem {
            return self.must_fit(a, ty, Type::Density(Extent::Any), "the state to compare with");
        }
        if subsystems != 1 {
            let message = format!("`{}` compares two states, but this names {} subsystems", row.name, subsystems + 1);
            let help = format!(
                "divide them into two parts: `{0}(a, b | c, d)`; or end with a state: `{0}(a, b, |00>)`",
                row.name
            );
            self.error_at(Code::WrongArguments, a.span, message, "a state, or which two parts?", &help);
        }
        ty
    }

    /// The type of a function call whose arguments are typed, and what the call computes.
    pub(super) fn function_call(
        &mut self,
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: &[Argument],
        types: &[Type],
        span: Span,
    ) -> (Type, Option<Applied>) {
        if types.contains(&Type::ComplexSeries) {
            return self.of_complex(number, series, args, span);
        }
        if let Some(row) = series.filter(|_| operators::is_of_series(number, series, types)) {
            return (self.series_call(row, args, types, span), Some(Applied::Series));
        }
        let Some(row) = number else { return (Type::Any, None) };
        if let Some((ty, applied)) = operators::function(row, types) {
            return (ty, Some(applied));
        }
        let several = args.len() > 1;
        for (a, ty) in args.iter().zip(types) {
            let fits = matches!(ty, Type::Number | Type::Measured | Type::Any) || *ty == Type::Series && !several;
            if fits {
                continue;
            }
            let (message, help) = if *ty == Type::Series {
                (
                    format!("`{}` with several arguments does not accept a series", row.name),
                    "give it one series and no other argument",
                )
            } else {
                (format!("`{}` takes numbers, but this is {}", row.name, ty.describe()), remedy(*ty, Type::Number))
            };
            self.error_at(Code::WrongType, a.value.span, message, ty.describe(), help);
        }
        (Type::Any, None)
    }

    /// The type of a call whose argument is a complex series.
    fn of_complex(
        &mut self,
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: &[Argument],
        span: Span,
    ) -> (Type, Option<Applied>) {
        let name = number.map(|row| row.name).or(series.map(|row| row.name)).unwrap_or_default();
        if matches!((name, args), ("re" | "im" | "abs" | "spectrum", [Argument { name: None, .. }])) {
            return (Type::Series, Some(Applied::Complex));
        }
        let message = format!("`{name}` does not take a complex series");
        self.error_at(Code::WrongType, span, message, "a complex series", remedy(Type::ComplexSeries, Type::Series));
        (Type::Any, None)
    }

    fn series_call(&mut self, row: &'static FunctionRow, args: &[Argument], types: &[Type], span: Span) -> Type {
        let mut filled = vec![false; row.parameters.len()];
        let known = self.errors.len();
        for (i, (a, ty)) in args.iter().zip(types).enumerate() {
            let at = match &a.name {
                Some((name, _)) => row.parameters.iter().position(|p| p.name == name),
                None => Some(i),
            };
            let Some(at) = at.filter(|at| *at < filled.len()) else {
                let Some((name, span)) = &a.name else { continue }; // the number of arguments was checked when the name was resolved
                let near = nearest(name, row.parameters.iter().map(|p| p.name));
                let help = near.map_or_else(
                    || format!("call it as `{}`", row.signature),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` has no argument named `{name}`", row.name);
                self.error_at(Code::NamedArgument, *span, message, "not an argument of it", &help);
                continue;
            };
            if std::mem::replace(&mut filled[at], true) {
                self.error(
                    Code::NamedArgument,
                    a.value.span,
                    format!("`{}` of `{}` is given twice", row.parameters[at].name, row.name),
                    &format!("call it as `{}`, with each argument once", row.signature),
                );
            }
            let expected = match row.parameters[at].kind {
                ParamKind::Series => Type::Series,
                ParamKind::Number => Type::Number,
                ParamKind::Condition => Type::Condition,
            };
            if !ty.fits(expected) {
                let what = format!(
                    "`{}` of `{}` must be {}, but this is {}",
                    row.parameters[at].name,
                    row.name,
                    expected.describe(),
                    ty.describe()
                );
                let number = *ty == Type::Number && expected == Type::Series;
                let help = self.series.remedy().filter(|_| number).unwrap_or_else(|| remedy(*ty, expected));
                self.error_at(Code::WrongType, a.value.span, what, ty.describe(), help);
            }
        }
        let missing: Vec<&str> = row
            .parameters
            .iter()
            .zip(&filled)
            .filter(|(p, f)| !**f && p.default.is_none())
            .map(|(p, _)| p.name)
            .collect();
        // If a name is misspelt, do not report the argument as missing too.
        if !missing.is_empty() && self.errors.len() == known {
            let what = format!("`{}` needs `{}`", row.name, missing.join("` and `"));
            self.error(Code::WrongArguments, span, what, &format!("call it as `{}`", row.signature));
        }
        match row.result {
            ResultKind::Series => Type::Series,
            ResultKind::Number => Type::Number,
        }
    }

    pub(super) fn form(&mut self, form: Form, args: &mut [Expr], locals: &[Type]) -> Type {
        match form {
            Form::Thermal => {
                let operator = Type::Operator(Extent::Any);
                let hamiltonian = self.want(&mut args[0], locals, operator, "the Hamiltonian of `thermal`");
                self.want(&mut args[1], locals, Type::Number, "the temperature");
                Type::Density(hamiltonian.extent())
            }
            Form::Mixed => Type::Density(Extent::Any),
            Form::Kraus => {
                self.all(args, locals, Type::Operator(Extent::Any), "a Kraus operator");
                Type::Channel
            }
            Form::Comm | Form::Anticomm => {
                Type::Operator(self.all(args, locals, Type::Operator(Extent::Any), "an argument of a commutator"))
            }
            Form::Settled => {
                self.all(args, locals, Type::Number, "an argument of `settled`");
                Type::Bool
            }
            Form::Stderr | Form::Trajectory => unreachable!("resolved as series"),
            Form::Correlation => unreachable!("defined by a `let` of an experiment"),
            Form::Product | Form::Range => unreachable!("they have a syntax of their own"),
            Form::Dag | Form::Tensor => unreachable!("resolved as the operators † and ⊗"),
            Form::Linspace | Form::Logspace => {
                self.all(args, locals, Type::Number, "an argument of `linspace` or `logspace`");
                Type::List
            }
        }
    }

    /// Types arguments that must all fit `expected`. Returns the extent of their sum.
    fn all(&mut self, args: &mut [Expr], locals: &[Type], expected: Type, what: &str) -> Extent {
        args.iter_mut().fold(Extent::Any, |extent, a| extent.with(self.want(a, locals, expected, what).extent()))
    }
}
