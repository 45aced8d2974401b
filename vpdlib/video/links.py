"""What is said of a link to a video that leads nowhere; without heavy imports, for the workflow's start."""

from __future__ import annotations

import os
from pathlib import Path


def link_to_nothing(path: Path) -> str:
    """What is wrong with a link whose target is not there, and what to do; empty for anything else."""
    if not path.is_symlink() or os.path.exists(path):
        return ""
    return (
        f"{path}: is a link to {os.readlink(path)}, which is not there; mount the disk that holds it, or correct or "
        "remove the link"
    )
