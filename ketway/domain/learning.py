"""What people learn with ketway: their progress, their use cases, their quizzes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any, NewType
from uuid import UUID

from ketway.domain.accounts import AccountId, ProjectId

LearnerId = NewType("LearnerId", UUID)
UseCaseId = NewType("UseCaseId", UUID)
QuizId = NewType("QuizId", UUID)


@dataclass(frozen=True, kw_only=True)
class Learner:
    """How far somebody is in one course.

    Args:
        package: name of the course.
        progress: chapter to what is known of it (JSON values).
    """

    id: LearnerId
    account_id: AccountId
    package: str
    created_at: datetime
    updated_at: datetime
    progress: Mapping[str, Any] = field(default_factory=dict)

    def advance(self, chapters: Mapping[str, Any], now: datetime) -> Learner:
        """These chapters are as told; others stay."""
        return replace(self, progress={**self.progress, **chapters}, updated_at=now)


class Standing(Enum):
    """Where a use case is on its way to be shown to others."""

    DRAFT = "draft"
    UNDER_REVIEW = "under review"
    REVIEWER_DRAFT = "reviewer draft"
    REQUIRING_UPDATE = "requiring update"
    UPDATED = "updated"
    REJECTED = "rejected"
    APPROVED = "approved"


@dataclass(frozen=True, kw_only=True)
class UseCase:
    """
    Args:
        answers: to the questionnaire, by question (JSON values).
        review: what a reviewer said, by question (JSON values).
    """

    id: UseCaseId
    project_id: ProjectId
    creator_id: AccountId
    title: str
    standing: Standing
    created_at: datetime
    updated_at: datetime
    summary: str = ""
    questionnaire_id: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    review: Mapping[str, Any] = field(default_factory=dict)
    last_reviewed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Quiz:
    """Somebody's answers to one quiz.

    Args:
        subject: which quiz, in the words of whoever made it.
        data: the answers (JSON values).
    """

    id: QuizId
    account_id: AccountId
    subject: str
    data: Any
    created_at: datetime
    updated_at: datetime
