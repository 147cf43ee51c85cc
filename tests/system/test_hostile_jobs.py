"""What strangers send to make a cloud fall: each is refused with a sentence, and the next job runs."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bench.programs import bell_document, bell_parameters
from tests.engines.photons import a_payload, two_meet
from tests.system.processes import Client, Server, a_server, until

PREFIX = "/qaas/v1alpha1"
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
AER, QSIM, PHOTONS = "EMU-AER-16C-128M", "EMU-QSIM-16C-128M", "EMU-SAMPLING-L4"


def program(text: str, *, format: int = 3, packed: bool = False) -> dict[str, Any]:
    """A circuit of the newest generation of documents."""
    if packed:
        text = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return {
        "serialization_format": format,
        "compression_format": 2 if packed else 1,
        "serialization": text,
    }


def document(*programs: dict[str, Any], **beside: Any) -> str:
    return json.dumps({"programs": programs, "client": {"user_agent": "qiskit-scaleway/0.3.13"}} | beside)


def gates_that_double(times: int) -> str:
    """Each gate is two of the one before it."""
    defined = [f"gate g{n} a {{ g{n - 1} a; g{n - 1} a; }}" for n in range(1, times)]
    return "\n".join(
        [
            HEAD,
            "gate g0 a { x a; x a; }",
            *defined,
            "qubit[1] q; bit[1] c;",
            f"g{times - 1} q[0];",
            "c[0] = measure q[0];",
        ]
    )


def impossible_noise() -> dict[str, Any]:
    x = [[{"name": "x", "qubits": [0]}], [{"name": "id", "qubits": [0]}]]
    error = {"type": "qerror", "operations": ["x"], "instructions": x, "probabilities": [1.7, -0.7]}
    return {
        "serialization_format": 1,
        "compression_format": 1,
        "serialization": json.dumps({"errors": [error], "basis_gates": ["x"]}),
    }


MEASURED = HEAD + "qubit[1] q; bit[1] c; x q[0]; c[0] = measure q[0];"
MILLION = HEAD + "qubit[1] q; bit[1] c;\n" + "x q[0];\n" * 1_000_000 + "c[0] = measure q[0];"

MODELS = {
    "a bomb of zlib": (AER, document(program("0" * (1 << 30), packed=True)), "larger than"),
    "a bomb of zlib for Cirq": (
        QSIM,
        document(program("[" * (1 << 28), format=5, packed=True)),
        "larger than",
    ),
    "a million gates": (AER, document(program(MILLION, packed=True)), "more than"),
    "gates that double": (AER, document(program(gates_that_double(60))), "more than"),
    "an include of itself": (AER, document(program('OPENQASM 3.0;\ninclude "self.inc";\n' * 2)), "include"),
    "an include of a file": (QSIM, document(program('OPENQASM 2.0;\ninclude "/etc/passwd";', format=2)), ""),
    "deep JSON": (AER, "[" * 100_000 + "]" * 100_000, "deep"),
    "deep JSON for Cirq": (QSIM, document(program('{"a":' * 50_000 + "1" + "}" * 50_000, format=5)), "deep"),
    "probabilities that cannot be": (
        AER,
        document(program(MEASURED), noise_model=impossible_noise()),
        "probabilit",
    ),
    "a thousand qubits": (
        AER,
        document(program(HEAD + "qubit[1000] q; bit[1000] c; c = measure q;")),
        "qubits",
    ),
    "a sequence for pulses": (AER, json.dumps({"sequence": "{}"}), "Pulser"),
    "a text of a Perceval to come": (
        PHOTONS,
        json.dumps(a_payload(two_meet()) | {"experiment": "pcvlar 9 1 0 None  "}),
        "another version of Perceval",
    ),
    "a photonic text that is none": (
        PHOTONS,
        json.dumps(a_payload(two_meet()) | {"experiment": ":PCVL:zip:AAAA"}),
        "",
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("hostile") / "data", workers=1, lease_s=30.0) as server:
        yield server


class Stranger:
    """Somebody with a key, and a session on every platform they ask for."""

    def __init__(self, server: Server) -> None:
        client = Client(server)
        self.http = client.http
        self.headers = {"X-Auth-Token": client.credentials.secret_key}
        self.project = client.credentials.project_id

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(PREFIX + path, json=body, headers=self.headers).raise_for_status().json()

    def get(self, path: str) -> Any:
        return self.http.get(PREFIX + path, headers=self.headers).raise_for_status().json()

    def ended(self, platform: str, payload: str) -> Any:
        """The job that runs a stored payload, once it is final."""
        (found,) = self.get(f"/platforms?name={platform}")["platforms"]
        session = self.post("/sessions", project_id=self.project, platform_id=found["id"])
        model = self.post("/models", project_id=self.project, payload=payload)
        job = self.post(
            "/jobs",
            name="hostile",
            session_id=session["id"],
            model_id=model["id"],
            parameters=bell_parameters(),
        )

        def final() -> Any:
            known = self.get(f"/jobs/{job['id']}")
            return known if known["status"] in ("completed", "error", "cancelled") else None

        return until(final, "the job to end")


@pytest.mark.parametrize("what", MODELS)
def test_what_is_meant_to_harm_fails_with_a_sentence_and_the_next_job_runs(server, what):
    platform, payload, said = MODELS[what]
    stranger, worker = Stranger(server), server.worker()

    harmful = stranger.ended(platform, payload)

    assert harmful["status"] == "error"
    assert said in harmful["progress_message"]
    assert 20 < len(harmful["progress_message"]) < 1_000
    assert "Traceback" not in harmful["progress_message"]
    assert stranger.ended(AER, bell_document())["status"] == "completed"
    assert server.worker() == worker


def test_json_too_deep_for_the_server_is_refused_at_the_door(server):
    stranger = Stranger(server)

    answer = httpx.post(
        f"{server.url}{PREFIX}/models",
        content=b'{"payload": ' + b"[" * 100_000,
        headers=stranger.headers,
        trust_env=False,
    )

    assert answer.status_code == 400
    assert answer.json()["type"] == "invalid_arguments"
