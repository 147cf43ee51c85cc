"""What old clients configure, run on the engines that it is for."""

from __future__ import annotations

import pytest

from ketway.api.pasqal.legacy import configuration_of
from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed
from ketway.engines import emu_mps, pulser_qutip
from tests.engines.machines import a_task_on, corners, on_traps
from tests.engines.sequences import a_sequence, a_task, two_blockaded

QUTIP, MPS = pulser_qutip.ENGINE, emu_mps.ENGINE


def legacy_run(device_type: str, **said: object) -> Computed:
    configuration = configuration_of(device_type, said)
    engine = MPS if device_type == "EMU_TN" else QUTIP
    sequence = a_sequence((0.0, 0.0), (25.0, 0.0))
    return engine.run(
        a_task_on(device_type, sequence, configuration=configuration, shots=1_000), lambda percent: None
    )


def test_noise_of_an_old_client_is_seen_in_the_counts() -> None:
    assert legacy_run("EMU_FREE", with_noise=False).counts[0] == {"11": 1_000}

    noisy = legacy_run("EMU_FREE", with_noise=True).counts[0]

    # Each of two atoms is missed by the read-out in one case of twenty, and by the drive now and then.
    assert 800 < noisy["11"] < 930
    assert sum(noisy.values()) == 1_000


@pytest.mark.parametrize("precision", ["low", "normal", "high"])
def test_an_old_tensor_network_configuration_runs(precision: str) -> None:
    computed = legacy_run("EMU_TN", precision=precision, dt=20.0, max_bond_dim=10)

    assert computed.counts[0] == {"11": 1_000}


def test_its_settings_reach_the_emulator() -> None:
    said = {"precision": "high", "dt": 4.0, "max_bond_dim": 77}
    task = a_task_on("EMU_TN", two_blockaded(), configuration=configuration_of("EMU_TN", said))

    _, config = MPS.prepare(task)

    assert (config.dt, config.precision, config.max_bond_dim) == (4.0, 1e-6, 77)


@pytest.mark.parametrize(("asked", "made"), [(None, 100), (1, 1), (7, 7)])
def test_shots_beside_an_old_configuration_are_meant_literally(asked: int | None, made: int) -> None:
    task = a_task_on(
        "EMU_TN", two_blockaded(), shots=asked, configuration=configuration_of("EMU_TN", {"precision": "low"})
    )

    assert MPS.run(task, lambda percent: None).shots == made


def test_strict_validation_asks_for_what_a_machine_asks() -> None:
    strict = configuration_of("EMU_FREE", {"strict_validation": True})

    assert QUTIP.check(a_task(on_traps(*corners()), configuration=strict)).qubits == 2
    with pytest.raises(ProgramRefused, match="must be a real device"):
        QUTIP.check(a_task(two_blockaded(), configuration=strict))


def test_strict_validation_is_a_matter_of_yes_and_no() -> None:
    with pytest.raises(ProgramRefused, match="true or false"):
        QUTIP.check(a_task(two_blockaded(), configuration='{"strict_validation": 1}'))
