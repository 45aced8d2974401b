"""Clips of pictures and flow from artifacts: which frames, which windows, flipped images."""

import pickle

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from tests.still_tracks import still_tracks
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.baselines import frames
from vpdlib.baselines.frames import (
    FrameClips,
    PictureStore,
    action_rows,
    cut_and_flip,
)
from vpdlib.baselines.kinds import BaselineSettings
from vpdlib.datasets.tables import ActionRow
from vpdlib.features.r3d_training import WindowClips
from vpdlib.features.settings import R3DSettings

SIDE = 32
ORIGIN = Provenance("rule", "c", "d", "i")


def method(**given):
    return TypeAdapter(BaselineSettings).validate_python({"weights": None, **given})


@pytest.fixture
def shards(tmp_path):
    """Two shards of one video each, of 30 frames at 10 a second, grey as the number of the frame; 12 lacks."""
    frame = np.array([n for n in range(30) if n != 12], np.int32)
    time_s = np.arange(30) / 10
    paths = {"crops": [], "flow": [], "tracks": []}
    for shard in range(2):
        grey = (frame + 100 * shard).astype(np.uint8)[:, None, None, None]
        crop = np.broadcast_to(grey, (29, SIDE, SIDE, 3)).copy()
        crop[:, :, : SIDE // 2, 0] = 255  # red on the left
        flow = np.full((29, SIDE, SIDE, 2), 128, np.uint8)
        flow[..., 0] = 200
        columns = {
            "crops": {
                "frame": frame,
                "previous_frame": frame - 1,
                "rect_px": np.zeros((29, 4), np.int32),
                "crop": crop,
                "previous": crop,
            },
            "flow": {"frame": frame, "flow": flow},
            "tracks": still_tracks(time_s),
        }
        for kind, datasets in columns.items():
            path = tmp_path / f"{kind}{shard}.h5"
            with ArtifactWriter(path, kind, ORIGIN) as artifact:
                artifact.add_video(f"video{shard}", datasets)
            paths[kind].append(path)
    return paths


ACTIONS = [
    ActionRow("early", "video0", 0.5, 2.0, "x", "train", "", ""),
    ActionRow("late", "video1", 2.0, 2.5, "x", "train", "", ""),
    ActionRow("gone", "video1", 1.2, 1.3, "x", "test", "", ""),
]


def open_store(shards, kind):
    rows = action_rows(ACTIONS, kind, shards[kind], shards["tracks"])
    return PictureStore(kind, shards[kind], rows), rows


def test_an_action_holds_the_frames_with_the_athlete(shards):
    store, rows = open_store(shards, "crops")
    assert {name: len(where.rows) for name, where in rows.items()} == {
        "early": 14,
        "late": 5,
        "gone": 0,
    }
    found = store.load("early", np.arange(14))[:, 0, -1, 1]
    assert found.tolist() == [5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19]
    assert store.load("late", np.array([4, 0, 0]))[:, 0, -1, 1].tolist() == [124, 120, 120]


def test_pictures_read_as_needed_are_the_same(shards, monkeypatch):
    kept, _ = open_store(shards, "crops")
    monkeypatch.setattr(frames, "IN_MEMORY_BYTES", 0)
    lazy, _ = open_store(shards, "crops")
    indices = np.array([3, 3, 0, 9])
    np.testing.assert_array_equal(lazy.load("early", indices), kept.load("early", indices))
    # Workers are sent the store; it opens its files anew there.
    again = pickle.loads(pickle.dumps(lazy))
    np.testing.assert_array_equal(again.load("late", indices // 3), kept.load("late", indices // 3))


def test_a_missing_video_is_named(shards):
    strange = [ActionRow("a", "video9", 0, 1, "x", "train", "", "")]
    with pytest.raises(ValueError, match=r"lack 1 videos, such as \['video9'\]"):
        action_rows(strange, "crops", shards["crops"], shards["tracks"])


def test_test_clips_take_the_published_frames(shards):
    store, _ = open_store(shards, "crops")
    settings = method(
        kind="gsm", backbone="residual", num_segments=7, test_clips=2, input_px=16, test_window=1.0
    )
    clips = FrameClips(store, settings)
    assert clips.num_views == 2
    for index, expected in ((0, [5, 7, 9, 11, 14, 16, 18]), (1, [6, 8, 10, 13, 15, 17, 19])):
        (clip,) = clips.view(["early"], index)
        assert clip.shape == (1, 7, 16, 16, 3)
        assert clip[0, :, 0, -1, 1].tolist() == expected


def test_flipped_views_flip_the_picture_and_negate_horizontal_flow(shards):
    store, _ = open_store(shards, "crops")
    settings = method(
        kind="tsn", backbone="residual", num_segments=2, input_px=16, test_clips=1, test_flip=True
    )
    clips = FrameClips(store, settings)
    (plain,), (flipped,) = (clips.view(["early"], index) for index in range(2))
    assert torch.equal(plain.flip(3), flipped)
    flow_store, _ = open_store(shards, "flow")
    settings = method(
        kind="tsn",
        backbone="residual",
        stream="flow",
        flow_stack=3,
        num_segments=2,
        input_px=16,
        test_clips=1,
        test_flip=True,
    )
    clips = FrameClips(flow_store, settings)
    (plain,), (flipped,) = (clips.view(["early"], index) for index in range(2))
    assert plain.shape == (1, 2, 16, 16, 6)
    assert plain[0, 0, 0, 0].tolist() == [200, 128] * 3
    assert flipped[0, 0, 0, 0].tolist() == [55, 128] * 3
    # What the network sees is about zero and changes its sign.
    for u, v in zip(clips.inputs((plain,)), clips.inputs((flipped,)), strict=True):
        assert u.shape == (1, 2, 6, 16, 16)
        torch.testing.assert_close(u[:, :, ::2], -v[:, :, ::2])


def test_training_clips_differ_and_follow_their_seed(shards):
    store, _ = open_store(shards, "crops")
    settings = method(kind="tsn", backbone="residual", num_segments=3, input_px=16)
    clips = FrameClips(store, settings)
    first, again, other = (
        clips.draw(["early", "late"], np.random.default_rng(seed))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    (many,) = clips.draw(["early"] * 60, np.random.default_rng(0))
    # Red is left, unless flipped.
    red = (many[:, 0, 8, 0, 0] == 255).float().mean()
    assert 0.3 < red < 0.7
    numbers = many[:, :, 0, :, 1].float()
    assert (numbers.std(dim=2) == 0).all()
    assert (numbers[:, 1:, 0] >= numbers[:, :-1, 0]).all()


def test_windows_are_cut_and_resized():
    picture = np.zeros((1, 40, 60, 3), np.uint8)
    picture[0, 10:30, 20:40] = 90
    cut = cut_and_flip(picture, (20, 10, 20, 20), 10, False)
    assert cut.shape == (1, 10, 10, 3)
    assert (cut == 90).all()
    wider = cut_and_flip(picture, (0, 10, 40, 20), 20, False)
    assert (wider[0, :, :9] == 0).all()
    assert (wider[0, :, 11:] == 90).all()


def test_windows_of_r3d_are_consecutive_and_end_with_the_action(shards):
    store, _ = open_store(shards, "crops")
    clips = WindowClips(store, R3DSettings(weights=None, fine_tune=True))
    (drawn,) = clips.draw(["early"] * 50, np.random.default_rng(0))
    numbers = drawn[:, :, 0, :, 1].float().mean(dim=2)
    starts = set(numbers[:, 0].int().tolist())
    assert starts == {5, 6, 7, 8, 9, 10, 11}
    (short,) = clips.view(["late"], 0)
    assert short[0, :, 0, -1, 1].tolist() == [120, 121, 122, 123, 124, 124, 124, 124]
    (plain,), (flipped,) = (clips.view(["early"], index) for index in range(2))
    assert torch.equal(plain.flip(3), flipped)
    (inputs,) = clips.inputs((plain,))
    assert inputs.shape == (1, 8, 3, SIDE, SIDE)
