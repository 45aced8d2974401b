"""Artifacts: a changed byte is an error and never a number."""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.fuzz.damage import damaged
from tests.fuzz.fuzzing import File, Limits, Reader, fuzz
from vpdlib.artifacts.kinds import KINDS

pytestmark = pytest.mark.fuzz

_KIND = "tracks"


@st.composite
def rebuilt(draw: st.DrawFn) -> File:
    """HDF5 files with the root of an artifact, and groups, datasets and attributes of any kind."""
    schema = KINDS[_KIND]
    odd: st.SearchStrategy[Any] = st.sampled_from(
        (0, -1, 2.5, "x", b"\xff\xfe", True, np.zeros(3), np.zeros(0), h5py.Empty("f4"), 1 << 40)
    )
    settings = st.sampled_from(("{}", "[]", "3", "{", "", json.dumps({"a": [1, None]})))
    root = {
        "schema": st.just(_KIND),
        "schema_version": st.just(schema.version),
        "complete": st.just(True),
        "settings": settings,
        "config_digest": st.just("c"),
        "code_digest": st.just("c"),
        "input_digest": st.just("c"),
        "num_videos": st.just(1),
    }
    packed = io.BytesIO()
    with h5py.File(
        packed, "w", libver=draw(st.sampled_from((("v110", "v110"), ("earliest", "v110"))))
    ) as file:
        for name, value in root.items():
            kind = draw(
                st.sampled_from(("right", "right", "right", "right", "right", "odd", "absent"))
            )
            if kind != "absent":
                file.attrs[name] = draw(value if kind == "right" else odd)
        what = draw(st.sampled_from(("group", "group", "group", "group", "dataset", "absent")))
        if what == "dataset":
            file["videos"] = np.zeros(3)
        elif what == "group":
            group = file.create_group(f"videos/{draw(st.sampled_from(('a', 'a', 'a', 'b c')))}")
            group.attrs["fps"] = draw(st.one_of(st.just(25.0), odd))
            for name, column in schema.columns().items():
                shape = [5 if isinstance(n, str) else n for n in column.shape]
                kind = draw(
                    st.sampled_from(
                        (*["right"] * 9, "type", "shape", "group", "link", "null", "absent")
                    )
                )
                if kind == "right":
                    checked = draw(st.booleans())
                    group.create_dataset(
                        name, data=np.zeros(shape, column.dtype), fletcher32=checked
                    )
                elif kind == "type":
                    group[name] = np.zeros(shape, draw(st.sampled_from(("f2", "S3", "c8", "i8"))))
                elif kind == "shape":
                    group[name] = np.zeros(
                        draw(st.sampled_from(((), (3,), (0, 4), (5, 4)))), column.dtype
                    )
                elif kind == "group":
                    group.create_group(name)
                elif kind == "link":
                    target = draw(st.sampled_from(("nothing", "/videos", "/videos/a/time_s")))
                    group[name] = h5py.SoftLink(target)
                elif kind == "null":
                    group[name] = h5py.Empty(column.dtype)
    return File(f".{_KIND}.h5", packed.getvalue(), "rebuilt")


def test_artifacts(tmp_path):
    sound = {f"x.{name}": content for name, content in seeds.artifacts().items()}
    answers: dict[str, str] = {}
    reader = Reader("artifact", tmp_path, Limits())
    for name, content in sound.items():
        path = tmp_path / name
        path.write_bytes(content)
        answers[name] = reader.read(path)["answer"]
        assert len(answers[name]) == len(hashlib.sha256().hexdigest())
    reader.stop()

    def of_kind(name: str) -> st.SearchStrategy[File]:
        return damaged({name: sound[name]}).map(
            lambda file: File(name.removeprefix("x"), file.content, file.made)
        )

    def never_another_number(file: File, answer: dict[str, Any]) -> None:
        if file.made != "rebuilt":
            assert answer["answer"] == answers[f"x{file.suffix}"], "other numbers without an error"

    files = st.one_of(st.sampled_from(sorted(sound)).flatmap(of_kind), rebuilt())
    tally = fuzz("artifact", files, tmp_path, check=never_another_number)
    assert tally.taken
    assert tally.refused
