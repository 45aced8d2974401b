"""Open what vpd writes, and what make_text.py made, with the tools' own packages: same times, classes and frames.

Not run by CI. First `.venv/bin/python tests/interchange/tool_files/check_text.py write FOLDER`, then with the Python of
make_text.py's packages and SoccerNet 0.2.0 `PYTHON tests/interchange/tool_files/check_text.py read FOLDER`. The
evaluations of ActivityNet and AVA are of Python 2: `.../check_text.py activitynet FOLDER EVALUATION PYTHON2`, where
EVALUATION is the folder Evaluation of activitynet/ActivityNet at commit 82304fa9, and PYTHON2 has pandas 0.24.2, numpy
1.16.6 and joblib 0.14.1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
#: Frames a second of the video that is written.
FPS = 30000.0 / 1001


def given():
    """Start, end, label, probability and group of the actions that are written."""
    actions = [(n / FPS, (n + 11) / FPS, f"j{n}", 0.5, "") for n in range(0, 600, 17)]
    return [*actions, (25.0, 26.0, 'axel, "a" & \\b-c', 0.934, "mia")]


def write(folder):
    """Write the actions in every format, with vpd."""
    from pathlib import Path

    sys.path.insert(0, str(Path(__file__).parents[3]))
    from vpdlib.interchange.formats import WrittenAction, WrittenVideo
    from vpdlib.interchange.label_registry import LABELS

    actions = [WrittenAction(*one) for one in given()]
    path = Path("/home/mia/videos/heat_01.mp4")
    video = WrittenVideo("heat_01", path, 60.0, FPS, 1798, 1280, 720, actions)
    for name in ("textgrid", "srt", "webvtt", "datavyu", "soccernet", "activitynet"):
        place = Path(folder) / name
        place.mkdir(parents=True, exist_ok=True)
        LABELS[name].write([video], place, "labels")


def first_frame(time_s):
    """The first frame at or after a time."""
    import math

    return math.ceil(time_s * FPS - 1e-6)


def same(what, found, wanted, exact=False, frames=True):
    """Compare (start, end, label) of all actions: times to a millisecond, or exactly, and frames."""
    found, wanted = sorted(found), sorted(wanted)
    assert [one[2] for one in found] == [one[2] for one in wanted], (what, found, wanted)
    for one, other in zip(found, wanted, strict=True):
        for time_s, wanted_s in zip(one[:2], other[:2], strict=True):
            assert abs(time_s - wanted_s) <= (1e-9 if exact else 1.0001e-3), (what, one, other)
            assert not frames or first_frame(time_s) == first_frame(wanted_s), (what, one, other)
    print(what, len(found), "actions: same times, classes" + (", frames" if frames else ""))


def read(folder):
    import pyvyu
    import webvtt
    from SoccerNet.Evaluation import ActionSpotting

    wanted = [one[:3] for one in given()]
    read_textgrids(folder, wanted)
    read_subtitles(folder, wanted)

    captions = webvtt.read(os.path.join(folder, "webvtt", "heat_01.vtt"))
    found = [
        (
            c.start_in_seconds + c.start_time.milliseconds / 1000,
            c.end_in_seconds + c.end_time.milliseconds / 1000,
            c.text.split("\n")[0].replace("&amp;", "&"),
        )
        for c in captions
    ]
    same("webvtt-py", found, wanted)
    assert captions[-1].voice == "mia", captions[-1].voice

    # pyvyu parts values at commas that Datavyu does not, and keeps backslashes; see findings/pyvyu_commas.sh.
    sheet = pyvyu.load_opf(os.path.join(folder, "datavyu", "heat_01.opf"))
    cells = (
        sheet.get_column("actions").sorted_cells()
        if hasattr(sheet, "get_column")
        else sheet.columns["actions"].cells
    )
    found = [(c.onset / 1000, c.offset / 1000, c.get_values()[0]) for c in cells][:-1]
    same("pyvyu", found, [one for one in wanted if one[2].startswith("j")])

    with open(os.path.join(folder, "soccernet", "heat_01.json")) as stream:
        content = json.load(stream)
    numbers = {one[2]: number for number, one in enumerate(given())}
    first, second = ActionSpotting.predictions2vector(
        content, len(numbers), framerate=1000, EVENT_DICTIONARY=numbers
    )
    assert not (second >= 0).any()
    found = [
        (frame / 1000, frame / 1000, name)
        for name, number in numbers.items()
        for frame in (first[:, number] >= 0).nonzero()[0]
    ]
    same("SoccerNet predictions2vector", found, [(one[0], one[0], one[2]) for one in given()])
    with open(os.path.join(HERE, "soccernet", "Labels-v2.json")) as stream:
        halves = ActionSpotting.label2vector(
            json.load(stream), 3, 1000, EVENT_DICTIONARY={"Kick-off": 0, "Corner": 1, "Goal": 2}
        )
    assert [half.nonzero()[0].tolist() for half in halves] == [[12480, 754480], [65480]]


def read_textgrids(folder, wanted):
    import glob

    import parselmouth
    import textgrid
    import tgt
    from parselmouth.praat import call
    from praatio import textgrid as praatio

    path = os.path.join(folder, "textgrid", "heat_01.TextGrid")
    grid = parselmouth.read(path)
    names = [call(grid, "Get tier name", n + 1) for n in range(call(grid, "Get number of tiers"))]
    assert names == ["actions", "probability", "actions@mia", "probability@mia"], names
    same("Praat", praat_intervals(grid, 1) + praat_intervals(grid, 3), wanted, exact=True)
    opened = praatio.openTextgrid(path, includeEmptyIntervals=False)
    same("praatio", [tuple(e) for n in (0, 2) for e in opened.tiers[n].entries], wanted)
    opened = tgt.read_textgrid(path)
    same(
        "tgt",
        [
            (i.start_time, i.end_time, i.text.replace('""', '"'))
            for n in (0, 2)
            for i in opened.tiers[n].intervals
        ],
        wanted,
    )
    # It rounds all times to five digits when it reads, which moves some over a frame's beginning.
    opened = textgrid.TextGrid.fromFile(path)
    same(
        "textgrid",
        [(i.minTime, i.maxTime, i.mark) for n in (0, 2) for i in opened[n] if i.mark],
        wanted,
        frames=False,
    )
    for made in sorted(glob.glob(os.path.join(HERE, "textgrid", "*.TextGrid"))):
        if "collection" in made or "boris" in made:
            continue
        grid = parselmouth.read(made)
        print(
            os.path.basename(made), praat_intervals(grid, 1), call(grid, "Get time of point", 2, 1)
        )
    try:
        parselmouth.read(os.path.join(HERE, "textgrid", "boris.TextGrid"))
    except parselmouth.PraatError as error:
        print("boris.TextGrid in Praat:", str(error).splitlines()[0])


def praat_intervals(grid, tier):
    from parselmouth.praat import call

    found = []
    for number in range(1, 1 + call(grid, "Get number of intervals", tier)):
        text = call(grid, "Get label of interval", tier, number)
        if text:
            found.append(
                (
                    call(grid, "Get start time of interval", tier, number),
                    call(grid, "Get end time of interval", tier, number),
                    text,
                )
            )
    return found


def read_subtitles(folder, wanted):
    import glob

    import imageio_ffmpeg
    import pysubs2
    import srt

    path = os.path.join(folder, "srt", "heat_01.srt")
    shown = [(a, b, "mia: " + c if "axel" in c else c) for a, b, c in wanted]
    with open(path) as stream:
        cues = list(srt.parse(stream.read()))
    found = [
        (
            c.start.total_seconds(),
            c.end.total_seconds(),
            c.content.split("\n")[0].replace('<font color="#ffffff">', ""),
        )
        for c in cues
    ]
    same("srt", found, shown)
    subs = pysubs2.load(path)
    same(
        "pysubs2", [(e.start / 1000, e.end / 1000, e.plaintext.split("\n")[0]) for e in subs], shown
    )
    # What ffmpeg, and players that decode with it, show.
    out = os.path.join(folder, "ffmpeg.vtt")
    subprocess.check_call([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", path, out])
    subs = pysubs2.load(out)
    same(
        "ffmpeg",
        [
            (e.start / 1000, e.end / 1000, e.plaintext.split("\n")[0].replace("&amp;", "&"))
            for e in subs
        ],
        shown,
    )
    for made in sorted(
        glob.glob(os.path.join(HERE, "srt", "*")) + glob.glob(os.path.join(HERE, "webvtt", "*"))
    ):
        print(os.path.basename(made), [(e.start, e.end, e.plaintext) for e in pysubs2.load(made)])


#: What Python 2 runs: the methods of the evaluation that open files.
EVALUATE = """
import json, os, sys
here, folder, evaluation = sys.argv[1:]
sys.path.insert(0, evaluation)
from eval_detection import ANETdetection
from get_ava_performance import read_csv

class Detection(ANETdetection):
    def __init__(self, names):
        self.subset, self.blocked_videos = "validation", []
        self.gt_fields, self.pred_fields = self.GROUND_TRUTH_FIELDS, self.PREDICTION_FIELDS
        self.activity_index = names

truth, names = Detection({})._import_ground_truth(os.path.join(here, "activitynet", "labels.json"))
print("labels.json", truth[["video-id", "t-start", "t-end"]].values.tolist(), sorted(names))
path = os.path.join(folder, "activitynet", "labels.json")
results = json.load(open(path))["results"]["heat_01"]
found = Detection({one["label"]: n for n, one in enumerate(results)})._import_prediction(path)
assert set(found["video-id"]) == {"heat_01"}
assert [one["segment"] for one in results] == found[["t-start", "t-end"]].values.tolist()
print("ActivityNet results", len(found), "segments: same times")
for name in ("labels.csv", "results.csv"):
    _, labels, scores, keys = read_csv(open(os.path.join(here, "ava", name)))
    print("AVA", name, sorted(labels.items()), sorted(scores.items()), sorted(keys))
"""


def activitynet(folder, evaluation, python2):
    """Have the evaluations of ActivityNet and AVA open files of their forms."""
    subprocess.run([python2, "-c", EVALUATE, HERE, folder, evaluation], check=True)


if __name__ == "__main__":
    {"write": write, "read": read, "activitynet": activitynet}[sys.argv[1]](*sys.argv[2:])
