"""Rendering and writing the demo dataset: videos, labels, and the ground truth.

The same settings give the same frames (:mod:`vpdlib.demo.film`). The ground truth in ``truth.h5`` is for measuring
only, never for training.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from vpdlib.atomic import replacing
from vpdlib.demo.film import Scene, prepare_scene, render_frames
from vpdlib.demo.motions import CLASSES
from vpdlib.demo.plan import DemoSettings, Routine, plan_routines
from vpdlib.demo.render import observe
from vpdlib.demo.routine import middle_samples
from vpdlib.progress import track
from vpdlib.skeleton import JOINTS13, TORSO13
from vpdlib.video.writer import VideoWriter


@dataclass(frozen=True)
class RoutineTruth:
    """Ground truth of one video of T frames.

    Attributes
    ----------
    joints_px : (T, 13, 2) float32, order of :data:`vpdlib.skeleton.JOINTS13`.
    joint_visible : (T, 13) bool, neither outside the picture nor behind the body (approximate). Things in front of the
        athlete, such as posts, are not looked at here.
    box_px : (T, 4) float32 xyxy, end-exclusive, around the athlete at the middle of the exposure.
    inverted : (T,) bool, hips above shoulders in the picture.
    phase : (T,) int8, class index inside an action, -1 outside.
    facing_deg : (T,) float32 in [-180, 180): 0 faces the camera, 180 shows the back, +-90 a side.
    joints_m : (T, 13, 3) float32, the joints in space, metres, right-handed, z up.
    actions : (start_s, end_s, label) in order.
    """

    joints_px: np.ndarray
    joint_visible: np.ndarray
    box_px: np.ndarray
    inverted: np.ndarray
    phase: np.ndarray
    facing_deg: np.ndarray
    joints_m: np.ndarray
    actions: tuple[tuple[float, float, str], ...]


def measure(scene: Scene, settings: DemoSettings) -> RoutineTruth:
    """The ground truth of a scene, at the middle of every exposure."""
    num = scene.num_frames
    joints = np.zeros((num, 13, 2), np.float32)
    visible = np.zeros((num, 13), bool)
    boxes = np.zeros((num, 4), np.float32)
    size = (settings.width, settings.height)
    middle = middle_samples(num)
    for frame in range(num):
        joints[frame], visible[frame], boxes[frame] = observe(
            scene.person,
            scene.motion.figure,
            int(middle[frame]),
            scene.camera,
            scene.light,
            scene.shift[frame],
            size,
        )
    shoulders, hips = joints[:, TORSO13[:2], 1].mean(axis=1), joints[:, TORSO13[2:], 1].mean(axis=1)
    seconds = (np.arange(num) + 0.5) / settings.fps
    phase = np.full(num, -1, np.int8)
    for start, end, label in scene.motion.actions:
        phase[(seconds >= start) & (seconds < end)] = CLASSES.index(label)
    facing = np.rad2deg(scene.motion.yaw[middle] - scene.camera.azimuth)
    return RoutineTruth(
        joints_px=joints,
        joint_visible=visible,
        box_px=boxes,
        inverted=hips < shoulders,
        phase=phase,
        facing_deg=((facing + 180) % 360 - 180).astype(np.float32),
        joints_m=_z_up(scene.motion.figure.joints[middle]),
        actions=scene.motion.actions,
    )


def _z_up(joints: np.ndarray) -> np.ndarray:
    """Turn joints (T, 13, 3) of the world, y up, about x so that z is up; float32."""
    x, y, z = np.moveaxis(joints, -1, 0)
    return np.stack([x, -z, y], axis=-1).astype(np.float32)


def render_routine(
    routine: Routine, settings: DemoSettings, video_path: str | os.PathLike[str]
) -> RoutineTruth:
    """Render one routine to an H.264 file and return its ground truth."""
    scene = prepare_scene(routine, settings)
    with VideoWriter(
        video_path, settings.fps, settings.width, settings.height, settings.crf
    ) as writer:
        for picture in render_frames(scene, settings):
            writer.write(picture)
    return measure(scene, settings)


def _use_one_thread() -> None:
    cv2.setNumThreads(1)


def _render_job(job: tuple[Routine, DemoSettings, Path]) -> tuple[Routine, RoutineTruth]:
    routine, settings, folder = job
    return routine, render_routine(routine, settings, folder / f"{routine.id}.mp4")


def generate_demo(
    settings: DemoSettings, out_dir: str | os.PathLike[str], num_workers: int = 1
) -> None:
    """Write the demo dataset: ``videos/<id>.mp4``, ``labels.csv``, ``truth.h5`` and ``motions.npz`` in ``out_dir``.

    ``motions.npz`` is what motion capture of the training athletes would have recorded, for VIPE*; see
    :mod:`vpdlib.vipe.motions` for its form. Nothing of a test routine is in it.

    Parameters
    ----------
    num_workers : processes; 1 renders in this one.

    Raises
    ------
    ValueError
        If ``num_workers`` is not positive.
    """
    if num_workers < 1:
        raise ValueError(f"num_workers must be at least 1, not {num_workers}")
    out = Path(out_dir)
    (out / "videos").mkdir(parents=True, exist_ok=True)
    jobs = [(routine, settings, out / "videos") for routine in plan_routines(settings)]
    truths: dict[str, RoutineTruth] = {}
    if num_workers == 1:
        for routine, truth in track(map(_render_job, jobs), "demo videos", len(jobs), "video"):
            truths[routine.id] = truth
    else:
        with multiprocessing.get_context("spawn").Pool(num_workers, _use_one_thread) as pool:
            results = pool.imap_unordered(_render_job, jobs)
            for routine, truth in track(results, "demo videos", len(jobs), "video"):
                truths[routine.id] = truth
    _write_labels(out / "labels.csv", [job[0] for job in jobs], truths)
    _write_truth(out / "truth.h5", settings, [job[0] for job in jobs], truths)
    _write_motions(out / "motions.npz", settings, [job[0] for job in jobs], truths)


def _write_labels(path: Path, routines: list[Routine], truths: dict[str, RoutineTruth]) -> None:
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(["video", "start", "end", "label", "split", "group"])
        for routine in routines:
            for start, end, label in truths[routine.id].actions:
                row = [
                    routine.id,
                    f"{start:.3f}",
                    f"{end:.3f}",
                    label,
                    routine.split,
                    routine.group,
                ]
                table.writerow(row)


def _write_motions(
    path: Path, settings: DemoSettings, routines: list[Routine], truths: dict[str, RoutineTruth]
) -> None:
    captured = [routine for routine in routines if routine.split == "train"]
    lengths = np.array([len(truths[routine.id].joints_m) for routine in captured], np.int64)
    with replacing(path) as temporary, open(temporary, "wb") as handle:
        np.savez(
            handle,
            xyz=np.concatenate(
                [truths[routine.id].joints_m for routine in captured]
                or [np.empty((0, len(JOINTS13), 3), np.float32)]
            ),
            start=np.cumsum(lengths) - lengths,
            length=lengths,
            clip=np.array([routine.id for routine in captured], dtype=np.str_),
            subject=np.array([routine.group for routine in captured], dtype=np.str_),
            source=np.array(["demo"] * len(captured), dtype=np.str_),
            joints=np.array(JOINTS13),
            fps=np.array(settings.fps),
        )


def _write_truth(
    path: Path, settings: DemoSettings, routines: list[Routine], truths: dict[str, RoutineTruth]
) -> None:
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["fps"] = settings.fps
        file.attrs["classes"] = list(CLASSES)
        for routine in routines:
            group = file.create_group(routine.id)
            group.attrs["fps"] = settings.fps
            truth = truths[routine.id]
            for name in (
                "joints_px",
                "joint_visible",
                "box_px",
                "inverted",
                "phase",
                "facing_deg",
            ):
                group.create_dataset(name, data=getattr(truth, name), fletcher32=True)
