"""What Snakemake's scheduler is told beside the rules."""

import re
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = "results/mine/people/0000.h5"


@pytest.mark.parametrize("profile", sorted(path.name for path in (ROOT / "profiles").iterdir()))
def test_a_profile_names_rules_that_there_are(profile):
    """Snakemake passes over any other name without a word."""
    rules = {
        name
        for path in (ROOT / "rules").glob("*.smk")
        for name in re.findall(r"^rule (\w+):", path.read_text(), flags=re.MULTILINE)
    }
    given = yaml.safe_load((ROOT / "profiles" / profile / "config.yaml").read_text())
    named = {*given.get("set-threads", {}), *given.get("set-resources", {})}
    assert len(rules) > 30
    assert named <= rules
    # The one that is loaded by itself would hide those of another.
    assert not (profile == "default" and named)


@pytest.mark.workflow
@pytest.mark.parametrize("where", ["profile", "config.yaml", "both"])
def test_threads_come_from_a_profile_or_as_in_earlier_releases(mine, where):
    in_config, in_profile = where != "profile", where != "config.yaml"
    arguments = []
    if in_config:
        mine.write_config(resources={"detect_people": {"threads": 2, "mem_mb": 1500}})
    if in_profile:
        threads = 1 if in_config else 2
        (mine.folder / "lab").mkdir()
        (mine.folder / "lab/config.yaml").write_text(f"set-threads: {{detect_people: {threads}}}\n")
        arguments = ["--profile", str(mine.folder / "lab")]
    done = mine.run(*arguments, "--", PEOPLE)
    assert done.returncode == 0, done.stdout
    assert ("`resources` is understood for the last time" in done.stdout) == in_config
    log = (mine.folder / "results/mine/logs/detect_people/0000.log").read_text()
    assert "with 2 threads" in log.splitlines()[0]


@pytest.mark.workflow
def test_more_shards_than_videos_are_told_once(mine):
    done = mine.run("--dry-run", "--", PEOPLE)
    assert "num_shards" not in done.stdout
    mine.write_dataset("mine", {**SETTINGS, "num_shards": 16})
    done = mine.run("--dry-run", "--", "results/mine/dataset/summary.csv")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("datasets/mine.yaml: num_shards is 16, of 2 videos: ") == 1


@pytest.mark.workflow
def test_resources_of_no_rule_are_refused(mine):
    mine.write_config(resources={"detect": {"threads": 2}})
    done = mine.run("--dry-run", "--", PEOPLE)
    assert done.returncode != 0
    assert "resources.detect: there is no such rule" in done.stdout


@pytest.mark.workflow
def test_names_that_stood_for_several_rules_are_still_known(mine):
    stages = ("fetch_networks", "combine_features", "train_baseline", "tables", "prepare_dataset")
    mine.write_config(resources={stage: {"threads": 2, "runtime": 9} for stage in stages})
    done = mine.run("--dry-run", "--", PEOPLE)
    assert done.returncode == 0, done.stdout
