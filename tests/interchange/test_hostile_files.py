"""Files of other tools that are damaged, or made to exhaust memory, are refused by name and never trusted."""

import io
import pickle
import struct
import tracemalloc
import zipfile
from collections import namedtuple

import h5py
import numpy as np
import pytest

from vpdlib.datasets.base import DatasetError
from vpdlib.datasets.tables import VideoRow
from vpdlib.interchange import boxes
from vpdlib.interchange.keypoints import read_keypoints
from vpdlib.interchange.supplied import read_features
from vpdlib.safe_pickle import UnsafePickleError, loads_plain

ANNOTATION = {
    "frame_dir": "a",
    "label": 3,
    "img_shape": (4, 5),
    "total_frames": 2,
    "keypoint": np.ones((1, 2, 17, 2), np.float16),
    "keypoint_score": np.ones((1, 2, 17), np.float16),
}


def read_boxes(path, only=("a", *(f"a{n}" for n in range(20)))):
    rows = [VideoRow(name, f"/d/{name}.mp4", 0, 25, 64, 48, 20, 0.8, "", "") for name in only]
    return boxes.read_boxes(path, rows)


def header(shape, kind="<f4"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": kind, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


@pytest.fixture
def npz(tmp_path):
    """Write an npz of raw members."""

    def write(**members):
        path = tmp_path / "a.npz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(f"{name}.npy", content)
        return path

    return write


@pytest.fixture
def arrays(tmp_path):
    """Write an npz of arrays."""

    def write(**members):
        np.savez_compressed(tmp_path / "b.npz", **members)
        return tmp_path / "b.npz"

    return write


def test_arrays_with_exchanged_axes_come_back_from_protocol_5():
    array = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2)
    assert np.array_equal(loads_plain(pickle.dumps(array, 5), "x"), array)


Clip = namedtuple("Clip", "fps frames")


@pytest.mark.parametrize("protocol", range(6))
def test_named_tuples_of_all_protocols(protocol):
    data = pickle.dumps({"a": Clip(25.0, 3)}, protocol)
    assert loads_plain(data, "x", {f"{__name__}.Clip"}) == {"a": (25.0, 3)}


def test_a_class_other_than_a_named_tuple_is_not_made_the_old_way():
    data = b"ccopyreg\n_reconstructor\n(cbuiltins\nset\ncbuiltins\ntuple\n)tR."
    with pytest.raises(UnsafePickleError):
        loads_plain(data, "x")


def test_many_arrays_of_the_same_bytes_cost_them_once():
    size = 1_000_000
    data = b"\x80\x04B" + struct.pack("<I", size) + bytes(size) + b"q\x000"
    data += b"cnumpy.core.multiarray\n_reconstruct\nq\x010cnumpy\nndarray\nq\x020cnumpy\ndtype\n"
    data += b"(X\x02\0\0\0f8\x89\x88tR(K\x03X\x01\0\0\0<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tbq\x030]("
    one = (
        b"h\x01h\x02K\0\x85C\x01b\x87R(K\x01J"
        + struct.pack("<i", size // 8)
        + b"\x85h\x03\x89h\x00tb"
    )
    tracemalloc.start()
    found = loads_plain(data + one * 100 + b"e.", "x")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 100
    assert peak < 10 * size


@pytest.mark.parametrize("maker", [b"c__builtin__\nset\nh\x00R", b"c_codecs\nencode\nh\x01R"])
def test_the_same_data_are_not_copied_over_and_over(maker):
    numbers = b"".join(b"J" + struct.pack("<i", i) for i in range(10000))
    data = b"\x80\x04](" + numbers + b"e\x85q\x000X" + struct.pack("<I", 10000) + b"x" * 10000
    data += b"X\x06\0\0\0latin1\x86q\x010](" + maker * 1000 + b"e."
    with pytest.raises(UnsafePickleError, match="over and over"):
        loads_plain(data, "x")


def test_what_follows_a_pickle_is_not_dropped():
    with pytest.raises(UnsafePickleError, match="after its end"):
        loads_plain(pickle.dumps(1) + pickle.dumps(2), "x")


@pytest.mark.parametrize(
    "content",
    [header((1 << 45, 17, 2)), header((20, 17, 2)) + b"12", b"no array", header((1, 17, 2), "|O")],
)
def test_npz_members_that_claim_what_they_lack_are_refused(npz, content):
    with pytest.raises(DatasetError, match=r"a\.npz: a\.npy"):
        read_keypoints(npz(a=content), "coco17")


def test_damaged_compression_is_named(arrays):
    path = arrays(a=np.random.default_rng(0).random((50, 17, 3)))
    data = bytearray(path.read_bytes())
    data[300:340] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"b\.npz is damaged"):
        read_keypoints(path, "coco17")


def memory_of(call):
    """Peak of a call that is refused as a bomb, bytes."""
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"claims? \d+ bytes"):
        call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("members", [1, 20])
def test_a_compressed_bomb_is_refused_before_it_unpacks(npz, tmp_path, members):
    size = (100 << 20) // members
    content = header((size // 204, 17, 3)) + bytes(size // 204 * 204)
    path = npz(**{f"a{n}": content for n in range(members)})
    del content
    assert path.stat().st_size < 200_000
    for read in (read_boxes, read_features, lambda p: read_keypoints(p, "coco17")):
        assert memory_of(lambda read=read: read(path)) < 10 << 20
    # What is not asked for is left alone.
    with pytest.raises(DatasetError, match="none of the videos"):
        read_boxes(path, only={"b"})

    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        zeros = np.zeros((size // 204, 17, 3), np.float32)
        for n in range(members):
            file.create_dataset(f"a{n}", data=zeros, chunks=(5000, 17, 3), compression="gzip")
    assert path.stat().st_size < 500_000
    assert memory_of(lambda: read_keypoints(path, "coco17")) < 10 << 20
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "a",
            (3, 17, 3),
            "f4",
            maxshape=(None, 17, 3),
            chunks=(1 << 19, 17, 3),
            compression="gzip",
        )
    assert memory_of(lambda: read_keypoints(path, "coco17")) < 10 << 20


def test_arrays_that_shrink_well_are_still_taken(arrays):
    sparse = np.full((100_000, 17, 2), np.nan, np.float32)
    sparse[::500] = np.random.default_rng(0).random((200, 17, 2)) * 100
    found = read_keypoints(arrays(a=sparse), "coco17")["a"].keypoints_px
    assert np.isfinite(found[..., 0]).sum() == 200 * 17


class Runs:
    def __reduce__(self):
        return (print, ("executed",))


def test_objects_in_arrays_never_run(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", a=np.array([Runs()], object), allow_pickle=True)
    for read in (read_boxes, read_features, lambda p: read_keypoints(p, "coco17")):
        with pytest.raises(DatasetError, match="Store numbers, not objects"):
            read(tmp_path / "a.npz")
    np.save(tmp_path / "a.npy", np.array([Runs()], object), allow_pickle=True)
    with pytest.raises(DatasetError, match="npy"):
        read_boxes(tmp_path / "a.npy")
    assert "executed" not in capsys.readouterr().out


@pytest.mark.parametrize("dtype", [complex, bool, "S3", "datetime64[s]", [("x", "f4")]])
def test_arrays_of_other_types_are_refused(arrays, dtype):
    with pytest.raises(DatasetError, match="expected numbers"):
        read_keypoints(arrays(a=np.zeros((3, 17, 2), dtype)), "coco17")


def test_types_that_numpy_has_not_are_refused_by_name(tmp_path):
    path = tmp_path / "a.h5"
    odd = h5py.h5t.UNIX_D32LE
    for name, message in (
        (b"a", r"a\.h5: a is of a type"),
        (b"fps", r"a\.h5: /: fps is of a type"),
    ):
        with h5py.File(path, "w") as file:
            file["b"] = np.ones((2, 17, 2))
            space = (
                h5py.h5s.create_simple((2, 17, 2)) if name == b"a" else h5py.h5s.create_simple((1,))
            )
            if name == b"a":
                h5py.h5d.create(file.id, name, odd, space)
            else:
                h5py.h5a.create(file.id, name, odd, space)
        with pytest.raises(DatasetError, match=message):
            read_keypoints(path, "coco17")
    with h5py.File(path, "w") as file:
        h5py.h5d.create(
            file.id, b"\xff\xfe", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((2, 17, 2))
        )
    with pytest.raises(DatasetError, match=r"a\.h5"):
        read_keypoints(path, "coco17")


def test_a_damaged_header_of_the_old_form_is_named(npz):
    content = bytearray(header((3, 17, 2)))
    content[content.index(b"(3") : content.index(b"(3") + 3] = b"((L"
    with pytest.raises(DatasetError, match=r"a\.npz: a\.npy is no array"):
        read_keypoints(npz(a=bytes(content)), "coco17")


def test_facts_in_another_file_are_not_followed(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["fps"] = 25.0
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a"] = np.ones((2, 17, 2))
        file["fps"] = h5py.ExternalLink("other.h5", "fps")
    assert read_keypoints(tmp_path / "a.h5", "coco17")["a"].fps is None


@pytest.mark.parametrize("fps", [np.zeros(2), np.nan, 0.0, -25.0, np.inf])
def test_a_rate_that_is_none_is_refused(arrays, fps):
    with pytest.raises(DatasetError, match="fps is"):
        read_keypoints(arrays(a=np.ones((3, 17, 2)), fps=fps), "coco17")


def test_zeros_with_score_0_are_missing_joints(arrays):
    keypoints = np.ones((2, 17, 3))
    keypoints[1] = 0.0
    clip = read_keypoints(arrays(a=keypoints), "coco17")["a"]
    assert np.isnan(clip.keypoints_px[1, :, :2]).all()
    assert (clip.keypoints_px[1, :, 2] == 0).all()


@pytest.mark.parametrize("score", [np.inf, np.nan, -0.1, 2.0])
def test_scores_that_are_none_are_refused(arrays, score):
    with pytest.raises(DatasetError, match="scores from"):
        read_keypoints(arrays(a=np.full((1, 17, 3), (1, 1, score))), "coco17")


def test_hdf5_datasets_that_are_elsewhere_or_empty_are_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.ones((2, 17, 2))
    layout = h5py.VirtualLayout((2, 17, 2), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "x", (2, 17, 2))
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        file.create_virtual_dataset("a", layout)
    with h5py.File(tmp_path / "empty.h5", "w") as file:
        file["a"] = h5py.Empty("f4")
    for name, message in (("virtual", "another file"), ("empty", "is empty")):
        with pytest.raises(DatasetError, match=message):
            read_keypoints(tmp_path / f"{name}.h5", "coco17")


def test_other_datasets_beside_the_keypoints_are_left_alone(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["golf/c1/keypoints"] = np.ones((2, 17, 2))
        file["golf/c1/boxes"] = np.ones((2, 4))
    clips = read_keypoints(tmp_path / "a.h5", "coco17")
    assert {name: clip.label for name, clip in clips.items()} == {"c1": "golf"}


@pytest.mark.parametrize(
    "changes",
    [
        {"label": [1]},
        {"img_shape": (4,)},
        {"img_shape": "large"},
        {"total_frames": 9},
        {"keypoint": np.full((1, 2, 17, 2), "x")},
    ],
)
def test_wrong_annotations_are_named(tmp_path, changes):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([{**ANNOTATION, **changes}]))
    with pytest.raises(DatasetError, match="annotation 0"):
        read_keypoints(path, "coco17")


def test_annotations_may_hold_arrays_for_sizes_and_folders_for_labels(tmp_path):
    path = tmp_path / "a.pkl"
    annotation = {**ANNOTATION, "frame_dir": "golf/a", "img_shape": np.array([4, 5]), "label": None}
    path.write_bytes(pickle.dumps([annotation]))
    clip = read_keypoints(path, "coco17")["a"]
    assert (clip.height, clip.width, clip.label) == (4, 5, "golf")


def test_a_split_that_is_no_list_is_refused(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"annotations": [ANNOTATION], "split": {"train": 3}}))
    with pytest.raises(DatasetError, match="split 'train'"):
        read_keypoints(path, "coco17")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"a,0,0,0,inf,2", r"b\.csv:2"),
        (b"a,1000000000000000,0,0,1,2", r"b\.csv:2"),
        (b"\xff,1,0,0,1,2", "UTF-8"),
        (b"", "there is no row of a box"),
        (b"x/a,0,0,0,1,2\ny/a,1,0,0,1,2", "another folder than"),
    ],
)
def test_wrong_rows_of_boxes_are_named(tmp_path, row, message):
    path = tmp_path / "b.csv"
    path.write_bytes(b"video,frame,x0,y0,x1,y1\n" + row + b"\n")
    with pytest.raises(DatasetError, match=message):
        read_boxes(path)


def test_boxes_are_found_by_the_last_part_of_the_name(tmp_path):
    path = tmp_path / "b.csv"
    path.write_bytes(b"video,frame,x0,y0,x1,y1\ngolf/a,1,0,0,1,2\n")
    assert read_boxes(path, only={"a"})["a"].values.shape == (2, 4)


def test_arrays_without_frames_and_half_missing_descriptors_are_refused(arrays):
    with pytest.raises(DatasetError, match="shape"):
        read_boxes(arrays(a=np.zeros((0, 4))))
    with pytest.raises(DatasetError, match="shape"):
        read_features(arrays(a=np.zeros((0, 4))))
    with pytest.raises(DatasetError, match="NaN in part"):
        read_features(arrays(a=np.array([[1, np.nan]])))
