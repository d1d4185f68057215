"""What the owner of this process sets, by environment variable (or .env). A client can change none of it."""

import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from upath import UPath

from tools.errors import ConfigError

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
_FOLDER = re.compile(r"\w[\w.@+-]*(/\w[\w.@+-]*)*")  # such as ann, or ann/browser for one of her browsers


class Settings(BaseSettings):
    """Every variable is named ``HUGGINGGPT_`` and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="HUGGINGGPT_", env_file=".env", env_ignore_empty=True, extra="ignore")

    out: Annotated[UPath, BeforeValidator(str)] = Field(
        UPath("outputs"),
        description="Where results are written: a folder, or any fsspec URL, such as s3://bucket/folder",
    )
    folders: list[Path] = Field([Path()], description="Folders from which files may be read, beside `out`")
    max_bytes: int = Field(100 * 2**20, gt=0, description="Largest file accepted, in bytes")
    max_json: int = Field(32 * 2**20, gt=0, description="Largest request but an upload, in bytes")
    max_pixels: int = Field(64_000_000, gt=0, description="Largest image accepted, in pixels")
    fetch_timeout: float = Field(30, gt=0, description="Seconds a download may take")
    private_addresses: bool = Field(default=False, description="Allow links to private and loopback addresses")
    slots: dict[str, int] = Field({}, description='Tasks at a time per device, such as {"cuda:0": 1}; else a default')
    llm: str = Field("auto", description="Controller used where a run says `auto`: offline, or provider:model")
    controllers: list[str] = Field([], description="Further controllers that clients of the server may choose")
    base_url: str | None = Field(None, description="OpenAI-compatible server of the controller")
    llm_silence: float = Field(60, gt=0, description="Seconds that the controller may take for its next words")
    llm_timeout: float = Field(300, gt=0, description="Seconds that one call of the controller may take")
    models: Path = Field(Path("models.toml"), description="The user's own models: Hub ids, folders, endpoint URLs")
    extras: Path = Field(Path("tools.toml"), description="Task types added by `hugginggpt tools add`")
    provider: str = Field("auto", description="Inference provider of the Hub to prefer, such as fal-ai")
    endpoint_timeout: float = Field(120, gt=0, description="Seconds a remote model may take for one call")
    film_timeout: float = Field(900, gt=0, description="Seconds a model may take for one film")
    licences: list[str] = Field([], description="Licences a model may have; empty allows all")
    cache_folder: Path = Field(_CACHE / "hugginggpt", description="Where facts about models are kept")
    download: Literal["auto", "never"] = Field("auto", description="Whether models may be downloaded from the Hub")
    max_download: float | None = Field(None, gt=0, description="GiB that one model may be to download; else what fits")
    device: str = Field("auto", description="Where local models run: auto, cpu, cuda, cuda:1 or mps")
    memory: float | None = Field(None, gt=0, description="GiB all local models may take; else a share of the device's")
    ray: str | None = Field(None, description="Ray cluster where local models run instead: HOST:PORT, or auto")
    ray_replicas: int = Field(8, gt=0, description="Replicas at most for models of one size, on the Ray cluster")
    ray_idle: float = Field(600, ge=0, description="Seconds without a call after which Ray stops a replica")
    steps: int | None = Field(None, ge=1, le=200, description="Steps of diffusion models; else what each family needs")
    catalogue_age: float = Field(24, ge=0, description="Hours for which the Hub's answers are kept; 0 never asks it")
    keys: Path | None = Field(None, description="File of the server's API keys, written by `hugginggpt key`")
    at_once: int = Field(32, ge=0, description="Requests that run at a time for one owner of keys; 0 for any number")
    runs_at_once: int = Field(
        2,
        gt=0,
        description="Requests that a server with keys begins at a time while its processor is busy; half an owner",
    )
    tasks_at_once: int = Field(16, ge=0, description="Tasks that run at a time for one owner of keys on a device; or 0")
    max_kept: int = Field(10 * 2**30, ge=0, description="Bytes that the files of one owner of keys may take; or 0")
    max_daily: int = Field(20 * 2**30, ge=0, description="Bytes a day that one owner of keys sends and fetches; or 0")
    access_log: Path | None = Field(None, description="File that gets a line of JSON for every request")
    audit_log: Path | None = Field(None, description="File that gets a line for what is done to keys, files and data")
    keep: float = Field(0, ge=0, description="Days for which a server keeps what is its users'; 0 for ever")
    database: SecretStr | None = Field(None, description="Postgres address of `hugginggpt serve`; SQLite without it")
    redis: SecretStr | None = Field(None, description="Redis address, where several server processes share a database")
    page: bool = Field(default=True, description="Serve the web page at /app, where the extra `page` is installed")
    grace: float = Field(10, ge=0, description="Seconds that running requests get when the server is stopped")
    public_url: str | None = Field(
        None, description="Address under which clients reach the server, for links in answers"
    )
    proxies: list[str] = Field([], description="Addresses of proxies that are believed who asks, and over TLS or not")
    link_hours: float = Field(24, ge=0, description="Hours for which links in answers open without a key; 0 for none")
    link_secrets: list[SecretStr] = Field([], description="What links are signed with, newest first; else a file's")
    origins: list[str] = Field(["https://smith.langchain.com"], description="Web pages that may call the server")


overrides: dict[str, Any] = {}  # what this process was told beside its environment, which it outranks


@cache
def process_settings() -> Settings:
    """The settings of this process, read once; no owner's folders."""
    return Settings(**overrides)


@dataclass(frozen=True)
class Owner:
    """Somebody with a folder of their own: a name as it stands in the key file, or ``name/browser`` on the page.

    Raises:
        ConfigError: the name cannot be that of a folder.
    """

    name: str

    def __post_init__(self) -> None:
        if not _FOLDER.fullmatch(self.name):
            raise ConfigError(
                f"{self.name!r} cannot own files; use letters, digits and . _ @ + - in the names of owners."
            )

    @classmethod
    def of_run(cls) -> "Owner | None":
        """Whose the current run is: LangGraph tells every node whom its server let in. None on the own machine."""
        if "langchain_core.runnables.config" not in sys.modules:
            return None  # nothing runs yet, and a command's help need not wait for the import
        from langchain_core.runnables.config import var_child_runnable_config

        name = (var_child_runnable_config.get() or {}).get("configurable", {}).get("langgraph_auth_user_id")
        return cls(str(name)) if name else None

    @property
    def settings(self) -> Settings:
        """The process's settings with this owner's folder, and no other to read from unless `folders` was set."""
        common = process_settings()
        folders = common.folders if "folders" in common.model_fields_set else []
        return common.model_copy(update={"out": common.out / self.name, "folders": folders})


def settings() -> Settings:
    """The settings of this process; on a server, those of the owner of the current run."""
    owner = Owner.of_run()
    return owner.settings if owner else process_settings()


def is_served() -> bool:
    """Whether the current run is that of a server's client, who may choose less than the owner of the process."""
    return Owner.of_run() is not None


def override(**values: object) -> Settings:
    """Set some settings for this process, as a command line does, and return them all. None leaves one as it is."""
    overrides.update({name: value for name, value in values.items() if value is not None})
    process_settings.cache_clear()
    return process_settings()
