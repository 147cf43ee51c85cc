"""The command line as a person meets it: whole processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ketway.cli import pointing
from ketway.credentials_file import Credentials
from tests.engines.sequences import one_atom_flipped
from tests.system.processes import PATIENCE_S, Client, a_server

KNOWN = Credentials(
    url="http://127.0.0.1:8750",
    username="o'wner@ketway",
    password='a "strange" $(password)',
    project_id="17e82f10-ac33-4a59-9429-14106fd764a6",
    access_key="SCWAXPWI0HDTB2Z4YMO0",
    secret_key="6a6d9f17-2018-4f2e-9813-a969fb19713e",
    worker_token="token",
)


def ketway(*words: str, before: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """
    Args:
        before: a shell's words, said before it starts.
    """
    return subprocess.run(
        ["sh", "-c", f'{before}\nexec "$0" "$@"', sys.executable, "-m", "ketway", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=os.environ | environment,
        check=False,
    )


def test_a_port_in_use_is_told_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        said = ketway("serve", f"--data={tmp_path / 'data'}", f"--port={port}")

    assert said.returncode == 1
    assert said.stderr.splitlines() == [
        f"ketway: Port {port} on 127.0.0.1 is in use; stop what uses it, or choose another with --port."
    ]


def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    said = ketway("serve", f"--data={tmp_path / 'file' / 'data'}", "--port=0")

    assert said.returncode == 1
    assert "cannot be written (Not a directory); choose another with --data." in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_a_folder_without_room_is_told_in_one_sentence(tmp_path):
    said = ketway("api", f"--data={tmp_path / 'data'}", "--port=0", before="ulimit -f 0")

    assert said.returncode == 1
    assert "cannot be written (File too large); choose another with --data." in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert [*(tmp_path / "data").iterdir()] == []


def test_a_folder_in_use_is_told_in_one_sentence(tmp_path):
    with a_server(tmp_path / "data", workers=0) as server:
        said = ketway("serve", f"--data={server.folder}", "--port=0")

    assert said.returncode == 1
    assert f"Another ketway (process {server.process.pid}) uses the data folder" in said.stderr


def test_a_setting_that_cannot_be_is_told_in_one_sentence(tmp_path):
    said = ketway("serve", f"--data={tmp_path}", "--port=70000")

    assert said.returncode == 1
    assert said.stderr.startswith("ketway: setting port:")


def test_a_worker_without_a_token_says_where_one_is():
    said = ketway("worker", "--url=http://127.0.0.1:1", KETWAY_WORKER_TOKEN="")

    assert said.returncode == 1
    assert "credentials.json of the server has one" in said.stderr


def test_a_worker_with_a_wrong_token_is_sent_away(tmp_path):
    with a_server(tmp_path / "data", workers=0) as server:
        said = ketway("worker", f"--url={server.url}", "--engine=noop", KETWAY_WORKER_TOKEN="wrong")

    assert said.returncode == 1
    assert "does not take this worker's token" in said.stderr


def test_an_engine_that_is_not_there_is_named():
    said = ketway("worker", "--url=http://127.0.0.1:1", "--engine=abacus", KETWAY_WORKER_TOKEN="t")

    assert said.returncode == 1
    assert "There is no engine abacus" in said.stderr


def test_credentials_are_for_their_owner_alone_and_survive_a_start(tmp_path):
    with a_server(tmp_path / "data", workers=0) as server:
        first = server.credentials
        mode = (server.folder / "credentials.json").stat().st_mode & 0o777

    with a_server(tmp_path / "data", workers=0) as server:
        again = server.credentials
        Client(server).login()

    assert mode == 0o600
    assert again.moved_to(first.url) == first


def test_lost_credentials_are_made_anew_and_the_old_password_is_no_good(tmp_path):
    with a_server(tmp_path / "data", workers=0) as server:
        old = server.credentials
    (tmp_path / "data" / "credentials.json").unlink()

    with a_server(tmp_path / "data", workers=0) as server:
        new = server.credentials
        Client(server).login()
        said = {"grant_type": "password", "username": old.username, "password": old.password}
        answer = httpx.post(f"{server.url}/oauth/token", data=said)

    assert new.project_id == old.project_id
    assert answer.status_code == 401


def test_what_env_prints_a_shell_reads_back():
    said = subprocess.run(
        ["sh", "-c", f"{pointing.exports(KNOWN)}\nenv -0"], capture_output=True, text=True, check=True
    )

    read = dict(line.split("=", 1) for line in said.stdout.split("\0") if line)
    assert pointing.variables(KNOWN).items() <= read.items()


def test_snippets_are_python():
    compile(pointing.snippets(KNOWN), "snippets", "exec")


def test_a_program_that_knows_nothing_of_us_is_pointed_here(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(sequence=one_atom_flipped().to_abstract_repr()))
    with a_server(tmp_path / "data", workers=1) as server:
        said = ketway("exec", f"--data={server.folder}", "--", sys.executable, str(program))

    assert said.returncode == 7, said.stderr
    assert "{'1': 20}" in said.stdout


def test_a_program_that_goes_through_ovh_is_pointed_here(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(OVH_PROGRAM.format(sequence=one_atom_flipped().to_abstract_repr()))
    with a_server(tmp_path / "data", workers=1) as server:
        said = ketway("exec", f"--data={server.folder}", "--", sys.executable, str(program))

    assert said.returncode == 0, said.stderr
    assert "{'1': 20}" in said.stdout


def test_exec_without_a_server_says_how_to_start_one(tmp_path):
    KNOWN.moved_to("http://127.0.0.1:1").write(tmp_path)

    said = ketway("exec", f"--data={tmp_path}", "--", "true")

    assert said.returncode == 1
    assert "start it: ketway serve" in said.stderr


@pytest.mark.parametrize("words", [("env",), ("jobs", "list"), ("exec", "--", "true")])
def test_without_a_first_start_commands_say_so(tmp_path, words):
    said = (
        ketway(words[0], *words[1:2], f"--data={tmp_path}", *words[2:])
        if words[0] == "jobs"
        else ketway(words[0], f"--data={tmp_path}", *words[1:])
    )

    assert said.returncode == 1
    assert "start a server first" in said.stderr


def test_jobs_are_listed_fetched_and_cancelled(tmp_path):
    with a_server(tmp_path / "data", workers=1) as server:
        client = Client(server).login()
        done = client.submit(one_atom_flipped().to_abstract_repr(), runs=5)["jobs"][0]["id"]
        client.ended(done)
        where = f"--data={server.folder}"

        listed = ketway("jobs", "list", where)
        fetched = ketway("jobs", "fetch", done, where)
        refused = ketway("jobs", "cancel", done, where)
        unknown = ketway("jobs", "fetch", KNOWN.project_id, where)

    assert done in listed.stdout
    assert '"counter": {"1": 5}' in fetched.stdout
    assert (refused.returncode, unknown.returncode) == (1, 1)
    assert "already done" in refused.stderr
    assert "not found" in unknown.stderr


PROGRAM = """
import sys
from pasqal_cloud.pasqal_cloud_client import PasqalCloudClient

client = PasqalCloudClient(username="somebody@else.where", password="x", project_id="not even one")
batch = client.create_batch({sequence!r}, jobs=[{{"runs": 20}}], device_type="EMU_FREE", wait=True)
print(batch.ordered_jobs[0].result)
sys.exit(7)
"""


OVH_PROGRAM = """
import pulser
from pasqal_cloud import OVHConnection
from pasqal_cloud.backends import RemoteEmuFreeBackend

sequence = pulser.Sequence.from_abstract_repr({sequence!r})
remote = RemoteEmuFreeBackend(sequence, connection=OVHConnection()).run([{{"runs": 20}}], wait=True)
print(dict(remote.results[0].final_bitstrings))
"""


def test_help_is_told_without_loading_the_server():
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ketway", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "serve" in said.stdout
    assert not {"fastapi", "sqlalchemy"} & {line.split("|")[-1].strip() for line in said.stderr.splitlines()}


def test_the_same_folder_may_be_named_by_a_variable(tmp_path: Path):
    KNOWN.write(tmp_path)

    said = ketway("env", KETWAY_DATA=str(tmp_path))

    assert said.returncode == 0
    assert f"export SCW_SECRET_KEY={KNOWN.secret_key}" in said.stdout


def test_a_server_with_a_certificate_of_its_own_has_a_worker_that_believes_it(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "1",
                "-subj",
                "/CN=quantum.lab",
            ),
            *("-out", str(certificate), "-keyout", str(key)),
        ],
        capture_output=True,
        check=True,
    )
    with a_server(tmp_path / "data", workers=1, tls_cert=str(certificate), tls_key=str(key)) as server:
        client = Client(server, verify=False).login()

        job = client.submit(one_atom_flipped().to_abstract_repr(), runs=5)["jobs"][0]["id"]

        assert client.ended(job)["status"] == "DONE"
    assert server.url.startswith("https://")
