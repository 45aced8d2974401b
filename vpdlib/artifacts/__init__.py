"""HDF5 artifacts: what every rule of the workflow writes and every later rule reads.

:mod:`vpdlib.artifacts.file` writes and reads them; a kind's columns are in a module of its name.
"""

from vpdlib.artifacts.check import ArtifactError
from vpdlib.artifacts.file import (
    Artifact,
    ArtifactWriter,
    Provenance,
    digest_inputs,
    read_artifact,
    read_made_by,
)
from vpdlib.artifacts.group import VideoGroup

__all__ = [
    "Artifact",
    "ArtifactError",
    "ArtifactWriter",
    "Provenance",
    "VideoGroup",
    "digest_inputs",
    "read_artifact",
    "read_made_by",
]
