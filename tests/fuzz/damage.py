"""What is done to sound files: bits, bytes, numbers and parts of them changed, members of archives, tokens."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from tests.fuzz.fuzzing import File

#: Numbers at which readers stumble, little and big end first.
_NUMBERS = (0, 1, 2, 127, 128, 255, 256, 32767, 65535, 1 << 31, (1 << 32) - 1, (1 << 63) - 1)
_WIDTHS = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF, "Q": 0xFFFFFFFFFFFFFFFF}


@st.composite
def places(draw: st.DrawFn, length: int) -> int:
    """A place in a file: at its head or its end, where headers and indices lie, as often as anywhere."""
    last = max(length - 1, 0)
    part = draw(st.sampled_from(("head", "end", "any")))
    if part == "head":
        return draw(st.integers(0, min(last, 300)))
    if part == "end":
        return last - draw(st.integers(0, min(last, 600)))
    return draw(st.integers(0, last))


@st.composite
def damaged_bytes(draw: st.DrawFn, content: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Up to six changes of sound bytes."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        what = draw(
            st.sampled_from(("bit", "byte", "number", "cut", "out", "twice", "in", "splice"))
        )
        at = draw(places(len(data)))
        length = draw(st.integers(1, 64))
        if not data:
            break
        if what == "bit":
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif what == "byte":
            data[at] = draw(st.integers(0, 255))
        elif what == "number":
            kind, order = draw(st.sampled_from("BHIQ")), draw(st.sampled_from("<>"))
            value = draw(st.sampled_from(_NUMBERS)) & _WIDTHS[kind]
            packed = struct.pack(f"{order}{kind}", value)
            data[at : at + len(packed)] = packed
        elif what == "cut":
            # Short ends are as likely as long ones.
            del data[at:]
        elif what == "out":
            del data[at : at + length]
        elif what == "twice":
            data[at:at] = data[at : at + length]
        elif what == "in":
            data[at:at] = draw(st.binary(min_size=1, max_size=16))
        elif others:
            other = draw(st.sampled_from(others))
            data[at:] = other[draw(places(len(other))) :]
    return bytes(data)


@st.composite
def damaged(draw: st.DrawFn, seeds: Mapping[str, bytes]) -> File:
    """A sound file, damaged; keys are names with the ending."""
    name = draw(st.sampled_from(sorted(seeds)))
    suffix = name[name.rindex(".") :]
    same = [content for other, content in seeds.items() if other.endswith(suffix)]
    if suffix in (".npz", ".pt", ".pth") and zipfile.is_zipfile(io.BytesIO(seeds[name])):
        inside = draw(st.booleans())
    else:
        inside = False
    content = draw(_damaged_member(seeds[name]) if inside else damaged_bytes(seeds[name], same))
    return File(suffix, content, f"{name} damaged{' inside' if inside else ''}")


@st.composite
def _damaged_member(draw: st.DrawFn, content: bytes) -> bytes:
    """An archive of which a member is damaged before it is packed, so that its checksum is right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    chosen = draw(st.sampled_from(sorted(members)))
    members[chosen] = draw(damaged_bytes(members[chosen], list(members.values())))
    packed = io.BytesIO()
    method = draw(st.sampled_from((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()
