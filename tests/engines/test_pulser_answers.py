"""A sequence in a document of its own: how it is opened, and the answer that its clients read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulser.backend import BitStrings, Occupation, Results

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed, Task
from ketway.engines import emu_mps, emu_sv, pulser_by_size, pulser_qutip
from ketway.engines.engine import Engine
from tests.engines.machines import a_task_on, on_traps
from tests.engines.sequences import FAR, a_configuration, a_sequence, a_task, mappable, one_atom_flipped

QUTIP = pulser_qutip.ENGINE
ENGINES = [
    pytest.param(module.ENGINE, id=module.ENGINE.name)
    for module in (pulser_qutip, emu_sv, emu_mps, pulser_by_size)
]


def first_of_three() -> Any:
    """Only the first atom is flipped: a reversed register would be seen."""
    return a_sequence((0.0, 0.0), (FAR, 0.0), (2 * FAR, 0.0), channel="rydberg_local")


def a_document(sequence: Any, configuration: Any = None) -> str:
    """As `pulser-scaleway` sends it."""
    written = None if configuration is None else json.dumps(configuration)
    return json.dumps({"sequence": sequence.to_abstract_repr(), "backend_configuration": written})


def ran(task: Task, engine: Engine = QUTIP) -> Computed:
    return engine.run(task, lambda percent: None)


def answer_to(task: Task, engine: Engine = QUTIP) -> Any:
    return json.loads(ran(task, engine).document)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sequence_in_a_document_is_answered_with_its_counter_alone(engine: Engine) -> None:
    pair = a_sequence((0.0, 0.0), (FAR, 0.0))

    assert answer_to(a_task(a_document(pair), shots=70), engine) == {"counter": {"11": 70}}


def test_the_counter_has_the_atoms_in_the_order_of_the_register() -> None:
    assert answer_to(a_task(a_document(first_of_three()), shots=9)) == {"counter": {"100": 9}}


def test_the_qubits_of_a_mappable_register_are_counted_in_the_order_of_its_names() -> None:
    task = a_task(a_document(mappable()), shots=9, parameters={"qubits": {"q0": 4, "q1": 1}})

    assert answer_to(task) == {"counter": {"11": 9}}


def test_a_machine_answers_in_the_same_way() -> None:
    answer = answer_to(a_task_on("FRESNEL", a_document(on_traps(30)), shots=8))

    assert answer.keys() == {"counter"}
    assert sum(answer["counter"].values()) == 8


@pytest.mark.parametrize("where", ["in the document", "beside it"])
def test_what_a_configuration_observes_is_in_the_answer_as_pulser_reads_it(where: str) -> None:
    occupation = Occupation(evaluation_times=[0.5, 1.0])
    configuration = a_configuration(BitStrings(evaluation_times=[1.0]), occupation)
    inside, beside = (
        (configuration, None) if where == "in the document" else (None, json.dumps(configuration))
    )

    answer = answer_to(a_task(a_document(first_of_three(), inside), shots=50, configuration=beside))

    assert answer.keys() == {"counter", "serialised_results"}
    results = Results.from_abstract_repr(answer["serialised_results"])
    assert results.get_result_times(occupation) == [0.5, 1.0]
    assert results.get_result(occupation, 1.0) == pytest.approx([1, 0, 0], abs=1e-3)
    assert answer["counter"] == dict(results.final_bitstrings) == {"100": 50}


def test_the_same_sequence_is_the_same_question_however_it_is_written() -> None:
    """Bare, as text in a document, as an object in it, and as JSON in strings in JSON."""
    sequence = json.loads(first_of_three().to_abstract_repr())
    texts = [
        json.dumps(sequence),
        json.dumps({"sequence": json.dumps(sequence)}),
        json.dumps({"sequence": sequence, "backend_configuration": None}),
        json.dumps({"sequence": json.dumps(json.dumps(sequence)), "backend_configuration": ""}),
        json.dumps(a_document(first_of_three())),
    ]

    assert [ran(a_task(text)).counts[0] for text in texts] == [{"100": 100}] * len(texts)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"sequence": None}, "program"),
        ({"sequence": 5}, "program"),
        ({"sequence": ""}, "program"),
        ({"sequence": "{}"}, "program"),
        ({"sequence": "[" * 100_000}, "program"),
        ({"sequence": json.dumps("{" * 100_000)}, "program"),
        ({"sequence": one_atom_flipped().to_abstract_repr(), "backend_configuration": 5}, "configuration"),
        ({"sequence": one_atom_flipped().to_abstract_repr(), "backend_configuration": "["}, "configuration"),
    ],
)
def test_a_document_that_holds_no_sequence_or_a_wrong_configuration_is_refused(
    document: Any, field: str
) -> None:
    with pytest.raises(ProgramRefused) as refused:
        QUTIP.check(a_task(json.dumps(document)))

    assert refused.value.field == field
    assert len(str(refused.value)) < 1_000
