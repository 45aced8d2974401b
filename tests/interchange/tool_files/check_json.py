"""Open what vpd writes with the tools themselves: the same classes, at the same times, to the millisecond or the frame.

Not run by CI. First, from the project's root with the project's own Python, then each tool's, as make_json.py says:

    PYTHONPATH=. .venv/bin/python tests/interchange/tool_files/check_json.py write FOLDER
    PYTHON tests/interchange/tool_files/check_json.py boris FOLDER          boris-behav-obs 10.0.2, and 8.27.4
    PYTHON tests/interchange/tool_files/check_json.py label_studio FOLDER   label-studio 1.23.2
    PYTHON tests/interchange/tool_files/check_json.py via FOLDER SOURCE     VIA 3.0.10
    PYTHON tests/interchange/tool_files/check_json.py datumaro FOLDER       datumaro 1.13.12
"""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from math import ceil
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
TOOLS = ("boris", "label_studio", "via", "datumaro")
#: As vpdlib.datasets.base has it.
SLACK_S = 1.5e-3


def write(folder: str) -> None:
    from tests.interchange.round_trip import found, videos
    from vpdlib.interchange.label_registry import LABELS

    given = found(videos())
    for tool in TOOLS:
        place = Path(folder) / tool
        place.mkdir(parents=True, exist_ok=True)
        LABELS[tool].write(given, place, "heats")
    expected = [
        [one.path.name, one.fps, action.label, action.group, action.start_s, action.end_s]
        for one in given
        for action in one.actions
    ]
    (Path(folder) / "expected.json").write_text(json.dumps(expected), encoding="utf-8")


def compare(folder: str, seen: list[list[Any]], counts: bool) -> None:
    """What a tool sees: file, class, group (None where it shows none), and seconds, or frames from 0 with counts."""
    expected = json.loads((Path(folder) / "expected.json").read_text(encoding="utf-8"))
    rates = {name: fps for name, fps, *_ in expected}
    has_groups = any(group for _, _, group, *_ in seen)

    def frames(name: str, *times: float) -> list[int]:
        if counts:
            return list(map(int, times))
        return [ceil((time - SLACK_S) * rates[name]) for time in times]

    got = sorted(
        [name, label, group or "", *frames(name, *times)] for name, label, group, *times in seen
    )
    wanted = sorted(
        [
            name,
            label,
            group if has_groups else "",
            *(ceil((time - SLACK_S) * fps) for time in times),
        ]
        for name, fps, label, group, *times in expected
    )
    assert got == wanted, "\n".join(map(str, [*got, "is not", *wanted]))
    print(len(got), "actions, the same frames and classes", "and groups" if has_groups else "")


def check_boris(folder: str) -> None:
    from make_json import boris_module

    cfg, util = boris_module("config"), boris_module("utilities")
    functions, exports = boris_module("project_functions"), boris_module("export_observation")
    path = Path(folder) / "boris" / "heats.boris"
    _, changed, project, message = functions.open_project_json(str(path))
    print(boris_module("version").__version__, changed, message)
    project = util.convert_time_to_decimal(project)
    subjects = [one["name"] for one in project["subjects_conf"].values()]
    parameters = {
        "time": cfg.TIME_FULL_OBS,
        "selected subjects": [*subjects, cfg.NO_FOCAL_SUBJECT],
        "selected behaviors": [one["code"] for one in project["behaviors_conf"].values()],
        "include modifiers": False,
        "exclude behaviors": False,
        "start time": Decimal(0),
        "end time": Decimal(10**9),
    }
    seen = []
    for name, observation in project["observations"].items():
        assert functions.check_state_events_obs(name, project["behaviors_conf"], observation)[0]
        if not observation["events"]:
            continue
        table, _ = exports.export_aggregated_events(project, parameters, name)
        for row in table:
            kind = row.index("STATE")
            subject, label = row[9], row[11]
            start_s, end_s, _, file = row[kind + 1 : kind + 5]
            group = "" if subject == cfg.NO_FOCAL_SUBJECT else subject
            seen.append([Path(file).name, label, group, float(start_s), float(end_s)])
    compare(folder, seen, counts=False)


def check_via(folder: str, source: str) -> None:
    command = ["node", HERE / "make_json_via.js", source, "show", f"{folder}/via/heats.json"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    shown = json.loads(made.stdout)["shown"]
    groups = {
        (one["file"], *one["z"]): one["group"] for one in shown if one["attribute"] == "group"
    }
    seen = [
        [one["file"], one["group"], groups.get((one["file"], *one["z"]), ""), *one["z"]]
        for one in shown
        if one["attribute"] == "action"
    ]
    compare(folder, seen, counts=False)


def check_datumaro(folder: str) -> None:
    from datumaro.components.annotation import AnnotationType
    from datumaro.components.dataset import Dataset

    with TemporaryDirectory() as place:
        annotations = Path(place) / "annotations"
        annotations.mkdir()
        copy(Path(folder) / "datumaro" / "heats.json", annotations)
        dataset = Dataset.import_from(place, "datumaro")
        labels = dataset.categories()[AnnotationType.label]
        seen = [
            [
                Path(item.media.path).name,
                labels[one.label].name,
                one.attributes.get("group"),
                item.media._start_frame,
                item.media._end_frame + 1,
            ]
            for item in dataset
            for one in item.annotations
        ]
        print(sorted(item.id for item in dataset if not item.annotations))
    compare(folder, seen, counts=True)


def check_label_studio(folder: str) -> None:
    from urllib.parse import unquote

    import make_json_label_studio as studio

    text = (Path(folder) / "label_studio" / "heats.json").read_text(encoding="utf-8")
    tasks = json.loads(text)
    labels = {
        label
        for task in tasks
        for one in task["predictions"]
        for result in one["result"]
        for label in result["value"]["timelinelabels"]
    }
    with TemporaryDirectory() as place:
        exported = studio.accept(tasks, labels, place)
    seen = []
    for task in exported:
        name = unquote(task["data"]["video"]).rsplit("/", 1)[-1]
        for annotation in task["annotations"]:
            for one in annotation["result"]:
                ((span, label),) = zip(
                    one["value"]["ranges"], one["value"]["timelinelabels"], strict=True
                )
                group = one.get("meta", {}).get("group")
                seen.append([name, label, group, span["start"] - 1, span["end"]])
    print(len(exported), "tasks")
    compare(folder, seen, counts=True)


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    {
        "write": write,
        "boris": check_boris,
        "label_studio": check_label_studio,
        "via": check_via,
        "datumaro": check_datumaro,
    }[sys.argv[1]](*sys.argv[2:])
