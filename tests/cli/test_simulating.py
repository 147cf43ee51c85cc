"""`ketway simulate` as a person meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ketway.cli.main import app

HEAD = "project,submitted_s,duration_s\n"
FLOOD = HEAD + "flood,0,2\n" * 1000 + "ten,10,2\n" * 10


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.csv"
    path.write_text(FLOOD)
    return path


def simulated(*words: object) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    result = CliRunner().invoke(app, ["simulate", *map(str, words)])
    assert result.exit_code != 0
    return " ".join(result.output.split())


def line_of(project: str, output: str) -> list[str]:
    (line,) = [line for line in output.splitlines() if line.split()[:1] == [project]]
    return [word for word in line.split() if word != "s"]


def test_waits_are_shown_by_project_with_fair_share_and_without(trace):
    output = simulated(trace)

    assert line_of("ten", output) == [
        "ten",
        "10",
        "20",
        "10.0",
        "28.0",
        "28.0",
        "1,999.0",
        "2,008.0",
        "2,008.0",
    ]
    assert line_of("flood", output)[:3] == ["flood", "1,000", "2,000"]


def test_weights_slots_and_half_life_count(trace):
    plain, heavy, wide = (
        float(line_of("ten", simulated(trace, *words))[5].replace(",", ""))
        for words in ([], ["--weights", "ten=10"], ["--slots", "4"])
    )

    assert heavy < plain
    assert wide < plain
    assert simulated(trace, "--half-life", "0.001") != simulated(trace)


def test_first_come_first_served_alone(trace):
    assert "fair share" not in simulated(trace, "--no-fair-share")


def test_a_machine_runs_one_batch_after_the_other(tmp_path):
    trace = tmp_path / "trace"
    trace.write_text("project,submitted_s,duration_s,batch\n" + "a,0,10,x\nb,0,10,y\n" * 3)

    output = simulated(trace, "--machine", "--slots", "8")

    assert line_of("b", output)[3:6] == ["40.0", "50.0", "50.0"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--weights", "ten"], "there is no project 'ten'"),
        (["--weights", "nobody=1"], "there is no project 'nobody'"),
        (["--weights", "ten=0"], "'0' is no weight"),
        (["--weights", "ten=nan"], "'nan' is no weight"),
        (["--slots", "0"], "--slots"),
        (["--half-life", "0"], "--half-life"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(trace, words, sentence):
    assert sentence in refused(trace, *words)


def test_a_broken_trace_is_refused_with_its_file_and_line(tmp_path):
    broken, binary = tmp_path / "broken", tmp_path / "binary"
    broken.write_text(f"{HEAD}a,0,x\n")
    binary.write_bytes(b"\xff\xfe\x00")

    assert f"{broken}: line 2: duration_s is 'x', which is no number" in refused(broken)
    assert f"{binary}: this is not UTF-8 text" in refused(binary)
    assert f"{tmp_path / 'none'}: No such file" in refused(tmp_path / "none")
    assert f"{tmp_path}: Is a directory" in refused(tmp_path)


def test_neither_the_server_nor_an_engine_is_loaded(trace):
    code = (
        "import sys; from ketway.cli.main import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, "simulate", str(trace)],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=True,
    )

    loaded = done.stdout.splitlines()[-1]
    assert "'ketway'" in loaded
    assert not [
        name for name in ("fastapi", "starlette", "sqlalchemy", "numpy", "pulser") if f"'{name}'" in loaded
    ]
