"""From markers and joint centres of motion capture, which each laboratory names its own way, to the 13 joints.

A file of joint centres is what is needed: markers lie on the skin, and of most sets none is at a hip. Taken by
themselves are names in the usual spellings (``LKnee``, ``left_knee``), and the centres of Plug-in Gait and its like
(``LHJC``, ``LKJC``, ``LAJC``, ``LSJC``, ``LEJC``, ``LWJC``). Whatever else stands for a joint is named in the settings:
the mean of the markers given is the joint then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vpdlib.interchange.joint_names import usual_joint
from vpdlib.skeleton import JOINTS13
from vpdlib.vipe.motions import Motion, check_motions
from vpdlib.vipe.npz import MotionError
from vpdlib.vipe.sources.reading import pieces

Up = Literal["x", "y", "z"]
#: Metres to units of length, as files state them.
UNITS_M: Mapping[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
_CENTRES = {
    f"{side[0].upper()}{letter}JC": f"{side}_{part}"
    for side in ("left", "right")
    for letter, part in zip(
        "SEWHKA", ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"), strict=True
    )
}
#: What stands for the nose where there is none, as in other sources of motions.
_HEAD = "head"
#: Between the name of a person and of a marker, where a file has several people.
_OF = ":"
#: In place of a place: more than one marker has that name.
_TWICE = -1


def people_of(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Markers of each person of a file.

    Parameters
    ----------
    names : of all, such as ``LKNE`` or ``mia:LKNE``.

    Returns
    -------
    person -> name of a marker -> its place, -1 where two have the name. Markers without a person are of "", or of the
    only person.
    """
    people: dict[str, dict[str, int]] = defaultdict(dict)
    for place, name in enumerate(names):
        person, _, marker = name.strip().rpartition(_OF)
        people[person][marker] = _TWICE if marker in people[person] else place
    if len(people) == 2 and "" in people:
        only = next(person for person in people if person)
        people[only] = {**people.pop(""), **people[only]}
    return dict(people)


def joints_from_markers(
    path: Path,
    markers: Mapping[str, int],
    places: np.ndarray,
    given: Mapping[str, Sequence[str]],
) -> np.ndarray:
    """The 13 joints.

    Parameters
    ----------
    path : the file, for messages.
    markers : names -> rows of ``places``.
    places : (T, M, 3).
    given : joints of JOINTS13 -> markers whose mean stands for them; of the others, by their names.

    Returns
    -------
    (T, 13, 3), NaN where one of a joint's markers is missing, or is at the very origin.

    Raises
    ------
    MotionError : a joint is not found, two markers may be it, or a marker that is named is not there.
    """
    unknown = sorted(set(given) - set(JOINTS13))
    if unknown:
        raise MotionError(f"markers: {unknown[0]!r} is none of the joints {', '.join(JOINTS13)}")
    found = {joint: list(names) for joint, names in _by_name(path, markers, given).items()}
    found |= {joint: list(names) for joint, names in given.items()}
    known = ", ".join(sorted(markers)[:80])
    for joint, names in given.items():
        for name in names:
            if name not in markers:
                raise MotionError(f"{path} has no marker {name!r} for {joint}; it has {known}")
    missing = [joint for joint in JOINTS13 if not found.get(joint)]
    if missing:
        example = f"{missing[0]}: [{', '.join(sorted(markers)[:2])}]"
        raise MotionError(
            f"{path}: no marker is called as {', '.join(missing)}; it has {known}. Export joint centres, or name the "
            f"markers whose mean stands for each in the motions' entry, as in markers: {{{example}}}"
        )
    # Some programs write a marker that was not seen at the origin, as if it were there.
    places = np.where((places == 0).all(axis=2, keepdims=True), np.nan, places)
    rows = [[markers[name] for name in found[joint]] for joint in JOINTS13]
    twice = [name for names in found.values() for name in names if markers[name] == _TWICE]
    if twice:
        raise MotionError(
            f"{path}: two markers are called {twice[0]!r}; rename one and export it again"
        )
    return np.stack([places[:, row].mean(axis=1) for row in rows], axis=1)


def _by_name(
    path: Path, markers: Mapping[str, int], given: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Joints whose markers have one of the names that are known; centres before markers."""
    centres = {_CENTRES[name.upper()]: name for name in markers if name.upper() in _CENTRES}
    usual: dict[str, list[str]] = defaultdict(list)
    for name in markers:
        joint = usual_joint(name)
        if joint is not None:
            usual[joint].append(name)
    heads = [name for name in markers if name.lower() == _HEAD]
    if "nose" not in usual and heads:
        usual["nose"] = heads
    found: dict[str, tuple[str, ...]] = {}
    for joint in JOINTS13:
        if joint in given:
            continue
        names = [centres[joint]] if joint in centres else usual.get(joint, [])
        if len(names) > 1:
            raise MotionError(
                f"{path}: {' and '.join(map(repr, names))} may both be {joint}; say which in the motions' entry, as in "
                f"markers: {{{joint}: [{names[0]}]}}"
            )
        if names:
            found[joint] = (names[0],)
    return found


@dataclass(frozen=True)
class MarkerReading:
    """How files of markers are read.

    Attributes
    ----------
    folder : below which the files lie, in folders of their subjects.
    source : the corpus; also the subject of files that lie in no sub-folder.
    markers : joints of JOINTS13 -> markers whose mean stands for them; others are found by their names.
    up : the files' axis that points up.
    target_fps : one frame in so many is kept that the rate is next to this.
    """

    folder: Path
    source: str
    markers: Mapping[str, Sequence[str]]
    up: Up
    target_fps: float

    def motions(
        self, path: Path, names: Sequence[str], places_m: np.ndarray, fps: float
    ) -> list[Motion]:
        """The motions of a file, one for each of its people, cut where a joint is missing.

        Parameters
        ----------
        path : the file.
        names : of the markers.
        places_m : (T, M, 3) metres, NaN where a marker is missing.
        fps : frames a second.

        Raises
        ------
        MotionError : see `joints_from_markers` and `vpdlib.vipe.sources.reading.pieces`.
        """
        name = path.relative_to(self.folder).with_suffix("").as_posix()
        subject = path.parent.name if path.parent != self.folder else self.source
        people = people_of(names)
        several = len(people) > 1
        found: list[Motion] = []
        for person, own in people.items():
            if several and not person:
                # Markers of nobody, such as the corners of a force plate.
                continue
            xyz = upright(joints_from_markers(path, own, places_m, self.markers), self.up)
            every = max(1, round(fps / self.target_fps))
            found += pieces(
                f"{name}:{person}" if several else name,
                xyz[::every],
                fps / every,
                person if several else subject,
                self.source,
            )
        return found

    def check(self, motions: Sequence[Motion]) -> None:
        """Refuse motions that cannot be in metres with z up."""
        check_motions(motions, f"{self.folder}, read with up: {self.up}")


def upright(xyz: np.ndarray, up: Up) -> np.ndarray:
    """Turn places (..., 3) so that z is up; right-handed axes stay so."""
    x, y, z = np.moveaxis(xyz, -1, 0)
    turned = {"z": (x, y, z), "y": (x, -z, y), "x": (y, z, x)}[up]
    return np.stack(turned, axis=-1)
