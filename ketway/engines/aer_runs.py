"""One circuit on Aer: run with all its shots, or drawn from what is kept of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator

from ketway.domain.errors import ProgramRefused
from ketway.engines.aer_final import Final, final_of
from ketway.engines.distributions import Distribution, weighed
from ketway.engines.engine import Heard
from ketway.engines.kept import Kept, Weighed, key_of

#: In Aer's words, what a program or its options did wrong.
USERS_FAULT = re.compile("invalid instructions|invalid parameters|Insufficient memory|not supported")


@dataclass(frozen=True, kw_only=True)
class Shots:
    """
    Args:
        counts: plain binary of all classical bits, the last bit leftmost.
        each: one hexadecimal value a shot, or None where nobody asked.
        method: that Aer used.
        is_kept: whether nothing was run for them; None where it must be every time.
    """

    counts: Mapping[str, int]
    each: Sequence[str] | None
    method: str
    is_kept: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    Args:
        text: of the circuit, as it was sent.
        options: that `simulator` has.
    """

    circuit: QuantumCircuit
    text: str
    shots: int
    seed: int
    options: Mapping[str, Any]
    keeps_shots: bool


class Runs:
    def __init__(self) -> None:
        self._kept: Kept[Distribution] = Kept()

    def shots_of(self, simulator: AerSimulator, asked: Asked, on_kept: Heard, *, may_draw: bool) -> Shots:
        """
        Args:
            may_draw: with chances of our own, which is so where Aer has neither noise nor a seed that
                somebody knows.
        Raises:
            ProgramRefused: Aer says that the program or its options are at fault.
            RuntimeError: with Aer's own words, for any other failure.
        """
        final = final_of(asked.circuit, str(asked.options["method"])) if may_draw else None
        if final is None:
            on_kept(False)
            return _run(simulator, asked)
        return self._drawn(simulator, asked, final, on_kept)

    def _drawn(self, simulator: AerSimulator, asked: Asked, final: Final, on_kept: Heard) -> Shots:
        distribution, is_kept = self._kept.find(
            key_of(asked.text, dict(asked.options)), lambda: _distribution(simulator, final), on_kept
        )
        outcomes = distribution.draw(asked.shots, asked.seed).tolist()
        values = {outcome: final.value(outcome) for outcome in sorted(set(outcomes))}
        bits = asked.circuit.num_clbits
        return Shots(
            counts={
                format(values[outcome], f"0{bits}b"): count
                for outcome, count in sorted(Counter(outcomes).items())
            },
            each=[hex(values[outcome]) for outcome in outcomes] if asked.keeps_shots else None,
            method="statevector",
            is_kept=is_kept,
        )


def _distribution(simulator: AerSimulator, final: Final) -> Weighed[Distribution]:
    found = _result(simulator.run(final.evolution, method="statevector"))
    return weighed(np.asarray(found.data.probabilities))


def _run(simulator: AerSimulator, asked: Asked) -> Shots:
    found = _result(
        simulator.run(asked.circuit, shots=asked.shots, seed_simulator=asked.seed, memory=asked.keeps_shots)
    )
    counts = {
        format(int(value, 16), f"0{asked.circuit.num_clbits}b"): int(count)
        for value, count in found.data.to_dict().get("counts", {}).items()
    }
    return Shots(
        counts=counts,
        each=list(found.data.memory) if asked.keeps_shots else None,
        method=str((found.metadata or {}).get("method", asked.options["method"])),
    )


def _result(running: Any) -> Any:
    found = running.result()
    if not found.success:
        status = str(found.results[0].status if found.results else found.status)
        if USERS_FAULT.search(status):
            raise ProgramRefused(f"Aer cannot run this: {status.removeprefix('ERROR:').strip()[:400]}")
        raise RuntimeError(f"Aer failed: {status[:1000]}")
    return found.results[0]
