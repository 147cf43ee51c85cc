"""Settings: read once, from a TOML file, then `KETWAY_*` variables, then flags."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_MIB = 2**20


def _of_postgresql(url: SecretStr) -> SecretStr:
    """
    Raises:
        ValueError: it is none; its words do not quote what may hold a password.
    """
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


class Settings(BaseSettings):
    """What an operator may choose; the defaults are a laptop's."""

    model_config = SettingsConfigDict(env_prefix="KETWAY_", extra="ignore", hide_input_in_errors=True)

    data: Path = Field(default_factory=lambda: user_data_path("ketway"))
    #: `postgresql://user:password@host/database`; a file in the data folder if None.
    database: Annotated[SecretStr, AfterValidator(_of_postgresql)] | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8750, ge=0, le=65535)
    workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=0, le=1024)
    public_url: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    require_sandbox: bool = False
    catalogue: Path | None = None
    qpu_speed: float = Field(default=1.0, gt=0)  #: times the shot rate of platforms that have one
    #: Engines for platforms whose own belongs to a vendor, by platform; without one they are not offered.
    engine_for: dict[str, str] = Field(default_factory=dict)
    #: Kinds of processes that an operator's own program runs; any other kind fails at once.
    process_kinds: tuple[str, ...] = ()
    #: What goes wrong on purpose: a TOML file; nothing unless there is one.
    faults: Path | None = None
    log_level: str = "info"
    token_life_s: float = Field(default=86_400.0, gt=120)
    lease_s: float = Field(default=30.0, gt=1)
    #: Of two projects of one class, the one goes first that used less; off, the one that came first.
    fair_share: bool = True
    fair_share_half_life_s: float = Field(default=86_400.0, gt=0, allow_inf_nan=False)
    #: Of every project that has none of its own; months are those of the calendar, in UTC.
    quota_waiting_jobs: int | None = Field(default=None, ge=0)
    quota_open_batches: int | None = Field(default=None, ge=0)
    quota_stored_bytes: int | None = Field(default=None, ge=0)
    quota_seconds_per_month: int | None = Field(default=None, ge=0)
    quota_spending_per_month: Decimal | None = Field(default=None, ge=0)
    #: How long results are kept, of every project that says nothing of its own: while one of these keeps
    #: them, and for ever without.
    retention_days: int | None = Field(default=None, ge=0, le=10**6)
    retention_newest: int | None = Field(default=None, ge=0, le=10**6)
    stop_grace_s: float = Field(default=20.0, ge=0)
    max_body_bytes: int = Field(default=48 * _MIB, gt=0)
    max_program_bytes: int = Field(default=32 * _MIB, gt=0)
    max_result_bytes: int = Field(default=160 * _MIB, gt=0)
    max_jobs_per_request: int = Field(default=5000, gt=0)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("KETWAY_CONFIG")
        toml = [TomlConfigSettingsSource(settings_cls, Path(file))] if file else []
        return (init_settings, env_settings, *toml)
