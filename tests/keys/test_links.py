"""Signed links."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketway.domain.errors import BadToken
from ketway.keys.links import LinkSigner, fresh_key
from tests.builders import NOON

SIGNER = LinkSigner(fresh_key())
TEXT = st.text(st.characters(codec="utf-8"))


def checked(link: str, *, signer: LinkSigner = SIGNER, now=NOON, **changes: str) -> str:
    """The path of a link that was checked, with what was changed on its way."""
    parts = urlsplit(link)
    said = {"path": unquote(parts.path)} | dict(parse_qsl(parts.query, keep_blank_values=True)) | changes
    signer.check(said["path"], until=said["until"], filename=said["name"], proof=said["proof"], now=now)
    return said["path"]


def signed(path: str = "/blobs/a/1", filename: str = "a.json") -> str:
    return SIGNER.sign(path, filename=filename, until=NOON)


def test_a_link_is_good_until_its_end():
    link = signed()

    assert checked(link) == "/blobs/a/1"
    with pytest.raises(BadToken) as refusal:
        checked(link, now=NOON + timedelta(seconds=1))
    assert refusal.value.reason == "expired"


@pytest.mark.parametrize(
    "forged",
    [
        {"path": "/blobs/a/2"},
        {"path": "/blobs/a/1/"},
        {"path": ""},
        {"until": "99999999999"},
        {"until": ""},
        {"until": "soon"},
        {"name": "b.json"},
        {"proof": ""},
        {"proof": "0" * 64},
        {"proof": "ünï"},
    ],
    ids=str,
)
def test_a_changed_link_is_forged(forged):
    with pytest.raises(BadToken) as refusal:
        checked(signed(), **forged)

    assert refusal.value.reason == "unknown"


def test_a_link_of_another_key_is_forged():
    with pytest.raises(BadToken):
        checked(signed(), signer=LinkSigner(fresh_key()))


def test_the_key_is_not_in_the_link():
    key = fresh_key()

    link = LinkSigner(key).sign("/blobs/a", filename="f", until=NOON)

    assert key not in link


def test_the_parts_of_a_link_cannot_be_shifted():
    link = SIGNER.sign("/blobs/a", filename="x\ny", until=NOON)
    end = str(int(NOON.timestamp()))

    with pytest.raises(BadToken):
        checked(link, path=f"/blobs/a\n{end}", until="x", name="y")


@given(path=TEXT.map(lambda text: "/" + text.replace("/", "")), filename=TEXT)
def test_any_path_and_name_come_through(path, filename):
    assert checked(signed(path, filename)) == path
