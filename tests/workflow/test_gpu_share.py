"""What profiles say of GPUs and processes, as jobs and the scheduler see it."""

import re

import pytest
import yaml

from tests.workflow.conftest import ROOT

PEOPLE = "results/mine/people/0000.h5"
STUDENT = "results/mine/students/vpd2d"


def profile(mine, **given):
    folder = mine.folder / "lab"
    folder.mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(given))
    return ["--profile", str(folder)]


def resources(mine, rule, *arguments):
    """The resources of a rule's jobs, as a dry run says them of rules that have no message."""
    mine.root = mine.folder
    (mine.folder / "Snakefile").write_text(
        f'include: "{ROOT}/Snakefile"\nfor each in workflow.rules:\n    each.message = None\n'
    )
    done = mine.run("--dry-run", *arguments, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stdout
    blocks = re.findall(rf"^rule {rule}:\n((?: .*\n)+)", done.stdout, flags=re.MULTILINE)
    lines = [re.search("resources: (.*)", block)[1] for block in blocks]
    return [dict(item.split("=", 1) for item in line.split(", ")) for line in lines]


@pytest.mark.workflow
def test_a_profile_says_how_many_processes_a_student_has(mine):
    asked = {"gpu": 4, "processes": 2, "nodes": 2}
    given = profile(mine, **{"set-resources": {"distil_student": asked}})
    (found,) = resources(mine, "distil_student", *given, "--", STUDENT)
    assert {name: int(found[name]) for name in asked} == asked
    assert "gpu_twelfths" not in found


@pytest.mark.workflow
def test_jobs_that_share_a_gpu_are_counted_by_their_parts(mine):
    shared = {"detect_people": {"gpu": 1, "gpu_share": 2}, "distil_student": {"gpu": 4}}
    given = profile(mine, resources=["gpu=1"], **{"set-resources": shared})
    people = resources(mine, "detect_people", *given, "--", STUDENT)
    assert [found["gpu_twelfths"] for found in people] == ["6", "6"]
    # More than there is, as Snakemake has it.
    (student,) = resources(mine, "distil_student", *given, "--", STUDENT)
    assert (student["gpu"], student["gpu_twelfths"]) == ("1", "12")


@pytest.mark.slow
@pytest.mark.workflow
def test_two_jobs_that_share_a_gpu_run_at_once(mine):
    shared = {"detect_people": {"gpu": 1, "gpu_share": 2}}
    given = profile(mine, resources=["gpu=1"], **{"set-resources": shared})
    done = mine.run(*given, "--", *(f"results/mine/people/000{shard}.h5" for shard in range(2)))
    assert done.returncode == 0, done.stdout
    _, between, _ = done.stdout.split("Detecting people:")
    assert "Finished" not in between, "one has waited for the other"


@pytest.mark.workflow
def test_a_part_that_cannot_be_is_refused(mine):
    given = profile(mine, **{"set-resources": {"detect_people": {"gpu": 1, "gpu_share": 5}}})
    done = mine.run("--dry-run", *given, "--", PEOPLE)
    assert done.returncode != 0
    assert "set-resources detect_people: gpu_share is 5 and gpu 1" in done.stdout


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--set-resources", "distil_studnet:gpu=1"],
            "set-resources distil_studnet: there is no such rule; did you mean distil_student?",
        ),
        (
            ["--set-threads", "nothing_like_it=2"],
            "set-threads nothing_like_it: there is no such rule",
        ),
        (
            ["--set-resources", "distil_student:gpu=3", "distil_student:nodes=2"],
            "gpu is 3, of the whole job, on 2 nodes: give a multiple of 2",
        ),
        (["--set-resources", "distil_student:nodes=0"], "nodes is 0, processes 1 and gpu 0"),
    ],
)
def test_what_no_job_can_have_is_refused_before_the_first(mine, arguments, says):
    done = mine.run("--dry-run", *arguments, "--", PEOPLE)
    assert done.returncode != 0
    assert says in done.stdout
