"""Reading pickles that others publish, without executing anything in them.

A pickle is a program: it may name any function and call it. Here it may name only what plain data are written
with, and each of these names stands for a stand-in of ours; every other name is refused before anything is
called. Two further steps enclose that. Before, all opcodes are walked through and those are refused that reach past
names (extension codes, persistent ids, out-of-band buffers) or claim memory that the file does not pay for.
After, what was read is copied into plain containers, and a stand-in that is left over is refused. The standard
library's way, an ``Unpickler`` that allows some names, is the core of it; alone it would bound no memory, and hand
NumPy's own functions whatever the file says.

Arrays are views of the bytes in the file: a shape that needs more or fewer bytes is refused, nothing is
allocated for it, and many arrays of the same bytes cost nothing; so most arrays are read-only.

A file can still waste time or nest tuples so deeply that Python's own hash overflows; it cannot run code.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

#: A larger file is not read unless asked for.
MAX_BYTES = 4 << 30
#: Booleans, integers, floats, complex numbers and text; the byte order comes from the state.
_DTYPE_NAME = re.compile(
    r"[<>|=]?(b1|[iu][1248]|f(?:2|4|8|12|16)|c(?:8|16|24|32)|U[1-9][0-9]{0,5})"
)
#: An empty array may still claim this many rows; they cost nothing here, but a loop over them does.
_MAX_EMPTY = 1 << 24
_MAX_DEPTH = 100
_MAX_FIELDS = 256
_ATOMS = frozenset({type(None), bool, int, float, str, bytes})
#: What the unpickler raises on damaged data.
_DAMAGED = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
    MemoryError,
    RecursionError,
)


class UnsafePickleError(ValueError):
    """A pickle holds more than plain data, or is damaged; nothing in it was executed."""


class _Refused(Exception):
    """Why a pickle is refused, to be completed with its name and a remedy."""


class _StandIn:
    """What a pickle gets in place of a thing it names; no attribute of it can be set."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise _Refused("sets the state of something that is no array")


class _Callable(_StandIn):
    """Stands for a function: calls ours."""

    __slots__ = ("_make", "name")

    def __init__(self, name: str, make: Callable[..., Any]) -> None:
        self.name, self._make = name, make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)


class _Sealed(type):
    """A class whose attributes a pickle cannot set."""

    def __setattr__(cls, name: str, value: Any) -> NoReturn:
        raise _Refused("changes a class")

    def __setstate__(cls, state: Any) -> NoReturn:
        raise _Refused("sets the state of a class")


class _Tuple(metaclass=_Sealed):
    """Stands for a named tuple, which makes a plain one. A class, since NEWOBJ takes nothing else."""

    __slots__ = ()

    def __new__(cls, *values: Any) -> Any:
        if len(values) > _MAX_FIELDS:  # the values are copied; see _Factory
            raise _Refused(f"makes a named tuple of {len(values)} values")
        return values


class _DType(_StandIn):
    """Stands for a dtype, of which name and byte order are taken and nothing else."""

    __slots__ = ("value",)

    def __init__(self, name: Any, align: Any = False, copy: Any = True) -> None:
        match = _DTYPE_NAME.fullmatch(name) if type(name) is str else None
        if match is None:
            raise _Refused(
                f"holds an array of type {name!r:.60}; only numbers, booleans and text are read"
            )
        self.value: np.dtype[Any] = np.dtype(name)

    def __setstate__(self, state: Any) -> None:
        # (3, byte order, subarray, names, fields, item size, alignment, flags); with metadata it is longer.
        if type(state) is not tuple or len(state) != 8 or state[2:5] != (None, None, None):
            raise _Refused(
                "holds an array of structured type; only numbers, booleans and text are read"
            )
        if state[0] != 3 or state[1] not in ("<", ">", "=", "|"):
            raise _Refused(f"holds a dtype of unknown form {state[:2]!r:.60}")
        if state[5] not in (-1, self.value.itemsize):
            raise _Refused(f"holds a dtype {self.value} that claims {state[5]!r:.40} bytes")
        self.value = self.value.newbyteorder(state[1])


class _Array(_StandIn):
    """Stands for an array until its state is known."""

    __slots__ = ("array",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self) -> None:
        self.array: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) != 5 or state[0] != 1:
            raise _Refused("holds an array whose state is of unknown form")
        _, shape, dtype, fortran, raw = state
        self.array = _view(raw, dtype, shape, "F" if fortran else "C")


def _view(raw: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    if type(dtype) is not _DType:
        raise _Refused("holds an array without a dtype")
    if type(raw) not in (bytes, bytearray):
        raise _Refused(f"holds an array made of a {type(raw).__name__}; object arrays are not read")
    if type(shape) is not tuple or len(shape) > 32 or not all(type(n) is int for n in shape):
        raise _Refused(f"holds an array of shape {shape!r:.60}")
    claimed = math.prod(shape) * dtype.value.itemsize
    if min(shape, default=0) < 0 or claimed != len(raw):
        raise _Refused(
            f"holds an array of shape {shape} that needs {claimed} bytes and has {len(raw)}"
        )
    if claimed == 0 and math.prod(n for n in shape if n) > _MAX_EMPTY:
        raise _Refused(f"holds an empty array of shape {shape}")
    if order not in ("C", "F"):
        raise _Refused(f"holds an array of unknown order {order!r:.20}")
    return np.ndarray(shape, dtype.value, raw, order=order)


class _Factory:
    """Makes what a pickle may call for; what is copied must not pass the size of the file.

    Without that bound a file could have one long text copied at every few bytes.
    """

    def __init__(self, num_bytes: int) -> None:
        self._left = num_bytes
        makers: dict[str, Callable[..., Any]] = {
            "numpy.dtype": _DType,
            "numpy.ndarray": self._ndarray,
            "_codecs.encode": self._encode,
        }
        for core in ("core", "_core"):
            makers[f"numpy.{core}.multiarray._reconstruct"] = self._reconstruct
            makers[f"numpy.{core}.multiarray.scalar"] = self._scalar
            makers[f"numpy.{core}.numeric._frombuffer"] = self._frombuffer
        for module in ("builtins", "__builtin__"):
            makers[f"{module}.set"] = lambda items=(): set(self._spend(items, list))
            makers[f"{module}.frozenset"] = lambda items=(): frozenset(self._spend(items, list))
            makers[f"{module}.bytes"] = lambda: b""
            makers[f"{module}.tuple"] = self._named_only
        for module in ("copyreg", "copy_reg"):
            makers[f"{module}._reconstructor"] = self._old_tuple
        self.known = {name: _Callable(name, make) for name, make in makers.items()}

    def _spend(self, value: Any, kind: type) -> Any:
        if type(value) is not kind and value != ():
            raise _Refused(f"makes something of a {type(value).__name__} in place of {kind}")
        self._left -= len(value)
        if self._left < 0:
            raise _Refused("has the same data copied over and over")
        return value

    def _ndarray(self, *_: Any) -> NoReturn:
        raise _Refused("calls numpy.ndarray")

    def _named_only(self, *_: Any) -> NoReturn:
        raise _Refused("calls tuple")

    def _encode(self, text: Any, encoding: Any) -> bytes:
        if encoding != "latin1":
            raise _Refused(f"encodes text as {encoding!r:.40}")
        encoded: bytes = self._spend(text, str).encode("latin1")
        return encoded

    def _reconstruct(self, kind: Any, shape: Any, code: Any) -> _Array:
        if getattr(kind, "name", None) != "numpy.ndarray":
            raise _Refused("makes an array of another kind than numpy.ndarray")
        return _Array()

    def _scalar(self, dtype: Any, raw: Any = None) -> Any:
        return _view(self._spend(raw, bytes), dtype, (1,), "C")[0]

    def _frombuffer(self, raw: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> _Array:
        made = _Array()
        if order == "K" and axes is not None:
            # NumPy 2.3 and later: axes in the order of memory, and how to put them back.
            view = _view(raw, dtype, shape, "C")
            if type(axes) is not tuple or sorted(axes) != list(range(view.ndim)):
                raise _Refused(f"holds an array whose axes are ordered {axes!r:.60}")
            made.array = view.transpose(axes)
        else:
            made.array = _view(raw, dtype, shape, order)
        return made

    def _old_tuple(self, kind: Any, base: Any, values: Any) -> tuple[Any, ...]:
        name = getattr(base, "name", "")
        if kind is not _Tuple or not name.endswith(".tuple") or type(values) is not tuple:
            raise _Refused("makes an object of a class")
        return values


class _Reader(pickle.Unpickler):
    def __init__(self, data: bytes, tuples: Collection[str]) -> None:
        # The unpickler reads ahead only from a stream that can be peeked into.
        super().__init__(io.BufferedReader(io.BytesIO(data), 1 << 17))
        self._known = _Factory(len(data)).known
        self._tuples = frozenset(tuples)

    def find_class(self, module: str, name: str) -> Any:
        """Give the stand-in of a name."""
        full = f"{module}.{name}"
        if full in self._known:
            return self._known[full]
        if full in self._tuples:
            return _Tuple
        raise _Refused(f"holds the name {full[:120]!r}, which is no plain data")


def _steps() -> list[int]:
    """Bytes after each opcode; negative as `pickletools` counts them, -9 for what needs a look, -8 unknown."""
    steps = [-8] * 256
    for opcode in pickletools.opcodes:
        steps[ord(opcode.code)] = opcode.arg.n if opcode.arg is not None else 0
    for name in b".ciPQ\x82\x83\x84\x97pr":
        steps[name] = -9
    return steps


_STEPS = _steps()
_REACHING_OUT = {
    **dict.fromkeys(b"PQ", "a persistent id, which stands for something outside of the file"),
    **dict.fromkeys(b"\x82\x83\x84", "an extension code, which stands for a name"),
    0x97: "an out-of-band buffer, which is not in the file",
}
#: Kind of step -> bytes of the length in front of the data, and whether it has a sign.
_LENGTHS = {
    pickletools.TAKEN_FROM_ARGUMENT1: (1, False),
    pickletools.TAKEN_FROM_ARGUMENT4: (4, True),
    pickletools.TAKEN_FROM_ARGUMENT4U: (4, False),
    pickletools.TAKEN_FROM_ARGUMENT8U: (8, False),
}


def _check_put(index: int, num_puts: int) -> None:
    # The unpickler makes room for `index` things at once; picklers number them one by one. The first 256 may
    # have been numbered by an opcode that is not counted.
    if index > num_puts + 256:
        raise _Refused(f"holds a reference numbered {index}, where {num_puts + 256} at most can be")


def _scan(data: bytes) -> None:
    """Walk through the opcodes and refuse what the unpickler would act on before a name is asked for."""
    at, end, num_puts = 0, len(data), 0
    while at < end:
        code = data[at]
        step = _STEPS[code]
        at += 1
        if step >= 0:
            at += step
        elif step in _LENGTHS:
            width, signed = _LENGTHS[step]
            length = int.from_bytes(data[at : at + width], "little", signed=signed)
            if not 0 <= length <= end - at - width:
                raise EOFError(f"{length} bytes are announced at byte {at - 1}")
            at += width + length
        elif code == ord("."):
            if at < end:
                raise _Refused(f"goes on for {end - at} bytes after its end")
            return
        elif code in _REACHING_OUT:
            raise _Refused(f"holds {_REACHING_OUT[code]}")
        elif code == ord("r"):
            num_puts += 1
            _check_put(int.from_bytes(data[at : at + 4], "little"), num_puts)
            at += 4
        elif step == pickletools.UP_TO_NEWLINE or code in b"cip":
            start = at
            for _ in range(2 if code in b"ci" else 1):
                at = data.find(b"\n", at) + 1
                if at == 0:
                    raise EOFError(f"the line at byte {start} has no end")
            if code == ord("p"):
                num_puts += 1
                number = data[start : at - 1].strip()
                _check_put(int(number) if number.isdigit() and len(number) < 12 else end, num_puts)
        else:
            raise pickle.UnpicklingError(f"unknown opcode {code} at byte {at - 1}")
    raise EOFError("it has no end")


def _plain(value: Any, made: dict[int, Any], depth: int = 0) -> Any:
    """Copy what was read into plain containers; shared parts stay shared."""
    kind = type(value)
    if kind in _ATOMS or isinstance(value, np.generic):
        return value
    if id(value) in made:
        return made[id(value)]
    if depth > _MAX_DEPTH:
        raise _Refused(f"is nested more than {_MAX_DEPTH} deep, or holds itself")
    result: Any
    if kind is _Array and value.array is not None:
        result = value.array
    elif kind is dict:
        result = {
            _plain(key, made, depth + 1): item
            if type(item) in _ATOMS
            else _plain(item, made, depth + 1)
            for key, item in value.items()
        }
    elif kind in (list, tuple, set, frozenset):
        result = kind(
            [item if type(item) in _ATOMS else _plain(item, made, depth + 1) for item in value]
        )
    else:
        what = getattr(value, "name", kind.__name__.lstrip("_"))
        raise _Refused(f"holds a bare {what!r}, which is no plain data")
    made[id(value)] = result
    return result


def loads_plain(data: bytes, where: str, tuples: Collection[str] = ()) -> Any:
    """Read a pickle that is in memory; see :func:`load_plain`. ``where`` names it in messages."""
    try:
        _scan(data)
        return _plain(_Reader(data, tuples).load(), {})
    except _Refused as error:
        raise UnsafePickleError(
            f"{where} {error}. Nothing in it was executed. Convert it to npz or HDF5, in the form that "
            "the documentation describes, with the tool that wrote it."
        ) from error
    except _DAMAGED as error:
        raise UnsafePickleError(
            f"{where} is no readable pickle ({error}): damaged, cut, or of another form. Obtain it "
            "again, or convert it to npz or HDF5."
        ) from error


def load_plain(path: Path, tuples: Collection[str] = (), max_bytes: int = MAX_BYTES) -> Any:
    """Read a pickle of numbers, strings, arrays and containers.

    Parameters
    ----------
    path : the file; protocols 0 to 5, NumPy 1 or 2.
    tuples : named tuples, such as ``"util.video.VideoMetadata"``, that are read as plain tuples.
    max_bytes : a larger file is not read.

    Returns
    -------
    None, bool, int, float, str, bytes, list, tuple, dict, set, frozenset, and arrays and scalars of NumPy.

    Raises
    ------
    UnsafePickleError
        For anything else, before it is called; and for a damaged or too large file.
    OSError
        If the file cannot be read.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise UnsafePickleError(
            f"{path} has {size} bytes, more than the {max_bytes} that are read. Convert it to HDF5."
        )
    return loads_plain(path.read_bytes(), str(path), tuples)
