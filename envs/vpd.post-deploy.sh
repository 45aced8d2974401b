#!/usr/bin/env bash
# What pip installs into the environment of vpd.yaml. Snakemake runs this in the new environment; by
# hand, activate the environment and run it. The packages are not in vpd.yaml, since a conda file cannot switch off
# pip's build isolation: chumpy cannot be built in isolation, and xtcocotools must be built against the numpy here.
# The lists are copies that `make pins` renews. Snakemake runs a copy of this script from elsewhere, which finds no
# other file of ours; and with the lists in it, a changed pin makes a new environment.
set -euo pipefail

lists=$(mktemp -d)
trap 'rm -rf "$lists"' EXIT
cat >"$lists/requirements.txt" <<'REQUIREMENTS'
# What the workflow runs on, pinned. constraints.txt pins what these need in turn. `make env` installs both
# (setuptools and numpy first, no build isolation: chumpy, which mmpose asks for, cannot be built otherwise).
# torch 2.13.0 is paired with torchvision 0.28.0. On Linux the index's torch brings CUDA; for a small CPU-only
# install see docs/install.md.
setuptools<81
torch==2.13.0
torchvision==0.28.0
mmengine==0.10.7
mmcv-lite==2.1.0
mmdet==3.3.0
mmpose==1.3.2
mmpretrain==1.2.0
snakemake==9.27.1
snakemake-executor-plugin-cluster-generic==1.0.9
opencv-python==5.0.0.93
av==18.1.0
onnx==1.23.2
onnxruntime==1.31.1
h5py==3.16.0
numpy==2.3.5
pandas==3.1.1
scipy==1.17.1
matplotlib==3.11.2
numba==0.68.1
safetensors==0.8.0
pydantic==2.14.3
PyYAML==6.0.3
tqdm==4.70.1
pooch==1.9.0
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
Cython==3.3.1
distlib==0.4.4
docutils==0.22.4
dpath==2.2.0
dtw-python==1.9.0
einops==0.8.2
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
identify==2.6.20
idna==3.20
immutables==0.21
import-linter==2.16
importlib_metadata==10.2.0
iniconfig==2.3.1
Jinja2==3.1.6
json-tricks==3.17.3
jsonschema-specifications==2025.9.1
jsonschema==4.26.0
jupyter_core==5.9.1
kiwisolver==1.5.1
lazy-importer==0.1.0
librt==0.16.0
llvmlite==0.50.0
markdown-it-py==4.3.0
Markdown==3.11.3
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
mypy_extensions==1.2.0
mypy==2.4.1
nbformat==5.11.1
networkx==3.6.1
nodeenv==1.12.0
numba==0.68.1
numpy==2.3.5
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
pydantic_core==2.50.4
pydantic==2.14.3
Pygments==2.21.0
pyparsing==3.3.3
pytest==9.2.0
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
snakemake-executor-plugin-cluster-generic==1.0.9
snakemake-interface-common==1.23.0
snakemake-interface-executor-plugins==9.4.0
snakemake-interface-logger-plugins==2.1.0
snakemake-interface-report-plugins==1.3.0
snakemake-interface-scheduler-plugins==2.0.2
snakemake-interface-storage-plugins==4.4.1
snakemake==9.27.1
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
xtcocotools==1.14.3
yapf==0.43.0
yte==1.9.4
zipp==4.1.2
CONSTRAINTS

options=(--no-build-isolation --no-binary xtcocotools -c "$lists/constraints.txt")
# numpy must be there before xtcocotools is built against it; setuptools before chumpy.
python -m pip install 'setuptools<81' wheel cython numpy -c "$lists/constraints.txt"
python -m pip install "${options[@]}" -r "$lists/requirements.txt"
