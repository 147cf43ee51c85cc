"""`pulser-scaleway` on emulated atoms, and on the machine that takes one session at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from math import pi, sqrt
from typing import Any

import pulser
from pulser.backend import BitStrings, EmulationConfig, Occupation, QPUBackend
from pulser.backend.remote import RemoteResults
from pulser.pulse import Pulse
from pulser_scaleway import ScalewayProvider

from tests.parity.clients.scaleway.stage import NOBODY, play, refused, setting

EMULATOR, MACHINE, TENSORS = "EMU-FRESNEL-100PQ", "QPU-FRESNEL-100PQ", "EMU-MPS-PASQAL"
RUNS = 2000
AREA = pi / sqrt(2)  #: flips one of two atoms in blockade for sure, an atom alone in four cases of five


def linked(**changes: str) -> ScalewayProvider:
    return ScalewayProvider(**setting().keys | changes)


def device(name: str) -> Any:
    return linked().fetch_available_devices()[name]


def row_of_traps(device: Any) -> list[int]:
    """Traps of its first layout that lie in a row, from left to right."""
    places = device.pre_calibrated_layouts[0].traps_dict
    middle = min(places.values(), key=lambda at: float(at[0] ** 2 + at[1] ** 2))[1]
    row = [trap for trap, at in places.items() if abs(at[1] - middle) < 1e-6]
    return sorted(row, key=lambda trap: float(places[trap][0]))


def two_near_and_one_apart(device: Any) -> pulser.Sequence[Any]:
    """The pair shares what it is excited by, and each atom has a place of its own."""
    row = row_of_traps(device)
    traps = (row[-1], row[0], row[1])
    sequence = pulser.Sequence(
        device.pre_calibrated_layouts[0].define_register(*traps, qubit_ids=["far", "one", "two"]), device
    )
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(400, AREA * 2.5, 0.0, 0.0), "drive")
    return sequence


def told(sequence: pulser.Sequence[Any], counts: Mapping[str, int]) -> dict[str, Any]:
    """Counts, beside what they may be checked with."""
    if not sequence.is_measured():
        sequence.measure("ground-rydberg")
    return {"counts": dict(counts), "sequence": sequence.to_abstract_repr()}


def jobs_of(remote: RemoteResults) -> list[dict[str, Any]]:
    """In the order of creation; the list has the newest first."""
    listed = linked()._client.list_jobs(session_id=remote.batch_id)
    return [
        {
            "id": job.id,
            "status": str(job.status),
            "why": job.progress_message,
            "parameters": json.loads(job.parameters),
            "model": isinstance(job.model_id, str),
        }
        for job in reversed(listed)
    ]


def session_of(remote: RemoteResults) -> dict[str, Any]:
    session = linked()._client.get_session(remote.batch_id)
    return {
        "status": str(session.status),
        "model": isinstance(session.model_id, str),
        "limits": [session.max_duration, session.max_idle_duration],
        "terminated": session.terminated_at is not None,
    }


def devices() -> Any:
    found = linked().fetch_available_devices()
    return {
        name: [device.name, type(device).__name__, device.max_atom_num, device.max_runs]
        for name, device in found.items()
    }


def a_job_on_the_emulator() -> Any:
    sequence = two_near_and_one_apart(device(EMULATOR))
    remote = linked().submit(sequence, job_params=[{"runs": RUNS}], wait=True)
    (result,) = remote.results
    return told(sequence, result.bitstring_counts) | {
        "atoms": list(result.atom_order),
        "batch": remote.get_batch_status().name,
        "jobs": jobs_of(remote),
        "session": session_of(remote),
    }


def without_a_layout() -> Any:
    """The emulator takes atoms wherever they are."""
    pair = pulser.Register.rectangle(1, 2, spacing=7, prefix="q")
    sequence = pulser.Sequence(pair, device(EMULATOR))
    sequence.declare_channel("c", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(400, 3.0, 0, 0), "c")
    (result,) = linked().submit(sequence, job_params=[{"runs": RUNS}], wait=True).results
    return told(sequence, result.bitstring_counts)


def without_runs() -> Any:
    sequence = two_near_and_one_apart(device(EMULATOR))
    (result,) = linked().submit(sequence, job_params=[{}], wait=True).results
    return sum(result.bitstring_counts.values())


def two_values_of_a_variable() -> Any:
    """The results come newest first, whatever order was asked in."""
    here = device(EMULATOR)
    sequence = pulser.Sequence(
        here.pre_calibrated_layouts[0].define_register(*row_of_traps(here)[:2], qubit_ids=["a", "b"]), here
    )
    sequence.declare_channel("drive", "rydberg_global")
    t = sequence.declare_variable("t", dtype=int)
    sequence.add(Pulse.ConstantPulse(t, 3.0, -1.0, 0.0), "drive")
    values = (200, 1000)
    asked = [{"runs": RUNS - t, "variables": {"t": t}} for t in values]
    remote = QPUBackend(sequence, linked()).run(asked, wait=True)
    return {
        "jobs": jobs_of(remote),
        "newest first": [
            told(sequence.build(t=t), result.bitstring_counts)
            for t, result in zip(reversed(values), remote.results, strict=True)
        ],
    }


def a_register_to_be_mapped() -> Any:
    here = device(EMULATOR)
    layout, row = here.pre_calibrated_layouts[0], row_of_traps(here)
    sequence = pulser.Sequence(layout.make_mappable_register(4), here)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(400, AREA * 2.5, 0.0, 0.0), "drive")
    qubits = {"q0": row[-1], "q1": row[0], "q2": row[1]}
    remote = linked().submit(
        sequence, job_params=[{"runs": RUNS, "variables": {"qubits": qubits}}], wait=True
    )
    (result,) = remote.results
    return told(sequence.build(qubits=qubits), result.bitstring_counts) | {"atoms": list(result.atom_order)}


def observables() -> Any:
    sequence = two_near_and_one_apart(device(EMULATOR))
    occupation = Occupation(evaluation_times=[0.5, 1.0])
    config = EmulationConfig(observables=[BitStrings(num_shots=RUNS), occupation])
    remote = linked().submit(sequence, job_params=[{"runs": RUNS}], wait=True, backend_configuration=config)
    (result,) = remote.results
    return told(sequence, result.final_bitstrings) | {
        "times": list(result.get_result_times(occupation)),
        "occupation": [float(mean) for mean in result.get_result(occupation, 1.0)],
        "atoms": list(result.atom_order),
    }


def a_large_result() -> Any:
    """More than an answer holds: the client follows a link."""
    apart = pulser.Register.rectangle(2, 5, spacing=14, prefix="q")
    sequence = pulser.Sequence(apart, device(EMULATOR))
    sequence.declare_channel("c", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(200, pi * 2.5, 0, 0), "c")
    times = [n / 100 for n in range(20, 101)]  # some 690 KiB
    config = EmulationConfig(observables=[BitStrings(evaluation_times=times, num_shots=RUNS)])
    here = linked()
    remote = here.submit(sequence, job_params=[{"runs": RUNS}], wait=True, backend_configuration=config)
    (kept,) = here._client.list_job_results(job_id=remote.job_ids[0])
    (result,) = remote.results
    return {
        "inline": kept.result,
        "linked": kept.url.startswith("http"),
        "times": len(result.get_result_times("bitstrings")),
        "runs": sum(result.final_bitstrings.values()),
        "ones": [sum(n for word, n in result.final_bitstrings.items() if word[q] == "1") for q in range(10)],
    }


def with_the_device_s_noise() -> Any:
    """It is in the device, and taken where it is asked for."""
    here = device(EMULATOR)
    sequence = pulser.Sequence(here.pre_calibrated_layouts[0].define_register(30, qubit_ids=["a"]), here)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(400, pi * 2.5, 0.0, 0.0), "drive")
    config = EmulationConfig(observables=[BitStrings(num_shots=RUNS)], prefer_device_noise_model=True)
    remote = linked().submit(sequence, job_params=[{"runs": RUNS}], wait=True, backend_configuration=config)
    (result,) = remote.results
    return dict(result.final_bitstrings)


def tensors() -> Any:
    here = device(TENSORS)
    pair = pulser.Register({"a": (0.0, 0.0), "b": (7.0, 0.0)})
    sequence = pulser.Sequence(pair, here)
    sequence.declare_channel("drive", "rydberg_local", initial_target="a")
    sequence.add(Pulse.ConstantPulse(200, pi * 5.0, 0.0, 0.0), "drive")
    remote = linked().submit(sequence, job_params=[{"runs": RUNS}], wait=True)
    (result,) = remote.results
    return told(sequence, result.bitstring_counts)


def the_machine() -> Any:
    """Two jobs of one session; the model is the session's, and the jobs have none."""
    sequence = two_near_and_one_apart(device(MACHINE))
    remote = QPUBackend(sequence, linked()).run([{"runs": 300}, {"runs": 20}], wait=True)
    counts = [dict(result.bitstring_counts) for result in remote.results]
    return {
        "newest first": counts,
        "batch": remote.get_batch_status().name,
        "jobs": jobs_of(remote),
        "session": session_of(remote),
    }


def an_open_session() -> Any:
    """Where somebody chose limits, the session stays open until it is closed."""
    here = linked(max_duration="20m", max_idle_duration="2m")
    sequence = two_near_and_one_apart(device(EMULATOR))
    remote = here.submit(sequence, job_params=[{"runs": 10}], wait=True)
    opened = session_of(remote)
    here.close()
    return {"open": opened, "closed": session_of(remote)}


def the_vendor_s_own_example() -> Any:
    """Twenty-five atoms, sent to a server where nobody works: it waits, and can be given up."""
    here = ScalewayProvider(**setting().idle)
    machine = here.fetch_available_devices()[EMULATOR]
    register = pulser.Register.square(5, 5, prefix="q").with_automatic_layout(machine)
    sequence = pulser.Sequence(register, machine)
    sequence.declare_channel("rydberg_global", "rydberg_global")
    t = sequence.declare_variable("t", dtype=int)
    amplitude, detuning = pulser.BlackmanWaveform(t, pi), pulser.RampWaveform(t, -5, 5)
    sequence.add(Pulse(amplitude, detuning, 0), "rydberg_global")
    asked = [{"runs": 100, "variables": {"t": 1000}}, {"runs": 20, "variables": {"t": 2000}}]
    remote = QPUBackend(sequence, here).run(asked, wait=False)
    waiting = [str(job.status) for job in here._client.list_jobs(session_id=remote.batch_id)]
    here.close()
    return {
        "waiting": waiting,
        "given up": remote.get_batch_status().name,
        "available": remote.get_available_results(),
    }


def ended(remote: RemoteResults) -> Any:
    return {"batch": remote.get_batch_status().name, "jobs": jobs_of(remote)}


def what_cannot_run() -> Any:
    here, plain = linked(), two_near_and_one_apart(device(EMULATOR))
    machine = device(MACHINE)
    configured = EmulationConfig(observables=[BitStrings()])
    # Forged: the client believes what is written in the device.
    crowd = machine.pre_calibrated_layouts[0].define_register(*range(20))
    crowded = pulser.Sequence(crowd, replace(machine, max_atom_num=50))
    crowded.declare_channel("drive", "rydberg_global")
    crowded.add(Pulse.ConstantPulse(400, 1.0, 0.0, 0.0), "drive")
    elsewhere = two_near_and_one_apart(replace(machine, name="ELSEWHERE"))
    return {
        "too many runs": ended(here.submit(plain, job_params=[{"runs": 5000}], wait=True)),
        "too many atoms": ended(here.submit(crowded, job_params=[{"runs": 10}], wait=True)),
        "a configuration": ended(
            here.submit(
                two_near_and_one_apart(machine),
                job_params=[{"runs": 10}],
                wait=True,
                backend_configuration=configured,
            )
        ),
        "no runs": refused(here.submit, two_near_and_one_apart(machine), job_params=[{}]),
        "elsewhere": refused(here.submit, elsewhere, job_params=[{"runs": 1}]),
    }


def strangers() -> Any:
    return refused(linked(secret_key=NOBODY).fetch_available_devices)


if __name__ == "__main__":
    play(
        (
            devices,
            a_job_on_the_emulator,
            without_a_layout,
            without_runs,
            two_values_of_a_variable,
            a_register_to_be_mapped,
            observables,
            a_large_result,
            with_the_device_s_noise,
            tensors,
            the_machine,
            an_open_session,
            the_vendor_s_own_example,
            what_cannot_run,
            strangers,
        )
    )
