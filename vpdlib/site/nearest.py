"""The nearest actions of each labelled one, and how their frames match: what retrieval found, with DTW's paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.retrieval import Retrieval
from vpdlib.datasets.tables import ActionRow
from vpdlib.progress import track
from vpdlib.recognition.dtw_path import dtw_path
from vpdlib.recognition.nns import unit_norm
from vpdlib.recognition.sequences import rows_by_video
from vpdlib.retrieval.settings import RetrievalSettings
from vpdlib.site.site import Site

#: So many nearest actions are listed, and of so many the path is computed.
NUM_NEAREST, NUM_PATHS = 5, 3
#: A path is computed up to so many pairs of frames: 500 frames of each.
MAX_CELLS = 250_000
#: Distances are stored as float32.
_TOLERANCE = 1e-4


@dataclass(frozen=True)
class _Sequence:
    """The frames of an action in its video, and their descriptors as retrieval compares them: both rows joined."""

    frame: NDArray[np.int64]
    joined: NDArray[np.floating]


def nearest_actions(site: Site, shown: Sequence[ActionRow]) -> dict[str, dict[str, Any]]:
    """What retrieval found nearest to each action, by feature set.

    Parameters
    ----------
    site : whose retrieval and features are read, one feature set after the other.
    shown : the actions between which paths are computed.

    Returns
    -------
    By feature set, by action: ``frames``, the runs of the action's frames in its video, first and number of each;
    ``found``, a list for each near action: its place in ``actions.csv``, distance, the runs of its frames, and the
    path as a text, or None. A path begins with the first frames of both; ``b`` goes on to the next frame of both, ``q``
    of the action alone, ``n`` of the near one alone.

    Raises
    ------
    ValueError
        If retrieval and features do not belong together; the message names the remedy.
    ArtifactError
        If an artifact is damaged.
    """
    methods = list(site.sources.settings.get("methods") or [])
    names = [Path(one).stem for one in site.files("retrieval/")]
    names.sort(key=lambda name: (methods.index(name) if name in methods else len(methods), name))
    place_of = {action.action: place for place, action in enumerate(site.actions)}
    return {name: _of_feature_set(site, name, shown, place_of) for name in names}


def _of_feature_set(
    site: Site, name: str, shown: Sequence[ActionRow], place_of: Mapping[str, int]
) -> dict[str, Any]:
    path = site.sources.results / f"retrieval/{name}.h5"
    with read_artifact(path, Retrieval) as artifact:
        queries = artifact.texts("query")
        corpus = artifact.texts("corpus")
        indices = artifact.array("indices")[:, :NUM_NEAREST]
        distances = artifact.array("distances")[:, :NUM_NEAREST]
        settings = RetrievalSettings.model_validate(artifact.settings["settings"])
        features = _features_of(site, name, artifact.made_by)
    unknown = sorted({*queries, *corpus} - place_of.keys())
    if unknown:
        raise ValueError(
            f"{path}: action {unknown[0]!r} is not in dataset/actions.csv; make the file anew with: snakemake "
            f"--cores all --forcerun retrieve_actions -- {path}"
        )
    sequences = _sequences(shown, features, settings) if features else {}
    found: dict[str, Any] = {}
    for query, row, apart in track(
        zip(queries, indices, distances, strict=True), f"paths of {name}", len(queries), "action"
    ):
        near = [
            (corpus[index], float(d)) for index, d in zip(row, apart, strict=True) if index >= 0
        ]
        found[query] = {
            "frames": _runs(query, sequences),
            "found": [
                [
                    place_of[other],
                    float(f"{distance:.4g}"),
                    _runs(other, sequences),
                    _path(query, other, distance, sequences, path) if rank < NUM_PATHS else None,
                ]
                for rank, (other, distance) in enumerate(near)
            ],
        }
    return found


def _features_of(site: Site, name: str, made_by: Mapping[str, Any]) -> list[Path]:
    """The features that retrieval compared: those its job read or, where no job did, those of that name."""
    inputs = dict(made_by.get("input") or [])
    if "features" in inputs:
        named = ["/".join(Path(path).parts[-4:]) for path in inputs["features"]]
    else:
        named = [one for one in site.files("features/") if one.split("/")[2] == name]
    there = [site.file(one) for one in named]
    return [path for path in there if path is not None] if None not in there else []


def _sequences(
    actions: Iterable[ActionRow], features: Iterable[Path], settings: RetrievalSettings
) -> dict[str, _Sequence]:
    """The sequences that retrieval compared, with the numbers of their frames."""
    sequences = {}
    for frame, descriptor, cut in rows_by_video(
        actions, features, settings.target_fps, settings.target_fps_slack
    ):
        for action, rows in cut:
            both = descriptor[rows]
            if settings.normalise:
                both = unit_norm(both)
            joined = both.reshape(len(both), 2 * both.shape[2])
            sequences[action.action] = _Sequence(frame[rows].astype(np.int64), joined)
    return sequences


def _path(
    query: str, other: str, distance: float, sequences: Mapping[str, _Sequence], retrieval: Path
) -> str | None:
    """How the frames of two actions match, or None where that is not computed."""
    if query not in sequences or other not in sequences:
        return None
    a, b = sequences[query].joined, sequences[other].joined
    if not 0 < len(a) * len(b) <= MAX_CELLS:
        return None
    path = dtw_path(a, b)
    if abs(path.distance - distance) > _TOLERANCE * max(1.0, distance):
        raise ValueError(
            f"{retrieval}: {query} and {other} are {distance:g} apart, {path.distance:g} by the features that are "
            f"there now; make the file anew with: snakemake --cores all --forcerun retrieve_actions -- {retrieval}"
        )
    steps = np.diff(path.cells, axis=0)
    return "".join("b" if q and n else "q" if q else "n" for q, n in steps.tolist())


def _runs(action: str, sequences: Mapping[str, _Sequence]) -> list[list[int]]:
    """Frame numbers as runs of successive ones: first, number of them."""
    if action not in sequences or not len(sequences[action].frame):
        return []
    frame = sequences[action].frame
    begins = np.flatnonzero(np.diff(frame, prepend=frame[0] - 2) != 1)
    return [
        [int(frame[begin]), int(end - begin)]
        for begin, end in zip(begins, [*begins[1:], len(frame)], strict=True)
    ]
