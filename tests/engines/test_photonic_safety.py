"""What strangers write is bounded before it is allocated, and never evaluated."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketway.domain.errors import ProgramRefused
from ketway.engines import photonic_archive, photonic_circuit, photonic_numbers, photonic_texts
from ketway.engines.photonic import ENGINE
from ketway.engines.photonic_library import pcvl
from ketway.engines.photonic_payload import payload_of
from tests.engines.photonic_programs import (
    archived,
    message_of,
    ran,
    refused,
    refused_message,
    refused_with,
    written,
    zipped,
)
from tests.engines.photons import a_payload, a_task, chances, directly, two_meet


def test_inflating_stops_at_the_ceiling():
    bomb = zipped(":PCVL:Experiment:" + "A" * (photonic_texts.MAX_CHARS * 20))

    assert len(bomb) < 300_000
    assert "larger than" in refused_with(experiment=bomb)
    assert "larger than" in refused(
        json.dumps({"computation": "pcvlar:zip:" + bomb.removeprefix(":PCVL:zip:")})
    )


def test_a_compressed_text_that_was_cut_is_refused():
    assert "ends too early" in refused_with(experiment=zipped("A" * 100)[:-8] + "AAAA")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda it: setattr(it, "n_mode", 2**31 - 1), "2147483647 modes, from 0 to 100"),
        (lambda it: setattr(it, "n_mode", -1), "-1 modes, from 0 to 100"),
        (lambda it: setattr(it.components[0].circuit, "n_mode", 2**31 - 1), "2147483647 modes"),
        (lambda it: setattr(it.components[0], "n_mode", 2**31 - 1), "2147483647 modes"),
        (lambda it: setattr(it.components[0], "starting_mode", -5), "starts at mode -5"),
        (lambda it: setattr(it.input_ports[0].herald, "value", 2**31 - 1), "from 0 to 31 allowed"),
        (lambda it: setattr(it.output_ports[90].herald, "value", 1), "There is no mode 90"),
        (lambda it: setattr(it.detectors[0].ppnr, "bs_layers", 30), "from 1 to 6 layers"),
        (lambda it: setattr(it.detectors[0].detector, "n_wires", 10**9), "1000000000 photons"),
        (lambda it: it.components.add().permutation.permutations.extend([0, 0]), "each of its modes once"),
        (lambda it: setattr(it.components.add().unitary.mat, "rows", 2**31 - 1), "2147483647 modes"),
        (lambda it: it.components.add(n_mode=2).compiled_circuit.parameters.append(1), "compiled for one"),
        (lambda it: it.components.add(), "of a kind that this version of Perceval does not know"),
        (lambda it: setattr(it.components.add(n_mode=1).time_delay.dt, "real_value", 1e6), "whole number of"),
        (lambda it: setattr(it.components.add(n_mode=1).loss_channel.loss, "real_value", 2), "loses from 0"),
        (
            lambda it: setattr(it.components.add(n_mode=1).phase_shifter.phi, "real_value", 1e999),
            "not finite",
        ),
        (lambda it: setattr(it.components.add(n_mode=1).ff_configurator, "offset", 10**6), "beyond the last"),
        (lambda it: it.components.extend([it.components[0]] * 10_001), "More than 10000 components"),
        (
            lambda it: setattr(it.components.add(n_mode=2).beam_splitter, "convention", 7),
            "a convention that this version of Perceval does not know",
        ),
        (lambda it: setattr(it, "min_photons_filter", -2), "whole number from 0"),
        (lambda it: setattr(it, "post_select", ":PCVL:PostSelect:" + "(" * 900), "cannot be read"),
        (lambda it: setattr(it, "post_select", ":PCVL:PostSelect:" + "[0]==1&" * 900), "at most 2000"),
        (lambda it: setattr(it, "input_state", ":PCVL:BasicState:|" + "1," * 300_000), "at most 200000"),
        (lambda it: setattr(it, "input_state", ":PCVL:StateVector:" + "(" + "," * 9999), "cannot be read"),
        (lambda it: setattr(it, "name", "x" * 3000), "`name` has 3000 characters"),
    ],
)
def test_what_perceval_would_allocate_is_bounded_first(spoil, why):
    message = message_of()

    spoil(message)

    assert why in refused_message(message)


def test_what_a_newer_perceval_adds_is_not_passed_over():
    message = message_of().SerializeToString() + b"\xfa\x3e\x03new"  # field 1007
    text = ":PCVL:Experiment:" + base64.b64encode(message).decode()

    assert "written by a newer Perceval" in refused_with(experiment=text)


def test_circuits_in_circuits_are_not_followed_for_ever():
    message = message_of()
    inner = message.components[0]
    for _ in range(30):
        inner = inner.circuit.components.add(n_mode=2)
        inner.circuit.n_mode = 2

    assert "nested too deeply" in refused_message(message)


def test_feed_forward_does_not_multiply_a_circuit_without_end():
    message = message_of()
    provider = message.components.add(n_mode=1).ff_configurator
    provider.controlled_circuit.n_mode = 1
    for _ in range(200):
        provider.controlled_circuit.components.add(n_mode=1).phase_shifter.phi.real_value = 1
    for photons in range(100):
        provider.configs[f"|{photons}>"].mapping["phi"] = 1

    assert "Feed-forward makes more than 10000 components" in refused_message(message)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch gone')",
        "().__class__.__bases__",
        "phi.__class__",
        "[phi for phi in (1,)]",
        "lambda: 1",
        "open('gone')",
        "S('1')",
        "x if 1 else 2",
        "'text'",
        "True",
        "1j",
        "phi[0]",
        "sin(1, 2)",
        "sin(x=1)",
        "f'{1}'",
        "(x := 1)",
        "1 == 1",
        "factorial(100000)",
        "",
        "1 +",
        "\x00",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_an_expression_is_arithmetic_or_nothing(text):
    with pytest.raises(ProgramRefused):
        photonic_numbers.value(text, {"phi": 1.0, "x": 1.0})


@pytest.mark.parametrize(
    "text", ["9**9**9**9", "10.0**400", "1/0", "log(0)", "1" * 500, "exp(1000)", "1" + "+1" * 400, "0**-1"]
)
def test_an_expression_that_comes_to_no_number_is_refused(text):
    with pytest.raises(ProgramRefused):
        photonic_numbers.value(text, {})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2*phi + pi/4", 2 * 0.5 + 3.141592653589793 / 4),
        ("(-phi)^2", 0.25),
        ("sqrt(2)/2", 2**0.5 / 2),
        ("-2**2", -4),
        ("exp(I*pi)", -1),
        ("Abs(-3) + E - E", 3),
        ("\u03d5", 0.25),
    ],
)
def test_an_expression_comes_to_its_number(text, number):
    known = {"phi": 0.5, photonic_numbers.normal("\u03d5"): 0.25}

    assert photonic_numbers.value(text, known) == pytest.approx(number)


@pytest.mark.parametrize("kind", ["expression", "name", "symbol"])
def test_no_name_or_expression_of_a_circuit_reaches_python(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "__import__('pathlib').Path('gone').touch()"
    message = message_of()
    phi = message.components.add(n_mode=1).phase_shifter.phi
    if kind == "expression":
        phi.expression = code
    elif kind == "symbol":
        phi.symbol = code
    else:
        phi.expression, phi.name = "x", code
        phi.expr_parameters.add().symbol = "x"

    assert "An expression may hold numbers" in refused_message(message)
    assert not list(tmp_path.iterdir())


def test_a_name_that_sympy_would_make_many_of_is_a_name():
    message = message_of()
    phi = message.components.add(n_mode=1).phase_shifter.phi
    phi.real_value, phi.name = 0.5, "x:1000000000"

    assert len(ran(json.dumps(a_payload(two_meet()) | {"experiment": written(message)}))["results"])


def test_a_matrix_of_expressions_becomes_one_of_numbers():
    message = message_of()
    cells = message.components.add(n_mode=2).unitary.mat
    cells.rows = cells.cols = 2
    for text in ("sqrt(2)/2", "I*sqrt(2)/2", "I*sqrt(2)/2", "sqrt(2)/2"):
        cells.symbolic.data.add().expression = text

    found = chances(ran(json.dumps(a_payload(two_meet()) | {"experiment": written(message)}))["results"])

    expected = two_meet()
    expected.add(0, pcvl.BS())
    assert found == pytest.approx(chances(directly(expected)["results"]))


def test_a_matrix_does_not_reach_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = message_of()
    cells = message.components.add(n_mode=1).unitary.mat
    cells.rows = cells.cols = 1
    cells.symbolic.data.add().expression = "__import__('pathlib').Path('gone').touch()"

    assert "An expression may hold numbers" in refused_message(message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pcvlar 9 1 0 None  ", "another version of Perceval"),
        ("pcvlar 0 1 0 ScalewayRPCHandler 0 0", "holds a 'ScalewayRPCHandler', which is not taken"),
        ("pcvlar 0 1 0 Execution 0 0", "holds a 'Execution', which is not taken"),
        ("pcvlar 0 1 0 str -5 x", "where a number should be"),
        ("pcvlar 0 1 0 str 999999999 x", "ends too early"),
        ("pcvlar 0 1 0 list 999999999 0", "where a number should be"),
        ("pcvlar 0 1 0 list 1 0", "nested too deeply"),
        ("pcvlar 0 1 5 None  ", "not what Perceval serializes"),
        ("pcvlar 0 0 None  ", "it should hold one object"),
        ("pcvlar 0 1 0 bool X", "not what Perceval serializes"),
        ("pcvlar 0 1 0 Experiment 4 !!!!", "not what Perceval serializes"),
        ("pcvlar 0 1 0 int 3", "holds no computation"),
    ],
)
def test_the_newer_form_makes_nothing_that_it_does_not_know(text, why):
    assert why in refused(json.dumps({"computation": text}))


def test_error_mitigation_is_left_to_the_client():
    computation = pcvl.Computation(pcvl.CommandFactory.probs, two_meet())
    mitigations = [pcvl.error_mitigation.PhotonRecycling()]
    program = json.dumps({"computation": archived(computation), "mitigations": archived(mitigations)})

    assert "PhotonRecycling" in refused(program)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_an_experiment_or_refused(data):
    try:
        photonic_circuit.experiment_in(data, 10)
    except ProgramRefused:
        return


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_archive_or_refused(text):
    for whole in ("pcvlar 0 1 0 " + text, "pcvlar" + text, "pcvlar:zip:" + text):
        try:
            photonic_archive.value_in(whole, "text")
        except ProgramRefused:
            continue


@given(st.text(alphabet="0123456789.+-*/^()xphieIEsqrtlog,", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_expression_is_a_number_or_refused(text):
    try:
        assert isinstance(photonic_numbers.value(text, {"x": 0.3}), complex)
    except ProgramRefused:
        return


@given(
    st.dictionaries(
        st.sampled_from(
            ["command", "experiment", "max_samples", "iterator", "parameters", "circuit", "payload"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
            ),
            max_leaves=6,
        ),
    )
)
@settings(max_examples=200, deadline=None)
def test_any_document_is_a_payload_or_refused(document):
    program = json.dumps(a_payload(two_meet()) | document)
    try:
        payload_of(program, 10)
    except ProgramRefused:
        return


def test_a_good_job_is_taken():
    assert ENGINE.check(a_task(two_meet())).qubits == 2
