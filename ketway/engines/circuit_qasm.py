"""OpenQASM 2 and 3 made into Qiskit circuits that hold only what Aer knows.

Qiskit's experimental OpenQASM 3 reader is much faster, but it opens any file that a program
includes and lacks half the language; its OpenQASM 2 reader looks for includes in the working
folder unless told otherwise. Neither habit survives here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import lru_cache

from openqasm3.parser import QASM3ParsingError
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import (
    Barrier,
    BoxOp,
    BreakLoopOp,
    Clbit,
    ContinueLoopOp,
    ControlFlowOp,
    Delay,
    ForLoopOp,
    Gate,
    Measure,
    Operation,
    Qubit,
    Reset,
)
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.exceptions import QiskitError
from qiskit.quantum_info import Operator
from qiskit_aer.backends.backend_utils import BASIS_GATES
from qiskit_qasm3_import import ConversionError

from ketway.domain.errors import ProgramRefused
from ketway.engines import circuit_qasm3
from ketway.engines.circuit_documents import Circuit, Language

MAX_BITS = 10_000  #: declared in one circuit, quantum and classical
MAX_CONTROLS = 64
MAX_INSTRUCTIONS = 1_000_000  #: of all circuits of a job, gates and loops written out
MAX_READ = 200_000  #: statements in OpenQASM 3 of all circuits of a job; reading takes 0.3 ms for each
MAX_MATCHED = 200  #: instructions in a gate's definition that may still be a standard gate's
MAX_WHY = 400

COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
INCLUDE = re.compile(r"\binclude\b\s*([^;]*)")
INCLUDABLE = ("stdgates.inc", "qelib1.inc")
SIZE = re.compile(r"\b(?:qubit|bit)\s*\[([^\]]*)\]|\b(?:qreg|creg)\s+\w+\s*\[([^\]]*)\]")
CONTROLS = re.compile(r"\b(?:neg)?ctrl\s*\(([^)]*)\)")
PHYSICAL = re.compile(r"\$(\d+)")
DEFINED = re.compile(r"\b(?:gate|opaque)\s+(\w+)")
MOVE = "move"  #: a qubit's state into a resonator, and back
HEAD = re.compile(r"\bOPENQASM\s+[\d.]+\s*;")
WHERE = re.compile(r"^(?:<input>:)?(\d+),(\d+): |^L(\d+):C(\d+): ")
ANTLR = re.compile(r"line (\d+):(\d+) (.*)")
#: What Qiskit and its readers raise on a program they do not like.
FOREIGN = (
    QiskitError,
    QASM3ParsingError,
    ConversionError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    MemoryError,
)


class Allowance:
    """Instructions left to all circuits of a job, and statements left to read them from."""

    def __init__(self, instructions: int = MAX_INSTRUCTIONS, statements: int = MAX_READ) -> None:
        self.left = self.allowed = instructions
        self.to_read = statements

    def read(self, statements: int) -> None:
        self.to_read -= statements
        if self.to_read < 0:
            raise ProgramRefused(
                f"The job has more than {MAX_READ} statements in OpenQASM 3; send shorter circuits, or "
                f"OpenQASM 2, of which {MAX_INSTRUCTIONS} are read."
            )

    def spend(self, count: int) -> None:
        self.must_cover(count)
        self.left -= count

    def must_cover(self, count: int) -> None:
        if self.left < count:
            raise ProgramRefused(
                f"The job has more than {self.allowed} instructions once gates and loops are written out; "
                "send fewer circuits or shorter ones."
            )


def circuit_of(
    circuit: Circuit, method: str, allowance: Allowance, kept: Collection[str] = ()
) -> QuantumCircuit:
    """Parse, and write out what Aer does not know by name.

    Args:
        method: of simulation; each knows gates of its own.
        kept: names of what a machine knows beside; `move` needs no definition then.
    Raises:
        ProgramRefused: not OpenQASM 2 or 3, a mistake (its line is named), or too much of it.
    """
    guard(circuit.text)
    with refused(circuit.language.value):
        if circuit.language is Language.OPENQASM_2:
            parsed = second(circuit.text)
        elif circuit.language is Language.OPENQASM_3:
            allowance.read(circuit.text.count(";"))
            parsed = third(with_move(circuit.text) if MOVE in kept else circuit.text)
        else:
            raise ProgramRefused(f"The circuit is in {circuit.language.value}; send OpenQASM 2 or 3 here.")
        if parsed.parameters:
            names = ", ".join(sorted(parameter.name for parameter in parsed.parameters)[:10])
            raise ProgramRefused(f"The circuit has inputs without a value ({names}); put their values in.")
        return Flattener(method, allowance, kept).flat(parsed)


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Turn what a reader raises into a refusal that names the line."""
    printed = io.StringIO()
    try:
        with redirect_stderr(printed):  # where ANTLR says what is wrong
            yield
    except RecursionError as error:
        raise ProgramRefused(f"{what}: something is nested too deep; write it flatter.") from error
    except FOREIGN as error:
        raise ProgramRefused(f"{what}: {reason(error, printed.getvalue())}") from error


def reason(error: BaseException, printed: str) -> str:
    """One line, with the line of the program where the reader knew it."""
    told = " ".join(str(getattr(error, "message", "") or error).strip("'\"").split())
    if found := WHERE.match(told):
        line, column = found[1] or found[3], found[2] or found[4]
        return f"line {line}, column {column}: {told[found.end() :]}"[:MAX_WHY]
    if found := ANTLR.search(printed):
        return f"line {found[1]}, column {found[2]}: {found[3]}"[:MAX_WHY]
    cause: BaseException | None = error
    while cause is not None:
        inner = cause.args[0] if cause.args and isinstance(cause.args[0], BaseException) else cause
        token = getattr(inner, "offendingToken", None)
        if token is not None:
            return f"line {token.line}, column {token.column}: unexpected {token.text!r}"[:MAX_WHY]
        cause = cause.__cause__
    return (told or type(error).__name__)[:MAX_WHY]


def guard(text: str) -> None:
    """Refuse what would read files or take much memory already while being parsed."""
    bare = COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    for found in INCLUDE.finditer(bare):
        if found[1].strip().strip("\"'") not in INCLUDABLE:
            raise ProgramRefused(
                f"Only {' and '.join(INCLUDABLE)} can be included, not {found[1].strip()[:60]}; "
                "put the definitions into the program."
            )
    declared = sum(
        whole(found[1] or found[2] or "", "The size of a register") for found in SIZE.finditer(bare)
    )
    highest = max((whole(found[1], "A physical qubit") for found in PHYSICAL.finditer(bare)), default=0)
    if max(declared, highest) > MAX_BITS:
        raise ProgramRefused(f"{max(declared, highest)} bits declared, at most {MAX_BITS} allowed.")
    for found in CONTROLS.finditer(bare):
        if whole(found[1], "The number of controls") > MAX_CONTROLS:
            raise ProgramRefused(f"{found[1].strip()[:20]} controls, at most {MAX_CONTROLS} allowed.")


def whole(text: str, what: str) -> int:
    if not (digits := text.strip().replace("_", "")).isdecimal() or len(digits) > 18:
        raise ProgramRefused(f"{what} should be a plain whole number, not {text.strip()[:40]!r}.")
    return int(digits)


def second(text: str) -> QuantumCircuit:
    # A gate that the program defines is the program's, even under a name that Qiskit has too.
    own = set(DEFINED.findall(COMMENT.sub(" ", text)))
    return qasm2.loads(
        text,
        include_path=(),
        custom_instructions=[one for one in qasm2.LEGACY_CUSTOM_INSTRUCTIONS if one.name not in own],
        custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL,
    )


def third(text: str) -> QuantumCircuit:
    return circuit_qasm3.read(text, COMMENT.sub(" ", text))


def with_move(text: str) -> str:
    """Clients of machines with a resonator write `move` without saying what it is."""
    if MOVE in DEFINED.findall(COMMENT.sub(" ", text)):
        return text
    # On the line that is there, so that mistakes are found where they were written.
    return HEAD.sub(rf"\g<0> gate {MOVE} a, b {{ }}", text, count=1)


class Flattener:
    """Writes out every gate that Aer's method does not know.

    Aer goes by a gate's name alone, so a program's own gate `rxx`, `unitary` or `x_o0` would be
    taken for Aer's. Exporters, on the other hand, spell out standard gates that the language lacks,
    and noise models speak of them by name: such a gate is kept when its definition is the standard one's.
    """

    def __init__(self, method: str, allowance: Allowance, kept: Collection[str] = ()) -> None:
        own = BASIS_GATES.get(method, [])
        # Standard gates end in `u`; a method without it takes what Aer takes, and says so itself.
        self.basis = frozenset(own if "u" in own else BASIS_GATES["automatic"])
        self.allowance, self.kept = allowance, kept
        self.matched: dict[tuple[str, tuple[float, ...]], Gate | None] = {}
        self.sizes: dict[tuple[str, int], int] = {}

    def flat(self, circuit: QuantumCircuit, times: int = 1) -> QuantumCircuit:
        out = circuit.copy_empty_like()
        for placed in circuit.data:
            self.place(out, placed.operation, placed.qubits, placed.clbits, times)
        return out

    def place(
        self,
        out: QuantumCircuit,
        operation: Operation,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        times: int,
    ) -> None:
        if isinstance(operation, Barrier):
            if operation.name in self.kept:
                out.append(operation, qubits)
            return  # elsewhere it would only make idle qubits look used
        if isinstance(operation, ControlFlowOp) and not isinstance(operation, BoxOp):
            self.allowance.spend(times)
            inside = times * (len(operation.params[0]) if isinstance(operation, ForLoopOp) else 1)
            blocks = [self.flat(block, inside) for block in operation.blocks]
            out.append(operation.replace_blocks(blocks), qubits, clbits)
        elif self.is_known(operation):
            self.allowance.spend(times)
            out.append(operation, qubits, clbits)
        elif (standard := self.standard(operation)) is not None:
            self.allowance.spend(times)
            out.append(standard, qubits, clbits)
        else:
            self.place_definition(out, operation, qubits, clbits, times)

    def place_definition(
        self,
        out: QuantumCircuit,
        operation: Operation,
        qubits: Sequence[Qubit],
        clbits: Sequence[Clbit],
        times: int,
    ) -> None:
        body = operation.blocks[0] if isinstance(operation, BoxOp) else getattr(operation, "definition", None)
        if body is None:
            raise ProgramRefused(f"Gate {operation.name[:60]!r} has no definition; define it in the program.")
        self.allowance.must_cover(times * self.size_of(operation.name, body))
        self.allowance.spend(0 if body.data else times)  # an empty gate costs a step too
        outer = dict(zip([*body.qubits, *body.clbits], [*qubits, *clbits], strict=True))
        for placed in body.data:
            self.place(
                out,
                placed.operation,
                [outer[qubit] for qubit in placed.qubits],
                [outer[clbit] for clbit in placed.clbits],
                times,
            )

    def size_of(self, name: str, body: QuantumCircuit) -> int:
        """Instructions in a definition once written out; each name is looked into only once.

        Two gates may share a name, so this is told early, and the allowance is still spent step by step.
        """
        key = (name, body.num_qubits)
        if key not in self.sizes:
            self.sizes[key] = 1  # a gate that holds itself would otherwise be looked into for ever
            self.sizes[key] = sum(
                self.size_of(placed.operation.name, inner)
                if not self.is_known(placed.operation)
                and (inner := getattr(placed.operation, "definition", None)) is not None
                else 1
                for placed in body.data
            )
        return self.sizes[key]

    def is_known(self, operation: Operation) -> bool:
        if operation.name == MOVE and MOVE in self.kept:
            definition = getattr(operation, "definition", None)
            return isinstance(operation, Gate) and not (definition is not None and definition.data)
        if isinstance(operation, Measure | Reset | Delay | BreakLoopOp | ContinueLoopOp):
            return True
        return (
            isinstance(operation, Gate)
            and operation.base_class.__module__.startswith("qiskit.circuit.library.")
            and operation.name in self.basis
        )

    def standard(self, operation: Operation) -> Gate | None:
        """The standard gate that a program's own gate of the same name is, if it is."""
        if not isinstance(operation, Gate) or operation.name not in self.basis:
            return None
        known = standard_gates().get(operation.name)
        if known is None or known.num_qubits != operation.num_qubits:
            return None
        if len(known.params) != len(operation.params) or not all(map(is_number, operation.params)):
            return None
        key = (operation.name, tuple(operation.params))
        if key not in self.matched:
            self.matched[key] = self.compared(operation, known.base_class(*operation.params))
        return self.matched[key]

    def compared(self, operation: Gate, known: Gate) -> Gate | None:
        if operation.definition is None:
            return None
        try:
            # With a small allowance of its own: a matrix is built of every step.
            small = Flattener("automatic", Allowance(MAX_MATCHED)).flat(operation.definition)
        except ProgramRefused:
            return None
        return known if Operator(small).equiv(Operator(known)) else None


def is_number(value: object) -> bool:
    return isinstance(value, int | float)


@lru_cache(maxsize=1)
def standard_gates() -> dict[str, Gate]:
    mapping = get_standard_gate_name_mapping()
    return {name: gate for name, gate in mapping.items() if isinstance(gate, Gate)}
