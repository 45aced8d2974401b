"""What a dataset's settings ask for, in words: feature sets, heads, late fusion, and how often each is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vpdlib.features.settings import JOINTS2D, SECTIONS
from vpdlib.recognition.settings import HEADS
from vpdlib.students.settings import POSE2D, SEEN, StudentSettings, find_student

_TEACHER = "the teacher's joints"
_DISTILLED_ON = {
    "train": "videos of the training split",
    "corpus": "all videos",
    "actions": "labelled actions of the training split",
}


@dataclass(frozen=True)
class Run:
    """One thing that was run, and what it is."""

    name: str
    words: str


def feature_sets(settings: Mapping[str, Any]) -> list[Run]:
    """The feature sets of ``methods``, then late fusion, in words; empty where settings name none."""
    found = [Run(name, _feature_words(name, settings)) for name in settings.get("methods", ())]
    for name, parts in settings.get("ensembles", {}).items():
        found.append(Run(name, f"late fusion, the mean of what a head says of {_listed(parts)}"))
    return found


def heads(settings: Mapping[str, Any]) -> list[Run]:
    """The recognition heads, in words."""
    found = []
    recognition = settings.get("recognition", {})
    for name in settings.get("heads", ()):
        words = HEADS[name].title if name in HEADS else name
        network = recognition.get("bigru", {})
        if name in HEADS and HEADS[name].layers and network:
            words += (
                f": {network['layers']} layers of {network['hidden']} units, up to {network['epochs']} epochs, "
                f"learning rate {network['learning_rate']:g}"
            )
        elif name in HEADS and not HEADS[name].layers:
            words += ": nearest neighbour under dynamic time warping"
        found.append(Run(name, words))
    return found


def students(settings: Mapping[str, Any], trained: Mapping[str, Mapping[str, Any]]) -> list[Run]:
    """The students that are there, in words.

    Parameters
    ----------
    settings : of the dataset.
    trained : by name, what each student's ``settings.json`` says.
    """
    found = []
    for name, record in trained.items():
        student = StudentSettings.model_validate(record["settings"])
        words = _student_words(student)
        # Its feature set, if there is one, has said so above.
        said = name in settings.get("methods", ()) and words == _feature_words(name, settings)
        best = f"best epoch {record['best_epoch']} of {student.epochs}"
        found.append(Run(name, f"as above; {best}" if said else f"{words}; {best}"))
    return found


def trials(settings: Mapping[str, Any]) -> str:
    """How often recognition is tried, and with how many examples."""
    if "trials" not in settings:
        return ""
    shots = settings.get("shots", ())
    few = (
        f"few-shot subsets of {_listed([str(k) for k in shots])} examples per class"
        if shots
        else ""
    )
    said = [_counted(settings["trials"], "trial") + " of each network that recognises"]
    if any(not HEADS[head].layers for head in settings.get("heads", ()) if head in HEADS):
        said.append("one of NNS with all training actions, in which nothing is left to chance")
    if detection := settings.get("detection"):
        said.append(_counted(detection["num_trials"], "trial") + " of detection, unless published")
    return "; ".join([*said, *[few] * bool(few), f"seed {settings.get('seed', 0)}"])


def stages(settings: Mapping[str, Any]) -> list[Run]:
    """What detects people, follows the athlete, and teaches."""
    found = []
    people, poses = settings.get("people"), settings.get("poses")
    if people:
        found.append(
            Run(
                "people",
                f"found by {_listed(people['detectors'])} in {_every(people['every_nth_frame'])} frame",
            )
        )
    if tracking := settings.get("tracking"):
        found.append(Run("athlete", f"chosen among them by the rule {tracking['athlete_rule']}"))
    if poses:
        angles = [f"{angle:g}" for angle in poses["angles_degrees"]]
        turned = f", asked at {_listed(angles)} degrees" if len(angles) > 1 else ""
        found.append(Run("teacher", f"{poses['teacher']}{turned}"))
    if labels := settings.get("weak_labels"):
        found.append(
            Run("weak labels", f"frames whose mean joint score is at least {labels['min_score']:g}")
        )
    return found


def _feature_words(name: str, settings: Mapping[str, Any]) -> str:
    if name in settings.get("supplied", {}).get("features", {}):
        return "another tool's descriptors"
    if name == JOINTS2D:
        return f"{_TEACHER}, normalised"
    section = next((one for one in SECTIONS if name in settings.get(one, {})), None)
    if section == "vipe":
        return f"view-invariant embedding of {_TEACHER}, network {settings['vipe'][name]['model']}"
    if section == "concat":
        return f"{_listed(settings['concat'][name])} side by side"
    if section == "fused":
        return f"{_TEACHER}, mended by the student {settings['fused'][name]['student']}"
    if section == "r3d":
        return "3D residual network over 8 frames"
    if section == "video_encoders":
        return "frozen video encoder"
    given = {
        key: StudentSettings.model_validate(one)
        for key, one in settings.get("students", {}).items()
    }
    student = find_student(given, name)
    return name if student is None else _student_words(student)


def _student_words(student: StudentSettings) -> str:
    teacher = _TEACHER if student.teacher == POSE2D else f"the vectors of {student.teacher}"
    seen = _listed(["RGB", *SEEN[student.inputs]])
    weights = f" from {student.weights}" if student.weights else " from random weights"
    motion = " and its motion" if student.motion else ""
    return (
        f"student of {teacher}{motion}, sees {seen} of crops of {student.crop_px} px, {student.architecture}{weights}, "
        f"{student.epochs} epochs of {student.samples_per_epoch:,} frames in batches of {student.batch_size}, "
        f"distilled on {_DISTILLED_ON[student.distil_on]}"
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _every(number: int) -> str:
    return {1: "every", 2: "every second", 3: "every third"}.get(number, f"every {number}th")


def _listed(names: Any) -> str:
    """Names as a text: a, b and c."""
    given = [str(name) for name in names]
    return (
        given[0]
        if len(given) == 1
        else f"{', '.join(given[:-1])} and {given[-1]}"
        if given
        else "none"
    )
