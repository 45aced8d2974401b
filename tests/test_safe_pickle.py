"""Pickles of plain data come back; nothing else is read, and nothing is ever executed."""

import os
import pickle
import pickletools
import struct

import numpy as np
import pytest

from vpdlib.safe_pickle import UnsafePickleError, load_plain, loads_plain

PLAIN = {
    "containers": [1, 2.5, "x", b"y", b"", None, True, {1, 2}, frozenset([3]), (1, (2,)), {}],
    "big": 1 << 80,
    "float": np.arange(12, dtype="f4").reshape(3, 4),
    "half": np.ones((2, 0, 3), np.float16),
    "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "strided": np.arange(10)[::3],
    "big endian": np.arange(3, dtype=">i4"),
    "bool": np.array([True, False]),
    "text": np.array(["ab", "c"]),
    "number": np.float32(2.5),
    "nan": np.array([np.nan, np.inf]),
}


def same(a, b):
    if isinstance(a, np.ndarray):
        return (
            type(b) is np.ndarray
            and a.dtype == b.dtype
            and np.array_equal(a, b, a.dtype.kind == "f")
        )
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("protocol", range(6))
def test_plain_data_come_back(protocol, tmp_path):
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(PLAIN, protocol))
    found = load_plain(path)
    assert found.keys() == PLAIN.keys()
    for name, value in PLAIN.items():
        assert same(value, found[name]), name


def test_arrays_written_by_numpy_1_come_back():
    """Its modules had other names."""
    data = pickle.dumps(np.arange(5), 2).replace(
        b"numpy._core.multiarray", b"numpy.core.multiarray"
    )
    assert b"numpy.core.multiarray" in data
    assert loads_plain(data, "x").tolist() == [0, 1, 2, 3, 4]


def test_shared_parts_stay_shared_and_do_not_multiply():
    """Forty nested pairs of the same thing: a tree of 2^40 leaves, were each visited anew."""
    value = ["leaf"]
    for _ in range(40):
        value = [value, value]
    found = loads_plain(pickle.dumps(value), "x")
    for _ in range(40):
        assert found[0] is found[1]
        found = found[0]


def named_tuples():
    """The upstream files: clip -> a named tuple of a module that is not here."""
    stream = pickle.dumps({"a": (25.0, 100, 640, 480), "b": (50.0, 7, 64, 48)}, 4)
    head = b"\x8c\x0autil.video\x8c\x0dVideoMetadata\x93"
    out, position = b"", 0
    for opcode, _, place in pickletools.genops(stream):
        if opcode.name == "FRAME":
            out, position = out + stream[position:place], place + 9
    stream = out + stream[position:]
    # A mark before each tuple's values: name the class instead, and make the tuple its arguments.
    stream = stream.replace(b"(G@9", head + b"(G@9").replace(b"(G@I", head + b"(G@I")
    return stream.replace(b"t\x94\x8c\x01b", b"t\x81\x8c\x01b").replace(b"t\x94u.", b"t\x81u.")


def test_named_tuples_are_read_as_plain_ones():
    data = named_tuples()
    assert loads_plain(data, "x", tuples={"util.video.VideoMetadata"}) == {
        "a": (25.0, 100, 640, 480),
        "b": (50.0, 7, 64, 48),
    }
    with pytest.raises(UnsafePickleError, match=r"x holds the name 'util\.video\.VideoMetadata'"):
        loads_plain(data, "x")


class Runs:
    """Calls a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def malicious(marker):
    """Pickles whose reading would make a file, by name of the trick."""
    command = f"touch {marker}"
    python = f"open({str(marker)!r}, 'w').close()"
    text = python.encode()
    yield "os.system", pickle.dumps(Runs(os.system, command))
    yield "eval", pickle.dumps(Runs(eval, f"exec({python!r})"))
    yield "nested", pickle.dumps({"a": [(Runs(os.system, command),)]}, 2)
    yield "INST", b"(S'" + command.encode() + b"'\nios\nsystem\n."
    yield "OBJ", b"(cos\nsystem\nS'" + command.encode() + b"'\no."
    yield "dotted name", (
        b"\x80\x04\x8c\x05numpy\x8c\x0ff2py.os.system.x\x93\x8c" + bytes([len(command)])
        + command.encode() + b"\x85R."
    )  # fmt: skip
    yield "dtype's module", b"cnumpy\nsavetxt\n(S'" + str(marker).encode() + b"'\nlI1\natR."
    yield "numpy.load", b"cnumpy\nload\n(S'" + str(marker).encode() + b"'\ntR."
    yield "getattr", b"cbuiltins\ngetattr\n(cos\nsystem\nS'x'\ntR."
    yield "runpy", b"cbuiltins\nexec\n(S'" + text.replace(b"'", b'"') + b"'\ntR."
    # The state of a dtype or array as a way in.
    yield "array of objects", pickle.dumps(np.array([Runs(os.system, command)], object))
    yield (
        "reduce of a stand-in's state",
        (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
            b"(cos\nsystem\nS'" + command.encode() + b"'\ntb."
        ),
    )
    yield "state set on a stand-in", (b"cnumpy\ndtype\n(N}S'resolve'\ncbuiltins\nset\nstb.")
    yield "persistent id", b"Pos.system\n."
    yield "extension code", b"\x80\x02\x82\x01."


@pytest.mark.parametrize("trick", [name for name, _ in malicious("/nowhere")])
def test_nothing_is_executed(trick, tmp_path):
    marker = tmp_path / "marker"
    data = dict(malicious(marker))[trick]
    with pytest.raises(UnsafePickleError):
        loads_plain(data, "bad.pkl")
    assert not marker.exists()
    # What was refused has changed nothing for those who come after.
    assert same(PLAIN["float"], loads_plain(pickle.dumps(PLAIN["float"]), "x"))


def test_the_first_tricks_would_work_with_pickle_itself(tmp_path):
    """So that the test above can fail."""
    for trick in ("os.system", "eval", "INST"):
        marker = tmp_path / trick
        pickle.loads(dict(malicious(marker))[trick])
        assert marker.exists()


def array_claiming(shape, data=b"12345678"):
    """An array of int64 that claims a shape."""
    found = pickle.dumps(np.array([7]), 2)
    assert b"K\x01\x85" in found
    return found.replace(b"K\x01\x85", b"\x8a\x06" + struct.pack("<q", shape)[:6] + b"\x85", 1)


def test_a_claimed_size_is_compared_with_the_bytes():
    data = array_claiming(1 << 40)
    with pytest.raises(UnsafePickleError, match=r"needs 8796093022208 bytes and has 8"):
        loads_plain(data, "x")


def test_a_reference_number_is_no_reason_to_allocate():
    with pytest.raises(UnsafePickleError, match="a reference numbered 4294967295"):
        loads_plain(b"]r\xff\xff\xff\xff.", "x")


def test_structured_and_odd_arrays_are_refused():
    for array in (np.zeros(2, [("a", "i4")]), np.zeros(2, "M8[s]"), np.zeros(2, "V3")):
        with pytest.raises(UnsafePickleError, match="an array of"):
            loads_plain(pickle.dumps(array), "x")


def test_a_container_that_holds_itself_is_refused():
    value = []
    value.append(value)
    with pytest.raises(UnsafePickleError, match="holds itself"):
        loads_plain(pickle.dumps(value), "x")


@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5, 0.99])
def test_cut_files_are_named(fraction, tmp_path):
    path = tmp_path / "cut.pkl"
    data = pickle.dumps(PLAIN)
    path.write_bytes(data[: int(fraction * len(data))])
    with pytest.raises(UnsafePickleError, match=r"cut\.pkl is no readable pickle"):
        load_plain(path)


def test_flipped_bytes_never_escape(tmp_path):
    """Damage is refused or gives other plain data; it is no other kind of error."""
    data = bytearray(pickle.dumps({"a": np.arange(4), "b": [1, "two", (3.0,)]}))
    generator = np.random.default_rng(0)
    refused = 0
    for _ in range(600):
        damaged = bytearray(data)
        damaged[generator.integers(len(data))] ^= 1 << generator.integers(8)
        try:
            loads_plain(bytes(damaged), "x")
        except UnsafePickleError:
            refused += 1
    assert refused > 100


def test_large_files_are_refused(tmp_path):
    path = tmp_path / "large.pkl"
    path.write_bytes(pickle.dumps(list(range(1000))))
    with pytest.raises(UnsafePickleError, match="more than the 100 that are read"):
        load_plain(path, max_bytes=100)
