"""Everything that is looked at, put together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from vpdlib.doctor.children import Answer, run_probes
from vpdlib.doctor.item import Item, State
from vpdlib.doctor.machine import look_at_machine
from vpdlib.doctor.packages import look_at_packages
from vpdlib.doctor.weights import are_ready, look_at_weights

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class _Probed:
    """How an answer is shown: part of the table, name, whether the demo needs it, what to do where it is wrong."""

    part: str
    name: str
    needed: bool
    remedy: str = "make env"


_OPENMMLAB = "make env; for compiled operators make openmmlab (docs/gpu.md)"
_SHOWN = {
    "codecs": _Probed("Video", "codecs", True),
    "nanodet": _Probed("Detectors of people", "nanodet", True),
    "multipose": _Probed("Detectors of people", "multipose", True),
    "mmdet": _Probed("Detectors of people", "mmdet", False, _OPENMMLAB),
    "movenet_thunder": _Probed("Teachers", "movenet_thunder", True),
    "onnx": _Probed("Teachers", "onnx", False),
    "mmpose": _Probed("Teachers", "mmpose", False, _OPENMMLAB),
    "opencv_flow": _Probed("Flow", "dis, farneback", True),
    "raft": _Probed("Flow", "raft", False),
    "torch": _Probed("Training", "torch", True),
    "timm": _Probed("Training", "timm", True),
    "libraries": _Probed("Training", "other libraries", True),
    "cuda": _Probed("Training", "CUDA", False, "docs/gpu.md"),
}
#: Beside each other: what needs ONNX Runtime alone, and what needs torch. What the demo needs comes first.
_CHAINS = (
    ("codecs", "nanodet", "multipose", "movenet_thunder", "onnx", "opencv_flow", "libraries"),
    ("torch", "timm", "cuda", "raft", "mmdet", "mmpose"),
)


def examine(networks_dir: Path, results: Path, seconds: float) -> list[Item]:
    """Look at everything.

    Parameters
    ----------
    networks_dir : the folder of converted networks.
    results : that of results.
    seconds : all of it takes no longer, but for a second.
    """
    end = time.monotonic() + seconds
    weights = look_at_weights(networks_dir)
    machine = look_at_machine(results, are_ready(weights))
    packages = look_at_packages(_ROOT)
    answers = run_probes(_CHAINS, networks_dir, end - time.monotonic())
    return [*machine, *packages, *weights, *_probed(answers)]


def _probed(answers: dict[str, Answer]) -> list[Item]:
    return [_item(_SHOWN[name], answers[name]) for name in _SHOWN]


def _item(shown: _Probed, answer: Answer) -> Item:
    states: dict[str, State] = {state: state for state in get_args(State)}
    state = states[answer.state]
    remedy = {"wrong": shown.remedy, "unknown": "wait longer: --seconds 120"}.get(state, "")
    return Item(shown.part, shown.name, state, answer.said, remedy, shown.needed)
