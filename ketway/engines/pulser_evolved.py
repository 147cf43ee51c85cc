"""A noiseless evolution, kept apart from the looks that are taken at it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pulser.backend import BitStrings, Results

from ketway.domain.tasks import Task
from ketway.engines.kept import Weighed, key_of
from ketway.engines.pulser_config import Config
from ketway.engines.pulser_results import read


class Watcher(BitStrings):  # type: ignore[misc]
    """Stands where bit strings are asked for, and takes the state instead of drawing from it.

    What it gives back are marks: a string for each atom, in which only this one is excited, as often
    as its number says. An emulator that has put the atoms into another order puts the marks back,
    as it would the bit strings.
    """

    def __init__(self, asked: BitStrings) -> None:
        super().__init__(evaluation_times=asked.evaluation_times, num_shots=1, one_state=asked.one_state)
        self._uuid = asked.uuid
        self._tag_suffix = asked._tag_suffix
        self.states: list[Any] = []

    def __deepcopy__(self, memo: Any) -> Watcher:
        return self  # emulators copy their observables, and what they find out

    def apply(self, *, state: Any, **_: Any) -> Counter[str]:
        self.states.append(deepcopy(state))
        atoms = int(state.n_qudits)
        return Counter({"0" * atom + "1" + "0" * (atoms - atom - 1): atom + 1 for atom in range(atoms)})


@dataclass(frozen=True)
class Watched:
    """
    Args:
        states: one at each evaluation time.
        places: of each atom in the state, its place among the sequence's.
    """

    states: Sequence[Any]
    places: Sequence[int]


@dataclass(frozen=True)
class Evolved:
    """
    Args:
        found: of the observables that need no chance, as `read` gives it; with marks for bit strings.
        watched: by the uuid of an observable.
    """

    found: Mapping[str, Any]
    watched: Mapping[str, Watched]

    def look(self, config: Config) -> dict[str, Any]:
        """As if it had been run with this configuration, which differs in its shots alone."""
        drawn = {
            str(asked.uuid): [
                in_order(asked.apply(config=config, state=state), self.watched[str(asked.uuid)].places)
                for state in self.watched[str(asked.uuid)].states
            ]
            for asked in samplers(config)
        }
        return {**self.found, "results": {**self.found["results"], **drawn}}


def key_for(task: Task, engine: str, config: Config) -> str:
    """The same for all that differs in shots and seed alone."""
    asked = json.loads(config.to_abstract_repr(skip_validation=True))
    asked["default_num_shots"] = None
    for observable in asked["observables"]:
        observable.pop("num_shots", None)
    return key_of(engine, task.program, dict(task.parameters), dict(task.settings), asked)


def evolve(
    config: Config, simulate: Callable[[Config], Results], bytes_of: Callable[[Any], int]
) -> Weighed[Evolved]:
    watchers = {observable.uuid: Watcher(observable) for observable in samplers(config)}
    observables = [watchers.get(observable.uuid, observable) for observable in config.observables]
    found = read(simulate(config.with_changes(observables=observables)))
    watched = {
        str(uuid): Watched(watcher.states, places_in(found["results"][str(uuid)][0]))
        for uuid, watcher in watchers.items()
    }
    size = len(json.dumps(found)) + sum(
        bytes_of(state) for watcher in watchers.values() for state in watcher.states
    )
    return Weighed(Evolved(found, watched), size)


def is_noiseless(config: Config) -> bool:
    return not config.noise_model.noise_types


def samplers(config: Config) -> list[BitStrings]:
    return [observable for observable in config.observables if isinstance(observable, BitStrings)]


def places_in(marks: Mapping[str, int]) -> list[int]:
    return [mark.index("1") for mark, _ in sorted(marks.items(), key=lambda mark: mark[1])]


def in_order(counter: Mapping[str, int], places: Sequence[int]) -> dict[str, int]:
    """
    Args:
        counter: of strings in the state's order.
    Returns:
        The same in the sequence's.
    """
    atoms = sorted(range(len(places)), key=places.__getitem__)
    return {"".join(string[atom] for atom in atoms): count for string, count in counter.items()}
