"""The machines of the catalogue as data, and what clients are told of them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.transpiler import CouplingMap

from ketway import platforms
from ketway.domain.platforms import Door
from ketway.engines.gate_table import machine_of
from tests.engines.gates import PLATFORMS, QPUS, a_device

SCALEWAY = Door("scaleway")
DEVICES = platforms.BUILT_IN / "devices"
PAGE = (Path(__file__).parents[2] / "docs" / "machines.md").read_text()
EVERY_PLATFORM = pytest.mark.parametrize("name", PLATFORMS)


def instructions(name: str) -> list[str]:
    metadata = json.loads(PLATFORMS[name].shown[SCALEWAY]["metadata"])
    assert metadata.keys() == {"qiskit"} and metadata["qiskit"].keys() == {"target"}
    return [instruction["name"] for instruction in metadata["qiskit"]["target"]["instructions"]]


@pytest.mark.parametrize(
    ("name", "gates", "provider", "backend", "technology"),
    [
        ("QPU-IBEX-12PQ", ["r", "rz", "rxx", "measure"], "aqt", "ibex", "trapped_ion"),
        ("QPU-GARNET-20PQ", ["r", "cz", "id", "measure"], "iqm", "garnet", "superconducting"),
        ("QPU-EMERALD-54PQ", ["r", "cz", "id", "measure"], "iqm", "emerald", "superconducting"),
        ("QPU-SIRIUS-24PQ", ["r", "cz", "move", "id", "measure"], "iqm", "sirius", "superconducting"),
        ("EMU-IBEX-12PQ-L4", ["r", "rz", "rxx", "measure"], "aqt", "ibex", "trapped_ion"),
        ("EMU-IBEX-12PQ-2L4", ["r", "rz", "rxx", "measure"], "aqt", "ibex", "trapped_ion"),
        ("EMU-IBEX-12PQ-16C-128M", ["r", "rz", "rxx", "measure"], "aqt", "ibex", "trapped_ion"),
        ("EMU-SIRIUS-24PQ-2L4", ["r", "cz", "move", "id", "measure"], "iqm", "sirius", "superconducting"),
    ],
)
def test_clients_are_told_the_gates_by_names_that_they_know(name, gates, provider, backend, technology):
    shown = PLATFORMS[name].shown[SCALEWAY]

    assert instructions(name) == gates
    assert set(gates) - {"move"} <= get_standard_gate_name_mapping().keys()
    assert (shown["provider_name"], shown["backend_name"], shown["technology"]) == (
        provider,
        backend,
        technology,
    )


@EVERY_PLATFORM
def test_what_is_shown_is_what_the_machine_takes(name):
    platform = PLATFORMS[name]
    machine = machine_of(platform.settings["device"])

    assert platform.max_qubits == machine.qubits
    assert platform.max_shots == machine.figures.shots.value
    assert platform.shown[SCALEWAY]["max_circuit_count"] == machine.circuits


@EVERY_PLATFORM
def test_a_machine_has_its_pace_and_one_user_at_a_time_and_an_emulator_has_not(name):
    platform = PLATFORMS[name]
    is_machine = name.startswith("QPU-")
    pace = machine_of(platform.settings["device"]).figures.shots_per_s.value

    assert platform.shown[SCALEWAY]["type"] == ("qpu" if is_machine else "simulator")
    assert platform.is_exclusive == platform.needs_shots == is_machine
    assert platform.shots_per_s == (pace if is_machine else None)


@EVERY_PLATFORM
def test_nobody_is_told_that_there_is_a_machine(name):
    description = PLATFORMS[name].description

    assert "emulated (Qiskit Aer on this server's processors) by ketway" in description
    assert "not calibration data" in description


def tables() -> list[Any]:
    return [tomllib.loads((DEVICES / f"{machine}.toml").read_text()) for machine in QPUS]


@pytest.mark.parametrize("device", tables(), ids=lambda device: device["name"])
def test_every_figure_says_where_it_was_read_and_stands_on_the_page(device):
    section = PAGE.split(f"\n## {device['name']}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)[1:]

    listed = [(float(value), source) for _, value, source in rows]

    assert listed == [(figure["value"], figure["source"]) for figure in device["figures"].values()]
    assert all("https://" in source or source.startswith("ours") for _, source in listed)


@pytest.mark.parametrize(("machine", "pairs", "most"), [("garnet", 30, 4), ("emerald", 90, 4)])
def test_a_lattice_is_in_one_piece(machine, pairs, most):
    coupling = machine_of(a_device(machine)).coupling
    assert coupling is not None
    lattice = CouplingMap([*coupling, *((other, one) for one, other in coupling)])

    assert len({frozenset(pair) for pair in coupling}) == len(coupling) == pairs
    assert lattice.is_connected()
    assert max(lattice.graph.out_degree(node) for node in lattice.graph.node_indices()) == most


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"two_qubit_gate": "cx"}, "should be cz or rxx"),
        ({"two_qubit_gate": "rxx"}, "only machines with cz"),
        ({"coupling": [[0, 20]]}, "none of 0 to 19"),
        ({"has_resonator": True}, "needs move_s"),
        ({"figures": {}}, "missing required field"),
    ],
)
def test_a_file_that_describes_no_machine_is_refused(changes, why):
    with pytest.raises(ValueError, match=why):
        machine_of(json.dumps(json.loads(a_device("garnet")) | changes))


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        ({"one_qubit_error": 0.6}, "between 0 and 0.5"),
        ({"readout_error": -0.1}, "between 0 and 0.5"),
        ({"two_qubit_error": 0.8}, "between 0 and 0.75"),
        ({"one_qubit_s": 0.0}, "larger than 0"),
        ({"t2_s": 1.0}, "more than twice t1_s"),
    ],
)
def test_figures_that_no_machine_can_have_are_refused(figures, why):
    with pytest.raises(ValueError, match=why):
        machine_of(a_device("garnet", **figures))


def test_every_machine_is_offered():
    assert set(QPUS.values()) == {name for name in PLATFORMS if name.startswith("QPU-")}
