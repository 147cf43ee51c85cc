"""`ketway simulate`: what jobs of the past would have waited under a policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ketway.cli.telling import fail

if TYPE_CHECKING:
    from ketway.domain.simulation import Policy, TracedJob, Waits
    from ketway.domain.traces import Trace

_WAITS = ("median", "95 %", "longest")


def simulate(
    trace: Annotated[
        Path,
        typer.Argument(
            help="Jobs in SWF, or CSV with the columns project, submitted_s, duration_s[, priority, batch]."
        ),
    ],
    half_life: Annotated[
        float, typer.Option(help="Seconds in which what was used comes to count half.", min=0.001)
    ] = 86_400.0,
    weights: Annotated[str, typer.Option(help="Of projects, such as physics=2,chemistry=0.5.")] = "",
    slots: Annotated[int, typer.Option(help="Jobs side by side.", min=1, max=100_000)] = 1,
    machine: Annotated[bool, typer.Option("--machine", help="One batch at a time, as a QPU.")] = False,
    no_fair_share: Annotated[
        bool, typer.Option("--no-fair-share", help="First come, first served alone.")
    ] = False,
) -> None:
    """Show what the jobs of a trace would have waited, with fair share and without; no server is needed."""
    from ketway.domain.shares import FairShare
    from ketway.domain.simulation import Policy, play, waits

    jobs = _read(trace).jobs
    fair = Policy(
        fair_share=FairShare(half_life_s=half_life),
        weights=_weights(weights, jobs),
        slots=slots,
        is_exclusive=machine,
    )
    plain = Policy(fair_share=FairShare(is_on=False), slots=slots, is_exclusive=machine)
    policies: dict[str, Policy] = {} if no_fair_share else {"fair share": fair}
    policies["first come"] = plain
    _show({name: waits(play(jobs, policy)) for name, policy in policies.items()})


def _read(path: Path) -> Trace:
    from ketway.domain.traces import BadTrace, read_trace

    try:
        with path.open(encoding="utf-8", errors="strict", newline="") as file:
            found = read_trace(iter(lambda: file.readline(20_000), ""))
    except BadTrace as bad:
        fail(f"{path}: {bad}")
    except UnicodeDecodeError:
        fail(f"{path}: this is not UTF-8 text")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    if found.left_out:
        print(f"{found.left_out:,} jobs never ran and are left out.")
    return found


def _weights(text: str, jobs: tuple[TracedJob, ...]) -> dict[str, float]:
    from ketway.domain.errors import BadField
    from ketway.domain.shares import must_weigh

    projects = {job.project for job in jobs}
    found: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        project, _, weight = part.rpartition("=")
        if project not in projects:
            fail(f"--weights: there is no project {project or part!r} in this trace; write project=weight")
        try:
            found[project] = must_weigh(float(weight))
        except (ValueError, BadField):
            fail(f"--weights: {weight!r} is no weight for {project}; write a number such as 2 or 0.5")
    return found


def _show(found: Mapping[str, Mapping[str, Waits]]) -> None:
    from ketway.cli.tables import show

    first = next(iter(found.values()))
    columns = ["project", "jobs", "seconds used"]
    columns += [f"{policy}: {wait}" for policy in found for wait in _WAITS]
    rows = []
    for project, waits in first.items():
        row = [project, f"{waits.jobs:,}", f"{waits.used_s:,.0f}"]
        for policy in found.values():
            here = policy[project]
            row += [f"{seconds:,.1f} s" for seconds in (here.median_s, here.most_s, here.longest_s)]
        rows.append(row)
    show(columns, rows, numbers=columns[1:])
