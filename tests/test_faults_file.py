"""The file of `--faults` as a user writes it, and what a server says to a wrong one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ketway import faults_file
from ketway.api.faults import Cut, Error, Slow
from ketway.bootstrap import CannotStart, open_server
from ketway.domain.faults import Down, Failure, Late, Wait
from ketway.settings import Settings

DOCUMENT = Path(__file__).parent.parent / "docs" / "faults.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)


def a_file(folder: Path, text: str) -> Path:
    path = folder / "faults.toml"
    path.write_text(text)
    return path


def test_every_example_of_the_document_is_taken(tmp_path):
    found = [faults_file.read(a_file(tmp_path, text)) for text in EXAMPLES]

    kinds = {type(rule) for plans in found for rule in _rules(plans)}
    assert kinds == {Down, Wait, Failure, Late, Error, Cut, Slow}
    assert all(plans.sentences() for plans in found[1:])


async def test_the_examples_name_platforms_that_there_are(tmp_path):
    file = a_file(tmp_path, "\n".join(EXAMPLES))

    async with open_server(Settings(data=tmp_path / "data", faults=file), "http://127.0.0.1:1") as opened:
        assert len(opened.faults) == sum(text.count("[[") for text in EXAMPLES)


def test_an_empty_file_does_nothing(tmp_path):
    assert faults_file.read(a_file(tmp_path, "")) == faults_file.Plans()


def test_seconds_may_be_whole_and_a_range_is_a_pair(tmp_path):
    plans = faults_file.read(a_file(tmp_path, "[[late]]\nseconds = 3\n[[slow]]\nseconds = [1, 2.5]"))

    assert plans.jobs.late == (Late(seconds=3.0),)
    assert plans.http.slow == (Slow(seconds=(1.0, 2.5)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[errors]]", "there is no errors; there are seed, down, wait, failure, late, slow, cut, error"),
        ("seed = 1.5", "seed should be a whole number"),
        ("[down]\nplatform = 'X'", "`down` should be a list of tables: write [[down]]"),
        ("[[down]]\nwhy = 'X'", "down 1: platform missing"),
        ("[[down]]\nplatform = 'X'\nwhy = 'Y'\ncolour = 3", "down 1: there is no key colour; there are pl"),
        ("[[error]]\nstatus = 503\n[[error]]\nstatus = 404", "error 2: status should be one of 429, 500"),
        ("[[error]]\nstatus = '503'", "error 1: Expected `int`, got `str`"),
        ("[[error]]\nstatus = 503\nsurfaces = ['aws']", "there is no surface aws; there are pasqal, sc"),
        ("[[error]]\nstatus = 503\nmethods = ['post']", "methods are written in capitals: POST"),
        ("[[error]]\nstatus = 503\npaths = ['qaas/*']", "paths begin with / or *: qaas/*"),
        ("[[error]]\nstatus = 503\nretry_after_s = -1", "retry_after_s should be 0 or more"),
        ("[[cut]]\nshare = 0.1\nfirst = 1", "cut 1: share and first exclude each other"),
        ("[[slow]]\nseconds = [2, 1]", "slow 1: seconds should be"),
        ("[[slow]]\nseconds = [1, 2, 3]", "slow 1: Expected"),
        ("[[failure]]\nplatform = 'X'", "failure 1: text missing"),
        ("[[wait]]\nplatform = 'X'", "wait 1: give after_submission_s or after_start_s"),
        ("seed = ", "Invalid value"),
    ],
)
async def test_a_wrong_file_is_told_in_one_sentence(tmp_path, text, said):
    file = a_file(tmp_path, text)

    with pytest.raises(CannotStart) as refused:
        async with open_server(Settings(data=tmp_path / "data", faults=file), "http://127.0.0.1:1"):
            pass

    assert said in str(refused.value)
    assert str(refused.value).startswith(f"The faults {file} cannot be used: ")


async def test_a_platform_that_there_is_not_is_told_with_those_that_there_are(tmp_path):
    file = a_file(tmp_path, "[[down]]\nplatform = 'EMU_FRE'\nwhy = ''")

    with pytest.raises(CannotStart, match=r"platform EMU_FRE, which is not in .* there are .*EMU_FREE"):
        async with open_server(Settings(data=tmp_path / "data", faults=file), "http://127.0.0.1:1"):
            pass


async def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CannotStart, match="No such file"):
        async with open_server(
            Settings(data=tmp_path / "data", faults=tmp_path / "none.toml"), "http://127.0.0.1:1"
        ):
            pass


def _rules(plans: faults_file.Plans) -> list[object]:
    jobs = plans.jobs
    return [*jobs.down, *jobs.wait, *jobs.failure, *jobs.late, *plans.http.rules]
