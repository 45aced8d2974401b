"""Association: hand-made crossings and gaps, and MOT sequences scored by motmetrics."""

import os
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from scenes import box_at, lost_between, runner, scene, spectator

from vpdlib.geometry import iou_matrix
from vpdlib.tracking.associate import allowed_distance, associate, link_forward
from vpdlib.tracking.people import PeopleDetections
from vpdlib.tracking.settings import TrackingSettings

SETTINGS = TrackingSettings()


def test_two_who_cross_keep_their_identities():
    def other(t):
        return box_at(520 - 100 * t, 190, 55, 125), 0.7, False

    tracks = associate(scene([runner, other]), SETTINGS)
    assert [len(track) for track in tracks] == [50, 50]
    for track in tracks:
        steps = np.diff([box[0] for box in track.box_px])
        assert (np.abs(steps) < 12).all()
        assert len(set(np.sign(steps))) == 1


def test_a_fast_athlete_whose_boxes_do_not_overlap():
    def fast(t):
        return box_at(50 + 280 * t, 180, 25, 120), 0.8, False

    people = scene([fast], num_frames=50, stride=5)
    assert iou_matrix(people.box_px[3], people.box_px[4])[0, 0] == 0
    assert [len(track) for track in associate(people, SETTINGS)] == [10]


def test_a_tuck_changes_the_shape_but_not_the_track():
    def tucking(t):
        height = 60 if 1.5 < t < 2.2 else 130
        return box_at(120 + 100 * t, 180, 60, height), 0.8, False

    assert len(associate(scene([tucking, spectator]), SETTINGS)) == 2


def test_gaps_are_stitched_up_to_the_limit():
    people = scene([lost_between(runner, 1.0, 1.9), spectator])
    assert len(link_forward(people, SETTINGS)) == 3
    assert sorted(len(track) for track in associate(people, SETTINGS)) == [39, 50]
    people = scene([lost_between(runner, 1.0, 2.2), spectator])
    assert len(associate(people, SETTINGS)) == 3


def test_someone_elsewhere_is_not_stitched():
    def jumper(t):
        return box_at(100 if t < 2 else 400, 180), 0.8, False

    people = scene([lost_between(jumper, 1.8, 2.5)])
    assert len(associate(people, SETTINGS)) == 2


def test_weak_detections_continue_but_do_not_start():
    def fading(t):
        return box_at(300, 180), 0.2 if t > 1 else 0.8, False

    def shadow(t):
        return box_at(500, 180), 0.2, False

    def noise(t):
        return box_at(100, 180), 0.1, False

    assert [len(track) for track in associate(scene([fading, shadow, noise]), SETTINGS)] == [50]


def test_few_sampled_frames_still_make_tracks():
    people = scene([runner], num_frames=100, stride=15)
    assert [len(track) for track in associate(people, SETTINGS)] == [7]


def test_nobody():
    assert associate(scene([]), SETTINGS) == []


def test_detections_are_checked():
    people = scene([runner], num_frames=10)
    parts = {name: getattr(people, name) for name in people.__dataclass_fields__}
    for change, message in (
        ({"score": people.score[:-1]}, "4 of scores"),
        ({"frames": people.frames[::-1]}, "must increase"),
        ({"num_frames": 11}, "10 times for 11 frames"),
        ({"box_px": [people.box_px[0] * np.nan, *people.box_px[1:]]}, "not finite"),
        ({"keypoints_px": [np.zeros((1, 13, 3)), *people.keypoints_px[1:]]}, "frame 0 has keyp"),
    ):
        with pytest.raises(ValueError, match=message):
            PeopleDetections(**(parts | change))


def test_a_second_box_of_a_person_starts_no_track():
    def arms(t):
        box, _, _ = runner(t)
        return (box + np.array([0, 0, 60, 0]), 0.5, False) if 1 < t < 2 else None

    (track,) = associate(scene([runner, arms]), SETTINGS)
    assert len(track) == 50


def test_the_allowed_distance_grows_with_time_to_a_limit():
    allowed = allowed_distance(np.array([0.0, 0.3, 5.0]), SETTINGS)
    np.testing.assert_allclose(allowed, [0.6, 0.9, 1.2])


def test_settings_are_checked():
    with pytest.raises(ValidationError, match="must not exceed high_score"):
        TrackingSettings(low_score=0.5, high_score=0.3)
    with pytest.raises(ValidationError, match="Extra inputs"):
        TrackingSettings(iou=0.5)
    assert all(field.description for field in TrackingSettings.model_fields.values())


def load_mot(folder, fps):
    detections = np.loadtxt(folder / "det.txt", delimiter=",")
    truth = np.loadtxt(folder / "gt.txt", delimiter=",")
    num_frames = int(max(detections[:, 0].max(), truth[:, 0].max()))
    rows = [detections[detections[:, 0] == frame + 1] for frame in range(num_frames)]
    people = PeopleDetections(
        frames=np.arange(num_frames),
        box_px=[np.c_[row[:, 2:4], row[:, 2:4] + row[:, 4:6]] for row in rows],
        score=[np.clip(row[:, 6], 0, 1) for row in rows],
        keypoints_px=[np.full((len(row), 17, 3), np.nan) for row in rows],
        num_frames=num_frames,
        width=768,
        height=576,
        time_s=np.arange(num_frames) / fps,
    )
    return people, truth


@pytest.mark.parametrize(
    ("name", "fps", "least_mota", "least_idf1"),
    [
        ("PETS09-S2L1", 7, 0.50, 0.30),
        ("TUD-Campus", 25, 0.40, 0.60),
        ("TUD-Stadtmitte", 25, 0.60, 0.50),
    ],
)
def test_mot_sequences(name, fps, least_mota, least_idf1):
    data = os.environ.get("VPD_DATA")
    folder = Path(data or "") / "mot_multi_person" / name
    if not data or not folder.is_dir():
        pytest.skip("VPD_DATA does not name a folder that holds mot_multi_person")
    motmetrics = pytest.importorskip("motmetrics")
    people, truth = load_mot(folder, fps)
    answers = []
    for number, track in enumerate(associate(people, SETTINGS)):
        if len(track) < 3:
            continue
        frames, boxes = np.array(track.frames), np.stack(track.box_px)
        for frame in range(frames[0], frames[-1] + 1):
            box = [np.interp(frame, frames, boxes[:, column]) for column in range(4)]
            answers.append([frame, number, *box])
    answers = np.array(answers)
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame in range(people.num_frames):
        real = truth[truth[:, 0] == frame + 1]
        mine = answers[answers[:, 0] == frame]
        overlap = iou_matrix(np.c_[real[:, 2:4], real[:, 2:4] + real[:, 4:6]], mine[:, 2:6])
        accumulator.update(
            real[:, 1].astype(int),
            mine[:, 1].astype(int),
            np.where(overlap >= 0.5, 1 - overlap, np.nan),
        )
    scores = motmetrics.metrics.create().compute(accumulator, metrics=["mota", "idf1"]).iloc[0]
    print(f"{name}: MOTA {scores.mota:.3f}, IDF1 {scores.idf1:.3f}")
    assert scores.mota > least_mota
    assert scores.idf1 > least_idf1
