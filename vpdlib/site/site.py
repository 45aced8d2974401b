"""A site as it is being built: what it is made of, and where its pages put their data, figures and clips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpdlib.atomic import write_text
from vpdlib.datasets.tables import (
    ActionRow,
    ProblemRow,
    VideoRow,
    read_actions,
    read_classes,
    read_problems,
    read_videos,
)
from vpdlib.recognition.results import RecognitionResult, read_result
from vpdlib.site.followed import FollowedAction, followed_actions
from vpdlib.site.shards import write_shard

#: Of recognition and late fusion, the regime that pages show: all training actions.
_ALL_ACTIONS = "full.h5"

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class SiteSources:
    """What a site is made of.

    Attributes
    ----------
    title, dataset : of the dataset, and its name.
    results : its folder, ``results/<dataset>``.
    there : the files and folders below ``results`` that the site may read, relative to it; what is not listed counts
        as missing, even if it is there: Snakemake must know what a job reads.
    settings : all of the dataset's settings, as plain values.
    code : digest of the code, for the foot of the pages.
    """

    title: str
    dataset: str
    results: Path
    there: Sequence[str]
    settings: Mapping[str, Any]
    code: str = ""


@dataclass
class Site:
    """A site that is being built.

    Attributes
    ----------
    sources : what it is made of.
    out : its folder; ``data``, ``figures``, ``clips``, ``pages`` and ``assets`` lie in it.
    num_threads : for what is encoded.
    figures : captions of those that are written, by name.
    """

    sources: SiteSources
    out: Path
    num_threads: int = 1
    figures: dict[str, str] = field(default_factory=dict)

    def file(self, relative: str) -> Path | None:
        """A file or folder below the results, or None where it is not there."""
        return self.sources.results / relative if relative in self._there else None

    def files(self, *starts: str) -> list[str]:
        """What is there below some folder, such as ``recognition/``, sorted."""
        return [name for name in sorted(self._there) if name.startswith(starts)]

    @cached_property
    def _there(self) -> frozenset[str]:
        return frozenset(self.sources.there)

    @cached_property
    def actions(self) -> list[ActionRow]:
        """The labelled actions."""
        return read_actions(self.sources.results / "dataset/actions.csv")

    @cached_property
    def classes(self) -> list[str]:
        """The classes, in their order."""
        return read_classes(self.sources.results / "dataset/classes.csv")

    @cached_property
    def videos(self) -> list[VideoRow]:
        """The videos."""
        return read_videos(self.sources.results / "dataset/videos.csv")

    @cached_property
    def problems(self) -> list[ProblemRow]:
        """What was passed over and what to look at."""
        path = self.file("problems.csv")
        return [] if path is None else read_problems(path)

    @cached_property
    def followed(self) -> dict[str, FollowedAction]:
        """What the tracks say of each labelled action (:func:`followed_actions`); read once."""
        tracks = [self.sources.results / name for name in self.files("tracks/")]
        return followed_actions(self.actions, tracks)

    @cached_property
    def students(self) -> dict[str, dict[str, Any]]:
        """What ``settings.json`` says of every trained student, by name; a saved state beside them is none."""
        found = {}
        for name in self.files("students/"):
            folder = self.sources.results / name
            record = folder / "settings.json"
            if record.is_file():
                found[folder.name] = json.loads(record.read_text(encoding="utf-8"))
        return found

    @cached_property
    def results(self) -> list[tuple[str, str, Path, RecognitionResult]]:
        """Feature set, head, file and what it says, of all that was run with all training actions; read once.

        In the order of the dataset's methods and heads, late fusion last.

        Raises
        ------
        ArtifactError
            If an artifact is damaged.
        """
        settings = self.sources.settings
        methods = [*(settings.get("methods") or ()), *(settings.get("ensembles") or {})]
        heads = list(settings.get("heads") or ())

        def order(name: str) -> tuple[bool, int, str, int, str]:
            folder, features, head, _ = name.split("/")
            is_late = folder == "late_fusion"
            return is_late, _rank(features, methods), features, _rank(head, heads), head

        named = [
            name
            for name in self.files("recognition/", "late_fusion/")
            if len(name.split("/")) == 4 and name.endswith(f"/{_ALL_ACTIONS}")
        ]
        found = []
        for name in sorted(named, key=order):
            _, features, head, _ = name.split("/")
            path = self.sources.results / name
            found.append((features, head, path, read_result(path)))
        return found

    def shard(self, name: str, data: Any) -> None:
        """Write data that a page has by ``vpd.load(name)``."""
        write_shard(self.out / "data", name, data)

    def figure(self, name: str, figure: Figure, data: pd.DataFrame, caption: str) -> None:
        """Write a figure as SVG and PNG and its data as CSV."""
        import matplotlib as mpl

        folder = self.out / "figures"
        # The same figure is the same file: without a salt its parts are called anew each time.
        with mpl.rc_context({"svg.hashsalt": name}):
            figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
        figure.savefig(folder / f"{name}.png", bbox_inches="tight", dpi=160)
        write_text(folder / f"{name}.csv", data.to_csv(index=False))
        self.figures[name] = caption


def _rank(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


@dataclass(frozen=True)
class Page:
    """A page of a site: its template and script are ``<name>.html.j2`` and ``<name>.js``, where there is one.

    Attributes
    ----------
    name : of the file, ``pages/<name>.html``; ``index`` lies above.
    title : in the menu.
    context : what the template gets besides what all have.
    in_menu : whether the menu leads there.
    part_of : of a page that is not in the menu, the name of the one that the menu marks in its place.
    """

    name: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    in_menu: bool = True
    part_of: str = ""
