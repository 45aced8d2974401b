"""AMASS (Mahmood et al., ICCV 2019): joints by forward kinematics of its body model parameters.

The folder holds ``<dataset>/<subject>/<clip>.npz``, metres, z up, in either of two forms:

- SMPL-H: ``poses`` (T, 156), ``trans`` (T, 3), ``betas`` (16,), ``gender``, ``mocap_framerate``;
- stage II, SMPL-X: ``root_orient`` (T, 3), ``pose_body`` (T, 63), ``trans``, ``betas``, ``gender``,
  ``mocap_frame_rate``, ``surface_model_type``.

``poses`` may also have the 72 columns of SMPL or the 165 of SMPL-X. Of all, the first 66 are axis-angle vectors,
in radians, of the same 22 body joints, each relative to its parent. The other files of the archives, ``shape.npz``
and ``*_stagei.npz``, are no motions and left out.

Rest joints come from a body model of the same kind: an npz with ``v_template`` (V, 3), ``shapedirs`` (V, 3, B),
``J_regressor`` (J, V) and ``kintree_table`` (2, J), where J is 24 for SMPL, 52 for SMPL-H and 55 for SMPL-X. A
joint is J_regressor (v_template + shapedirs betas); as in SMPL (Loper et al., 2015), the body turns about the
pelvis at rest and is then moved by ``trans``. Hands, face, soft tissue and the pose's own blend shapes move none
of these joints and are left out.

The nose is the vertex of the mesh that the package smplx names so (332 of 6890 in SMPL and SMPL-H, 9120 of 10475
in SMPL-X), carried along by the head. With another mesh the head joint, inside the skull, stands for it. (jhong93/vpd
took the mean of neck and head, and exchanges left and right; here they are as smplx's ``joint_names.py`` has them.)

Both data and body models need a licence, so this reader was tested only on made files of the same shape.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vpdlib.vipe.motions import Motion, check_motions
from vpdlib.vipe.npz import MotionError, read_arrays
from vpdlib.vipe.sources.reading import check_every, find_files, pieces, rows_of_joints

SOURCE = "amass"
#: The first joints of SMPL, SMPL-H and SMPL-X: pelvis, left hip, right hip, spine1, left knee, ...
PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
NUM_JOINTS = len(PARENTS)
HEAD = 15
#: Row of the nose after the joints.
NOSE = NUM_JOINTS
#: Rows of JOINTS13.
ROWS = rows_of_joints(
    NOSE, shoulder=(16, 17), elbow=(18, 19), wrist=(20, 21), hip=(1, 2), knee=(4, 5), ankle=(7, 8)
)
#: Vertices of a mesh -> its nose; smplx's ``vertex_ids.py``.
NOSE_VERTEX = {6890: 332, 10475: 9120}
#: Joints of a body model -> its kind; columns of ``poses`` -> the kind they are of.
_KIND_OF_JOINTS = {24: "smpl", 52: "smplh", 55: "smplx"}
_KIND_OF_COLUMNS = {72: "smpl", 156: "smplh", 165: "smplx"}
#: SMPL-H is SMPL with hands: their bodies and betas are the same.
_MODELS_FOR = {
    "smpl": ("smpl", "smplh"),
    "smplh": ("smplh", "smpl"),
    "smplx": ("smplx",),
}
#: SMPL-X has directions of the face after these.
_MAX_BETAS = 300
_GENDERS = ("female", "male", "neutral")
_NO_MOTION = re.compile(r"shape|.*_stagei")
_CLIP_ARRAYS = (
    "poses",
    "root_orient",
    "pose_body",
    "trans",
    "betas",
    "gender",
    "mocap_framerate",
    "mocap_frame_rate",
    "surface_model_type",
)
_LAYOUT = "give the folder that holds <dataset>/<subject>/<clip>.npz"


@dataclass(frozen=True)
class BodyModel:
    """Rest joints as they depend on the shape.

    Attributes
    ----------
    kind : ``smpl``, ``smplh`` or ``smplx``.
    rest : (23, 3) 22 joints and the nose of the mean body, metres.
    directions : (23, 3, B) what one unit of each beta adds.
    """

    kind: str
    rest: np.ndarray
    directions: np.ndarray

    def joints(self, betas: np.ndarray) -> np.ndarray:
        """Return the rest joints (23, 3) of a shape; betas beyond those of the model are left out."""
        count = min(len(betas), self.directions.shape[2])
        return np.asarray(self.rest + self.directions[..., :count] @ betas[:count])


def read_amass(
    folder: Path, body_models: Path, target_fps: float | None = 30.0, every: int = 1
) -> list[Motion]:
    """Read all motions of AMASS below a folder.

    Parameters
    ----------
    folder : see the top of this module for its layout and files.
    body_models : a folder with body models whose paths below it name the gender, such as ``smplh/female/model.npz``
        and ``SMPLX_MALE.npz``; or one npz, which is then taken for people of all genders.
    target_fps : keep one frame in so many that the rate is next to this. None: all.
    every : keep one in so many of these again.

    Returns
    -------
    list of Motion: (T, 13, 3) metres, z up; source ``amass``, subject ``<dataset>/<subject>``, name the file's path
    below `folder` without its ending. Frames that are not finite cut a motion (see
    `vpdlib.vipe.sources.reading.pieces`).

    Raises
    ------
    MotionError : folder, files or the body model of a kind and gender are missing; a file lacks an array or has one
        of another shape; a body model has another skeleton; or the whole is not in metres with z up.
    """
    check_every(every)
    if target_fps is not None and not target_fps > 0:
        raise MotionError(f"target_fps is {target_fps}; give a number above 0, or None")
    files = [
        path for path in find_files(folder, "*.npz", _LAYOUT) if not _NO_MOTION.fullmatch(path.stem)
    ]
    if not files:
        raise MotionError(f"{folder} holds only files of shapes, no motion; {_LAYOUT}")
    models = _BodyModels(body_models)
    motions = []
    for path in files:
        place = path.relative_to(folder)
        if len(place.parts) < 3:
            raise MotionError(
                f"{path} is not in a folder of a subject in one of a data set; {_LAYOUT}"
            )
        joints, fps = _clip(path, models, target_fps, every)
        xyz = joints[:, ROWS]
        name, subject = place.with_suffix("").as_posix(), place.parent.as_posix()
        motions += pieces(name, xyz, fps, subject, SOURCE)
    check_motions(motions, str(folder))
    return motions


def read_body_model(path: Path) -> BodyModel:
    """Read what the joints need of a SMPL, SMPL-H or SMPL-X npz.

    Parameters
    ----------
    path : the npz; arrays of objects in it are not touched.

    Returns
    -------
    BodyModel

    Raises
    ------
    MotionError : the file is missing or damaged, lacks an array, or its body is none of these models'.
    """
    needed = ("v_template", "shapedirs", "J_regressor", "kintree_table")
    arrays = read_arrays(path, needed)
    missing = sorted(set(needed) - arrays.keys())
    if missing:
        raise MotionError(f"{path} lacks {missing}: no body model; give an npz of SMPL-H or SMPL-X")
    template, shapes, regressor, tree = (arrays[name] for name in needed)
    kind = _kind(tree)
    num_joints, num_vertices = tree.shape[-1], len(template)
    if (
        kind is None
        or template.shape != (num_vertices, 3)
        or shapes.ndim != 3
        or shapes.shape[:2] != (num_vertices, 3)
        or regressor.shape != (num_joints, num_vertices)
        or any(array.dtype.kind != "f" for array in (template, shapes, regressor))
    ):
        forms = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
        raise MotionError(
            f"{path}: {forms}, expected floats (V, 3), (V, 3, B), (J, V) and a tree (2, J) with the "
            "body of SMPL, SMPL-H or SMPL-X; give such a file"
        )
    weights = regressor[:NUM_JOINTS].astype(np.float64)
    rest = weights @ template
    directions = np.tensordot(weights, shapes[..., :_MAX_BETAS], axes=1)
    nose = NOSE_VERTEX.get(num_vertices)
    # The head joint stands for the nose of an unknown mesh.
    last_rest = rest[HEAD] if nose is None else template[nose]
    last_directions = directions[HEAD] if nose is None else shapes[nose, :, :_MAX_BETAS]
    return BodyModel(
        kind,
        np.vstack([rest, last_rest[None]]),
        np.concatenate([directions, last_directions[None]]),
    )


def pose_joints(rest: np.ndarray, poses: np.ndarray, trans: np.ndarray) -> np.ndarray:
    """Pose the body: forward kinematics of SMPL.

    Parameters
    ----------
    rest : (23, 3) joints and nose at rest, metres.
    poses : (T, 22, 3) axis-angle vectors relative to the parent, radians.
    trans : (T, 3) metres.

    Returns
    -------
    (T, 23, 3) places of the joints and the nose, metres.
    """
    turns = rotations(poses)
    places = np.empty((len(poses), NUM_JOINTS + 1, 3))
    places[:, 0] = rest[0] + trans
    for row, parent in enumerate((*PARENTS, HEAD)):
        if parent < 0:
            continue
        bone = rest[row] - rest[parent]
        places[:, row] = places[:, parent] + turns[:, parent] @ bone
        if row < NUM_JOINTS:
            turns[:, row] = turns[:, parent] @ turns[:, row]
    return places


def rotations(vectors: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) of axis-angle vectors (..., 3) in radians, by Rodrigues' formula."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    cross = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    # sin(a) / a and (1 - cos(a)) / a², which also hold at 0: np.sinc(t) is sin(pi t) / (pi t).
    first = np.sinc(angle / np.pi)
    second = np.sinc(angle / (2 * np.pi)) ** 2 / 2
    return np.asarray(np.eye(3) + first * cross + second * (cross @ cross))


class _BodyModels:
    """Body models by kind and gender, each read when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[Path, BodyModel] = {}
        self._one = path.is_file()
        self._known: dict[tuple[str, str], Path] = {}
        if self._one:
            return
        remedy = "give a body model, or a folder of them such as smplh/female/model.npz"
        for file in find_files(path, "*.npz", remedy):
            words = re.findall("[a-z]+", file.relative_to(path).as_posix().lower())
            genders = [gender for gender in _GENDERS if gender in words]
            kind = _kind(read_arrays(file, ["kintree_table"]).get("kintree_table"))
            if kind is None or len(genders) != 1:
                continue
            key = kind, genders[0]
            if key in self._known:
                raise MotionError(
                    f"{self._known[key]} and {file} are both {' '.join(key)}; take one out of {path}"
                )
            self._known[key] = file

    def find(self, kind: str, gender: str, clip: Path) -> BodyModel:
        """Give the body model that a clip needs."""
        wanted = _MODELS_FOR[kind]
        if self._one:
            model = self._load(self._path)
            if model.kind in wanted:
                return model
            raise MotionError(
                f"{clip} needs a body model of kind {kind}, {self._path} is {model.kind}"
            )
        for usable in wanted:
            if (usable, gender) in self._known:
                return self._load(self._known[usable, gender])
        raise MotionError(
            f"{clip} needs a {gender} body model of kind {kind}; {self._path} holds "
            f"{sorted(' '.join(key) for key in self._known)}. Put it there, in a folder or file named "
            f"{gender}, or give one npz for people of all genders"
        )

    def _load(self, path: Path) -> BodyModel:
        if path not in self._read:
            self._read[path] = read_body_model(path)
        return self._read[path]


def _kind(tree: np.ndarray | None) -> str | None:
    """Kind of body model by its ``kintree_table`` (2, J): parents above, or None."""
    if tree is None or tree.ndim != 2 or len(tree) != 2 or tree.dtype.kind not in "iuf":
        return None
    # The pelvis has no parent: -1, which files also hold as 2³² - 1.
    if tuple(tree[0, 1:NUM_JOINTS].tolist()) != PARENTS[1:]:
        return None
    return _KIND_OF_JOINTS.get(tree.shape[1])


def _clip(
    path: Path, models: _BodyModels, target_fps: float | None, every: int
) -> tuple[np.ndarray, float]:
    """Joints and nose (T, 23, 3) of a file, thinned, and its frames a second."""
    arrays = read_arrays(path, _CLIP_ARRAYS)
    poses, trans = _poses(path, arrays)
    rates = [arrays[key] for key in ("mocap_framerate", "mocap_frame_rate") if key in arrays]
    if not rates or rates[0].size != 1 or rates[0].dtype.kind not in "iuf":
        raise MotionError(
            f"{path} has no one number mocap_framerate or mocap_frame_rate; {_LAYOUT}"
        )
    fps = float(rates[0].reshape(-1)[0])
    if not (np.isfinite(fps) and fps > 0):
        raise MotionError(f"{path}: {fps} frames a second, expected a number above 0; correct it")
    betas = arrays.get("betas")
    if betas is None or betas.dtype.kind != "f" or betas.ndim != 1 or not np.isfinite(betas).all():
        form = None if betas is None else f"{betas.dtype} {betas.shape}"
        raise MotionError(f"{path}: betas are {form}, expected (B,) finite floats; obtain it again")
    kind = _text(arrays.get("surface_model_type"))
    if kind not in _MODELS_FOR:
        columns = arrays["poses"].shape[1] if "poses" in arrays else 165
        kind = _KIND_OF_COLUMNS[columns]
    gender = _text(arrays.get("gender")) or "neutral"
    rest = models.find(kind, gender, path).joints(betas)
    if target_fps is not None:
        every *= max(1, round(fps / target_fps))
    return pose_joints(rest, poses[::every], trans[::every]), fps / every


def _poses(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Axis-angle vectors (T, 22, 3) and translations (T, 3)."""
    if "poses" in arrays:
        parts = [arrays["poses"]]
        widths = tuple(_KIND_OF_COLUMNS)
    elif "root_orient" in arrays and "pose_body" in arrays:
        parts = [arrays["root_orient"], arrays["pose_body"]]
        widths = (3 * NUM_JOINTS,)
    else:
        raise MotionError(
            f"{path} has neither poses nor root_orient and pose_body: no motion of AMASS; take it out"
        )
    parts.append(arrays.get("trans", np.empty(0)))
    length = len(parts[0]) if parts[0].ndim else 0
    shapes = [part.shape for part in parts]
    if (
        length == 0
        or any(part.ndim != 2 or len(part) != length or part.dtype.kind != "f" for part in parts)
        or sum(part.shape[1] for part in parts[:-1]) not in widths
        or (len(parts) == 3 and parts[0].shape[1] != 3)
        or parts[-1].shape[1] != 3
    ):
        raise MotionError(
            f"{path}: rotations and trans are {shapes}, expected floats (T, 156 or 165 or 72), or "
            "(T, 3) and (T, 63); and (T, 3); obtain it again"
        )
    joined = np.concatenate(parts[:-1], axis=1, dtype=np.float64)[:, : 3 * NUM_JOINTS]
    return joined.reshape(length, NUM_JOINTS, 3), parts[-1].astype(np.float64)


def _text(array: np.ndarray | None) -> str:
    """Text of one string; files also hold it as bytes, or as the text of bytes, ``b'male'``."""
    if array is None or array.size != 1 or array.dtype.kind not in "SU":
        return ""
    value = array.reshape(-1)[0]
    text = value.decode("latin1") if isinstance(value, bytes) else str(value)
    return text.removeprefix("b'").removesuffix("'").strip().lower()
