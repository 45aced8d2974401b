"""Reading the tensors of a checkpoint without executing anything in the file.

``.pth`` and ``.pt`` files are pickles. torch's own restricted reader (``weights_only``) builds tensors and plain
containers and refuses every other name. The checkpoints of mmengine name a few more things, beside
the weights: its log buffers and configurations, and arrays of NumPy. Those names are let through, but
each stands for an inert stand-in of ours that ignores what it is given: neither mmengine nor NumPy is
ever called, and ``getattr``, by which a log buffer refers to its methods, looks nothing up.
"""

from __future__ import annotations

import pickle
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpdlib.weights.check import WeightsError

if TYPE_CHECKING:
    import torch

#: What a checkpoint of mmengine names beside tensors; nothing of it is needed.
_INERT_NAMES = (
    "builtins.getattr",
    "mmengine.config.config.ConfigDict",
    "mmengine.logging.history_buffer.HistoryBuffer",
    "mmengine.optim.scheduler.param_scheduler.OneCycleParamScheduler",
    "numpy.dtype",
    "numpy.ndarray",
    *(
        f"numpy.{core}.multiarray.{name}"
        for core in ("core", "_core")  # NumPy 1 and 2
        for name in ("_reconstruct", "scalar")
    ),
)
#: Where the weights lie in a checkpoint that holds more: mmengine and mmcv ("state_dict"; where weights were
#: averaged, these are the averages), the training scripts of torchvision and timm ("model").
_WRAPPERS = ("state_dict", "model")
#: What torch raises on damaged files, and its reader that builds nothing but tensors and plain containers.
DAMAGED = (
    pickle.UnpicklingError,
    struct.error,
    RuntimeError,
    OSError,  # a zip archive whose directory points outside of the file
    EOFError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    AssertionError,
    OverflowError,
    MemoryError,
)
#: Lines of torch's message, or names, that an error quotes.
_NUM_QUOTED = 4
_ADVICE = re.compile(r"\n| In PyTorch ")
_REFUSED_NAME = re.compile(r"GLOBAL (\S+) (?:was not an allowed|whose module)")


class _Inert:
    """What a checkpoint gets for a name of ``_INERT_NAMES``: can be called, filled, and does nothing."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        pass


def _load_pickled(path: Path) -> Any:
    import torch

    try:
        with torch.serialization.safe_globals([(_Inert, name) for name in _INERT_NAMES]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGED as error:
        refused = _REFUSED_NAME.search(str(error))
        if refused:
            raise WeightsError(
                f"{path}: holds the name {refused[1]!r}, which is no tensor and could execute code; nothing of "
                "it was executed. Obtain the file from its publisher; or, if you made it, save "
                "model.state_dict() alone"
            ) from None
        # torch's messages go on with advice to switch its safety off.
        reason = _ADVICE.split(str(error))[0][:300]
        raise WeightsError(
            f"{path}: no checkpoint that can be read ({type(error).__name__}: {reason}): cut, damaged or of "
            "another form. Obtain it again; .pth and .pt must be written by torch.save, not by TorchScript"
        ) from None


def _load_safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"{path}: no safetensors file that can be read ({error}). Obtain it again"
        ) from error


def _unwrap(content: Any) -> Any:
    if isinstance(content, Mapping):
        for key in _WRAPPERS:
            if isinstance(content.get(key), Mapping):
                return content[key]
    return content


def load_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """Read the weights of a network, to the CPU.

    Parameters
    ----------
    path : a .safetensors file, or a file written by ``torch.save`` (old and new format) that holds
        a state dict, by itself or under "state_dict" or "model".

    Returns
    -------
    Tensors by name; the prefix "module." that data-parallel training leaves on every name is removed.

    Raises
    ------
    WeightsError
        if there is no such file, it is damaged, holds no state dict, or names anything that is neither
        tensor nor plain data. Nothing in it is executed.
    """
    import torch

    if not path.is_file():
        raise WeightsError(f"{path}: no such file; correct the path, or put the checkpoint there")
    content = _load_safetensors(path) if path.suffix == ".safetensors" else _load_pickled(path)
    weights = _unwrap(content)
    remedy = f"give a file that holds a state dict, by itself or under {' or '.join(map(repr, _WRAPPERS))}"
    if not isinstance(weights, Mapping) or not weights:
        found = "nothing" if isinstance(weights, Mapping) else f"a {type(weights).__name__}"
        raise WeightsError(f"{path}: expected tensors by name, found {found}; {remedy}")
    for name, value in weights.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise WeightsError(
                f"{path}: expected tensors by name, found a {type(value).__name__} under {name!r:.80}; {remedy}"
            )
    return _without_prefix({name: value.detach() for name, value in weights.items()})


def load_weights(
    network: torch.nn.Module, path: Path, of: str, remedy: str, ignored: tuple[str, ...] = ()
) -> None:
    """Load a checkpoint whose names and shapes must be those of a network.

    Parameters
    ----------
    network : changed in place. Its own hooks may rename what older versions called otherwise.
    path : as for :func:`load_state_dict`.
    of : what the network is, for messages, such as the path of its configuration.
    remedy : ends the messages.
    ignored : beginnings of names that the file may hold beyond the network's.

    Raises
    ------
    WeightsError
        if the file cannot be read, lacks a tensor, holds another one, or one of another shape.
    """
    where = f"{path}: does not fit the network of {of}"
    try:
        found = network.load_state_dict(load_state_dict(path), strict=False)
    except RuntimeError as error:  # what torch raises for shapes that do not fit
        lines = [line.strip() for line in str(error).splitlines()[1:]]
        raise WeightsError(f"{where}: {_first_of(lines)}; {remedy}") from None
    extra = [name for name in found.unexpected_keys if not name.startswith(ignored)]
    for what, names in (("lacks", found.missing_keys), ("holds, beyond it,", extra)):
        if names:
            raise WeightsError(f"{where}: {what} {_first_of(names)}; {remedy}")


def _first_of(texts: Sequence[str]) -> str:
    more = len(texts) - _NUM_QUOTED
    return ", ".join(texts[:_NUM_QUOTED]) + (f" and {more} more" if more > 0 else "")


def _without_prefix(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = "module."
    if not all(name.startswith(prefix) for name in weights):
        return weights
    return {name.removeprefix(prefix): value for name, value in weights.items()}
