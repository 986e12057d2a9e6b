//! Types of sums and products over an index, and of elements of arrays.

use super::Types;
use crate::ast::Reducer;
use crate::check::arrays::out_of_range;
use crate::check::iteration::Iteration;
use crate::check::numbers::literal;
use crate::check::operators::{self, Operation};
use crate::check::program::{ArrayId, Expr, ExprKind};
use crate::check::ty::Type;
use crate::diagnostic::Code;
use crate::source::Span;

impl Types<'_> {
    /// The types of the locals in the scope of an index.
    pub(super) fn with_index(&mut self, iteration: &mut Iteration, locals: &[Type]) -> Vec<Type> {
        for end in iteration.range.parts_mut() {
            self.want(end, locals, Type::Number, "the index of a range");
        }
        let mut inside = locals.to_vec();
        inside.resize(inside.len().max(iteration.local + 1), Type::Any);
        inside[iteration.local] = Type::Number;
        inside
    }

    /// The type of a sum or product, and the operation between two of its terms.
    pub(super) fn reduction(
        &mut self,
        reducer: Reducer,
        iteration: &mut Iteration,
        body: &mut Expr,
        locals: &[Type],
    ) -> (Type, Option<Operation>) {
        let inside = self.with_index(iteration, locals);
        let ty = self.infer(body, &inside);
        if ty == Type::Any {
            return (Type::Any, None);
        }
        match operators::binary(reducer.operator(), ty, ty) {
            // The tensor product of kets would have a number of subsystems that depends on the range.
            Some((result, operation)) if result == ty && operators::takes_values(operation) => (ty, Some(operation)),
            _ => {
                let message = format!("each term is {}, which `{}` cannot combine", ty.describe(), reducer.word());
                let help = "the terms are numbers, operators, numbers read off the state or, in a sum, states of the same subsystems";
                self.error_at(Code::WrongType, body.span, message, ty.describe(), help);
                (Type::Any, None)
            }
        }
    }

    /// An element whose index is a literal number: the subsystem itself.
    pub(super) fn fixed_element(
        &mut self,
        array: ArrayId,
        index: &Expr,
        offset: Option<Box<Expr>>,
        span: Span,
    ) -> Option<ExprKind> {
        let k = literal(index)?;
        let array = &self.program.arrays[array.0];
        let member = usize::try_from(k - 1).ok().and_then(|k| array.members.get(k));
        if member.is_none() && self.reported.insert(span) {
            self.errors.push(out_of_range(array, k, span));
        }
        member.map(|id| ExprKind::Subsystem { id: *id, offset })
    }
}
