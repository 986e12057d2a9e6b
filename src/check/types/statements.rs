//! Determines the types of declarations and of the statements of a step.

use super::Types;
use crate::check::program::{Declaration, Expr, ExprKind, KindExpr, Program, Start, Stmt, StmtKind};
use crate::check::ty::{Extent, Type};
use crate::diagnostic::{Code, Diagnostic};

impl Types<'_> {
    pub(super) fn declarations(&mut self, program: &mut Program) {
        for s in &mut program.subsystems {
            match &mut s.kind {
                KindExpr::Qubit => {}
                KindExpr::Qudit(e) | KindExpr::Spin(e) | KindExpr::Boson(e) => {
                    self.want(e, &[], Type::Number, "the argument of a kind");
                }
            }
            if let Some(keep) = &mut s.keep {
                self.want(keep, &[], Type::Number, "the number of kept units");
            }
        }
        for d in &mut program.declarations {
            self.want(&mut d.state, &[], Type::Density(Extent::Any), "an initial state");
            d.joint = self.is_joint(&d.state, d.names.len());
            self.whole(d);
        }
        program.start.iter_mut().for_each(|start| self.start(start));
    }

    /// Types a `start`.
    pub(super) fn start(&mut self, start: &mut Start) {
        start.targets.iter_mut().for_each(|e| self.subsystem(e, &[], "`start`"));
        self.want(&mut start.state, &[], Type::Density(Extent::Any), "the state of `start`");
        start.joint = self.is_joint(&start.state, start.targets.len());
    }

    /// Whether `state` is a joint state of `count` subsystems: it has `count` labels, or names the subsystems it acts
    /// on.
    fn is_joint(&mut self, state: &Expr, count: usize) -> bool {
        match state.ty.extent() {
            Extent::Any | Extent::Many(0 | 1) => false,
            Extent::Named => count > 1,
            Extent::Many(labels) => {
                if labels != count && count > 1 {
                    self.errors.push(wrong_extent(state, labels, count));
                }
                labels == count
            }
        }
    }

    /// Reports an error if only a part of a joint state is redefined.
    fn whole(&mut self, d: &Declaration) {
        let Some(redefined) = d.redefined.filter(|_| d.joint) else { return };
        let names = d.names.join(", ");
        self.errors.push(
            Diagnostic::new(
                Code::RedefineJoint,
                format!("only a part of the joint state of {names} is redefined"),
                redefined,
                "redefined alone",
            )
            .label(d.span, "declared together")
            .help(format!("redefine them together: `redefine system {names} = …`")),
        );
    }

    pub(super) fn body(&mut self, body: &mut [Stmt], locals: &mut Vec<Type>) {
        let depth = locals.len();
        for s in body {
            self.statement(s, locals);
        }
        locals.truncate(depth);
    }

    fn statement(&mut self, s: &mut Stmt, locals: &mut Vec<Type>) {
        match &mut s.kind {
            StmtKind::Evolve { hamiltonian, time, jumps } => {
                self.want(hamiltonian, locals, Type::Operator(Extent::Any), "the Hamiltonian of `evolve`");
                self.duration(time, locals);
                for k in jumps {
                    self.want(k, locals, Type::Operator(Extent::Any), "a jump operator of `evolve`");
                }
            }
            StmtKind::Apply(e) => {
                let ty = self.infer(e, locals);
                if !matches!(ty, Type::Operator(_) | Type::Channel | Type::Any) {
                    self.error(
                        Code::WrongType,
                        e.span,
                        format!("`apply` takes a unitary or a channel, but this is {}", ty.describe()),
                        "write a gate or a channel on its subsystems, such as `apply H(s)` or `apply damping(s, 0.1)`",
                    );
                }
            }
            StmtKind::Discard(list) => list.iter_mut().for_each(|e| self.subsystem(e, locals, "`discard`")),
            StmtKind::Uncorrelate(groups) => {
                groups.iter_mut().flatten().for_each(|e| self.subsystem(e, locals, "`uncorrelate`"));
            }
            StmtKind::Reset { targets, state, joint } => {
                targets.iter_mut().for_each(|e| self.subsystem(e, locals, "`reset`"));
                self.want(state, locals, Type::Density(Extent::Any), "the new state");
                *joint = self.is_joint(state, targets.len());
            }
            StmtKind::Trace(rule) => {
                self.want(rule, locals, Type::Rule, "the argument of `trace`");
                if let ExprKind::Rule(id) = rule.kind {
                    self.sequence(id, Vec::new());
                }
            }
            StmtKind::Record { value, local, .. } => {
                self.measure(value, locals);
                let ty = if value.ty == Type::Number { Type::Measured } else { value.ty };
                locals.resize(*local + 1, Type::Any);
                locals[*local] = ty;
            }
            StmtKind::Let { local, value } => {
                let ty = self.want(value, locals, Type::Number, "a `let` of a step");
                locals.resize(*local + 1, Type::Any);
                locals[*local] = ty;
            }
            StmtKind::Repeat { count, body } => {
                self.want(count, locals, Type::Number, "the count of `repeat`");
                self.body(body, &mut locals.clone());
            }
            StmtKind::For { iteration, body } => {
                let mut inside = self.with_index(iteration, locals);
                self.body(body, &mut inside);
            }
            StmtKind::Mix { probability, then, otherwise } => {
                self.want(probability, locals, Type::Number, "a probability");
                self.body(then, &mut locals.clone());
                self.body(otherwise, &mut locals.clone());
            }
            StmtKind::Measure { value, local, .. } => {
                let ty = self.infer(value, locals);
                if !matches!(ty, Type::Operator(_) | Type::Channel | Type::Subsystem | Type::Any) {
                    self.error(
                        Code::NotMeasurable,
                        value.span,
                        format!("`measure` takes an observable, a subsystem or Kraus operators, but this is {}", ty.describe()),
                        "write `measure X(e) as r`, `measure e as k` for the level of e, or `measure kraus(A, B, …) as k`",
                    );
                }
                locals.resize(*local + 1, Type::Any);
                locals[*local] = Type::Number;
            }
            StmtKind::Postselect(condition) => self.classical(condition, locals),
            StmtKind::When { branches, otherwise } => {
                for branch in branches {
                    self.classical(&mut branch.condition, locals);
                    self.body(&mut branch.body, &mut locals.clone());
                }
                self.body(otherwise, &mut locals.clone());
            }
            StmtKind::Call { sequence, args, body } => {
                let types: Vec<Type> = args.iter_mut().map(|a| self.infer(a, locals)).collect();
                // Errors for any arguments are reported first; the rest are due to the arguments of this call.
                self.sequence(*sequence, vec![Type::Any; args.len()]);
                let known = self.errors.len();
                *body = Some(self.sequence(*sequence, types));
                self.blame(known, s.span, &self.program.sequences[sequence.0].name.text);
            }
        }
    }

    /// Types a condition on outcomes, which cannot depend on the state.
    fn classical(&mut self, condition: &mut Expr, locals: &[Type]) {
        let ty = self.infer(condition, locals);
        if matches!(ty, Type::Bool | Type::Any) {
            return;
        }
        let help = match ty {
            Type::Measured | Type::Several(_) => {
                "a condition compares outcomes, numbers and `n`: measure first, as in `measure Z(e) as r`, and write `when r > 0 { … }`"
            }
            Type::Number => "compare it with a number: `when r > 0 { … }`",
            _ => "write a comparison of outcomes and numbers: `when r > 0 { … }`",
        };
        let message = format!("a condition of the step must be a comparison, but this is {}", ty.describe());
        self.error(Code::NotClassical, condition.span, message, help);
    }

    /// Types the duration of `evolve`. An operator in its place was probably swapped with it.
    fn duration(&mut self, e: &mut Expr, locals: &[Type]) {
        let ty = self.infer(e, locals);
        if matches!(ty, Type::Operator(_)) {
            let message = "the duration must be a number, but this is an operator".into();
            let help = "write the Hamiltonian before `for` and the duration after it: `evolve Z(s) for 0.1`";
            return self.error_at(Code::WrongType, e.span, message, "an operator", help);
        }
        self.must_fit(e, ty, Type::Number, "the duration");
    }
}

/// The error for a state of `labels` subsystems that is given to `names` subsystems.
fn wrong_extent(state: &Expr, labels: usize, names: usize) -> Diagnostic {
    Diagnostic::new(
        Code::StateArity,
        format!(
            "this is a state of {labels} subsystems, but there {} {names} before the `=`",
            if names == 1 { "is" } else { "are" }
        ),
        state.span,
        format!("{labels} subsystems"),
    )
    .help(format!(
        "write a ket with {names} labels for a joint state, or with one label to give each subsystem that state: `|{}>`, `|0>`",
        "0".repeat(names.min(9))
    ))
}
