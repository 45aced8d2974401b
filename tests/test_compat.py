"""The compatibility module, each time in a process of its own: what it installs cannot be taken back."""

from __future__ import annotations

import os
from pathlib import Path

from tests.running import run_python

ROOT = Path(__file__).resolve().parents[1]

ORACLES = """
import math
import torch

def naive_nms(boxes, scores, threshold, offset=0):
    kept = []
    for row in sorted(range(len(boxes)), key=lambda i: (-scores[i].item(), i)):
        a = boxes[row].tolist()
        for other in kept:
            b = boxes[other].tolist()
            w = max(min(a[2], b[2]) - max(a[0], b[0]) + offset, 0)
            h = max(min(a[3], b[3]) - max(a[1], b[1]) + offset, 0)
            area = sum((c[2] - c[0] + offset) * (c[3] - c[1] + offset) for c in (a, b))
            if area - w * h > 0 and w * h / (area - w * h) > threshold:
                break
        else:
            kept.append(row)
    return kept

def bilinear(plane, y, x):
    height, width = plane.shape[1:]
    if y < -1 or y > height or x < -1 or x > width:
        return torch.zeros(plane.shape[0])
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    top, left = min(int(y), height - 1), min(int(x), width - 1)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    return ((1 - dy) * (1 - dx) * plane[:, top, left] + (1 - dy) * dx * plane[:, top, right]
            + dy * (1 - dx) * plane[:, bottom, left] + dy * dx * plane[:, bottom, right])

def naive_roi_align(features, rois, scale, height, width, ratio, aligned):
    out = torch.zeros(len(rois), features.shape[1], height, width)
    for r, (image, *box) in enumerate(rois.tolist()):
        x0, y0, x1, y1 = (c * scale - (0.5 if aligned else 0) for c in box)
        w, h = (x1 - x0, y1 - y0) if aligned else (max(x1 - x0, 1), max(y1 - y0, 1))
        rows = ratio if ratio > 0 else math.ceil(h / height)
        columns = ratio if ratio > 0 else math.ceil(w / width)
        for i in range(height):
            for j in range(width):
                for a in range(rows):
                    for b in range(columns):
                        y = y0 + (i + (a + 0.5) / rows) * h / height
                        x = x0 + (j + (b + 0.5) / columns) * w / width
                        out[r, :, i, j] += bilinear(features[int(image)], y, x) / (rows * columns)
    return out
"""

WHOLE_STACK = (
    ORACLES
    + """
from vpdlib import compat
compat.install()
count = len(compat._libraries)
compat.install()
assert len(compat._libraries) == count
import mmdet.apis, mmpose.apis, torchvision
torch.manual_seed(0)
corner = torch.rand(60, 2) * 50
boxes, scores = torch.cat([corner, corner + 1 + torch.rand(60, 2) * 30], 1), torch.rand(60).round(decimals=1)
for threshold in (0.0, 0.3, 0.7, 1.0):
    assert torchvision.ops.nms(boxes, scores, threshold).tolist() == naive_nms(boxes, scores, threshold)
assert torchvision.ops.nms(boxes[:0], scores[:0], 0.5).shape == (0,)
assert len(torchvision.ops.batched_nms(boxes, scores, torch.arange(60), 0.1)) == 60

features = torch.randn(2, 3, 11, 9, requires_grad=True)
rois = torch.tensor([[0, 1, 1, 15, 15], [1, 2, 3, 9, 9], [0, -6, -5, 30, 8], [1, 5, 5, 5, 5], [0, 2, 1, 2.5, 9]])
for aligned in (False, True):
    for ratio in (-1, 2):
        got = torchvision.ops.roi_align(features, rois, (3, 2), 0.7, ratio, aligned)
        expected = naive_roi_align(features.detach(), rois, 0.7, 3, 2, ratio, aligned)
        torch.testing.assert_close(got.detach(), expected)
got.sum().backward()
assert features.grad.abs().sum() > 0
assert torchvision.ops.roi_align(features, rois[:0], (3, 2)).shape == (0, 3, 3, 2)

import mmcv.ops
apart = scores + torch.arange(60) / 1000  # the full mmcv takes equals in any order
det, rows = mmcv.ops.nms(boxes, apart, 0.3, offset=1)
assert rows.tolist() == naive_nms(boxes, apart, 0.3, offset=1)
got = mmcv.ops.roi_align(features.detach(), rois, (3, 2), 0.7, 0, "avg", True)
torch.testing.assert_close(got, naive_roi_align(features.detach(), rois, 0.7, 3, 2, 0, True))
if isinstance(__import__("sys").modules["mmcv._ext"], compat._MissingMmcvOps):
    try:
        mmcv.ops.soft_nms(boxes, scores)
    except NotImplementedError as error:
        assert "full mmcv" in str(error) and "softnms" in str(error), error
    else:
        raise AssertionError("softnms did not refuse")

assert torchvision.models.resnet34(weights=None)(torch.zeros(1, 3, 64, 64)).shape == (1, 1000)
print("whole stack imported")
"""
)

REAL_OPS_PRESENT = """
import sys
import torch
library = torch.library.Library("torchvision", "DEF")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.impl("nms", lambda dets, scores, iou_threshold: torch.tensor([42]), "CPU")
before = set(sys.modules)
from vpdlib import compat
compat.install()
assert compat._libraries == []
assert torch.ops.torchvision.nms(torch.zeros(1, 4), torch.zeros(1), 0.5).tolist() == [42]
assert not hasattr(torch.ops.torchvision, "roi_align")
assert not {"torchvision", "mmcv", "mmcv._ext"} & set(sys.modules)
print("left alone")
"""


def _run(code: str, *first_on_path: Path) -> str:
    path = os.pathsep.join(str(folder) for folder in (*first_on_path, ROOT))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return run_python(code, environment)


def test_the_whole_stack_imports_and_the_operators_equal_naive_ones() -> None:
    assert "whole stack imported" in _run(WHOLE_STACK)


def test_nothing_is_done_where_the_real_operators_are(tmp_path: Path) -> None:
    package = tmp_path / "mmcv"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "_ext.so").touch()
    assert "left alone" in _run(REAL_OPS_PRESENT, tmp_path)


def test_importing_the_module_imports_no_torch() -> None:
    assert "False" in _run("import sys, vpdlib.compat; print('torch' in sys.modules)")


BESIDE_TRANSFORMERS = """
import sys
from importlib.util import find_spec
assert find_spec("transformers"), "requirements-dev.txt has it"
from vpdlib import compat
compat.install()
compat.install()
assert sum(type(finder).__name__ == "_MultimodalSwitch" for finder in sys.meta_path) == 1
import mmpretrain.models
assert mmpretrain.models.VisionTransformer
assert "mmpretrain.models.multimodal.blip" not in sys.modules
print("imported")
"""


def test_mmpretrain_imports_beside_a_transformers_that_it_does_not_know() -> None:
    assert "imported" in _run(BESIDE_TRANSFORMERS)
