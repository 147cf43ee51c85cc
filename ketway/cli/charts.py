"""Bars of text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(counts: Mapping[str, int], *, width: int = 40, most: int = 10) -> list[str]:
    """One line per outcome, the commonest first, the longest bar `width` characters.

    Args:
        counts: bitstring to number of shots.
        most: outcomes shown; the others are summed up in a last line.
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if not ranked:
        return ["(no outcomes)"]
    shots, longest = sum(counts.values()), ranked[0][1]
    lines = [
        f"{outcome}  {_bar(number / longest, width).ljust(width)} {number:>6} {number / shots:6.1%}"
        for outcome, number in ranked[:most]
    ]
    rest = ranked[most:]
    if rest:
        lines.append(f"and {len(rest)} more outcomes, {sum(number for _, number in rest)} shots")
    return lines


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
