"""``.pose`` files of the package pose-format, as sign language research keeps poses.

Little-endian: a version, width, height and depth of the space, components (a name, the format of a point such as XYZC,
names of points, bones, colours), frames a second, numbers of frames and people, then places of all and confidences of
all, 32-bit floats. Versions 0.1 and 0.2 are read; 0.1 states the number of frames in 16 bits, which is why it is told
by the bytes. Places are pixels of the space. Row n is frame n; a point with confidence 0 is missing.

Taken is the component of the body, which has shoulders; where the same body is there in metres too
(``POSE_WORLD_LANDMARKS``), the first. Hands and face are left out.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vpdlib.datasets.base import DatasetError
from vpdlib.interchange.formats import PoseFormat, ToolKeypoints
from vpdlib.interchange.pose_formats.people import MAX_BYTES, drop_missing

_HEAD = struct.Struct("<fHHHH")
_SAVE = "Save it again with the package pose-format."
_MAX_COMPONENTS = 64
#: Tenths.
_KNOWN = (1, 2)
_HEAD_BYTES = 1 << 16
_WORLD = "WORLD"


@dataclass(frozen=True)
class _Component:
    name: str
    format: str
    points: tuple[str, ...]


class _Reader:
    """Bytes read one after the other; none beyond the end."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path, self.data, self.place = path, data, 0

    def take(self, form: str) -> tuple[int | float, ...]:
        size = struct.calcsize(form)
        if self.place + size > len(self.data):
            raise DatasetError(f"{self.path}: ends in its head. {_SAVE}")
        self.place += size
        return struct.unpack_from(form, self.data, self.place - size)

    def whole(self) -> int:
        return int(self.take("<H")[0])

    def text(self) -> str:
        size = self.whole()
        found = self.take(f"<{size}s")[0] if size else b""
        try:
            return bytes(found).decode("utf-8")  # type: ignore[arg-type]
        except UnicodeDecodeError as error:
            raise DatasetError(f"{self.path}: a name is no UTF-8 ({error}). {_SAVE}") from error


def _recognises(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
    if len(data) < _HEAD.size or not 0 < _HEAD.unpack_from(data)[4] <= _MAX_COMPONENTS:
        return False
    version = _HEAD.unpack_from(data)[0]
    if not (math.isfinite(version) and 0 <= version < 10 and abs(version * 10 % 1 - 0.5) > 0.499):
        return False
    reader = _Reader(path, data)
    reader.take(_HEAD.format)
    try:
        name, form = reader.text(), reader.text()
    except DatasetError:
        return False
    return name.isprintable() and bool(name) and form[:2] == "XY" and form[-1:] == "C"


def _read(path: Path) -> list[ToolKeypoints]:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise DatasetError(f"{path}: {size} bytes, more than a file of keypoints can have.")
    reader = _Reader(path, path.read_bytes())
    version, width, height, _, count = reader.take(_HEAD.format)
    tenths = round(float(version) * 10)
    if tenths not in _KNOWN:
        raise DatasetError(f"{path}: version {version:g}, read are 0.1 and 0.2. {_SAVE}")
    components = [_component(reader) for _ in range(int(count))]
    fps, frames, people = reader.take("<HHH" if tenths == 1 else "<fIH")
    num_points = sum(len(one.points) for one in components)
    dims = max((len(one.format) for one in components), default=1) - 1
    body = _body(path, components)
    left = len(reader.data) - reader.place
    per_frame = int(people) * num_points * (dims + 1) * 4
    if tenths == 1 and per_frame:
        frames = left // per_frame
    if left != int(frames) * per_frame or not left:
        raise DatasetError(
            f"{path}: {frames} frames of {people} people and {num_points} points are {int(frames) * per_frame} bytes, "
            f"the file has {left}: empty or cut. {_SAVE}"
        )
    shape = (int(frames), int(people), num_points)
    numbers = np.frombuffer(reader.data, "<f4", left // 4, reader.place)
    places = numbers[: math.prod(shape) * dims].reshape(*shape, dims)
    scores = numbers[math.prod(shape) * dims :].reshape(shape)
    begin = sum(len(one.points) for one in components[:body])
    taken = slice(begin, begin + len(components[body].points))
    values = np.concatenate([places[:, :, taken, :2], scores[:, :, taken, None]], axis=3)
    values = values.astype(np.float32)
    drop_missing(values)
    facts = {"fps": float(fps), "width": float(width), "height": float(height)}
    others = [one.name for n, one in enumerate(components) if n != body]
    return [
        ToolKeypoints(
            where=str(path),
            video=path.stem,
            values=values,
            joints=components[body].points,
            is_tracked=False,
            is_whole=True,
            facts={name: value for name, value in facts.items() if 0 < value < math.inf},
            remarks=(f"components that are not taken: {', '.join(others)}",) if others else (),
        )
    ]


def _component(reader: _Reader) -> _Component:
    name, form = reader.text(), reader.text()
    points, bones, colours = (int(number) for number in reader.take("<HHH"))
    if form[:2] != "XY" or form[-1:] != "C":
        raise DatasetError(
            f"{reader.path}: points of {name!r} are {form!r:.20}, expected XYC or XYZC."
        )
    names = tuple(reader.text() for _ in range(points))
    reader.take(f"<{2 * bones}H")
    reader.take(f"<{3 * colours}H")
    return _Component(name, form, names)


def _body(path: Path, components: list[_Component]) -> int:
    """Place of the component that is the body in pixels."""
    for place, one in enumerate(components):
        if _WORLD not in one.name.upper() and any("shoulder" in p.lower() for p in one.points):
            return place
    raise DatasetError(
        f"{path}: none of its components ({', '.join(one.name for one in components)}) has a shoulder: no bodies. Keep "
        "the body when it is made."
    )


POSE_FORMAT = PoseFormat("pose_format", "a .pose file of pose-format", _recognises, _read)
