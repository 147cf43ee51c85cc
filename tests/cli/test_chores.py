"""An operator's chores on the command line, on a running server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from ketway.cli.main import app
from tests.system.processes import PATIENCE_S, Server, a_server

KEEP = "keep this out of rich [red]markup[/red]"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("chores") / "data", workers=0) as running:
        yield running


def ketway(server: Server, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, [*words, f"--data={server.folder}"], input=typed, catch_exceptions=False)


def done(server: Server, *words: str, typed: str = "") -> str:
    """What a chore that must succeed says."""
    said = ketway(server, *words, typed=typed)
    assert (said.exit_code, said.stderr) == (0, ""), said.stderr
    return said.stdout


def refused(server: Server, *words: str, typed: str = "") -> str:
    """The one sentence of a chore that must not."""
    return sentence(ketway(server, *words, typed=typed))


def sentence(said: Result) -> str:
    assert said.exit_code == 1, said.stdout
    (line,) = said.stderr.splitlines()
    assert line.startswith("ketway: ")
    return line


def an_email(server: Server) -> str:
    """Of a new account with the password `password`."""
    email = f"{uuid4().hex}@here"
    done(server, "account", "add", email, "--ask-password", typed="password\n")
    return email


def login(server: Server, email: str, password: str) -> httpx.Response:
    said = {"email": email, "password": password}
    return httpx.post(f"{server.url}/ketway/v1/login", json=said, trust_env=False)


def test_an_account_is_added_with_a_password_that_is_printed_once(server):
    said = done(
        server, "account", "add", "Ada@Here", "--given-name=Ada", "--family-name=[red]L", "--superuser"
    )

    password = said.split("shown this once: ")[1].strip()
    (line,) = [line for line in done(server, "account", "list").splitlines() if "ada@here" in line]
    assert login(server, "ada@here", password).status_code == 200
    assert "Ada [red]L" in line
    assert "yes" in line
    assert "already an account" in refused(server, "account", "add", "ADA@here")


def test_a_password_is_read_from_standard_input_and_not_printed(server):
    email = an_email(server)

    said = done(server, "account", "password", email, "--ask-password", typed="of my own\n")

    assert "of my own" not in said
    assert login(server, email, "of my own").status_code == 200
    assert login(server, email, "password").status_code == 401


@pytest.mark.parametrize("typed", ["", "short\n", "x" * 2000])
def test_a_password_that_cannot_be_changes_nothing(server, typed):
    email = an_email(server)

    assert "8 to 1024 characters" in refused(
        server, "account", "password", email, "--ask-password", typed=typed
    )
    assert login(server, email, "password").status_code == 200


def test_the_owner_s_new_password_is_kept_for_the_next_chore(server):
    old = server.credentials

    done(server, "account", "password", old.username)

    new = server.credentials
    assert new.password != old.password
    assert login(server, new.username, new.password).status_code == 200
    assert "owner@ketway" in done(server, "account", "list")
    assert (server.folder / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_an_account_is_disabled_enabled_and_made_a_superuser(server):
    email = an_email(server)

    done(server, "account", "disable", email)
    assert login(server, email, "password").status_code == 401
    done(server, "account", "enable", email)
    assert login(server, email, "password").status_code == 200
    assert "is a superuser" in done(server, "account", "superuser", email)
    assert "no superuser any more" in done(server, "account", "superuser", email, "--revoke")
    assert "No account has the email" in refused(server, "account", "disable", "nobody@here")


def test_a_project_is_added_changed_and_listed(server):
    name = f"lab {uuid4().hex}"

    made = done(
        server, "project", "add", name, "--priority=high", "--platform=EMU_FREE", "--platform=EMU_MPS"
    )
    changed = done(server, "project", "change", name, "--priority=low", f"--description={KEEP}")
    opened = done(server, "project", "change", name, "--all-platforms", "--weight=2.5")

    (line,) = [line for line in done(server, "project", "list").splitlines() if name in line]
    id = line.split()[0]
    assert str(UUID(id)) in made
    assert "priority low, weight 1, platforms: EMU_FREE, EMU_MPS" in changed
    assert "weight 2.5, platforms: all" in opened
    assert "owner@ketway" in line
    assert "renamed" in done(server, "project", "change", id, "--name=renamed")


def test_quotas_of_a_project_are_set_shown_and_forgotten(server):
    name = f"project {uuid4()}"
    done(server, "project", "add", name)

    first = done(server, "project", "quota", name)
    changed = done(server, "project", "quota", name, "--waiting-jobs=10", "--open-batches=none")
    again = done(server, "project", "quota", name, "--waiting-jobs=default", "--spending-per-month=1.50")

    assert first.count("as on the server") == 5
    assert "waiting jobs: 10\nopen batches: none\nstored bytes: as on the server" in changed
    assert "waiting jobs: as on the server\nopen batches: none" in again
    assert "spending per month: 1.5" in again
    assert "should be a number" in refused(server, "project", "quota", name, "--waiting-jobs=many")
    assert "There is no project nowhere" in refused(server, "project", "quota", "nowhere")


def test_rules_of_retention_are_set_shown_and_run(server):
    name = f"project {uuid4()}"
    done(server, "project", "add", name)

    first = done(server, "retention", "set", name)
    changed = done(server, "retention", "set", name, "--days=30", "--newest=none")
    shown = done(server, "retention", "show")

    assert first == "days: as on the server\nnewest: as on the server\n"
    assert changed == "days: 30\nnewest: none\n"
    assert shown.startswith("Results are kept for ever, where a project says nothing of its own.")
    assert "for 30 days" in shown
    assert "0 results of 0 bytes would go" in done(server, "retention", "run", "--dry-run")
    assert "0 results of 0 bytes go from now on" in done(server, "retention", "run")
    assert "as on the server" in done(server, "retention", "set", name, "--days=default")
    assert "should be a whole number" in refused(server, "retention", "set", name, "--days=many")


def test_a_project_that_cannot_be_is_refused_in_a_sentence(server):
    assert "There is no platform 'ABACUS'" in refused(server, "project", "add", "lab", "--platform=ABACUS")
    assert "ketway account add" in refused(server, "project", "add", "lab", "--admin=nobody@here")
    assert "There is no project nowhere" in refused(server, "project", "members", "nowhere")


def test_a_name_that_two_projects_have_is_not_guessed_at(server):
    name = uuid4().hex
    for _ in range(2):
        done(server, "project", "add", name)

    assert "2 projects" in refused(server, "project", "members", name)


def test_members_come_change_and_go(server):
    email, project = an_email(server), server.credentials.project_id

    assert "a member" in done(server, "project", "member-add", project, email)
    assert "an admin" in done(server, "project", "member-role", project, email, "admin")
    assert email in done(server, "project", "members", project)
    assert "already a member" in refused(server, "project", "member-add", project, email)
    done(server, "project", "member-remove", project, email)
    assert email not in done(server, "project", "members", project)
    assert "no admin left" in refused(server, "project", "member-remove", project, "owner@ketway")


def test_a_key_is_added_listed_and_revoked(server):
    made = done(server, "key", "add", "--days=1")
    access_key = made.split("access_key ")[1].split()[0]
    secret = made.split("secret_key ")[1].split()[0]

    def opens() -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.get(f"{server.url}/ketway/v1/jobs", headers=headers, trust_env=False).status_code

    before = opens()
    listed = done(server, "key", "list", "--account=owner@ketway", "--project=default")
    done(server, "key", "revoke", access_key)

    (line,) = [line for line in listed.splitlines() if access_key in line]
    assert "good" in line
    assert secret not in listed
    assert (before, opens()) == (200, 401)
    (line,) = [line for line in done(server, "key", "list").splitlines() if access_key in line]
    assert "revoked" in line
    assert "There is no key" in refused(server, "key", "revoke", "SCWNOTHING")


@pytest.mark.parametrize("days", ["0", "-1", "1e9", "1e300", "nan"])
def test_a_key_that_ends_when_it_cannot_is_refused(server, days):
    refused(server, "key", "add", f"--days={days}")


def test_a_worker_s_token_is_added_and_revoked(server):
    secret = done(server, "worker-token", "add", "lab").splitlines()[-1].split()[0]
    (line,) = [line for line in done(server, "worker-token", "list").splitlines() if " lab " in line]

    done(server, "worker-token", "revoke", line.split()[0])

    headers = {"Authorization": f"Bearer {secret}"}
    answer = httpx.post(f"{server.url}/work/v1/workers", headers=headers, json={}, trust_env=False)
    assert answer.status_code == 401
    assert "local" in done(server, "worker-token", "list")


def test_text_that_is_no_utf_8_is_refused_in_a_sentence(server):
    assert "UTF-8" in refused(server, "account", "add", os.fsdecode(b"\xff@here"))


def test_an_old_password_in_the_credentials_is_explained(server, tmp_path):
    replace(server.credentials, password="an old one").write(tmp_path)

    said = CliRunner().invoke(app, ["account", "list", f"--data={tmp_path}"])

    assert "start the server again for new credentials" in sentence(said)


def test_without_a_server_chores_say_how_to_start_one(server, tmp_path):
    server.credentials.moved_to("http://127.0.0.1:1").write(tmp_path)

    said = CliRunner().invoke(app, ["key", "list", f"--data={tmp_path}"])

    assert "start it: ketway serve" in sentence(said)


def test_a_whole_process_tells_a_refusal_in_one_sentence(server):
    said = subprocess.run(
        [sys.executable, "-m", "ketway", "account", "enable", "nobody", f"--data={server.folder}"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (said.returncode, said.stdout, len(said.stderr.splitlines())) == (1, "", 1)


def session_on(server: Server, platform: str) -> None:
    """One that is opened and terminated at once."""
    known = server.credentials
    headers = {"X-Auth-Token": known.secret_key}
    with httpx.Client(base_url=f"{server.url}/qaas/v1alpha1", headers=headers, trust_env=False) as http:
        (found,) = http.get("/platforms", params={"name": platform}).json()["platforms"]
        made = http.post("/sessions", json={"platform_id": found["id"]}).raise_for_status().json()
        http.post(f"/sessions/{made['id']}/terminate").raise_for_status()


def test_a_platform_s_price_is_set_in_parts_and_what_it_costs_is_shown(server):
    name = "EMU-AER-16C-128M"
    first = done(server, "platform", "price", name, "--per-hour=1000000", "--per-shot=0.001")
    session_on(server, name)

    said = done(server, "project", "usage")
    known = json.loads(done(server, "project", "usage", server.credentials.project_id, "--json"))
    second = done(server, "platform", "price", name, "--per-hour=0")
    third = done(server, "platform", "price", name, "--as-in-catalogue")

    assert first == f"{name}: 1000000 EUR an hour, 0.001 EUR a shot.\n"
    assert second == f"{name}: 0.001 EUR a shot.\n"
    assert third == f"{name}: free.\n"
    (line,) = [line for line in done(server, "platform", "list").splitlines() if name in line]
    assert "scaleway" in line
    assert "free" in line
    (tally,) = known["usage"]
    assert (tally["platform"], tally["prices"]["per_hour"]) == (name, "1000000")
    assert tally["held_s"] > 0
    assert known["costs"] == {"EUR": tally["cost"]}
    assert said.startswith(f"From {known['from']} to {known['until']}:")
    assert " EUR" in said


@pytest.mark.parametrize(
    "words",
    [
        ("platform", "price", "NOTHING", "--per-hour=1"),
        ("platform", "price", "EMU-AER-16C-128M"),
        ("platform", "price", "EMU-AER-16C-128M", "--per-hour=1", "--as-in-catalogue"),
        ("platform", "price", "EMU-AER-16C-128M", "--per-hour=cheap"),
        ("project", "usage", "nothing"),
        ("project", "usage", "--from=then"),
    ],
    ids=" ".join,
)
def test_prices_and_usage_that_cannot_be_are_told_in_one_sentence(server, words):
    assert len(refused(server, *words)) > 20
