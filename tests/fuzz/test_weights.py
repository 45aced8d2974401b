"""Weights of others: checkpoints of torch, safetensors, ONNX; and a training's own checkpoint."""

from __future__ import annotations

import io
import json
import struct

import pytest
import torch
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.damage import damaged
from tests.fuzz.fuzzing import File, Limits, fuzz

pytestmark = pytest.mark.fuzz

_TYPES = (torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.bool, torch.complex64)


@st.composite
def saved(draw: st.DrawFn) -> File:
    """What ``torch.save`` makes of plain things of any kind."""
    tensors = st.builds(
        lambda shape, dtype: torch.zeros(shape, dtype=dtype),
        st.sampled_from(((2, 3), (2,), (), (0,), (3, 2), (1, 1, 1))),
        st.sampled_from(_TYPES),
    )
    names = st.sampled_from(
        ("weight", "bias", "module.weight", "module.bias", "", "a.b", "state_dict", "model")
    )
    plain = st.one_of(
        tensors, st.none(), st.integers(), st.floats(), st.text(max_size=4), st.booleans()
    )
    content = st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.one_of(names, st.integers()), inner)
        ),
        max_leaves=6,
    )
    packed = io.BytesIO()
    old = draw(st.booleans())
    torch.save(draw(content), packed, _use_new_zipfile_serialization=not old)
    return File(".pth", packed.getvalue(), "saved by torch")


@st.composite
def headed(draw: st.DrawFn) -> File:
    """safetensors whose header says anything."""
    number = st.one_of(st.integers(-2, 40), st.sampled_from((1 << 31, 1 << 63, -1, 2.5, "1", None)))
    entry = st.fixed_dictionaries(
        {},
        optional={
            "dtype": st.sampled_from(("F32", "F16", "I64", "BOOL", "F8_E4M3", "Q9", 3, None)),
            "shape": st.one_of(st.lists(number, max_size=3), number),
            "data_offsets": st.one_of(st.lists(number, max_size=3), number),
        },
    )
    names = st.sampled_from(("weight", "bias", "__metadata__", ""))
    header = json.dumps(draw(st.dictionaries(names, st.one_of(entry, number)))).encode()
    length = draw(st.one_of(st.just(len(header)), st.sampled_from((0, 1, 1 << 20, (1 << 64) - 1))))
    return File(".safetensors", struct.pack("<Q", length) + header + bytes(40), "safetensors")


def test_weights(tmp_path):
    files = st.one_of(damaged(seeds.weights()), damaged(seeds.weights()), saved(), headed())
    tally = fuzz("weights", files, tmp_path)
    assert tally.taken
    assert tally.refused


def test_checkpoints(tmp_path):
    tally = fuzz("checkpoint", damaged(seeds.checkpoints()), tmp_path)
    assert tally.taken
    assert tally.refused


def test_networks(tmp_path):
    # A network may ask for any computation, so that its own memory is no fault of the reader's.
    tally = fuzz("onnx", damaged(seeds.networks()), tmp_path, Limits(memory_mb=1000))
    assert tally.taken
    assert tally.refused
