#!/bin/sh
# Praat cannot open the TextGrid that BORIS exports where a subject has two behaviours, and gaps in it are called "null".
#
# Expected: "Export events as Praat TextGrid" gives a file that Praat opens, in which the gaps between events are intervals
#   without a text, as Praat's are.
# What happens: BORIS states as many tiers as there are pairs of a subject and a behaviour, and writes one for a subject's
#   state events and one, of the same name, for its point events. Praat refuses what then ends too early; tgt and praatio
#   pass over the number. Gaps have the text "null", so that each of them counts as a labelled interval. Where states and
#   tiers agree by chance (one behaviour of each kind), Praat opens the file.
# Why it matters: it is the way from BORIS into Praat, and from there into ELAN; and scripts that take every interval with
#   a text for an event count "null" as the commonest behaviour.
#
# Output, Python 3.12 on x86-64 Linux (3.13 takes BORIS 10.0.2; BORIS needs one of the two):
#   boris-behav-obs 9.15.0
#   praat-parselmouth 0.4.7
#   mia: axel, lutz and fall; tiers stated: 3; tiers: mia (states), mia (points)
#   Praat: Early end of text detected while looking for a string (line 40).
#   the texts of the first tier: null axel lutz null
#   mia: axel and fall; tiers stated: 2; tiers: mia (states), mia (points)
#   Praat opens it
#   PASS
for candidate in "${PYTHON:-python3}" python3.13 python3.12; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
        PYTHON=$candidate
        break
    fi
done
. "$(dirname "$0")/_common.sh"
install "boris-behav-obs==10.0.2; python_version >= '3.13'" "boris-behav-obs==9.15.0; python_version < '3.13'" \
    praat-parselmouth==0.4.7

QT_QPA_PLATFORM=offscreen env/bin/python - <<'PY'
import importlib
import importlib.util
import json
import re
import sys
import types
from pathlib import Path
from unittest.mock import MagicMock

import parselmouth
from _common import print_versions

print_versions("boris-behav-obs", "praat-parselmouth")

# Importing the package opens its window and wants the player's library: its modules alone are taken.
package = types.ModuleType("boris")
package.__path__ = list(importlib.util.find_spec("boris").submodule_search_locations)
sys.modules["boris"] = package
for player in ("mpv", "mpv2", "mpv_proxy", "player_dock_widget"):
    sys.modules[f"boris.{player}"] = MagicMock()
cfg, exports = (importlib.import_module(f"boris.{name}") for name in ("config", "export_events"))

STATES = {"axel": (3.08, 4.6), "lutz": (4.6, 6.25)}


def exported(*states):
    """The TextGrid of an observation of one subject, with these states and a point event."""
    project = json.loads(json.dumps(cfg.EMPTY_PROJECT))
    kinds = {**dict.fromkeys(states, "State event"), "fall": "Point event"}
    common = {"excluded": "", "coding map": "", "category": "", "description": "", "modifiers": {}, "color": ""}
    project["behaviors_conf"] = {
        str(n): {"type": kind, "key": code[0], "code": code, **common} for n, (code, kind) in enumerate(kinds.items())
    }
    project["subjects_conf"] = {"0": {"key": "m", "name": "mia", "description": ""}}
    events = [[time, "mia", code, "", "", 0] for code in states for time in STATES[code]]
    video = "heat_01.mp4"
    project["observations"]["heat_01"] = {
        "file": {"1": [video], **{str(n): [] for n in range(2, 9)}},
        "type": "MEDIA",
        "date": "2024-05-01T10:00:00",
        "description": "",
        "time offset": 0.0,
        "observation time interval": [0, 0],
        "independent_variables": {},
        "events": sorted([*events, [20.5, "mia", "fall", "", "", 0]]),
        "media_info": {"length": {video: 60.0}, "fps": {video: 25.0}},
    }
    chosen = {cfg.SELECTED_SUBJECTS: ["mia"], cfg.SELECTED_BEHAVIORS: list(kinds), "time": cfg.TIME_FULL_OBS}
    exports.ExportTextGridWorker(project, ["heat_01"], chosen, ".").run()
    return Path("heat_01.TextGrid")


def praat(path):
    """What Praat says to a file, or nothing."""
    try:
        parselmouth.read(str(path))
    except parselmouth.PraatError as error:
        return str(error).splitlines()[0]
    return ""


said = []
for states in (("axel", "lutz"), ("axel",)):
    path = exported(*states)
    text = path.read_text()
    stated = re.search(r"^size = (\d+)", text, re.MULTILINE)[1]
    names = re.findall(r'class = "(\w+)"\s+name = "(\w+)"', text)
    kinds = {"IntervalTier": "states", "TextTier": "points"}
    tiers = ", ".join(f"{name} ({kinds[kind]})" for kind, name in names)
    print(f"mia: {', '.join(states)} and fall; tiers stated: {stated}; tiers: {tiers}")
    said.append(praat(path))
    print(f"Praat: {said[-1]}" if said[-1] else "Praat opens it")
    if len(states) == 2:
        texts = re.findall(r'text = "(.*)"', text)
        print("the texts of the first tier:", *texts)
if "Early end of text" not in said[0] or said[1] or texts != ["null", "axel", "lutz", "null"]:
    sys.exit("CHANGED: recorded was a file that Praat refuses, with gaps called null")
print("PASS")
PY
