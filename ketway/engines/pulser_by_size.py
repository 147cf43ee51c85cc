"""Pulser sequences on whichever emulator suits their size, as one who wants an answer soon would choose."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines import emu_mps, emu_sv, pulser_qutip
from ketway.engines.engine import Heard, Progress, unheard
from ketway.engines.pulser_config import COMMON, OWN, configuration_text
from ketway.engines.pulser_engine import PULSER, PulserEngine
from ketway.engines.pulser_program import build, unwrap


@dataclass(frozen=True)
class Step:
    """
    Args:
        max_atoms: above, the next one is sooner done.
    """

    engine: PulserEngine
    max_atoms: int


#: Smallest first; the last takes whatever the platform does.
STEPS = (
    Step(pulser_qutip.ENGINE, 13),
    Step(emu_sv.ENGINE, 18),
    Step(emu_mps.ENGINE, 1_000),
)


class BySize:
    name = "pulser-by-size"
    version = PULSER

    def check(self, task: Task) -> Checked:
        engine, own = chosen(task)
        return engine.check(own)

    def run(self, task: Task, on_progress: Progress, on_kept: Heard = unheard) -> Computed:
        engine, own = chosen(task)
        return engine.run(own, on_progress, on_kept)


def chosen(task: Task) -> tuple[PulserEngine, Task]:
    """The first emulator for which the register is not too large and that knows every setting sent.

    Raises:
        ProgramRefused: no sequence, or a configuration that is none.
    """
    sequence = build(task)
    atoms, bases = len(sequence.register.qubit_ids), frozenset(sequence.get_addressed_bases())
    keys = settings_of(task)
    able = [
        step
        for step in STEPS
        if atoms <= step.max_atoms
        and bases in step.engine.emulator.bases
        and keys <= COMMON | OWN[step.engine.name]
    ]
    # Where none is able, the last one says why.
    step = (*able, STEPS[-1])[0]
    return step.engine, replace(task, max_qubits=min(task.max_qubits, step.max_atoms))


def settings_of(task: Task) -> set[str]:
    text = configuration_text(task)
    document = {} if text is None else unwrap(text, "configuration")
    return set(document) if isinstance(document, dict) else set()


ENGINE = BySize()
