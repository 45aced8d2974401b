"""The kinds of joined videos. Each function makes one video; the same seed gives the same pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from benchmarks.joined.clips import FPS, HEIGHT, WIDTH, Clip, Corpus
from benchmarks.joined.timeline import Place, Timeline, place_of, placed

Maker = Callable[[Timeline, Corpus, str, int], None]
#: Athletes of kinds in which several people take turns.
_IN_TURN = ("golf", "throw", "swing_baseball")


def attempts_flat(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three attempts of one athlete, flat pictures between."""
    for k, clip in enumerate(_attempts(line, corpus, split, number, 3)):
        if k:
            line.add_flat(_pause(line))
        line.add_clip(clip)


def attempts_place(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three attempts of one athlete, the empty place between."""
    clips = _attempts(line, corpus, split, number, 3)
    for clip, following in zip(clips, [*clips[1:], None], strict=True):
        line.add_clip(clip)
        if following is not None:
            line.add_still(clip.plate, _pause(line))


def elsewhere(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """One athlete, at once elsewhere in the picture: to the left, to the right, smaller or larger."""
    for clip, place in _moved(line, corpus, split, number, 4):
        line.add_clip(clip, place)


def elsewhere_later(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """One athlete, who leaves the picture (the camera turns away) and is elsewhere when it turns back."""
    parts = _moved(line, corpus, split, number, 3)
    for k, (clip, place) in enumerate(parts):
        out = _turned_away(clip, place, to_right=bool(line.rng.integers(2)))
        if k:
            line.add_unjudged(reversed(out))
        line.add_clip(clip, place)
        if k + 1 < len(parts):
            line.add_unjudged(out)
            (empty,) = place.pictures([clip.plate], clip.plate)
            line.add_still(empty, _pause(line))


def hard_cuts(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Five athletes in as many places, cut hard: in the middle, as a broadcast has them, or left and right in turn."""
    for k, clip in enumerate(_people(line, corpus, split, number, 5)):
        scale = line.rng.choice([0.6, 0.8, 1.0, 1.2])
        centre_x = (0.25, 0.75)[k % 2] if number % 2 else line.rng.uniform(0.35, 0.65)
        line.add_clip(clip, place_of(clip, centre_x, scale, bool(line.rng.integers(2))))


def in_turn(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three athletes one after another, an empty segment between."""
    for k, clip in enumerate(_people(line, corpus, split, number, 3)):
        if k and number % 2:
            line.add_still(clip.plate, _pause(line))
        elif k:
            line.add_flat(_pause(line))
        line.add_clip(clip)


def cut_away(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three shots of one athlete; between, cut to another place in which nobody is."""
    for k, clip in enumerate(_shots(line, corpus, split, number)):
        if k:
            (place,) = _strangers(line, corpus, split, number, 1)
            line.add_still(place.plate, _pause(line))
        line.add_shot(*clip)


def bystander(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three shots of one athlete; between, cut to another place with a small person in it."""
    for k, clip in enumerate(_shots(line, corpus, split, number)):
        if k:
            person, behind = _strangers(line, corpus, split, number, 2)
            line.add_others(_small(person, behind.plate, line.rng.uniform(0.25, 0.75)))
        line.add_shot(*clip)


def close_up(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """Three shots of one athlete; between, cut to the close-up of somebody else."""
    for k, clip in enumerate(_shots(line, corpus, split, number)):
        if k:
            names = corpus.close_ups[split]
            line.add_others(corpus.read(names[line.rng.integers(len(names))]).rgb)
        line.add_shot(*clip)


def two_people(line: Timeline, corpus: Corpus, split: str, number: int) -> None:
    """The athlete beside somebody else of about the same size; the other changes and the sides swap with every shot.

    Only that the athlete is in all shots says which of the two is meant.
    """
    names = _athlete(corpus, split, number % 4, "golf", "pullup")
    others = [clips for clips in corpus.each(split, "golf", "pullup") if clips != names]
    order = line.rng.permutation(len(others))[:4]
    for k, place in enumerate(order):
        if k and number // 2 % 2:
            line.add_flat(2 * FPS)
        clip = corpus.read(names[k % len(names)])
        other = corpus.read(others[place][0])
        count = min(len(clip), len(other))
        height = line.rng.uniform(150, 175)
        own, boxes = _half(clip, height)
        besides, _ = _half(other, height * line.rng.uniform(0.85, 1.1))
        is_right = k % 2 == 1
        frames = [
            np.concatenate([b, a] if is_right else [a, b], axis=1)
            for a, b in zip(own[:count], besides[:count], strict=True)
        ]
        line.add_shot(frames, boxes[:count] + np.array([1, 0, 1, 0]) * is_right * WIDTH // 2)


KINDS: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (
        *(attempts_flat, attempts_place, elsewhere, elsewhere_later, hard_cuts, in_turn),
        *(cut_away, bystander, close_up, two_people),
    )
}


def _pause(line: Timeline) -> int:
    """Frames of an empty segment: two to five seconds."""
    return int(line.rng.integers(2 * FPS, 5 * FPS + 1))


def _athlete(corpus: Corpus, split: str, number: int, *classes: str) -> list[str]:
    """Clips of the number-th athlete, of some classes or of all, who has several."""
    athletes = (
        [clips for clips in corpus.each(split, *classes) if len(clips) > 1]
        if classes
        else corpus.several(split)
    )
    return athletes[number % len(athletes)]


def _attempts(line: Timeline, corpus: Corpus, split: str, number: int, count: int) -> list[Clip]:
    """Clips of one athlete in their order, again from the first where there are too few."""
    names = _athlete(corpus, split, number)
    chosen = sorted(line.rng.permutation(len(names))[:count])
    return [corpus.read(names[chosen[k % len(chosen)]]) for k in range(count)]


def _people(line: Timeline, corpus: Corpus, split: str, number: int, count: int) -> list[Clip]:
    """Clips of different athletes."""
    athletes = corpus.each(split, *_IN_TURN)
    chosen = [athletes[place] for place in line.rng.permutation(len(athletes))[:count]]
    return [corpus.read(names[line.rng.integers(len(names))]) for names in chosen]


def _strangers(line: Timeline, corpus: Corpus, split: str, number: int, count: int) -> list[Clip]:
    """Clips of different golfers who are not the number-th athlete."""
    own = _athlete(corpus, split, number)
    others = [names for names in corpus.each(split, "golf") if names != own]
    return [corpus.read(others[place][0]) for place in line.rng.permutation(len(others))[:count]]


def _moved(
    line: Timeline, corpus: Corpus, split: str, number: int, count: int
) -> list[tuple[Clip, Place]]:
    """Attempts of one athlete on alternating sides of the picture."""
    side = int(line.rng.integers(2))
    parts = []
    for k, clip in enumerate(_attempts(line, corpus, split, number, count)):
        centre_x = (0.27, 0.73)[(side + k) % 2]
        scale = line.rng.choice([0.7, 0.85])
        parts.append((clip, place_of(clip, centre_x, scale, flipped=(k // 2) % 2 == 1)))
    return parts


def _turned_away(clip: Clip, place: Place, to_right: bool) -> list[np.ndarray]:
    """The clip's last pictures, backwards, while the camera turns until the person is out of the picture."""
    frames, boxes = clip.rgb[::-1], place.box(clip.box_px)[::-1]
    step = 14 if to_right else -14
    pictures = []
    for k in range(1, 2 * WIDTH // 14):
        left, right = boxes[k % len(boxes), [0, 2]] + k * step
        if left > WIDTH or right < 0:
            break
        x, y = place.move_px
        moved = Place(place.scale, (x + k * step, y), place.flipped)
        pictures += moved.pictures([frames[k % len(frames)]], clip.plate)
    return pictures


def _shots(
    line: Timeline, corpus: Corpus, split: str, number: int
) -> list[tuple[list[np.ndarray], np.ndarray]]:
    """Three shots of one athlete: as it is, from the other side and further away, nearer."""
    clips = _attempts(line, corpus, split, number, 3)
    places = [
        Place(),
        place_of(clips[1], line.rng.uniform(0.3, 0.7), 0.75, True),
        place_of(clips[2], line.rng.uniform(0.4, 0.6), 1.2, False),
    ]
    return [placed(clip, place) for clip, place in zip(clips, places, strict=True)]


def _small(
    person: Clip, plate: np.ndarray, centre_x: float, height: float = 62
) -> list[np.ndarray]:
    """A person, small, cut out and set into another place."""
    tall = float(np.median(person.box_px[:, 3] - person.box_px[:, 1]))
    place = place_of(person, centre_x, height / tall, False)
    matrix = place.matrix
    matrix[1, 2] += 0.7 * HEIGHT - (place.scale * np.median(person.box_px[:, 3]) + matrix[1, 2])
    pictures = []
    for rgb, mask in zip(person.rgb, person.mask, strict=True):
        grown = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5)))
        fraction = cv2.warpAffine(grown.astype(np.float32), matrix, (WIDTH, HEIGHT))
        fraction = cv2.GaussianBlur(fraction, (0, 0), 0.7)[..., None]
        front = cv2.warpAffine(rgb, matrix, (WIDTH, HEIGHT))
        pictures.append((fraction * front + (1 - fraction) * plate).astype(np.uint8))
    return pictures


def _half(clip: Clip, height: float) -> tuple[Sequence[np.ndarray], np.ndarray]:
    """A clip's person, ``height`` px tall where that fits, in a picture of half the width; and the boxes there."""
    width = WIDTH // 2
    left, right = clip.box_px[:, 0].min(), clip.box_px[:, 2].max()
    top, bottom = clip.box_px[:, 1].min(), clip.box_px[:, 3].max()
    tall = float(np.median(clip.box_px[:, 3] - clip.box_px[:, 1]))
    scale = min(height / tall, (width - 6) / (right - left), (HEIGHT - 12) / (bottom - top))
    # Feet near the lower edge; a person whom the clip itself cuts stays cut there.
    foot = HEIGHT if bottom >= HEIGHT - 2 else HEIGHT - 12
    place = Place(scale, (width / 2 - scale * (left + right) / 2, foot - scale * bottom))
    return place.pictures(clip.rgb, clip.plate, width), place.box(clip.box_px, width)
