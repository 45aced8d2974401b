"""The demo sport: synthetic, uncut routines of an acrobatics event, with labels and ground truth.

Names are loaded on first use, so that importing the class names needs no OpenCV.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vpdlib.demo.generate import RoutineTruth, generate_demo, render_routine
    from vpdlib.demo.motions import CLASSES
    from vpdlib.demo.plan import DemoSettings, Routine, plan_routines

__all__ = [
    "CLASSES",
    "DemoSettings",
    "Routine",
    "RoutineTruth",
    "generate_demo",
    "plan_routines",
    "render_routine",
]


_MODULES = {
    "CLASSES": "motions",
    "DemoSettings": "plan",
    "Routine": "plan",
    "plan_routines": "plan",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'generate')}"), name)
