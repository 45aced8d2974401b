"""The page of found actions: what it is made of."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from vpdlib.datasets.tables import ActionRow, ClassRow, VideoRow, write_rows
from vpdlib.finding.table import FoundRow, write_found
from vpdlib.site.build import _write
from vpdlib.site.pages import found
from vpdlib.site.site import Site, SiteSources
from vpdlib.site.video_files import source_url

HOSTILE = "<img src=x onerror=alert(1)>\"'</script>"
NODE = shutil.which("node")


def row(video="heat_01", start=1.0, end=2.0, label="axel", labelled="", probability=0.5):
    return FoundRow(
        video, "", start, end, label, probability, "lutz", 0.2, "0.4", "heat_02_001", labelled
    )


def action(number, video="heat_01", start=1.0, end=2.0, label="axel", group=""):
    return ActionRow(f"{video}_{number:03d}", video, start, end, label, "train", group, "")


def make(tmp_path, actions, rows, asked=(), labels="my/labels.csv"):
    """A site of two videos."""
    results, out = tmp_path / "results/my_sport", tmp_path / "out"
    (results / "dataset").mkdir(parents=True, exist_ok=True)
    out.mkdir(exist_ok=True)
    videos = [
        VideoRow(name, str(tmp_path / "a folder" / f"{name}.mp4"), 0, 25.0, 64, 48, 250, 10.0)
        for name in ("heat_01", "heat_02")
    ]
    write_rows(results / "dataset/actions.csv", actions, ActionRow)
    write_rows(results / "dataset/videos.csv", videos, VideoRow)
    names = sorted({one.label for one in actions})
    write_rows(results / "dataset/classes.csv", [ClassRow(n, 1, 0, 0) for n in names], ClassRow)
    write_found(results / "found.csv", rows)
    write_found(results / "to_label.csv", asked)
    settings = {"adapter": {"labels": labels}, "clips": {"around_s": 0.5}}
    there = ["found.csv", *(["to_label.csv"] if asked else [])]
    site = Site(SiteSources("My sport", "my_sport", results, there, settings), out)
    for name in ("data", "figures", "clips", "pages"):
        (out / name).mkdir(exist_ok=True)
    return site


def shard(site, name):
    text = (site.out / f"data/{name}.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix(f'vpd.shard("{name}",').removesuffix(");\n"))


def test_nothing_that_was_looked_for_is_no_page(tmp_path):
    site = make(tmp_path, [action(1)], [row()])
    assert (
        found.build(Site(SiteSources("", "my_sport", site.sources.results, [], {}), site.out))
        is None
    )


def test_found_is_set_against_what_is_labelled(tmp_path):
    actions = [action(1, group="anna"), action(2, start=5, end=6, label="lutz", group="mia")]
    rows = [row(start=1.1, labelled="axel"), row(start=5.9, end=7.0), row("heat_02", 3, 4)]
    asked = [row("heat_02", 3, 4), row("heat_02", 8, 9, "lutz")]
    site = make(tmp_path, actions, rows, asked)
    page = found.build(site)
    assert (page.context["num_found"], page.context["num_labelled"]) == (3, 2)
    index = shard(site, "found")
    items = index["items"]
    assert items["kind"] == "lflffq"
    # A touch is no pair.
    assert items["pair"] == [-1, 0, -1, -1, -1, -1]
    assert items["asked"] == [0, 0, 0, 0, 1, 2]
    assert [index["groups"][number] for number in items["group"]] == ["anna", "", "mia", "", "", ""]
    assert [video["group"] for video in index["videos"]] == ["", ""]
    assert index["labels"] == ["my/labels.csv"]
    assert shard(site, index["videos"][0]["shard"])["f1"] == [
        "lutz",
        "0.200",
        "0.4",
        "heat_02_001",
        "axel",
    ]


def test_videos_are_linked_from_the_pages_place_and_not_copied(tmp_path):
    site = make(tmp_path, [action(1)], [row()])
    found.build(site)
    (video, _) = shard(site, "found")["videos"]
    assert video["src"] == "../../../../a%20folder/heat_01.mp4"
    assert video["file"] == "heat_01.mp4"
    assert source_url("", tmp_path) is None


def test_edits_are_of_the_data_that_they_were_made_on(tmp_path):
    first = make(tmp_path, [action(1)], [row()])
    found.build(first)
    before = shard(first, "found")["digest"]
    again = make(tmp_path, [action(1)], [row()])
    found.build(again)
    assert shard(again, "found")["digest"] == before
    other = make(tmp_path, [action(1, end=2.5)], [row()])
    found.build(other)
    assert shard(other, "found")["digest"] != before


def test_a_video_that_is_none_of_the_dataset_is_refused(tmp_path):
    site = make(tmp_path, [action(1)], [row("heat_03")])
    with pytest.raises(ValueError, match=r"found\.csv: video 'heat_03' is none .* anew"):
        found.build(site)


def test_text_of_the_data_is_text(tmp_path):
    site = make(tmp_path, [action(1, label=HOSTILE)], [row(label=HOSTILE)], labels=HOSTILE)
    page = found.build(site)
    _write(site, page, [page])
    text = (site.out / "pages/found.html").read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text
    assert "<img" not in (site.out / "data/found.js").read_text(encoding="utf-8")
    assert shard(site, "found")["classes"] == [HOSTILE]
    # All scripts that the template names are there.
    for name in ("corrections", "found_items", "found_kept", "found_player", "found_timeline"):
        assert f"../assets/{name}.js" in text
    assert text.index("found_timeline.js") < text.index("assets/found.js")


def test_labels_that_are_no_files_cannot_be_corrected_and_it_says_so(tmp_path):
    site = make(tmp_path, [action(1)], [row()], labels=None)
    page = found.build(site)
    _write(site, page, [page])
    assert "cannot take corrections" in (site.out / "pages/found.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ("labels.csv", "[labels.csv, corrections.csv]"),
        ("my/labels.csv", "[my/labels.csv, my/corrections.csv]"),
        (
            ["my/heats.eaf", "my/corrections.csv"],
            "[my/heats.eaf, my/corrections.csv, my/corrections_2.csv]",
        ),
    ],
)
def test_the_setting_that_takes_corrections_names_a_new_file_beside_the_labels(
    tmp_path, labels, wanted
):
    site = make(tmp_path, [action(1)], [row()], labels=labels)
    page = found.build(site)
    _write(site, page, [page])
    text = (site.out / "pages/found.html").read_text(encoding="utf-8")
    assert f"<code>adapter: {{labels: {wanted}}}</code>" in text


@pytest.mark.skipif(NODE is None, reason="node is not installed; npm needs it, too")
def test_the_queue_begins_with_the_doubtful_ones(tmp_path):
    actions = [action(n, start=n, end=n + 0.9, label="axel") for n in (1, 3, 5)]
    rows = [
        row(start=1, end=1.9, label="axel", probability=0.9),
        row(start=3, end=3.9, label="lutz", probability=0.8),
        row(start=7, end=8, probability=0.25),
    ]
    site = make(tmp_path, actions, rows, [row("heat_02", 4, 5, probability=0.9)])
    found.build(site)
    statics = Path(found.__file__).parents[1] / "static"
    sources = "\n".join(
        (statics / name).read_text(encoding="utf-8")
        for name in ("corrections.js", "found_items.js")
    )
    script = (
        sources
        + """
      const data = JSON.parse(require("fs").readFileSync(0, "utf8"));
      const items = foundItems.itemsOf(data);
      const book = corrections.book(items);
      const all = {
        order: "doubt", status: "", decision: "", label: "", video: "", least: null, most: null, search: "",
      };
      const ids = (changes) => foundItems.chosen(items, book, { ...all, ...changes }).map((one) => one.status);
      process.stdout.write(JSON.stringify([
        ids({}), ids({ order: "asked" }), ids({ status: "both" }), ids({ least: 0.2, most: 0.3 }),
        ids({ video: "heat_02" }), ids({ label: "lutz" }), ids({ search: "HEAT_02 axel" }), ids({ decision: "given" }),
      ]));
    """
    )
    answer = subprocess.run(
        [NODE, "-e", script],
        input=json.dumps(shard(site, "found")),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    doubtful = ["disagree", "labelled only", "found only", "to label", "both"]
    assert json.loads(answer.stdout) == [
        doubtful,
        ["to label", *(name for name in doubtful if name != "to label")],
        ["both"],
        ["found only"],
        ["to label"],
        ["disagree"],
        ["to label"],
        [],
    ]
