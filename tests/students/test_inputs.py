"""A made-up input, registered in one place, from its artifact to training and embedding."""

from typing import get_args

import numpy as np
import pytest
import torch

from tests.students.test_masks import NOISE_ONLY, REFS, SHARDS, SIDE, data  # noqa: F401
from tests.students.test_train import tiny_settings
from vpdlib.artifacts import ArtifactWriter, Provenance
from vpdlib.students import corpus
from vpdlib.students.augment import (
    Geometry,
    apply_geometry,
    augmented_inputs,
    plain_inputs,
    raw_inputs,
    vector_channels,
)
from vpdlib.students.corpus import open_frames
from vpdlib.students.embed import embed
from vpdlib.students.frames import BatchReader
from vpdlib.students.settings import INPUTS, SEEN, StudentInput, StudentSettings
from vpdlib.students.train import train_student

SCALE = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))


def test_every_value_of_inputs_says_what_is_seen():
    assert set(get_args(StudentSettings.model_fields["inputs"].annotation)) == set(SEEN)
    assert all(name in INPUTS for names in SEEN.values() for name in names)
    assert not any(spec.channels % 2 for spec in INPUTS.values() if spec.is_vector)


@pytest.fixture
def heat(tmp_path, monkeypatch):
    """Register the small map `heat`, seen before flow; paths of its artifacts, and its rows in the order of REFS."""
    # Artifacts of flow serve: a kind says no side. What is read is not said to be vectors.
    monkeypatch.setitem(INPUTS, "heat", StudentInput("flow", "flow", 2, scale=510.0))
    monkeypatch.setitem(SEEN, "rgb_flow", ("heat", "flow"))
    rng = np.random.default_rng(7)
    paths, rows = [], []
    for shard, videos in enumerate(SHARDS):
        paths.append(tmp_path / f"heat_{shard}.h5")
        with ArtifactWriter(paths[-1], "flow", Provenance("r", "c", "d", "i")) as artifact:
            for name, num in videos.items():
                rows.append(rng.integers(0, 256, (num, 4, 4, 2), np.uint8))
                frame = np.arange(num, dtype=np.int32)
                artifact.add_video(name, {"frame": frame, "flow": rows[-1]})
    return paths, np.concatenate(rows)


@pytest.mark.parametrize("in_memory", [True, False])
def test_it_goes_from_the_artifact_to_the_descriptor(data, heat, monkeypatch, in_memory):  # noqa: F811
    crops, flow, _ = data
    paths, rows = heat
    monkeypatch.setattr(corpus, "IN_MEMORY_BYTES", 1 << 30 if in_memory else 10)
    frames = open_frames(crops, {"heat": paths, "flow": flow}, REFS)
    settings = tiny_settings(epochs=1, samples_per_epoch=16, augmentation={"rotation_degrees": 90})
    assert (settings.seen, settings.num_channels) == (("heat", "flow"), 7)
    order = np.array([7, 12, 0, 7, 3])
    (batch,) = BatchReader(frames).read([order])
    raw = raw_inputs(batch, settings.seen)
    assert raw.shape == (5, 7, SIDE, SIDE)
    assert 0 <= raw[:, 3:5].min() < raw[:, 3:5].max() <= 0.5
    cells = raw[:, 3:5].reshape(5, 2, 4, 4, 4, 4).mean(dim=(3, 5)).permute(0, 2, 3, 1)
    assert np.corrcoef(cells.numpy().ravel(), rows[order].ravel())[0, 1] > 0.95
    torch.testing.assert_close(raw[:, [0, 1, 2, 5, 6]], raw_inputs(batch, ("flow",)))

    # Flipped and rotated it stays a picture, and flow does not.
    assert vector_channels(settings.seen) == [5]
    expected = raw.flip(3)
    expected[:, 5] *= -1
    flipped = apply_geometry(raw, Geometry.flip(5), SIDE, [5])
    torch.testing.assert_close(flipped, expected, atol=1e-5, rtol=0)
    plain = plain_inputs(batch, SIDE, settings.seen, SCALE, flipped=True)
    torch.testing.assert_close(plain[:, 3:], expected[:, 3:])
    same = Geometry.identity(5)
    quarter = Geometry(same.flipped, torch.full((5,), torch.pi / 2), same.window)
    turned = apply_geometry(raw, quarter, SIDE, vector_channels(settings.seen))
    expected = torch.rot90(raw, -1, dims=(2, 3))
    torch.testing.assert_close(turned[:, :5], expected[:, :5], atol=1e-4, rtol=0)
    torch.testing.assert_close(turned[:, 5], -expected[:, 6], atol=1e-4, rtol=0)
    noisy, _ = augmented_inputs(
        batch, SIDE, settings.seen, SCALE, NOISE_ONLY, torch.Generator().manual_seed(0)
    )
    torch.testing.assert_close(noisy[:, 3:], raw[:, 3:], atol=1e-5, rtol=0)

    targets = np.random.default_rng(0).normal(size=(len(REFS), 2, 26)).astype(np.float32)
    student = train_student(frames, targets, targets, np.arange(9), np.arange(9, 13), settings)
    descriptors = embed(student, frames)
    student.encoder.conv1.weight.data[:, 3:5] = 0
    assert np.abs(embed(student, frames) - descriptors).max() > 1e-6


def test_what_is_missing_or_of_another_form_is_refused(data, heat, monkeypatch):  # noqa: F811
    crops, flow, _ = data
    (batch,) = BatchReader(open_frames(crops, {"flow": flow}, REFS)).read([np.arange(2)])
    with pytest.raises(ValueError, match="sees heat, but its frames have no heat"):
        raw_inputs(batch, ("heat", "flow"))
    (batch,) = BatchReader(open_frames(crops, {"heat": heat[0]}, REFS)).read([np.arange(2)])
    for change in ({"channels": 3}, {"is_vector": True}):
        spec = {"kind": "flow", "column": "flow", "channels": 2, **change}
        monkeypatch.setitem(INPUTS, "heat", StudentInput(**spec))
        with pytest.raises(ValueError, match=r"heat \(2, 4, 4, 2\) beside RGB \(2, 16, 16, 3\)"):
            raw_inputs(batch, ("heat",))
