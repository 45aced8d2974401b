"""Snakemake reads the configuration at every start, on a cluster in every job: what that loads must be light."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_reading_the_configuration_loads_no_heavy_library():
    """Import-linter has a contract for that, but does not see what a package's own file brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    (heavy,) = (c["forbidden_modules"] for c in contracts if c["type"] == "forbidden")
    assert {"scipy", "torch"} <= set(heavy)
    code = (
        f"import sys, vpdlib.config.run; print(*(name for name in {heavy} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_making_tables_loads_no_torch():
    """Dozens of short jobs of a run make and list tables, and torch takes seconds to load."""
    code = "import sys; sys.path[:0] = ['workflow_scripts']; import figure3, list_found, table; "
    done = subprocess.run(
        [sys.executable, "-c", code + "print('torch' in sys.modules)"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "False"
