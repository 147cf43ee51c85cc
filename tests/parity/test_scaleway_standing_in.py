"""Names of vendors' emulators through Scaleway's clients, where an operator let another engine stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import sin

import pytest

from tests.parity.audience import ScalewayAudience
from tests.parity.chances import assert_drawn_from
from tests.system.processes import Server, a_server

STANDING_IN = dict.fromkeys(("EMU-QUANTANIUM-16C-128M", "EMU-PIONEER-19PQ-H100", "EMU-CUDAQ-H100"), "aer")


@pytest.fixture(scope="module")
def audience(tmp_path_factory: pytest.TempPathFactory, idle_server: Server) -> Iterator[ScalewayAudience]:
    folder = tmp_path_factory.mktemp("standing-in") / "data"
    with a_server(folder, workers=2, lease_s=30, engine_for=json.dumps(STANDING_IN)) as server:
        yield ScalewayAudience(server, idle_server)


@pytest.mark.parametrize("name", ["quantanium", "pioneer", "cudaq"])
def test_qiskit_sends_each_its_own_options_and_reads_its_own_order(audience, name):
    for answered in audience.scene("scaleway-312", "standing_in", f"qiskit_on_{name}"):
        assert_drawn_from(answered["counts"], answered["exact"])


@pytest.mark.parametrize("device", ["qperfect", "quobly", "cudaq"])
def test_pennylane_has_a_device_for_each(audience, device):
    counts = audience.scene("scaleway-312", "standing_in", "pennylane_on_each")[device]

    one = sin(0.95) ** 2
    assert_drawn_from(counts, {"111": one, "100": 1 - one})


@pytest.mark.parametrize("name", ["quantanium", "pioneer"])
def test_cirq_reads_each_by_its_keys(audience, name):
    answered = audience.scene("scaleway-312", "standing_in", f"cirq_on_{name}")

    assert_drawn_from(answered["counts"], answered["exact"])
