"""Filming a routine: everything of it drawn from the seed, and its pictures.

Everything is drawn from ``DemoSettings.seed`` and the routine's place in the plan: the same settings give the same
frames. Every routine has an athlete, clothes, a gym and a camera of its own. Nothing of a test routine occurs in
training (see :mod:`vpdlib.demo.scene`). Pictures are RGB uint8 (H, W, 3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np

from vpdlib.demo.body import Proportions, draw_proportions
from vpdlib.demo.broadcast import (
    Board,
    camera_path,
    compose_passer_by,
    draw_board,
    draw_boards,
    draw_post,
    draw_sway,
    smear_kernel,
)
from vpdlib.demo.parts import build_mesh
from vpdlib.demo.plan import DemoSettings, Routine
from vpdlib.demo.render import Light, Person, draw_light, draw_person, draw_shadow, dress
from vpdlib.demo.routine import (
    SAMPLES_PER_FRAME,
    compose_bystander,
    compose_routine,
    middle_samples,
)
from vpdlib.demo.scene import (
    SPLITS,
    Camera,
    draw_camera,
    draw_look,
    follow_athlete,
    paint_background,
)
from vpdlib.demo.timeline import Motion

#: Sub-frames averaged by the farthest way of a joint during exposure, px: (up to, sub-frames).
_BLUR_STEPS = ((1.5, 1), (4.5, 3), (8.0, 5), (np.inf, 8))
#: What each random stream is for; part of its seed.
_PERSON, _ROUTINE, _VIEW, _FRONT = range(1, 5)
#: What a picture without contrast is, 0 to 255.
_GREY = 118.0


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
    path : (S, 2) px, the pan at every sub-frame sample, for a camera whose motion blurs; None: it stands still while
        the shutter is open.
    boards, passers_by : what is in front of the athlete, and people with their motion.
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
    path: np.ndarray | None = None
    boards: list[Board] = field(default_factory=list)
    passers_by: list[tuple[Person, Motion]] = field(default_factory=list)


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
    camera = draw_camera(
        rng, routine.split, routine.view, width, height, body.height, settings.athlete_scale
    )
    middle = middle_samples(num_frames)
    pelvis_px, _ = camera.project(motion.pelvis[middle])
    shift = follow_athlete(pelvis_px, width, height, settings.fps)
    front = np.random.default_rng([settings.seed, code, _FRONT, routine.index])
    path = None
    if settings.camera_sway_px:
        rate = SAMPLES_PER_FRAME * settings.fps
        sway = draw_sway(front, num_frames * SAMPLES_PER_FRAME, rate, settings.camera_sway_px)
        path = camera_path(shift, sway)
        shift = path[middle]
    canvas, origin = paint_background(
        shared, routine.split, camera, width, height, shift if path is None else path
    )
    boards, passers_by = _draw_front(front, routine.split, camera, settings, num_frames, shift)
    return Scene(
        motion=motion,
        person=person,
        bystanders=_draw_bystanders(rng, routine.split, camera, settings, num_frames, shift),
        camera=camera,
        light=draw_light(rng, camera.azimuth),
        shift=shift,
        canvas=canvas,
        origin=origin,
        noise=_noise_bank(rng, height, width, settings.noise),
        num_frames=num_frames,
        path=path,
        boards=boards,
        passers_by=passers_by,
    )


def _noise_bank(
    rng: np.random.Generator, height: int, width: int, factor: float = 1.0
) -> np.ndarray:
    """Sensor noise (height + 32, width + 32, 3) int16; every frame takes another window of it."""
    bank = rng.normal(0, rng.uniform(1.0, 2.5), (height + 32, width + 32, 3)) * factor
    return np.asarray(np.rint(bank), dtype=np.int16)


def _draw_somebody(rng: np.random.Generator, split: str) -> tuple[Proportions, Person]:
    """Somebody beside the athlete, of a coarser mesh."""
    body = draw_proportions(rng)
    look = draw_look(rng, split)
    return body, dress(build_mesh(body, look.style, num_sides=8), look.colours, rng)


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
        body, person = _draw_somebody(rng, split)
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


def _draw_front(
    rng: np.random.Generator,
    split: str,
    camera: Camera,
    settings: DemoSettings,
    num_frames: int,
    shift: np.ndarray,
) -> tuple[list[Board], list[tuple[Person, Motion]]]:
    """What is in front of the athlete, where the camera looks on most of the time."""

    def column() -> float:
        where = np.median(shift[:, 0]) + settings.width / 2
        return float(where + rng.uniform(-0.5, 0.5) * settings.athlete_scale * settings.width)

    boards = [draw_post(rng, split, camera, column()) for _ in range(settings.num_posts)]
    boards += [draw_board(rng, split, camera, column()) for _ in range(settings.num_boards)]
    people = []
    for _ in range(settings.num_passers_by):
        body, person = _draw_somebody(rng, split)
        motion = compose_passer_by(rng, body, camera, settings.fps, num_frames, column())
        people.append((person, motion))
    return boards, people


def _reach(shutter: float) -> int:
    """Samples before the middle of an exposure that fall into it, and as many after it."""
    return int(SAMPLES_PER_FRAME * shutter / 2)


def _exposure(points_px: np.ndarray, middle: int, shutter: float) -> np.ndarray:
    """Samples that fall into the exposure around ``middle``; more where points (S, N, 2) move fast."""
    reach = _reach(shutter)
    way = np.abs(points_px[middle + reach - 1] - points_px[middle - reach]).max()
    count = next(n for limit, n in _BLUR_STEPS if way <= limit)
    if count == 1:
        return np.array([middle])
    return (
        np.rint(middle + np.linspace(-reach, reach, count)).astype(int).clip(0, len(points_px) - 1)
    )


def render_frames(scene: Scene, settings: DemoSettings) -> Iterator[np.ndarray]:
    """Yield the frames (height, width, 3) uint8 RGB of a prepared scene."""
    height, width = settings.height, settings.width
    rng = np.random.default_rng(scene.num_frames)
    window = _Window(scene, settings)
    dimmed = np.rint(_GREY + (np.arange(256) - _GREY) * settings.contrast).astype(np.uint8)
    joints_px = _moving_points(scene, scene.motion)
    walking_px = [_moving_points(scene, motion) for _, motion in scene.passers_by]
    for shift, middle in zip(scene.shift, middle_samples(scene.num_frames).tolist(), strict=True):
        kernel = _smear(scene, middle, settings.shutter)
        picture = window.cut(shift)
        for person, motion in scene.bystanders:
            draw_shadow(picture, motion.pelvis[middle], scene.camera, shift)
            _draw(picture, scene, person, motion, np.array([middle]), shift)
        draw_shadow(picture, scene.motion.pelvis[middle], scene.camera, shift)
        if kernel is not None:
            picture = cv2.filter2D(picture, -1, kernel)
        samples = _exposure(joints_px, middle, settings.shutter)
        _draw(picture, scene, scene.person, scene.motion, samples, shift)
        draw_boards(picture, scene.boards, scene.camera, shift, kernel)
        for (person, motion), points_px in zip(scene.passers_by, walking_px, strict=True):
            samples = _exposure(points_px, middle, settings.shutter)
            _draw(picture, scene, person, motion, samples, shift)
        if settings.contrast < 1:
            picture = cv2.LUT(picture, dimmed)
        top, left = rng.integers(0, 32, 2)
        noise = scene.noise[top : top + height, left : left + width]
        yield cv2.add(picture, noise, dtype=cv2.CV_8U)


class _Window:
    """Cuts the picture out of the painted gym; where the camera stands still, only once."""

    def __init__(self, scene: Scene, settings: DemoSettings) -> None:
        self._scene, self._size = scene, (settings.width, settings.height)
        self._shift = np.full(2, np.nan)
        self._picture: np.ndarray = np.empty(0, np.uint8)

    def cut(self, shift: np.ndarray) -> np.ndarray:
        """The gym (H, W, 3) uint8 at ``shift`` (2,) px."""
        if not np.array_equal(shift, self._shift):
            offset = shift - self._scene.origin
            place = np.array([[1, 0, -offset[0]], [0, 1, -offset[1]]])
            self._picture = cv2.warpAffine(
                self._scene.canvas, place, self._size, flags=cv2.INTER_LINEAR
            )
            self._shift = shift
        return self._picture.copy()


def _draw(
    picture: np.ndarray,
    scene: Scene,
    person: Person,
    motion: Motion,
    samples: np.ndarray,
    shift: np.ndarray,
) -> None:
    """Draw a person over ``samples`` of the exposure, during which the camera may move, too."""
    if scene.path is not None and len(samples) > 1:
        shift = scene.path[samples]
    draw_person(picture, person, motion.figure, samples, scene.camera, scene.light, shift)


def _moving_points(scene: Scene, motion: Motion) -> np.ndarray:
    """Joints (S, 13, 2) px as they move in the picture while the shutter is open."""
    joints_px, _ = scene.camera.project(motion.figure.joints)
    return joints_px if scene.path is None else joints_px - scene.path[:, None]


def _smear(scene: Scene, middle: int, shutter: float) -> np.ndarray | None:
    """The kernel of the camera's motion during the exposure around ``middle``, if any."""
    if scene.path is None:
        return None
    reach = _reach(shutter)
    return smear_kernel(scene.path[middle - reach : middle + reach + 1])
