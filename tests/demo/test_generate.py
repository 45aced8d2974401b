import subprocess
import sys
from collections import Counter
from dataclasses import fields, replace

import av
import h5py
import numpy as np
import pandas as pd
import pytest

from vpdlib.demo.film import prepare_scene, render_frames
from vpdlib.demo.generate import generate_demo, measure, render_routine
from vpdlib.demo.motions import CLASSES
from vpdlib.demo.plan import DemoSettings, plan_routines

TINY = DemoSettings(
    num_train_videos=1, num_test_videos=1, actions_per_video=1, width=192, height=108
)


def decode(path):
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])


@pytest.mark.parametrize("settings", [DemoSettings(), DemoSettings(7, 5, 3, seed=4)])
def test_plan_is_balanced_and_splits_are_apart(settings):
    plan = plan_routines(settings)
    assert len({r.id for r in plan}) == len(plan)
    for split, count in (("train", settings.num_train_videos), ("test", settings.num_test_videos)):
        chosen = [r for r in plan if r.split == split]
        assert [r.id for r in chosen] == [f"{split}_{i:03d}" for i in range(count)]
        numbers = Counter(label for r in chosen for label in r.labels)
        assert set(numbers) == set(CLASSES)
        assert max(numbers.values()) - min(numbers.values()) <= 1
        by_side = Counter(pair for r in chosen for pair in zip(r.labels, r.sides, strict=True))
        for label in CLASSES:
            assert abs(by_side[label, 1] - by_side[label, -1]) <= 1
        views = Counter(r.view for r in chosen)
        assert max(views.values()) - min(views.values()) <= 1 or count % 8
    groups = {s: {r.group for r in plan if r.split == s} for s in ("train", "test")}
    assert not groups["train"] & groups["test"]
    assert plan == plan_routines(settings)
    assert plan != plan_routines(DemoSettings(seed=99))


def test_default_has_ten_of_each_class_in_training():
    plan = plan_routines(DemoSettings())
    numbers = Counter(label for r in plan if r.split == "train" for label in r.labels)
    assert min(numbers.values()) >= 10


@pytest.mark.parametrize(
    "bad",
    [
        {"width": 481},
        {"height": 20},
        {"actions_per_video": 0},
        {"fps": 0},
        {"num_test_videos": -1},
        {"athlete_scale": 0.1},
        {"shutter": 1.5},
        {"contrast": 0.0},
        {"num_posts": 11},
        {"crf": 52},
    ],
)
def test_bad_settings_are_refused(bad):
    with pytest.raises(ValueError, match="demo"):
        DemoSettings(**bad)


def test_same_seed_same_frames_and_another_seed_others(tmp_path):
    first = plan_routines(TINY)[0]
    truth = render_routine(first, TINY, tmp_path / "a.mp4")
    again = render_routine(first, TINY, tmp_path / "b.mp4")
    frames = decode(tmp_path / "a.mp4")
    np.testing.assert_array_equal(frames, decode(tmp_path / "b.mp4"))
    drawn = [np.stack(list(render_frames(prepare_scene(first, TINY), TINY))) for _ in range(2)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(frames.astype(int) - drawn[0]).mean() < 6
    np.testing.assert_array_equal(truth.joints_px, again.joints_px)
    num = len(frames)
    assert frames.shape[1:] == (108, 192, 3)
    assert truth.joints_px.shape == (num, 13, 2)
    assert truth.joint_visible.shape == (num, 13)
    assert truth.box_px.shape == (num, 4)
    # The athlete stands out where the truth says it is.
    assert (truth.box_px[:, 2:] > truth.box_px[:, :2] + 5).all()
    other = DemoSettings(**{**TINY.__dict__, "seed": 1})
    render_routine(plan_routines(other)[0], other, tmp_path / "c.mp4")
    changed = decode(tmp_path / "c.mp4")
    assert len(changed) != num or not np.array_equal(changed, frames)


@pytest.mark.parametrize("num_workers", [1, 2])
def test_files(tmp_path, num_workers):
    generate_demo(TINY, tmp_path, num_workers)
    labels = pd.read_csv(tmp_path / "labels.csv")
    assert list(labels.columns) == ["video", "start", "end", "label", "split", "group"]
    assert sorted(labels["video"].unique()) == ["test_000", "train_000"]
    assert labels["label"].isin(CLASSES).all()
    assert (labels["end"] - labels["start"]).between(0.7, 1.3).all()
    with h5py.File(tmp_path / "truth.h5") as file:
        assert sorted(file) == ["test_000", "train_000"]
        for name, group in file.items():
            num = len(decode(tmp_path / "videos" / f"{name}.mp4"))
            assert group.attrs["fps"] == 25.0
            for array in ("joints_px", "joint_visible", "box_px", "inverted", "phase"):
                assert len(group[array]) == num
            row = labels[labels["video"] == name].iloc[0]
            assert row["end"] <= num / 25.0
            middle = round((row["start"] + row["end"]) / 2 * 25)
            assert CLASSES[group["phase"][middle]] == row["label"]
            assert group["phase"][0] == -1
    assert not list(tmp_path.glob(".*"))


HARD = {
    "athlete_scale": 0.8,
    "shutter": 0.9,
    "camera_sway_px": 3.0,
    "num_posts": 2,
    "num_boards": 1,
    "num_passers_by": 1,
    "contrast": 0.7,
    "noise": 2.0,
    "crf": 34,
}


def test_hard_pictures_come_again_too(tmp_path):
    settings = replace(TINY, **HARD)
    routine = plan_routines(settings)[0]
    drawn = [
        np.stack(list(render_frames(prepare_scene(routine, settings), settings))) for _ in "12"
    ]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    render_routine(routine, settings, tmp_path / "hard.mp4")
    render_routine(routine, TINY, tmp_path / "plain.mp4")
    assert np.abs(decode(tmp_path / "hard.mp4").astype(int) - drawn[0]).mean() < 12
    sizes = [(tmp_path / f"{name}.mp4").stat().st_size for name in ("hard", "plain")]
    assert sizes[0] < sizes[1] / 2


def test_what_hides_the_athlete_changes_no_ground_truth(tmp_path):
    routine = plan_routines(TINY)[0]
    plain = render_routine(routine, TINY, tmp_path / "plain.mp4")
    hiding = {k: v for k, v in HARD.items() if k not in ("athlete_scale", "camera_sway_px")}
    hidden = render_routine(routine, replace(TINY, **hiding), tmp_path / "hidden.mp4")
    for name in (field.name for field in fields(plain)):
        np.testing.assert_array_equal(getattr(hidden, name), getattr(plain, name))
    changed = np.abs(decode(tmp_path / "hidden.mp4").astype(int) - decode(tmp_path / "plain.mp4"))
    assert changed.mean() > 5


def test_ground_truth_follows_a_camera_that_sways():
    settings = replace(TINY, camera_sway_px=3.0)
    routine = plan_routines(TINY)[0]
    still, sways = prepare_scene(routine, TINY), prepare_scene(routine, settings)
    moved = sways.shift - still.shift
    assert 1.5 < moved.std() < 5
    steps = np.abs(np.diff(moved, axis=0)).max()
    assert 0.2 < steps < 4
    truths = [measure(scene, TINY) for scene in (still, sways)]
    np.testing.assert_allclose(truths[1].joints_px, truths[0].joints_px - moved[:, None], atol=1e-3)


def test_the_athlete_is_as_large_as_asked_for():
    routine = plan_routines(TINY)[0]
    heights = []
    for scale in (1.0, 0.5):
        settings = replace(TINY, athlete_scale=scale)
        box_px = measure(prepare_scene(routine, settings), settings).box_px
        heights.append(np.median(box_px[:, 3] - box_px[:, 1]))
    assert heights[1] / heights[0] == pytest.approx(0.5, abs=0.03)


def test_no_workers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="num_workers"):
        generate_demo(TINY, tmp_path, 0)


def test_importing_the_package_loads_no_opencv():
    code = "import sys, vpdlib.demo; assert 'cv2' not in sys.modules and 'av' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
