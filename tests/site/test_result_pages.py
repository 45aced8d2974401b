"""The pages of results: what they are made of, and that names of data stay text."""

import numpy as np
import pandas as pd
import pytest

from tests.site.made_results import CLASSES, GROUP, MadeResults, read_shard
from vpdlib.report.html_page import notes_of
from vpdlib.report.result_tables import read_result_table
from vpdlib.report.stage_times import read_logs, times_in_benchmarks, times_in_logs, when_run
from vpdlib.site.build import PAGES, build_site
from vpdlib.site.pages import confusion, curves, overview, tables, videos
from vpdlib.site.site import SiteSources

TABLE1 = (
    "method,head,trials,top1,top1_std,top1_paper\n"
    "joints2d,bigru,5,91.04,1.9,72.1\njoints2d,nns,1,85,,\nvpd2d,bigru,5,91.01,3.54,\nvpd2d,nns,0,,,80\n"
)
FIGURE3 = (
    "method,head,k,trials,top1,top1_std,top1_paper\n"
    "null,nns,4,5,80.0,2.0,\nnull,nns,8,5,85.0,,77.5\nnull,bigru,4,0,,,\nnull,bigru,8,5,60.5,1.0,\n"
)


@pytest.fixture
def made(tmp_path):
    return MadeResults(tmp_path / "results")


def test_nothing_but_the_dataset_is_enough(made, tmp_path):
    site = made.site(tmp_path / "out")
    assert tables.build(site) is None
    assert curves.build(site) is None
    assert confusion.build(site) is None
    assert videos.build(site).name == "videos"
    context = overview.build(site).context
    assert context["splits"] == {"train": 1, "test": 6}
    assert context["num_videos"] == 4
    assert context["problems"] == {}
    assert context["times"] == []


def test_a_table_is_read_as_its_markdown_is(tmp_path):
    path = tmp_path / "table1.csv"
    path.write_text(TABLE1)
    table = read_result_table(path)
    assert table.title == "Table 1"
    headings = [(column.heading, column.kind) for column in table.columns]
    assert headings == [
        ("features", "text"), ("BiGRU", "number"), ("paper", "paper"), ("NNS (DTW)", "number"), ("paper", "paper"),
    ]  # fmt: skip
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["joints2d", "91.0 ± 1.9", "72.1", "85", ""],
        ["vpd2d", "91.0 ± 3.5", "", "", "80"],
    ]
    # What is printed alike is alike, and one number alone is not the best of any.
    assert "★" not in notes_of(table)
    path.write_text(TABLE1.replace("91.01", "92.5"))
    table = read_result_table(path)
    assert [row[1].best for row in table.rows] == [False, True]
    # 91.04 lies within 3.54 of 92.5.
    assert [row[1].near for row in table.rows] == [True, False]
    assert table.trials == "BiGRU 5, NNS (DTW) 1"
    assert table.heading == "Table 1: recognition with all training actions"
    notes = notes_of(table)
    assert "☆: within the deviation of the best" in notes
    assert "More is better. " in notes
    assert "Trials: BiGRU 5, NNS (DTW) 1. –: was not run." in notes
    path.write_text(TABLE1.replace("91.01,3.54", "92.5,1.4"))
    assert "☆" not in notes_of(read_result_table(path))


def test_columns_without_a_best_and_unknown_tables(tmp_path):
    path = tmp_path / "tableS1.csv"
    path.write_text("min_score,method,pct_all,full\n,vipe,<1,80.0\n0.3,vpdvi,44.5,90.0\n")
    table = read_result_table(path)
    assert [cell.best for cell in table.rows[1]] == [False, False, False, True]
    assert table.rows[0][2].text == "<1"
    path = tmp_path / "table9.csv"
    path.write_text("method,a\nx,1.25\n")
    assert read_result_table(path).rows[0][0].text == "1.2"
    path.write_text("method,a\nx\n")
    with pytest.raises(ValueError, match=r"table9\.csv: a row is cut"):
        read_result_table(path)


def test_tables_in_the_order_of_their_layouts_with_their_csv(made, tmp_path):
    made.text("figure3.csv", FIGURE3)
    made.text("table1.csv", TABLE1)
    made.text("tables.md", "not a table of numbers")
    site = made.site(tmp_path / "out")
    page = tables.build(site)
    assert [table.name for table in page.context["tables"]] == ["table1", "figure3"]
    assert (site.out / "data/table1.csv").read_text() == TABLE1


def test_few_shot_curves_keep_every_feature_set_head_and_gap(made, tmp_path):
    made.text("figure3.csv", FIGURE3)
    site = made.site(tmp_path / "out", heads=["bigru", "nns"])
    curves.build(site)
    data = read_shard(site, "curves_few_shot")
    assert data["ks"] == [4, 8]
    assert [line["name"] for line in data["lines"]] == ["null, bigru", "null, nns"]
    assert data["lines"][0]["top1"] == [None, 60.5]
    assert data["lines"][1]["std"] == [2.0, None]
    assert data["lines"][1]["paper"] == [None, 77.5]
    for ending in ("svg", "png", "csv"):
        assert (site.out / f"figures/few_shot.{ending}").stat().st_size


def test_learning_scores_and_kept_frames(made, tmp_path):
    made.student("vpd2d")
    (made.results / "students/.vpd2d.cpu.state").write_text("saved")
    made.there.append("students/.vpd2d.cpu.state")
    made.weak_labels([0.05, 0.5, 1.0, np.nan], [False, True, True, False])
    site = made.site(tmp_path / "out", weak_labels={"min_score": 0.4})
    curves.build(site)
    (student,) = read_shard(site, "curves_learning")["students"]
    assert (student["name"], student["train"], student["val"]) == ("vpd2d", [2, 1], [3, None])
    assert (student["best"], student["window"]) == (7, 5)
    scores = read_shard(site, "curves_scores")
    assert scores["min_score"] == 0.4
    assert sum(scores["all"]) == 12
    assert sum(scores["kept"]) == 6
    assert scores["kept"][25] == scores["kept"][-1] == 3
    assert scores["rows"][-1] == {"split": "all", "frames": 300, "with_athlete": 12, "kept": 6}


def test_accuracy_by_athlete_and_by_video(made, tmp_path):
    wrong = list(made.truth())
    wrong[0] = (wrong[0] + 1) % 3
    made.recognition("recognition/vpd2d/bigru/full.h5", [made.truth(), wrong])
    made.recognition("recognition/vpd2d/bigru/k4.h5", [made.truth()])
    site = made.site(tmp_path / "out")
    curves.build(site)
    by_video = read_shard(site, "curves_video")
    assert by_video["names"] == made.videos
    assert by_video["actions"] == [2, 2, 2]
    assert by_video["percent"] == [[75, 100, 100]]
    by_group = read_shard(site, "curves_group")
    assert by_group["names"] == [GROUP]
    assert by_group["percent"] == [[pytest.approx(100 * 11 / 12, abs=0.01)]]
    assert [line["name"] for line in by_group["lines"]] == ["vpd2d, bigru"]


def test_athletes_of_one_video_each_have_no_chart_of_their_own(tmp_path):
    made = MadeResults(tmp_path / "results", num_videos=1)
    made.recognition("recognition/a/nns/full.h5", [made.truth()])
    site = made.site(tmp_path / "out")
    page = curves.build(site)
    assert page.context["one_each"]
    assert page.context["parts"]["group"] is None
    assert not (site.out / "data/curves_group.js").exists()
    assert read_shard(site, "curves_video")["names"] == made.videos


def test_confusions_sum_trials_and_list_the_actions_of_a_cell(made, tmp_path):
    truth = made.truth()
    wrong = [(truth[0] + 1) % 3, *truth[1:]]
    made.recognition("recognition/b/nns/full.h5", [truth])
    made.recognition("recognition/a/bigru/full.h5", [truth, wrong])
    made.recognition("late_fusion/z/bigru/full.h5", [truth])
    site = made.site(tmp_path / "out", methods=["b", "a"], ensembles={"z": ["a", "b"]})
    choices = confusion.build(site).context["choices"]
    assert [choice["name"] for choice in choices] == ["b, nns", "a, bigru", "z, bigru"]
    assert [choice["top1"] for choice in choices] == [100, 91.7, 100]
    data = read_shard(site, "confusion_1")
    assert data["classes"] == list(CLASSES)
    counts = np.array(data["counts"])
    assert counts.sum() == 12
    assert counts[truth[0], (truth[0] + 1) % 3] == 1
    first = read_shard(site, "confusion_1_actions")[0]
    assert first == ["v0_0", "v0", 1.0, 1.5, truth[0], [truth[0], wrong[0]]]
    table = pd.read_csv(site.out / f"figures/{choices[1]['figure']}.csv")
    assert table["answers"].sum() == 12


def test_an_answer_to_an_action_that_is_gone_is_refused(made, tmp_path):
    made.recognition("recognition/a/nns/full.h5", [made.truth()])
    site = made.site(tmp_path / "out")
    site.actions.pop(0)
    with pytest.raises(ValueError, match=r"full\.h5: test actions .* such as 'v0_0'; delete"):
        confusion.build(site)


def test_videos_in_shards_with_curves_actions_and_problems(tmp_path):
    made = MadeResults(tmp_path / "results", num_videos=450)
    made.tracks(followed=50)
    made.weak_labels([0.2] * 20, [True] * 10 + [False] * 10)
    made.problems(("v0", "1", "2", "track_athlete", "nobody <i>there</i>", "look"))
    site = made.site(tmp_path / "out")
    context = videos.build(site).context
    assert context["score_of"] == "the detector's score"
    assert context["has_kept"]
    data = read_shard(site, "videos")
    assert data["per_shard"] == 200
    row = data["rows"][0]
    assert row == ["v0", "test", GROUP, 4.0, 25.0, "640 × 360", 100, 50.0, 20.0, 2, 1, 1]
    # Of the training video there is no track yet.
    assert data["rows"][-1][6:9] == [None, None, None]
    sizes = [len(read_shard(site, f"videos_{number}")) for number in range(3)]
    assert sizes == [200, 200, 51]
    details = read_shard(site, "videos_0")[0]
    assert details["curve"] == [50] * 50 + [None] * 50
    assert details["actions"][0][:4] == ["v0_0", 1.0, 1.5, CLASSES[0]]
    assert details["problems"] == [["track_athlete", "1", "2", "nobody <i>there</i>", "look"]]


def test_a_curve_of_a_long_video_has_few_points_and_its_gaps():
    time_s = np.arange(3000) / 25
    score = np.where(time_s < 60, 0.25, np.nan)
    curve = videos.score_curve(time_s, score)
    assert len(curve) == 150
    assert curve[:74] == [25] * 74
    assert curve[76:] == [None] * 74
    assert videos.score_curve(np.array([0.0]), np.array([2.0])) == [100]


def test_overview_says_what_was_run_and_groups_problems(made, tmp_path):
    made.student("vpd2d")
    made.problems(
        ("v0", "", "", "detect_people", "broken", "replace it"),
        ("", "", "", "prepare_dataset", "no val", "add one"),
        ("v1", "", "", "detect_people", "dark", "look"),
    )
    logs = made.results / "logs"
    for name, text in {
        "recognize_actions/a/full.log": "recognize_actions: done in 20.5 s, 30.5 s of CPU from the process's start\n",
        "recognize_actions/b/full.log": "still running\n",
        "table1.log": "table1: done in 0.5 s, 1.5 s of CPU from the process's start\n",
        "build_site.log": "build_site {}\n",
    }.items():
        (logs / name).parent.mkdir(parents=True, exist_ok=True)
        (logs / name).write_text(text)
    site = made.site(
        tmp_path / "out",
        methods=["joints2d", "vpd2d_rgb"],
        heads=["nns"],
        students={"vpd2d": {}},
        trials=3,
        shots=[4],
    )
    context = overview.build(site).context
    assert {stage: len(ones) for stage, ones in context["problems"].items()} == {
        "detect_people": 2,
        "prepare_dataset": 1,
    }
    assert (site.out / "data/problems.csv").is_file()
    assert context["trials"] == (
        "3 trials of each network that recognises; one of NNS with all training actions, in which nothing is left to "
        "chance; few-shot subsets of 4 examples per class; seed 0"
    )
    words = {run.name: run.words for run in context["runs"]["Feature sets"]}
    assert words["joints2d"] == "the teacher's joints, normalised"
    assert "sees RGB of crops" in words["vpd2d_rgb"]
    # The settings name no feature set vpd2d that would have said the rest.
    (student,) = context["runs"]["Students that are trained"]
    assert student.words.endswith("distilled on videos of the training split; best epoch 7 of 1000")
    assert context["sought"] is False
    assert [(time.stage, time.jobs, time.cpu_s) for time in context["times"]] == [
        ("recognize_actions", 2, 30.5),
        ("table1", 1, 1.5),
    ]
    assert context["silent"] == 1
    assert context["measured_by"] == "logs"


def test_times_of_benchmark_files_where_logs_say_nothing(tmp_path):
    path = tmp_path / "benchmarks/detect_people/0000.tsv"
    path.parent.mkdir(parents=True)
    path.write_text("s\th:m:s\tcpu_time\n2.5\t0:00:02\t4.5\n")
    (time,) = times_in_benchmarks(tmp_path)
    assert (time.stage, time.jobs, time.wall_s, time.cpu_s) == ("detect_people", 1, 2.5, 4.5)
    assert times_in_logs(read_logs(tmp_path)) == []


def test_when_jobs_ran_and_where(tmp_path):
    assert when_run(read_logs(tmp_path)) is None
    logs = tmp_path / "logs"
    for name, text in {
        # Two side by side, one after a pause.
        "a/0.log": "a {}\n2026-01-02T10:00:00Z to 2026-01-02T10:30:00Z on 2 cores\n",
        "a/1.log": "a {}\n2026-01-02T10:10:00Z to 2026-01-02T10:40:00Z on 8 cores\n",
        "b.log": "b {}\n2026-01-03T10:00:00Z to 2026-01-03T10:00:05Z on 2 cores\n",
        "c.log": "killed\n",
        "build_site.log": "2026-02-02T10:00:00Z to 2026-02-02T10:30:00Z on 2 cores\n",
    }.items():
        (logs / name).parent.mkdir(parents=True, exist_ok=True)
        (logs / name).write_text(text)
    when = when_run([log for log in read_logs(tmp_path) if log.stage != "build_site"])
    assert when.begun.isoformat() == "2026-01-02T10:00:00+00:00"
    assert when.ended.isoformat() == "2026-01-03T10:00:05+00:00"
    assert when.busy_s == 40 * 60 + 5
    assert when.computers == {"2 cores": 2, "8 cores": 1}
    assert when.silent == 1


@pytest.mark.parametrize(
    ("seconds", "on_the_clock", "in_words"),
    [(0.2, "< 1 s", "0 s"), (7, "0:00:07", "7 s"), (3599.8, "1:00:00", "1 h"), (7805, "2:10:05", "2 h 10 min")],
)  # fmt: skip
def test_times_are_hours_and_minutes(seconds, on_the_clock, in_words):
    assert overview.clock(seconds) == on_the_clock
    assert overview.h_min(seconds) == in_words


def test_names_of_data_are_no_markup_on_any_page(made, tmp_path):
    made.text("figure3.csv", FIGURE3)
    made.text("table1.csv", TABLE1.replace("vpd2d", "<script>alert(1)</script>"))
    made.recognition("recognition/a/nns/full.h5", [made.truth()])
    made.problems(("v0", "", "", GROUP, GROUP, '"><script>alert(1)</script>'))
    libraries, out = tmp_path / "libraries", tmp_path / "out"
    libraries.mkdir()
    out.mkdir()
    sources = SiteSources(GROUP, "made", made.results, made.there, {})
    mine = {page.build for page in (overview, tables, curves, confusion, videos)}
    assert mine <= set(PAGES)
    build_site(sources, out, libraries)
    pages = [out / "index.html", *(out / "pages").iterdir()]
    assert len(pages) >= 5
    for path in (*pages, *(out / "data").glob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert "<img src=x" not in text, path
        assert "<script>alert" not in text, path
        assert "<b>flip" not in text, path


def test_settings_are_shown_as_they_are(made, tmp_path):
    site = made.site(tmp_path / "out", methods=["joints2d"], note="<b>")
    assert "note: <b>" in overview.build(site).context["settings"]
