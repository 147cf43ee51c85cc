"""What people are called and write about things: bounded, and safe to show on any screen."""

from __future__ import annotations

import unicodedata

from ketway.domain.errors import BadField

MAX_EMAIL = 254
MAX_NAME = 100
MAX_DESCRIPTION = 2000
MIN_PASSWORD = 8
MAX_PASSWORD = 1024

#: Control characters, halves of surrogate pairs, separators of lines and paragraphs.
_UNSHOWABLE = ("Cc", "Cs", "Zl", "Zp")


def plain_email(text: str) -> str:
    """An email as it is kept and compared: in lower case, composed, nothing around it."""
    return unicodedata.normalize("NFC", text.strip().lower())


def email(text: str) -> str:
    """
    Raises:
        BadField
    """
    plain = plain_email(bounded("email", text, MAX_EMAIL))
    local, _, host = plain.partition("@")
    # A character that nobody sees would make two emails of what everybody reads as one.
    unseen = any(one.isspace() or unicodedata.category(one) == "Cf" for one in plain)
    if not local or not host or "@" in host or unseen:
        raise BadField(("email",), "must be like somebody@example.org", "format")
    return plain


def name(text: str, field: str = "name") -> str:
    """One line, not empty.

    Raises:
        BadField
    """
    if not text.strip():
        raise BadField((field,), "must not be empty", "required")
    return bounded(field, text.strip(), MAX_NAME)


def description(text: str) -> str:
    """Several lines are fine.

    Raises:
        BadField
    """
    return bounded("description", text, MAX_DESCRIPTION, besides="\n\r\t")


def password(text: str) -> str:
    """
    Raises:
        BadField: too short or too long; nothing else is asked of it.
    """
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise BadField(("password",), f"must have {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return text


def bounded(field: str, text: str, most: int, *, besides: str = "") -> str:
    """At most so many characters, none of them a control character besides these.

    Raises:
        BadField
    """
    if len(text) > most:
        raise BadField((field,), f"must have at most {most} characters")
    if any(unicodedata.category(one) in _UNSHOWABLE and one not in besides for one in text):
        raise BadField((field,), "must not hold control characters", "format")
    return text
