"""xtcocotools, as mmpose imports it, on top of pycocotools.

The real xtcocotools 1.14.3 has no wheel for numpy 2 and cannot be built under Python 3.13 at all. It is a fork of
pycocotools, which has wheels for all: reading annotations, masks and the evaluation of 17 or any other keypoints
are the same, but that a person without a visible keypoint is told by ``num_keypoints`` and a detection without one
counts as any other. What only the fork can do is refused by name.
"""

import sys
from types import ModuleType

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import pycocotools.mask as mask

__version__ = "1.14.3+pycocotools"

_IOU_TYPES = ("segm", "bbox", "keypoints")


def _refuse(what):
    raise NotImplementedError(
        f"{what} is of the real xtcocotools; installed is its stand-in, by pycocotools. Under Python 3.11 or 3.12, "
        "with a C compiler and Cython, install the real one: pip install --force-reinstall --no-deps "
        "--no-build-isolation --no-binary xtcocotools xtcocotools==1.14.3"
    )


class COCO(pycocotools.coco.COCO):
    """Annotations in COCO's form; ``iscrowd`` may be missing."""

    def __init__(self, annotation_file=None, test_index=None, ann_data=None):
        if test_index is not None:
            _refuse("test_index of COCO()")
        if ann_data is not None:
            _refuse("ann_data of COCO()")
        super().__init__(annotation_file)

    def createIndex(self):
        """As pycocotools."""
        for annotation in self.dataset.get("annotations", []):
            annotation.setdefault("iscrowd", False)
        super().createIndex()

    def loadRes(self, resFile, resData=None):
        """As pycocotools, of a file or its content."""
        if resData is not None:
            _refuse("resData of COCO.loadRes()")
        return super().loadRes(resFile)


class COCOeval(pycocotools.cocoeval.COCOeval):
    """Evaluation of boxes, masks or keypoints; ``sigmas`` are those of the keypoints, COCO's 17 by default."""

    def __init__(self, cocoGt=None, cocoDt=None, iouType="keypoints", sigmas=None, use_area=True):
        if iouType not in _IOU_TYPES:
            _refuse(f"iouType={iouType!r} of COCOeval()")
        if not use_area:
            _refuse("use_area=False of COCOeval()")
        if cocoGt is not None and 0 in cocoGt.anns:
            # It takes 0 for "no match".
            raise ValueError(
                "pycocotools cannot evaluate an annotation with id 0: number them from 1"
            )
        super().__init__(cocoGt, cocoDt, iouType)
        if sigmas is not None:
            if iouType != "keypoints":
                raise ValueError(f"sigmas are of keypoints, not of iouType={iouType!r}: leave out")
            self.params.kpt_oks_sigmas = np.asarray(sigmas)


def _module(name, **content):
    module = ModuleType(f"{__name__}.{name}")
    vars(module).update(content)
    return module


coco = _module("coco", COCO=COCO)
cocoeval = _module("cocoeval", COCOeval=COCOeval, Params=pycocotools.cocoeval.Params)
# `import xtcocotools.coco` finds them here once this module has run; they are no files of their own.
sys.modules.update(
    {f"{__name__}.coco": coco, f"{__name__}.cocoeval": cocoeval, f"{__name__}.mask": mask}
)
