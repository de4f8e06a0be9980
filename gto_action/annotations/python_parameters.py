"""Parameters in a Python file: its literals, read without running it."""

from __future__ import annotations

import ast
import warnings


def parse(content: bytes) -> dict[object, object]:
    """Return the literals that a file assigns to names; a class is a mapping of its own.

    A class includes what its ``__init__`` assigns to ``self``. Other values are ignored.
    Raises SyntaxError or ValueError.
    """
    with warnings.catch_warnings():  # of Python, about what a repository has
        warnings.simplefilter("ignore")
        body = ast.parse(content).body
    return _literals(body, of_self=False)


def _literals(body: list[ast.stmt], *, of_self: bool) -> dict[object, object]:
    values: dict[object, object] = {}
    for statement in body:
        match statement:
            case ast.ClassDef():
                values[statement.name] = _literals(statement.body, of_self=False)
            case ast.FunctionDef(name="__init__"):
                values |= _literals(statement.body, of_self=True)
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AnnAssign(target=target, value=ast.expr() as value)
            ):
                values |= _assigned(target, value, of_self=of_self)
    return values


def _assigned(target: ast.expr, value: ast.expr, *, of_self: bool) -> dict[object, object]:
    match target:
        case ast.Name(id=name) if not of_self:
            pass
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            pass
        case _:
            return {}
    try:
        return {name: ast.literal_eval(value)}
    except (ValueError, TypeError):  # as a set of lists
        return {}
