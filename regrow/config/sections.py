"""The settings as frozen models: a section of `regrow.toml` is a class, a setting a field with unit, bound and reason.

No section can make the sandbox weaker: `./regrow.toml` may belong to the very project that is verified, so running
without a sandbox is a flag and nothing else. Defaults are those of the place where a value is used; a test compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from regrow.config import folders
from regrow.protocols.plan import StepLimits
from regrow.protocols.retests import Retesting

__all__ = [
    "BuilderSettings",
    "DocAnalyzerSettings",
    "FetchSettings",
    "FolderSettings",
    "GcSettings",
    "GuardianSettings",
    "ModelSettings",
    "RunSettings",
    "Settings",
    "VerifierSettings",
]

_MIB = 1024 * 1024

AtLeastNone = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """A section: frozen, and what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunSettings(Section):
    """A verification as a whole."""

    deadline_s: PositiveFloat = Field(
        default=600.0, description="Seconds for a whole run, recoveries included; the specification's total_runtime."
    )
    memory: Literal["none", "read", "learn"] = Field(
        default="learn",
        description="What is done with the patterns of earlier runs: nothing, use them, or add to them too.",
    )


class BuilderSettings(Section):
    """What one step of a build may use. A step that exceeds a limit is ended with all that it started."""

    step_timeout_s: PositiveFloat = Field(default=300.0, description="Seconds on the clock.")
    step_cpu_s: PositiveFloat = Field(
        default=600.0, description="Seconds of processor time, summed over all its processes."
    )
    memory_limit_bytes: PositiveInt = Field(default=2048 * _MIB, description="Memory, summed over all its processes.")
    process_limit: PositiveInt = Field(default=512, description="Processes and threads at one time.")
    output_limit_bytes: PositiveInt = Field(
        default=64 * _MIB, description="What is kept of its output; printing sixteen times as much ends it."
    )
    disk_limit_bytes: PositiveInt = Field(
        default=4096 * _MIB, description="What a run may write, and its largest file."
    )
    further_hosts: tuple[Annotated[str, Field(pattern=r"^[a-zA-Z0-9.-]+$")], ...] = Field(
        default=(),
        description="Hosts that steps which install may reach by https besides those of pip, npm and apt: the registries "
        "of other languages.",
    )

    def step_limits(self) -> StepLimits:
        """Return them as the limits of a plan's steps."""
        return StepLimits(
            time_s=self.step_timeout_s,
            cpu_s=self.step_cpu_s,
            memory_bytes=self.memory_limit_bytes,
            processes=self.process_limit,
            output_bytes=self.output_limit_bytes,
            disk_bytes=self.disk_limit_bytes,
        )


class FetchSettings(Section):
    """How large a target may be. Source distributions are small; a decompression bomb is not."""

    unpacked_limit_bytes: PositiveInt = Field(default=2048 * _MIB, description="Everything that is unpacked or copied.")
    archive_limit_bytes: PositiveInt = Field(default=1024 * _MIB, description="The packed file.")
    entry_limit: PositiveInt = Field(default=200_000, description="Files, folders and links.")
    client_timeout_s: PositiveFloat = Field(default=180.0, description="Seconds for one command of git, npm or apt.")


class DocAnalyzerSettings(Section):
    """How documents are read."""

    document_limit_bytes: PositiveInt = Field(
        default=2_000_000, description="Of a longer document the first part is read."
    )


class GuardianSettings(Section):
    """How hard a run tries before it says that the project does not build."""

    max_recoveries: AtLeastNone = Field(default=14, description="Recoveries that a run may begin.")
    host_interpreters: bool = Field(
        default=True,
        description="Whether a room may be given another Python of this machine, where the distribution's does not do.",
    )


class VerifierSettings(Section):
    """How it is told whether a test that failed is flaky: it is run again until a sequential test has decided."""

    retest_time_s: Annotated[float, Field(ge=0)] = Field(
        default=45.0, description="Seconds for the repetitions after one run of the tests; 0 repeats none."
    )
    retest_low: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.001, description="A test that passes no more often than this share of its runs is failing."
    )
    retest_high: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.25, description="One that passes at least this often is flaky; nearer to p0 takes more repetitions."
    )
    retest_alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.05, description="How often a failing test may be called flaky."
    )
    retest_beta: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.05, description="How often a flaky test may be called failing."
    )

    def retesting(self, *, vary: bool = False) -> Retesting:
        """Return them as the rules of a run."""
        return Retesting(
            time_s=self.retest_time_s,
            p0=self.retest_low,
            p1=self.retest_high,
            alpha=self.retest_alpha,
            beta=self.retest_beta,
            vary=vary,
        )


class ModelSettings(Section):
    """A language model that may propose repairs when the rules know none. Without a name none is asked.

    Not read from the `regrow.toml` of the folder that one stands in: that may belong to the project that is verified.
    """

    name: str = Field(default="", description="provider:model; of a server of your own, what it calls the model.")
    base_url: str = Field(default="", description="A server of your own that speaks as OpenAI's does, up to /v1.")
    key_variable: str = Field(default="", description="The environment variable with the key for that server.")
    calls_limit: PositiveInt = Field(default=6, description="Questions in one run.")
    tokens_limit: PositiveInt = Field(default=60_000, description="Tokens in one run, of questions and answers.")
    time_limit_s: PositiveFloat = Field(default=120.0, description="Seconds of waiting for it in one run.")
    cost_limit_usd: PositiveFloat = Field(
        default=1.0, description="US dollars in one run, of models whose price is known."
    )


class GcSettings(Section):
    """What `regrow gc`, and each verification at its end, leaves on the disk. What a process works on always stays."""

    runs_kept: PositiveInt = Field(
        default=100, description="Finished runs, and as many that could be gone on with; the oldest go first."
    )
    runs_limit_bytes: PositiveInt = Field(
        default=20480 * _MIB,
        description="Runs beyond it go, the oldest finished ones first: a hundred compiled projects with their layers fit.",
    )
    run_age_days: PositiveFloat = Field(default=30.0, description="Older runs go, however few there are.")
    cache_limit_bytes: PositiveInt = Field(
        default=10240 * _MIB, description="Base roots beyond it go, the oldest first; looked at once a day."
    )
    download_limit_bytes: PositiveInt = Field(
        default=5120 * _MIB, description="Downloads beyond it go, those unused the longest first; looked at once a day."
    )


class FolderSettings(Section):
    """Where things are kept."""

    runs_dir: Path = Field(
        default_factory=folders.runs_dir,
        description="A folder for each run: logs, layers, reports.",
        json_schema_extra={"shown": "~/.local/state/regrow/runs"},
    )
    state_dir: Path = Field(
        default_factory=folders.state_dir,
        description="What must last: the store.",
        json_schema_extra={"shown": "~/.local/state/regrow"},
    )
    cache_dir: Path = Field(
        default_factory=folders.cache_dir,
        description="What can be made again: base roots, downloads.",
        json_schema_extra={"shown": "~/.cache/regrow"},
    )


class Settings(BaseModel):
    """Every setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: RunSettings = RunSettings()
    builder: BuilderSettings = BuilderSettings()
    fetch: FetchSettings = FetchSettings()
    doc_analyzer: DocAnalyzerSettings = DocAnalyzerSettings()
    guardian: GuardianSettings = GuardianSettings()
    verifier: VerifierSettings = VerifierSettings()
    model: ModelSettings = ModelSettings()
    gc: GcSettings = GcSettings()
    folders: FolderSettings = Field(default_factory=FolderSettings)
