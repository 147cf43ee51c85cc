from __future__ import annotations

import base64
import json
import zlib

import pytest
from qiskit_aer.noise import NoiseModel, depolarizing_error

from ketway.domain.errors import ProgramRefused
from ketway.engines.circuit_documents import Generation, Language, Limits, Opener, depth_of, document_of
from tests.engines.circuits import BELL, CIRQ, HEAD_2, a_document, an_old_document, ghz, packed


def a_program(**changes) -> str:
    program = {"serialization_format": 3, "compression_format": 1, "serialization": BELL} | changes
    return json.dumps({"programs": [program]})


def test_a_document_of_the_third_generation_is_opened():
    document = document_of(a_document(ghz(2), ghz(3), user_agent=CIRQ, options={"method": None, "seed": 1}))

    assert document.generation is Generation.PROGRAMS
    assert [circuit.language for circuit in document.circuits] == [Language.OPENQASM_3] * 2
    assert "qubit[3]" in document.circuits[1].text
    assert document.user_agent == CIRQ
    assert document.options == {"seed": 1}
    assert document.backend_name == "EMU-AER-TEST"


@pytest.mark.parametrize("format_key", ["serialization_type", "serialization_format"])
def test_earlier_generations_carry_their_shots_and_options(format_key):
    document = document_of(an_old_document(ghz(2), format_key=format_key, shots=12, seed_simulator=3))

    assert document.generation is Generation.RUN
    assert document.shots == 12
    assert document.run_options == {"memory": False, "seed_simulator": 3}


@pytest.mark.parametrize("text", [BELL, "// from a friend\n/* long\n ago */\n" + BELL, json.dumps(BELL)])
def test_bare_openqasm_needs_no_document(text):
    document = document_of(text)

    assert document.generation is Generation.BARE
    assert document.circuits[0].language is Language.OPENQASM_3


def test_a_document_may_be_json_in_a_string_in_a_string():
    twice = json.dumps(json.dumps(a_document()))

    assert document_of(twice) == document_of(a_document())


def test_a_document_wrapped_for_ever_is_refused():
    text = a_document()
    for _ in range(5):
        text = json.dumps(text)

    with pytest.raises(ProgramRefused, match="more than 4 times over"):
        document_of(text)


def test_a_missing_client_block_is_told_from_an_empty_one():
    assert document_of(a_document(user_agent=None)).user_agent is None
    assert document_of(a_document(user_agent="")).user_agent == ""


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [
        (HEAD_2, 3, Language.OPENQASM_2),
        (BELL, 1, Language.OPENQASM_3),
        (BELL, "three", Language.OPENQASM_3),
        ('{"cirq_type": "Circuit"}', 4, Language.CIRQ),
        ('{"a": 1}', 6, Language.PERCEVAL),
        ('{"a": 1}', 7, Language.PULSER),
        (":PCVL:zip:abc", 5, Language.PERCEVAL),
        ("qubit q;", 3, Language.OPENQASM_3),
        ("; ModuleID", 4, Language.QIR),
    ],
)
def test_the_text_is_trusted_over_the_number(text, code, language):
    document = document_of(a_program(serialization=text, serialization_format=code))

    assert document.circuits[0].language is language


def test_a_readable_text_is_not_inflated_whatever_the_number_says():
    document = document_of(a_program(compression_format=2))

    assert document.circuits[0].text == BELL


@pytest.mark.parametrize("window", [15, 31], ids=["zlib", "gzip"])
def test_zlib_and_gzip_are_both_undone(window):
    packer = zlib.compressobj(wbits=window)
    text = base64.b64encode(packer.compress(BELL.encode()) + packer.flush()).decode()

    assert document_of(a_program(serialization=text, compression_format=2)).circuits[0].text == BELL


def test_a_bomb_is_refused_before_it_is_inflated():
    limits = Limits(inflated_bytes=1000)
    opener = Opener(limits)
    bomb = packed("0" * (16 << 20))

    with pytest.raises(ProgramRefused, match="larger than 1000 bytes"):
        opener.inflated(bomb, "programs[0]")

    inflater = zlib.decompressobj(wbits=47)
    assert len(inflater.decompress(base64.b64decode(bomb), limits.inflated_bytes + 1)) == 1001


def test_all_circuits_together_share_one_ceiling():
    program = {"serialization_format": 3, "compression_format": 2, "serialization": packed(BELL)}
    text = json.dumps({"programs": [program] * 3})

    document_of(text, Limits(inflated_bytes=3 * len(BELL)))
    with pytest.raises(ProgramRefused, match="altogether"):
        document_of(text, Limits(inflated_bytes=3 * len(BELL) - 1))


def test_too_many_circuits_are_refused():
    program = {"serialization_format": 3, "compression_format": 1, "serialization": BELL}

    with pytest.raises(ProgramRefused, match="1001 circuits in one job, at most 1000"):
        document_of(json.dumps({"programs": [program] * 1001}))


def test_a_long_circuit_is_refused():
    with pytest.raises(ProgramRefused, match="characters, at most 50 allowed"):
        document_of(BELL, Limits(circuit_chars=50))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"programs":' + "[" * 65 + "]" * 65 + "}"])
def test_deep_json_is_refused_before_it_is_parsed(text):
    with pytest.raises(ProgramRefused, match="more than 64 levels"):
        document_of(text)


def test_brackets_inside_strings_are_no_depth():
    assert depth_of(json.dumps({"a": '[[[[{{\\"[[' + '"'})) == 1
    assert depth_of('"' + '\\"[' * 100_000) == 0


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[]", "neither OpenQASM nor a JSON object"),
        ("{}", "`programs` or `run.circuits` is missing"),
        ('{"sequence": "{}"}', "Pulser sequence"),
        ('{"programs": []}', "`programs` should be a list"),
        ('{"programs": {}}', "`programs` should be a list"),
        ('{"programs": [1]}', "one JSON object for each circuit"),
        ('{"run": {"circuits": null}}', "`run.circuits` should be a list"),
        (a_program(serialization=None), "`serialization` of programs\\[0\\] should be a text"),
        (a_program(compression_format=9), "should be 1"),
        (a_program(compression_format=[2]), "should be 1"),
        (a_program(compression_format=2, serialization="%%%"), "zlib, base64"),
        (a_program(compression_format=2, serialization="AAAA"), "zlib, base64"),
        (a_program(compression_format=2, serialization=packed(BELL)[:40]), "ends too early"),
        (a_program(serialization="hello", serialization_format=[1]), "no format known here"),
        (a_program(serialization="OPENQASM 9;"), "OpenQASM 9 is not known"),
        (a_program(serialization="OPENQASM 3.0;\0"), "no text may hold"),
        (a_program(serialization="OPENQASM 3.0; // \ud800"), "no text may hold"),
        (an_old_document(ghz(2), shots="many"), "whole number"),
        (json.dumps(json.loads(a_document()) | {"client": "me"}), "`client` should be a JSON object"),
        (
            json.dumps(json.loads(a_document()) | {"noise_model": [1]}),
            "`noise_model` should be a JSON object",
        ),
        (json.dumps(json.loads(a_document()) | {"noise_model": {"serialization": "[]"}}), "JSON object"),
    ],
)
def test_what_is_malformed_is_refused_with_a_sentence(text, why):
    with pytest.raises(ProgramRefused, match=why):
        document_of(text)


def test_the_noise_model_is_inflated():
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["x"])

    document = document_of(a_document(noise=noise))

    assert document.noise is not None
    assert document.noise["errors"][0]["operations"] == ["x"]


@pytest.mark.parametrize(("code", "write"), [(1, str), (2, packed)])
def test_the_second_generation_says_in_the_format_whether_noise_is_compressed(code, write):
    noise = {"serialization_format": code, "noise_model_serialization": write('{"errors": []}')}
    text = json.dumps(json.loads(an_old_document(ghz(2))) | {"noise_model": noise})

    assert document_of(text).noise == {"errors": []}
