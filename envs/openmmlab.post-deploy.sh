#!/usr/bin/env bash
# Snakemake runs this in the new environment; by hand, activate the environment and run it. mmcv is built here and
# not from the list in openmmlab.yaml, since it compiles its operators against the torch that is already installed.
set -euo pipefail
CFLAGS="-O1 -g0 -w" MMCV_WITH_OPS=1 MAX_JOBS="${MAX_JOBS:-2}" \
    python -m pip install --no-build-isolation mmcv==2.1.0
