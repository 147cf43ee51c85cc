"""What is kept of earlier computations."""

from __future__ import annotations

from ketway.engines.kept import Kept, Weighed, key_of


def filled(kept: Kept[str], *words: str) -> list[bool]:
    """Whether each was there."""
    return [kept.find(word, lambda word=word: Weighed(word, 10))[1] for word in words]  # type: ignore[misc]


def test_what_was_computed_is_not_computed_again():
    assert filled(Kept(100), "a", "b", "a", "b") == [False, False, True, True]


def test_when_the_bytes_are_spent_the_least_recently_used_goes():
    kept: Kept[str] = Kept(25)

    assert filled(kept, "a", "b", "a", "c", "a", "b") == [False, False, True, False, True, False]


def test_what_is_too_large_to_keep_is_computed_every_time():
    assert filled(Kept(9), "a", "a") == [False, False]


def test_a_key_is_of_values_whatever_their_order():
    assert key_of("x", {"a": 1, "b": [2]}) == key_of("x", {"b": [2], "a": 1})
    assert len({key_of("x", 1), key_of("x", "1"), key_of("x1"), key_of(["x", 1])}) == 4


def test_whoever_waits_hears_before_it_is_computed_that_it_will_be_kept_and_after_that_it_cannot_be():
    said: list[object] = []

    def compute() -> Weighed[str]:
        said.append("computed")
        return Weighed("a", 10)

    for size in (100, 9):
        Kept[str](size).find("a", compute, said.append)

    assert said == [True, "computed", True, "computed", False]
