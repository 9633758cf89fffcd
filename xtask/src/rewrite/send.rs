//! Finds and changes the statements in the `send` method of a builder that build the request.

use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Block, Expr, ExprMethodCall, ImplItem, ImplItemFn, ItemImpl, Pat, Stmt};

use super::missing;
use crate::Error;

pub(super) fn send_fn_mut<'a>(
    methods: &'a mut ItemImpl,
    builder: &str,
) -> Result<&'a mut ImplItemFn, Error> {
    let found = methods.items.iter_mut().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == "send" => Some(method),
        _ => None,
    });
    found.ok_or_else(|| missing(builder, "method `send`"))
}

pub(super) fn send_mut<'a>(
    methods: &'a mut ItemImpl,
    builder: &str,
) -> Result<&'a mut Block, Error> {
    send_fn_mut(methods, builder).map(|send| &mut send.block)
}

/// Returns the index of the statement `let mut request = client.client.….build()?;`.
pub(super) fn request_statement(send: &Block, builder: &str) -> Result<usize, Error> {
    let found = send
        .stmts
        .iter()
        .position(|statement| is_let(statement, "request"));
    found.ok_or_else(|| missing(builder, "statement `let mut request`"))
}

pub(super) fn is_let(statement: &Stmt, name: &str) -> bool {
    matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(pat) if pat.ident == name))
}

/// Removes all calls of `method` from the method chains in `statement`. Returns the calls in source
/// order.
pub(super) fn take_calls(statement: &mut Stmt, method: &str) -> Vec<ExprMethodCall> {
    struct Taker<'a> {
        method: &'a str,
        taken: Vec<ExprMethodCall>,
    }
    impl VisitMut for Taker<'_> {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            visit_expr_mut(self, expr);
            if let Expr::MethodCall(call) = expr
                && call.method == self.method
            {
                let call = call.clone();
                *expr = (*call.receiver).clone();
                self.taken.push(call);
            }
        }
    }
    let mut taker = Taker {
        method,
        taken: Vec::new(),
    };
    taker.visit_stmt_mut(statement);
    taker.taken
}

/// Replaces the receiver of `.build()` with the result of `replace`. Returns whether `statement`
/// contains `.build()`.
pub(super) fn replace_before_build(statement: &mut Stmt, replace: impl Fn(&Expr) -> Expr) -> bool {
    struct Replacer<F> {
        replace: F,
        found: bool,
    }
    impl<F: Fn(&Expr) -> Expr> VisitMut for Replacer<F> {
        fn visit_expr_method_call_mut(&mut self, call: &mut ExprMethodCall) {
            if call.method == "build" {
                *call.receiver = (self.replace)(&call.receiver);
                self.found = true;
            }
        }
    }
    let mut replacer = Replacer {
        replace,
        found: false,
    };
    replacer.visit_stmt_mut(statement);
    replacer.found
}
