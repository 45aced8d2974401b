"""Teachers from ONNX files: top-down networks that state places as heat maps (HRNet) or by SimCC (RTMPose).

For users who have an export and neither mmpose nor torch's weights. What the network is shown and how its answer is
decoded are mmpose's standard ones (``TopdownAffine`` without UDP; ``MSRAHeatmap`` without DARK; ``SimCCLabel``),
written here in NumPy: a network and its export answer alike.

Frames: ``_px`` is source pixels, whole numbers being their edges. ``_input`` is pixels of what the network is shown, in
OpenCV's frame, whole numbers being their *centres*: see ``vpdlib.poses.mmpose_teacher``. The box's centre lies at half
the input's width and height. N is the number of views, K of keypoints, H x W the input's size, h x w the heat map's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import cv2
import numpy as np

from vpdlib.poses.base import NUM_KEYPOINTS, BatchedTeacher, View, cos_sin, rotated_box, turn_back
from vpdlib.poses.settings import OnnxPoseSettings
from vpdlib.provenance import digest_file
from vpdlib.skeleton import COCO17_FLIP_ORDER
from vpdlib.weights.check import WeightsError
from vpdlib.weights.checkpoints import verify_checkpoint

if TYPE_CHECKING:
    import onnxruntime

#: Numbers of keypoints whose first 17 are COCO's: COCO, Halpe-26, COCO-WholeBody.
_KNOWN_NUMBERS = (17, 26, 133)
#: Larger pictures no pose network is shown.
_MAX_SIDE = 4096


@dataclass(frozen=True, eq=False)
class Cut:
    """Where a view was cut: centre (2,) in pixels (their centres whole), size (2,) in pixels, angle in degrees."""

    centre: np.ndarray
    size: np.ndarray
    angle_degrees: float


class OnnxTeacher(BatchedTeacher):
    """An exported top-down network as a teacher.

    Parameters
    ----------
    settings : the file, how it is fed and decoded.
    networks_dir : the folder of downloaded networks.
    device : "cpu" or "cuda".
    threads : threads one call may use on the CPU.

    Raises
    ------
    WeightsError
        if the file is missing, has another digest, or its inputs and outputs are not those of the codec.
    ValueError
        if CUDA is asked for and this ONNX Runtime has none.
    """

    def __init__(
        self, settings: OnnxPoseSettings, networks_dir: Path, device: str, threads: int
    ) -> None:
        path = verify_checkpoint(settings.file, networks_dir, settings.sha256)
        self._session = _open(path, device, threads)
        self._settings = settings
        self._mean = np.array(settings.mean, np.float32)
        self._std = np.array(settings.std, np.float32)
        self._input = self._session.get_inputs()[0].name
        num, self._height, self._width = _input_shape(self._session, path)
        blank = np.zeros((1, 3, self._height, self._width), np.float32)
        self._outputs = _output_names(self._session, settings, blank, path)
        self.batch_size = settings.batch_size if num is None else num
        self.attributes: Mapping[str, str] = {
            "teacher_checkpoint": settings.file,
            "teacher_checkpoint_sha256": digest_file(path),
        }

    def _estimate_batch(self, views: Sequence[View]) -> np.ndarray:
        size = self._width, self._height
        cuts = [cut_of(view, size, self._settings.padding) for view in views]
        pictures = np.stack(
            [warp(view.image_rgb, cut, size) for view, cut in zip(views, cuts, strict=True)]
        )
        pictures = (pictures - self._mean) / self._std
        maps = self._answer(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
        if self._settings.codec == "heatmap":
            scale = np.array(size) / maps[0].shape[:-3:-1]
            places, score = decode_heatmap(maps[0])
            places = places * scale
        else:
            places, score = decode_simcc(*maps)
            places = places / self._settings.simcc_split_ratio
        poses = np.empty((len(views), NUM_KEYPOINTS, 3), np.float32)
        for pose, xy_input, cut in zip(poses, places, cuts, strict=True):
            upright = (xy_input / size - 0.5) * cut.size + cut.centre
            pose[:, :2] = turn_back(upright, cut.centre, cut.angle_degrees) + 0.5
        poses[:, :, 2] = np.clip(score, 0, 1)
        return poses

    def _answer(self, pictures: np.ndarray) -> list[np.ndarray]:
        """Return the outputs for (N, 3, H, W) pictures, of the 17 keypoints, averaged with those of the flipped."""
        maps = self._run(pictures)
        if not self._settings.flip_test:
            return maps
        flipped = self._run(np.ascontiguousarray(pictures[..., ::-1]))
        return [(a + b) / 2 for a, b in zip(maps, unflip(flipped), strict=True)]

    def _run(self, pictures: np.ndarray) -> list[np.ndarray]:
        maps = self._session.run(self._outputs, {self._input: pictures})
        return [part[:, :NUM_KEYPOINTS].astype(np.float32) for part in maps]


def cut_of(view: View, size_input: tuple[int, int], padding: float) -> Cut:
    """Return what of its image a view shows: its box, padded, and widened to the input's shape (W, H)."""
    box = rotated_box(view.box_px, view.angle_degrees) - 0.5
    width, height = (box[2:] - box[:2]) * padding
    aspect = size_input[0] / size_input[1]
    size = np.array([max(width, height * aspect), max(height, width / aspect)])
    return Cut((box[:2] + box[2:]) / 2, size, view.angle_degrees)


def warp(image_rgb: np.ndarray, cut: Cut, size_input: tuple[int, int]) -> np.ndarray:
    """Return the (H, W, 3) uint8 picture of a cut, bilinear; zeros where it lies outside the image."""
    cos, sin = cos_sin(cut.angle_degrees)
    # Rotated counter-clockwise, y being down: the inverse of `turn_back`.
    turn = np.array([[cos, sin], [-sin, cos]]) * size_input[0] / cut.size[0]
    shift = np.array(size_input) / 2 - turn @ cut.centre
    to_input = np.concatenate([turn, shift[:, None]], axis=1)
    return cv2.warpAffine(image_rgb, to_input, size_input, flags=cv2.INTER_LINEAR)


def unflip(maps: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Turn round what the network answered to flipped pictures: [heat maps] or [simcc_x, simcc_y].

    Heat maps are moved by one to the right, as mmpose does where a flipped picture's places are not those of the
    picture (its ``shift_heatmap``, for codecs without UDP).
    """
    swapped = [part[:, COCO17_FLIP_ORDER] for part in maps]
    swapped[0] = swapped[0][..., ::-1]
    if len(maps) == 1:
        swapped[0] = np.concatenate([swapped[0][..., :1], swapped[0][..., :-1]], axis=-1)
    return swapped


def decode_heatmap(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the peaks of heat maps, moved a quarter towards the higher neighbour.

    Parameters
    ----------
    heatmaps : (N, K, h, w).

    Returns
    -------
    (N, K, 2) float32 x, y in cells of the heat map, (-1, -1) where nothing is positive, as mmpose answers; and
    (N, K) the peaks' heights.
    """
    num, num_keypoints, height, width = heatmaps.shape
    flat = heatmaps.reshape(num, num_keypoints, -1)
    peak = flat.argmax(axis=-1)
    score = np.take_along_axis(flat, peak[..., None], axis=-1)[..., 0]
    y, x = np.divmod(peak, width)

    def at(row: np.ndarray, column: np.ndarray) -> np.ndarray:
        index = row.clip(0, height - 1) * width + column.clip(0, width - 1)
        return np.take_along_axis(flat, index[..., None], axis=-1)[..., 0]

    # Where mmpose refines: not in the first two columns and the last, for x; for y alike.
    inside_x = (x > 1) & (x < width - 1) & (y > 0)
    inside_y = (y > 1) & (y < height - 1) & (x > 0)
    towards_x = np.sign(at(y, x + 1) - at(y, x - 1)) * inside_x
    towards_y = np.sign(at(y + 1, x) - at(y - 1, x)) * inside_y
    places = np.stack([x + towards_x / 4, y + towards_y / 4], axis=-1)
    places[score <= 0] = -1
    return places.astype(np.float32), score


def decode_simcc(simcc_x: np.ndarray, simcc_y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the peaks of SimCC's two vectors.

    Parameters
    ----------
    simcc_x, simcc_y : (N, K, bins).

    Returns
    -------
    (N, K, 2) float32 x, y in bins, (-1, -1) where nothing is positive, as mmpose answers; and (N, K) the lower of the
    two peaks.
    """
    places = np.stack([simcc_x.argmax(axis=-1), simcc_y.argmax(axis=-1)], axis=-1)
    score = np.minimum(simcc_x.max(axis=-1), simcc_y.max(axis=-1))
    places[score <= 0] = -1
    return places.astype(np.float32), score


def _open(path: Path, device: str, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    providers = ["CPUExecutionProvider"]
    if device == "cuda":
        if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
            raise ValueError(
                f"{path}: the device is cuda and this ONNX Runtime {onnxruntime.__version__} runs on the CPU alone; "
                "install onnxruntime-gpu in place of onnxruntime, or set device: cpu"
            )
        providers.insert(0, "CUDAExecutionProvider")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Idle threads that spin would take the cores from the other jobs of the workflow.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    with _naming(path, "ONNX Runtime cannot open it"):
        session = onnxruntime.InferenceSession(str(path), options, providers=providers)
    if device == "cuda" and "CUDAExecutionProvider" not in session.get_providers():
        raise ValueError(
            f"{path}: ONNX Runtime could not start CUDA and fell back to the CPU; install the CUDA and cuDNN that "
            f"onnxruntime-gpu {onnxruntime.__version__} asks for, or set device: cpu"
        )
    return session


@contextmanager
def _naming(path: Path, what: str) -> Iterator[None]:
    """Turn what ONNX Runtime raises into a :class:`WeightsError` that names the file."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # Each status has a class of its own, and they have no base but Exception; pybind11 raises Python's.
    known = [one for one in vars(state).values() if isinstance(one, type)]
    statuses = [one for one in known if issubclass(one, Exception)]
    errors: tuple[type[Exception], ...] = (*statuses, RuntimeError, ValueError)
    try:
        yield
    except errors as error:
        reason = str(error).strip().splitlines()
        raise WeightsError(
            f"{path}: {what} ({reason[0] if reason else type(error).__name__}); obtain it again, or export it anew"
        ) from error


def _refuse(path: Path, found: str, expected: str) -> NoReturn:
    raise WeightsError(
        f"{path}: {found}, expected {expected}; export the network again, or correct the codec in the settings"
    )


def _input_shape(session: onnxruntime.InferenceSession, path: Path) -> tuple[int | None, int, int]:
    """Return (N or None for any, H, W) of the only input."""
    with _naming(path, "its inputs cannot be read"):
        shapes = [item.shape for item in session.get_inputs()]
    expected = "one input (N, 3, H, W) with H and W fixed and N open or 1"
    if len(shapes) != 1 or len(shapes[0]) != 4:
        _refuse(path, f"inputs of shapes {shapes}", expected)
    num, channels, height, width = shapes[0]
    fixed = isinstance(height, int) and isinstance(width, int)
    if channels != 3 or not fixed or (isinstance(num, int) and num != 1):
        _refuse(path, f"an input of shape {shapes[0]}", expected)
    if not (0 < height <= _MAX_SIDE and 0 < width <= _MAX_SIDE):
        _refuse(path, f"an input of shape {shapes[0]}", f"sides of 1 to {_MAX_SIDE} px")
    return (num if isinstance(num, int) else None), height, width


def _output_names(
    session: onnxruntime.InferenceSession,
    settings: OnnxPoseSettings,
    pictures: np.ndarray,
    path: Path,
) -> list[str]:
    """Return the names of the outputs, in the order that the codec takes them.

    Exports often leave the outputs' shapes open: what they are, the network says to `pictures`.
    """
    codec = settings.codec
    with _naming(path, "its outputs cannot be read"):
        names = [item.name for item in session.get_outputs()]
    if codec == "heatmap":
        wanted, rank, expected = names, 4, "one output (N, K, h, w) for codec heatmap"
    else:
        wanted, rank = ["simcc_x", "simcc_y"], 3
        expected = "outputs simcc_x and simcc_y (N, K, bins) for codec simcc"
    if not set(wanted) <= set(names) or (codec == "heatmap" and len(names) != 1):
        _refuse(path, f"outputs {', '.join(names)}", expected)
    with _naming(path, "ONNX Runtime cannot run it"):
        answers = session.run(wanted, {session.get_inputs()[0].name: pictures})
    for name, answer in zip(wanted, answers, strict=True):
        if not isinstance(answer, np.ndarray) or answer.dtype.kind != "f":
            _refuse(path, f"output {name!r} without floating-point numbers", expected)
        if answer.ndim != rank or len(answer) != len(pictures) or 0 in answer.shape:
            _refuse(path, f"output {name!r} of shape {answer.shape}", expected)
        if answer.shape[1] not in _KNOWN_NUMBERS:
            _refuse(
                path,
                f"{answer.shape[1]} keypoints in output {name!r}",
                f"{', '.join(map(str, _KNOWN_NUMBERS))}, of which the first 17 are COCO's",
            )
    if len({answer.shape[1] for answer in answers}) > 1:
        _refuse(path, f"outputs of shapes {[answer.shape for answer in answers]}", expected)
    if codec == "simcc":
        bins = answers[0].shape[2], answers[1].shape[2]
        _check_bins(bins, pictures.shape[:1:-1], settings.simcc_split_ratio, path)
    return wanted


def _check_bins(
    bins: tuple[int, int], size_input: tuple[int, ...], ratio: float, path: Path
) -> None:
    """Refuse numbers of bins along x and y that are not the input's sides (W, H) times the split ratio."""
    # Training rounds them, up or down.
    if all(abs(num - side * ratio) < 1 for num, side in zip(bins, size_input, strict=True)):
        return
    found = [num / side for num, side in zip(bins, size_input, strict=True)]
    remedy = (
        f"set simcc_split_ratio: {found[0]:g}"
        if found[0] == found[1]
        else "export the network again: x and y have not the same ratio"
    )
    raise WeightsError(
        f"{path}: simcc_x and simcc_y have {bins[0]} and {bins[1]} bins for an input of {size_input[0]} x "
        f"{size_input[1]} px, simcc_split_ratio is {ratio:g}; {remedy}"
    )
