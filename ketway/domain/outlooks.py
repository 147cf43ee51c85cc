"""Outlooks: how many go before a job that waits, and when it may start.

What waits is played forth by the rules that it is ranked with, three times: as if everything took as long as
eight of ten take at least, as half of them do, and as eight of ten do at most. Nothing that is sent later is
known of; fair share and priorities may let it go first.
"""

from __future__ import annotations

from dataclasses import dataclass

from ketway.domain.playing import Play
from ketway.domain.queues import Bundle, Case, Queue, Span


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """
    Args:
        position: place among those that wait for its platform, from 1; about, where many are before it.
        start: seconds from when the queue was looked at; None where nobody can tell.
    """

    position: int
    start: Span | None


class Outlooks:
    """Of one queue; it is played no further than is asked for."""

    def __init__(self, queue: Queue) -> None:
        self._plays = [Play(queue, case) for case in Case]

    def of(self, bundle: Bundle, ahead: int) -> Outlook | None:
        """
        Args:
            bundle: of the queue, the one that the job is in.
            ahead: how many of the bundle come before the job.
        Returns:
            None where nobody can tell.
        """
        low, middle, high = (play.started(bundle, ahead) for play in self._plays)
        if middle is None:
            return None
        start = None
        if low is not None and high is not None and low.is_known and middle.is_known and high.is_known:
            # One that takes longer may let another go first, so that the three need not be in order.
            seconds = sorted(each.at_s for each in (low, middle, high))
            start = Span(low_s=seconds[0], middle_s=middle.at_s, high_s=seconds[2])
        return Outlook(position=middle.number, start=start)
