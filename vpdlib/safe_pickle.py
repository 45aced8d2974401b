"""Reading pickles that others publish, without executing anything in them.

A pickle is a program: it may name any function and call it. Here it may name only what numbers, strings, arrays and
containers are written with, and each of these names stands for a stand-in of ours that merely records what it
is given; every other name is refused before anything is called. What was recorded is checked and made into values
afterwards, so an array that claims more than its bytes is refused and never allocated.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

#: Booleans, integers, floating point, complex numbers, bytes and text of a stated size.
_DTYPE = re.compile(r"[<>|=]?(?:[biufcSU][1-9][0-9]{0,4}|\?)")
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
#: What a damaged stream makes the unpickler raise.
_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    MemoryError,
    RecursionError,
)


class UnsafePickleError(ValueError):
    """A pickle holds more than plain data, or is damaged; nothing of it was executed."""


class _Sealed(type):
    """A class whose attributes a pickle cannot set."""

    def __setattr__(cls, name: str, value: Any) -> None:
        raise UnsafePickleError(f"a change of {cls.__name__}")


class _Tuple(metaclass=_Sealed):
    """Stands for a named tuple: its values as a plain tuple."""

    def __new__(cls, *values: Any) -> Any:
        return tuple(values)


class _DType(metaclass=_Sealed):
    """Stands for ``numpy.dtype``: its name, and the byte order that is set afterwards."""

    def __init__(self, name: Any, *flags: Any) -> None:
        if not isinstance(name, str) or not _DTYPE.fullmatch(name):
            raise UnsafePickleError(f"an array of type {name!r}; numbers and text are read")
        self.name, self.order = name.lstrip("<>|="), "="

    def __setstate__(self, state: Any) -> None:
        # (version, byte order, subarray, names, fields, ...): no parts, no fields.
        if not isinstance(state, tuple) or len(state) < 5 or any(state[2:5]):
            raise UnsafePickleError("an array of structured type; numbers and text are read")
        if state[1] not in ("<", ">", "|", "="):
            raise UnsafePickleError(f"an array of unknown byte order {state[1]!r}")
        self.order = state[1]

    def resolve(self) -> np.dtype[Any]:
        return np.dtype(self.name if self.order == "|" else self.order + self.name)


class _Array(metaclass=_Sealed):
    """Stands for an array: shape, type and bytes."""

    content: tuple[Any, ...] | None = None

    def __init__(self, *_: Any) -> None:
        """Take what ``_reconstruct`` is called with, which says nothing."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise UnsafePickleError("an array of unknown form")
        _, shape, dtype, fortran, data = state
        self.content = (shape, dtype, "F" if fortran else "C", data)

    def resolve(self) -> np.ndarray:
        if self.content is None:
            raise UnsafePickleError("an array without content")
        shape, dtype, order, data = self.content
        if not isinstance(dtype, _DType) or not isinstance(data, bytes | bytearray):
            raise UnsafePickleError("an array that does not hold bytes of a numeric type")
        if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
            raise UnsafePickleError(f"an array of shape {shape!r}")
        resolved = dtype.resolve()
        claimed = math.prod(shape) * resolved.itemsize
        if claimed != len(data):
            raise UnsafePickleError(
                f"an array of shape {shape} that needs {claimed} bytes and has {len(data)}"
            )
        return np.frombuffer(bytes(data), resolved).reshape(shape, order=order).copy()


class _Scalar(metaclass=_Sealed):
    """Stands for a number of NumPy."""

    def __init__(self, dtype: Any, data: Any) -> None:
        self.array = _Array()
        self.array.content = ((1,), dtype, "C", data)

    def __setstate__(self, state: Any) -> None:
        raise UnsafePickleError("a number with a state")

    def resolve(self) -> Any:
        return self.array.resolve()[0]


class _FromBuffer(metaclass=_Sealed):
    """Stands for the function that makes an array of a buffer."""

    def __new__(cls, data: Any, dtype: Any, shape: Any, order: Any, *_: Any) -> Any:
        array = _Array()
        array.content = (shape, dtype, "F" if order == "F" else "C", data)
        return array


class _Encode(metaclass=_Sealed):
    """Stands for the function that old protocols write bytes with."""

    def __new__(cls, text: Any, encoding: Any) -> Any:
        if not isinstance(text, str) or encoding != "latin1":
            raise UnsafePickleError("bytes of unknown form")
        return text.encode("latin1")


class _EmptyBytes(metaclass=_Sealed):
    """Stands for ``bytes``, which old protocols call for empty ones."""

    def __new__(cls) -> Any:
        return b""


class _NdarrayName(metaclass=_Sealed):
    """Stands for ``numpy.ndarray``, which is named and never called."""

    def __new__(cls, *_: Any) -> Any:
        raise UnsafePickleError("a call of numpy.ndarray")


_KNOWN: dict[str, Callable[..., Any]] = {
    "numpy.dtype": _DType,
    "numpy.ndarray": _NdarrayName,
    "_codecs.encode": _Encode,
    **{
        f"numpy.{core}.{name}": stand_in
        for core in ("core", "_core")
        for name, stand_in in (
            ("multiarray._reconstruct", _Array),
            ("multiarray.scalar", _Scalar),
            ("numeric._frombuffer", _FromBuffer),
        )
    },
    **{
        f"{module}.{name}": stand_in
        for module in ("builtins", "__builtin__")
        for name, stand_in in (("set", set), ("frozenset", frozenset), ("bytes", _EmptyBytes))
    },
}


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, stream: BinaryIO, tuples: Collection[str]) -> None:
        super().__init__(stream)
        self._tuples = frozenset(tuples)

    def find_class(self, module: str, name: str) -> Any:
        """Give the stand-in of a name; extension codes come through here too."""
        full = f"{module}.{name}"
        if full in self._tuples:
            return _Tuple
        if full not in _KNOWN:
            raise UnsafePickleError(f"the name {full!r}, which is no plain data")
        return _KNOWN[full]

    def persistent_load(self, pid: Any) -> Any:
        """Refuse references to things outside of the file."""
        raise UnsafePickleError("a reference to something outside of the file")


class _Maker:
    """Makes plain values of what was recorded; each thing once, so that shared parts do not multiply."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}
        self._open: set[int] = set()

    def make(self, value: Any) -> Any:
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            return value
        key = id(value)
        if key in self._made:
            return self._made[key]
        if key in self._open:
            raise UnsafePickleError("a container that holds itself")
        self._open.add(key)
        made = self._build(value)
        self._open.discard(key)
        self._made[key] = made
        return made

    def _build(self, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return [self.make(item) for item in value]
        if kind is dict:
            return {self.make(k): self.make(v) for k, v in value.items()}
        if kind in (tuple, set, frozenset):
            return kind(self.make(item) for item in value)
        if kind in (_Array, _Scalar):
            return value.resolve()
        if kind is _DType:
            return str(value.resolve())
        raise UnsafePickleError(f"something of type {kind.__name__!r}, which is no plain data")


def _check_opcodes(stream: BinaryIO, size: int) -> None:
    """Refuse what the unpickler would allocate or look up before any name is asked for."""
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name.startswith("EXT"):
            raise UnsafePickleError("an extension code, which stands for a name")
        # A number that memory is made for at once; each entry takes a byte at least.
        if "PUT" in opcode.name and isinstance(argument, int) and argument > size:
            raise UnsafePickleError(f"a reference numbered {argument} in {size} bytes")


def loads_plain(data: bytes, where: str, tuples: Collection[str] = ()) -> Any:
    """Read a pickle that is in memory; see :func:`load_plain`. ``where`` names it in messages."""
    return _load(io.BytesIO(data), len(data), where, tuples)


def load_plain(path: Path, tuples: Collection[str] = (), max_bytes: int = 4 << 30) -> Any:
    """Read a pickle of numbers, strings, arrays and containers.

    Parameters
    ----------
    path : the file.
    tuples : named tuples, such as ``"util.video.VideoMetadata"``, that are read as plain tuples.
    max_bytes : a larger file is not read.

    Returns
    -------
    None, numbers, strings, bytes, lists, tuples, dicts, sets, NumPy arrays and numbers; a dtype as its name.

    Raises
    ------
    UnsafePickleError
        For anything else, before it is called; and for a damaged or too large file.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise UnsafePickleError(
            f"{path}: {size} bytes, more than the {max_bytes} that are read; convert it to HDF5"
        )
    with path.open("rb") as stream:
        return _load(stream, size, str(path), tuples)


def _load(stream: BinaryIO, size: int, where: str, tuples: Collection[str]) -> Any:
    try:
        _check_opcodes(stream, size)
        stream.seek(0)
        return _Maker().make(_PlainUnpickler(stream, tuples).load())
    except UnsafePickleError as error:
        raise UnsafePickleError(
            f"{where} holds {error}. Nothing in it was executed. Convert it to npz or HDF5 with "
            "the tool that wrote it."
        ) from error
    except _DAMAGED as error:
        raise UnsafePickleError(
            f"{where} is no readable pickle of plain data ({error}): damaged, cut, or of another form. "
            "Obtain it again, or convert it to npz or HDF5."
        ) from error
