"""Clips of JHMDB with the annotated person, and who in them is one athlete.

Frames are (T, 240, 320, 3) RGB uint8 at 30 a second, masks (T, 240, 320) bool, boxes (T, 4) float64 xyxy px,
end-exclusive. The folder is laid out as docs/jhmdb.md says, and holds the person masks besides: ``masks.bin.xz``, rows
of 9600 packed bits, and ``masks_index.json``, under ``index`` ``<class>/<name>`` to first row and number of rows.
"""

from __future__ import annotations

import csv
import functools
import json
import lzma
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vpdlib.video.reader import read_frames

WIDTH, HEIGHT, FPS = 320, 240, 30
#: Clips shorter than this are left out: a second is little enough for an attempt.
MIN_FRAMES = 30

#: Source videos whose clips show one athlete, looked through by hand; sources that show somebody of another source
#: again, several people in turn, or people who fill the picture, are left out.
ATHLETES: dict[str, tuple[str, ...]] = {
    "golf": (
        *("Golf_Swing_6Iron", "golf", "Rate_my_golf_swing__driver_and_9_iron", "Golfswing"),
        *("Sergio_Garcia", "Cobra_Golf_-_Camilo_Villegas", "Anna_Rawson_Driver_Practice"),
        *("Ariya_Swing", "Casie_Cathrea", "Davis_Love_III__Beautiful_swing", "Eric_Axley"),
        *("Ernie_Els_swing_close_up", "Finding_the_fairway_under_pressure"),
        *("Golf_Tips_-_Hit_The_Driver_300+_Yards", "Huge_Drive_Please_Rate_It"),
        *("Iain_Powell_Driving_at_Ingon_Manor_GC", "Jeff_Ritter_-_More_Distance"),
        *("Kevin_Na_s_Swing", "Mike_Weir", "Miyazato_Ai", "Morgan_Pressel", "Paula_Creamer"),
        *("Steve_Elkington_1995_PGA", "Tiger_Woods_Super_Drive", "rory_hie_high_school__now_USC"),
    ),
    "throw": (
        *("Compilationknifethrowing", "KnifeThrowing", "ScottKazmir", "amazingballthrowingtricks"),
        *("Prelinger_ActYourA1949", "prelinger_they_grow_up_so_fast_1", "Shadow_of_a_Doubt"),
    ),
    "swing_baseball": (
        *("BaseballSwingAnalysis", "hittingofftee2", "practicingmybaseballswing2009"),
        *("Tannerafterwecorrected", "HittingadoubleBXbaseball", "HowtoswingaBaseballbat"),
    ),
    "shoot_bow": ("6arrowswithin30seconds", "MegaPrecisionArchery"),
    "pullup": (
        *("100_pullups", "10_Pull_Ups", "12_Pull-ups_by_female_athlete", "20_good_form_pullups"),
        *("22_Pull-ups_with_Speed_and_Perfect_Form", "30_dead-hang_pull-ups"),
        *("32_Pull-ups_at_193IBS", "35_pull_ups", "Girl_does_12_pull-ups"),
        *("Perfect_Pull_Up_-_How_To_Do_Pull_Ups", "Random_Pull_Up_Exercises"),
        *("Super_Training_Pull_Ups", "girl_pull_ups_fitness_exercise_pullups"),
    ),
    "shoot_ball": ("Clay_sBasketballSkillz", "PlayingBasketballGotWater"),
}
#: People near the camera who do no sport: what a broadcast cuts away to.
CLOSE_UPS = "brush_hair"
SPLITS = ("dev", "held-out")


@dataclass(frozen=True)
class Clip:
    """One clip with its person; see the module's text for shapes and units."""

    name: str
    rgb: np.ndarray
    mask: np.ndarray
    box_px: np.ndarray

    def __len__(self) -> int:
        return len(self.rgb)

    @functools.cached_property
    def plate(self) -> np.ndarray:
        """The clip's place without its person (240, 320, 3): medians where it is seen, filled in elsewhere.

        Under a moving camera it is blurred, as an empty place is while a camera looks for somebody.
        """
        some = np.linspace(0, len(self) - 1, 12).astype(int)
        # Puppet masks are coarse: hair, shoes and what is held stick out of them.
        person = np.stack([cv2.dilate(_to_lower_edge(self.mask[k]), _disc(19)) for k in some]) > 0
        hidden = person.all(axis=0)
        # Masked pixels sort last, so that the median of the others lies in the middle of their number.
        ordered = np.sort(np.where(person[..., None], 256, self.rgb[some].astype(np.int16)), axis=0)
        place = np.maximum((~person).sum(axis=0) - 1, 0) // 2
        middle = np.take_along_axis(ordered, place[None, ..., None], axis=0)[0]
        holes = np.asarray(hidden, dtype=np.uint8)
        middle = np.where(holes[..., None] > 0, 0, middle).astype(np.uint8)
        filled = cv2.inpaint(middle, holes, 5, cv2.INPAINT_TELEA)
        # Filling in draws streaks, which detectors take for limbs; smooth ones they do not.
        soft = cv2.GaussianBlur(filled, (0, 0), 9)
        fraction = cv2.GaussianBlur(holes.astype(np.float32), (0, 0), 3)[..., None]
        return (fraction * soft + (1 - fraction) * filled).astype(np.uint8)


@dataclass(frozen=True)
class Corpus:
    """The clips' names by source video, dealt to the two splits.

    Attributes
    ----------
    folder : JHMDB's.
    athletes : split to class to source to names ``<class>/<name>``; a source is in one split.
    close_ups : split to names of clips of people near the camera.
    """

    folder: Path
    athletes: dict[str, dict[str, dict[str, list[str]]]]
    close_ups: dict[str, list[str]]

    def several(self, split: str) -> list[list[str]]:
        """Clips of every athlete of a split who has at least two, the classes mixed."""
        by_class = [list(sources.values()) for sources in self.athletes[split].values()]
        return [clips for clips in _in_turn(by_class) if len(clips) > 1]

    def each(self, split: str, *classes: str) -> list[list[str]]:
        """Clips of every athlete of some classes, the classes mixed."""
        return _in_turn([list(self.athletes[split][name].values()) for name in classes])

    def read(self, name: str) -> Clip:
        """Decode a clip."""
        return _read(self.folder, name)


def read_corpus(folder: Path) -> Corpus:
    """List the clips of a JHMDB folder.

    Raises
    ------
    ValueError
        If an athlete's source video has no clip there.
    """
    clips: dict[tuple[str, str], list[str]] = defaultdict(list)
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if int(row["frames"]) >= MIN_FRAMES:
                name = str(Path(row["clip"]).relative_to("clips").with_suffix(""))
                clips[row["class"], row["subject"]].append(name)
    athletes: dict[str, dict[str, dict[str, list[str]]]] = {split: {} for split in SPLITS}
    for label, sources in ATHLETES.items():
        missing = [source for source in sources if (label, source) not in clips]
        if missing:
            raise ValueError(f"{folder}: no clip of {label} from the source videos {missing}")
        # Those with most clips first, so that both splits have athletes with several.
        ranked = sorted(sources, key=lambda source: (-len(clips[label, source]), source))
        for rank, source in enumerate(ranked):
            of_split = athletes[SPLITS[rank % 2]].setdefault(label, {})
            of_split[source] = sorted(clips[label, source])
    near = sorted(source for label, source in clips if label == CLOSE_UPS)
    close_ups = {
        split: [clips[CLOSE_UPS, source][0] for source in near[place::2]]
        for place, split in enumerate(SPLITS)
    }
    return Corpus(folder, athletes, close_ups)


@functools.lru_cache(maxsize=24)
def _read(folder: Path, name: str) -> Clip:
    frames = read_frames(next((folder / "clips").glob(f"{name}.*")))
    rgb = np.stack([frame.rgb for frame in frames])
    first, count = _mask_index(folder)[name]
    mask = np.unpackbits(_mask_rows(folder)[first : first + count], axis=1)
    box_px = _boxes(folder)[name].astype(np.float64)
    if not len(rgb) == count == len(box_px) or rgb.shape[1:] != (HEIGHT, WIDTH, 3):
        raise ValueError(
            f"{folder}: {name} has frames {rgb.shape}, {count} masks, {len(box_px)} boxes"
        )
    return Clip(name, rgb, mask.reshape(-1, HEIGHT, WIDTH) > 0, box_px)


@functools.cache
def _mask_rows(folder: Path) -> np.ndarray:
    with lzma.open(folder / "masks.bin.xz") as stream:
        return np.frombuffer(stream.read(), np.uint8).reshape(-1, HEIGHT * WIDTH // 8)


@functools.cache
def _mask_index(folder: Path) -> dict[str, tuple[int, int]]:
    index = json.loads((folder / "masks_index.json").read_text(encoding="utf-8"))["index"]
    return {name: (first, count) for name, (first, count) in index.items()}


@functools.cache
def _boxes(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "boxes.npz") as file:
        return dict(file.items())


def _to_lower_edge(mask: np.ndarray) -> np.ndarray:
    """A person's mask; of one whom the lower edge cuts, down to that edge, which masks stop short of."""
    grown = mask.astype(np.uint8)
    low = HEIGHT - 25
    if mask[low:].any():
        grown[low:] |= mask[low:].any(axis=0)
    return grown


def _disc(size: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))


def _in_turn(lists: list[list[list[str]]]) -> list[list[str]]:
    """The first of every list, then the second of every list, and so on."""
    longest = max(map(len, lists))
    return [items[place] for place in range(longest) for items in lists if place < len(items)]
