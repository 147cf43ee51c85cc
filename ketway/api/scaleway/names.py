"""Names for what came without one."""

from __future__ import annotations

from uuid import UUID

_FIRST = """
    amber brisk calm clear coral crisp dusky eager early fleet gentle golden grand happy humble
    keen kind light lively lucid merry mild noble quick quiet rapid silver steady sunny swift warm wise
"""
_SECOND = """
    badger beaver bison crane curlew dolphin egret falcon finch gecko heron ibex jackdaw kestrel lark
    lemur lynx marten newt ocelot osprey otter petrel plover puffin raven robin seal stork swan tern wren
"""


def invented(prefix: str, chance: UUID) -> str:
    """A prefix and two words, such as `qs-calm-otter`."""
    first, second = _FIRST.split(), _SECOND.split()
    rest, place = divmod(chance.int, len(first))
    return f"{prefix}-{first[place]}-{second[rest % len(second)]}"
