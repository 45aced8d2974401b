"""Athlete masks from crop artifacts to the student: read with the crops, and noise on the background alone."""

import pickle

import numpy as np
import pytest
import torch

from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.students import corpus as corpus_module
from vpdlib.students.augment import augmented_inputs
from vpdlib.students.corpus import FrameRef, open_frames
from vpdlib.students.frames import ArrayFrames, BatchReader, LazyFrames
from vpdlib.students.settings import AugmentationSettings

SIDE = 16
SHARDS = [{"a": 6, "b": 3}, {"c": 4, "empty": 0}]
REFS = [
    FrameRef(shard, name, row)
    for shard, videos in enumerate(SHARDS)
    for name, num in videos.items()
    for row in range(num)
]
#: Noise in every crop, and nothing else that changes it.
NOISE_ONLY = AugmentationSettings(
    colour_jitter=(0, 0, 0, 0),
    resized_crop_scale=(1, 1),
    resized_crop_ratio=(1, 1),
    flip_probability=0,
    noise_std=0.05,
    noise_probability=1,
)


def write_crops(path, videos, with_masks, seed):
    """Write random crops; athletes are rectangles, and in every third crop not known."""
    rng = np.random.default_rng(seed)
    masks = []
    with ArtifactWriter(path, "crops", Provenance("r", "c", "d", "i")) as artifact:
        artifact.set_attributes(crop_size=SIDE, **({"masks": True} if with_masks else {}))
        for name, num in videos.items():
            crop = rng.integers(0, 256, (num, SIDE, SIDE, 3), np.uint8)
            mask = np.zeros((num, SIDE, SIDE), np.uint8)
            for row in range(num):
                mask[row, 2 + row : 9 + row, 4:12] = 1
            mask[2::3] = 1
            rows = np.arange(num, dtype=np.int32)
            datasets = {
                "frame": rows,
                "previous_frame": rows,
                "rect_px": np.zeros((num, 4), np.int32),
                "crop": crop,
                "previous": crop,
            }
            artifact.add_video(name, {**datasets, "mask": mask} if with_masks else datasets)
            masks.append(mask)
    return np.concatenate(masks)


def write_flow(path, videos):
    with ArtifactWriter(path, "flow", Provenance("r", "c", "d", "i")) as artifact:
        for name, num in videos.items():
            flow = np.full((num, SIDE, SIDE, 2), 128, np.uint8)
            artifact.add_video(name, {"frame": np.arange(num, dtype=np.int32), "flow": flow})


@pytest.fixture
def data(tmp_path):
    """Paths of crops and of flow, and the masks of all frames in the order of REFS."""
    crops, flow, masks = [], [], []
    for shard, videos in enumerate(SHARDS):
        crops.append(tmp_path / f"crops_{shard}.h5")
        flow.append(tmp_path / f"flow_{shard}.h5")
        masks.append(write_crops(crops[-1], videos, True, shard))
        write_flow(flow[-1], videos)
    return crops, flow, np.concatenate(masks)


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("with_flow", [True, False])
def test_masks_are_read_with_the_crops(data, monkeypatch, in_memory, with_flow):
    crops, flow, masks = data
    monkeypatch.setattr(corpus_module, "IN_MEMORY_BYTES", 1 << 30 if in_memory else 10)
    frames = open_frames(crops, {"flow": flow} if with_flow else {}, REFS)
    assert isinstance(frames, ArrayFrames if in_memory else LazyFrames)
    indices = np.array([7, 12, 0, 7, 3])
    batch = pickle.loads(pickle.dumps(frames)).load(indices)
    np.testing.assert_array_equal(batch.mask, masks[indices])
    assert batch.mask.dtype == np.uint8
    assert ("flow" in batch.others) == with_flow
    bare = open_frames(crops, {}, REFS, with_masks=False).load(indices)
    np.testing.assert_array_equal(bare.rgb, batch.rgb)
    assert bare.mask is None


@pytest.mark.parametrize("with_flow", [True, False])
def test_the_memory_of_masks_is_counted(data, monkeypatch, with_flow):
    crops, flow, _ = data
    flow = {"flow": flow} if with_flow else {}
    channels = 6 if with_flow else 4
    monkeypatch.setattr(corpus_module, "IN_MEMORY_BYTES", len(REFS) * SIDE * SIDE * channels)
    assert isinstance(open_frames(crops, flow, REFS), ArrayFrames)
    monkeypatch.setattr(corpus_module, "IN_MEMORY_BYTES", len(REFS) * SIDE * SIDE * channels - 1)
    assert isinstance(open_frames(crops, flow, REFS), LazyFrames)
    assert isinstance(open_frames(crops, flow, REFS, with_masks=False), ArrayFrames)


def test_crops_of_which_only_some_have_masks_are_refused(data, tmp_path):
    crops, _, _ = data
    without = tmp_path / "without.h5"
    write_crops(without, SHARDS[1], False, 1)
    with pytest.raises(ValueError, match="no masks of the athlete, and other shards do") as caught:
        open_frames([crops[0], without], {}, REFS)
    assert str(without) in str(caught.value)
    assert open_frames([crops[0], without], {}, REFS, with_masks=False).mask is None
    assert open_frames([without], {}, [FrameRef(0, "c", 1)]).mask is None


@pytest.mark.parametrize("seen", [(), ("flow",)])
@pytest.mark.parametrize("in_memory", [True, False])
def test_noise_falls_on_the_background_alone(data, monkeypatch, in_memory, seen):
    crops, flow, masks = data
    monkeypatch.setattr(corpus_module, "IN_MEMORY_BYTES", 1 << 30 if in_memory else 10)
    frames = open_frames(crops, {"flow": flow} if seen else {}, REFS)
    reader = BatchReader(frames)
    order = np.random.default_rng(0).permutation(len(REFS))
    scale = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    (batch,) = reader.read([order])
    noisy, still = (
        augmented_inputs(
            batch,
            SIDE,
            seen,
            scale,
            NOISE_ONLY.model_copy(update={"noise_std": std}),
            torch.Generator().manual_seed(0),
        )[0].numpy()
        for std in (0.05, 0.0)
    )
    change = noisy - still
    background = np.broadcast_to((masks[order] == 0)[:, None], change[:, :3].shape)
    assert 0.3 < background.mean() < 0.7
    np.testing.assert_allclose(change[:, :3][~background], 0, atol=1e-6)
    assert (np.abs(change[:, :3][background]) > 1e-5).mean() > 0.99
    assert change[:, :3][background].std() == pytest.approx(0.05, rel=0.05)
    np.testing.assert_array_equal(change[:, 3:], 0)
