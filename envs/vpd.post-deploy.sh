#!/usr/bin/env bash
# What pip installs into the environment of vpd.yaml, and into that of openmmlab.yaml, whose script is a link to this
# one. Snakemake runs this in the new environment; by hand, activate the environment and run it. The packages are not in
# the .yaml, since a conda file cannot switch off pip's build isolation: chumpy cannot be built in isolation.
# The lists and the stand-in for xtcocotools are copies that `make pins` renews. Snakemake runs a copy of this script from
# elsewhere, which finds no other file of ours; and with the lists in it, a changed pin makes a new environment.
set -euo pipefail

lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
cat >"$lists/requirements.txt" <<'REQUIREMENTS'
# What the workflow runs on, pinned, for Python 3.11, 3.12 and 3.13. constraints.txt pins what these need in turn. `make env`
# installs both (setuptools first, no build isolation: chumpy, which mmpose asks for, cannot be built otherwise).
# torch 2.13.0 is paired with torchvision 0.28.0. On Linux the index's torch brings CUDA; for a small CPU-only
# install see docs/install.md.
setuptools<81
torch==2.13.0
torchvision==0.28.0
mmengine==0.10.7
mmcv-lite==2.1.0
mmdet==3.3.0
mmpose==1.3.2
# In place of the xtcocotools that mmpose asks for, which Python 3.13 cannot build. A folder here, to be called from here.
./envs/xtcocotools
mmpretrain==1.2.0
snakemake==9.27.1
snakemake-executor-plugin-slurm==2.8.0
opencv-python==5.0.0.93
av==18.1.0
onnx==1.23.2
onnxruntime==1.31.1
h5py==3.16.0
numpy==2.4.6
pandas==3.1.1
scipy==1.17.1
matplotlib==3.11.2
numba==0.68.1
timm==1.0.31
safetensors==0.8.0
pydantic==2.14.3
PyYAML==6.0.3
tqdm==4.70.1
pooch==1.9.0
filelock==4.2.11
Pygments==2.21.0
REQUIREMENTS
cat >"$lists/constraints.txt" <<'CONSTRAINTS'
setuptools==80.10.2
wheel==0.48.0
addict==2.4.0
annotated-doc==0.0.7
annotated-types==0.8.0
anyio==4.16.0
argparse-dataclass==2.0.0
ast_serialize==0.13.1
attrs==26.1.0
av==18.1.0
black==26.10.1
certifi==2026.10.18
cfgv==3.5.0
charset-normalizer==3.5.2
chumpy==0.70
click==8.5.1
conda-inject==1.3.2
ConfigArgParse==1.9.0
connection-pool==0.0.3
contourpy==1.3.3
cycler==0.12.1
distlib==0.4.4
docutils==0.22.4
dpath==2.2.0
dtw-python==1.9.0
einops==0.8.2
execnet==2.1.2
fastjsonschema==2.22.3
filelock==4.2.11
flatbuffers==25.12.19
fonttools==4.68.0
fsspec==2026.9.0
gitdb==4.0.12
GitPython==3.2.1
greenlet==3.5.6
grimp==3.19
h11==0.16.0
h5py==3.16.0
hf-xet==1.8.0
httpcore2==2.16.2
httpx2==2.16.2
huggingface_hub==2.4.0
humanfriendly==10.0
hypothesis==6.170.17
identify==2.6.20
idna==3.20
immutables==0.21
import-linter==2.16
importlib_metadata==10.2.0
iniconfig==2.3.1
Jinja2==3.1.6
json-tricks==3.17.3
jsonschema==4.26.0
jsonschema-specifications==2025.9.1
jupyter_core==5.9.1
kiwisolver==1.5.1
lazy-importer==0.1.0
librt==0.16.0
llvmlite==0.50.0
Markdown==3.11.3
markdown-it-py==4.3.0
MarkupSafe==3.0.4
mat4py==0.6.0
matplotlib==3.11.2
mdurl==0.1.2
ml_dtypes==0.6.0
mmcv-lite==2.1.0
mmdet==3.3.0
mmengine==0.10.7
mmpose==1.3.2
mmpretrain==1.2.0
model-index==0.1.11
modelindex==0.0.2
motmetrics==1.4.0
mpmath==1.3.0
munkres==3.0.0
mypy==2.4.1
mypy_extensions==1.2.0
nbformat==5.11.1
networkx==3.6.1
nodeenv==1.12.0
numba==0.68.1
numpy==2.4.6
onnx==1.23.2
onnxruntime==1.31.1
opencv-python==5.0.0.93
ordered-set==4.1.0
packaging==25.0
pandas==3.1.1
pathspec==1.1.1
pillow==13.0.0
platformdirs==4.14.7
pluggy==1.7.0
pooch==1.9.0
pre_commit==4.7.0
protobuf==7.36.2
psutil==7.2.2
PuLP==3.3.2
pycocotools==2.0.11
pydantic==2.14.3
pydantic_core==2.50.4
Pygments==2.21.0
pyparsing==3.3.3
pytest==9.2.0
pytest-xdist==3.8.0
python-dateutil==4.0.0
python-discovery==1.9.5
pytokens==0.4.1
PyYAML==6.0.3
referencing==0.37.0
regex==2026.11.19
requests==2.34.2
rich==15.0.0
rpds-py==2026.9.1
ruff==0.17.6
safetensors==0.8.0
scipy==1.17.1
shapely==2.2.0
shellingham==1.5.4
shfmt-py==4.2.0
six==1.17.0
smart_open==7.7.1
smmap==5.0.3
snakefmt==2.1.0
snakemake==9.27.1
snakemake-executor-plugin-slurm==2.8.0
snakemake-executor-plugin-slurm-jobstep==0.6.1
snakemake-interface-common==1.23.0
snakemake-interface-executor-plugins==9.4.0
snakemake-interface-logger-plugins==2.1.0
snakemake-interface-report-plugins==1.3.0
snakemake-interface-scheduler-plugins==2.0.2
snakemake-interface-storage-plugins==4.4.1
sortedcontainers==2.4.0
SQLAlchemy==2.0.58
sqlmodel==0.0.37
sympy==1.14.0
tabulate==0.10.0
tenacity==9.2.1
termcolor==3.3.0
terminaltables==3.1.10
throttler==1.2.3
tokenizers==0.23.3
torchvision==0.28.0
tqdm==4.70.1
traitlets==5.16.1
transformers==5.24.0
truststore==0.10.5
typer==0.29.2
typing_extensions==4.16.0
typing-inspection==0.4.5
tzdata==2026.6
urllib3==2.8.0
virtualenv==21.14.5
wrapt==2.5.2
xmltodict==1.0.4
yapf==0.43.0
yte==1.9.4
zipp==4.1.2
CONSTRAINTS

mkdir -p "$lists/envs/xtcocotools"
cat >"$lists/envs/xtcocotools/pyproject.toml" <<'PROJECT'
# mmpose asks for a distribution of this name. See xtcocotools.py beside this file.
[build-system]
requires = ["setuptools<81"]
build-backend = "setuptools.build_meta"

[project]
name = "xtcocotools"
# The version whose interface this is, and that it is not that distribution itself.
version = "1.14.3+pycocotools"
description = "mmpose's xtcocotools on top of pycocotools; refuses what only the real one can do"
requires-python = ">=3.11"
dependencies = ["pycocotools"]

[tool.setuptools]
py-modules = ["xtcocotools"]
PROJECT
cat >"$lists/envs/xtcocotools/xtcocotools.py" <<'MODULE'
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
MODULE

# requirements.txt names that folder from here.
cd "$lists"
options=(--no-build-isolation -c "$lists/constraints.txt")
# ninja, which only openmmlab.yaml asks for, says that the full mmcv is wanted.
mmcv=
if [ -x "${CONDA_PREFIX:?activate the environment first}/bin/ninja" ]; then
    mmcv=$(sed -n 's/^mmcv-lite==/mmcv==/p' "$lists/requirements.txt")
    sed -i '/^mmcv-lite==/d' "$lists/requirements.txt"
fi
# setuptools must be there before chumpy is built.
python -m pip install 'setuptools<81' wheel -c "$lists/constraints.txt"
python -m pip install "${options[@]}" -r "$lists/requirements.txt"
if [ -n "$mmcv" ]; then
    # mmcv compiles its operators against the torch that is installed by now.
    CFLAGS="-O1 -g0 -w" MMCV_WITH_OPS=1 MAX_JOBS="${MAX_JOBS:-2}" python -m pip install "${options[@]}" "$mmcv"
fi
