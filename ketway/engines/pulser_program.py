"""A Pulser sequence as text, made into one that can be run."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias

import jsonschema.exceptions
import pulser
from pulser.exceptions.serialization import AbstractReprError

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task

Sequence: TypeAlias = pulser.Sequence[Any]

#: What pulser and the emulators raise on input they do not like.
FOREIGN = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    MemoryError,
    AbstractReprError,
    jsonschema.exceptions.ValidationError,
)
MAX_WHY = 600  #: characters of somebody else's message
MAX_WRAPPINGS = 4  #: times that a text may be JSON in a string in JSON
MAX_TRAPS = 5_000
MAX_DURATION_NS = 100_000
UNREADABLE = "Not a sequence that Pulser can read"
DURATIONS = ("duration", "time")  #: keys of an operation, in ns


@dataclass(frozen=True)
class Payload:
    """What a task really holds once its wrappings are off.

    Args:
        sequence: a Pulser abstract representation.
        configuration: an abstract representation of an EmulationConfig, or None for defaults.
        is_wrapped: the sequence came in a document, and so did the question how to answer.
    """

    sequence: str
    configuration: str | None
    is_wrapped: bool


@contextmanager
def refused(field: str, what: str) -> Iterator[None]:
    """Turn a foreign exception into a refusal that begins with `what`."""
    try:
        yield
    except FOREIGN as error:
        raise ProgramRefused(f"{what}: {message_of(error)}", field) from error


def message_of(error: BaseException) -> str:
    """One line, bounded; pulser wraps the reason in a bare outer error, so causes are told too."""
    if isinstance(error, jsonschema.exceptions.ValidationError):
        fault: Any = error
        # An `anyOf` only says that nothing fits: look into the alternative with the fewest faults.
        while fault.context:
            faults: dict[int, list[Any]] = {}
            for inner in fault.context:
                faults.setdefault(inner.schema_path[0], []).append(inner)
            fewest = min(faults.values(), key=lambda found: len(found))
            fault = max(fewest, key=lambda inner: len(inner.absolute_path))
        told = f"{fault.message} (at {fault.json_path})"
    elif isinstance(error, MemoryError):
        told = "it needs more memory than there is"
    else:
        # Some of pulser's have no arguments, and find their words only when asked.
        told = " ".join(str(argument) for argument in error.args) or str(error) or type(error).__name__
        if error.__cause__ is not None:
            told = f"{told} {message_of(error.__cause__)}"
    told = " ".join(told.split())
    return told if len(told) <= MAX_WHY else told[:MAX_WHY] + "…"


def unwrap(text: str, field: str) -> Any:
    """Decode JSON; again, as long as what comes out is a string itself.

    Raises:
        ProgramRefused: not JSON, or wrapped more than `MAX_WRAPPINGS` times.
    """
    value: Any = text
    for _ in range(MAX_WRAPPINGS):
        with refused(field, f"The {field} is not JSON"):
            value = json.loads(value)
        if not isinstance(value, str):
            return value
    raise ProgramRefused(f"The {field} is JSON in a string more than {MAX_WRAPPINGS} times over.", field)


@lru_cache(maxsize=8)
def unpack(program: str) -> Payload:
    """Take off the wrappings: a bare sequence, or a document that holds one."""
    document = unwrap(program, "program")
    if not isinstance(document, dict):
        raise ProgramRefused("The program is not a Pulser sequence: it should be a JSON object.")
    if "sequence" not in document:
        return Payload(json.dumps(document), None, is_wrapped=False)
    sequence, configuration = document["sequence"], document.get("backend_configuration")
    if isinstance(sequence, str):
        sequence = unwrap(sequence, "program")
    if isinstance(configuration, dict):
        configuration = json.dumps(configuration)
    if not isinstance(configuration, str | None):
        raise ProgramRefused("`backend_configuration` should be a JSON object.", "configuration")
    return Payload(json.dumps(sequence), configuration or None, is_wrapped=True)


def build(task: Task) -> Sequence:
    """The task's sequence: variables put in, register mapped, measured.

    Raises:
        ProgramRefused: anything about it that cannot be run here.
    """
    return build_text(task, unpack(task.program).sequence, UNREADABLE)


def build_text(task: Task, text: str, unreadable: str) -> Sequence:
    """As `build`, for a text of ours.

    Args:
        unreadable: how the refusal of one that cannot be parsed begins.
    """
    max_duration_ns = int(task.settings.get("max_duration_ns", MAX_DURATION_NS))
    sequence = parse(text, task.max_qubits, max_duration_ns, unreadable)
    names = {name: int(variable.size) for name, variable in sequence.declared_variables.items()}
    mapping = qubits_of(task.parameters, sequence, task.max_qubits)
    values = variables_of(task.parameters, names)
    with warnings.catch_warnings(), refused("parameters", "The sequence cannot be built with these values"):
        warnings.simplefilter("ignore")
        # A parsed sequence is kept for the next task: `build` copies, `measure` does not.
        if names or mapping:
            built = sequence.build(qubits=mapping, **values)
        else:
            built = sequence if sequence.is_measured() else sequence.build()
    measure(built)
    if (duration := built.get_duration(include_fall_time=True)) > max_duration_ns:
        raise ProgramRefused(f"The sequence lasts {duration} ns, at most {max_duration_ns} ns allowed.")
    return built


@lru_cache(maxsize=8)
def parse(text: str, max_qubits: int, max_duration_ns: int, unreadable: str) -> Sequence:
    """The sequence as declared. Kept, so that a sweep of parameters parses once."""
    document = json.loads(text)
    look_over(document, max_qubits, max_duration_ns)
    with warnings.catch_warnings(), refused("program", unreadable):
        warnings.simplefilter("ignore")
        return pulser.Sequence.from_abstract_repr(text)


def look_over(document: Any, max_qubits: int, max_duration_ns: int) -> None:
    """Refuse what would cost too much, or do harm, already while being read."""
    if not isinstance(document, dict):
        raise ProgramRefused("The sequence should be a JSON object: a Pulser abstract representation.")
    if "_build" in document or "__module__" in document:
        # That format names Python modules to import; nothing here ever does so.
        raise ProgramRefused(
            "This is Pulser's old JSON format; send the abstract representation (Sequence.to_abstract_repr)."
        )
    register, layout = document.get("register"), document.get("layout")
    if isinstance(register, list):
        mappable = bool(register) and isinstance(register[0], dict) and "qid" in register[0]
        if mappable:
            fits(len(register), MAX_TRAPS, "declared qubits")
        else:
            fits(len(register), max_qubits, "atoms")
    if isinstance(layout, dict) and isinstance(layout.get("coordinates"), list):
        fits(len(layout["coordinates"]), MAX_TRAPS, "traps in the layout")
    for part in parts_of(document.get("operations")):
        for key in DURATIONS:
            asked = part.get(key)
            if isinstance(asked, int | float) and not asked <= max_duration_ns:
                raise ProgramRefused(f"A {key} of {asked} ns is asked, at most {max_duration_ns} ns allowed.")
        if "expression" in part and not any("variable" in inner for inner in parts_of(part)):
            # Python's whole numbers have no bound: 9 ** 9 ** 9 would be computed before anything else.
            raise ProgramRefused("The sequence holds an expression without a variable; write its value.")


def fits(count: int, allowed: int, what: str) -> None:
    if count > allowed:
        raise ProgramRefused(f"{count} {what}, at most {allowed} on this platform.")


def parts_of(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a JSON value, itself included."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            yield here
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def qubits_of(parameters: Mapping[str, Any], sequence: Sequence, max_qubits: int) -> dict[str, int] | None:
    """Which trap each qubit of a mappable register takes; None for any other register."""
    given = parameters.get("qubits")
    if not sequence.is_register_mappable():
        if given is not None:
            raise ProgramRefused("The register is not mappable; leave out `qubits`.", "parameters")
        return None
    if given is None:
        declared = sequence.get_register(include_mappable=True).qubit_ids
        raise ProgramRefused(
            f"The register is mappable: give `qubits`, a trap for each of {listed(map(str, declared))}.",
            "parameters",
        )
    if not isinstance(given, dict) or not given or not all(type(trap) is int for trap in given.values()):
        raise ProgramRefused("`qubits` should map qubit names to trap numbers.", "parameters")
    fits(len(given), max_qubits, "atoms")
    return dict(given)


def variables_of(parameters: Mapping[str, Any], sizes: Mapping[str, int]) -> dict[str, Any]:
    """A value of the right size for each variable, and no other."""
    given = {name: value for name, value in parameters.items() if name != "qubits"}
    if unknown := given.keys() - sizes.keys():
        expected = f"expects {listed(sizes)}" if sizes else "expects no variables"
        raise ProgramRefused(f"The sequence {expected}; {listed(unknown)} given.", "parameters")
    if missing := sizes.keys() - given.keys():
        named = listed(f"{name} ({sizes[name]} value{'s' * (sizes[name] != 1)})" for name in missing)
        raise ProgramRefused(f"The sequence needs values for its variables: {named} missing.", "parameters")
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        if len(values) != sizes[name]:
            raise ProgramRefused(
                f"Variable {name} takes {sizes[name]} value{'s' * (sizes[name] != 1)}, {len(values)} given.",
                "parameters",
            )
        if not all(is_number(one) for one in values):
            raise ProgramRefused(f"Variable {name} takes finite numbers only.", "parameters")
    return given


def is_number(value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return type(value) is int and abs(value) < 1 << 63


def listed(names: Any) -> str:
    return ", ".join(sorted(names))


def measure(sequence: Sequence) -> None:
    """Measure, unless it was; only one basis leaves no doubt which."""
    bases = sequence.get_addressed_bases()
    if sequence.is_measured():
        return
    if len(bases) != 1:
        found = f"addresses {listed(bases)}" if bases else "addresses no basis"
        raise ProgramRefused(f"The sequence is not measured and {found}; add a measurement.")
    with refused("program", "The sequence cannot be measured"):
        sequence.measure(bases[0])
