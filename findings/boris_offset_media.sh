#!/bin/sh
# BORIS' tables name the wrong video for an event where an observation has a time offset and several files in a player.
#
# Expected: the column "Media file name" of exported events names the file in which the event was coded.
# What happens: BORIS adds the observation's time offset when it stores an event, and looks the file up by the stored
#   time as if there were none. An event coded 58 s into the first file, of 60 s, is said to be of the second one with
#   an offset of 10 s, and of none ("Not found") with one of 100 s. The times in the table hold the offset too.
#   Versions 8.15 to 10.0.2 do so; 8.9.1 named the right file.
# Why it matters: who cuts clips by file name and time gets other pictures than were labelled, from a file that is
#   there and long enough. Time less "Time offset (s)", counted through the files and lengths in the row, gives the
#   right ones.
#
# Output, Python 3.13 on x86-64 Linux (3.12 takes BORIS 9.15.0, 3.11 takes 8.27.4):
#   boris-behav-obs 10.0.2
#   coded 58 s into heat_01.mp4 of 60 s, which heat_02.mp4 of 30 s follows
#   offset 0 s: the table has the time 58.000 and the file heat_01.mp4
#   offset 10 s: the table has the time 68.000 and the file heat_02.mp4
#   offset 100 s: the table has the time 158.000 and the file Not found
#   PASS
. "$(dirname "$0")/_common.sh"
install "boris-behav-obs==10.0.2; python_version >= '3.13'" "boris-behav-obs==9.15.0; python_version == '3.12'" \
    "boris-behav-obs==8.27.4; python_version < '3.12'"

QT_QPA_PLATFORM=offscreen env/bin/python - <<'PY'
import csv
import importlib
import importlib.util
import json
import sys
import types
from decimal import Decimal
from unittest.mock import MagicMock

from _common import print_versions

print_versions("boris-behav-obs")

# Importing the package opens its window and wants the player's library: its modules alone are taken.
package = types.ModuleType("boris")
package.__path__ = list(importlib.util.find_spec("boris").submodule_search_locations)
sys.modules["boris"] = package
for player in ("mpv", "mpv2", "player_dock_widget"):
    sys.modules[f"boris.{player}"] = MagicMock()
cfg, exports, write_event = (
    importlib.import_module(f"boris.{name}") for name in ("config", "export_observation", "write_event")
)

lengths = {"heat_01.mp4": 60.0, "heat_02.mp4": 30.0}


class Window:
    """What the function of a key press asks the window for; the rest redraws it."""

    def __init__(self, project):
        self.pj, self.observationId, self.playerType, self.currentSubject = project, "heats", "MEDIA", ""
        self.subject_name_index, self.state_behaviors_codes, self.undo_queue = {}, [], []

    def checkSameEvent(self, *event):
        return False

    def getLaps(self):
        return Decimal(0)

    def __getattr__(self, name):
        return MagicMock()


def exported(offset_s):
    """The time and file of an event in a table, coded when the player shows 58 s."""
    project = json.loads(json.dumps(cfg.EMPTY_PROJECT))
    fall = {"type": "Point event", "key": "f", "code": "fall", "description": "", "category": "", "modifiers": {}}
    project["behaviors_conf"] = {"0": {**fall, "color": "", "excluded": "", "coding map": ""}}
    project["observations"]["heats"] = {
        "file": {"1": list(lengths), "2": []},
        "type": "MEDIA",
        "date": "2024-05-01T10:00:00.000",
        "description": "",
        "time offset": Decimal(offset_s),
        "events": [],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "media_info": {"length": lengths, "fps": dict.fromkeys(lengths, 25.0), "offset": {"1": 0.0}},
    }
    event = {**project["behaviors_conf"]["0"], "subject": "", "comment": ""}
    assert write_event.write_event(Window(project), event, Decimal("58.000")) == 0
    chosen = {cfg.SELECTED_SUBJECTS: [cfg.NO_FOCAL_SUBJECT], cfg.SELECTED_BEHAVIORS: ["fall"]}
    done, message = exports.export_tabular_events(
        project,
        {"time": cfg.TIME_EVENTS, **chosen},
        "heats",
        project["observations"]["heats"],
        project["behaviors_conf"],
        "events.tsv",
        "tsv",
    )
    assert done, message
    with open("events.tsv", newline="") as stream:
        (row,) = csv.DictReader(stream, delimiter="\t")
    return row["Time"], row["Media file name"]


print("coded 58 s into heat_01.mp4 of 60 s, which heat_02.mp4 of 30 s follows")
expected = {0: ("58.000", "heat_01.mp4"), 10: ("68.000", "heat_02.mp4"), 100: ("158.000", "Not found")}
found = {offset_s: exported(offset_s) for offset_s in expected}
for offset_s, (time, file) in found.items():
    print(f"offset {offset_s} s: the table has the time {time} and the file {file}")
if found != expected:
    sys.exit(f"CHANGED: recorded was {expected}")
print("PASS")
PY
