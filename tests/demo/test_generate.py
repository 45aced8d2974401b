import subprocess
import sys
from collections import Counter

import av
import h5py
import numpy as np
import pandas as pd
import pytest

from vpdlib.demo.generate import generate_demo, prepare_scene, render_frames, render_routine
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
    [{"width": 481}, {"height": 20}, {"actions_per_video": 0}, {"fps": 0}, {"num_test_videos": -1}],
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


def test_no_workers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="num_workers"):
        generate_demo(TINY, tmp_path, 0)


def test_importing_the_package_loads_no_opencv():
    code = "import sys, vpdlib.demo; assert 'cv2' not in sys.modules and 'av' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
