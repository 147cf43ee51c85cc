"""Engines that keep what they computed say so, in the catalogue and to whoever waits for it."""

from __future__ import annotations

import inspect
import json

import pytest
from pulser import NoiseModel

from ketway.domain.tasks import Task
from ketway.engines import aer, catalogue, qsim
from ketway.engines.engine import Keeper
from tests.engines.circuits import BELL, a_task
from tests.engines.sequences import a_configuration, one_atom_flipped

NOISY = json.dumps(a_configuration(noise_model=NoiseModel(p_false_pos=0.1)))


@pytest.mark.parametrize("name", catalogue.ENTRIES)
def test_the_catalogue_knows_which_they_are(name):
    listens = "on_kept" in inspect.signature(catalogue.load(name).run).parameters

    assert listens == catalogue.ENTRIES[name].is_keeper


@pytest.mark.parametrize("engine", [aer.ENGINE, qsim.ENGINE])
def test_circuits_without_noise_are_kept(engine: Keeper):
    said: list[bool] = []

    engine.run(a_task(BELL), lambda _: None, said.append)

    assert said == [True]


def test_an_atom_without_noise_is_kept_and_one_with_noise_is_not():
    engine = catalogue.load("pulser-qutip")
    said: dict[str, list[bool]] = {"plain": [], "noisy": []}

    for name, configuration in (("plain", None), ("noisy", NOISY)):
        task = Task(
            program=one_atom_flipped().to_abstract_repr(),
            shots=10,
            seed=1,
            max_shots=100,
            max_qubits=4,
            configuration=configuration,
        )
        engine.run(task, lambda _: None, said[name].append)  # type: ignore[call-arg]

    assert said == {"plain": [True], "noisy": [False]}
