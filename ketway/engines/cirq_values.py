"""What Cirq's JSON holds besides gates: numbers, matrices, qubits, measurement keys, conditions.

Everything is rebuilt from plain JSON under bounds of its own. Cirq's reader would call any of two
hundred classes, sympy's among them, with whatever the text says.
Source of the forms: `_json_dict_` of Cirq 1.3 to 1.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from math import e, isfinite, log2, pi
from operator import add, mul
from typing import Any

import cirq
import numpy as np
import sympy
from numpy.typing import NDArray

from ketway.domain.errors import ProgramRefused

MAX_NUMBER = 1e15
MAX_NAME = 200
MAX_WIDTH = 1_000  #: qubits of one gate or measurement
MAX_ARGUMENTS = 50  #: of one step of an expression; steps of a condition
MAX_INTEGER = 1 << 62
EULER_GAMMA = 0.5772156649015329

Values = Mapping[str, float]  #: of a circuit's parameters, by name
Matrix = NDArray[np.complex128]


def kind_of(said: Any) -> str:
    """The `cirq_type` of a JSON object; empty for anything else."""
    found = said.get("cirq_type") if isinstance(said, dict) else None
    return found if isinstance(found, str) else ""


def fields_of(said: Any, known: tuple[str, ...], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """What an object says besides its type.

    Raises:
        ProgramRefused: a field is unknown, so that it would not do what it should, or missing.
    """
    found = {name: value for name, value in said.items() if name != "cirq_type"}
    if strange := sorted(found.keys() - set(known)):
        raise ProgramRefused(f"{shown(kind_of(said))} has a field {shown(strange[0])} that is not known here")
    if missing := [name for name in required if name not in found]:
        raise ProgramRefused(f"{shown(kind_of(said))} has no `{missing[0]}`")
    return found


def shown(text: str) -> str:
    return repr(text[:60])


def listed(value: Any, what: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ProgramRefused(f"{what} should be a list")
    if len(value) > most:
        raise ProgramRefused(f"{what}: {len(value)} entries, at most {most} allowed")
    return value


def text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise ProgramRefused(f"{what} should be a text of at most {MAX_NAME} characters")
    return value


def whole(value: Any, what: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ProgramRefused(f"{what} should be a whole number from {least} to {most}")
    return value


def width_of(found: Mapping[str, Any]) -> int:
    return whole(found.get("num_qubits", 1), "num_qubits", 1, MAX_WIDTH)


def flag(value: Any, what: str) -> bool:
    if type(value) is not bool and value not in (0, 1):
        raise ProgramRefused(f"{what} should be true or false")
    return bool(value)


def number(value: Any, values: Values) -> float:
    """A number, also where an expression stands for it.

    Args:
        values: of the parameters that an expression may name.
    Raises:
        ProgramRefused: not finite, very large, or a parameter without a value.
    """
    found = value if type(value) in (int, float) else expression(value, values)
    if not isfinite(found) or abs(found) > MAX_NUMBER:
        raise ProgramRefused(f"a number should be finite and at most {MAX_NUMBER:g}")
    return float(found)


def expression(said: Any, values: Values) -> float:
    kind = kind_of(said).removeprefix("sympy.")
    if kind == "Symbol":
        name = text(said.get("name"), "the name of a parameter")
        if name not in values:
            raise ProgramRefused(f"parameter {shown(name)} has no value; put its value in")
        return values[name]
    if kind in CONSTANTS:
        return CONSTANTS[kind]
    if kind == "Integer":
        return whole(said.get("i"), "an integer", -MAX_INTEGER, MAX_INTEGER)
    if kind == "Float":
        return number(said.get("approx"), {})
    if kind == "Rational":
        above, below = (whole(said.get(part), part, -MAX_INTEGER, MAX_INTEGER) for part in ("p", "q"))
        return above / below
    if kind in ("Add", "Mul", "Pow"):
        arguments = listed(said.get("args"), "an expression", 2 if kind == "Pow" else MAX_ARGUMENTS)
        return combined(kind, [number(argument, values) for argument in arguments])
    raise ProgramRefused("an angle, an exponent or a probability should be a number")


CONSTANTS = {"pi": pi, "E": e, "EulerGamma": EULER_GAMMA}


def combined(kind: str, numbers: list[float]) -> float:
    if kind == "Pow":
        base, power = numbers
        found = base**power
        if not isinstance(found, float):
            raise ProgramRefused("an expression should be real")
        return found
    return float(sum(numbers)) if kind == "Add" else float(np.prod(numbers))


def complex_of(value: Any) -> complex:
    if kind_of(value) == "complex":
        return complex(number(value.get("real"), {}), number(value.get("imag"), {}))
    return complex(number(value, {}))


def matrix_of(value: Any, max_qubits: int) -> Matrix:
    """A square matrix of shape (2**n, 2**n), n at most `max_qubits`."""
    size = 2**max_qubits
    rows = [listed(row, "a row of a matrix", size) for row in listed(value, "a matrix", size)]
    if len(rows) < 2 or any(len(row) != len(rows) for row in rows) or not log2(len(rows)).is_integer():
        raise ProgramRefused("a matrix should be square, with a power of two as its size")
    return np.array([[complex_of(cell) for cell in row] for row in rows])


def qubit_of(said: Any) -> cirq.Qid:
    """Everything that is not a qubit but a qudit is refused."""
    kind = kind_of(said)
    if kind not in PLACES:
        raise ProgramRefused(
            f"a qubit should be a {', '.join(PLACES)}, not {shown(kind or 'something else')}"
        )
    if said.get("dimension", 2) != 2:
        raise ProgramRefused("only qubits run here, nothing with more than two levels")
    make, names = PLACES[kind]
    found = fields_of(said, (*names, "dimension"), names)
    if names == ("name",):
        return make(text(found["name"], "the name of a qubit"))
    return make(*(whole(found[name], name, -MAX_INTEGER, MAX_INTEGER) for name in names))


PLACES: dict[str, tuple[Callable[..., cirq.Qid], tuple[str, ...]]] = {
    "LineQubit": (cirq.LineQubit, ("x",)),
    "LineQid": (cirq.LineQubit, ("x",)),
    "GridQubit": (cirq.GridQubit, ("row", "col")),
    "GridQid": (cirq.GridQubit, ("row", "col")),
    "NamedQubit": (cirq.NamedQubit, ("name",)),
    "NamedQid": (cirq.NamedQubit, ("name",)),
}


def key_of(said: Any) -> cirq.MeasurementKey:
    if isinstance(said, str):
        return cirq.MeasurementKey.parse_serialized(text(said, "a measurement key"))
    if kind_of(said) != "MeasurementKey":
        raise ProgramRefused("a measurement key should be a text")
    found = fields_of(said, ("name", "path"), ("name",))
    path = [text(part, "a measurement key") for part in listed(found.get("path", []), "a key's path", 50)]
    return cirq.MeasurementKey(name=text(found["name"], "a measurement key"), path=tuple(path))


def condition_of(said: Any) -> cirq.Condition:
    kind = kind_of(said)
    if kind == "KeyCondition":
        found = fields_of(said, ("key", "index"), ("key",))
        return cirq.KeyCondition(key_of(found["key"]), index=index_of(found))
    if kind == "BitMaskKeyCondition":
        found = fields_of(said, ("key", "index", "target_value", "equal_target", "bitmask"), ("key",))
        mask = found.get("bitmask")
        return cirq.BitMaskKeyCondition(
            key_of(found["key"]),
            index=index_of(found),
            target_value=whole(found.get("target_value", 0), "target_value", 0, MAX_INTEGER),
            equal_target=flag(found.get("equal_target", False), "equal_target"),
            bitmask=None if mask is None else whole(mask, "bitmask", 0, MAX_INTEGER),
        )
    if kind == "SympyCondition":
        return cirq.SympyCondition(symbolic(fields_of(said, ("expr",), ("expr",))["expr"]))
    raise ProgramRefused(f"a condition of type {shown(kind)} is not taken here")


def index_of(found: Mapping[str, Any]) -> int:
    return whole(found.get("index", -1), "the index of a measurement", -10_000, 10_000)


#: Of sympy's steps those that take no longer, nor more memory, than they look; powers do.
STEPS = {"And": sympy.And, "Or": sympy.Or, "Xor": sympy.Xor, "Not": sympy.Not}
SUMS = {"Add": add, "Mul": mul}
COMPARISONS = {
    "Equality": sympy.Eq,
    "Unequality": sympy.Ne,
    "GreaterThan": sympy.Ge,
    "StrictGreaterThan": sympy.Gt,
    "LessThan": sympy.Le,
    "StrictLessThan": sympy.Lt,
}


def symbolic(said: Any) -> sympy.Basic:
    """A condition on measured values, as sympy has it."""
    left = MAX_ARGUMENTS

    def built(part: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ProgramRefused(f"a condition may have at most {MAX_ARGUMENTS} steps")
        kind = kind_of(part).removeprefix("sympy.")
        if type(part) is int or kind == "Integer":
            value = part if type(part) is int else part.get("i")
            return sympy.Integer(whole(value, "a number in a condition", -MAX_INTEGER, MAX_INTEGER))
        if kind == "Symbol":
            return sympy.Symbol(text(part.get("name"), "a measurement key"))
        if kind not in (*STEPS, *SUMS, *COMPARISONS):
            raise ProgramRefused(f"a condition cannot hold {shown(kind_of(part))}")
        return step_of(kind, list(map(built, listed(part.get("args"), "a condition", MAX_ARGUMENTS))))

    return built(said)


def step_of(kind: str, arguments: list[Any]) -> Any:
    if kind in SUMS:
        return reduce(SUMS[kind], arguments)
    if kind in COMPARISONS:
        left, right = arguments
        # sympy would try to prove it.
        return COMPARISONS[kind](left, right, evaluate=not (left.free_symbols or right.free_symbols))
    return STEPS[kind](*arguments)
