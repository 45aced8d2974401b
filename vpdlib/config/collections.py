"""Collections: further footage of a dataset, without labels, that the models there are look at; nothing is trained.

A collection is itself like a dataset, ``<dataset>/collections/<name>``: its stages have the dataset's settings, and its
artifacts lie below the dataset's. Each of its videos has a shard of its own (but for two in thousands that hash alike),
so that one more video is its own jobs and no other.
"""

from __future__ import annotations

from vpdlib.config.base import ConfigError
from vpdlib.config.dataset import DatasetSettings
from vpdlib.config.sections import MAX_SHARDS
from vpdlib.datasets.adapters.collection import CollectionAdapter
from vpdlib.datasets.settings import SuppliedSettings

#: What stands between a dataset's name and a collection's.
BETWEEN = "/collections/"


def split_name(dataset: str) -> tuple[str, str | None]:
    """The dataset whose models are used, and the collection; None of a dataset itself."""
    parent, between, collection = dataset.partition(BETWEEN)
    return parent, collection if between else None


def settings_of_collection(settings: DatasetSettings, name: str, source: str) -> DatasetSettings:
    """The settings by which a collection's stages run.

    Parameters
    ----------
    settings : of the dataset.
    name : of one of its collections.
    source : the dataset's file, for messages.

    Raises
    ------
    ConfigError
        If there is no such collection, or the dataset takes boxes, keypoints or descriptors of another tool, which the
        collection does not have.
    """
    if name not in settings.collections:
        known = ", ".join(settings.collections) or "none"
        raise ConfigError(
            f"{source}: there is no {name!r} under `collections`; known: {known}. Add it, with its folder of videos."
        )
    supplied = settings.supplied
    given = [
        what
        for what, value in (
            ("boxes", supplied.boxes),
            ("keypoints", supplied.keypoints),
            ("features", supplied.features),
        )
        if value
    ]
    if given or not settings.adapter.has_videos:
        raise ConfigError(
            f"{source}: collections.{name}: the dataset takes {' and '.join(given) or 'keypoints'} of another tool, "
            "which new footage does not have. Let the stages make them (remove `supplied`), or make a dataset of its "
            "own of the new footage."
        )
    adapter = CollectionAdapter(
        videos=settings.collections[name],
        setting=f"{source}: collections.{name}",
        deinterlace=getattr(settings.adapter, "deinterlace", "auto"),
    )
    return settings.model_copy(
        update={
            "adapter": adapter,
            # Jobs are made for those that have a video.
            "num_shards": MAX_SHARDS,
            "supplied": SuppliedSettings(),
            "truth": None,
            "title": f"{settings.title}: {name}",
        }
    )
