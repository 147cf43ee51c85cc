"""What a platform lets a photonic job do: an emulator's limits, or those of the machine it stands for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exqalibur.serialization import circuit_pb2 as pb

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task
from ketway.engines.photonic_size import Shape

DEFAULT_MODES = 100


@dataclass(frozen=True, kw_only=True)
class Machine:
    """
    Args:
        takes_several: photons in one mode.
        noise: its own, in place of whatever a job says; None where jobs bring theirs.
    """

    max_photons: int
    max_modes: int
    min_photons: int = 0
    min_modes: int = 1
    takes_several: bool = True
    noise: Mapping[str, float | bool] | None = None

    @property
    def is_real(self) -> bool:
        """Stands for a machine, with a chip that is programmed and detectors that only click."""
        return self.noise is not None

    def must_take_shape(self, experiment: pb.Experiment, shape: Shape) -> None:
        """
        Raises:
            ProgramRefused: too few or too many modes, or parts that a chip does not have.
        """
        if not self.min_modes <= experiment.n_mode <= self.max_modes:
            raise ProgramRefused(
                f"{experiment.n_mode} modes, from {self.min_modes} to {self.max_modes} on this platform."
            )
        if self.is_real and (shape.is_polarised or not shape.is_unitary):
            raise ProgramRefused(
                "This machine is programmed with a circuit of beam splitters and phase shifters; it has no "
                "feed-forward, delays, loss channels or polarisation."
            )

    def must_take_photons(self, state: Any, photons: int) -> None:
        """
        Args:
            state: an input state of Perceval's.
        Raises:
            ProgramRefused
        """
        if not self.min_photons <= photons <= self.max_photons:
            raise ProgramRefused(
                f"{photons} photons enter, from {self.min_photons} to {self.max_photons} on this platform."
            )
        if self.takes_several:
            return
        is_plain = type(state).__name__ == "FockState"
        if not is_plain or any(count > 1 for count in state):
            raise ProgramRefused("This machine takes at most one photon in each mode, and no superpositions.")


#: Figures of a machine that are noise, by Perceval's names.
NOISE = ("transmittance", "indistinguishability", "g2", "phase_error")


def machine_of(task: Task) -> Machine:
    """What the catalogue says of the platform.

    `settings.device` is what is known of a machine, as JSON; `settings.max_modes` is an emulator's limit.
    """
    if "device" not in task.settings:
        return Machine(
            max_photons=task.max_qubits, max_modes=int(task.settings.get("max_modes", DEFAULT_MODES))
        )
    said = json.loads(task.settings["device"])
    figures = {name: figure["value"] for name, figure in said["figures"].items()}
    return Machine(
        max_photons=min(task.max_qubits, figures["photons"]),
        max_modes=figures["modes"],
        min_photons=1,
        takes_several=said["takes_several"],
        noise={name: figures[name] for name in NOISE},
    )
