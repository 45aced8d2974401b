"""A new adapter is one module: no other of the library, the rules and the scripts knows which ones there are."""

import csv
import re
import shutil
from typing import get_args

import pytest

from tests.workflow.conftest import ROOT, SETTINGS, write_video
from vpdlib.datasets.adapters import Adapter

pytestmark = pytest.mark.workflow
SOURCES = ("vpdlib", "rules", "workflow_scripts")

#: Videos whose labels are what stands before a dash in their names.
MODULE = '''
from typing import Literal

from vpdlib.datasets.adapters.base import LabelledAdapter
from vpdlib.datasets.base import Action
from vpdlib.datasets.video_files import find_videos


class NamedAdapter(LabelledAdapter):
    """Videos that are named after their classes."""

    kind: Literal["named"] = "named"
    place: str
    deinterlace: Literal["auto"] = "auto"

    @property
    def has_events(self):
        """A video is one action."""
        return False

    @property
    def video_folder(self):
        """Where they are."""
        return self.place

    def find_videos(self, paths, classes):
        """All."""
        return find_videos(paths.under_data(self.place), "adapter.place")

    def labels_without_table(self, videos):
        """Those in the names."""
        return [
            Action(name, name, 0.0, videos.durations_s[name], name.split("-")[0], None, "", name)
            for name in (source.video_id for source in videos.sources)
        ]
'''


def test_a_new_adapter_is_one_module_and_a_name(make_workflow, tmp_path):
    workflow = make_workflow(tmp_path / "work")
    workflow.root = tmp_path / "vpd"
    for name in (*SOURCES, "envs", "docs/report"):
        shutil.copytree(ROOT / name, workflow.root / name)
    shutil.copy(ROOT / "Snakefile", workflow.root)
    adapters = workflow.root / "vpdlib" / "datasets" / "adapters"
    (adapters / "named.py").write_text(MODULE)
    registry = (adapters / "__init__.py").read_text()
    registered = registry.replace(
        "\n#: All", "from vpdlib.datasets.adapters.named import NamedAdapter\n\n#: All"
    ).replace("    | DemoAdapter\n", "    | DemoAdapter\n    | NamedAdapter\n")
    assert registered.count("NamedAdapter") == 2
    (adapters / "__init__.py").write_text(registered)

    names = [f"{label}-{number}" for label in ("jump", "turn") for number in range(4)]
    for name in names:
        write_video(workflow.folder / "data" / "clips" / f"{name}.mp4", 3)
    settings = {**SETTINGS, "adapter": {"kind": "named", "place": "clips"}, "num_shards": 1}
    workflow.write_dataset("mine", settings)
    done = workflow.run("results/mine/dataset/actions.csv")
    assert done.returncode == 0, done.stdout
    with (workflow.folder / "results/mine/dataset/actions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert {row["video"]: row["label"] for row in rows} == {n: n.split("-")[0] for n in names}
    assert {row["split"] for row in rows} == {"train", "test"}
    jobs = workflow.planned("results/mine/tables.md")
    assert jobs["detect_people"] == jobs["estimate_pose"] == 1
    assert "detect_actions" not in jobs


def test_nothing_else_names_an_adapter():
    choices = get_args(get_args(Adapter)[0])
    assert len(choices) == 7
    names = re.compile(r"isinstance\([^)]*adapter|" + "|".join(c.__name__ for c in choices))
    apart = ROOT / "vpdlib" / "datasets" / "adapters"
    paths = [ROOT / "Snakefile", *(path for name in SOURCES for path in (ROOT / name).rglob("*"))]
    naming = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.suffix in (".py", ".smk", "") and path.is_file() and apart not in path.parents
        if names.search(re.sub(r":class:`[^`]*`", "", path.read_text()))
    ]
    assert naming == []
