"""3D motions of one person, and the npz file that holds many of them.

Frame: metres, right-handed, z up; where the person stands and faces is free. A motion is (T, 13, 3)
in the order of ``vpdlib.skeleton.JOINTS13``. Skeletons without a nose may give their head instead.

The npz file holds plain arrays, no objects:

=========  ==============================  =====================================================
xyz        (N, 13, 3) floats               all motions, one after the other
start      (C,) whole numbers              first row of each of the C motions
length     (C,) whole numbers              number of its rows
clip       (C,) strings                    its name, unique
joints     (13,) strings                   JOINTS13 in any order; ``l_``/``r_`` and ``head`` will do
fps        one number, or (C,)             frames a second
source     (C,) strings, optional          corpus; else the file's name
subject    (C,) strings, optional          person; else see `read_motions_npz`
=========  ==============================  =====================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from vpdlib.skeleton import (
    JOINTS13,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from vpdlib.vipe.npz import MotionError, read_arrays

#: Torsos outside this, in metres, mean that the unit is another one.
TORSO_RANGE_M = (0.15, 1.2)
#: Arrays of the npz file and the kinds of types they may be of.
_ARRAYS = {
    "xyz": "f", "start": "iu", "length": "iu", "clip": "U", "joints": "U", "fps": "fiu",
    "source": "U", "subject": "U",
}  # fmt: skip
_OPTIONAL = {"source", "subject"}


@dataclass(frozen=True)
class Motion:
    """One motion of one person.

    Attributes
    ----------
    name : unique name.
    xyz : (T, 13, 3) float32, metres, z up.
    fps : frames a second.
    subject : who moves; motions are held out by it.
    source : corpus.

    Raises
    ------
    MotionError : wrong shape, no frame, numbers that are not finite, or fps not above 0.
    """

    name: str
    xyz: np.ndarray
    fps: float
    subject: str
    source: str

    def __post_init__(self) -> None:
        """Check the arrays."""
        shape = self.xyz.shape
        if len(shape) != 3 or shape[0] == 0 or shape[1:] != (len(JOINTS13), 3):
            raise MotionError(f"motion {self.name}: xyz {shape}, expected (T, {len(JOINTS13)}, 3)")
        if self.xyz.dtype != np.float32:
            raise MotionError(f"motion {self.name}: xyz is {self.xyz.dtype}, expected float32")
        bad = np.flatnonzero(~np.isfinite(self.xyz).all(axis=(1, 2)))
        if len(bad):
            raise MotionError(
                f"motion {self.name}: {len(bad)} frames are not finite, the first ones "
                f"{bad[:5].tolist()}; cut the motion there or fill them"
            )
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise MotionError(f"motion {self.name}: fps is {self.fps}, expected a number above 0")


def read_motions_npz(path: Path, subject_pattern: str | None = None) -> list[Motion]:
    """Read a file of motions; the form is described at the top of this module.

    Parameters
    ----------
    path : the npz.
    subject_pattern : regular expression, for a file without ``subject``: what it matches at the
        start of a motion's name is the subject. None: the name up to its last ``/``, or the source
        where there is none.

    Returns
    -------
    list of Motion, in the file's order.

    Raises
    ------
    MotionError : the file is missing, damaged, of another form, not in metres or not z up.
    """
    arrays = _load(path)
    joints = [joint13_name(str(name)) for name in arrays["joints"]]
    if sorted(joints) != sorted(JOINTS13):
        raise MotionError(
            f"{path}: joints are {[str(name) for name in arrays['joints']]}, expected each of "
            f"{list(JOINTS13)} once, in any order"
        )
    if arrays["xyz"].ndim != 3 or arrays["xyz"].shape[1:] != (len(JOINTS13), 3):
        raise MotionError(f"{path}: xyz {arrays['xyz'].shape}, expected (N, {len(JOINTS13)}, 3)")
    order = [joints.index(name) for name in JOINTS13]
    xyz = arrays["xyz"][:, order].astype(np.float32)
    names = [str(name) for name in arrays["clip"]]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise MotionError(f"{path}: clip names are there twice, such as {twice[0]!r}; rename them")
    count = len(names)
    sources = [str(s) for s in arrays.get("source", np.full(count, path.stem))]
    if "subject" in arrays:
        subjects = [str(subject) for subject in arrays["subject"]]
    else:
        subjects = [
            _subject(path, name, source, subject_pattern)
            for name, source in zip(names, sources, strict=True)
        ]
    fps = np.broadcast_to(arrays["fps"], (count,))
    motions = []
    rows = zip(arrays["start"].tolist(), arrays["length"].tolist(), strict=True)
    for i, (start, length) in enumerate(rows):
        if start < 0 or length < 1 or start + length > len(xyz):
            raise MotionError(
                f"{path}: clip {names[i]} is rows {start} to {start + length}, xyz has {len(xyz)}"
            )
        part = xyz[start : start + length]
        motions.append(Motion(names[i], part, float(fps[i]), subjects[i], sources[i]))
    check_motions(motions, str(path))
    return motions


def joint13_name(name: str) -> str:
    """Return the name in JOINTS13 that ``l_knee``, ``r_knee``, ``head`` and the like stand for."""
    name = name.lower()
    for short, long in (("l_", "left_"), ("r_", "right_")):
        if name.startswith(short):
            return long + name[2:]
    return "nose" if name == "head" else name


def check_motions(motions: Sequence[Motion], where: str) -> None:
    """Refuse motions that cannot be in metres with z up.

    Parameters
    ----------
    motions : all motions of one source; single ones may lie or stand on their hands.
    where : names them in messages.

    Raises
    ------
    MotionError : no motion; the median torso is too small or large; or most torsos point elsewhere.
    """
    if not motions:
        raise MotionError(f"{where} holds no motion")
    # A few frames of each motion tell enough.
    xyz = np.concatenate([motion.xyz[:: max(1, len(motion.xyz) // 20)] for motion in motions])
    hips = (xyz[:, LEFT_HIP] + xyz[:, RIGHT_HIP]) / 2
    spine = (xyz[:, LEFT_SHOULDER] + xyz[:, RIGHT_SHOULDER]) / 2 - hips
    length = float(np.median(np.linalg.norm(spine, axis=1)))
    if not TORSO_RANGE_M[0] <= length <= TORSO_RANGE_M[1]:
        raise MotionError(
            f"{where}: the median torso is {length:.3g} long, expected {TORSO_RANGE_M[0]} to "
            f"{TORSO_RANGE_M[1]} m; convert to metres"
        )
    mean = spine.mean(axis=0)
    axis = int(np.argmax(np.abs(mean)))
    if abs(mean[axis]) > 0.7 * length and (axis != 2 or mean[2] < 0):
        sign = "-" if mean[axis] < 0 else "+"
        raise MotionError(
            f"{where}: torsos point along {sign}{'xyz'[axis]}, expected +z; turn the motions so "
            "that z is up, keeping them right-handed"
        )


def split_by_subject(
    motions: Sequence[Motion], val_subjects: Sequence[str] = (), val_fraction: float = 0.1
) -> tuple[list[Motion], list[Motion]]:
    """Hold out whole people.

    Parameters
    ----------
    motions : all motions. People of two sources are different people.
    val_subjects : the people to hold out, as ``subject`` or ``source:subject``, in which ``*`` stands for anything;
        if empty, of each source with two people or more those with the fewest frames, as long as they hold no more
        than `val_fraction` of its frames, and at least one.
    val_fraction : see above.

    Returns
    -------
    training and validation motions, in the given order.

    Raises
    ------
    MotionError : a person to hold out is unknown, or one side would be empty.
    """
    people: dict[tuple[str, str], int] = {}
    for motion in motions:
        person = (motion.source, motion.subject)
        people[person] = people.get(person, 0) + len(motion.xyz)
    if val_subjects:
        held = set()
        for wanted in val_subjects:
            found = {p for p in people if _is_meant(p, wanted)}
            if not found:
                raise MotionError(f"val_subjects: {wanted!r} is none of {sorted(people)}")
            held |= found
    else:
        held = set()
        for source in {source for source, _ in people}:
            ranked = sorted((p for p in people if p[0] == source), key=lambda p: (people[p], p))
            budget = val_fraction * sum(people[p] for p in ranked)
            for position, person in enumerate(ranked[:-1]):
                budget -= people[person]
                if position == 0 or budget >= 0:
                    held.add(person)
    train = [m for m in motions if (m.source, m.subject) not in held]
    val = [m for m in motions if (m.source, m.subject) in held]
    if not train or not val:
        raise MotionError(
            f"{len(people)} people: {len(train)} motions to learn from and {len(val)} held out; "
            "give motions of more people, or name val_subjects"
        )
    return train, val


def leave_out(motions: Sequence[Motion], people: Sequence[str]) -> list[Motion]:
    """Return the motions of all other people, who are written as for `split_by_subject`.

    Raises
    ------
    MotionError : one of them is unknown.
    """
    known = {(motion.source, motion.subject) for motion in motions}
    for wanted in people:
        if not any(_is_meant(person, wanted) for person in known):
            raise MotionError(f"leave_out: {wanted!r} is none of {sorted(known)}")
    return [m for m in motions if not any(_is_meant((m.source, m.subject), p) for p in people)]


def _is_meant(person: tuple[str, str], wanted: str) -> bool:
    return any(fnmatchcase(name, wanted) for name in (person[1], ":".join(person)))


def _subject(path: Path, name: str, source: str, pattern: str | None) -> str:
    if pattern is None:
        return name.rpartition("/")[0] or source
    found = re.match(pattern, name)
    if found is None or not found.group():
        raise MotionError(f"{path}: the subject pattern {pattern!r} matches nothing in {name!r}")
    return found.group()


def _load(path: Path) -> dict[str, np.ndarray]:
    arrays = read_arrays(path, _ARRAYS)
    missing = sorted(_ARRAYS.keys() - arrays.keys() - _OPTIONAL)
    if missing:
        raise MotionError(f"{path} lacks {missing}; see vpdlib.vipe.motions for the form")
    for name, array in arrays.items():
        if array.dtype.kind not in _ARRAYS[name]:
            raise MotionError(f"{path}: {name} is of type {array.dtype}")
    shape = arrays["clip"].shape
    for name in ("clip", "start", "length", "source", "subject"):
        if name in arrays and (arrays[name].ndim != 1 or arrays[name].shape != shape):
            raise MotionError(
                f"{path}: {name} {arrays[name].shape}, expected one per clip, {shape}"
            )
    if arrays["fps"].shape not in ((), (1,), shape) or arrays["joints"].ndim != 1:
        raise MotionError(f"{path}: expected one fps, or one per clip, and a list of joints")
    return arrays
