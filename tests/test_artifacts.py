"""Artifacts: whole or not at all, and never a wrong number."""

import json
import os
import resource
import signal

import h5py
import numpy as np
import pytest

from vpdlib.artifacts import (
    ArtifactError,
    ArtifactWriter,
    Provenance,
    digest_inputs,
    read_artifact,
)
from vpdlib.artifacts import file as artifacts
from vpdlib.artifacts.check import check_columns
from vpdlib.artifacts.group import Column, VideoGroup
from vpdlib.artifacts.kinds import KINDS

PER_VIDEO = [name for name, kind in KINDS.items() if issubclass(kind, VideoGroup)]
LENGTHS = {"T": 9, "M": 4, "K": 6, "N": 5, "S": 8, "D": 26, "H": 8, "W": 12}
#: Of lengths that a new kind names otherwise.
OTHER_LENGTH = 7


def provenance(kind):
    return Provenance(KINDS[kind].rule, "c0ffee", "c0de", "beef", {"size": 8, "name": "Übung"})


def random_video(kind, seed=0, **lengths):
    """Random datasets of a kind; `lengths` overrides the free lengths."""
    rng = np.random.default_rng(seed)
    known = {**LENGTHS, **lengths}
    return {
        name: rng.integers(
            0,
            2 if column.dtype == "?" else 200,
            [known.get(n, OTHER_LENGTH) if isinstance(n, str) else n for n in column.shape],
        ).astype(column.dtype)
        for name, column in KINDS[kind].columns().items()
    }


def write(path, kind="crops", videos=("a_1", "-b.2"), **lengths):
    """Write an artifact of random videos; returns what it must give back."""
    content = {video: random_video(kind, seed, **lengths) for seed, video in enumerate(videos)}
    with ArtifactWriter(path, kind, provenance(kind)) as artifact:
        artifact.set_attributes(crop_size=8, method="dis")
        for video, datasets in content.items():
            artifact.add_video(video, datasets, {"fps": 29.97, "note": "ä"})
    return content


def write_in_blocks(path, num_rows, length):
    """Crops of two videos whose images come so many rows at a time; returns the content."""
    content = {video: random_video("crops", seed, N=num_rows) for seed, video in enumerate("ab")}
    with ArtifactWriter(path, "crops", provenance("crops")) as artifact:
        for video, datasets in content.items():
            images = {name: datasets.pop(name) for name in ("crop", "previous", "mask")}
            for first in range(0, max(num_rows, 1), length):
                rows = slice(first, first + length)
                artifact.append_rows(video, {name: of[rows] for name, of in images.items()})
            artifact.add_video(video, datasets)
            datasets |= images
    return content


def everything(path, kind):
    """All that a reader can get out of an artifact."""
    with read_artifact(path, kind) as artifact:
        found = {"": {name: str(value) for name, value in artifact.attributes.items()}}
        for video in artifact.videos():
            found[video.video_id] = {name: str(v) for name, v in video.attributes.items()}
            for name in KINDS[kind].columns():
                array = video.array(name)
                found[video.video_id, name] = (array.shape, array.tobytes())
    return found


def only_file(folder, name):
    assert sorted(path.name for path in folder.iterdir()) == [name]


def says_what_and_how(error, path, kind):
    """The message names the file, the rule and the command."""
    rule = KINDS[kind].rule
    for text in (str(path), f"rule {rule}", f"snakemake --cores all --forcerun {rule} -- {path}"):
        assert text in str(error), (text, str(error))


@pytest.mark.parametrize("kind", PER_VIDEO)
def test_round_trip_of_every_kind(tmp_path, kind):
    path = tmp_path / "new" / "0000.h5"
    content = write(path, kind)
    only_file(path.parent, "0000.h5")
    with read_artifact(path, kind) as artifact:
        assert artifact.video_ids == ["a_1", "-b.2"]
        assert "a_1" in artifact
        assert "c" not in artifact
        assert artifact.settings == {"size": 8, "name": "Übung"}
        attributes = artifact.attributes
        assert (attributes["schema"], attributes["method"]) == (kind, "dis")
        assert (attributes["num_videos"], attributes["crop_size"]) == (2, 8)
        assert (attributes["rule"], attributes["code_digest"]) == (KINDS[kind].rule, "c0de")
        for video in artifact.videos():
            assert video.attributes == {"fps": 29.97, "note": "ä"}
            for name, expected in content[video.video_id].items():
                found = video.array(name)
                assert found.dtype == np.dtype(KINDS[kind].columns()[name].dtype)
                np.testing.assert_array_equal(found, expected)
                assert video.num_rows(name) == len(expected)
        name = next(iter(KINDS[kind].columns()))
        np.testing.assert_array_equal(
            artifact["a_1"].array(name, slice(1, 3)), content["a_1"][name][1:3]
        )


@pytest.mark.parametrize("kind", ["recognition", "retrieval"])
def test_round_trip_of_kinds_that_are_not_per_video(tmp_path, kind):
    path = tmp_path / "full.h5"
    probabilities = np.random.default_rng(0).random((2, 3, 4)).astype(np.float32)
    with ArtifactWriter(path, kind, provenance(kind)) as artifact:
        artifact.write("probabilities", probabilities)
        artifact.write("action", np.array(["v_001", "größe", ""], object))
        artifact.write("empty", np.array([], object))
        artifact.write("none", np.zeros((0, 4)))
    with read_artifact(path, kind) as artifact:
        np.testing.assert_array_equal(artifact.array("probabilities"), probabilities)
        assert [text.decode() for text in artifact.array("action")] == ["v_001", "größe", ""]
        assert len(artifact.array("empty")) == 0
        assert artifact.array("none").shape == (0, 4)
        with pytest.raises(ArtifactError, match="'nothing' is missing or damaged") as caught:
            artifact.array("nothing")
    says_what_and_how(caught.value, path, kind)


def test_videos_without_rows_and_artifacts_without_videos(tmp_path):
    content = write(tmp_path / "0.h5", "crops", N=0)
    with read_artifact(tmp_path / "0.h5", "crops") as artifact:
        artifact.verify_payload()
        for video in artifact.videos():
            assert (
                video.array("crop").shape == content[video.video_id]["crop"].shape == (0, 8, 8, 3)
            )
    write(tmp_path / "1.h5", "people", videos=())
    with read_artifact(tmp_path / "1.h5", "people") as artifact:
        assert artifact.video_ids == []


def test_every_dataset_has_a_checksum_and_images_one_frame_a_chunk(tmp_path):
    for kind in PER_VIDEO:
        path = tmp_path / f"{kind}.h5"
        write(path, kind)
        with h5py.File(path) as file:
            for name, column in KINDS[kind].columns().items():
                dataset = file[f"videos/a_1/{name}"]
                assert dataset.fletcher32
                assert dataset.compression is None
                rows = 1 if column.by_row else len(dataset)
                assert dataset.chunks == (rows, *dataset.shape[1:])
    assert KINDS["crops"].columns()["crop"].by_row
    assert KINDS["flow"].columns()["flow"].by_row
    with ArtifactWriter(tmp_path / "r.h5", "recognition", provenance("recognition")) as artifact:
        artifact.write("action", np.array(["one", "two"], object))
        artifact.write("long", np.zeros((300_000, 2)))
    with h5py.File(tmp_path / "r.h5") as file:
        assert file["action"].fletcher32
        assert file["long"].chunks == ((1 << 20) // 16, 2)


def test_an_error_leaves_the_old_artifact_and_no_litter(tmp_path):
    path = tmp_path / "0000.h5"
    write(path)
    before = path.read_bytes()

    def fail():
        with ArtifactWriter(path, "crops", provenance("crops")) as artifact:
            artifact.add_video("c", random_video("crops"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert path.read_bytes() == before
    only_file(tmp_path, "0000.h5")


def test_nothing_is_at_the_path_before_the_end(tmp_path):
    path = tmp_path / "0000.h5"
    with ArtifactWriter(path, "crops", provenance("crops")) as artifact:
        artifact.add_video("c", random_video("crops"))
        assert not path.exists()
    only_file(tmp_path, "0000.h5")


def test_what_cannot_be_verified_or_flushed_is_not_put_in_place(tmp_path, monkeypatch):
    path = tmp_path / "0000.h5"

    def damage_then_read(written, kind):
        data = bytearray(written.read_bytes())
        data[len(data) // 2] ^= 255
        written.write_bytes(data)
        return read_artifact(written, kind)

    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "read_artifact", damage_then_read)
        with pytest.raises(ArtifactError):
            write(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_closed_is_removed(tmp_path):
    """On a full disk closing fails, and closing again fails too."""
    artifact = ArtifactWriter(tmp_path / "0000.h5", "crops", provenance("crops"))
    real = artifact._file

    class Full:
        attrs = real.attrs

        def __getitem__(self, name):
            return real[name]

        def close(self):
            raise OSError("no space left on device")

    artifact._file = Full()
    with pytest.raises(OSError, match="no space left"):
        artifact.close()
    real.close()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_during_writing(tmp_path):
    """A limit on the size of files stands for a disk that is full."""
    path = tmp_path / "0000.h5"
    write(path)
    before = path.read_bytes()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
            write(path, N=2000)
        except (OSError, RuntimeError):
            status = 7
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert path.read_bytes() == before
    only_file(tmp_path, "0000.h5")


@pytest.mark.parametrize("fraction", [0.10, 0.50, 0.99])
def test_truncation_is_found_before_use(tmp_path, fraction):
    path = tmp_path / "0000.h5"
    write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    with pytest.raises(ArtifactError, match="truncated") as caught, read_artifact(path, "crops"):
        pytest.fail("a truncated artifact was opened")
    says_what_and_how(caught.value, path, "crops")


@pytest.mark.parametrize("num_rows", [0, 1, 7, 8])
def test_images_in_blocks_of_rows(tmp_path, num_rows):
    content = write_in_blocks(tmp_path / "0000.h5", num_rows, 4)
    with read_artifact(tmp_path / "0000.h5", "crops") as artifact:
        artifact.verify_payload()
        assert artifact.video_ids == ["a", "b"]
        for video in artifact.videos():
            for name, array in content[video.video_id].items():
                np.testing.assert_array_equal(video.array(name), array)
                assert video.array(name).dtype == array.dtype


def test_blocks_that_a_writer_refuses(tmp_path):
    path = tmp_path / "0000.h5"
    block = {name: random_video("crops")[name] for name in ("crop", "previous", "mask")}
    rest = {n: array for n, array in random_video("crops").items() if n not in block}

    def write_all(calls):
        with ArtifactWriter(path, "crops", provenance("crops")) as artifact:
            for method, *arguments in calls:
                getattr(artifact, method)(*arguments)

    def refused(match, *calls):
        with pytest.raises(ArtifactError, match=match):
            write_all(calls)
        assert list(tmp_path.iterdir()) == []

    rows = ("append_rows", "a", block)
    refused("video a was begun and not finished", rows)
    refused("video b is begun before a is finished", rows, ("append_rows", "b", block))
    refused("video b is begun before a is finished", rows, ("add_video", "b", rest))
    refused("frame is not written row by row", ("append_rows", "a", rest))
    refused(r"crop has shape \(10, 8, 8, 3\)", rows, rows, ("add_video", "a", rest))
    wide = {"crop": np.zeros((2, 8, 9, 3), np.uint8)}
    refused(r"rows \(8, 9, 3\) of crop follow rows \(8, 8, 3\)", rows, ("append_rows", "a", wide))
    refused(
        r"\['crop'\] have been appended", rows, ("add_video", "a", {**rest, "crop": block["crop"]})
    )
    refused("added twice", rows, ("add_video", "a", rest), rows)
    refused("crop holds numbers", ("append_rows", "a", {"crop": np.full((1, 8, 8, 3), 300)}))


@pytest.mark.parametrize("in_blocks", [False, True])
def test_no_flipped_byte_gives_a_wrong_number(tmp_path, in_blocks):
    path = tmp_path / "0000.h5"
    if in_blocks:
        write_in_blocks(path, 20, 6)
    else:
        write(path, N=20)
    good, data = everything(path, "crops"), path.read_bytes()
    with h5py.File(path) as file:
        payload = [
            range(chunk.byte_offset, chunk.byte_offset + chunk.size)
            for group in file["videos"].values()
            for name in ("crop", "previous", "rect_px")
            for chunk in map(group[name].id.get_chunk_info, range(group[name].id.get_num_chunks()))
        ]
    rng = np.random.default_rng(0)
    in_payload = [int(rng.choice(payload[int(rng.integers(len(payload)))])) for _ in range(100)]
    anywhere = rng.integers(0, len(data), 150).tolist()
    found = 0
    for number, place in enumerate(in_payload + anywhere):
        flipped = bytearray(data)
        flipped[place] ^= int(rng.integers(1, 256))
        path.write_bytes(flipped)
        try:
            assert everything(path, "crops") == good, f"byte {place} changed what is read"
            assert number >= 100, f"byte {place} of the payload was not noticed"
        except ArtifactError as error:
            found += number < 100
            says_what_and_how(error, path, "crops")
    print(f"{found} of 100 flips in the payload found")
    assert found == 100


def test_a_flipped_text_is_noticed_too(tmp_path):
    path = tmp_path / "k4.h5"
    with ArtifactWriter(path, "recognition", provenance("recognition")) as artifact:
        artifact.write("action", np.array(["routine_001", "routine_002"], object))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"routine_002", b"routine_003"))
    with (
        read_artifact(path, "recognition") as artifact,
        pytest.raises(ArtifactError, match="'action' is missing or damaged"),
    ):
        artifact.array("action")
    path.write_bytes(data.replace(b'"size": 8', b'"size": 9'))
    with pytest.raises(ArtifactError), read_artifact(path, "recognition") as artifact:
        artifact.settings["size"]


def test_what_a_reader_refuses(tmp_path):
    path = tmp_path / "0000.h5"

    def refused(match, kind="crops"):
        with pytest.raises(ArtifactError, match=match) as caught, read_artifact(path, kind):
            pytest.fail("it was opened")
        says_what_and_how(caught.value, path, kind)

    def change(edit):
        write(path)
        with h5py.File(path, "r+") as file:
            edit(file)

    refused("does not exist")
    path.write_text("no HDF5")
    refused("not a readable HDF5 file")
    write(path)
    refused("holds 'crops' where 'flow' was expected", "flow")
    change(lambda file: file.attrs.modify("schema_version", 99))
    refused("version 99 of 'crops'; this vpdlib reads version 1")
    change(lambda file: file.attrs.modify("complete", False))
    refused("is unfinished")
    change(lambda file: file.attrs.clear())
    refused("holds None where 'crops' was expected")
    change(lambda file: file["videos"].__delitem__("a_1"))
    refused("says 2 videos and holds 1")
    change(lambda file: file["videos"].move("a_1", "a;b"))
    refused("'a;b' is not a safe video id")
    change(lambda file: file["videos/a_1"].__delitem__("frame"))
    refused("video a_1: datasets .* were expected")

    def narrower(file):
        del file["videos/a_1/frame"]
        file["videos/a_1/frame"] = np.arange(5, dtype="i2")

    change(narrower)
    refused("video a_1: frame is int16, expected int32")

    def number_for_group(file):
        del file["videos"]
        file["videos"] = np.arange(2)

    change(number_for_group)
    refused("damaged")
    write(path)
    with read_artifact(path, "crops") as artifact:
        with pytest.raises(ArtifactError, match="holds no video 'zzz'") as caught:
            artifact["zzz"]
        with pytest.raises(ArtifactError, match="videos/a_1/colour"):
            artifact["a_1"].array("colour")
    says_what_and_how(caught.value, path, "crops")


def test_a_file_that_claims_more_than_it_holds_is_refused_unread(tmp_path):
    path = tmp_path / "0000.h5"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def claim(kind, length, **options):
        write_kind = KINDS[kind]
        with h5py.File(path, "w") as file:
            version = write_kind.version
            file.attrs.update({"schema": kind, "schema_version": version, "complete": True})
            if not issubclass(write_kind, VideoGroup):
                file.create_dataset("probabilities", (length, 2, 2), "f4", chunks=(1024, 2, 2))
                return
            file.attrs["num_videos"] = 1
            group = file.create_group("videos/v")
            for name, column in write_kind.columns().items():
                shape = [{"N": length, "S": 64}.get(n, n) for n in column.shape]
                chunks = (min(length, 64), *shape[1:])
                group.create_dataset(name, shape, column.dtype, chunks=chunks, **options)

    claim("tracks", 1 << 40)
    with pytest.raises(ArtifactError, match="more than the file has") as caught:
        everything(path, "tracks")
    says_what_and_how(caught.value, path, "tracks")
    claim("recognition", 1 << 40)
    with (
        pytest.raises(ArtifactError, match="more than the file has"),
        read_artifact(path, "recognition"),
    ):
        pytest.fail("it was opened")
    # A bomb: 1 GB of zeros in a few kB.
    claim("flow", 1 << 17, compression="gzip")
    with pytest.raises(ArtifactError, match="more than the file has"):
        everything(path, "flow")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"memory grew by {grown / 1024:.0f} MB")
    assert grown < 200 * 1024


def test_what_a_writer_refuses(tmp_path):
    path = tmp_path / "0000.h5"

    def refused(match, kind="crops", video="v", without=None, **changes):
        datasets = {**random_video(kind), **changes}
        datasets.pop(without, None)
        with (
            pytest.raises(ValueError, match=match) as caught,
            ArtifactWriter(path, kind, provenance(kind)) as artifact,
        ):
            artifact.add_video(video, datasets)
        assert str(path) in str(caught.value)
        assert list(tmp_path.iterdir()) == []

    refused("video v: datasets .* were expected", without="frame")
    refused("video v: datasets .*colour.* were expected", colour=np.zeros(5))
    refused("frame is float64, expected int32", frame=np.zeros(5))
    refused("frame is uint8, expected int32", frame=np.zeros(5, np.uint8))
    refused(r"rect_px has shape \(4, 4\)", rect_px=np.zeros((4, 4), int))
    refused(r"rect_px has shape \(5, 3\)", rect_px=np.zeros((5, 3), int))
    refused(r"rect_px has shape \(5,\)", rect_px=np.zeros(5, int))
    refused(r"crop has shape \(5, 8, 9, 3\)", crop=np.zeros((5, 8, 9, 3), np.uint8))
    refused("crop holds numbers that uint8 cannot", crop=np.full((5, 8, 8, 3), 300, np.uint16))
    refused("frame holds numbers that int32 cannot", frame=np.full(5, 1 << 40))
    refused("not a safe video id", video="../x")
    with pytest.raises(ArtifactError, match="'pictures' is not an artifact kind"):
        ArtifactWriter(path, "pictures", provenance("crops"))
    with ArtifactWriter(tmp_path / "twice.h5", "crops", provenance("crops")) as artifact:
        artifact.add_video("v", random_video("crops"))
        with pytest.raises(ArtifactError, match="video v is added twice"):
            artifact.add_video("v", random_video("crops"))
    (tmp_path / "twice.h5").unlink()
    with (
        pytest.raises(ArtifactError, match="single value"),
        ArtifactWriter(path, "recognition", provenance("recognition")) as artifact,
    ):
        artifact.write("accuracy", np.float64(0.5))
    assert list(tmp_path.iterdir()) == []


def test_wider_numbers_are_stored_in_the_kinds_types(tmp_path):
    datasets = random_video("tracks")
    wide = {
        name: a.astype({"i": "i8", "f": "f8", "u": "u2"}[a.dtype.kind])
        for name, a in datasets.items()
    }
    with ArtifactWriter(tmp_path / "t.h5", "tracks", provenance("tracks")) as artifact:
        artifact.add_video("v", wide)
    with read_artifact(tmp_path / "t.h5", "tracks") as artifact:
        for name, expected in datasets.items():
            assert artifact["v"].array(name).dtype == expected.dtype
            np.testing.assert_array_equal(artifact["v"].array(name), expected)


def test_equal_letters_are_equal_lengths():
    class Pair(VideoGroup):
        a = Column("f4", ("N", "D"))
        b = Column("f4", ("D",))

    check_columns(Pair, {"a": np.zeros((3, 2), "f4"), "b": np.zeros(2, "f4")}, "here")
    with pytest.raises(ArtifactError, match=r"here: b has shape \(3,\), expected \('D',\)"):
        check_columns(Pair, {"a": np.zeros((3, 2), "f4"), "b": np.zeros(3, "f4")}, "here")


def test_several_readers_at_once(tmp_path):
    path = tmp_path / "0000.h5"
    content = write(path)
    with read_artifact(path, "crops") as one, read_artifact(path, "crops") as other:
        np.testing.assert_array_equal(one["a_1"].array("crop"), content["a_1"]["crop"])
        np.testing.assert_array_equal(other["a_1"].array("crop"), content["a_1"]["crop"])


def test_large_settings_survive(tmp_path):
    big = {"classes": [f"class_{i}" for i in range(20_000)]}
    origin = Provenance("crop_athlete", "c", "d", "i", big)
    with ArtifactWriter(tmp_path / "0.h5", "crops", origin):
        pass
    with read_artifact(tmp_path / "0.h5", "crops") as artifact:
        assert artifact.settings == big
        assert len(json.dumps(big)) > 64 << 10


def test_digest_of_inputs(tmp_path):
    path, text = tmp_path / "0000.h5", tmp_path / "labels.csv"
    write(path)
    text.write_text("video,label\n")
    first = digest_inputs([path, text])
    assert len(first) == 16
    # The same digests in the root stand for the same content: a rerun gives the same.
    write(path)
    os.utime(text)
    assert digest_inputs([path, text]) == first
    text.write_text("video,lable\n")
    assert digest_inputs([path, text]) != first
    changed = Provenance("crop_athlete", "c0ffee", "0ther", "beef", {"size": 8, "name": "Übung"})
    with ArtifactWriter(tmp_path / "other.h5", "crops", changed):
        pass
    os.replace(tmp_path / "other.h5", path)
    assert digest_inputs([path]) != digest_inputs([text])
    folder = tmp_path / "student"
    folder.mkdir()
    (folder / "weights").write_bytes(b"1")
    of_folder = digest_inputs([folder])
    (folder / "weights").write_bytes(b"2")
    assert digest_inputs([folder]) != of_folder


def test_hdf5_files_that_are_no_artifacts_count_by_their_bytes(tmp_path):
    path = tmp_path / "truth.h5"
    digests = []
    for value in (1, 2):
        with h5py.File(path, "w") as file:
            file["joints"] = np.full(10, value)
        digests.append(digest_inputs([path]))
    assert digests[0] != digests[1]


def changed(path, change):
    """An artifact of tracks whose HDF5 a foreign tool has changed."""
    write(path, "tracks")
    with h5py.File(path, "a") as file:
        change(file)
    return path


@pytest.mark.parametrize("value", [np.zeros(3), h5py.Empty("f4"), 2.5, "x", b"\xff", 1 << 40])
@pytest.mark.parametrize("name", ["schema", "schema_version", "num_videos"])
def test_attributes_of_another_kind_are_refused(tmp_path, name, value):
    def change(file):
        file.attrs[name] = value

    path = changed(tmp_path / "a.h5", change)
    with pytest.raises(ArtifactError) as caught, read_artifact(path, "tracks"):
        pass
    says_what_and_how(caught.value, path, "tracks")


@pytest.mark.parametrize("text", ["", "{", "3", "[]"])
def test_settings_that_are_no_json_object_are_refused(tmp_path, text):
    def change(file):
        file.attrs["settings"] = text

    path = changed(tmp_path / "a.h5", change)
    with read_artifact(path, "tracks") as artifact:
        with pytest.raises(ArtifactError, match=r"attribute 'settings' is .*damaged") as caught:
            _ = artifact.settings
        says_what_and_how(caught.value, path, "tracks")
        with pytest.raises(ArtifactError, match="dataset 'videos/a_1/nothing' is missing"):
            artifact["a_1"].num_rows("nothing")


@pytest.mark.parametrize("what", ["group", "link", "null"])
def test_something_else_in_place_of_a_dataset_is_refused(tmp_path, what):
    def change(file):
        group = file["videos/a_1"]
        del group["score"]
        if what == "group":
            group.create_group("score")
        else:
            group["score"] = h5py.SoftLink("nothing") if what == "link" else h5py.Empty("f4")

    path = changed(tmp_path / "a.h5", change)
    with pytest.raises(ArtifactError) as caught, read_artifact(path, "tracks"):
        pass
    says_what_and_how(caught.value, path, "tracks")


def test_the_digest_of_inputs_passes_over_what_is_no_artifact(tmp_path):
    path = tmp_path / "a.h5"
    write(path, "tracks")
    whole = digest_inputs([path])
    path.write_bytes(path.read_bytes()[:600])
    assert digest_inputs([path]) != whole


@pytest.mark.parametrize(
    ("kind", "path", "rule"),
    [
        ("features", "features/joints/joints2d/0000.h5", "embed_joints2d"),
        ("features", "features/student/joints/0000.h5", "embed_frames"),
        ("features", "features/supplied/mine/0000.h5", "import_features"),
        ("recognition", "recognition/baselines/bigru/full.h5", "recognize_actions"),
        (
            "recognition",
            "recognition_blocks/baselines/nns/full/0000.h5",
            "recognize_block",
        ),
        ("retrieval", "retrieval/retrieval_blocks.h5", "retrieve_actions"),
        ("retrieval", "retrieval_blocks/vpd2d/0000.h5", "retrieve_block"),
        ("recognition", "late_fusion/both/bigru/full.h5", "ensemble_features"),
        ("recognition", "baselines/stgcn/stgcn/full.h5", "train_baseline"),
        ("recognition", "baselines/ensemble/both/full.h5", "ensemble_baselines"),
        ("found", "found/vpd2d/bigru/0000.h5", "find_actions"),
        ("found", "frame_classes/vpd2d/0000.h5", "find_by_frame_classes"),
    ],
)
def test_the_remedy_names_the_rule_that_makes_the_file(tmp_path, kind, path, rule):
    with (
        pytest.raises(ArtifactError, match=f"made by rule {rule}; "),
        read_artifact(tmp_path / "results" / "mine" / path, kind),
    ):
        pass
