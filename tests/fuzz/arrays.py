"""npz, HDF5 and pickles that are sound as such, and hold anything."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from tests.fuzz.damage import damaged
from tests.fuzz.fuzzing import File
from tests.fuzz.seeds import CLIPS

KEYS = st.sampled_from(
    (*CLIPS, "golf/heat_01", "a/b/heat_02", "fps", "width", "height", "../heat_01", "heat 01", "")
)
_TYPES = ("f4", "f8", "f2", "<i4", ">i2", "u1", "i8", "?", "c8", "S5", "U3", ">f8", "M8[s]")
_NUMBERS = (0.0, -1.0, 1.0, np.nan, np.inf, -np.inf, 1e30, 1e-30, 0.5, 50.0, 9999.0, 1e308)


@st.composite
def arrays(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, ...]]) -> np.ndarray:
    """An array: numbers of a picture mostly, with some that are none, or of any type."""
    shape = draw(
        st.one_of(shapes, of_numpy.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5))
    )
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        array = rng.uniform(0, draw(st.sampled_from((1.0, 5.0, 90.0, 4000.0))), shape)
        for _ in range(draw(st.integers(0, 3))):
            if array.size:
                array.reshape(-1)[draw(st.integers(0, array.size - 1))] = draw(
                    st.sampled_from(_NUMBERS)
                )
        with np.errstate(all="ignore"):
            return np.asarray(array).astype(draw(st.sampled_from(("f4", "f8", "f2", "i4", ">f8"))))
    return np.zeros(shape, draw(st.sampled_from(_TYPES)))


FACTS = st.one_of(
    st.sampled_from((25, 25.0, 160, 96, 0, -1, np.nan, np.inf, 1e300, "25", b"\xff", True, 1 + 2j)),
    arrays(st.just((1,))),
)


@st.composite
def zipped(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, ...]]) -> File:
    """An npz of arrays of any kind."""
    content = draw(st.dictionaries(KEYS, arrays(shapes), max_size=4))
    packed = io.BytesIO()
    draw(st.sampled_from((np.savez, np.savez_compressed)))(packed, **content)
    return File(".npz", packed.getvalue(), f"npz of {sorted(content)}")


@st.composite
def stored(draw: st.DrawFn, name: str, shapes: st.SearchStrategy[tuple[int, ...]]) -> File:
    """An HDF5 file of arrays, groups, links and types of any kind."""
    packed = io.BytesIO()
    oldest = draw(st.sampled_from(("earliest", "latest")))
    with h5py.File(packed, "w", libver=(oldest, "latest")) as file:
        for _ in range(draw(st.integers(0, 4))):
            place = draw(KEYS) or "x"
            if place.startswith("."):
                place = "folder/x"
            if place.split("/")[0] in file or place in file:
                continue
            if draw(st.booleans()):
                place = f"{place}/{draw(st.sampled_from((name, 'other')))}"
            _put(draw, file, place, shapes)
            holders = [file, file[place.rpartition("/")[0] or "/"]]
            if isinstance(file.get(place, getlink=True), h5py.HardLink):
                holders.append(file[place])
            for holder in holders:
                if draw(st.booleans()):
                    fact = draw(st.sampled_from(("fps", "width", "height", "note")))
                    holder.attrs[fact] = draw(FACTS.filter(_fits_an_attribute))
    return File(".h5", packed.getvalue(), f"HDF5, {oldest}")


def _fits_an_attribute(value: Any) -> bool:
    return not (isinstance(value, np.ndarray) and value.dtype.kind in "UM")


def _put(
    draw: st.DrawFn, file: h5py.File, place: str, shapes: st.SearchStrategy[tuple[int, ...]]
) -> None:
    kind = draw(
        st.sampled_from(
            (
                "array",
                "array",
                "array",
                "text",
                "list",
                "pair",
                "null",
                "soft",
                "outside",
                "virtual",
                "enum",
            )
        )
    )
    array = draw(arrays(shapes).filter(lambda one: one.dtype.kind not in "UM"))
    if kind == "array":
        chunked = array.ndim and array.size and draw(st.booleans())
        file.create_dataset(place, data=array, compression="gzip" if chunked else None)
    elif kind == "text":
        file.create_dataset(place, data=["a", "b"], dtype=h5py.string_dtype())
    elif kind == "list":
        of = file.create_dataset(place, (2,), dtype=h5py.vlen_dtype(np.float32))
        of[0] = [1, 2, 3]
    elif kind == "pair":
        file.create_dataset(place, data=np.zeros(3, [("x", "f4"), ("y", "i2")]))
    elif kind == "null":
        file.create_dataset(place, data=h5py.Empty("f4"))
    elif kind == "soft":
        file[place] = h5py.SoftLink(draw(st.sampled_from(("/", "/nothing", "/heat_01"))))
    elif kind == "outside":
        file[place] = h5py.ExternalLink("nothing.h5", "/x")
    elif kind == "virtual":
        layout = h5py.VirtualLayout((20, 13, 2), "f4")
        layout[:] = h5py.VirtualSource("nothing.h5", "x", (20, 13, 2))
        file.create_virtual_dataset(place, layout)
    else:
        file.create_dataset(place, data=[0, 1], dtype=h5py.enum_dtype({"a": 0, "b": 1}))


@st.composite
def pickled(draw: st.DrawFn) -> File:
    """Annotations in the form of PySKL, whose fields hold anything plain."""
    shapes = st.sampled_from(
        ((1, 20, 13, 2), (2, 20, 13, 2), (1, 20, 13), (0, 20, 13, 2), (1, 0, 13, 2))
    )
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(1 << 70), 1 << 70),
        st.floats(),
        st.text(max_size=5),
        st.binary(max_size=5),
        arrays(shapes),
        st.tuples(st.integers(-3, 300), st.integers(-3, 300)),
        st.lists(st.integers(), max_size=3),
        st.sampled_from((np.float32(1), np.int64(20), np.bool_(True))),
    )
    annotation = st.fixed_dictionaries(
        {},
        optional={
            "frame_dir": st.one_of(KEYS, plain),
            "keypoint": st.one_of(arrays(shapes), plain),
            "keypoint_score": st.one_of(arrays(st.just((1, 20, 13))), plain),
            "total_frames": st.one_of(st.just(20), plain),
            "img_shape": st.one_of(st.just((96, 160)), plain),
            "original_shape": plain,
            "label": plain,
        },
    )
    annotations = st.one_of(st.lists(st.one_of(annotation, plain), max_size=3), plain)
    split = st.one_of(
        st.dictionaries(st.text(max_size=5), st.one_of(st.lists(KEYS), plain), max_size=3), plain
    )
    content = draw(
        st.one_of(
            st.fixed_dictionaries({}, optional={"annotations": annotations, "split": split}),
            annotations,
        )
    )
    protocol = draw(st.integers(0, 5))
    return File(".pkl", pickle.dumps(content, protocol), f"pickle, protocol {protocol}")


def of_arrays(
    name: str, seeds: Mapping[str, bytes], *shapes: tuple[int, ...]
) -> st.SearchStrategy[File]:
    """Files of one array per video: sound ones that hold anything, and damaged ones."""
    some = st.sampled_from(shapes)
    return st.one_of(zipped(some), stored(name, some), damaged(seeds), damaged(seeds))
