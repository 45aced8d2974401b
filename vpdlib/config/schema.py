"""The JSON schema of the configuration, generated from the settings models.

``python -m vpdlib.config.schema`` writes the files of ``SCHEMA_FILES`` into ``schemas/``; editors use
them to complete and check YAML. A test fails when the files differ from what the models say.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.run import RunSettings
from vpdlib.vipe.model_settings import VipeModelSettings

SCHEMA_FILES: dict[str, type[BaseModel]] = {
    "config.schema.json": RunSettings,
    "dataset.schema.json": DatasetSettings,
    "vipe.schema.json": VipeModelSettings,
}


def schema_text(model: type[BaseModel]) -> str:
    """The schema of a settings model as JSON text."""
    return json.dumps(model.model_json_schema(), indent=2, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> None:
    """Write every schema file into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, model in SCHEMA_FILES.items():
        (folder / name).write_text(schema_text(model), encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path("schemas"))
