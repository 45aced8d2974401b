"""From key poses to motion: interpolation, ground contact and ballistic flight.

A :class:`Timeline` collects key states at increasing times. :meth:`Timeline.sample` turns them into a
:class:`Motion`: joint angles, pelvis orientation and pelvis place at a constant rate. Angles are
radians, lengths metres, the world has y up, the floor at y = 0. Heading 0 faces +z; the heading
(sin h, cos h) in (x, z) is the way the athlete travels. Orientation is ``Ry(yaw) Rz(roll) Rx(pitch)``: pitch turns
forward over the head, roll (negative) sideways over the left hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vpdlib.demo.body import (
    NUM_ANGLES,
    SEGMENT_INDEX,
    Figure,
    Proportions,
    make_pose,
    pose_figure,
    rotation,
)

_YAW, _PITCH, _ROLL, _X, _Z = range(NUM_ANGLES, NUM_ANGLES + 5)
_GRAVITY = 9.81


@dataclass(frozen=True)
class Motion:
    """A person's motion at a constant rate.

    Attributes
    ----------
    rate : samples per second.
    figure : the posed skeletons (S samples).
    yaw : (S,) where the pelvis faces, radians, 0 is +z.
    actions : (start_s, end_s, label) of the labelled actions, in order.
    """

    rate: float
    figure: Figure
    yaw: np.ndarray
    actions: tuple[tuple[float, float, str], ...]

    @property
    def pelvis(self) -> np.ndarray:
        """(S, 3) world."""
        return self.figure.origins[:, SEGMENT_INDEX["pelvis"]]


def interpolate_keys(times: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Monotone cubic interpolation (Fritsch and Carlson, 1980, with Butland's harmonic-mean slopes).

    It passes smoothly through keys and never overshoots them: a held pose stays held.

    Parameters
    ----------
    times : (K,) strictly increasing, K >= 2.
    values : (K, C).
    at : (S,) times to evaluate, clamped to the range of ``times``.

    Returns
    -------
    (S, C) values.

    Raises
    ------
    ValueError
        If there are fewer than two keys, or times do not increase.
    """
    if len(times) < 2:
        raise ValueError(f"interpolation needs at least 2 keys, got {len(times)}")
    step = np.diff(times)
    if (step <= 0).any():
        where = int(np.flatnonzero(step <= 0)[0])
        raise ValueError(f"key {where + 1} at {times[where + 1]} s is not later than key {where}")
    secant = np.diff(values, axis=0) / step[:, None]
    slope = np.zeros_like(values)
    before, after = secant[:-1], secant[1:]
    weight_before = (step[1:] * 2 + step[:-1])[:, None]
    weight_after = (step[1:] + 2 * step[:-1])[:, None]
    same = before * after > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (weight_before + weight_after) / (weight_before / before + weight_after / after)
    slope[1:-1] = np.where(same, mean, 0.0)
    at = np.clip(at, times[0], times[-1])
    k = np.clip(np.searchsorted(times, at, side="right") - 1, 0, len(times) - 2)
    t = ((at - times[k]) / step[k])[:, None]
    h = step[k][:, None]
    return (
        values[k] * ((1 + 2 * t) * (1 - t) ** 2)
        + slope[k] * (h * t * (1 - t) ** 2)
        + values[k + 1] * (t**2 * (3 - 2 * t))
        + slope[k + 1] * (h * t**2 * (t - 1))
    )


@dataclass
class Timeline:
    """Key states of one person, appended one after the other.

    Attributes
    ----------
    heading : radians, the way ``to`` travels; set it freely.
    time : seconds, of the latest key.
    """

    heading: float = 0.0
    x: float = 0.0
    z: float = 0.0
    time: float = 0.0
    times: list[float] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    flights: list[tuple[float, float]] = field(default_factory=list)
    actions: list[tuple[float, float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        row = np.zeros(NUM_ANGLES + 5)
        row[:NUM_ANGLES] = make_pose(sh_abd=8, elbow=12, knee=3)
        row[[_YAW, _X, _Z]] = self.heading, self.x, self.z
        self.times.append(self.time)
        self.rows.append(row)

    @property
    def pose(self) -> np.ndarray:
        """(NUM_ANGLES,) the latest key pose."""
        return self.rows[-1][:NUM_ANGLES].copy()

    @property
    def yaw(self) -> float:
        """Radians, of the latest key."""
        return float(self.rows[-1][_YAW])

    def to(
        self,
        seconds: float,
        pose: np.ndarray | None = None,
        forward: float = 0.0,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
    ) -> None:
        """Append a key ``seconds`` after the latest one.

        Parameters
        ----------
        seconds : > 0.
        pose : (NUM_ANGLES,); the latest pose is held where it is not given.
        forward : metres travelled along ``heading``.
        yaw, pitch, roll : radians to add.
        """
        row = self.rows[-1].copy()
        if pose is not None:
            row[:NUM_ANGLES] = pose
        row[_YAW] += yaw
        row[_PITCH] += pitch
        row[_ROLL] += roll
        row[_X] += forward * np.sin(self.heading)
        row[_Z] += forward * np.cos(self.heading)
        self.x, self.z = float(row[_X]), float(row[_Z])
        self.time += seconds
        self.times.append(self.time)
        self.rows.append(row)

    def sample(self, body: Proportions, rate: float, num_samples: int) -> Motion:
        """Evaluate the motion at ``rate``; sample s is at s / rate seconds.

        On the ground the pelvis is as high as puts the lowest of feet and hands on the floor. In a
        flight the centre of mass moves on a parabola between its places at take-off and landing.
        """
        at = np.arange(num_samples) / rate
        keys = np.array(self.times)
        # Flight ends are evaluated too: the parabola must join there exactly.
        ends = np.array([t for flight in self.flights for t in flight])
        rows = interpolate_keys(keys, np.array(self.rows), np.concatenate([at, ends]))
        orientation = (
            rotation("y", rows[:, _YAW])
            @ rotation("z", rows[:, _ROLL])
            @ rotation("x", rows[:, _PITCH])
        )
        root = np.stack([rows[:, _X], np.zeros(len(rows)), rows[:, _Z]], axis=1)
        angles = rows[:, :NUM_ANGLES]
        figure = pose_figure(body, angles, orientation, root)
        height = -figure.contacts[..., 1].min(axis=1)
        root[:, 1] = height
        root[:num_samples, 1] = _smooth(height[:num_samples], 0.012 * rate)
        centre = figure.centre_of_mass - figure.origins[:, 0]
        for f, (start, end) in enumerate(self.flights):
            first, last = num_samples + 2 * f, num_samples + 2 * f + 1
            inside = np.flatnonzero((at >= start) & (at <= end))
            t = ((at[inside] - start) / (end - start))[:, None]
            path = (1 - t) * (root[first] + centre[first]) + t * (root[last] + centre[last])
            path[:, 1] += 0.5 * _GRAVITY * (end - start) ** 2 * (t * (1 - t))[:, 0]
            root[inside] = path - centre[inside]
        return Motion(
            rate=rate,
            figure=pose_figure(
                body, angles[:num_samples], orientation[:num_samples], root[:num_samples]
            ),
            yaw=rows[:num_samples, _YAW],
            actions=tuple(self.actions),
        )


def _smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    reach = max(1, int(np.ceil(3 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
