from __future__ import annotations

import json
from math import sqrt

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
)

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Computed
from ketway.engines.aer import ENGINE
from ketway.engines.aer_options import OPTIONS, OURS, options_of
from tests.engines.circuits import (
    BELL,
    CIRQ,
    HEAD_2,
    HEAD_3,
    a_document,
    a_document_with,
    a_task,
    an_old_document,
    ghz,
    opened,
)

SHOTS = 10_000


def run(program: str = BELL, **changes) -> Computed:
    return ENGINE.run(a_task(program, **changes), lambda percent: None)


def refusal(program: str, **changes) -> str:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(a_task(program, **changes))
    return str(refused.value)


def near(count: int, chance: float, shots: int = SHOTS) -> bool:
    """Within five standard deviations."""
    return abs(count - chance * shots) <= 5 * sqrt(shots * chance * (1 - chance))


@pytest.mark.parametrize("n_qubits", [2, 3, 10])
def test_a_ghz_state_is_all_zeros_or_all_ones(n_qubits):
    counts = run(a_document(ghz(n_qubits)), shots=SHOTS).counts[0]

    assert counts.keys() == {"0" * n_qubits, "1" * n_qubits}
    assert near(counts["0" * n_qubits], 0.5)


@pytest.mark.parametrize(
    "method", ["statevector", "density_matrix", "stabilizer", "extended_stabilizer", "matrix_product_state"]
)
def test_every_method_makes_a_bell_pair(method):
    computed = run(a_document(ghz(2), options={"method": method}), shots=SHOTS)

    assert computed.counts[0].keys() == {"00", "11"}
    assert near(computed.counts[0]["00"], 0.5)
    assert computed.metadata["method"] == method


def test_depolarising_noise_flips_as_often_as_it_should():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["x"])
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)

    counts = run(a_document(circuit, noise=noise), shots=SHOTS).counts[0]

    assert near(counts["0"], 0.1)


def test_kraus_unitary_pauli_and_readout_errors_are_rebuilt():
    noise = NoiseModel()
    noise.add_quantum_error(amplitude_damping_error(0.3), ["x"], [0])
    noise.add_quantum_error(coherent_unitary_error(np.array([[0, 1], [1, 0]])), ["x"], [1])
    noise.add_quantum_error(pauli_error([("XX", 0.25), ("II", 0.75)]), ["cz"], [2, 3])
    noise.add_readout_error([[0.9, 0.1], [0.4, 0.6]], [4])
    circuit = QuantumCircuit(5, 5)
    circuit.x([0, 1])
    circuit.cz(2, 3)
    circuit.measure(range(5), range(5))

    counts = run(a_document(circuit, noise=noise), shots=SHOTS).counts[0]

    ones = [sum(count for bits, count in counts.items() if bits[4 - bit] == "1") for bit in range(5)]
    assert near(ones[0], 0.7)
    assert ones[1] == 0
    assert ones[2] == ones[3] and near(ones[2], 0.25)
    assert near(ones[4], 0.1)


def an_error(**changes) -> dict:
    error = {
        "type": "qerror",
        "operations": ["x"],
        "instructions": [[{"name": "id", "qubits": [0]}], [{"name": "x", "qubits": [0]}]],
        "probabilities": [0.9, 0.1],
    }
    return {"errors": [error | changes]}


WIDE_MATRIX = [[[1.0, 0.0]] * 4] * 4


@pytest.mark.parametrize(
    ("noise", "why"),
    [
        (an_error(probabilities=[1.5, -0.5]), "between 0 and 1"),
        (an_error(probabilities=[0.5, 0.1]), "sum to 1"),
        (an_error(probabilities=[float("nan"), 1]), "finite"),
        (an_error(probabilities=["1", 0]), "finite"),
        (an_error(probabilities=[1]), "2 instructions have 1 probabilities"),
        (an_error(instructions=[[{"name": "x", "qubits": [40]}], []]), "at most 3 different qubits"),
        (an_error(instructions=[[], []]), "should hold an instruction"),
        (an_error(instructions=[[{"name": "cx", "qubits": [0]}]], probabilities=[1]), "acts on 2 qubits"),
        (an_error(instructions=[[{"name": "save_state", "qubits": [0]}]], probabilities=[1]), "not known"),
        (
            an_error(
                instructions=[[{"name": "kraus", "qubits": [0], "params": [WIDE_MATRIX]}]], probabilities=[1]
            ),
            "at most 2 allowed",
        ),
        (
            an_error(
                instructions=[[{"name": "kraus", "qubits": [0], "params": [[[1, 0], [0, 0.5]]]}]],
                probabilities=[1],
            ),
            "identity",
        ),
        (
            an_error(
                instructions=[[{"name": "unitary", "qubits": [0], "params": [[[1, 1], [0, 1]]]}]],
                probabilities=[1],
            ),
            "unitary",
        ),
        ({"errors": [{"type": "roerror", "probabilities": [[0.9, 0.2], [0.1, 0.9]]}]}, "sum to 1"),
        ({"errors": [{"type": "roerror", "probabilities": [[1.0]]}]}, "square matrix"),
        ({"errors": [{"type": "magic"}]}, "`qerror` or `roerror`"),
        ({"errors": {"a": 1}}, "should be a list"),
    ],
)
def test_noise_that_cannot_be_is_refused(noise, why):
    assert why in refusal(a_document_with(noise))


def test_the_same_seed_gives_the_same_document():
    task = a_task(a_document(ghz(3), ghz(3)), parameters={"options": {"memory": True}})

    first, second = (ENGINE.run(task, lambda percent: None) for _ in range(2))

    assert first.document == second.document


def test_each_circuit_has_a_seed_of_its_own():
    computed = run(a_document(ghz(3), ghz(3)), seed=11)

    assert computed.metadata["seed"] == 11
    assert [result["seed_simulator"] for result in opened(computed)["results"]] == [11, 11 + 2113]
    assert computed.counts[0] != computed.counts[1]


def test_a_users_seed_gives_what_aer_gives_at_home():
    circuit = QuantumCircuit(3, 3)
    circuit.h(range(3))
    circuit.t(0)
    circuit.measure(range(3), range(3))
    at_home = AerSimulator(max_parallel_threads=1).run([circuit] * 2, shots=1000, seed_simulator=42).result()

    computed = run(a_document(circuit, circuit, options={"seed_simulator": 42}), seed=1)

    assert computed.metadata["seed"] == 42
    assert list(computed.counts) == at_home.get_counts()


@pytest.mark.parametrize("seed", [-1, 1 << 63, 1.5, "7", True])
def test_a_seed_that_is_none_is_refused(seed):
    assert "seed_simulator" in refusal(a_document(options={"seed_simulator": seed}))


def test_shots_come_from_the_job_then_the_document_then_the_default():
    assert run(an_old_document(ghz(2), shots=30), shots=20).shots == 20
    assert run(an_old_document(ghz(2), shots=30), shots=None).shots == 30
    assert run(BELL, shots=None).shots == 1024


def test_shots_are_bounded():
    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task(shots=100_001))
    assert "at least 1" in refusal(BELL, shots=0)


def test_options_about_our_hardware_are_ignored():
    sent = {
        "method": "statevector",
        "max_parallel_threads": 64,
        "max_parallel_experiments": 0,
        "blocking_enable": True,
        "runtime_parameter_bind_enable": True,
        "executor": "x",
        "description": "a noisy one",
        "enable_truncation": False,
        "max_memory_mb": 1 << 20,
    }

    told = options_of(sent, a_task(settings={"max_memory_mb": 100}))

    assert told == {"method": "statevector", **OURS, "max_memory_mb": 100}


#: As the clients of QPerfect's and Quobly's emulators send them.
MIMIQ = {
    "label": "pyapi_v1.0",
    "algorithm": "auto",
    "bitstrings": None,
    "timelimit": 9999,
    "bonddim": 32,
    "entdim": 16,
    "seed": 42,
    "qasmincludes": None,
    "nsamples": 1000,
}


def test_options_of_another_emulator_are_understood_where_they_mean_something():
    sent = {name: value for name, value in MIMIQ.items() if value is not None}

    auto, mps = (options_of(sent | {"algorithm": named}, a_task()) for named in ("auto", "mps"))

    assert auto["method"] == "automatic"
    assert mps["method"] == "matrix_product_state"
    assert mps["matrix_product_state_max_bond_dimension"] == 32
    assert (
        auto.keys()
        == mps.keys()
        == {"method", "matrix_product_state_max_bond_dimension", *OURS, "max_memory_mb"}
    )


@pytest.mark.parametrize("options", [MIMIQ, {"seed": 42, "noise": True}])
def test_the_seed_of_another_emulators_client_is_aers(options):
    computed = run(a_document(ghz(3), options=options))

    assert computed.metadata["seed"] == 42
    assert computed.counts == run(a_document(ghz(3), options={"seed_simulator": 42})).counts


def test_a_bond_dimension_bounds_the_state_as_aers_own_option_does():
    def outcomes(bonds: int) -> set[str]:
        options = {"algorithm": "mps", "bonddim": bonds}
        return set(run(a_document(ghz(4), options=options), shots=SHOTS).counts[0])

    assert outcomes(2) == {"0000", "1111"}
    assert len(outcomes(1)) == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"algorithm": "magic"}, "give one of automatic"),
        ({"bonddim": 0}, "bond_dimension cannot be '0'"),
        ({"seed": -1}, "seed_simulator"),
    ],
)
def test_options_of_another_emulator_are_checked_as_aers_are(options, why):
    assert why in refusal(a_document(options=options))


def test_a_parameter_of_a_cirq_circuit_is_no_option():
    computed = run(a_document(ghz(2), user_agent=CIRQ), parameters={"options": {"seed": 0.5}}, seed=3)

    assert computed.metadata["seed"] == 3


def test_every_option_that_we_pass_on_is_one_of_aers():
    known = dict(AerSimulator().options.items())

    assert OPTIONS.keys() | OURS.keys() <= known.keys()


def test_aers_own_defaults_pass_as_a_client_sends_them():
    defaults = dict(AerSimulator().options.items())
    for sent_apart in ("shots", "memory", "noise_model"):
        defaults.pop(sent_apart)

    computed = run(a_document(ghz(2), options=defaults))

    assert computed.counts[0].keys() == {"00", "11"}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"method": "unitary"}, "give one of automatic"),
        ({"device": "GPU"}, "no device 'GPU'"),
        ({"fusion_max_qubit": 60}, "fusion_max_qubit"),
        ({"matrix_product_state_max_bond_dimension": -3}, "bond_dimension"),
        ({"zero_threshold": float("nan")}, "zero_threshold"),
        ({"max_memory_mb": "all"}, "max_memory_mb"),
    ],
)
def test_options_that_cannot_be_are_refused(options, why):
    assert why in refusal(a_document(options=options))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD_3 + "qubit[2] q;\nfoo q[1];", "line 4, column 0: gate 'foo' is not defined"),
        (HEAD_3 + "qubit[2] q;\nh q[0\nh q[1];", "line 5"),
        (HEAD_3 + "qubit[2] q;\nh q[0]; ~", "line 4"),
        (HEAD_2 + "qreg q[2];\nfoo q[1];", "line 4, column 0: 'foo' is not defined"),
        (HEAD_2 + "qreg q[2];\nh q[0\nh q[1];", "line 5"),
    ],
)
def test_a_syntax_error_names_the_line(text, why):
    assert why in refusal(text)


@pytest.mark.parametrize("head", ["OPENQASM 2.0;\n", "OPENQASM 3.0;\n"])
@pytest.mark.parametrize(
    "named", ['"/etc/passwd"', '"../x.inc"', "'/etc/passwd'", "x", '"a//b"', '/* */ "x"']
)
def test_no_file_can_be_included(head, named):
    assert "can be included" in refusal(f"{head}include {named};\n")


@pytest.mark.parametrize("read", ["OPENQASM 2.0;", "OPENQASM 3.0;"])
def test_the_readers_themselves_open_no_file(read, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "qelib1.inc").write_text("secret")
    (tmp_path / "stdgates.inc").write_text("secret")
    name = "qelib1.inc" if "2" in read else "stdgates.inc"
    qubits = "qreg q[1]; creg c[1];" if "2" in read else "qubit[1] q; bit[1] c;"

    computed = run(f'{read}\ninclude "{name}";\n{qubits}\nx q[0];\nmeasure q -> c;')

    assert computed.counts[0] == {"1": 1000}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("OPENQASM 1.0;\nqubit a;", "in OpenQASM 1; send OpenQASM 2 or 3"),
        ('{"cirq_type": "Circuit", "moments": []}', "in Cirq JSON; send OpenQASM"),
        (HEAD_3 + "qubit[2] q;\nh q[0];", "has no measurement"),
        (HEAD_3 + "input float a;\nqubit q;\nbit c;\nrx(a) q;\nc = measure q;", "inputs without a value (a)"),
        (
            HEAD_2 + "opaque magic a;\nqreg q[1];\ncreg c[1];\nmagic q[0];\nmeasure q->c;",
            "'magic' has no def",
        ),
        ("OPENQASM 3.0;\nqubit[1000000000] q;", "1000000000 bits declared"),
        ("OPENQASM 3.0;\nqubit[4_000] q; bit[4_000] a; bit[4_000] b;", "12000 bits declared"),
        ("OPENQASM 3.0;\nqubit[10**9] q;", "plain whole number"),
        ("OPENQASM 3.0;\nqubit[] q;", "plain whole number"),
        ("OPENQASM 2.0;\nqreg q[1000000000];", "1000000000 bits declared"),
        (HEAD_3 + "h $99999999;", "99999999 bits declared"),
        (HEAD_3 + "qubit q; ctrl(1000000) @ x q;", "1000000 controls"),
        (HEAD_3 + "qubit q;\nrx(" + "(" * 2000 + "1" + ")" * 2000 + ") q;", "nested too deep"),
    ],
)
def test_what_cannot_run_is_refused_with_a_sentence(text, why):
    assert why in refusal(text)


def test_gates_that_double_each_other_are_not_written_out():
    levels = "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}\n" for n in range(1, 60))
    text = HEAD_2 + "gate g0 a { x a; }\n" + levels + "qreg q[1];\ncreg c[1];\ng59 q[0];\nmeasure q -> c;"

    assert "more than 1000000 instructions" in refusal(text)


def test_gates_that_double_each_other_are_not_copied_either():
    levels = "".join(f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}\n" for n in range(1, 60))
    text = HEAD_3 + "gate g0 a { x a; }\n" + levels + "qubit[1] q;\nbit[1] c;\ng59 q[0];\nc = measure q;"

    assert "more than 50000 instructions once written out" in refusal(text)


def test_a_program_that_is_long_to_read_is_refused_before():
    text = HEAD_3 + "qubit[1] q;\nbit[1] c;\n" + "x q[0];\n" * 200_000 + "c = measure q;"

    assert "more than 200000 statements" in refusal(text)


def test_a_long_loop_is_not_written_out():
    loop = "for uint i in [0:1000000000000] { x q[0]; }"

    assert "more than 1000000 instructions" in refusal(
        HEAD_3 + f"qubit[1] q;\nbit[1] c;\n{loop}\nc = measure q;"
    )


def test_loops_and_conditions_run():
    text = (
        HEAD_3 + "qubit[2] q;\nbit[2] c;\nfor uint i in [0:4] { x q[0]; }\n"
        "c[0] = measure q[0];\nif (c[0] == false) { x q[1]; } else { x q[0]; }\nc[1] = measure q[1];\n"
    )

    assert run(text).counts[0] == {"01": 1000}  # [0:4] holds five values


def test_the_circuit_at_fault_is_named():
    unmeasured = QuantumCircuit(1)

    assert "Circuit 2 of 2: " in refusal(a_document(ghz(2), unmeasured))


def test_qubits_are_bounded_by_method():
    assert "21 qubits, at most 20" in refusal(a_document(ghz(21)))
    assert "12 qubits, at most 11" in refusal(a_document(ghz(12), options={"method": "density_matrix"}))
    assert "61 qubits, at most 60" in refusal(a_document(ghz(61), options={"method": "stabilizer"}))
    wide = run(a_document(ghz(40), options={"method": "matrix_product_state"}), shots=10)
    assert wide.counts[0].keys() <= {"0" * 40, "1" * 40}


def test_idle_qubits_do_not_count():
    circuit = QuantumCircuit(54, 2)
    circuit.h(17)
    circuit.cx(17, 40)
    circuit.barrier()
    circuit.measure([17, 40], [0, 1])

    assert run(a_document(circuit)).counts[0].keys() == {"00", "11"}


def test_what_aer_refuses_is_the_users_to_mend():
    circuit = ghz(2)
    circuit.t(0)
    circuit.measure(0, 0)

    with pytest.raises(ProgramRefused, match="invalid instructions"):
        run(a_document(circuit, options={"method": "stabilizer"}))


def test_more_memory_than_the_platforms_is_the_users_to_mend():
    circuit = QuantumCircuit(18, 18)
    circuit.h(range(18))
    circuit.t(range(18))
    for qubit in range(17):
        circuit.cx(qubit, qubit + 1)
    circuit.measure(range(18), range(18))

    with pytest.raises(ProgramRefused, match="Insufficient memory"):
        run(a_document(circuit), settings={"max_memory_mb": 1})


def all_kinds() -> QuantumCircuit:
    circuit = QuantumCircuit(4, 4)
    circuit.h(range(4))
    circuit.sxdg(0)
    circuit.rxx(0.3, 0, 1)
    circuit.rzx(0.7, 1, 2)
    circuit.iswap(2, 3)
    circuit.ecr(0, 3)
    circuit.rccx(0, 1, 2)
    circuit.mcx([0, 1, 2], 3)
    circuit.cx(0, 1, ctrl_state=0)
    circuit.cu(0.1, 0.2, 0.3, 0.4, 1, 3)
    circuit.ryy(0.9, 2, 3)
    circuit.measure(range(4), range(4))
    return circuit


@pytest.mark.parametrize("write", [qasm2.dumps, qasm3.dumps])
@pytest.mark.parametrize("method", ["statevector", "matrix_product_state"])
def test_gates_that_aer_does_not_know_are_written_out(write, method):
    circuit = all_kinds()
    expected = circuit.remove_final_measurements(inplace=False)
    program = {"serialization_format": 3, "compression_format": 1, "serialization": write(circuit)}
    document = {
        "programs": [program],
        "client": {"user_agent": "x"},
        "backend": {"name": "x", "options": {"method": method}},
    }

    counts = run(json.dumps(document), shots=SHOTS).counts[0]

    for bits, chance in statevector_odds(expected).items():
        assert near(counts.get(bits, 0), chance)


def statevector_odds(circuit: QuantumCircuit) -> dict[str, float]:
    return {
        bits: min(1.0, float(chance)) for bits, chance in Statevector(circuit).probabilities_dict().items()
    }


@pytest.mark.parametrize("write", [qasm2.dumps, qasm3.dumps])
def test_noise_finds_a_standard_gate_that_the_language_had_to_spell_out(write):
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(pauli_error([("XX", 1.0)]), ["rzz"])
    circuit = QuantumCircuit(2, 2)
    circuit.rzz(0.5, 0, 1)
    circuit.measure([0, 1], [0, 1])
    document = json.loads(a_document(circuit, noise=noise))
    document["programs"][0] |= {"compression_format": 1, "serialization": write(circuit)}

    assert run(json.dumps(document)).counts[0] == {"11": 1000}


def test_a_gate_that_cirq_takes_for_a_standard_one_is_there():
    program = HEAD_3 + "qubit q;\nbit b;\nsxdg q;\nry(pi/2) q;\nsx q;\nb = measure q;\n"
    twice = HEAD_3 + "qubit q;\nbit b;\nsxdg q;\nsxdg q;\nb = measure q;\n"
    turned = QuantumCircuit(1)
    turned.sxdg(0)
    turned.ry(np.pi / 2, 0)
    turned.sx(0)
    chance = Statevector(turned).probabilities()[1]

    assert near(run(program, shots=SHOTS).counts[0].get("1", 0), chance)
    assert run(twice).counts[0] == {"1": 1000}
    assert "line 5, column 0: gate 'nothing'" in refusal(HEAD_3 + "qubit q;\nsxdg q;\nnothing q;\n")


def test_a_program_may_define_that_gate_itself():
    program = HEAD_3 + "gate sxdg a { x a; }\nqubit q;\nbit b;\nsxdg q;\nb = measure q;\n"

    assert run(program).counts[0] == {"1": 1000}


@pytest.mark.parametrize(
    ("condition", "is_met"),
    [
        ("a != 0", True),
        ("a != 2", False),
        ("b != 0", False),
        ("a == 2 && b == 0", True),
        ("a != 0 && b != 0", False),
        ("a != 1 && b == 0 && a[1]", True),
        ("a == 2 && !b[0]", True),
    ],
)
def test_conditions_as_cirq_and_qiskit_write_them_are_read(condition, is_met):
    program = f"{HEAD_3}qubit[3] q;\nbit[2] a;\nbit[1] b;\nbit[1] c;\nx q[1];\na[0] = measure q[0];\n"
    program += f"a[1] = measure q[1];\nif ({condition}) x q[2];\nc[0] = measure q[2];\n"

    assert run(program).counts[0] == {("1010" if is_met else "0010"): 1000}


def test_a_condition_that_is_not_met_has_its_else():
    program = (
        f"{HEAD_3}qubit[2] q;\nbit[2] a;\nif (a != 0) {{ x q[0]; }} else {{ x q[1]; }}\na = measure q;\n"
    )

    assert run(program).counts[0] == {"10": 1000}


@pytest.mark.parametrize(
    "text",
    [
        "OPENQASM 2.0;\ngate rzz(a) p, q {{ U(pi,0,pi) p; }}\nqreg q[2];\ncreg c[2];\n{0}\nmeasure q -> c;",
        "OPENQASM 3.0;\ngate rzz(a) p, q {{ U(pi,0,pi) p; }}\nqubit[2] q;\nbit[2] c;\n{0}\nc = measure q;",
    ],
)
def test_a_programs_own_gate_is_the_programs_whatever_its_name(text):
    assert run(text.format("rzz(0.1) q[0], q[1];")).counts[0] == {"01": 1000}


@pytest.mark.parametrize(
    "name", ["unitary", "x_o0", "kraus", "pauli", "save_state", "measured", "mark", "reset_"]
)
def test_a_gate_cannot_pass_for_one_of_aers_own_instructions(name):
    define = f"OPENQASM 2.0;\ngate {name} p {{ U(pi,0,pi) p; }}\n"
    text = define + f"qreg q[1];\ncreg c[1];\n{name} q[0];\nmeasure q -> c;"

    assert run(text).counts[0] == {"1": 1000}


def test_progress_rises_to_one_hundred():
    told: list[int] = []

    ENGINE.run(a_task(a_document(ghz(2), ghz(2), ghz(2))), told.append)

    assert told == [0, 33, 66, 99, 100]


def test_the_metadata_says_what_ran():
    program = a_document(ghz(2), ghz(3))

    computed = ENGINE.run(a_task(program), lambda percent: None)

    assert computed.metadata["engine"] == "aer"
    assert {"version", "qiskit_version", "seed", "method", "seconds"} <= computed.metadata.keys()
    assert computed.metadata["qubits"] == ENGINE.check(a_task(program)).qubits == 3


#: As qiskit-scaleway 0.3 sends them where nothing was chosen, nulls included.
CLIENTS_OPTIONS = {
    "seed_simulator": None, "noise_model": None, "method": "automatic", "precision": "single",
    "max_shot_size": None, "enable_truncation": True, "max_parallel_experiments": 1,
    "zero_threshold": 1e-10, "validation_threshold": 1e-8, "accept_distributed_results": None,
    "runtime_parameter_bind_enable": False, "statevector_parallel_threshold": 14,
    "statevector_sample_measure_opt": 10, "stabilizer_max_snapshot_probabilities": 32,
    "extended_stabilizer_sampling_method": "resampled_metropolis",
    "extended_stabilizer_metropolis_mixing_time": 5000, "extended_stabilizer_approximation_error": 0.05,
    "extended_stabilizer_norm_estimation_samples": 100, "extended_stabilizer_norm_estimation_repetitions": 3,
    "extended_stabilizer_parallel_threshold": 100, "extended_stabilizer_probabilities_snapshot_samples": 3000,
    "matrix_product_state_max_bond_dimension": None, "matrix_product_state_truncation_threshold": 1e-16,
    "mps_sample_measure_algorithm": "mps_apply_measure", "mps_log_data": False,
    "mps_swap_direction": "mps_swap_left", "chop_threshold": 1e-8, "mps_parallel_threshold": 14,
    "mps_omp_threads": 1, "tensor_network_num_sampling_qubits": 10, "use_cuTensorNet_autotuning": False,
    "fusion_enable": True, "fusion_verbose": False, "fusion_max_qubit": None, "fusion_threshold": None,
}  # fmt: skip


@pytest.mark.parametrize(
    "method",
    [
        "automatic",
        "statevector",
        "density_matrix",
        "stabilizer",
        "extended_stabilizer",
        "matrix_product_state",
    ],
)
def test_all_that_a_client_sends_passes_with_every_method(method):
    sent = CLIENTS_OPTIONS | {"method": method}

    counts = run(a_document(ghz(2), options=sent), shots=SHOTS).counts[0]

    assert counts.keys() == {"00", "11"}
    assert near(counts["00"], 0.5)


@pytest.mark.parametrize("method", ["tensor_network", "unitary", "superop"])
def test_methods_that_are_not_here_are_refused_by_name(method):
    assert f"cannot be '{method}'" in refusal(a_document(options={"method": method}))


def test_circuits_are_bounded_where_the_platform_says_so():
    several = a_document(*[ghz(2)] * 4)

    assert "4 circuits in one job, at most 3" in refusal(several, settings={"max_circuits": 3})
    assert ENGINE.check(a_task(several, settings={"max_circuits": 4})).qubits == 2
