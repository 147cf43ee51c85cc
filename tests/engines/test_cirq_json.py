from __future__ import annotations

import json

import cirq
import numpy as np
import pytest
import sympy

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_qasm import Allowance
from ketway.engines.cirq_gates import NUMBERS, OTHERS, PAULIS
from ketway.engines.cirq_json import circuit_of
from tests.engines.cirq_circuits import (
    CHANNELS,
    GATES,
    Q,
    a_measurement,
    a_qubit,
    a_text,
    an_operation,
    an_x,
    around,
    asymmetric,
    frozen,
    moments,
    repeated,
    shared,
)

OLD_NAMES = {"CNotPowGate", "CCNotPowGate", "SingleQubitMatrixGate", "TwoQubitMatrixGate"}
MEASUREMENTS = (cirq.measure(*Q[:3], key="a", invert_mask=(True,)).gate, cirq.PauliMeasurementGate([cirq.X]))
BIG = 10**9


def read(circuit: cirq.AbstractCircuit, steps: int = 100_000) -> cirq.Circuit:
    return circuit_of(cirq.to_json(circuit), Allowance(steps))


def refusal(text: str, steps: int = 100_000) -> str:
    with pytest.raises(ProgramRefused) as refused:
        circuit_of(text, Allowance(steps))
    return str(refused.value)


@pytest.mark.parametrize("gate", [*GATES, *CHANNELS], ids=lambda gate: str(gate)[:30].split("\n")[0])
def test_every_gate_comes_back_as_it_was_written(gate):
    circuit = around(gate)

    found = read(circuit)

    if cirq.has_unitary(gate):
        assert np.allclose(found.unitary(qubit_order=Q), circuit.unitary(qubit_order=Q))
    else:
        assert found == circuit


def test_the_gates_of_these_tests_are_all_that_are_taken():
    kinds = {json.loads(cirq.to_json(gate))["cirq_type"] for gate in (*GATES, *CHANNELS, *MEASUREMENTS)}

    assert kinds == {*NUMBERS, *OTHERS, *PAULIS} - OLD_NAMES


def test_every_way_to_write_an_operation_is_read():
    a, b, c = cirq.LineQubit(0), cirq.GridQubit(1, 2), cirq.NamedQubit("c")
    operations = [
        cirq.X(a),
        cirq.Z(b) * cirq.X(c),
        cirq.PauliStringPhasor(cirq.X(a) * cirq.Z(b), exponent_neg=0.1),
        cirq.ControlledOperation([a], cirq.X(b) ** 0.3, control_values=[0]),
        cirq.global_phase_operation(1j),
        cirq.reset(a),
        cirq.measure(a, b, key="m"),
        cirq.X(c).with_classical_controls("m", cirq.BitMaskKeyCondition("m", bitmask=2)),
        cirq.Y(c).with_classical_controls((sympy.Symbol("m") > 2) | sympy.Eq(sympy.Symbol("m"), 0)),
    ]

    one_by_one = cirq.Circuit(cirq.Moment(operation) for operation in operations)

    assert list(read(one_by_one).all_operations()) == operations


def test_tags_and_the_older_name_of_a_qubit_say_nothing_more():
    tagged = cirq.X(cirq.LineQid(1, 2)).with_tags("mine", cirq.VirtualTag())

    assert list(read(cirq.Circuit(tagged)).all_operations()) == [cirq.X(cirq.LineQubit(1))]


def test_a_readers_circuit_samples_as_the_one_that_was_sent():
    circuit = asymmetric()

    ours, theirs = (cirq.Simulator(seed=3).run(one, repetitions=200) for one in (read(circuit), circuit))

    assert ours == theirs


def test_a_circuit_in_a_circuit_is_written_out_with_its_keys_and_controls():
    inner = cirq.FrozenCircuit(
        cirq.X(Q[0]) ** 0.3,
        cirq.measure(Q[0], key="a"),
        cirq.X(Q[1]).with_classical_controls("a"),
        cirq.X(Q[2]).with_classical_controls("outer"),
    )
    circuit = cirq.Circuit(
        cirq.X(Q[3]) ** 0.4,
        cirq.measure(Q[3], key="outer"),
        cirq.CircuitOperation(inner, repetitions=2, use_repetition_ids=True),
        cirq.CircuitOperation(inner, repetitions=2, use_repetition_ids=False).with_qubits(*Q[1:4]),
        cirq.CircuitOperation(inner).with_measurement_key_mapping({"a": "b"}),
        cirq.CircuitOperation(cirq.FrozenCircuit(cirq.X(Q[0]) ** 0.2), repetitions=-3),
        cirq.measure(*Q[:4], key="z"),
    )

    found = read(circuit)

    assert not any(isinstance(one, cirq.CircuitOperation) for one in found.all_operations())
    ours, theirs = (cirq.Simulator(seed=5).run(one, repetitions=50) for one in (found, circuit))
    assert ours.records.keys() == theirs.records.keys() == {"outer", "0:a", "1:a", "a", "b", "z"}
    assert all((ours.records[key] == theirs.records[key]).all() for key in ours.records)


def test_a_shared_circuit_is_read_with_the_values_of_each_place():
    t = sympy.Symbol("t")
    inner = cirq.FrozenCircuit(cirq.X(Q[0]) ** (t / 2 + sympy.pi * 0))
    circuit = cirq.Circuit(
        cirq.CircuitOperation(inner, param_resolver={t: 0.5}),
        cirq.CircuitOperation(inner, param_resolver={t: 1.5}),
    )

    found = read(circuit)

    assert [one.gate.exponent for one in found.all_operations()] == [0.25, 0.75]


def test_the_older_form_of_shared_circuits_is_read():
    inner = frozen(an_operation(an_x(exponent=0.5)))
    twice = frozen(*[repeated({"cirq_type": "_SerializedKey", "key": 1}) for _ in range(2)])

    found = circuit_of(shared(inner, twice), Allowance(1000))

    assert [one.gate.exponent for one in list(found.all_operations())[:-1]] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("exponent", "value"),
    [
        (sympy.Rational(1, 3), 1 / 3),
        (sympy.pi / 4, np.pi / 4),
        (sympy.sqrt(2) - sympy.Integer(1), 2**0.5 - 1),
        (sympy.Float(0.25) * sympy.E, np.e / 4),
    ],
)
def test_an_exponent_may_be_a_number_that_sympy_spells_out(exponent, value):
    found = read(cirq.Circuit(cirq.X(Q[0]) ** exponent))

    assert next(found.all_operations()).gate.exponent == pytest.approx(value)


@pytest.mark.parametrize(
    ("exponent", "why"),
    [
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (1e300, "finite and at most"),
        ("1", "should be a number"),
        (True, "should be a number"),
        ([1], "should be a number"),
        ({"cirq_type": "sympy.Symbol", "name": "t"}, "parameter 't' has no value"),
        ({"cirq_type": "sympy.Rational", "p": 1, "q": 0}, "division by zero"),
        ({"cirq_type": "sympy.Integer", "i": 10**30}, "whole number"),
        ({"cirq_type": "sympy.Pow", "args": [-1, 0.5]}, "should be real"),
        ({"cirq_type": "sympy.Pow", "args": [1e10, 1e10]}, "out of range"),
        (
            {"cirq_type": "sympy.Pow", "args": [10, {"cirq_type": "sympy.Pow", "args": [10, 9]}]},
            "out of range",
        ),
        ({"cirq_type": "sympy.Mul", "args": [1] * 51}, "at most 50"),
        ({"cirq_type": "sympy.Function", "args": ["__import__('os')"]}, "should be a number"),
    ],
)
def test_an_exponent_that_is_no_number_is_refused_with_its_moment(exponent, why):
    said = refusal(a_text(an_operation(an_x(exponent=exponent))))

    assert said.startswith("Cirq JSON: ")
    assert why in said


IDENTITY = [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("gate", "n_qubits", "why"),
    [
        ({"cirq_type": "IdentityGate", "num_qubits": BIG}, 1, "from 1 to 1000"),
        ({"cirq_type": "ParallelGate", "sub_gate": an_x(), "num_copies": BIG}, 1, "from 1 to 1000"),
        ({"cirq_type": "ParallelGate", "sub_gate": a_measurement(), "num_copies": 2}, 2, "only a unitary"),
        ({"cirq_type": "QuantumFourierTransformGate", "num_qubits": BIG}, 1, "from 1 to 1000"),
        ({"cirq_type": "DepolarizingChannel", "p": 0.1, "n_qubits": 10}, 10, "from 1 to 3"),
        ({"cirq_type": "DepolarizingChannel", "p": 1.1}, 1, "p(I) was less than 0"),
        ({"cirq_type": "MatrixGate", "matrix": [[1] * 128] * 128}, 7, "at most 64"),
        (
            {"cirq_type": "MatrixGate", "matrix": IDENTITY, "qid_shape": [2] * BIG.bit_length()},
            1,
            "at most 6",
        ),
        ({"cirq_type": "MatrixGate", "matrix": [[1, 1], [0, 1]]}, 1, "Not a unitary"),
        ({"cirq_type": "MatrixGate", "matrix": [[1, 0], [0]]}, 1, "should be square"),
        (
            {"cirq_type": "MatrixGate", "matrix": np.eye(3).tolist(), "qid_shape": [3]},
            1,
            "more than two levels",
        ),
        ({"cirq_type": "DiagonalGate", "diag_angles_radians": [0] * 128}, 7, "at most 64"),
        ({"cirq_type": "TwoQubitDiagonalGate", "diag_angles_radians": [0] * 8}, 2, "4 angles"),
        ({"cirq_type": "GlobalPhaseGate", "coefficient": 2}, 0, "not unitary"),
        ({"cirq_type": "KrausChannel", "_kraus_ops": [[[1, 0], [0, 0.5]]]}, 1, "CPTP"),
        ({"cirq_type": "KrausChannel", "_kraus_ops": [IDENTITY] * 65}, 1, "at most 64"),
        (
            {"cirq_type": "MixedUnitaryChannel", "_mixture": [[1.5, IDENTITY], [-0.5, IDENTITY]]},
            1,
            "between 0 and 1",
        ),
        ({"cirq_type": "AsymmetricDepolarizingChannel", "error_probabilities": {"X" * 9: 1}}, 9, "at most 3"),
        ({"cirq_type": "RandomGateChannel", "sub_gate": an_x(), "probability": 2}, 1, "probability"),
        (a_measurement(key=7), 1, "should be a text"),
        (a_measurement(key="k" * 201), 1, "at most 200"),
        (a_measurement(confusion_map=[[[0], [[0.9, 0.9], [0, 1]]]]), 1, "sum to 1"),
        (an_x(dimension=3), 1, "has a field 'dimension'"),
        ({"cirq_type": "MatrixGate"}, 1, "'MatrixGate' has no `matrix`"),
        ({"cirq_type": "BitFlipChannel"}, 1, "argument: 'p"),
        (an_x(), 3, "Wrong number of qubits"),
        ({"cirq_type": "BooleanHamiltonianGate", "boolean_strs": ["__import__('os')"]}, 1, "not taken here"),
        ({"cirq_type": "pandas.DataFrame", "data": []}, 1, "not taken here"),
        ({"cirq_type": "StatePreparationChannel", "target_state": [1, 0]}, 1, "not taken here"),
        ({"cirq_type": ["XPowGate"]}, 1, "not taken here"),
        (None, 1, "not taken here"),
    ],
)
def test_a_gate_that_is_wrong_or_too_large_is_refused(gate, n_qubits, why):
    assert why in refusal(a_text(an_operation(gate, n_qubits)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[1]", "not a circuit"),
        (
            '{"cirq_type": "Linspace", "key": "a", "start": 0, "stop": 1, "length": 1000000000}',
            "not a circuit",
        ),
        ('{"cirq_type": "Circuit"}', "no `moments`"),
        ('{"cirq_type": "Circuit", "moments": {}}', "should be a list"),
        ('{"cirq_type": "Circuit", "moments": [1]}', "should hold moments"),
        ('{"cirq_type": "Circuit", "moments": [{"cirq_type": "Moment"}]}', "has no `operations`"),
        ('{"cirq_type": "_ContextualSerialization", "object_dag": []}', "not a circuit"),
        ('{"cirq_type": "REF", "key": 0}', "not a circuit"),
        (a_text({"cirq_type": "os.system", "command": "true"}), "operation 'os.system' is not taken"),
        (a_text({"cirq_type": "TaggedOperation"}), "operation '' is not taken"),
        (a_text({**an_operation(an_x()), "qubits": [a_qubit(), a_qubit()]}), "Wrong number of qubits"),
        (a_text({**an_operation(an_x()), "qubits": [[0]]}), "a qubit should be"),
        (a_text({**an_operation(an_x()), "qubits": [a_qubit() | {"dimension": 3}]}), "more than two levels"),
        (a_text({**an_operation(an_x()), "qubits": [{"cirq_type": "_QubitAsQid"}]}), "a qubit should be"),
        (a_text(repeated({"cirq_type": "REF", "key": 3})), "before it is said"),
        (a_text(repeated(frozen(), repetitions=BIG)), "repetitions should be a whole number"),
        (a_text(repeated(frozen(), repetitions=-BIG)), "repetitions should be a whole number"),
        (a_text(repeated(frozen(), repetitions=2.0)), "repetitions should be a whole number"),
        (a_text(repeated(frozen(an_operation(an_x())), repetitions=90_000)), "more than 100000 instructions"),
        (a_text(repeated(frozen(), repeat_until={"cirq_type": "KeyCondition"})), "say how often"),
        (a_text(repeated(frozen(), repetitions=2, repetition_ids=["a"])), "repetition_ids"),
    ],
)
def test_what_is_malformed_or_too_much_is_refused(text, why):
    assert why in refusal(text)


def nested(levels: int, **changes) -> str:
    """Circuits that each hold the one before twice."""
    parts = [frozen(an_operation(an_x()))]
    for key in range(1, levels):
        before = {"cirq_type": "_SerializedKey", "key": key}
        parts.append(
            frozen(
                *[
                    repeated(before, **{name: change(key, place) for name, change in changes.items()})
                    for place in range(2)
                ]
            )
        )
    return shared(*parts)


def test_circuits_that_double_each_other_are_not_written_out():
    assert "more than 100000 instructions" in refusal(nested(19))


def test_circuits_that_double_each_other_with_other_values_are_not_read_for_ever():
    def resolver(key: int, place: int) -> dict:
        return {"cirq_type": "ParamResolver", "param_dict": [[f"a{key}", place]]}

    assert "more than 10000 instructions" in refusal(nested(19, param_resolver=resolver), steps=10_000)


@pytest.mark.parametrize("levels", [25, 3_000])
def test_circuits_are_nested_only_so_deep(levels):
    assert "nested more than 20 deep" in refusal(nested(levels))


def test_a_circuit_that_holds_itself_is_refused():
    assert "nested more than 20 deep" in refusal(
        shared(frozen(repeated({"cirq_type": "_SerializedKey", "key": 1})))
    )


def test_deep_json_is_refused_before_it_is_parsed():
    assert "levels deep" in refusal('{"cirq_type": "Circuit", "moments": ' + "[" * 10_000)


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ({"cirq_type": "sympy.Pow", "args": [10, 10]}, "cannot hold 'sympy.Pow'"),
        ({"cirq_type": "sympy.Not", "args": [{"cirq_type": "sympy.Symbol", "name": "z"}] * 51}, "at most 50"),
        (
            {"cirq_type": "sympy.And", "args": [{"cirq_type": "sympy.Add", "args": [1, 1]}] * 25},
            "at most 50 steps",
        ),
        ({"cirq_type": "sympy.Indexed", "args": []}, "cannot hold"),
        (10**30, "whole number"),
    ],
)
def test_a_condition_is_bounded(expression, why):
    condition = {"cirq_type": "SympyCondition", "expr": expression}
    controlled = {
        "cirq_type": "ClassicallyControlledOperation",
        "conditions": [condition],
        "sub_operation": an_operation(an_x()),
    }

    assert why in refusal(json.dumps({"cirq_type": "Circuit", "moments": moments(controlled)}))
