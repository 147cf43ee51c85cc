"""Matrices of a basis are made once, and what is computed with them is what it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
import qutip
from pulser import NoiseModel
from pulser_simulation.hamiltonian import Hamiltonian

from ketway.engines import pulser_qutip, qutip_bases
from ketway.engines.pulser_engine import PulserEngine
from tests.engines.sequences import a_configuration, a_task, three_in_a_row, two_blockaded

BASES = [["r", "g"], ["g", "h"], ["r", "g", "h"], ["u", "d"], ["r", "g", "x"]]
NOISE = NoiseModel(temperature=50.0, amp_sigma=0.1, relaxation_rate=1.0)
NOISY = json.dumps(a_configuration(noise_model=NOISE, n_trajectories=5))

KEPT: Any = Hamiltonian._get_basis_op_matrices
OF_PULSER = KEPT.__wrapped__


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One for each time that options of QuTiP's are changed."""
    seen: list[str] = []
    enter = qutip.CoreOptions.__enter__

    def entered(options: qutip.CoreOptions) -> None:
        seen.append(options["default_dtype"])
        enter(options)

    monkeypatch.setattr(qutip.CoreOptions, "__enter__", entered)
    return seen


@pytest.mark.parametrize("basis", BASES, ids="".join)
def test_they_are_those_that_pulser_makes(basis: list[str]) -> None:
    for kept, made in zip(KEPT(basis), OF_PULSER(basis), strict=True):
        assert list(kept) == list(made)
        assert all(kept[name] == made[name] and kept[name].dtype is made[name].dtype for name in made)


def test_who_adds_to_what_he_gets_adds_to_his_own() -> None:
    kets, operators = KEPT(["r", "g"])
    kets.clear()
    operators["mine"] = operators.pop("I")

    assert [list(each) for each in KEPT(["r", "g"])] == [list(each) for each in OF_PULSER(["r", "g"])]


@pytest.mark.parametrize("configuration", [None, NOISY], ids=["noiseless", "noisy"])
def test_a_job_finds_the_same_with_them(configuration: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    task = a_task(three_in_a_row(), configuration=configuration)
    found = document(task)
    monkeypatch.setattr(Hamiltonian, "_get_basis_op_matrices", staticmethod(OF_PULSER))

    assert document(task) == found


@pytest.mark.parametrize("configuration", [None, NOISY], ids=["noiseless", "noisy"])
def test_options_of_qutips_are_changed_for_the_first_job_of_a_basis_alone(
    configuration: str | None, changes: list[str]
) -> None:
    document(a_task(two_blockaded()))
    changes.clear()
    document(a_task(three_in_a_row(), configuration=configuration))

    assert changes == []


def test_where_pulser_makes_them_otherwise_it_is_let(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qutip_bases, "_MAKE", "_of_a_later_pulser")
    qutip_bases.keep()

    assert not hasattr(Hamiltonian, "_of_a_later_pulser")


def document(task: Any) -> Any:
    """By an engine that has kept no final state."""
    found = json.loads(PulserEngine(pulser_qutip.PulserQutip()).run(task, lambda _: None).document)
    return {name: value for name, value in found.items() if name != "serialised_results"}
