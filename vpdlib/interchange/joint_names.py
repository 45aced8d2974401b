"""Which of COCO's joints the joints of a pose tool's file are, by their names.

Taken are the usual spellings of a side and a part, in either order and whatever stands between them: ``left_wrist``,
``LWrist``, ``wristL``, ``Wrist (left)``, ``l-wri``. Nothing is guessed: a hand is no wrist, a head no nose, and a name
without its side is neither; those need an entry in `joint_map`. Left and right are the athlete's own, as the names say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from vpdlib.datasets.base import DatasetError
from vpdlib.skeleton import COCO17

#: Names of a part, small letters without anything between them.
_PARTS: Mapping[str, tuple[str, ...]] = {
    "eye": ("eye",),
    "ear": ("ear",),
    "shoulder": ("shoulder", "shoulderjoint", "shldr", "sho", "acromion"),
    "elbow": ("elbow", "elbowjoint", "elb"),
    "wrist": ("wrist", "wristjoint", "wri"),
    "hip": ("hip", "hipjoint"),
    "knee": ("knee", "kneejoint", "kne"),
    "ankle": ("ankle", "anklejoint", "ank"),
}
_SIDES: Mapping[str, tuple[str, ...]] = {"left": ("left", "l"), "right": ("right", "r")}
#: The end of an animal, or its right ear.
_UNCLEAR = frozenset({"rear"})
_NO_LETTERS = re.compile(r"[\W_]+")


def _spellings() -> dict[str, str]:
    table = {"nose": "nose"}
    for side, marks in _SIDES.items():
        for part, names in _PARTS.items():
            for mark in marks:
                for name in names:
                    for key in (mark + name, name + mark):
                        if table.setdefault(key, f"{side}_{part}") != f"{side}_{part}":
                            raise ValueError(f"{key!r} may be two joints")
    return table


_SPELLINGS = _spellings()


def usual_joint(name: str) -> str | None:
    """COCO's name of a joint that is called by a usual spelling; None for any other."""
    if name in _UNCLEAR:
        return None
    return _SPELLINGS.get(_NO_LETTERS.sub("", name).casefold())


def match_joints(
    names: Sequence[str], joint_map: Mapping[str, str | None], where: str
) -> dict[str, int]:
    """Which joints of a file are which of COCO's.

    Parameters
    ----------
    names : of the file's joints.
    joint_map : their names -> COCO's, or None to leave one out; these come before the usual spellings.
    where : the file, for messages.

    Returns
    -------
    COCO's name -> place in ``names``.

    Raises
    ------
    DatasetError
        If two joints of the file have one name, or are one of COCO's.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DatasetError(f"{where}: two joints are called {twice[0]!r}. Rename one in the tool.")
    found: dict[str, list[str]] = defaultdict(list)
    mapped: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name in joint_map:
            ours = joint_map[name]
            if ours is not None:
                mapped[ours].append(name)
        elif (usual := usual_joint(name)) is not None:
            found[usual].append(name)
    # What the settings name is that joint, whatever else is spelled like it.
    chosen = {**found, **mapped}
    for ours, theirs in chosen.items():
        if len(theirs) > 1:
            raise DatasetError(
                f"{where}: {' and '.join(map(repr, theirs))} may both be {ours}. Say which in joint_map: "
                f"{{{theirs[0]}: {ours}, {theirs[1]}: null}}."
            )
    return {ours: list(names).index(theirs[0]) for ours, theirs in chosen.items() if ours in COCO17}


def replaced_joints(
    names: Sequence[str], joint_map: Mapping[str, str | None]
) -> set[tuple[str, str]]:
    """Joints of a file that are called as one of COCO's is, which `joint_map` gives to another: their name, COCO's."""
    mapped = {ours for name, ours in joint_map.items() if ours is not None and name in names}
    return {
        (name, ours)
        for name in names
        if name not in joint_map and (ours := usual_joint(name)) is not None and ours in mapped
    }
