//! Types of built-in calls: gates and channels, measures, functions, forms.

use super::Types;
use super::combine::strongest;
use super::remedies::remedy;
use crate::analysis::{FunctionRow, ParamKind, ResultKind};
use crate::check::builtins::Form;
use crate::check::program::{Argument, Expr, Type};
use crate::check::suggest::nearest;
use crate::diagnostic::Code;
use crate::quantum::{Formula, MeasureRow, NumberRow};
use crate::source::Span;

impl Types<'_> {
    /// A gate or channel: subsystems first, then numbers.
    pub(super) fn acting(&mut self, args: &[Expr], subsystems: usize, name: &str, locals: &[Type], ty: Type) -> Type {
        for (i, a) in args.iter().enumerate() {
            if i < subsystems {
                self.subsystem(a, locals, &format!("`{name}`"));
            } else {
                self.want(a, locals, Type::Number, &format!("an angle or probability of `{name}`"));
            }
        }
        ty
    }

    /// The number of its arguments was checked when its name was looked up.
    pub(super) fn measure_call(&mut self, row: &MeasureRow, groups: &[Vec<Expr>], locals: &[Type]) -> Type {
        let args: Vec<&Expr> = groups.iter().flatten().collect();
        let given = usize::from(row.takes_more());
        let (subsystems, given) = args.split_at(args.len().saturating_sub(given));
        for a in subsystems {
            self.subsystem(a, locals, &format!("`{}`", row.name));
        }
        for a in given {
            match row.formula {
                Formula::WithState(_) => self.want(a, locals, Type::Density, "the state to compare with"),
                _ => self.want(a, locals, Type::Number, &format!("the level of `{}`", row.name)),
            };
        }
        match row.suffixes {
            [_] => Type::Measured,
            several => Type::Several(several.len()),
        }
    }

    pub(super) fn function_call(
        &mut self,
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: &[Argument],
        span: Span,
        locals: &[Type],
    ) -> Type {
        let types: Vec<Type> = args.iter().map(|a| self.infer(&a.value, locals)).collect();
        if let Some(row) = series
            && (number.is_none() || types.contains(&Type::Series) && args.len() <= row.parameters.len())
        {
            return self.series_call(row, args, &types, span);
        }
        let Some(row) = number else { return Type::Any };
        let mut wrong = false;
        for (a, ty) in args.iter().zip(&types) {
            let exp = row.name == "exp" && *ty == Type::Operator;
            if !exp && !matches!(ty, Type::Number | Type::Measured | Type::Series | Type::Any) {
                wrong = true;
                self.error_at(
                    Code::WrongType,
                    a.value.span,
                    format!("`{}` works on numbers, and this is {}", row.name, ty.describe()),
                    ty.describe(),
                    remedy(*ty, Type::Number),
                );
            }
        }
        if wrong { Type::Any } else { strongest(&types) }
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
                let Some((name, span)) = &a.name else { continue }; // its count was checked with its name
                let near = nearest(name, row.parameters.iter().map(|p| p.name));
                let help = near.map_or_else(
                    || format!("it is called as `{}`", row.signature),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{}` has no argument called `{name}`", row.name);
                self.error_at(Code::NamedArgument, *span, message, "not an argument of it", &help);
                continue;
            };
            if std::mem::replace(&mut filled[at], true) {
                self.error(
                    Code::NamedArgument,
                    a.value.span,
                    format!("`{}` of `{}` is given twice", row.parameters[at].name, row.name),
                    &format!("it is called as `{}`: give each argument once", row.signature),
                );
            }
            let wanted = match row.parameters[at].kind {
                ParamKind::Series => Type::Series,
                ParamKind::Number => Type::Number,
                ParamKind::Condition => Type::Condition,
            };
            if !ty.fits(wanted) {
                let what = format!(
                    "`{}` of `{}` must be {}, and this is {}",
                    row.parameters[at].name,
                    row.name,
                    wanted.describe(),
                    ty.describe()
                );
                // In `until` a series is its value now.
                let now = *ty == Type::Number && wanted == Type::Series && self.series == Type::Number;
                let help = if now {
                    "in `until` a series stands for its value now: write `x < 0.5`"
                } else {
                    remedy(*ty, wanted)
                };
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
        // A misspelt name is not a missing argument as well.
        if !missing.is_empty() && self.errors.len() == known {
            let what = format!("`{}` needs `{}`", row.name, missing.join("` and `"));
            self.error(Code::WrongArguments, span, what, &format!("it is called as `{}`", row.signature));
        }
        match row.result {
            ResultKind::Series => Type::Series,
            ResultKind::Number => Type::Number,
        }
    }

    pub(super) fn form(&mut self, form: Form, args: &[Expr], locals: &[Type]) -> Type {
        let all = |this: &mut Self, wanted, what: &str| {
            for a in args {
                this.want(a, locals, wanted, what);
            }
        };
        match form {
            Form::Thermal => {
                self.want(&args[0], locals, Type::Operator, "the Hamiltonian of `thermal`");
                self.want(&args[1], locals, Type::Number, "the temperature");
                Type::Density
            }
            Form::Mixed => Type::Density,
            Form::Kraus => {
                all(self, Type::Operator, "a Kraus operator");
                Type::Channel
            }
            Form::Dag | Form::Comm | Form::Anticomm => {
                all(self, Type::Operator, "its argument");
                Type::Operator
            }
            Form::Tensor => {
                let types: Vec<Type> = args.iter().map(|a| self.infer(a, locals)).collect();
                if types.iter().all(|t| *t == Type::Ket) {
                    Type::Ket
                } else {
                    all(self, Type::Density, "a factor of `tensor`");
                    Type::Density
                }
            }
            Form::Linspace | Form::Logspace => {
                all(self, Type::Number, "an end or count");
                Type::List
            }
        }
    }
}
