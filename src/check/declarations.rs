//! Resolves the declarations of systems and environments.

use super::arrays::base;
use super::collect::Collected;
use super::program::{Declaration, KindExpr, Program, Subsystem, SubsystemId};
use super::resolve::{Globals, Place, Resolver};
use super::suggest;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};

pub(super) fn subsystems(c: &Collected<'_>, globals: &Globals, program: &mut Program, errors: &mut Vec<Diagnostic>) {
    let mut at = 0;
    while at < c.subsystems.len() {
        let (first, span) = &c.subsystems[at];
        let decl = first.value;
        // The members of one declaration are adjacent, unless a redefinition has replaced some of them.
        let count = c.subsystems[at..].iter().take_while(|(d, _)| std::ptr::eq(d.value, decl)).count();
        let members: Vec<SubsystemId> = (at..at + count).map(SubsystemId).collect();
        let mut resolver = Resolver::new(globals, Place::State);
        let Some(ast_state) = &decl.state else {
            errors.push(
                Diagnostic::new(
                    Code::NoInitialState,
                    format!("`{}` has no initial state", first.name.text),
                    first.name.span,
                    "declared without a state",
                )
                .help(format!(
                    "write `= |0>` after it, or another state{}",
                    if decl.names.len() > 1 || decl.names[0].size.is_some() {
                        "; each subsystem starts in it"
                    } else {
                        ""
                    }
                )),
            );
            at += count;
            continue;
        };
        let state = resolver.expr(ast_state);
        // The same names, declared elsewhere.
        let others = c.subsystems.iter().filter(|(d, _)| {
            !std::ptr::eq(d.value, decl) && decl.names.iter().any(|n| n.name.key == base(&d.name.key))
        });
        let redefined = others.map(|(d, _)| d.name.span).next();
        let declaration = program.declarations.len();
        for (d, _) in &c.subsystems[at..at + count] {
            let kind = kind(decl, &mut resolver);
            let keep = decl.keep.as_ref().map(|k| resolver.expr(k));
            if keep.is_some() && decl.role == ast::Role::System {
                resolver.errors.push(
                    Diagnostic::new(
                        Code::KeepOnSystem,
                        format!("`{}` is a system, and a system is always kept", d.name.text),
                        d.name.span,
                        "`keep` is for environments",
                    )
                    .help("leave `keep` out, or declare an `environment`"),
                );
            }
            program.subsystems.push(Subsystem { name: d.name.clone(), role: decl.role, kind, declaration, keep });
        }
        errors.append(&mut resolver.errors);
        program.declarations.push(Declaration {
            role: decl.role,
            members,
            state,
            joint: false,
            span: *span,
            names: decl.names.iter().flat_map(|declared| names_of(declared, c)).collect(),
            redefined,
        });
        at += count;
    }
}

/// The names that one name of a declaration stands for: its own, or those of the elements of an array.
fn names_of(declared: &ast::Declared, c: &Collected<'_>) -> Vec<String> {
    let array = c.arrays.iter().find(|a| a.name.key == declared.name.key).filter(|_| declared.size.is_some());
    match array {
        Some(array) => array.members.iter().map(|id| c.subsystems[id.0].0.name.text.clone()).collect(),
        None => vec![declared.name.text.clone()],
    }
}

fn kind(decl: &ast::SubsystemDecl, resolver: &mut Resolver<'_>) -> KindExpr {
    let Some((name, argument)) = &decl.kind else { return KindExpr::Qubit };
    let argument = argument.as_ref().map(|a| resolver.expr(a));
    match (name.key.as_str(), argument) {
        ("qubit", None) => KindExpr::Qubit,
        ("qudit", Some(d)) => KindExpr::Qudit(d),
        ("spin", Some(j)) => KindExpr::Spin(j),
        ("boson", Some(d)) => KindExpr::Boson(d),
        (known @ ("qubit" | "qudit" | "spin" | "boson"), _) => {
            let (message, help) = match known {
                "qubit" => ("`qubit` takes no number", "write `qubit`; a `qudit(d)` has d levels"),
                "spin" => ("`spin` needs the spin j", "write `spin(1/2)`, `spin(1)`, …"),
                "boson" => ("`boson` needs the number of levels it is truncated to", "write `boson(8)` for |0> … |7>"),
                _ => ("`qudit` needs its dimension", "write `qudit(3)` for |0>, |1>, |2>"),
            };
            resolver.errors.push(Diagnostic::new(Code::BadKind, message, name.span, "kind of subsystem").help(help));
            KindExpr::Qubit
        }
        (other, _) => {
            let d = Diagnostic::new(
                Code::BadKind,
                format!("`{}` is not a kind of subsystem", name.text),
                name.span,
                "unknown kind",
            );
            let near = suggest::nearest(other, ["qubit", "qudit", "spin", "boson"].into_iter());
            resolver.errors.push(match near {
                _ if other == "qutrit" => d.help("write `qudit(3)`"),
                Some(near) => d.did_you_mean(name.span, near),
                None => d.help("kinds: qubit, qudit(d), spin(j), boson(d)"),
            });
            KindExpr::Qubit
        }
    }
}
