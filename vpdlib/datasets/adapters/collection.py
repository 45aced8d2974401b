"""Further footage of a dataset, see :mod:`vpdlib.config.collections`; no ``kind`` that a dataset's settings choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from vpdlib.datasets.adapters.folder import FolderAdapter
from vpdlib.datasets.base import VideoSource
from vpdlib.datasets.paths import DataPaths
from vpdlib.datasets.video_files import find_videos


class CollectionAdapter(FolderAdapter):
    """All videos of a folder, whatever folders they lie in; none has a label."""

    label_settings: ClassVar[frozenset[str]] = FolderAdapter.label_settings | {"setting"}

    setting: str = Field(description="Where the folder is set, for messages.")

    def find_videos(self, paths: DataPaths, classes: Sequence[str] | None) -> list[VideoSource]:
        """The videos of the folder, sorted by id.

        Raises
        ------
        DatasetError
            If the folder is missing or empty, or an id is unsafe or used twice.
        """
        return find_videos(paths.under_data(self.videos), self.setting)
