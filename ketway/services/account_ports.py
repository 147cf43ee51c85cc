"""What the use cases need kept of people, projects and keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ketway.domain.accounts import Account, AccountId, Member, Project, ProjectId, Role
from ketway.domain.credentials import ApiKey, ApiKeyId
from ketway.services.listing import Listed, Page


class AccountStore(Protocol):
    """Emails are kept and compared in lower case."""

    async def add(self, account: Account) -> None:
        """
        Raises:
            Stale: the email belongs to another account.
        """

    async def put(self, account: Account) -> None:
        """Raises as `add`."""

    async def get(self, id: AccountId) -> Account | None: ...

    async def with_roles(self, id: AccountId) -> tuple[Account, Mapping[ProjectId, Role]] | None:
        """And what it is, in each project."""

    async def by_email(self, email: str) -> Account | None: ...

    async def of(self, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        """Those that are here."""

    async def list(self, page: Page) -> Listed[Account]: ...

    async def count_superusers(self) -> int:
        """The enabled ones."""


class ProjectStore(Protocol):
    async def add(self, project: Project) -> None: ...

    async def put(self, project: Project) -> None: ...

    async def get(self, id: ProjectId) -> Project | None: ...

    async def of(self, ids: Sequence[ProjectId]) -> Sequence[Project]:
        """Those that are here, oldest first."""

    async def weights(self, ids: Collection[ProjectId]) -> Mapping[ProjectId, float]:
        """How much is fair for each of these."""

    async def list(self, page: Page) -> Listed[Project]: ...

    async def add_member(self, member: Member) -> None:
        """
        Raises:
            Stale: the account is a member already.
        """

    async def put_member(self, member: Member) -> None: ...

    async def remove_member(self, member: Member) -> None: ...

    async def memberships(self, account: AccountId) -> Sequence[Member]:
        """Oldest first."""

    async def members(self, project: ProjectId, page: Page) -> Listed[Member]:
        """One page; ties are broken by the account's id."""

    async def members_among(self, project: ProjectId, accounts: Sequence[AccountId]) -> Sequence[Member]:
        """Those of the accounts that are members, oldest first."""

    async def admins(self, projects: Sequence[ProjectId]) -> Sequence[Member]:
        """Admins of these projects, oldest first."""

    async def count_members(self, projects: Sequence[ProjectId]) -> Mapping[ProjectId, Mapping[Role, int]]:
        """Members of each project by role; every role is there, zeros included."""


class ApiKeyStore(Protocol):
    async def add(self, key: ApiKey) -> None:
        """
        Raises:
            Stale: its access key or its secret is another's.
        """

    async def put(self, key: ApiKey) -> None: ...

    async def get(self, id: ApiKeyId) -> ApiKey | None: ...

    async def hashed(self, secret_hash: str) -> ApiKey | None: ...

    async def list(
        self, page: Page, *, account: AccountId | None = None, project: ProjectId | None = None
    ) -> Listed[ApiKey]:
        """Keys of one account, of one project, of both, or all."""
