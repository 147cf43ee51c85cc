"""A translated circuit on Aer, by the method that takes least time.

Which it is depends on the circuit and the shots alone, so that the same task gives the same shots on
every machine: times are estimates for one processor, not measured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import reverse_cuthill_mckee

from ketway.domain.errors import ProgramRefused
from ketway.engines.aer_options import OURS
from ketway.engines.gate_control import Step
from ketway.engines.gate_noise import Noise

BUDGET_S = 1200.0  #: of a circuit
#: A step takes so many seconds, and more for each element of the matrix, the vector or the tensors.
STEP_S = 2e-5
MATRIX_S, VECTOR_S, TENSOR_S = 2e-8, 1.2e-8, 1e-8
MAX_MATRIX_QUBITS, MAX_VECTOR_QUBITS = 10, 22
MAX_BOND = 256
MIN_DRAWS = 20
BONDS = re.compile(r"BD=\[([\d ]*)\]")


@dataclass(frozen=True)
class Found:
    """
    Args:
        counts: plain binary, last bit leftmost.
        shots_read: one hexadecimal value a shot.
        draws: how often errors were drawn; each shot has its own where there are as many.
    """

    counts: Mapping[str, int]
    shots_read: Sequence[str]
    method: str
    draws: int


class Run:
    """One circuit.

    Args:
        steps: at least one measures.
        bits: of the circuit, measured or not.
        options: `max_memory_mb`.
        budget_s: of a processor, that it may take by estimate.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        bits: int,
        noise: Noise,
        options: Mapping[str, Any],
        budget_s: float = BUDGET_S,
    ) -> None:
        self.steps, self.bits, self.noise, self.budget_s = steps, bits, noise, budget_s
        self.options = {**OURS, "max_memory_mb": options.get("max_memory_mb", 2048)}
        self.at = order_of(steps)
        reads = [index for index, step in enumerate(steps) if step.bit is not None]
        #: All measurements stand at the end, so that one state gives many shots.
        self.is_read_at_end = reads == list(range(len(steps) - len(reads), len(steps)))

    def go(self, shots: int, seed: int) -> Found:
        """
        Raises:
            ProgramRefused: more work than is sensible.
        """
        method, draws = self._plan(shots, seed)
        if draws < shots and method == "statevector":
            return self._drawn(shots, draws, seed)
        found = self.aer(self.circuit(), method, shots, seed, noise_model=self.noise.of_readout())
        counts = {
            format(int(value, 16), f"0{self.bits}b"): int(count)
            for value, count in found.data.to_dict().get("counts", {}).items()
        }
        return Found(counts, list(found.data.memory), method, draws)

    def _plan(self, shots: int, seed: int) -> tuple[str, int]:
        """The method, and how often it draws errors."""
        n_steps, n_states = len(self.steps), len(self.at)
        costs: dict[str, float] = {}
        if self.is_read_at_end and n_states <= MAX_MATRIX_QUBITS:
            costs["density_matrix"] = n_steps * (STEP_S + MATRIX_S * 4**n_states)
        if n_states <= MAX_VECTOR_QUBITS:
            costs["statevector"] = shots * n_steps * (STEP_S + VECTOR_S * 2**n_states)
        if not costs or min(costs.values()) > 1:
            costs["matrix_product_state"] = shots * self._tensors_s(shots, seed)
        method = min(costs, key=lambda name: costs[name])
        if costs[method] <= self.budget_s or method == "density_matrix":
            return method, shots
        if "statevector" in costs and self.is_read_at_end:
            draws = int(shots * self.budget_s / costs["statevector"])
            return "statevector", min(shots, max(MIN_DRAWS, draws))
        raise ProgramRefused(
            f"{shots} shots of a circuit that entangles {n_states} qubits so strongly take too long to "
            "emulate; ask for fewer shots, or make it shallower or smaller."
        )

    def _tensors_s(self, shots: int, seed: int) -> float:
        """Seconds of a shot as tensors, from one without errors; infinite where that goes too far."""
        pairs = sum(len(step.states) == 2 and not step.is_error for step in self.steps) or 1
        most = min(MAX_BOND, max(16, round((self.budget_s / (shots * pairs * TENSOR_S)) ** (1 / 3))))
        ideal = self.circuit(with_errors=False)
        found = self.aer(
            ideal,
            "matrix_product_state",
            1,
            seed,
            mps_log_data=True,
            matrix_product_state_max_bond_dimension=most,
        )
        widest = [
            max(map(int, bonds.split()), default=1) for bonds in BONDS.findall(found.metadata["MPS_log_data"])
        ]
        if max(widest, default=1) >= most:
            return float("inf")
        return len(self.steps) * STEP_S + TENSOR_S * sum(bond**3 for bond in widest)

    def _drawn(self, shots: int, draws: int, seed: int) -> Found:
        """Few draws of the errors, each giving many shots."""
        chance = np.random.default_rng(seed)
        circuit = self.circuit(with_reads=False)
        circuit.save_statevector()
        reads = {step.bit: self.at[step.states[0]] for step in self.steps if step.bit is not None}
        shots_read: list[int] = []
        for draw in range(draws):
            found = self.aer(circuit, "statevector", 1, seed + draw)
            share = shots * (draw + 1) // draws - shots * draw // draws
            shots_read += self._read(np.asarray(found.data.statevector), reads, share, chance)
        counts = Counter(format(value, f"0{self.bits}b") for value in shots_read)
        return Found(counts, [hex(value) for value in shots_read], "statevector", draws)

    def _read(
        self,
        vector: NDArray[np.complex128],
        reads: Mapping[int, int],
        shots: int,
        chance: np.random.Generator,
    ) -> list[int]:
        summed = np.cumsum(np.abs(vector) ** 2)
        outcomes = np.searchsorted(summed, chance.random(shots) * summed[-1], side="right")
        wrong = chance.random((shots, len(reads))) < self.noise.readout
        values = [0] * shots
        for column, (bit, qubit) in enumerate(reads.items()):
            ones = ((outcomes >> qubit) & 1).astype(bool) ^ wrong[:, column]
            for shot in np.flatnonzero(ones):
                values[shot] |= 1 << bit
        return values

    def circuit(self, *, with_errors: bool = True, with_reads: bool = True) -> QuantumCircuit:
        circuit = QuantumCircuit(len(self.at), self.bits)
        for step in self.steps:
            if (with_errors or not step.is_error) and (with_reads or step.bit is None):
                bits = [] if step.bit is None else [step.bit]
                circuit.append(step.what, [self.at[state] for state in step.states], bits)
        return circuit

    def aer(self, circuit: QuantumCircuit, method: str, shots: int, seed: int, **more: Any) -> Any:
        simulator = AerSimulator(method=method, **self.options, **more)
        found = simulator.run(circuit, shots=shots, seed_simulator=seed, memory=True).result()
        if not found.success:
            status = str(found.results[0].status if found.results else found.status)
            if "Insufficient memory" in status:
                raise ProgramRefused("The circuit needs more memory to be emulated than this platform has.")
            raise RuntimeError(f"Aer failed: {status[:1000]}")
        return found.results[0]


def order_of(steps: Sequence[Step]) -> dict[int, int]:
    """Qubit of each state, those that meet near each other: a chain of tensors is cheap where they are."""
    states = sorted({state for step in steps for state in step.states})
    at = {state: index for index, state in enumerate(states)}
    pairs = [
        [at[state] for state in step.states] for step in steps if len(step.states) == 2 and not step.is_error
    ]
    if not pairs:
        return at
    one, other = np.array(pairs).T
    graph = coo_matrix((np.ones(len(pairs)), (one, other)), shape=(len(at), len(at))).tocsr()
    order = reverse_cuthill_mckee(graph + graph.T, symmetric_mode=True)
    return {states[int(index)]: place for place, index in enumerate(order)}
