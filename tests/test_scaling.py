"""The cost model of benchmarks/scaling.py: sums by hand, and figures that say where they come from."""

import math

import pandas as pd
import pytest

from benchmarks.scaling import (
    DATASETS,
    FIGURES,
    NETWORKS,
    STAGES,
    Workload,
    costs,
    fit,
    largest_shard,
    main,
    report,
)

COLUMNS = ["stage", "networks", "quantity", "per", "value", "command"]


def table(*rows):
    return pd.DataFrame([(*row, "by hand") for row in rows], columns=COLUMNS)


def test_a_stage_costs_the_sum_of_its_figures():
    work = Workload(clips=10, frames=1000, shards=4, athletes=2, crop_px=100)
    figures = table(
        ("crop_athlete", "paper", "cpu_s", "job", 2.0),
        ("crop_athlete", "paper", "cpu_s", "video", 0.5),
        ("crop_athlete", "paper", "cpu_s", "athlete_frame", 0.01),
        # Of those that have no figure of their own.
        ("crop_athlete", "all", "cpu_s", "job", 50.0),
        ("crop_athlete", "embedded", "cpu_s", "frame", 99.0),
        ("crop_athlete", "all", "bytes", "crop_megapixel", 6e6),
        ("crop_athlete", "all", "rss_mb", "job", 140),
    )
    row = costs(work, "paper", figures).set_index("stage").loc["crop_athlete"]
    # 4 jobs, 20 videos, 2000 frames with an athlete, of 0.01 megapixels each.
    assert row["cpu_s"] == pytest.approx(4 * 2 + 20 * 0.5 + 2000 * 0.01)
    assert row["disk_gb"] == pytest.approx(2000 * 0.01 * 6e6 / 1e9)
    assert (row["jobs"], row["rss_mb"]) == (4, 140)


def test_what_was_not_measured_is_not_guessed():
    figures = table(("embed_frames", "all", "cpu_s", "job", 2.0))
    row = costs(Workload(1, 100), "paper", figures).set_index("stage").loc["embed_frames"]
    assert math.isnan(row["cpu_s"])
    assert math.isnan(row["gpu_s"])
    assert math.isnan(row["rss_mb"])


def test_searches_are_counted_in_pairs_and_blocks():
    figures = table(
        ("retrieve_actions", "all", "cpu_s", "pair", 1.0),
        ("recognize_actions, nns", "all", "cpu_s", "pair", 1.0),
    )
    work = Workload(1, 1, queries=3, corpus=5, tests=2, training=7, blocks=4)
    found = costs(work, "paper", figures).set_index("stage")
    assert found.loc["retrieve_actions", "cpu_s"] == 15
    assert found.loc["recognize_actions, nns", "cpu_s"] == 4 * 14
    assert found.loc["retrieve_actions", "jobs"] == 5
    assert "retrieve_actions" not in set(costs(Workload(1, 1), "paper", figures)["stage"])


def test_every_figure_is_of_a_stage_and_says_where_it_is_from():
    figures = pd.read_csv(FIGURES)
    assert list(figures.columns) == COLUMNS
    assert set(figures["stage"]) == set(STAGES)
    assert set(figures["networks"]) <= {*NETWORKS, "all"}
    assert set(figures["quantity"]) <= {"cpu_s", "gpu_s", "bytes", "rss_mb"}
    assert set(figures["per"]) <= set(Workload(1, 1).counts("list_videos"))
    assert (figures["value"] > 0).all()
    assert figures["command"].str.len().min() > 5
    keys = ["stage", "networks", "quantity", "per"]
    assert not figures.duplicated(keys).any()


@pytest.mark.parametrize("name", DATASETS)
def test_every_stage_of_the_papers_datasets_has_a_cost(name):
    found = costs(DATASETS[name], "embedded")
    assert found["cpu_s"].notna().all()
    assert (found["rss_mb"] < 8000).all()


def test_the_fit_finds_what_a_job_a_video_and_a_frame_cost():
    amounts = [(1, 4, 60), (1, 30, 450), (2, 4, 600)]
    runs = [("crop_athlete", *n, n[0] * 2 + n[1] * 0.5 + n[2] * 0.01) for n in amounts]
    found = fit(pd.DataFrame(runs, columns=["stage", "jobs", "videos", "frames", "cpu_s"]))
    assert dict(zip(found["per"], found["value"], strict=True)) == pytest.approx(
        {"job": 2, "video": 0.5, "frame": 0.01}
    )


def test_shards_are_uneven():
    assert largest_shard(300, 1) == 1
    # Ten are the mean.
    assert largest_shard(300, 30) == 18 / 300
    assert largest_shard(3, 4096) >= 1 / 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--hours", "-5"], "-5: give a number of 0.001 or more"),
        (["--hours", "nan"], "nan: give a number"),
        (["--cores", "0"], "0: give a number of 1 or more"),
        (["--shards", "5000"], "5000: there are 1 to 4096 shards"),
    ],
)
def test_workloads_that_cannot_be_are_refused(monkeypatch, capsys, arguments, says):
    monkeypatch.setattr("sys.argv", ["scaling", *arguments])
    with pytest.raises(SystemExit):
        main()
    assert says in capsys.readouterr().err


def test_a_run_takes_as_long_as_its_longest_job(capsys):
    report("ten", Workload(clips=100, frames=900_000, shards=1), "embedded", 64)
    table, said = capsys.readouterr().out.rsplit("\n", 2)[:2]
    people = next(line.split() for line in table.splitlines() if "detect_people" in line)
    # One shard is one job: all of its hours, however many cores there are.
    assert people[2] == people[3]
    assert f"no less than the longest job, {float(people[3]):.1f} h" in said
