"""Works: what a task computes, whatever its shots and its seed.

An engine that keeps what it computed only draws for the next task of the same work, in the same child.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ketway import protocol
from ketway.engines.engine import Heard
from ketway.engines.kept import key_of


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """A work that others may wait for.

    Args:
        on_kept: as a `Keeper`'s.
    """

    work: str
    on_kept: Heard


def works_of(claimed: protocol.Claimed, keepers: Collection[str]) -> list[str | None]:
    """
    Args:
        keepers: engines that are `Keeper`s.
    Returns:
        For each lease what it shares with those that differ in shots and seed alone; None where its
        engine keeps nothing.
    """
    shared = [_shared(common) if common.engine in keepers else None for common in claimed.common]
    return [
        None if shared[lease.common] is None else key_of(shared[lease.common], lease.parameters)
        for lease in claimed.leases
    ]


def _shared(common: protocol.Common) -> str:
    return key_of(
        common.project_id,
        common.engine,
        common.program,
        common.configuration,
        common.settings,
        common.max_shots,
        common.max_qubits,
    )
