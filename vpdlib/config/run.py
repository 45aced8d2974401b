"""Settings of a run: ``config.yaml`` and ``--config`` on the command line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from vpdlib.config.base import ConfigError, Id, merge, read_yaml, validate
from vpdlib.config.collections import settings_of_collection, split_name
from vpdlib.config.dataset import DatasetSettings
from vpdlib.datasets.paths import check_path
from vpdlib.downloads import DEFAULT_CACHE, downloads_dir
from vpdlib.ranges import Count, NonNegativeInt
from vpdlib.section import Section
from vpdlib.vipe.model_settings import VipeModelSettings


class JobResources(Section):
    """What one job of a rule may use, as earlier releases had it in ``config.yaml``."""

    threads: Count | None = Field(None, description="CPU threads.")
    mem_mb: int | None = Field(None, ge=100, description="Memory, MiB.")
    runtime: Count | None = Field(None, description="Time limit on a cluster, minutes.")
    gpu: NonNegativeInt | None = Field(
        None, description="GPUs that the job holds alone; with 0, CUDA is hidden from it."
    )


class RunSettings(Section):
    """What is the same for every dataset of a run."""

    datasets_dir: Path = Field(Path("datasets"), description="Folder of dataset YAML files.")
    vipe_dir: Path = Field(Path("vipe"), description="Folder of the YAML files of VIPE* networks.")
    data_dir: Path = Field(
        Path("data"),
        description="Folder that videos and labels are looked for in; the variable VPD_DATA, where set, stands in "
        "for it.",
    )
    downloads_dir: Path = Field(
        Path(DEFAULT_CACHE),
        description="Cache of downloads, <host>/<path> of their addresses; what it holds is not downloaded. The "
        "variable VPD_DOWNLOADS, where set, stands in for it.",
    )
    networks_dir: Path = Field(
        Path("resources/networks"), description="Where converted networks are kept."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto",
        description="Where torch's networks run: auto takes CUDA in rules with gpu: 1 if the machine has it, else "
        "the CPU; cuda refuses to run them without, also in rules without gpu.",
    )
    resources: dict[Id, JobResources] = Field(
        default_factory=dict,
        description="To be removed: per rule, threads, mem_mb, runtime, gpu. Write set-threads and set-resources "
        "into a profile in its place.",
    )
    overrides: dict[Id, dict[str, Any]] = Field(
        default_factory=dict,
        description="Per dataset: settings laid over its YAML file, for a quick trial.",
    )

    vipe_overrides: dict[Id, dict[str, Any]] = Field(
        default_factory=dict,
        description="Per VIPE*: settings laid over its YAML file, for a quick trial.",
    )

    @field_validator("data_dir")
    @classmethod
    def _is_no_pattern(cls, given: Path) -> Path:
        check_path(given)
        return given

    def under_data(self, path: str) -> Path:
        """Absolute paths as they are, others below the data folder.

        Raises
        ------
        ConfigError
            If the path, with VPD_DATA or data_dir before it, holds braces or is no UTF-8.
        """
        full = Path(os.environ.get("VPD_DATA") or self.data_dir) / path
        try:
            check_path(full)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        return full

    def downloads(self) -> Path:
        """The cache of downloads."""
        return downloads_dir(self.downloads_dir)

    def vipe_model(self, name: str) -> VipeModelSettings:
        """Read and check the settings of one VIPE*.

        Raises
        ------
        ConfigError
            If there is no such file or a setting is wrong.
        """
        if name in ("logs", "benchmarks"):
            raise ConfigError(
                f"a VIPE* cannot be called {name!r}, a folder of results/vipe/; rename it"
            )
        strange = sorted(
            other
            for other in self.vipe_overrides
            if not (self.vipe_dir / f"{other}.yaml").is_file()
        )
        if strange:
            raise ConfigError(
                f"config.yaml (with --config): vipe_overrides.{strange[0]}: there is no such file in "
                f"{self.vipe_dir}. Correct the name."
            )
        path = self.vipe_dir / f"{name}.yaml"
        if not path.is_file():
            known = sorted(found.stem for found in self.vipe_dir.glob("*.yaml"))
            raise ConfigError(
                f"there is no VIPE* {name!r}: {path} does not exist. Known: {', '.join(known) or 'none'}. "
                "Correct `model` in the dataset's `vipe`, or write the file."
            )
        changes = self.vipe_overrides.get(name, {})
        source = f"{path} with the vipe_overrides of config.yaml" if changes else str(path)
        return validate(VipeModelSettings, merge(read_yaml(path), changes), source)

    def dataset_names(self) -> list[str]:
        """Names of all datasets that have a YAML file."""
        return sorted(path.stem for path in self.datasets_dir.glob("*.yaml"))

    def dataset(self, name: str) -> DatasetSettings:
        """Read and check one dataset's settings, with this run's overrides laid over them.

        ``name`` may be a collection's, see `vpdlib.config.collections`.

        Raises
        ------
        ConfigError
            If there is no such file, a setting is wrong, or `overrides` names a dataset that is not there.
        """
        parent, collection = split_name(name)
        if collection is not None:
            source = str(self.datasets_dir / f"{parent}.yaml")
            return settings_of_collection(self.dataset(parent), collection, source)
        if name == "vipe":
            raise ConfigError(
                "a dataset cannot be called 'vipe': results/vipe/ holds the VIPE* networks. Rename its YAML file."
            )
        path = self.datasets_dir / f"{name}.yaml"
        if not path.is_file():
            raise ConfigError(
                f"there is no dataset {name!r}: {path} does not exist. "
                f"Known: {', '.join(self.dataset_names()) or 'none'}. "
                "Copy datasets/template.yaml to begin one."
            )
        strange = sorted(set(self.overrides) - set(self.dataset_names()))
        if strange:
            raise ConfigError(
                f"config.yaml (with --config): overrides.{strange[0]}: there is no such dataset; known: "
                f"{', '.join(self.dataset_names())}. Correct the name."
            )
        changes = self.overrides.get(name, {})
        source = f"{path} with the overrides of config.yaml" if changes else str(path)
        return validate(DatasetSettings, merge(read_yaml(path), changes), source)
