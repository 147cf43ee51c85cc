"""How large a photonic job would be, told before anything is allocated.

Strong simulation keeps every way in which the photons can leave the circuit: C(n + m - 1, n) of them for
n photons in m modes. Sampling keeps next to nothing, but each sample of n photons costs about n 2**n.
The limits were measured: 1,000,000 outcomes take 200 MB, and 4 to 10 times as long to write as to compute;
10**8 steps of sampling, and 5 * 10**6 of noisy strong simulation, take a second of one core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, comb, prod
from typing import Any

from exqalibur.serialization import circuit_pb2 as pb

from ketway.domain.errors import ProgramRefused
from ketway.engines import photonic_circuit

MAX_STATES = 500_000  #: of one strong simulation
MAX_STATES_TOGETHER = 2_000_000  #: of all iterations of a job
MAX_STEPS = 3 * 10**9  #: of strong simulations with noise or feed-forward, together
MAX_SAMPLING_STEPS = 3 * 10**11  #: together, about an hour
#: Photons beyond those asked for are followed until they are rarer than this.
RARE = 1e-5
MAX_EXTRA = 12

POLARISING = (
    "wave_plate",
    "half_wave_plate",
    "quarter_wave_plate",
    "polarization_rotator",
    "polarized_beam_splitter",
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What decides how much a circuit costs.

    Args:
        modes: with those that losses, delays and polarisation add while it is simulated.
        periods: that photons enter, more than one where a delay makes them meet.
        readings: how many outcomes feed-forward may have to answer to.
    """

    modes: int
    periods: int
    readings: Sequence[int]
    is_unitary: bool
    is_polarised: bool


def shape_of(experiment: pb.Experiment) -> Shape:
    """
    Args:
        experiment: settled.
    Raises:
        ProgramRefused: it delays photons for longer than can be counted.
    """
    losses, delay, widths, is_polarised = 0, 0, [], False
    for part in photonic_circuit.every(experiment):
        if isinstance(part, pb.LossChannel):
            losses += 1
        elif isinstance(part, pb.TimeDelay):
            delay += int(part.dt.real_value)
        elif isinstance(part, pb.Component):
            kind = part.WhichOneof("type")
            is_polarised = is_polarised or kind in POLARISING
            if kind == "ff_circuit_provider":
                widths.append(part.n_mode)
    if delay > photonic_circuit.MAX_DELAY:
        raise ProgramRefused(
            f"Time delays of {delay} periods together, at most {photonic_circuit.MAX_DELAY} allowed."
        )
    periods = 1 + delay
    return Shape(
        modes=(experiment.n_mode * periods + delay + losses) * (2 if is_polarised else 1),
        periods=periods,
        readings=widths,
        is_unitary=not (losses or delay or widths),
        is_polarised=is_polarised,
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """What enters a circuit.

    Args:
        photons: the most at once.
        occupied: photons in each mode that has any, of a plain state; empty otherwise.
        terms: of a superposition or a mixture.
        interferes: is more than photons in modes: a superposition, or polarised.
    """

    photons: int
    occupied: Sequence[int] = ()
    terms: int = 1
    interferes: bool = False


def source_of(state: Any) -> Source:
    """
    Args:
        state: an input state of Perceval's, of any kind.
    """
    if hasattr(state, "n_max"):
        vectors = list(state.keys())
        return Source(
            photons=state.n_max,
            terms=sum(len(vector) for vector in vectors),
            interferes=any(len(vector) > 1 for vector in vectors),
        )
    return Source(
        photons=state.n,
        occupied=[count for count in state if count],
        interferes=type(state).__name__ == "AnnotatedFockState",
    )


class Budget:
    """What the simulations of one job may take together."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.max_states = int(settings.get("max_states", MAX_STATES))
        self.states_left = max(MAX_STATES_TOGETHER, self.max_states)
        self.steps_left = int(settings.get("max_steps", MAX_STEPS))
        self.sampling_left = int(settings.get("max_sampling_steps", MAX_SAMPLING_STEPS))

    def spend_on_probabilities(self, shape: Shape, source: Source, noise: Mapping[str, Any]) -> None:
        """
        Raises:
            ProgramRefused: more than there is left.
        """
        photons = source.photons * shape.periods
        states = _states(photons + _extra(photons, noise), shape.modes)
        if states > self.max_states:
            told = f"{states:,}" if states < 10**15 else "more than 10**15"
            raise ProgramRefused(
                f"{photons} photons in {shape.modes} modes have {told} outcomes, at most "
                f"{self.max_states:,} are computed here; ask for samples instead, or take fewer."
            )
        steps = states * source.terms * _patterns(source, shape, noise)
        steps *= prod(comb(photons + width, width) for width in shape.readings)
        self.states_left -= states
        self.steps_left -= steps
        if self.states_left < 0 or self.steps_left < 0:
            raise ProgramRefused(
                "Together with its noise, feed-forward and iterations this would take too long; ask for "
                "samples instead, or take fewer photons, modes or iterations."
            )

    def spend_on_samples(self, count: int, source: Source, noise: Mapping[str, Any], least: int) -> None:
        """
        Args:
            least: photons that a sample has to have.
        Raises:
            ProgramRefused: more than there is left.
        """
        self.sampling_left -= sampling_steps(count, source, noise, least)
        if self.sampling_left < 0:
            raise ProgramRefused(
                f"{count:,} samples of {source.photons} photons would take too long; ask for fewer samples "
                "or take fewer photons."
            )


def _states(photons: int, modes: int) -> int:
    return comb(photons + modes - 1, photons)


def _extra(photons: int, noise: Mapping[str, Any]) -> int:
    """Photons that a source may emit beyond those asked for."""
    twice = float(noise.get("g2", 0.0)) / 2  # about, for a small g2
    if twice <= 0 or photons == 0:
        return 0
    for extra in range(min(photons, MAX_EXTRA)):
        if comb(photons, extra + 1) * twice ** (extra + 1) < RARE:
            return extra
    return min(photons, MAX_EXTRA)


def _is_distinguishing(noise: Mapping[str, Any]) -> bool:
    return float(noise.get("indistinguishability", 1.0)) < 1 or float(noise.get("g2", 0.0)) > 0


def efficiency(noise: Mapping[str, Any]) -> float:
    """The odds that a photon is emitted and comes through."""
    return float(noise.get("brightness", 1.0)) * float(noise.get("transmittance", 1.0))


def _patterns(source: Source, shape: Shape, noise: Mapping[str, Any]) -> int:
    """In how many ways photons may be lost, or told apart."""
    if efficiency(noise) == 1 and not _is_distinguishing(noise):
        return 1
    alone = prod(count + 1 for count in source.occupied) if source.occupied else 2**source.photons
    return int(alone**shape.periods)


def sampling_steps(count: int, source: Source, noise: Mapping[str, Any], least: int) -> int:
    """
    Args:
        least: photons that a sample has to have.
    """
    return ceil(count * _per_sample(source.photons, noise, least))


def _per_sample(photons: int, noise: Mapping[str, Any], least: int) -> float:
    """Steps, on the average over how many photons come through and are kept."""
    comes = min(efficiency(noise), 1.0)
    if photons == 0 or comes == 0:
        return 1.0
    odds = [comb(photons, n) * comes**n * (1 - comes) ** (photons - n) for n in range(photons + 1)]
    kept = range(min(least, photons), photons + 1)
    together = sum(odds[n] for n in kept)
    if together == 0:
        return 1.0
    return max(1.0, sum(odds[n] * n * 2.0**n for n in kept) / together)
