"""The command: what it shows, and its exit status."""

import json
import re
import shutil
from pathlib import Path

import pytest

from vpdlib.__main__ import main
from vpdlib.doctor import examine, machine
from vpdlib.doctor.children import Answer
from vpdlib.doctor.item import Item, as_json, table
from vpdlib.doctor.weights import are_ready, look_at_weights
from vpdlib.flow.settings import FlowSettings
from vpdlib.people.settings import PeopleSettings
from vpdlib.poses.settings import PoseSettings
from vpdlib.weights.check import expected_manifest
from vpdlib.weights.registry import NETWORKS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def answers(monkeypatch):
    """What the probes answer, without any being run."""
    given = {name: Answer("works", "runs") for name in examine._SHOWN}
    monkeypatch.setattr(examine, "run_probes", lambda *_: given)
    return given


def doctor(tmp_path, *options):
    return main(["doctor", "--networks-dir", str(tmp_path / "networks"), *options])


def write_networks(folder):
    folder.mkdir()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for name, network in NETWORKS.items():
        (folder / f"{name}.onnx").touch()
        manifest = {**expected_manifest(network), "onnx_sha256": empty}
        (folder / f"{name}.manifest.json").write_text(json.dumps(manifest))


def test_all_that_works_is_said(answers, tmp_path, capsys):
    write_networks(tmp_path / "networks")
    assert doctor(tmp_path) == 0
    said = capsys.readouterr().out
    assert said.rstrip().endswith("All that make demo needs works.")
    for part in ("Machine", "Packages", "Networks", "Detectors of people", "Teachers", "Flow"):
        assert f"\n{part}\n" in f"\n{said}"
    assert max(map(len, said.splitlines())) <= 120


def test_only_what_the_demo_needs_decides(answers, tmp_path, capsys):
    answers["mmdet"] = Answer("wrong", "ImportError: no mmcv")
    answers["raft"] = Answer("unknown", "not tried, time was up")
    assert doctor(tmp_path) == 0
    said = capsys.readouterr().out
    assert "WRONG mmdet" in said
    assert "-> make env; for compiled operators" in said
    answers["nanodet"] = Answer("wrong", "ended by SIGILL")
    assert doctor(tmp_path) == 1
    assert "make demo will not do: nanodet." in capsys.readouterr().out
    answers["nanodet"] = Answer("unknown", "still busy when time was up")
    assert doctor(tmp_path) == 0
    assert "out of time: nanodet (--seconds 120)" in capsys.readouterr().out


def test_for_programs(answers, tmp_path, capsys):
    answers["torch"] = Answer("wrong", "ImportError")
    assert doctor(tmp_path, "--json") == 1
    content = json.loads(capsys.readouterr().out)
    assert content["demo_can_do"] is False
    (torch,) = [item for item in content["items"] if item["name"] == "torch"]
    assert torch["state"] == "wrong"
    assert torch["needed"] is True


def test_networks_that_are_missing_are_fetched_and_damaged_ones_stop_it(tmp_path):
    items = look_at_weights(tmp_path / "networks")
    assert not any(item.stops_the_demo for item in items)
    assert not are_ready(items)
    write_networks(tmp_path / "networks")
    assert are_ready(look_at_weights(tmp_path / "networks"))
    (tmp_path / "networks/nanodet.onnx").write_bytes(b"cut off")
    items = look_at_weights(tmp_path / "networks")
    (wrong,) = [item for item in items if item.state == "wrong"]
    assert wrong.stops_the_demo
    assert "expected sha256" in wrong.found
    assert wrong.remedy == "make networks"


def test_a_checkpoint_is_compared_with_its_digest(tmp_path):
    (tmp_path / "efficientnet-lite0.pth").write_bytes(b"other")
    (wrong,) = [item for item in look_at_weights(tmp_path) if item.state == "wrong"]
    assert wrong.name == "efficientnet-lite0"
    assert wrong.stops_the_demo


def test_npm_is_needed_until_the_networks_are_there(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    npm = {ready: machine.look_at_machine(tmp_path, ready)[-1] for ready in (True, False)}
    assert npm[True].state == "absent"
    assert npm[False].stops_the_demo
    assert "apt-get install npm" in npm[False].remedy


def test_slurm_is_there_or_not_and_answers_or_not(tmp_path, monkeypatch):
    def slurm():
        (item,) = [item for item in machine.look_at_machine(tmp_path, True) if item.name == "Slurm"]
        assert not item.stops_the_demo
        return item

    def command(name, text):
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    monkeypatch.setenv("PATH", str(tmp_path))
    assert slurm().state == "absent"
    command("sbatch", "echo slurm 22.05.8")
    command("sinfo", "echo unable to contact slurm controller >&2; exit 1")
    assert slurm().state == "wrong"
    assert "slurm 22.05.8; its controller does not answer" in slurm().found
    command("sinfo", "echo gpu; echo cpu; echo gpu")
    assert slurm().state == "works"
    assert "slurm 22.05.8; partitions: gpu, cpu" in slurm().found


def test_a_folder_of_results_that_is_not_there_is_no_matter(tmp_path):
    items = {item.name: item for item in machine.look_at_machine(tmp_path / "a/b/c", True)}
    assert items["disk"].state == "works"
    assert str(tmp_path) in items["disk"].found


def test_little_disk_stops_the_demo(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * 10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage)
    items = {item.name: item for item in machine.look_at_machine(tmp_path, True)}
    assert items["disk"].stops_the_demo


def test_another_python_stops_the_demo(tmp_path, monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 14, 0))
    assert machine.look_at_machine(tmp_path, True)[0].stops_the_demo


def test_the_pythons_are_those_of_make():
    (line,) = re.findall(r"^PYTHONS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {f"{major}.{minor}" for major, minor in machine.PYTHONS} == set(line.split())


def test_every_back_end_of_the_settings_is_looked_at():
    """A new value of `detectors`, `teacher` or `method` wants a probe."""
    (detectors,) = [PeopleSettings.model_json_schema()["properties"]["detectors"]["items"]["enum"]]
    teachers = PoseSettings.model_json_schema()["properties"]["teacher"]["enum"]
    methods = FlowSettings.model_json_schema()["properties"]["method"]["enum"]
    shown = {name for probed in examine._SHOWN.values() for name in probed.name.split(", ")}
    assert {*detectors, *teachers} <= shown
    assert {method.split("_")[0] for method in methods} <= shown


def test_texts_of_libraries_do_no_harm():
    items = [
        Item("Part", "name", "wrong", "line\n\x00 one", "do this"),
        Item("Part", "b", "works", ""),
    ]
    assert "line \x00 one" in table(items)
    assert json.loads(as_json(items))["items"][0]["found"] == "line\n\x00 one"
