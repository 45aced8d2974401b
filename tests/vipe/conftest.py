"""Make the skeletons beside this file importable: tests are collected in import mode importlib."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
