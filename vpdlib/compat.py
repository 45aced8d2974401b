"""torchvision and OpenMMLab on a machine where their compiled operators do not load.

torchvision's wheel is built against CUDA libraries: beside a CPU-only torch its extension fails to
load and ``import torchvision`` ends in an error. mmcv-lite has no compiled operators at all, and
mmdet and mmpose import them by name. ``install()``, called before any of these is imported, tries
the real extensions first and only where they cannot be had defines the few operators that the
networks used here need, in plain torch: non-maximum suppression and RoIAlign (He et al., Mask
R-CNN, 2017). Every other operator still refuses.

mmpretrain, which mmdet and mmpose import where it is installed, has models of text and pictures that cannot be
imported beside a transformers of today; it is told to do without them, as where transformers is missing.

Boxes are xyxy. In RoIAlign, R is the number of regions, C channels, N images; a region is (image,
x0, y0, x1, y1). torch is imported inside the functions: importing this module costs nothing.
"""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
)
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

_NMS_SCHEMA = "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_QNMS_SCHEMA = "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_ROI_ALIGN_SCHEMA = (
    "roi_align(Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor"
)

#: Numbers that one step of RoIAlign may gather at a time; bounds its memory (64 MiB of float32).
_GATHER_LIMIT = 1 << 24

#: The operators live as long as the library object that defines them.
_libraries: list[torch.library.Library] = []


def _package_dir(package: str) -> Path | None:
    spec = find_spec(package)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def _extension_path(folder: Path, name: str) -> str | None:
    spec = FileFinder(str(folder), (ExtensionFileLoader, EXTENSION_SUFFIXES)).find_spec(name)
    return spec.origin if spec else None


def nms(
    boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float, offset: int = 0
) -> torch.Tensor:
    """Greedy non-maximum suppression in plain torch.

    Parameters
    ----------
    boxes : (N, 4) xyxy.
    scores : (N,).
    iou_threshold : a box whose intersection over union with a better kept one is greater is
        dropped.
    offset : added to widths and heights (mmcv's 1 counts whole pixels, end included).

    Returns
    -------
    (M,) int64 rows that are kept, by falling score; among equals the earlier first.
    """
    import torch

    order = torch.sort(scores, descending=True, stable=True).indices
    area = (boxes[:, 2] - boxes[:, 0] + offset) * (boxes[:, 3] - boxes[:, 1] + offset)
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[order, :2], boxes[best, :2])
        high = torch.minimum(boxes[order, 2:], boxes[best, 2:])
        shared = (high - low + offset).clamp(min=0).prod(dim=1)
        # Two empty boxes give 0 / 0: not a number is not greater, both stay, as in the compiled
        # operator.
        order = order[~(shared / (area[order] + area[best] - shared) > iou_threshold)]
    return torch.stack(kept) if kept else torch.zeros(0, dtype=torch.int64, device=boxes.device)


def _axis_samples(
    start: torch.Tensor, bin_size: torch.Tensor, num_bins: int, num_samples: int, size: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return, for one axis, the two pixels each sample lies between and their weights.

    All are (R, bins * samples): int64 indices into the ``size`` pixels and weights, twice.
    """
    import torch

    step = (torch.arange(num_samples, device=start.device) + 0.5) / num_samples
    offset = torch.arange(num_bins, device=start.device)[:, None] + step
    at = start[:, None] + offset.reshape(-1).to(start.dtype) * bin_size[:, None]
    # Beyond one pixel outside the map a sample is zero; nearer ones take the border's value.
    inside = ((at >= -1) & (at <= size)).to(start.dtype)
    at = at.clamp(0, size - 1)
    low = at.floor().clamp(max=max(size - 2, 0)).long()
    fraction = at - low
    return [(low, (1 - fraction) * inside), ((low + 1).clamp(max=size - 1), fraction * inside)]


def _pool(
    features: torch.Tensor,
    image: torch.Tensor,
    rows: list[tuple[torch.Tensor, torch.Tensor]],
    columns: list[tuple[torch.Tensor, torch.Tensor]],
    bins: tuple[int, int],
) -> torch.Tensor:
    """Average bilinear samples over bins: (N, H, W, C) features to (R, C, bins, bins)."""
    total: Any = 0
    for row, row_weight in rows:
        for column, column_weight in columns:
            picked = features[image[:, None, None], row[:, :, None], column[:, None, :]]
            total = total + picked * (row_weight[:, :, None] * column_weight[:, None, :])[..., None]
    num_regions, num_rows, num_columns, num_channels = total.shape
    height, width = bins
    split = total.reshape(
        num_regions, height, num_rows // height, width, num_columns // width, num_channels
    )
    return split.mean(dim=(2, 4)).permute(0, 3, 1, 2)


def _groups(
    grid: torch.Tensor, numbers_a_region: int
) -> Iterator[tuple[tuple[int, int], torch.Tensor]]:
    """Yield regions that share a sampling grid, at most so many that the gathered numbers stay bounded."""
    import torch

    for height, width in torch.unique(grid, dim=0).tolist():
        members = torch.nonzero((grid == torch.tensor([height, width], device=grid.device)).all(1))[
            :, 0
        ]
        at_once = max(_GATHER_LIMIT // max(numbers_a_region * height * width, 1), 1)
        for part in members.split(at_once):
            yield (height, width), part


def roi_align(
    features: torch.Tensor,
    rois: torch.Tensor,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,
) -> torch.Tensor:
    """RoIAlign with average pooling in plain torch; gradients flow to the features.

    Parameters
    ----------
    features : (N, C, H, W).
    rois : (R, 5) number of the image, x0, y0, x1, y1.
    spatial_scale : size of the feature map over the size the regions are given in.
    pooled_height, pooled_width : bins of the result.
    sampling_ratio : samples a bin and axis; 0 or less: as many as the bin has pixels, rounded up.
    aligned : whether coordinates are shifted by half a pixel; if not, a region is at least one
        pixel.

    Returns
    -------
    (R, C, pooled_height, pooled_width), the type of ``features``.
    """
    import torch

    _, num_channels, height, width = features.shape
    pooled = (pooled_height, pooled_width)
    corners = rois[:, 1:].to(features.dtype) * spatial_scale - (0.5 if aligned else 0.0)
    start, size = corners[:, :2], corners[:, 2:] - corners[:, :2]
    if not aligned:
        size = size.clamp(min=1)
    bins = size / torch.tensor([pooled_width, pooled_height], dtype=size.dtype, device=size.device)
    if sampling_ratio > 0:
        grid = torch.full((len(rois), 2), sampling_ratio, device=rois.device)
    else:
        grid = bins.detach().ceil().clamp(min=0).long().flip(1)
    channels_last = features.permute(0, 2, 3, 1)
    members, values = [], []
    for (num_y, num_x), part in _groups(grid, num_channels * pooled_height * pooled_width):
        members.append(part)
        if num_y == 0 or num_x == 0:  # an empty region has no samples
            values.append(features.new_zeros((len(part), num_channels, *pooled)))
            continue
        rows = _axis_samples(start[part, 1], bins[part, 1], pooled_height, num_y, height)
        columns = _axis_samples(start[part, 0], bins[part, 0], pooled_width, num_x, width)
        values.append(_pool(channels_last, rois[part, 0].long(), rows, columns, pooled))
    if not members:
        return features.new_zeros((0, num_channels, *pooled))
    return torch.cat(values)[torch.argsort(torch.cat(members))]


def _has_real_torchvision_ops(folder: Path) -> bool:
    import torch

    # A library that is loaded already, by whomever, has defined the operator.
    if torch._C._dispatch_has_kernel("torchvision::nms"):
        return True
    path = _extension_path(folder, "_C")
    if path is None:
        return False
    try:
        torch.ops.load_library(path)
    except OSError:  # what the dynamic linker raises, for the missing CUDA libraries
        return False
    return True


def _install_torchvision_ops() -> None:
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    _libraries.append(library)
    library.define(_NMS_SCHEMA)
    # Declared without a kernel, so calling it still fails: the import describes it and needs its
    # name.
    library.define(_QNMS_SCHEMA)
    library.define(_ROI_ALIGN_SCHEMA)
    library.impl("nms", nms, "CPU")
    # Composite: torch differentiates through the plain operations it is made of.
    library.impl("roi_align", roi_align, "CompositeImplicitAutograd")
    # Only now: importing torchvision registers shape functions for operators that must exist.
    importlib.import_module("torchvision.ops")

    # Each module asks a guard of its own; those of operators that stay missing keep refusing.
    # From sys.modules: the package's attribute `roi_align` is the function, not the module.
    boxes: Any = sys.modules["torchvision.ops.boxes"]
    regions: Any = sys.modules["torchvision.ops.roi_align"]
    boxes._assert_has_ops = regions._assert_has_ops = lambda: None
    regions._has_ops = lambda: True


class _MissingMmcvOps(ModuleType):
    """Stands for ``mmcv._ext``: has every name, and refuses when an operator is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*args: Any, **kwargs: Any) -> Any:
            raise NotImplementedError(
                f"mmcv operator {name!r} needs the full mmcv 2.1.0, built with its compiled operators; "
                "mmcv-lite is installed. Uninstall mmcv-lite and build mmcv==2.1.0 with MMCV_WITH_OPS=1"
            )

        return refuse


def _mmcv_nms(
    boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float, offset: int
) -> torch.Tensor:
    import torch

    if offset == 0 and _has_op("nms"):
        # Compiled where torchvision's operators load, for a GPU too; ours where they do not.
        kept: torch.Tensor = torch.ops.torchvision.nms(boxes, scores, iou_threshold)
        return kept
    return nms(boxes, scores, iou_threshold, offset)


def _has_op(name: str) -> bool:
    """Whether torchvision's operator is defined, by torchvision or by us."""
    import torch

    return hasattr(torch.ops.torchvision, name)


def _mmcv_roi_align_forward(
    features: torch.Tensor,
    rois: torch.Tensor,
    output: torch.Tensor,
    argmax_y: torch.Tensor,
    argmax_x: torch.Tensor,
    *,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    if pool_mode != 1:
        raise NotImplementedError(
            "mmcv's RoIAlign by maximum needs the full mmcv 2.1.0; mmcv-lite is installed"
        )
    import torch

    pool = torch.ops.torchvision.roi_align if _has_op("roi_align") else roi_align
    output.copy_(
        pool(features, rois, spatial_scale, aligned_height, aligned_width, sampling_ratio, aligned)
    )


def _install_mmcv_ops() -> None:
    module = _MissingMmcvOps("mmcv._ext", "Operators of mmcv in plain torch, by vpdlib.compat.")
    module.__spec__ = ModuleSpec("mmcv._ext", loader=None)
    vars(module).update(nms=_mmcv_nms, roi_align_forward=_mmcv_roi_align_forward)
    sys.modules["mmcv._ext"] = module


class _WithoutMultimodal(Loader):
    """Loads the module by which mmpretrain decides what to import, and decides against models of text."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        module.WITH_MULTIMODAL = False  # type: ignore[attr-defined]


class _MultimodalSwitch(MetaPathFinder):
    """Finds that one module, by the usual means."""

    name = "mmpretrain.utils.dependency"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _WithoutMultimodal(spec.loader)
        return spec


def _switch_off_multimodal() -> None:
    already = any(isinstance(finder, _MultimodalSwitch) for finder in sys.meta_path)
    if not already and _MultimodalSwitch.name not in sys.modules:
        sys.meta_path.insert(0, _MultimodalSwitch())


def torchvision_models() -> Any:
    """Return ``torchvision.models``, importable also where torchvision's compiled operators do not load."""
    install()
    import torchvision

    return torchvision.models


def install() -> None:
    """Make torchvision, mmdet and mmpose importable where their compiled operators do not load.

    Call it before importing any of them. Where the real operators load it leaves them as they
    are; a second call does nothing. Packages that are not installed are passed over.
    """
    _switch_off_multimodal()
    torchvision_dir = _package_dir("torchvision")
    if torchvision_dir is not None and not _has_real_torchvision_ops(torchvision_dir):
        _install_torchvision_ops()
    mmcv_dir = _package_dir("mmcv")
    if (
        mmcv_dir is not None
        and "mmcv._ext" not in sys.modules
        and _extension_path(mmcv_dir, "_ext") is None
    ):
        _install_mmcv_ops()
