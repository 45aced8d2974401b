"""The benchmark of joined clips measures what it says: its truth lies on the person, its counts are right."""

import zlib

import h5py
import numpy as np
import pytest

from benchmarks.joined.clips import HEIGHT, SPLITS, WIDTH, Clip, Corpus
from benchmarks.joined.kinds import KINDS
from benchmarks.joined.measure import Score, iou_of_pairs, read_boxes, score, total
from benchmarks.joined.timeline import Place, Timeline, place_of
from benchmarks.joined.videos import Truth
from vpdlib.geometry import iou_matrix

NUM_FRAMES = 6


def colour_of(name: str) -> np.ndarray:
    """A bright colour of an athlete's own; places are dark."""
    rng = np.random.default_rng(zlib.crc32(name.split("#")[0].encode()))
    return rng.integers(110, 256, 3).astype(np.uint8)


class DrawnCorpus(Corpus):
    """People are rectangles that walk to the right."""

    def read(self, name: str) -> Clip:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        rgb = np.full((NUM_FRAMES, HEIGHT, WIDTH, 3), rng.integers(20, 60, 3), np.uint8)
        mask = np.zeros(rgb.shape[:3], bool)
        left, top = rng.integers(80, 140), rng.integers(60, 90)
        boxes = np.array([(left + k, top, left + k + 40, top + 120) for k in range(NUM_FRAMES)])
        for k, (x0, y0, x1, y1) in enumerate(boxes):
            rgb[k, y0:y1, x0:x1] = colour_of(name)
            mask[k, y0:y1, x0:x1] = True
        return Clip(name, rgb, mask, boxes.astype(float))


@pytest.fixture
def corpus(tmp_path):
    sources = {
        label: {f"{label}{k}": [f"{label}{k}#{clip}" for clip in range(3)] for k in range(5)}
        for label in ("golf", "throw", "swing_baseball", "pullup")
    }
    return DrawnCorpus(
        tmp_path, {split: sources for split in SPLITS}, {split: ["near#0"] for split in SPLITS}
    )


@pytest.mark.parametrize("kind", KINDS)
def test_truth_lies_on_the_person(corpus, kind):
    line = Timeline(np.random.default_rng(0))
    KINDS[kind](line, corpus, "dev", 0)
    assert len(line.frames) == len(line.truth_px) == len(line.shot) == len(line.nobody)
    assert max(line.shot) + 1 == line.num_shots >= 3
    for rgb, box, shot, nobody in zip(
        line.frames, line.truth_px, line.shot, line.nobody, strict=True
    ):
        assert rgb.shape == (HEIGHT, WIDTH, 3)
        assert (shot >= 0) == np.isfinite(box).all()
        if shot < 0:
            continue
        assert not nobody
        # The person's colour fills the box, and goes no further.
        x0, y0, x1, y1 = np.round(box).astype(int)
        colour = np.median(rgb[y0:y1, x0:x1], axis=(0, 1))
        near = (np.abs(rgb.astype(float) - colour) < 30).all(axis=-1)
        if kind == "two_people":
            near[:, : WIDTH // 2] &= x0 < WIDTH // 2
            near[:, WIDTH // 2 :] &= x0 >= WIDTH // 2
        rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
        found = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        np.testing.assert_allclose(found, box, atol=2.5)


def test_the_same_seed_gives_the_same_pictures(corpus):
    made = []
    for _ in range(2):
        line = Timeline(np.random.default_rng([0, 1]))
        KINDS["bystander"](line, corpus, "dev", 1)
        made.append(np.stack(line.frames))
    np.testing.assert_array_equal(*made)


def test_who_is_beside_the_athlete_changes(corpus):
    line = Timeline(np.random.default_rng(0))
    KINDS["two_people"](line, corpus, "dev", 0)
    shot, frames = np.array(line.shot), np.stack(line.frames)
    own, other = [], []
    for number in range(line.num_shots):
        at = np.flatnonzero(shot == number)[0]
        centre = line.truth_px[at].reshape(2, 2).mean(axis=0).astype(int)
        assert (centre[0] > WIDTH // 2) == number % 2
        own.append(frames[at, centre[1], centre[0]])
        other.append(frames[at, 150, (centre[0] + WIDTH // 2) % WIDTH])
    assert np.ptp(np.stack(own).astype(int), axis=0).max() <= 1
    assert len(np.unique(np.stack(other), axis=0)) == line.num_shots


def test_a_place_maps_boxes_as_points():
    place = Place(scale=0.5, move_px=(10, 20), flipped=True)
    np.testing.assert_allclose(place.box(np.array([20.0, 40, 60, 80])), [140, 40, 160, 60])


def test_a_person_stays_in_the_picture(corpus):
    clip = corpus.read("golf0#0")
    for flipped in (False, True):
        box = place_of(clip, 0.0, 0.8, flipped).box(clip.box_px, width=10 * WIDTH)
        assert 0 <= box[:, 0].min() < 5
        assert box[:, 2].max() < WIDTH


def test_score_counts():
    nan = [np.nan] * 4
    person, elsewhere = [0, 0, 10, 10], [50, 50, 60, 60]
    truth = Truth(
        truth_px=np.array([person, person, person, person, nan, nan, nan], float),
        shot=np.array([0, 0, 1, 1, -1, -1, -1]),
        nobody=np.array([False, False, False, False, True, True, False]),
    )
    boxes = np.array([person, nan, elsewhere, nan, elsewhere, nan, elsewhere], float)
    counts = {"videos": 1, "labelled": 4, "followed": 2, "right": 1, "attempts": 2, "found": 1}
    counts |= {"nobody": 2, "false": 1, "iou_sum": 1.0}
    assert score(boxes, truth) == Score(**counts)
    doubled = {name: 2 * value for name, value in counts.items()}
    assert total([Score(**counts)] * 2) == Score(**doubled)


def test_iou_of_pairs_is_the_diagonal_of_the_matrix():
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 50, (2, 20, 2))
    a, b = np.concatenate([low, low + rng.uniform(5, 60, (2, 20, 2))], axis=-1)
    np.testing.assert_allclose(iou_of_pairs(a, b), np.diag(iou_matrix(a, b)))


def test_boxes_go_to_the_pictures_of_their_times(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        group = file.create_group("videos/one")
        group["time_s"] = np.array([1, 2]) / 30
        group["box_px"] = np.ones((2, 4), np.float32)
    boxes = read_boxes([tmp_path / "a.h5"], {"one": 4})["one"]
    assert np.isfinite(boxes).all(axis=1).tolist() == [False, True, True, False]
    with pytest.raises(ValueError, match="times that are not"):
        read_boxes([tmp_path / "a.h5"], {"one": 2})
    with pytest.raises(ValueError, match="no tracks of"):
        read_boxes([tmp_path / "a.h5"], {"one": 4, "two": 4})
