"""A Bell circuit as somebody runs it who has no cloud."""

from __future__ import annotations

TEXT = """OPENQASM 3.0;
include "stdgates.inc";
bit[2] c;
qubit[2] q;
h q[0];
cx q[0], q[1];
c[0] = measure q[0];
c[1] = measure q[1];
"""


def counts(shots: int = 100) -> dict[str, int]:
    """Read it, run it."""
    # Here, and not for those who only want the text.
    from qiskit import qasm3
    from qiskit_aer import AerSimulator

    result = AerSimulator().run(qasm3.loads(TEXT), shots=shots).result()
    return dict(result.get_counts())
