"""The real chain on a few rendered videos: real detector, real teacher, a small student, both heads.

Then what reruns: after a changed setting only what depends on it, after a touched file nothing.
"""

import copy
import hashlib
import os
import platform
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import av
import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from tests.baselines.frame_networks import SMALL_BACKBONE
from tests.workflow.conftest import SETTINGS, TINY_STUDENT
from tests.workflow.reports import check_entries, read_report
from vpdlib.artifacts import read_artifact
from vpdlib.artifacts.kinds import KINDS
from vpdlib.recognition.results import read_result

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).resolve().parent / "golden"
TABLES = ("results/tiny/table1.csv", "results/tiny/figure3.csv", "results/tiny/table3.csv")
TABLE4 = "results/tiny/table4.csv"
DATASET = "datasets/tiny.yaml"
#: Jobs that a new student of TINY brings about.
STUDENT_AND_AFTER = {
    "distil_student": 1,
    "embed_frames": 2,
    "recognize_actions": 4,
    "retrieve_actions": 1,
    "table": 2,
    "figure3": 1,
}
TINY = {
    "title": "Tiny (rendered)",
    "adapter": {
        "kind": "demo",
        "num_train_videos": 4,
        "num_test_videos": 2,
        "actions_per_video": 3,
        "width": 320,
        "height": 180,
    },
    "num_shards": 2,
    "people": {"every_nth_frame": 6},
    "crops": {"size": 32},
    "weak_labels": {"min_score": 0.2},
    "students": {
        "vpd2d": {**TINY_STUDENT, "samples_per_epoch": 60, "val_samples": 30, "batch_size": 20}
    },
    "recognition": {"bigru": {"hidden": 8, "fc_width": 8, "epochs": 3}},
    "detection": {
        "num_shot_places": 2,
        "num_trials": 1,
        "network": {
            "hidden": 4,
            "fc_width": 8,
            "window": 40,
            "windows_per_epoch": 8,
            "batch_size": 4,
            "epochs": 2,
            "folds": 2,
        },
    },
    "shots": [1],
    "trials": 2,
}


def run_alone(workflow, rule, path):
    """Run a rule's script outside Snakemake, in the working folder."""
    script = ROOT / "workflow_scripts" / f"{rule}.py"
    return subprocess.run(
        [sys.executable, str(script), "--like", path],
        cwd=workflow.folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def digests_of(path):
    """Digest of every dataset of an artifact."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = hashlib.sha256(np.asarray(item).tobytes()).hexdigest()

    with h5py.File(path) as file:
        file.visititems(visit)
    assert found
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory, make_workflow):
    """A working folder in which the whole chain has run once."""
    workflow = make_workflow(tmp_path_factory.mktemp("chain"))
    workflow.write_dataset("tiny", TINY)
    wanted = ("accuracy.csv", "predictions.csv", "overlays/test_000.mp4")
    done = workflow.run(*TABLES, TABLE4, *(f"results/tiny/{name}" for name in wanted))
    assert done.returncode == 0, done.stdout[-6000:]
    return workflow


def kind_of_cpu():
    """Vendor and instructions, by which numerical libraries choose their routines, and these their rounding."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"vendor_id\s*:\s*(\S+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    return f"{found[1] if found else platform.machine()} {torch.backends.cpu.get_cpu_capability()}"


def skip_on_another_cpu():
    """Skip where golden values were made on another kind of CPU."""
    kept = (GOLDEN / "cpu.txt").read_text().strip()
    if kept != kind_of_cpu():
        pytest.skip(f"golden values are of {kept}; this CPU is {kind_of_cpu()}")


def check_against_golden(workflow, folder):
    """The results are those that are kept in a folder of `golden`, to the last digit."""
    results = workflow.folder / "results" / "tiny"
    if os.environ.get("VPD_RENEW_GOLDEN"):
        (GOLDEN / "cpu.txt").write_text(kind_of_cpu() + "\n")
        for kept in (GOLDEN / folder).iterdir():
            kept.write_text((results / kept.name).read_text())
    skip_on_another_cpu()
    for kept in sorted((GOLDEN / folder).iterdir()):
        assert (results / kept.name).read_text() == kept.read_text(), kept.name


@pytest.mark.workflow
class TestChain:
    def test_results_are_those_that_are_kept(self, finished):
        check_against_golden(finished, "chain")

    def test_table1_has_every_method_and_head(self, finished):
        table = pd.read_csv(finished.folder / TABLES[0])
        assert list(table) == ["method", "head", "trials", "top1", "top1_std", "top1_paper"]
        rows = set(zip(table["method"], table["head"], table["trials"], strict=True))
        assert rows == {
            ("joints2d", "bigru", 2),
            ("joints2d", "nns", 1),
            ("vpd2d", "bigru", 2),
            ("vpd2d", "nns", 1),
        }
        assert table["top1"].between(0, 100).all()
        assert table["top1_paper"].isna().all()

    def test_figure3_has_k(self, finished):
        table = pd.read_csv(finished.folder / TABLES[1])
        assert list(table) == ["method", "head", "k", "trials", "top1", "top1_std", "top1_paper"]
        assert set(table["k"]) == {1}
        assert (table["trials"] == 2).all()
        for ending in ("png", "pdf"):
            assert (finished.folder / f"results/tiny/figure3.{ending}").stat().st_size > 1000

    def test_table3_has_precision_of_every_method(self, finished):
        table = pd.read_csv(finished.folder / TABLES[2]).set_index("method")
        assert list(table.index) == ["joints2d", "vpd2d"]
        # Six classes of three actions each: no more than two others can be found.
        assert (table["queries"] == 18).all()
        assert table["p10"].between(0, 20).all()
        assert (table["hit10"] >= table["hit1"]).all()
        assert table["p1"].between(0, 100).all()
        assert table["p1_paper"].isna().all()

    def test_predictions_list_what_table1_counts(self, finished):
        predictions = pd.read_csv(finished.folder / "results/tiny/predictions.csv")
        table = pd.read_csv(finished.folder / TABLES[0]).set_index(["method", "head"])["top1"]
        found = predictions[predictions["head"] == "nns"].groupby("features")["correct"].mean()
        assert set(found.index) == {"joints2d", "vpd2d"}
        for method, fraction in found.items():
            assert 100 * fraction == pytest.approx(table[method, "nns"], abs=0.06)
        assert predictions.groupby(["features", "head"]).size().tolist() == [6] * 4

    def test_table4_has_every_overlap(self, finished):
        table = pd.read_csv(finished.folder / TABLE4)
        assert set(table["method"]) == {"joints2d", "vpd2d"}
        assert len(table) == 2 * 9
        assert table["ap"].between(0, 100).all()
        for _, rows in table.groupby("method"):
            # What overlaps more overlaps less too.
            assert rows.sort_values("tiou")["ap"].is_monotonic_decreasing

    def test_every_artifact_is_whole_and_says_where_it_comes_from(self, finished):
        results = finished.folder / "results" / "tiny"
        kinds = {
            "recognition": results.glob("recognition/*/*/*.h5"),
            "retrieval": results.glob("retrieval/*.h5"),
            "detection": results.glob("detection/*.h5"),
        }
        for kind in ("people", "tracks", "crops", "flow", "poses"):
            kinds[kind] = results.glob(f"{kind}/*.h5")
        kinds["weak_labels"] = results.glob("weak_labels/pose2d/*.h5")
        kinds["features"] = results.glob("features/*/*/*.h5")
        for kind, paths in kinds.items():
            paths = list(paths)
            assert len(paths) >= 2, kind
            for path in paths:
                with read_artifact(path, kind) as artifact:
                    artifact.verify_payload()
                    for name in ("config_digest", "code_digest", "input_digest", "rule"):
                        assert artifact.attributes[name], (path, name)
                    if kind != "features":
                        assert artifact.attributes["rule"] == KINDS[kind].rule

    def test_the_athlete_is_found_and_frames_agree_between_stages(self, finished):
        results = finished.folder / "results" / "tiny"
        accuracy = pd.read_csv(results / "accuracy.csv").set_index(
            ["measure", "source", "split", "frames"]
        )
        assert accuracy.loc[("box_iou", "track", "train", "all"), "mean"] > 0.4
        for shard in ("0000", "0001"):
            with (
                read_artifact(results / f"crops/{shard}.h5", "crops") as crops,
                read_artifact(results / f"flow/{shard}.h5", "flow") as flow,
                read_artifact(
                    results / f"features/student/vpd2d/{shard}.h5", "features"
                ) as features,
            ):
                assert crops.video_ids == flow.video_ids == features.video_ids
                for video in crops.videos():
                    frame = video.array("frame")
                    assert np.array_equal(frame, flow[video.video_id].array("frame"))
                    assert np.array_equal(frame, features[video.video_id].array("frame"))
                    assert (video.array("previous_frame")[1:] < frame[1:]).all()

    def test_the_report_holds_tables_figures_overlays_and_the_site(self, finished, tmp_path):
        made = finished.run("results/tiny/site")
        assert made.returncode == 0, made.stdout[-4000:]
        targets = [*TABLES, TABLE4, "results/tiny/site"]
        targets += [
            f"results/tiny/{name}"
            for name in ("accuracy.csv", "predictions.csv", "overlays/test_000.mp4")
        ]
        path = tmp_path / "report.zip"
        done = finished.run("--report", str(path), *targets, cores=None)
        assert done.returncode == 0, done.stdout[-4000:]
        entries, categories, description = read_report(path)
        check_entries(entries, categories, description)
        assert {name: set(parts) for name, parts in categories.items()} == {
            "Tables": {"Recognition", "Retrieval", "Detection", "Teacher and students"},
            "Few-shot": {"Other"},
            "Figures": {"Other"},
            "Overlays": {"Other"},
            "Problems": {"Other"},
            "Site": {"Other"},
        }
        results = finished.folder / "results/tiny"
        figures = {file for file in entries if file.startswith("results/tiny/report/figures/")}
        assert len(figures) > 10
        assert figures == {
            str(file.relative_to(finished.folder))
            for file in (results / "report/figures").iterdir()
            if file.suffix in (".svg", ".csv")
        }
        tables = ("table1", "table3", "table4", "figure3", "predictions", "accuracy", "problems")
        wanted = {f"results/tiny/{name}.{form}" for name in tables for form in ("csv", "html")}
        wanted |= {f"results/tiny/figure3.{form}" for form in ("png", "pdf")}
        wanted |= {"results/tiny/overlays/test_000.mp4", "results/tiny/site/index.html"}
        assert set(entries) - figures == wanted
        confusion = entries["results/tiny/report/figures/confusion_0_joints2d_bigru.svg"]
        assert confusion["labels"] == {
            "figure": "Confusion, joints2d, bigru", "dataset": "tiny", "format": "SVG",
        }  # fmt: skip
        first = entries["results/tiny/table1.html"]
        assert first["labels"]["table"] == "Table 1: all training data"
        assert "Top-1 accuracy with all training data" in first["caption"]
        with zipfile.ZipFile(path) as archive:
            page = archive.read(f"report/{first['data_uri']}").decode()
            site = f"report/{Path(entries['results/tiny/site/index.html']['data_uri']).parent}"
            held = {name.removeprefix(f"{site}/") for name in archive.namelist()}
        assert "Table 1: recognition with all training actions. Tiny (rendered)" in page
        assert {"pages/tables.html", "assets/vpd.js", "data/action_index.js"} <= held
        assert finished.planned(*targets) == {}

    def test_the_overlay_is_h264(self, finished):
        with av.open(str(finished.folder / "results/tiny/overlays/test_000.mp4")) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert container.streams.video[0].frames > 50

    @pytest.mark.parametrize(
        "path",
        ["tracks/0000.h5", "weak_labels/pose2d/0001.h5", "recognition/joints2d/nns/full.h5"],
    )
    def test_a_script_runs_alone_on_what_made_an_artifact(self, finished, path):
        path = f"results/tiny/{path}"
        before = (finished.folder / path).stat().st_mtime_ns
        with h5py.File(finished.folder / path) as file:
            rule = file.attrs["rule"].decode()
        done = run_alone(finished, rule, path)
        assert done.returncode == 0, done.stderr
        alone = finished.folder / "build" / "alone" / path
        assert f"writes build/alone/{path}" in done.stderr
        assert (finished.folder / path).stat().st_mtime_ns == before
        assert digests_of(alone) == digests_of(finished.folder / path)

    def test_a_script_that_runs_alone_says_what_is_wrong(self, finished):
        done = run_alone(finished, "crop_athlete", "results/tiny/tracks/0000.h5")
        assert "was made by track_athlete.py, not by crop_athlete.py" in done.stderr
        done = run_alone(finished, "crop_athlete", "results/tiny/table1.csv")
        assert "table1.csv is not a readable artifact" in done.stderr
        assert done.returncode != 0

    def test_again_there_is_nothing_to_do(self, finished):
        assert finished.planned(*TABLES) == {}

    def test_a_touched_library_file_reruns_nothing(self, finished):
        module = ROOT / "vpdlib" / "tracking" / "track.py"
        before = module.stat()
        try:
            os.utime(module)
            assert finished.planned(*TABLES) == {}
        finally:
            os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))

    @pytest.mark.parametrize(
        ("change", "expected"),
        [
            # The title is in the pages of tables and of problems.
            (("title", "Renamed"), {"figure3": 1, "problems": 1, "table": 2}),
            (("shots", [1, 2]), {"recognize_actions": 4, "figure3": 1}),
            (("trials", 3), {"recognize_actions": 8, "table": 1, "figure3": 1}),
            (("retrieval", "normalise", False), {"retrieve_actions": 2, "table": 1}),
            (
                ("recognition", "bigru", "epochs", 4),
                {"recognize_actions": 4, "table": 1, "figure3": 1},
            ),
            (("weak_labels", "min_score", 0.25), {"select_weak_labels": 2, **STUDENT_AND_AFTER}),
            (("flow", "method", "farneback"), {"estimate_flow": 2, **STUDENT_AND_AFTER}),
            (
                ("crops", "pad_px", 20.0),
                {"crop_athlete": 2, "estimate_flow": 2, **STUDENT_AND_AFTER},
            ),
        ],
    )
    def test_a_changed_setting_reruns_what_depends_on_it(self, finished, change, expected):
        changed = copy.deepcopy(TINY)
        place = changed
        *path, key, value = change
        for part in path:
            place = place.setdefault(part, {})
        place[key] = value
        with finished.with_settings(DATASET, changed):
            assert finished.planned(*TABLES) == expected

    def test_two_changes_at_once_do_not_hide_one_another(self, finished):
        """Another seed prepares the labels anew; the changed detection must be seen all the same."""
        changed = copy.deepcopy(TINY)
        changed["seed"] = 3
        changed["people"]["every_nth_frame"] = 5
        with finished.with_settings(DATASET, changed):
            planned = finished.planned(*TABLES)
        for rule in ("prepare_dataset", "detect_people", "track_athlete", "distil_student"):
            assert planned[rule], rule

    def test_late_fusion_adds_rows_and_trains_nothing(self, finished):
        changed = {**TINY, "ensembles": {"both": ["joints2d", "vpd2d"]}}
        wanted = TABLES[:2]
        with finished.with_settings(DATASET, changed):
            expected = {"ensemble_features": 2, "table": 1, "figure3": 1}
            assert finished.planned(*wanted) == expected
            done = finished.run(*wanted)
            assert done.returncode == 0, done.stdout[-6000:]
            table, figure = (pd.read_csv(finished.folder / path) for path in wanted)
            done = finished.run("results/tiny/late_fusion/both/nns/full.h5")
            assert "nns gives no probabilities to put together" in done.stdout
        finished.run(*wanted)
        for rows in (table, figure):
            fused = rows[rows["method"] == "both"]
            assert fused[["head", "trials"]].to_numpy().tolist() == [["bigru", 2]]
        folder = finished.folder / "results/tiny"
        parts = [
            read_result(folder / "recognition" / name / "bigru/k1.h5")
            for name in ("joints2d", "vpd2d")
        ]
        both = read_result(folder / "late_fusion/both/bigru/k1.h5")
        expected = sum(part.probabilities for part in parts) / 2
        np.testing.assert_allclose(both.probabilities, expected, atol=1e-6)
        assert both.train_ids == parts[0].train_ids

    def test_a_changed_setting_is_carried_out_and_only_that(self, finished):
        """Not only announced: after the run, what did not depend on it has its old time stamp."""
        results = finished.folder / "results" / "tiny"
        before = {path: path.stat().st_mtime_ns for path in results.rglob("*.h5")}
        changed = copy.deepcopy(TINY)
        changed["recognition"]["bigru"]["epochs"] = 2
        with finished.with_settings(DATASET, changed):
            done = finished.run(*TABLES)
        assert done.returncode == 0, done.stdout[-4000:]
        renewed = {
            path.relative_to(results).as_posix()
            for path, t in before.items()
            if path.stat().st_mtime_ns != t
        }
        assert renewed == {
            f"recognition/{feature}/bigru/{regime}.h5"
            for feature in ("joints2d", "vpd2d")
            for regime in ("full", "k1")
        }


@pytest.mark.workflow
@pytest.mark.parametrize("change", [{"test_fraction": 0.5}, {"group_pattern": "(?P<group>.)"}])
def test_a_change_of_the_split_leaves_the_list_of_videos(mine, change):
    """Or every stage that looks at pixels would be done again."""
    lists = [f"results/mine/shards/{shard}.csv" for shard in ("0000", "0001")]
    done = mine.run(*lists)
    assert done.returncode == 0, done.stdout
    settings = {**SETTINGS, "adapter": {**SETTINGS["adapter"], **change}}
    with mine.with_settings("datasets/mine.yaml", settings):
        assert mine.planned(*lists) == {}
        assert mine.planned("results/mine/dataset/actions.csv") == {"prepare_dataset": 1}


STUDENT = {**TINY["students"]["vpd2d"], "augmentation": {"rotation_degrees": 180}}
#: All that the paper does with features, and what is beyond it, on the same videos.
EVERYTHING = {
    **TINY,
    "vipe": {"vipe": {"model": "tiny"}, "vipe_flip": {"model": "tiny", "upside_down": True}},
    "students": {
        "vpd2d": TINY["students"]["vpd2d"],
        "vpdvi": {**STUDENT, "teacher": "vipe_flip", "score_power": 1.0, "min_score": 0.1},
    },
    "concat": {"vpdconcat": ["vpd2d", "vpdvi"]},
    "fused": {"vpdfused": {"student": "vpd2d"}},
    "methods": ["vipe", "vpdvi", "vpdconcat", "vpdfused"],
    "thresholds": [0.3],
}
VIPE = {
    "title": "Tiny",
    "motions": [{"kind": "demo", "dataset": "tiny"}],
    "training": {
        "hidden": 16,
        "decoder_width": 16,
        "epochs": 2,
        "samples_per_epoch": 200,
        "val_samples": 50,
    },
}


@pytest.fixture(scope="module")
def tabulated(finished):
    """The same folder after all tables have been asked for."""
    finished.write_vipe("tiny", VIPE)
    with finished.with_settings(DATASET, EVERYTHING):
        done = finished.run("results/tiny/tables.md")
        assert done.returncode == 0, done.stdout[-6000:]
        yield finished


@pytest.mark.workflow
class TestEveryTable:
    def test_tables_are_those_that_are_kept(self, tabulated):
        check_against_golden(tabulated, "tables")

    def test_a_vipe_may_be_called_as_what_a_dataset_has(self, tabulated):
        tabulated.write_vipe("model", VIPE)
        assert tabulated.planned("results/vipe/model") == {"train_vipe": 1}

    def table(self, workflow, name):
        return pd.read_csv(workflow.folder / "results" / "tiny" / f"{name}.csv")

    def test_table2_has_every_ablation_with_both_settings(self, tabulated):
        table = self.table(tabulated, "table2")
        assert table["method"].tolist() == [
            "vipe_flip", "vpdvi_rgb", "vpdvi_rgbflow", "vpdvi", "vpdvi_actions", "vpdvi_corpus",
        ]  # fmt: skip
        assert table[["full", "k1"]].notna().all(axis=None)

    def test_table_s1_keeps_fewer_frames_than_all(self, tabulated):
        table = self.table(tabulated, "tableS1")
        assert table["min_score"].tolist()[1:] == [0.3]
        assert 0 < table["pct_all"][1] <= 100
        assert table[["full", "k1"]].notna().all(axis=None)

    def test_the_other_tables_are_filled(self, tabulated):
        assert self.table(tabulated, "tableS2")[["bigru1", "nns1"]].notna().all(axis=None)
        assert len(self.table(tabulated, "tableS3")) == 4
        heads = self.table(tabulated, "tableS4")
        assert len(heads) == 6
        assert heads[["vipe_flip", "vpdvi"]].notna().all(axis=None)
        assert self.table(tabulated, "tableS8")["model"].tolist() == ["tiny", "tiny"]

    def test_all_are_on_one_page(self, tabulated):
        page = (tabulated.folder / "results" / "tiny" / "tables.md").read_text()
        titles = [line for line in page.splitlines() if line.startswith("# ")]
        assert len(titles) == len(set(titles)) == 10

    def test_descriptors_have_the_length_of_their_parts(self, tabulated):
        lengths = {
            "vipe/vipe": 64,
            "vipe/vipe_flip": 128,
            "student/vpdvi": 128,
            "concat/vpdconcat": 154,
            "fused/vpdfused": 26,
        }
        for name, length in lengths.items():
            path = tabulated.folder / "results" / "tiny" / "features" / name / "0000.h5"
            with read_artifact(path, "features") as artifact:
                for video in artifact.videos():
                    descriptor = video.array("descriptor")
                    assert descriptor.shape[1:] == (2, length), name
                    assert np.isfinite(descriptor).all()

    def test_again_there_is_nothing_to_do_and_another_vipe_retrains_its_students(self, tabulated):
        assert tabulated.planned("results/tiny/tables.md") == {}
        changed = {**VIPE, "training": {**VIPE["training"], "epochs": 3}}
        with tabulated.with_settings("vipe/tiny.yaml", changed):
            planned = tabulated.planned("results/tiny/table2.csv")
        assert planned["train_vipe"] == 1
        # vpdvi and four variants of it; the students of the joints stay.
        assert planned["distil_student"] == 5
        assert "estimate_pose" not in planned

    def test_parts_in_another_order_are_put_side_by_side_anew(self, tabulated):
        """All shards of them, or heads would meet two orders of columns."""
        changed = {**EVERYTHING, "concat": {"vpdconcat": ["vpdvi", "vpd2d"]}}
        with tabulated.with_settings(DATASET, changed):
            planned = tabulated.planned("results/tiny/table1.csv")
        assert planned["concat_features"] == 2
        assert planned["recognize_actions"] == 2
        assert "embed_frames" not in planned


GRAPH_TRAINING = {"epochs": 2, "batch_size": 8, "milestones": [1]}
FRAME_NETWORK = {
    **SMALL_BACKBONE,
    "num_segments": 3,
    "input_px": 24,
    "training": {"epochs": 2, "warmup_epochs": 1, "batch_size": 8},
}
MSG3D = {
    "kind": "msg3d",
    "num_frames": 8,
    "network": {"widths": [6, 6], "gcn_scales": 3, "g3d_scales": 2, "window_sizes": [3]},
    "training": GRAPH_TRAINING,
}
#: Baselines beside one method, on the same videos; whole pictures, flow, ensembles and R3D among them.
COMPARED = {
    **TINY,
    "baselines": {
        "stgcn": {
            "kind": "stgcn",
            "num_frames": 8,
            "network": {"stage_widths": [8], "stage_blocks": [2]},
            "training": GRAPH_TRAINING,
        },
        "msg3d": MSG3D,
        "msg3d_bone": {**MSG3D, "stream": "bone"},
        "msg3d_ensemble": {"kind": "ensemble", "parts": ["msg3d", "msg3d_bone"]},
        "posec3d": {
            "kind": "posec3d",
            "num_frames": 4,
            "test_clips": 1,
            "network": {"heatmap_px": 12, "base_width": 4, "stage_blocks": [1, 1]},
            "training": {"epochs": 2, "batch_size": 8},
        },
        "tsn_whole": {"kind": "tsn", "input": "frame", **FRAME_NETWORK},
        "trn": {"kind": "trn", **FRAME_NETWORK},
        "gsm_flow": {"kind": "gsm", "stream": "flow", "flow_stack": 2, **FRAME_NETWORK},
    },
    "whole_frames": {"side_px": 32},
    "r3d": {
        "r3d": {
            "weights": None,
            "fine_tune": True,
            "widths": [4, 8],
            "blocks": [1, 1],
            "training": {"epochs": 2, "batch_size": 8},
        }
    },
    "methods": ["joints2d", "r3d"],
    "heads": ["nns"],
    "baseline_shots": [1],
    "baseline_trials": 1,
}
#: As they stand in the YAML file that the test writes.
BASELINE_NAMES = sorted(COMPARED["baselines"])


@pytest.fixture(scope="module")
def compared(finished):
    """The same folder after the baselines have been trained."""
    with finished.with_settings(DATASET, COMPARED):
        done = finished.run(TABLES[0], TABLES[1], TABLE4)
        assert done.returncode == 0, done.stdout[-6000:]
        yield finished


@pytest.mark.workflow
class TestBaselines:
    def test_table1_has_trivial_rows_then_baselines_then_methods(self, compared):
        table = pd.read_csv(compared.folder / TABLES[0], keep_default_na=False)
        assert list(table) == [
            "method", "head", "trials", "top1", "top1_std", "top1_paper", "weights",
        ]  # fmt: skip
        names = ["random", "top_class", *BASELINE_NAMES, "joints2d", "r3d"]
        assert table["method"].tolist() == names
        assert table["head"].tolist() == [""] * 10 + ["nns"] * 2
        assert table["trials"].tolist() == [0, 0] + [1] * 10
        top1 = table.set_index("method")["top1"].astype(float)
        # Six classes of one test action each.
        assert top1["random"] == top1["top_class"] == 16.67
        assert top1.between(0, 100).all()
        weights = table.set_index("method")["weights"]
        assert set(weights[["stgcn", "msg3d_ensemble", "posec3d", "joints2d", "random"]]) == {""}
        assert set(weights[["tsn_whole", "trn", "gsm_flow", "r3d"]]) == {"from scratch"}

    def test_figure3_has_the_baselines_of_its_shots(self, compared):
        table = pd.read_csv(compared.folder / TABLES[1], keep_default_na=False)
        assert list(table) == ["method", "head", "k", "trials", "top1", "top1_std", "top1_paper"]
        assert table["method"].tolist() == ["joints2d", "r3d", *BASELINE_NAMES]
        assert set(table["k"]) == {1}

    def test_table4_says_what_weights_r3d_starts_from(self, compared):
        table = pd.read_csv(compared.folder / TABLE4, keep_default_na=False)
        assert set(zip(table["method"], table["weights"], strict=True)) == {
            ("joints2d", ""),
            ("r3d", "from scratch"),
        }

    def test_artifacts_are_as_those_of_the_heads(self, compared):
        results = compared.folder / "results" / "tiny"
        with read_artifact(results / "recognition/joints2d/nns/full.h5", "recognition") as head:
            test_ids, truth = head.array("action"), head.array("label")
        with read_artifact(results / "recognition/joints2d/nns/k1.h5", "recognition") as head:
            shots = head.array("train_action_0").tolist()
        paths = sorted(results.glob("baselines/*/*/*.h5"))
        assert len(paths) == 2 * len(COMPARED["baselines"])
        for path in paths:
            with read_artifact(path, "recognition") as artifact:
                artifact.verify_payload()
                assert artifact.attributes["regime"] == path.stem
                assert np.array_equal(artifact.array("action"), test_ids), path
                assert np.array_equal(artifact.array("label"), truth), path
                if path.stem == "k1":
                    # Only an action that a network has no frame of is left out.
                    assert set(artifact.array("train_action_0")) <= set(shots), path

    def test_features_of_r3d_are_of_the_crops(self, compared):
        results = compared.folder / "results" / "tiny"
        with (
            read_artifact(results / "crops/0000.h5", "crops") as crops,
            read_artifact(results / "features/r3d/r3d/0000.h5", "features") as features,
        ):
            assert features.attributes["weights"] == "from scratch"
            for video in crops.videos():
                found = features[video.video_id]
                assert np.array_equal(found.array("frame"), video.array("frame"))
                descriptor = found.array("descriptor")
                assert descriptor.shape[1:] == (2, 8)
                assert np.isfinite(descriptor).all()

    def test_again_there_is_nothing_to_do_and_a_change_reruns_one_baseline(self, compared):
        assert compared.planned(TABLES[0], TABLES[1], TABLE4) == {}
        changed = copy.deepcopy(COMPARED)
        changed["baselines"]["msg3d_bone"]["num_frames"] = 9
        with compared.with_settings(DATASET, changed):
            planned = compared.planned(TABLES[0])
        assert planned == {"train_baseline": 1, "ensemble_baselines": 1, "table": 1}
