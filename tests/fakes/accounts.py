"""Accounts, projects with their members, and API keys in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ketway.domain.accounts import Account, AccountId, Member, Project, ProjectId, Role
from ketway.domain.credentials import ApiKey, ApiKeyId
from ketway.services.listing import Listed, Page
from tests.fakes.tables import Tables, insert, must_be_unique, must_exist, page_of, sortable, value_of


class MemoryAccounts:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, account: Account) -> None:
        row = replace(account, email=account.email.lower())
        must_be_unique([*self._tables.accounts.values(), row], lambda account: account.email)
        insert(self._tables.accounts, row.id, row)

    async def put(self, account: Account) -> None:
        if account.id in self._tables.accounts:
            changed = replace(account, email=account.email.lower())
            others = [other for other in self._tables.accounts.values() if other.id != account.id]
            must_be_unique([*others, changed], lambda account: account.email)
            self._tables.accounts[account.id] = changed

    async def get(self, id: AccountId) -> Account | None:
        return self._tables.accounts.get(id)

    async def with_roles(self, id: AccountId) -> tuple[Account, Mapping[ProjectId, Role]] | None:
        account = self._tables.accounts.get(id)
        members = self._tables.members.values()
        roles = {member.project_id: member.role for member in members if member.account_id == id}
        return None if account is None else (account, roles)

    async def by_email(self, email: str) -> Account | None:
        accounts = self._tables.accounts.values()
        return next((account for account in accounts if account.email == email.lower()), None)

    async def of(self, ids: Sequence[AccountId]) -> Mapping[AccountId, Account]:
        return {id: self._tables.accounts[id] for id in ids if id in self._tables.accounts}

    async def list(self, page: Page) -> Listed[Account]:
        return page_of(self._tables.accounts.values(), page)

    async def count_superusers(self) -> int:
        return sum(account.superuser and account.is_enabled for account in self._tables.accounts.values())


class MemoryProjects:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, project: Project) -> None:
        insert(self._tables.projects, project.id, project)

    async def put(self, project: Project) -> None:
        if project.id in self._tables.projects:
            self._tables.projects[project.id] = project

    async def get(self, id: ProjectId) -> Project | None:
        return self._tables.projects.get(id)

    async def of(self, ids: Sequence[ProjectId]) -> Sequence[Project]:
        found = [self._tables.projects[id] for id in set(ids) if id in self._tables.projects]
        return sorted(found, key=lambda project: (project.created_at, str(project.id)))

    async def weights(self, ids: Collection[ProjectId]) -> Mapping[ProjectId, float]:
        return {id: self._tables.projects[id].weight for id in ids if id in self._tables.projects}

    async def list(self, page: Page) -> Listed[Project]:
        return page_of(self._tables.projects.values(), page)

    async def add_member(self, member: Member) -> None:
        must_exist(self._tables.accounts, member.account_id)
        must_exist(self._tables.projects, member.project_id)
        insert(self._tables.members, (member.account_id, member.project_id), member)

    async def put_member(self, member: Member) -> None:
        key = member.account_id, member.project_id
        if key in self._tables.members:
            self._tables.members[key] = member

    async def remove_member(self, member: Member) -> None:
        self._tables.members.pop((member.account_id, member.project_id), None)

    async def memberships(self, account: AccountId) -> Sequence[Member]:
        members = self._tables.members.values()
        return _oldest_first(member for member in members if member.account_id == account)

    async def members(self, project: ProjectId, page: Page) -> Listed[Member]:
        found = [member for member in self._tables.members.values() if member.project_id == project]
        found.sort(
            key=lambda member: (sortable(value_of(member, page), page), str(member.account_id)),
            reverse=page.descending,
        )
        return Listed(items=found[page.offset : page.offset + page.limit], total=len(found))

    async def members_among(self, project: ProjectId, accounts: Sequence[AccountId]) -> Sequence[Member]:
        keys = {(account, project) for account in accounts}
        return _oldest_first(member for key, member in self._tables.members.items() if key in keys)

    async def admins(self, projects: Sequence[ProjectId]) -> Sequence[Member]:
        admins = [member for member in self._tables.members.values() if member.role is Role.ADMIN]
        return _oldest_first(member for member in admins if member.project_id in projects)

    async def count_members(self, projects: Sequence[ProjectId]) -> Mapping[ProjectId, Mapping[Role, int]]:
        counts = {project: dict.fromkeys(Role, 0) for project in projects}
        for member in self._tables.members.values():
            if member.project_id in counts:
                counts[member.project_id][member.role] += 1
        return counts


class MemoryApiKeys:
    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def add(self, key: ApiKey) -> None:
        must_exist(self._tables.accounts, key.account_id)
        must_exist(self._tables.projects, key.project_id)
        keys = [*self._tables.api_keys.values(), key]
        must_be_unique(keys, lambda key: key.access_key)
        must_be_unique(keys, lambda key: key.secret_hash)
        insert(self._tables.api_keys, key.id, key)

    async def put(self, key: ApiKey) -> None:
        if key.id in self._tables.api_keys:
            self._tables.api_keys[key.id] = key

    async def get(self, id: ApiKeyId) -> ApiKey | None:
        return self._tables.api_keys.get(id)

    async def hashed(self, secret_hash: str) -> ApiKey | None:
        keys = self._tables.api_keys.values()
        return next((key for key in keys if key.secret_hash == secret_hash), None)

    async def list(
        self, page: Page, *, account: AccountId | None = None, project: ProjectId | None = None
    ) -> Listed[ApiKey]:
        keys = self._tables.api_keys.values()
        of_account = [key for key in keys if account in (None, key.account_id)]
        return page_of((key for key in of_account if project in (None, key.project_id)), page)


def _oldest_first(members: Iterable[Member]) -> Sequence[Member]:
    return sorted(members, key=lambda member: (member.created_at, str(member.account_id)))
