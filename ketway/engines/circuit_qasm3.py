"""OpenQASM 3 read with Qiskit's reader, and what Cirq writes besides: a gate, and conditions."""

from __future__ import annotations

import re

import openqasm3
import qiskit_qasm3_import
from openqasm3.ast import (
    BinaryExpression,
    BinaryOperator,
    BranchingStatement,
    Expression,
    Program,
    QuantumGate,
    QuantumGateDefinition,
    Statement,
)
from openqasm3.visitor import QASMTransformer
from qiskit import QuantumCircuit

from ketway.domain.errors import ProgramRefused

DEFINED = re.compile(r"\bgate\s+(\w+)")
STANDARD_GATES = re.compile(r'\binclude\s*"stdgates\.inc"\s*;')
#: Instructions of all gates that a program defines, each written out: the reader copies them so.
MAX_DEFINED = 50_000
#: Cirq writes it as if it were one of the standard gates.
SXDG = "gate sxdg a { inv @ sx a; }"


def read(text: str, bare: str) -> QuantumCircuit:
    """
    Args:
        bare: the text without comments.
    """
    if "sxdg" in bare and "sxdg" not in DEFINED.findall(bare):
        # On the line of the include, so that mistakes are still found on their own lines.
        text = STANDARD_GATES.sub(lambda found: f"{found[0]} {SXDG}", text, count=1)
    program = openqasm3.parse(text)
    must_be_small(program)
    return qiskit_qasm3_import.convert(PlainConditions().visit(program))


def must_be_small(program: Program) -> None:
    """
    Raises:
        ProgramRefused: gates made of gates are too much, once written out.
    """
    sizes: dict[str, int] = {}
    for statement in program.statements:
        if isinstance(statement, QuantumGateDefinition):
            used = (each.name.name if isinstance(each, QuantumGate) else "" for each in statement.body)
            sizes[statement.name.name] = sum(sizes.get(name, 1) for name in used)
            if sum(sizes.values()) > MAX_DEFINED:
                raise ProgramRefused(
                    f"Gate {statement.name.name[:60]!r} and those defined before it have more than "
                    f"{MAX_DEFINED} instructions once written out; define smaller ones."
                )


class PlainConditions(QASMTransformer[None]):
    """Puts conditions in the reader's words, which knows `==` alone where registers are compared.

    Nothing is written twice, so a program stays as long as it is.
    """

    def visit_BranchingStatement(self, node: BranchingStatement) -> BranchingStatement:  # noqa: N802 - theirs
        self.generic_visit(node)
        return plain(node)


def plain(node: BranchingStatement) -> BranchingStatement:
    condition = node.condition
    if not isinstance(condition, BinaryExpression):
        return node
    if condition.op is BinaryOperator["!="]:
        equal = BinaryExpression(op=BinaryOperator["=="], lhs=condition.lhs, rhs=condition.rhs)
        equal.span = condition.span
        return branch(node, equal, node.else_block, node.if_block)
    if condition.op is BinaryOperator["&&"] and not node.else_block:
        inner = plain(branch(node, condition.rhs, node.if_block, []))
        return plain(branch(node, condition.lhs, [inner], []))
    return node


def branch(
    node: BranchingStatement, condition: Expression, then: list[Statement], otherwise: list[Statement]
) -> BranchingStatement:
    """Another at the same place in the program."""
    made = BranchingStatement(condition=condition, if_block=then, else_block=otherwise)
    made.span = node.span
    return made
