"""Make the files of BORIS, Label Studio, VIA 3 and Datumaro in this folder, each by the tool's own code.

Not run by CI. One part at a time, each with a Python that has the package of that tool, from the project's root:

    PYTHON tests/interchange/tool_files/make_json.py boris         boris-behav-obs 8.27.4 (Python 3.11), and again
                                                                   10.0.2 (3.13); 9.15.0 (3.12) makes what 10.0.2 does
    PYTHON tests/interchange/tool_files/make_json.py boris_tables  10.0.2; and, in the environment of 8.27.4, 8.15 and
                                                                   8.9.1, installed without what they need elsewhere
                                                                   (pip install --no-deps --target FOLDER) and named by
                                                                   PYTHONPATH=FOLDER
    PYTHON tests/interchange/tool_files/make_json.py label_studio  label-studio 1.23.2 (Python 3.12)
    PYTHON tests/interchange/tool_files/make_json.py via SOURCE    any; Node 18 or newer as `node`. SOURCE is the folder
                                                                   via-3.x.y/src/js of VIA's repository (3.0.10)
    PYTHON tests/interchange/tool_files/make_json.py datumaro      datumaro 1.13.12

`check_json.py` beside it opens what vpd writes with the same packages. Videos are named, not read: heat_01.mp4 of 60 s
at 25 frames a second, heat_02.mp4 of 30 s at 50. BORIS starts its window when the package is imported, and VIA looks
for a page, so both are given what stands for them: the modules alone, and an empty page. Events of BORIS are put in by
its `write_event`, as a key press does, with the time that the player shows.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import subprocess
import sys
import types
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import MagicMock, patch

HERE = Path(__file__).parent
VIDEOS = "/home/mia/videos"
ONE, TWO = f"{VIDEOS}/heat_01.mp4", f"{VIDEOS}/heat_02.mp4"


def boris_module(name: str) -> Any:
    """A module of BORIS, without its window."""
    if "boris" not in sys.modules:
        spec = importlib.util.find_spec("boris")
        package = types.ModuleType("boris")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["boris"] = package
        # The players, which need a library of the system.
        for player in ("mpv", "mpv2", "player_dock_widget"):
            sys.modules[f"boris.{player}"] = MagicMock()
    return importlib.import_module(f"boris.{name}")


class Window:
    """What `write_event` asks BORIS' window for, while one observation is open; what redraws it does nothing."""

    def __init__(self, project: dict[str, Any], observation: str, playing: str) -> None:
        self.pj, self.observationId = project, observation
        self.playerType = project["observations"][observation]["type"]
        self.currentSubject = ""
        self.liveObservationStarted = True
        self.subject_name_index = {
            one["name"]: key for key, one in project["subjects_conf"].items()
        }
        self.state_behaviors_codes = [
            one["code"]
            for one in project["behaviors_conf"].values()
            if one["type"] == "State event"
        ]
        self.undo_queue, self.undo_description = [], []
        playlist = types.SimpleNamespace(playlist=[{"filename": playing}], playlist_pos=0)
        self.dw_player = [types.SimpleNamespace(player=playlist)]

    def checkSameEvent(self, observation, time, subject, code):
        return [time, subject, code] in [
            one[:3] for one in self.pj["observations"][observation]["events"]
        ]

    def getLaps(self):
        return Decimal(0)

    def __getattr__(self, name):
        return MagicMock()


def boris_observation(*files: str, second: str | None = None, **others: Any) -> dict[str, Any]:
    length, fps = {ONE: 60.0, TWO: 30.0}, {ONE: 25.0, TWO: 50.0}
    used = [*files, *([second] if second else [])]
    players = {str(n): [] for n in range(1, 9)}
    players["1"] = list(files)
    players["2"] = [second] if second else []
    return {
        "file": players,
        "type": "MEDIA",
        "date": "2024-05-01T10:00:00.000",
        "description": "",
        "time offset": Decimal("0.0"),
        "events": [],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {one: length[one] for one in used},
            "fps": {one: fps[one] for one in used},
            "hasVideo": dict.fromkeys(used, True),
            "hasAudio": dict.fromkeys(used, False),
            "offset": {"1": 0.0, **({"2": 12.0} if second else {})},
        },
        **others,
    }


def boris_project(cfg: Any) -> dict[str, Any]:
    behaviours = {"axel": "State event", "lutz": "State event", "fall": "Point event"}
    project = json.loads(json.dumps(cfg.EMPTY_PROJECT))
    project["project_name"] = "heats"
    project["behaviors_conf"] = {
        str(n): {
            "type": kind,
            "key": code[0],
            "code": code,
            "description": "",
            "color": "",
            "category": "jump" if code != "fall" else "",
            "modifiers": {},
            "excluded": "",
            "coding map": "",
        }
        for n, (code, kind) in enumerate(behaviours.items())
    }
    project["subjects_conf"] = {
        str(n): {"key": str(n + 1), "name": name, "description": ""}
        for n, name in enumerate(("mia", "zoe"))
    }
    recorded = boris_observation(TWO, media_creation_date_as_offset=True)
    recorded["media_info"]["media_creation_time"] = {TWO: 1714550400.0}
    project["observations"] = {
        "one heat": boris_observation(ONE),
        "both heats": boris_observation(ONE, TWO, **{"time offset": Decimal("10.0")}),
        "two cameras": boris_observation(ONE, second=TWO),
        "day of recording": recorded,
        "from the stands": {
            **boris_observation(),
            "type": "LIVE",
            "file": [],
            "media_info": {},
            "start_from_current_time": False,
            "start_from_current_epoch_time": False,
            "scan_sampling_time": 0,
        },
    }
    return project


#: Observation -> the time on player 1, subject, behaviour, modifier; state events begin and end.
BORIS_EVENTS = {
    "one heat": [
        ("3.000", "mia", "axel", ""),
        ("4.000", "zoe", "axel", ""),
        ("4.520", "mia", "axel", ""),
        ("5.000", "zoe", "axel", ""),
        ("10.000", "mia", "axel", "double"),
        ("10.500", "mia", "axel", ""),
        ("11.000", "mia", "axel", "double"),
        ("11.480", "mia", "axel", ""),
        ("20.200", "mia", "fall", ""),
        ("31.040", "", "lutz", ""),
        ("32.333", "", "lutz", ""),
    ],
    "both heats": [
        ("58.000", "mia", "lutz", ""),
        ("59.520", "mia", "lutz", ""),
        ("61.000", "zoe", "lutz", ""),
        ("62.500", "zoe", "lutz", ""),
        ("80.000", "zoe", "fall", ""),
    ],
    "two cameras": [("15.000", "mia", "lutz", ""), ("16.000", "mia", "lutz", "")],
    "day of recording": [("5.000", "zoe", "axel", ""), ("6.240", "zoe", "axel", "")],
    "from the stands": [("1.000", "mia", "axel", ""), ("2.000", "mia", "axel", "")],
}


def make_boris() -> None:
    cfg, util = boris_module("config"), boris_module("utilities")
    write_event = boris_module("write_event")
    version = boris_module("version").__version__
    project = boris_project(cfg)
    by_code = {one["code"]: one for one in project["behaviors_conf"].values()}
    for name, events in BORIS_EVENTS.items():
        playing = (project["observations"][name]["file"] or {"1": [""]})["1"][0]
        window = Window(project, name, playing)
        for time, subject, code, modifier in events:
            window.currentSubject = subject
            event = {**by_code[code], "from map": modifier, "subject": subject, "comment": ""}
            assert write_event.write_event(window, event, Decimal(time)) == 0
    text = json.dumps(project, default=util.decimal_default, indent=1)
    (HERE / "boris" / f"boris-{version}.boris").write_text(text, encoding="utf-8")


def make_boris_tables() -> None:
    """Tables of the project that 8.27.4 made, opened by the BORIS that is there."""
    cfg, util = boris_module("config"), boris_module("utilities")
    exports, operations = boris_module("export_observation"), boris_module("observation_operations")
    version = boris_module("version").__version__
    path = HERE / "boris" / "boris-8.27.4.boris"
    _, _, opened, _ = boris_module("project_functions").open_project_json(str(path))
    opened = util.convert_time_to_decimal(opened)
    parameters = {
        "time": getattr(cfg, "TIME_EVENTS", "time events"),
        "selected subjects": ["mia", "zoe", "No focal subject"],
        "selected behaviors": ["axel", "lutz", "fall"],
        "include modifiers": False,
        "exclude behaviors": False,
        "start time": Decimal(0),
        "end time": Decimal(10**9),
    }
    needs_project = "pj" in inspect.signature(exports.export_tabular_events).parameters
    for name, short in (("one heat", "one"), ("both heats", "both"), ("two cameras", "cameras")):
        observation = opened["observations"][name]
        for ending in ("tsv", "csv") if version == "10.0.2" and short == "one" else ("tsv",):
            out = HERE / "boris_events" / f"{short}-{version}.{ending}"
            given = (
                *((opened,) if needs_project else ()),
                *(parameters, name, observation, opened["behaviors_conf"], str(out), ending),
            )
            assert exports.export_tabular_events(*given)[0]
        for event in observation["events"]:
            if hasattr(operations, "event2media_file_name"):
                file = operations.event2media_file_name(observation, event[0])
                print(version, name, event[0], event[1:4], file)
    if version == "10.0.2":
        for ending, format_name in (("tsv", cfg.TSV), ("csv", cfg.CSV)):
            out = HERE / "boris_aggregated" / f"all-{version}.{ending}"
            boris_aggregated(cfg, opened, parameters, out, format_name)


def boris_aggregated(cfg, project, parameters, out: Path, format_name: str) -> None:
    """All observations of videos in one table, by what the menu calls; the answers to its questions are given."""
    events = boris_module("export_events")
    names = ["one heat", "both heats", "two cameras"]
    out.unlink(missing_ok=True)
    with (
        patch.object(events.select_observations, "select_observations2", return_value=("", names)),
        patch.object(
            events.select_subj_behav, "choose_obs_subj_behav_category", return_value=parameters
        ),
        patch.object(events.dialog, "MessageDialog", return_value=cfg.YES),
        patch.object(events, "QMessageBox", MagicMock()),
        patch.object(events, "QFileDialog") as files,
    ):
        files.getSaveFileName.return_value = (str(out), format_name)
        files.return_value.getSaveFileName.return_value = (str(out), format_name)
        window = Window(project, names[0], ONE)
        events.export_aggregated_events(window)
    assert out.is_file(), out


def make_via(source: str) -> None:
    script = HERE / "make_json_via.js"
    made = subprocess.run(
        ["node", script, source, "make"], check=True, capture_output=True, text=True
    )
    path = HERE / "via" / "project.json"
    path.write_text(json.dumps(json.loads(made.stdout), indent=1), encoding="utf-8")
    subprocess.run(["node", script, source, "show", path], check=True)


def make_datumaro() -> None:
    """Two subsets: frames of videos, and stretches of them; none of the videos is there, nor is one opened."""
    from datumaro.components.annotation import AnnotationType, Bbox, Label, LabelCategories
    from datumaro.components.dataset import Dataset
    from datumaro.components.dataset_base import DatasetItem
    from datumaro.components.media import Video, VideoFrame

    categories = {AnnotationType.label: LabelCategories.from_iterable(["axel", "lutz", "fall"])}
    one, two = Video("heat_01.mp4"), Video("heat_02.mp4")

    def frame(video, number, *annotations):
        name = Path(video.path).stem
        return DatasetItem(
            f"{name}/{number:06d}",
            subset="train",
            media=VideoFrame(video, number),
            annotations=list(annotations),
        )

    frames = [
        *(frame(one, n, Label(0, attributes={"athlete": "mia"})) for n in range(75, 80)),
        frame(one, 80),
        # Two at once, of which one goes on.
        *(frame(one, n, Label(1, object_id=4), Label(1, object_id=5)) for n in (250, 251)),
        frame(one, 252, Label(1, object_id=4)),
        frame(two, 0, Label(2), Bbox(1, 2, 3, 4, label=2)),
    ]
    stretches = [
        DatasetItem(name, subset="test", media=media, annotations=annotations)
        for name, media, annotations in (
            ("a", Video("heat_01.mp4", 1, 75, 112), [Label(0)]),
            ("b", Video("heat_02.mp4", 1, 1450), [Label(2)]),
            ("c", Video("heat_02.mp4", 1, 50, 124), []),
        )
    ]
    for media, items in ((VideoFrame, frames), (Video, stretches)):
        dataset = Dataset.from_iterable(items, categories=categories, media_type=media)
        with TemporaryDirectory() as folder:
            dataset.export(folder, "datumaro", save_media=False)
            for path in (Path(folder) / "annotations").glob("*.json"):
                content = json.loads(path.read_text(encoding="utf-8"))
                kept = HERE / "datumaro" / "annotations" / path.name
                kept.parent.mkdir(exist_ok=True)
                kept.write_text(json.dumps(content, indent=1), encoding="utf-8")


def make_label_studio() -> None:
    import make_json_label_studio

    with TemporaryDirectory() as folder:
        make_json_label_studio.make(HERE / "label_studio", folder)


PARTS = {
    "boris": make_boris,
    "boris_tables": make_boris_tables,
    "label_studio": make_label_studio,
    "via": make_via,
    "datumaro": make_datumaro,
}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
