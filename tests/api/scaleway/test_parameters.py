import json

import pytest

from ketway.api.scaleway import parameters
from ketway.domain.errors import BadField


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, (None, {})),
        ("", (None, {})),
        ("null", (None, {})),
        ("{}", (None, {})),
        ('{"shots": 1000, "options": {"memory": true}}', (1000, {"options": {"memory": True}})),
        ('{"shots": 1000, "options": null}', (1000, {})),
        ('{"shots": 1000.0}', (1000, {})),
        (json.dumps('{"shots": 7}'), (7, {})),
        ('{"runs": 100, "variables": {"t": 1000}}', (100, {"t": 1000})),
        ('{"runs": 100, "variables": []}', (100, {})),
        (
            '{"runs": 3, "variables": {"qubits": {"q0": 4}, "t": [1, 2]}}',
            (3, {"qubits": {"q0": 4}, "t": [1, 2]}),
        ),
        ('{"runs": 100}', (100, {})),
    ],
)
def test_shots_and_what_the_engine_is_told_are_read_from_a_jobs_parameters(text, expected):
    assert parameters.of_job(text) == expected


@pytest.mark.parametrize("text", ["{", "[]", "5", '{"options": 5}', '{"shots": NaN}', '"' * 5])
def test_parameters_that_hold_no_json_object_are_refused_as_badly_formatted(text):
    with pytest.raises(BadField) as refusal:
        parameters.of_job(text)

    assert (refusal.value.field, refusal.value.reason) == (("parameters",), "format")


@pytest.mark.parametrize("shots", [0, -1, 1.5, "10", True, 2**40])
def test_shots_that_count_nothing_are_refused(shots):
    with pytest.raises(BadField) as refusal:
        parameters.of_job(json.dumps({"shots": shots}))

    assert refusal.value.reason == "constraint"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ('{"backend_configuration": null}', None),
        ('{"backend_configuration": ""}', None),
        ('{"backend_configuration": "{\\"a\\": 1}"}', '{"a": 1}'),
        ('{"backend_configuration": {"a": 1}}', '{"a": 1}'),
    ],
)
def test_a_sessions_configuration_is_the_text_in_its_parameters(text, expected):
    assert parameters.configuration(text) == expected


@pytest.mark.parametrize("text", ['{"backend_configuration": 5}', '{"backend_configuration": ["a"]}'])
def test_a_configuration_that_is_no_object_is_refused(text):
    with pytest.raises(BadField) as refusal:
        parameters.configuration(text)

    assert refusal.value.reason == "format"
