"""Rendering and writing the demo dataset.

Everything is drawn from ``DemoSettings.seed`` and the routine's place in the plan: the same settings give the same
frames. Every routine has an athlete, clothes, a gym and a camera of its own. Nothing of a test routine occurs in
training (see :mod:`vpdlib.demo.scene`). The ground truth in ``truth.h5`` is for measuring only,
never for training.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np

from vpdlib.atomic import replacing
from vpdlib.demo.body import Proportions, draw_proportions
from vpdlib.demo.motions import CLASSES
from vpdlib.demo.parts import build_mesh
from vpdlib.demo.plan import DemoSettings, Routine, plan_routines
from vpdlib.demo.render import Light, Person, draw_light, draw_person, draw_shadow, dress, observe
from vpdlib.demo.routine import SAMPLES_PER_FRAME, compose_bystander, compose_routine
from vpdlib.demo.scene import (
    SPLITS,
    Camera,
    draw_camera,
    draw_look,
    follow_athlete,
    paint_background,
)
from vpdlib.demo.timeline import Motion
from vpdlib.progress import track
from vpdlib.skeleton import JOINTS13, TORSO13
from vpdlib.video.writer import VideoWriter

#: The fraction of the frame interval that the shutter is open.
_SHUTTER = 0.45
#: Sub-frames averaged by the farthest way of a joint during exposure, px: (up to, sub-frames).
_BLUR_STEPS = ((1.5, 1), (4.5, 3), (8.0, 5), (np.inf, 8))
#: What each random stream is for; part of its seed.
_PERSON, _ROUTINE, _VIEW = range(1, 4)


@dataclass(frozen=True)
class RoutineTruth:
    """Ground truth of one video of T frames.

    Attributes
    ----------
    joints_px : (T, 13, 2) float32, order of :data:`vpdlib.skeleton.JOINTS13`.
    joint_visible : (T, 13) bool, neither outside the picture nor behind the body (approximate).
    box_px : (T, 4) float32 xyxy, end-exclusive, around the athlete.
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


@dataclass(frozen=True)
class Scene:
    """A routine made ready to draw.

    Attributes
    ----------
    motion, person : the athlete.
    bystanders : other people and their motion, farther away than the athlete.
    camera, light : of the whole video.
    shift : (T, 2) px, the camera's pan; the picture is the window of ``canvas`` at ``shift - origin``.
    canvas, origin : the painted gym and its corner, px.
    noise : larger than the picture, int16; every frame adds another window of it.
    num_frames : T.
    """

    motion: Motion
    person: Person
    bystanders: list[tuple[Person, Motion]]
    camera: Camera
    light: Light
    shift: np.ndarray
    canvas: np.ndarray
    origin: np.ndarray
    noise: np.ndarray
    num_frames: int


def prepare_scene(routine: Routine, settings: DemoSettings) -> Scene:
    """Draw everything random of ``routine`` from the seed: body, clothes, motion, camera, gym."""
    code = SPLITS.index(routine.split)
    shared = np.random.default_rng([settings.seed, code, _PERSON, routine.index])
    body = draw_proportions(shared)
    look = draw_look(shared, routine.split)
    person = dress(build_mesh(body, look.style), look.colours, shared)
    motion, num_frames = compose_routine(
        np.random.default_rng([settings.seed, code, _ROUTINE, routine.index]),
        body,
        routine.labels,
        routine.sides,
        settings.fps,
    )
    rng = np.random.default_rng([settings.seed, code, _VIEW, routine.index])
    width, height = settings.width, settings.height
    camera = draw_camera(rng, routine.split, routine.view, width, height, body.height)
    middle = np.arange(num_frames) * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2
    pelvis_px, _ = camera.project(motion.pelvis[middle])
    shift = follow_athlete(pelvis_px, width, height, settings.fps)
    canvas, origin = paint_background(shared, routine.split, camera, width, height, shift)
    return Scene(
        motion=motion,
        person=person,
        bystanders=_draw_bystanders(rng, routine.split, camera, settings, num_frames, shift),
        camera=camera,
        light=draw_light(rng, camera.azimuth),
        shift=shift,
        canvas=canvas,
        origin=origin,
        noise=_noise_bank(rng, height, width),
        num_frames=num_frames,
    )


def _noise_bank(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Sensor noise (height + 32, width + 32, 3) int16; every frame takes another window of it."""
    bank = rng.normal(0, rng.uniform(1.0, 2.5), (height + 32, width + 32, 3))
    return np.asarray(np.rint(bank), dtype=np.int16)


def _draw_bystanders(
    rng: np.random.Generator,
    split: str,
    camera: Camera,
    settings: DemoSettings,
    num_frames: int,
    shift: np.ndarray,
) -> list[tuple[Person, Motion]]:
    """0 to 2 people behind the athlete, at the left and right edge of the picture."""
    edges = list(rng.permutation([-1.0, 1.0]))[: int(rng.integers(3))]
    people = []
    for edge in edges:
        body: Proportions = draw_proportions(rng)
        look = draw_look(rng, split)
        person = dress(build_mesh(body, look.style, num_sides=8), look.colours, rng)
        behind = float(rng.uniform(1.6, 3.2))
        away = np.linalg.norm(camera.position[[0, 2]]) + behind
        column = edge * rng.uniform(0.36, 0.47) * settings.width + np.median(shift[:, 0])
        sideways = column / camera.focal_px * away
        outward = np.array([np.sin(camera.azimuth), np.cos(camera.azimuth)])
        place = camera.rotation[0, [0, 2]] * sideways - outward * behind
        motion = compose_bystander(
            rng, body, settings.fps, num_frames, float(place[0]), float(place[1])
        )
        people.append((person, motion))
    return people


def _exposure(joints_px: np.ndarray, frame: int) -> np.ndarray:
    """Samples that fall into the exposure of ``frame``; more where the joints move fast."""
    middle = frame * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2
    reach = int(SAMPLES_PER_FRAME * _SHUTTER / 2)
    way = np.abs(joints_px[middle + reach - 1] - joints_px[middle - reach]).max()
    count = next(n for limit, n in _BLUR_STEPS if way <= limit)
    if count == 1:
        return np.array([middle])
    return (
        np.rint(middle + np.linspace(-reach, reach, count)).astype(int).clip(0, len(joints_px) - 1)
    )


def render_frames(scene: Scene, settings: DemoSettings) -> Iterator[np.ndarray]:
    """Yield the frames (height, width, 3) uint8 RGB of a prepared scene."""
    joints_px, _ = scene.camera.project(scene.motion.figure.joints)
    width, height = settings.width, settings.height
    rng = np.random.default_rng(scene.num_frames)
    empty: np.ndarray = np.empty(0, np.uint8)
    drawn_shift = np.full(2, np.nan)
    for frame in range(scene.num_frames):
        shift = scene.shift[frame]
        if not np.array_equal(shift, drawn_shift):
            offset = shift - scene.origin
            window = np.array([[1, 0, -offset[0]], [0, 1, -offset[1]]])
            empty = cv2.warpAffine(scene.canvas, window, (width, height), flags=cv2.INTER_LINEAR)
            drawn_shift = shift
        picture = empty.copy()
        middle = frame * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2
        for person, motion in scene.bystanders:
            draw_shadow(picture, motion.pelvis[middle], scene.camera, shift)
            draw_person(
                picture,
                person,
                motion.figure,
                np.array([middle]),
                scene.camera,
                scene.light,
                shift,
            )
        draw_shadow(picture, scene.motion.pelvis[middle], scene.camera, shift)
        draw_person(
            picture,
            scene.person,
            scene.motion.figure,
            _exposure(joints_px, frame),
            scene.camera,
            scene.light,
            shift,
        )
        top, left = rng.integers(0, 32, 2)
        noise = scene.noise[top : top + height, left : left + width]
        yield cv2.add(picture, noise, dtype=cv2.CV_8U)


def _measure(scene: Scene, settings: DemoSettings) -> RoutineTruth:
    num = scene.num_frames
    joints = np.zeros((num, 13, 2), np.float32)
    visible = np.zeros((num, 13), bool)
    boxes = np.zeros((num, 4), np.float32)
    size = (settings.width, settings.height)
    middle = np.arange(num) * SAMPLES_PER_FRAME + SAMPLES_PER_FRAME // 2
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
    with VideoWriter(video_path, settings.fps, settings.width, settings.height) as writer:
        for picture in render_frames(scene, settings):
            writer.write(picture)
    return _measure(scene, settings)


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
