"""Reading HDF5's attributes, whose texts come as bytes."""

from __future__ import annotations

from typing import Any

import h5py

#: What HDF5, h5py and our own decoding raise where a file is damaged or holds something else than it should.
#: (A ``UnicodeDecodeError`` is a ``ValueError``, and so is ``json``'s.)
UNREADABLE = (OSError, RuntimeError, LookupError, AttributeError, TypeError, ValueError)


def read_attributes(item: h5py.HLObject) -> dict[str, Any]:
    """Attributes with texts as str; anything in ``UNREADABLE`` where one is damaged or of an unknown type."""
    return {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in item.attrs.items()
    }
