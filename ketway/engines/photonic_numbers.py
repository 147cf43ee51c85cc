"""The arithmetic that circuits carry as text: parameters such as `2*phi + pi/4`.

Perceval gives such a text to sympy, which gives it to Python's `eval`. So it is read here, as sums,
products, powers and a few functions, and Perceval is told the number.
"""

from __future__ import annotations

import ast
import cmath
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from math import isfinite

from ketway.domain.errors import ProgramRefused

MAX_CHARS = 1_000
#: Operations of one expression; also how deep it can be, for Python's own parser goes no deeper.
MAX_NODES = 500
NAME = re.compile(r"[^\W\d]\w*")

OPERATIONS: dict[type[ast.operator], Callable[[complex, complex], complex]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
SIGNS: dict[type[ast.unaryop], Callable[[complex], complex]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[[complex], complex]] = {
    name: getattr(cmath, name)
    for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
} | {"Abs": abs, "conjugate": lambda value: value.conjugate()}
CONSTANTS: dict[str, complex] = {"pi": cmath.pi, "E": cmath.e, "I": 1j}


def names_in(text: str) -> set[str]:
    """Whatever stands in it where a parameter's name could."""
    return {normal(found[0]) for found in NAME.finditer(text)} - FUNCTIONS.keys()


def normal(name: str) -> str:
    """A name as Python reads it: there are two ways to write a phi."""
    return unicodedata.normalize("NFKC", name)


def real(text: str, known: Mapping[str, float]) -> float:
    """
    Raises:
        ProgramRefused: as `value`, or not a real number.
    """
    found = value(text, known)
    if abs(found.imag) > 1e-12 * max(1.0, abs(found.real)):
        raise ProgramRefused(f"The expression {text[:100]!r} is not a real number.")
    return found.real


def value(text: str, known: Mapping[str, float]) -> complex:
    """What the expression comes to.

    Args:
        known: value of each parameter, by its normal name.
    Raises:
        ProgramRefused: it is no arithmetic, a name in it has no value, or it comes to no finite number.
    """
    if len(text) > MAX_CHARS:
        raise ProgramRefused(f"An expression of {len(text)} characters, at most {MAX_CHARS} allowed.")
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
        if sum(1 for _ in ast.walk(tree)) > MAX_NODES:
            raise ProgramRefused(f"The expression {text[:100]!r} is too long; simplify it.")
        found = _of(tree, {**CONSTANTS, **known})
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        raise ProgramRefused(f"The expression {text[:100]!r} cannot be computed: {error}"[:300]) from error
    if not (isfinite(found.real) and isfinite(found.imag)):
        raise ProgramRefused(f"The expression {text[:100]!r} comes to no finite number.")
    return found


def _of(node: ast.expr, known: Mapping[str, complex]) -> complex:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return complex(number)
        case ast.Name(id=name):
            if name not in known:
                raise ProgramRefused(
                    f"The parameter {name[:60]} has no value; give it one, or one in every iteration."
                )
            return complex(known[name])
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATIONS:
            return OPERATIONS[type(op)](_of(left, known), _of(right, known))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in SIGNS:
            return SIGNS[type(op)](_of(operand, known))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return complex(FUNCTIONS[name](_of(argument, known)))
    raise ProgramRefused("An expression may hold numbers, parameters, + - * / ** and common functions only.")
