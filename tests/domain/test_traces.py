"""Traces of jobs, well-formed and not."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.priorities import Priority
from ketway.domain.simulation import TracedJob
from ketway.domain.traces import MAX_LINE, BadTrace, Trace, read_trace

SWF = """; Version: 2.2
; Computer: a cluster
    1      0     10     60   4  -1 -1   4   120 -1 1   3   7  1 1 -1 -1 -1

    2      5     -1      0   1  -1 -1   1    -1 -1 1   3  -1  1 1 -1 -1 -1
    3      6     -1     -1   1  -1 -1   1    -1 -1 5   3   7  1 1 -1 -1 -1
    4    7.5     -1    2.5   1  -1 -1   1    -1 -1 1  -1  -1  1 1 -1 -1 -1
"""
CSV = """project,submitted_s,duration_s,batch,priority
a,0,1.5,first,HIGH
"b, of c",2,3,,

a,1,1,first,free
"""


def read(text: str) -> Trace:
    return read_trace(text.splitlines(keepends=True))


def test_swf_is_read_by_group_else_by_user():
    trace = read(SWF)

    assert trace == Trace(
        jobs=(
            TracedJob(project="group 7", submitted_s=0.0, duration_s=60.0),
            TracedJob(project="user 3", submitted_s=5.0, duration_s=0.0),
            TracedJob(project="unknown", submitted_s=7.5, duration_s=2.5),
        ),
        left_out=1,
    )


def test_csv_is_read_by_the_names_of_its_columns():
    assert read(CSV).jobs == (
        TracedJob(project="a", submitted_s=0.0, duration_s=1.5, priority=Priority.HIGH, batch="first"),
        TracedJob(project="b, of c", submitted_s=2.0, duration_s=3.0),
        TracedJob(project="a", submitted_s=1.0, duration_s=1.0, priority=Priority.FREE, batch="first"),
    )


HEAD = "project,submitted_s,duration_s\n"
JOB = "1 0 -1 5 1 -1 -1 1 -1 -1 1 3 7 1 1 -1 -1 -1"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "no job"),
        ("\n\n", 1, "no job"),
        ("; only a comment\n", 1, "no job"),
        (HEAD, 1, "no job"),
        ("project,duration_s\na,1\n", 1, "submitted_s"),
        ("project,submitted_s,duration_s,colour\na,1,1,red\n", 1, "'colour'"),
        ("project,submitted_s,duration_s,project\na,1,1,a\n", 1, "twice"),
        (f"{HEAD}a,1\n", 2, "2 columns"),
        (f"{HEAD}a,0,1\n,1,1\n", 3, "no project"),
        (f"{HEAD}a,soon,1\n", 2, "'soon'"),
        (f"{HEAD}a,nan,1\n", 2, "'nan'"),
        (f"{HEAD}a,1,inf\n", 2, "'inf'"),
        (f"{HEAD}a,1,-1\n", 2, "from 0"),
        (f"{HEAD}a,1e300,1\n", 2, "from 0"),
        (f'{HEAD}"a,1,1\n', 2, "CSV"),
        (f"{HEAD}a,1,1\0\n", 2, "NUL"),
        (f"{HEAD}{'a' * MAX_LINE},1,1\n", 2, "longer"),
        ("project,submitted_s,duration_s,priority\na,1,1,urgent\n", 2, "'urgent'"),
        (f"{JOB}\n{JOB} 1\n", 2, "19 columns"),
        (f"{JOB}\n{JOB.replace(' 5 ', ' five ')}\n", 2, "'five'"),
        (JOB.replace("1 0 ", "1 -1 "), 1, "submit time"),
        ("MZ\x90\x00 this program cannot be run in DOS mode", 1, "NUL"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, words):
    with pytest.raises(BadTrace) as bad:
        read(text)

    assert bad.value.line == line
    assert words in str(bad.value)


def test_a_file_without_end_is_not_read_to_its_end():
    def forever():
        while True:
            yield ";\n"

    with pytest.raises(BadTrace):
        read_trace(forever())


@given(st.text())
def test_any_text_is_a_trace_or_is_refused(text):
    with suppress(BadTrace):
        assert read(text).jobs
