"""How loops are compiled: by Numba, without the interpreter's lock, and kept for later processes.

Numba keeps machine code where Python keeps bytecode, or in the user's cache folder; a function is compiled anew where
its file or the processor is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: compile the function on its first call with each set of types.

    Where no folder can be written to, it is compiled in every process, and otherwise the same.
    """
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError as error:
        if "cannot cache function" not in str(error):
            raise
        return njit(nogil=True)(function)
