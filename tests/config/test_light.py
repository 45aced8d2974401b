"""Snakemake reads the configuration at every start, on a cluster in every job: what that loads must be light."""

import subprocess
import sys

HEAVY = (
    "av",
    "cv2",
    "h5py",
    "numba",
    "onnx",
    "onnxruntime",
    "pandas",
    "scipy",
    "torch",
    "torchvision",
)


def test_reading_the_configuration_loads_no_heavy_library():
    """Import-linter has a contract for that, but does not see what a package's own file brings."""
    code = (
        f"import sys, vpdlib.config.run; print(*(name for name in {HEAVY} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
