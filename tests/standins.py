"""Stand-in videos: synthetic clips for tests of datasets whose real videos cannot be had.

The videos of FSJump6, Tennis7, FX35 and Diving48 are broadcasts that nobody may hand on; their labels
are public. A stand-in takes the place of one clip: it has the clip's frame rate and its exact number
of frames, and something happens in it where the labels say so. The pictures are not those of
the sport. They show a rendered figure of the demo sport (:mod:`vpdlib.demo`) in a rendered gym, and every
frame has "STAND-IN" burnt into its top left corner. A stand-in shows that a pipeline runs from end
to end on videos of the right length; numbers measured on it say nothing about the real dataset.

Rendering a figure is slow and a dataset has many long videos, so each look (athlete, clothes, gym,
camera) is rendered once: every action of the demo sport and one idle segment, cut out as sprites.
A video is then assembled from sprites, at about a thousand frames a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from vpdlib.demo.body import draw_proportions
from vpdlib.demo.film import Scene, render_frames
from vpdlib.demo.motions import CLASSES
from vpdlib.demo.parts import build_mesh
from vpdlib.demo.plan import DemoSettings
from vpdlib.demo.render import Light, Person, draw_light, dress
from vpdlib.demo.routine import compose_bystander, compose_routine
from vpdlib.demo.scene import SPLITS, Camera, draw_camera, draw_look, paint_background
from vpdlib.demo.timeline import Motion
from vpdlib.video.writer import VideoWriter

#: Frames per second of the rendered loops; videos of another rate take the nearest loop frame.
LOOP_FPS = 25.0
#: Seconds of the loop kept before and after an action: getting ready and standing up again.
_BEFORE_S, _AFTER_S = 0.4, 0.5
#: Seconds of standing and stepping about, played to and fro.
_IDLE_S = 5.0
#: An athlete who is followed by the camera: standard deviation in s of the mean place taken out.
_FOLLOW_S = 0.35
#: Fraction of the picture's height that an upright single athlete takes.
_UPRIGHT = 0.52
#: The same for the near and the far one of two players, with the height of the feet and the place to the
#: side of the middle (fractions of height, height and width). Even a leap of the far one with raised
#: arms (2.65 m, a person is 1.7 m) stays in the upper half.
_NEAR, _FAR = (0.42, 0.96, -0.14), (0.25, 0.48, 0.14)
_PERSON_M = 1.7
#: Metres between the camera of two players and the near one.
_NEAR_M = 12.0
#: Grey levels of the sensor noise, which keeps repeated sprites from being equal frames.
_NOISE = 1.5
_NOISE_WINDOW = 16
#: What each random stream is for; part of its seed.
_PLACE, _ATHLETE, _VIDEO, _GRAIN = range(4)


@dataclass(frozen=True)
class Event:
    """A segment of frames, end-exclusive, in which an athlete performs.

    Attributes
    ----------
    first_frame, end_frame : the labelled action of the motion fills exactly these frames.
    motion : index into :data:`vpdlib.demo.motions.CLASSES`.
    player : who performs: 0 the only or the near athlete, 1 the far one of two.
    """

    first_frame: int
    end_frame: int
    motion: int
    player: int = 0


@dataclass(frozen=True)
class _Sprite:
    """An athlete cut out of a frame, with the shadow: ``rgb`` where ``mask``, at (left, top) px."""

    left: int
    top: int
    rgb: np.ndarray
    mask: np.ndarray

    def paste(self, picture: np.ndarray) -> None:
        height, width = self.mask.shape
        window = picture[self.top : self.top + height, self.left : self.left + width]
        cv2.copyTo(self.rgb, self.mask, window)


@dataclass(frozen=True)
class _Performance:
    """One motion: ``sprites[first:end]`` are the action, the others lead up to it and away."""

    sprites: tuple[_Sprite, ...]
    first: int
    end: int


@dataclass(frozen=True)
class _Athlete:
    """Everything an athlete can do: a performance for each demo class, and the idle segment."""

    performances: tuple[_Performance, ...]
    idle: tuple[_Sprite, ...]


@dataclass(frozen=True)
class _Stage:
    """An empty gym (height, width, 3) and who performs in it, player 0 first."""

    background: np.ndarray
    athletes: tuple[_Athlete, ...]


class StandIns:
    """Writes stand-in videos of one picture size.

    Looks are rendered when they are first needed (some seconds for each) and kept.

    Parameters
    ----------
    seed : the same seed gives the same looks and videos.
    width, height : picture, px, even and at least 64. Two players need more height: 256 x 256.
    num_looks : how many athletes with a gym there are. A video shows number ``seed % num_looks``.

    Raises
    ------
    ValueError
        If the size or the number of looks makes no sense.
    """

    def __init__(
        self, seed: int = 0, width: int = 256, height: int = 144, num_looks: int = 2
    ) -> None:
        if num_looks < 1:
            raise ValueError(f"stand-ins need at least 1 look, not {num_looks}")
        self._seed = seed
        self._settings = DemoSettings(width=width, height=height, fps=LOOP_FPS, seed=seed)
        self._num_looks = num_looks
        self._stages: dict[tuple[int, int], _Stage] = {}
        self._badge = _draw_badge(height)
        if self._badge.shape[1] > width:
            raise ValueError(f"a picture {width} px wide has no room for the words STAND-IN")
        grain = np.random.default_rng([seed, _GRAIN]).normal(
            0, _NOISE, (height + _NOISE_WINDOW, width + _NOISE_WINDOW, 3)
        )
        self._grain = np.rint(grain).astype(np.int16)

    def write(
        self,
        path: Path,
        fps: float,
        num_frames: int,
        events: Sequence[Event],
        seed: int = 0,
        players: int = 1,
    ) -> None:
        """Write one stand-in.

        Outside of events the athlete stands and steps about. Where events of one player overlap, the one
        that starts later is shown, at the frames it would have alone.

        Parameters
        ----------
        path : target; the ending chooses the container.
        fps, num_frames : those of the real clip.
        events : in any order.
        seed : of the video; chooses the look too.
        players : 1, or 2 for one near (lower half of the picture) and one far (upper half).

        Raises
        ------
        ValueError
            If there are no frames, or an event lies outside of the video or names an unknown
            motion or player.
        """
        if players not in (1, 2):
            raise ValueError(f"{path}: a stand-in has 1 or 2 players, not {players}")
        if num_frames < 1:
            raise ValueError(f"{path}: a video needs at least 1 frame, not {num_frames}")
        for event in events:
            if not 0 <= event.first_frame < event.end_frame <= num_frames:
                raise ValueError(f"{path}: {event} is empty or outside of {num_frames} frames")
            if not (0 <= event.motion < len(CLASSES) and 0 <= event.player < players):
                raise ValueError(f"{path}: {event} names a motion or player that there is not")
        stage = self._stage(seed % self._num_looks, players)
        # A stream for each player: what one does never changes what the other does.
        parts = [
            _arrange(
                athlete,
                fps,
                num_frames,
                [event for event in events if event.player == player],
                np.random.default_rng([self._seed, _VIDEO, seed, player]),
            )
            for player, athlete in enumerate(stage.athletes)
        ]
        corners = np.random.default_rng([self._seed, _GRAIN, seed]).integers(
            0, _NOISE_WINDOW, (num_frames, 2)
        )
        width, height = self._settings.width, self._settings.height
        rows, columns = self._badge.shape[:2]
        with VideoWriter(path, fps, width, height) as writer:
            for frame in range(num_frames):
                picture = stage.background.copy()
                # The far player first: the near one may leap in front of him.
                for sprites in reversed(parts):
                    sprites[frame].paste(picture)
                top, left = corners[frame]
                grain = self._grain[top : top + height, left : left + width]
                picture = cv2.add(picture, grain, dtype=cv2.CV_8U)
                picture[:rows, :columns] = self._badge
                writer.write(picture)

    def _stage(self, look: int, players: int) -> _Stage:
        if (look, players) not in self._stages:
            self._stages[look, players] = self._render_stage(look, players)
        return self._stages[look, players]

    def _render_stage(self, look: int, players: int) -> _Stage:
        """Paint a gym and render all that its athletes do."""
        width, height = self._settings.width, self._settings.height
        split = SPLITS[look % len(SPLITS)]
        rng = np.random.default_rng([self._seed, _PLACE, look, players])
        if players == 1:
            camera = draw_camera(rng, split, int(rng.integers(8)), width, height, _PERSON_M)
            distance = float(np.hypot(camera.position[0], camera.position[2]))
            camera = replace(camera, focal_px=_UPRIGHT * height * distance / _PERSON_M)
            places = [np.zeros(2)]
        else:
            camera, places = _court_camera(float(rng.uniform(0, 2 * np.pi)), width, height)
        light = draw_light(rng, camera.azimuth)
        canvas, origin = paint_background(
            rng, split, camera, width, height, np.zeros((1, 2), np.float64)
        )
        gym = _Gym(camera, light, canvas, origin, self._settings)
        athletes = []
        for player, place in enumerate(places):
            own = np.random.default_rng([self._seed, _ATHLETE, look, player])
            athletes.append(_render_athlete(own, split, gym, place))
        return _Stage(gym.background, tuple(athletes))


@dataclass(frozen=True)
class _Gym:
    """Where athletes are rendered; see :class:`vpdlib.demo.film.Scene` for the names."""

    camera: Camera
    light: Light
    canvas: np.ndarray
    origin: np.ndarray
    settings: DemoSettings

    @property
    def background(self) -> np.ndarray:
        left, top = -self.origin
        window = self.canvas[top:, left:][: self.settings.height, : self.settings.width]
        return np.ascontiguousarray(window)

    def render(self, person: Person, motion: Motion, num_frames: int) -> Iterator[_Sprite]:
        """Yield the sprite of every frame: what the picture differs in from the empty gym."""
        width, height = self.settings.width, self.settings.height
        scene = Scene(
            motion=motion,
            person=person,
            bystanders=[],
            camera=self.camera,
            light=self.light,
            shift=np.zeros((num_frames, 2)),
            canvas=self.canvas,
            origin=self.origin,
            # Noise would hide what differs; it is added to the finished picture instead.
            noise=np.zeros((height + 32, width + 32, 3), np.int16),
            num_frames=num_frames,
        )
        empty = self.background
        for picture in render_frames(scene, self.settings):
            differs = (picture != empty).any(axis=2).astype(np.uint8)
            left, top, wide, high = cv2.boundingRect(differs)
            window = slice(top, top + high), slice(left, left + wide)
            yield _Sprite(left, top, picture[window].copy(), differs[window].copy())


def _court_camera(azimuth: float, width: int, height: int) -> tuple[Camera, list[np.ndarray]]:
    """A camera that looks level from high up, and the places (x, z) of the near and far player.

    Its principal point lies above the picture, as with a shifted lens, so that heights in the
    picture follow from the distance alone. The far player stands at the world's origin.
    """
    far_m = _NEAR_M * _NEAR[0] / _FAR[0]
    eye_m = (_NEAR[1] - _FAR[1]) / (_NEAR[0] - _FAR[0]) * _PERSON_M
    outward = np.array([np.sin(azimuth), 0.0, np.cos(azimuth)])
    right = np.cross(-outward, np.array([0.0, 1.0, 0.0]))
    camera = Camera(
        rotation=np.stack([right, np.cross(-outward, right), -outward]),
        position=outward * far_m + np.array([0.0, eye_m, 0.0]),
        focal_px=_NEAR[0] * height * _NEAR_M / _PERSON_M,
        centre_px=(width / 2, (_NEAR[1] - _NEAR[0] * eye_m / _PERSON_M) * height),
        azimuth=azimuth,
    )
    places = []
    for (fraction, _, side), distance in ((_NEAR, _NEAR_M), (_FAR, far_m)):
        sideways = side * width * _PERSON_M / (fraction * height)
        places.append((outward * (far_m - distance) + right * sideways)[[0, 2]])
    return camera, places


def _render_athlete(rng: np.random.Generator, split: str, gym: _Gym, place: np.ndarray) -> _Athlete:
    """Draw a person and render a routine of all classes and an idle segment at ``place`` (x, z)."""
    body = draw_proportions(rng)
    look = draw_look(rng, split)
    person = dress(build_mesh(body, look.style), look.colours, rng)
    order = [CLASSES[i] for i in rng.permutation(len(CLASSES))]
    sides = [int(side) for side in rng.choice([-1, 1], len(order))]
    routine, num_frames = compose_routine(rng, body, tuple(order), tuple(sides), LOOP_FPS)
    sprites = tuple(gym.render(person, _keep_at(routine, place), num_frames))
    num_idle = round(_IDLE_S * LOOP_FPS)
    idle = compose_bystander(rng, body, LOOP_FPS, num_idle, 0.0, 0.0)
    return _Athlete(
        performances=_cut_performances(routine, sprites),
        idle=tuple(gym.render(person, _keep_at(idle, place), num_idle)),
    )


def _keep_at(motion: Motion, place: np.ndarray) -> Motion:
    """Take slow travel out of a motion, so that the athlete stays about ``place`` (x, z).

    Pieces of it can then be played in any order in front of one picture of the gym.
    """
    ground = motion.pelvis[:, [0, 2]]
    mean = gaussian_filter1d(ground, _FOLLOW_S * motion.rate, axis=0, mode="nearest")
    move = np.zeros((len(ground), 1, 3))
    move[:, 0, [0, 2]] = place - mean
    figure = motion.figure
    return replace(
        motion,
        figure=replace(
            figure,
            origins=figure.origins + move,
            joints=figure.joints + move,
            contacts=figure.contacts + move,
        ),
    )


def _cut_performances(motion: Motion, sprites: tuple[_Sprite, ...]) -> tuple[_Performance, ...]:
    """Cut a routine of all classes at its labels; in the order of ``CLASSES``."""
    # Frame t is inside an action if its middle is.
    spans = [
        [int(np.ceil(second * LOOP_FPS - 0.5)) for second in (start, end)]
        for start, end, _ in motion.actions
    ]
    performances = {}
    for k, (first, end) in enumerate(spans):
        earliest = spans[k - 1][1] if k else 0
        latest = spans[k + 1][0] if k + 1 < len(spans) else len(sprites)
        begin = max(earliest, first - round(_BEFORE_S * LOOP_FPS))
        stop = min(latest, end + round(_AFTER_S * LOOP_FPS))
        label = motion.actions[k][2]
        performances[label] = _Performance(sprites[begin:stop], first - begin, end - begin)
    return tuple(performances[label] for label in CLASSES)


def _arrange(
    athlete: _Athlete,
    fps: float,
    num_frames: int,
    events: Sequence[Event],
    rng: np.random.Generator,
) -> list[_Sprite]:
    """Choose the sprite of every frame of one athlete."""
    ordered = sorted(events, key=lambda event: event.first_frame)
    owner = np.full(num_frames, -1)
    for k, event in enumerate(ordered):
        owner[event.first_frame : event.end_frame] = k
    sprites: list[_Sprite] = []
    starts = np.flatnonzero(np.diff(owner, prepend=-2))
    for start, stop in zip(starts, [*starts[1:], num_frames], strict=True):
        if owner[start] >= 0:
            event = ordered[owner[start]]
            act = athlete.performances[event.motion]
            passed = (np.arange(start, stop) - event.first_frame + 0.5) / (
                event.end_frame - event.first_frame
            )
            rows = act.first + (passed * (act.end - act.first)).astype(int)
            sprites += [act.sprites[row] for row in rows]
            continue
        done = athlete.performances[ordered[owner[start - 1]].motion] if start else None
        coming = athlete.performances[ordered[owner[stop]].motion] if stop < num_frames else None
        sprites += _fill_gap(athlete, int(stop - start), LOOP_FPS / fps, done, coming, rng)
    return sprites


def _fill_gap(
    athlete: _Athlete,
    length: int,
    step: float,
    done: _Performance | None,
    coming: _Performance | None,
    rng: np.random.Generator,
) -> list[_Sprite]:
    """Fill ``length`` frames: stand up after one action, be idle, get ready for the next.

    Parameters
    ----------
    step : loop frames to a frame of the video.
    """
    after = done.sprites[done.end :] if done else ()
    before = coming.sprites[: coming.first] if coming else ()
    num_after = min(int(len(after) / step), length // 2 if coming else length)
    num_before = min(int(len(before) / step), length - num_after)
    num_idle = length - num_after - num_before
    last = len(athlete.idle) - 1
    # To and fro, so that the segment has no jump however long it lasts.
    place = rng.uniform(0, 2 * last) + np.arange(num_idle) * step
    rows = last - np.abs(np.rint(place).astype(int) % (2 * last) - last)
    return [
        *(after[int((i + 0.5) * step)] for i in range(num_after)),
        *(athlete.idle[row] for row in rows),
        *(before[len(before) - 1 - int((i + 0.5) * step)] for i in reversed(range(num_before))),
    ]


def _draw_badge(height: int) -> np.ndarray:
    """The words burnt into every frame, white on black, RGB."""
    scale = 0.36 * max(1.0, height / 200)
    (wide, high), below = cv2.getTextSize("STAND-IN", cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    badge = np.zeros((high + below + 4, wide + 6, 3), np.uint8)
    white = (255, 255, 255)
    cv2.putText(
        badge, "STAND-IN", (3, high + 2), cv2.FONT_HERSHEY_SIMPLEX, scale, white, 1, cv2.LINE_AA
    )
    return badge
