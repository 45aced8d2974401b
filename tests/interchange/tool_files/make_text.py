"""Make the TextGrids, subtitles, projects of Datavyu and benchmark files in this folder, with the tools' own code.

Not run by CI. One part at a time, each with a Python that has its packages, from the project's root:

    PYTHON tests/interchange/tool_files/make_text.py praat      praat-parselmouth 0.4.7 (Praat 6.1.38), praatio 6.2.2,
                                                                tgt 1.5, TextGrid 1.6.1
    PYTHON tests/interchange/tool_files/make_text.py boris      boris-behav-obs 9.15.0 (Python 3.12),
                                                                QT_QPA_PLATFORM=offscreen
    PYTHON tests/interchange/tool_files/make_text.py subtitles  pysubs2 1.8.1, srt 3.5.3, webvtt-py 0.6.0,
                                                                imageio-ffmpeg 0.8.1 (its ffmpeg 9.0.2)
    PYTHON tests/interchange/tool_files/make_text.py datavyu    pyvyu 0.3.6
    PYTHON tests/interchange/tool_files/make_text.py benchmarks any: the form that the evaluations of SoccerNet 0.2.0,
                                                                ActivityNet and AVA (activitynet/ActivityNet, commit
                                                                82304fa9) read, who have no writer of labels

`check_text.py` beside it opens what vpd writes, and these files, with the same packages. Videos are named, not read:
heat_01.mp4 of 60 s at 25 frames a second, heat_02.mp4 of 30 s at 50. The package of BORIS starts its window when it is
imported; its modules alone are taken here.
"""

from __future__ import annotations

import datetime
import importlib
import importlib.util
import json
import subprocess
import sys
import types
import zipfile
from pathlib import Path
from unittest.mock import MagicMock

HERE = Path(__file__).parent
ONE = "/home/mia/videos/heat_01.mp4"
#: The actions of heat_01: start, end, label. The second begins where the first ends; the third's label is in quotes.
ACTIONS = ((3.08, 4.6, "axel"), (4.6, 6.25, "lutz"), (12.4, 13.92, 'triple "A"'))
FALL_S = 20.5


def folder(name: str) -> Path:
    """The folder of a format's files."""
    path = HERE / name
    path.mkdir(exist_ok=True)
    return path


def make_praat() -> None:
    import textgrid
    import tgt
    from parselmouth.praat import call
    from praatio import textgrid as praatio

    out = folder("textgrid")
    grid = call("Create TextGrid", 0, 60, "jumps marks", "marks")
    for start_s, end_s, _ in ACTIONS:
        for time_s in (start_s, end_s):
            if call(grid, "Get interval boundary from time", 1, time_s) == 0:
                call(grid, "Insert boundary", 1, time_s)
    for start_s, end_s, label in ACTIONS:
        at = call(grid, "Get interval at time", 1, (start_s + end_s) / 2)
        call(grid, "Set interval text", 1, at, label)
    call(grid, "Insert point", 2, FALL_S, "fall")
    call(grid, "Save as text file", str(out / "praat_long.TextGrid"))
    call(grid, "Save as short text file", str(out / "praat_short.TextGrid"))
    call(grid, "Save as chronological text file", str(out / "praat_chronological.TextGrid"))
    call(grid, "Set interval text", 1, 2, "saut périlleux")
    call(grid, "Save as text file", str(out / "praat_letters.TextGrid"))
    both = [grid, call("Create TextGrid", 0, 1, "jumps", "")]
    call(both, "Save as text file", str(out / "praat_collection.TextGrid"))

    own = praatio.Textgrid()
    own.addTier(praatio.IntervalTier("jumps", list(ACTIONS), 0, 60))
    own.addTier(praatio.PointTier("marks", [(FALL_S, "fall")], 0, 60))
    for form in ("long_textgrid", "short_textgrid"):
        name = f"praatio_{form.split('_')[0]}.TextGrid"
        own.save(str(out / name), format=form, includeBlankSpaces=True)

    grid = tgt.TextGrid()
    tier = tgt.IntervalTier(0, 60, "jumps")
    tier.add_intervals([tgt.Interval(*action) for action in ACTIONS])
    points = tgt.PointTier(0, 60, "marks")
    points.add_point(tgt.Point(FALL_S, "fall"))
    grid.add_tiers([tier, points])
    tgt.write_to_file(grid, str(out / "tgt_long.TextGrid"), format="long")

    grid = textgrid.TextGrid(maxTime=60)
    tier = textgrid.IntervalTier("jumps", 0, 60)
    for action in ACTIONS:
        tier.add(*action)
    points = textgrid.PointTier("marks", 0, 60)
    points.add(FALL_S, "fall")
    grid.extend([tier, points])
    grid.write(str(out / "textgrid.TextGrid"))


def boris_module(name: str):
    """A module of BORIS, without its window and players."""
    if "boris" not in sys.modules:
        package = types.ModuleType("boris")
        package.__path__ = list(importlib.util.find_spec("boris").submodule_search_locations)
        sys.modules["boris"] = package
        for player in ("mpv2", "mpv_proxy", "player_dock_widget"):
            sys.modules[f"boris.{player}"] = MagicMock()
    return importlib.import_module(f"boris.{name}")


def make_boris() -> None:
    cfg = boris_module("config")
    kinds = {"axel": "State event", "lutz": "State event", "fall": "Point event"}
    states = ((3.08, 4.6, "mia", "axel"), (4.6, 6.25, "mia", "lutz"), (12.4, 13.92, "mia", "axel"))
    events = [
        [time_s, subject, code, "", "", 1]
        for start_s, end_s, subject, code in (*states, (30.0, 31.5, "", "lutz"))
        for time_s in (start_s, end_s)
    ]
    events.append([FALL_S, "mia", "fall", "", "", 1])
    project = {
        "time_format": "hh:mm:ss",
        "project_format_version": "7.0",
        "subjects_conf": {"0": {"key": "m", "name": "mia", "description": ""}},
        "behaviors_conf": {
            str(number): {
                **{"code": code, "type": kind, "key": code[0], "modifiers": "", "excluded": ""},
                **{"description": "", "coding map": "", "category": ""},
            }
            for number, (code, kind) in enumerate(kinds.items())
        },
        **{name: {} for name in ("independent_variables", "coding_map", "converters")},
        "behaviors_coding_map": [],
        "observations": {
            "heat_01": {
                "file": {"1": [ONE], **{str(number): [] for number in range(2, 9)}},
                **{"type": "MEDIA", "date": "2024-05-01T10:00:00", "description": ""},
                **{"time offset": 0.0, "observation time interval": [0, 0]},
                "independent_variables": {},
                "events": sorted(events),
                "media_info": {"length": {ONE: 60.0}, "fps": {ONE: 25.0}},
            }
        },
    }
    parameters = {
        cfg.SELECTED_SUBJECTS: ["mia", cfg.NO_FOCAL_SUBJECT],
        cfg.SELECTED_BEHAVIORS: list(kinds),
        "time": cfg.TIME_FULL_OBS,
        "include modifiers": False,
    }
    subtitles = boris_module("project_functions").create_subtitles
    assert subtitles(project, ["heat_01"], parameters, str(folder("srt")))[0]
    (HERE / "srt" / "heat_01.srt").rename(HERE / "srt" / "boris.srt")
    worker = boris_module("export_events").ExportTextGridWorker
    worker(project, ["heat_01"], parameters, str(folder("textgrid"))).run()
    (HERE / "textgrid" / "heat_01.TextGrid").rename(HERE / "textgrid" / "boris.TextGrid")


def make_subtitles() -> None:
    import imageio_ffmpeg
    import pysubs2
    import srt
    import webvtt

    out, web = folder("srt"), folder("webvtt")
    subs = pysubs2.SSAFile()
    for start_s, end_s, label in ACTIONS:
        subs.append(pysubs2.SSAEvent(round(1000 * start_s), round(1000 * end_s), text=label))
    subs.append(pysubs2.SSAEvent(20500, 21000, text=r"{\i1}fall{\i0}\Nof mia"))
    subs.save(str(out / "pysubs2.srt"))
    subs.save(str(web / "pysubs2.vtt"), format_="vtt")

    cues = [
        srt.Subtitle(number, *(datetime.timedelta(seconds=s) for s in (start_s, end_s)), label)
        for number, (start_s, end_s, label) in enumerate(ACTIONS, start=1)
    ]
    (out / "srt.srt").write_text(srt.compose(cues), encoding="utf-8")

    captions = webvtt.WebVTT()
    for start_s, end_s, label in ACTIONS:
        times = [f"00:00:{time_s:06.3f}" for time_s in (start_s, end_s)]
        captions.captions.append(webvtt.Caption(*times, f"<v mia>{label}"))
    captions.captions[0].identifier = "first"
    captions.captions[0].comments.append("seen from the judges' side")
    captions.styles.append(webvtt.Style("::cue { color: white }"))
    captions.save(str(web / "webvtt.vtt"))

    # What a player takes a file for is told by what ffmpeg, which most players decode with, makes of it.
    for start, end in (("pysubs2.srt", "ffmpeg.vtt"), ("boris.srt", "ffmpeg_boris.vtt")):
        subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", out / start, web / end],
            check=True,
        )


def make_datavyu() -> None:
    import pyvyu
    from pyvyu.spreadsheet.Spreadsheet import Spreadsheet

    out = folder("datavyu")
    sheet = Spreadsheet()
    jumps = sheet.new_column("jumps", "label", "foot")
    for number, (start_s, end_s, label) in enumerate(ACTIONS, start=1):
        times = {"onset": round(1000 * start_s), "offset": round(1000 * end_s)}
        jumps.new_cell(label, "left", ordinal=number, **times)
    marks = sheet.new_column("marks", "code01")
    marks.new_cell("fall", ordinal=1, onset=20500, offset=20500)
    path = out / "pyvyu.opf"
    path.unlink(missing_ok=True)
    pyvyu.save_opf(sheet, str(path), True, *sheet.columns)
    # The entry `project` has the path of the folder where it was made.
    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    texts["project"] = texts["project"].replace(f"{path.parent}/", "/home/mia/")
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(zipfile.ZipInfo(name), text)


def make_benchmarks() -> None:
    def save(path: Path, content) -> None:
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    match = "league/2023-2024/2024-03-02 - 17-30 North 1 - 0 South/"
    events = [
        {
            **{"gameTime": f"{half} - {s // 60:02d}:{s % 60:02d}", "label": label},
            **{"position": str(1000 * s + 480), "team": team, "visibility": seen},
        }
        for half, s, label, team, seen in (
            (1, 12, "Kick-off", "home", "visible"),
            (1, 754, "Corner", "away", "not shown"),
            (2, 65, "Goal", "home", "visible"),
        )
    ]
    out = folder("soccernet")
    save(out / "Labels-v2.json", {"UrlLocal": match, "annotations": events})
    predictions = [{**one, "half": one["gameTime"][0], "confidence": "0.87"} for one in events[:2]]
    for one in predictions:
        del one["visibility"]
    save(out / "results_spotting.json", {"UrlLocal": match, "predictions": predictions})

    out = folder("activitynet")
    segments = [{"segment": [start_s, end_s], "label": name} for start_s, end_s, name in ACTIONS]
    entry = {"duration": 60.0, "resolution": "1280x720", "url": "", "subset": "validation"}
    database = {
        "heat_01": {**entry, "annotations": segments},
        "heat_02": {**entry, "duration": 30.0, "subset": "training", "annotations": segments[:1]},
        "heat_03": {**entry, "subset": "testing", "annotations": []},
    }
    save(out / "labels.json", {"version": "VERSION 1.3", "taxonomy": [], "database": database})
    results = {"heat_01": [{**one, "score": 0.5} for one in segments], "heat_02": []}
    content = {"version": "VERSION 1.3", "results": results, "external_data": {"used": False}}
    save(out / "results.json", content)

    box = "0.077,0.151,0.283,0.811"
    rows = [f"heat_01,{second:04d},{box},12,0" for second in (3, 4, 5, 9)]
    rows += [f"heat_01,0004,{box},12,1", f"heat_01,0004,{box},79,0", "heat_02,0002"]
    (folder("ava") / "labels.csv").write_text("\n".join(rows) + "\n")
    (folder("ava") / "results.csv").write_text(f"heat_01,0003,{box},12,0.93\n")

    lines = [f"heat_01  {start_s} {end_s}\n" for start_s, end_s, _ in ACTIONS]
    (folder("thumos") / "Axel_val.txt").write_text("".join(lines))
    (folder("thumos") / "detections.txt").write_text("heat_01 3.08 4.6 7 0.93\n")


PARTS = {
    "praat": make_praat,
    "boris": make_boris,
    "subtitles": make_subtitles,
    "datavyu": make_datavyu,
    "benchmarks": make_benchmarks,
}

if __name__ == "__main__":
    PARTS[sys.argv[1]]()
