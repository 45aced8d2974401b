"""Crops of a short video against cutting each frame by hand."""

import numpy as np
import pytest
from pydantic import ValidationError

from vpdlib.crops.crop import crop_video, in_blocks
from vpdlib.crops.settings import CropSettings
from vpdlib.geometry import crop_rectangle, cut
from vpdlib.tracking.previous import previous_frame_index
from vpdlib.video.reader import Frame


def make_video(num, seed=0):
    rng = np.random.default_rng(seed)
    return [Frame(i, i / 50, rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)) for i in range(num)]


def test_every_crop_against_a_direct_cut():
    frames = make_video(12)
    previous_frame = previous_frame_index(np.arange(12) / 50)
    assert previous_frame[5] == 3
    box_px = np.array([[10 + i, 5, 30 + i, 50] for i in range(12)], float)
    box_px[4] = np.nan
    records = list(crop_video(iter(frames), box_px, previous_frame, 32, 0.1, 4))
    assert [record.frame for record in records] == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11]
    for record in records:
        before = previous_frame[record.frame]
        rect = crop_rectangle(box_px[record.frame], box_px[before] if before >= 0 else None, 0.1, 4)
        np.testing.assert_array_equal(record.rect_px, rect)
        np.testing.assert_array_equal(record.crop, cut(frames[record.frame].rgb, rect, 32))
        source = frames[before if before >= 0 else record.frame]
        np.testing.assert_array_equal(record.previous, cut(source.rgb, rect, 32))


def test_no_box_no_crop():
    frames = make_video(3)
    records = list(crop_video(frames, np.full((3, 4), np.nan), np.array([-1, 0, 1])))
    assert not records
    (block,) = in_blocks(records, 8)
    assert block.frame.shape == (0,)
    assert block.rect_px.shape == (0, 4)
    assert block.crop.shape == block.previous.shape == (0, 8, 8, 3)


@pytest.mark.parametrize(("length", "lengths"), [(4, [4, 3]), (7, [7]), (9, [7])])
def test_blocks_hold_the_records_in_order(length, lengths):
    box_px = np.tile([10.0, 10, 30, 40], (7, 1))
    records = list(crop_video(make_video(7), box_px, np.arange(7) - 1, 8))
    blocks = list(in_blocks(iter(records), 8, length))
    assert [len(block.frame) for block in blocks] == lengths
    for name, dtype in (
        ("frame", np.int32), ("rect_px", np.int32), ("crop", np.uint8), ("previous", np.uint8)
    ):  # fmt: skip
        together = np.concatenate([getattr(block, name) for block in blocks])
        np.testing.assert_array_equal(together, [getattr(record, name) for record in records])
        assert together.dtype == dtype


def test_boxes_of_another_video_are_refused():
    frames = make_video(3)
    box_px = np.tile([10.0, 10, 20, 20], (2, 1))
    with pytest.raises(ValueError, match="got frame 2 where 2 of 2"):
        list(crop_video(frames, box_px, np.array([-1, 0])))
    with pytest.raises(ValueError, match="frame 1 has the previous frame 1"):
        list(crop_video(frames, box_px, np.array([-1, 1])))
    with pytest.raises(ValueError, match="must be"):
        list(crop_video(frames, box_px, np.array([-1])))


def test_settings():
    assert CropSettings().model_dump() == {"size": 128, "pad_fraction": 0.1, "pad_px": 25.0}
    with pytest.raises(ValidationError):
        CropSettings(colour="red")
