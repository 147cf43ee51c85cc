"""`ketway retention`: how long results are kept."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ketway.cli.accounts import operator
from ketway.cli.projects import Project, found_project
from ketway.cli.telling import Data, explained

app = typer.Typer(help="How long results are kept.", no_args_is_help=True)

Rule = Annotated[str | None, typer.Option(help="A number, none, or default: the server's.")]
#: Said of a rule that is to be the server's.
_DEFAULT = "default"


@app.command()
def show(data: Data = None) -> None:
    """Show the server's rules, and those of projects that keep their results for a time."""
    from ketway.cli.tables import show as shown

    with explained():
        found = operator(data).told("GET", "/retention")
    print(f"Results are kept {_words(found['server'])}, where a project says nothing of its own.")
    rows = [(each["project"], each["project_id"], _words(each["rules"])) for each in found["due"]]
    if rows:
        shown(("project", "id", "kept"), rows)


@app.command(name="set")
def set_rules(project: Project, data: Data = None, days: Rule = None, newest: Rule = None) -> None:
    """Say how long a project's results are kept; a result stays as long as one rule keeps it."""
    wished = {name: wish for name, wish in {"days": days, "newest": newest}.items() if wish is not None}
    with explained():
        own = operator(data)
        found = found_project(own, project)
        if wished:
            whole = {n: word for n, word in (found["retention"] | wished).items() if word != _DEFAULT}
            found = own.told("PATCH", f"/projects/{found['id']}", json={"retention": whole})
    for name in ("days", "newest"):
        known = found["retention"]
        said = "as on the server" if name not in known else "none" if known[name] is None else known[name]
        print(f"{name}: {said}")


@app.command()
def run(
    data: Data = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Let what is due go now, a few results a second, and say what that is."""
    from ketway.cli.tables import show as shown

    with explained():
        own = operator(data)
        found = own.told("GET", "/retention") if dry_run else own.told("POST", "/retention/run")
    due = [each for each in found["due"] if each["results"]]
    number, size = (sum(each[name] for each in due) for name in ("results", "bytes"))
    will = "would go" if dry_run else "go from now on"
    print(f"{number:,} results of {size:,} bytes {will}; their jobs stay.")
    rows = [(each["project"], f"{each['results']:,}", f"{each['bytes']:,}") for each in due]
    if rows:
        shown(("project", "results", "bytes"), rows, numbers=("results", "bytes"))


def _words(rules: dict[str, Any]) -> str:
    said = {"days": "for {} days", "newest": "while among the newest {}"}
    words = [said[name].format(number) for name, number in rules.items() if number is not None]
    return " or ".join(words) or "for ever"
