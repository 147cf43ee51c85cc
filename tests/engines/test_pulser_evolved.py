"""What differs in shots and seed alone evolves once, and is drawn from as if it had evolved each time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import pi
from typing import Any

import pulser
import pytest
from pulser import NoiseModel
from pulser.backend import BitStrings, Occupation
from pulser.devices import MockDevice
from pulser.pulse import Pulse

from ketway.domain.tasks import Computed
from ketway.engines import emu_mps, emu_sv, pulser_by_size, pulser_qutip
from ketway.engines.kept import Kept
from ketway.engines.pulser_engine import PulserEngine
from tests.engines.sequences import (
    FAR,
    NEAR,
    a_configuration,
    a_sequence,
    a_task,
    three_in_a_row,
)

ENGINES = [pytest.param(engine.ENGINE, id=engine.ENGINE.name) for engine in (pulser_qutip, emu_sv, emu_mps)]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for engine in (pulser_qutip, emu_sv, emu_mps):
        monkeypatch.setattr(engine.ENGINE, "evolutions", Kept())
    yield


def ran(engine: PulserEngine, sequence: Any = None, **changes: Any) -> Computed:
    return engine.run(a_task(three_in_a_row() if sequence is None else sequence, **changes), lambda _: None)


def afresh(engine: PulserEngine, sequence: Any = None, **changes: Any) -> Computed:
    engine.evolutions = Kept()
    return ran(engine, sequence, **changes)


@pytest.mark.parametrize("engine", ENGINES)
def test_one_that_differs_in_shots_and_seed_is_drawn_from_what_is_kept(engine: PulserEngine):
    first = ran(engine, shots=100, seed=5)
    second = ran(engine, shots=300, seed=6)

    assert [first.metadata["resampled"], second.metadata["resampled"]] == [False, True]
    assert [sum(first.counts[0].values()), sum(second.counts[0].values())] == [100, 300]


@pytest.mark.parametrize("engine", ENGINES)
def test_whether_it_was_kept_changes_no_shot(engine: PulserEngine):
    ran(engine, shots=17, seed=5)

    drawn, computed = ran(engine, shots=200, seed=9), afresh(engine, shots=200, seed=9)

    assert drawn.document == computed.document
    assert (drawn.metadata["resampled"], computed.metadata["resampled"]) == (True, False)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_time_at_which_strings_are_drawn_is_kept_and_so_are_observables_without_chance(
    engine: PulserEngine,
):
    observables = [BitStrings(evaluation_times=[0.5, 1.0]), Occupation(evaluation_times=[0.25, 1.0])]
    configuration = json.dumps(a_configuration(*observables, default_num_shots=400))
    first = ran(engine, configuration=configuration, shots=None, seed=1)
    second = ran(engine, configuration=configuration, shots=50, seed=2)

    one, other = (json.loads(json.loads(each.document)["serialised_results"]) for each in (first, second))
    strings, occupation = (one["tagmap"][tag] for tag in ("bitstrings", "occupation"))
    assert second.metadata["resampled"]
    assert [sum(drawn.values()) for drawn in other["results"][strings]] == [50, 50]
    assert other["results"][occupation] == one["results"][occupation]
    assert other["times"] == one["times"]


@pytest.mark.parametrize("engine", ENGINES)
def test_other_values_are_another_evolution(engine: PulserEngine):
    atoms = [(FAR * atom, 0.0) for atom in range(engine.emulator.least_atoms)]
    sequence = a_sequence_of(*atoms)
    found = [ran(engine, sequence, parameters={"area": area}) for area in (pi, 2 * pi)]

    assert [each.metadata["resampled"] for each in found] == [False, False]
    assert found[0].counts[0].keys() != found[1].counts[0].keys()


def a_sequence_of(*atoms: tuple[float, float]) -> pulser.Sequence[Any]:
    """Flips every atom for an `area` of pi."""
    sequence = pulser.Sequence(pulser.Register({f"q{n}": at for n, at in enumerate(atoms)}), MockDevice)
    sequence.declare_channel("drive", "rydberg_global")
    area = sequence.declare_variable("area", dtype=float)
    sequence.add(Pulse.ConstantPulse(200, area * 5.0, 0.0, 0.0), "drive")
    sequence.measure("ground-rydberg")
    return sequence


def test_noise_is_drawn_every_time():
    configuration = json.dumps(a_configuration(noise_model=NoiseModel(p_false_pos=0.1)))
    engine = pulser_qutip.ENGINE

    found = [ran(engine, configuration=configuration, shots=100, seed=seed) for seed in (1, 2)]

    assert not any("resampled" in each.metadata for each in found)


def test_an_emulator_that_reorders_its_atoms_gives_each_its_own_bit_back():
    # Pairs that block each other, their halves far apart in the register, and one atom alone: only it
    # is always flipped.
    pairs = [(FAR * pair, 0.0) for pair in range(4)]
    halves = [(FAR * pair + NEAR, 0.0) for pair in (2, 0, 3, 1)]
    sequence = a_sequence(*pairs, (FAR * 9, 0.0), *halves, area=pi)

    first = ran(emu_mps.ENGINE, sequence, shots=50, seed=1)
    second = ran(emu_mps.ENGINE, sequence, shots=50, seed=2)

    assert second.metadata["resampled"]
    for counts in (first.counts[0], second.counts[0]):
        assert {string[4] for string in counts} == {"1"}
        assert not any(
            string[pair] == string[5 + half] == "1"
            for string in counts
            for half, pair in enumerate((2, 0, 3, 1))
        )


def test_the_emulator_chosen_by_size_keeps_as_well():
    found = [
        pulser_by_size.ENGINE.run(a_task(three_in_a_row(), shots=10, seed=seed), lambda _: None)
        for seed in (1, 2)
    ]

    assert [each.metadata["resampled"] for each in found] == [False, True]
