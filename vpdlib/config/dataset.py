"""Settings of one dataset, ``datasets/<name>.yaml``: its sections, and the checks that they fit together."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from vpdlib.baselines.kinds import EnsembleBaseline, FrameBaseline
from vpdlib.config.networks import with_networks
from vpdlib.config.sections import DatasetSections
from vpdlib.datasets.settings import LabelSettings
from vpdlib.features.settings import CROP_KINDS, JOINTS2D, SECTIONS
from vpdlib.students.settings import POSE2D, find_student

#: What follows the name of a feature set in columns of tables.
_ENDS_OF_COLUMNS = ("_paper", "_std", "_sd")

#: Rows of Table 1 that nothing is trained for.
_TRIVIAL = ("random", "top_class")

#: What no other feature set may be called.
_RESERVED = {
    **dict.fromkeys((JOINTS2D, POSE2D), "the teacher's own joints"),
    **dict.fromkeys(_TRIVIAL, "a row of Table 1"),
}


class DatasetSettings(DatasetSections):
    """Everything about one dataset."""

    @model_validator(mode="before")
    @classmethod
    def _start_from_networks(cls, given: Any) -> Any:
        return with_networks(given) if isinstance(given, dict) else given

    @model_validator(mode="after")
    def _methods_exist(self) -> DatasetSettings:
        for what in ("classes", "methods", "heads"):
            given = getattr(self, what) or ()
            if len(set(given)) != len(given):
                raise ValueError(f"{what}: name each once")
        for name in self.methods:
            self.require_feature(name, "methods")
        return self

    @model_validator(mode="after")
    def _feature_sets_have_names_of_their_own(self) -> DatasetSettings:
        found: dict[str, str] = {}
        for where in (*SECTIONS, "ensembles", "supplied.features"):
            # Another tool's descriptors stand in for what a network here makes of crops.
            may_stand_in = where == "supplied.features"
            for name in self.supplied.features if may_stand_in else getattr(self, where):
                if name.endswith(_ENDS_OF_COLUMNS):
                    raise ValueError(
                        f"{where}: {name!r}: tables have columns that end so ({', '.join(_ENDS_OF_COLUMNS)}); rename it"
                    )
                if name in _RESERVED:
                    raise ValueError(f"{where}: {name} stands for {_RESERVED[name]}; rename it")
                if name in found and not (may_stand_in and SECTIONS.get(found[name]) in CROP_KINDS):
                    raise ValueError(
                        f"{where}: {name!r} is under `{found[name]}` too; rename one of the two"
                    )
                is_variant = name not in self.students and find_student(self.students, name)
                if is_variant and not may_stand_in:
                    raise ValueError(
                        f"{where}: {name!r} is what a variant of a student is called; rename it"
                    )
                found.setdefault(name, where)
        return self

    @model_validator(mode="after")
    def _feature_sets_fit(self) -> DatasetSettings:
        for name, student in self.students.items():
            if student.teacher != POSE2D and student.teacher not in self.vipe:
                raise ValueError(
                    f"students.{name}.teacher: {student.teacher!r} is neither {POSE2D} nor under `vipe`; "
                    f"known: {[POSE2D, *self.vipe]}"
                )
        for name, parts in self.concat.items():
            if len(parts) < 2:
                raise ValueError(f"concat.{name}: give two feature sets or more")
            for part in parts:
                if self.require_feature(part, f"concat.{name}") == "concat":
                    raise ValueError(
                        f"concat.{name}: {part!r} is itself of `concat`; list its parts"
                    )
        for name, fused in self.fused.items():
            student_settings = find_student(self.students, fused.student)
            taken = fused.student in self.supplied.features
            if taken or student_settings is None or student_settings.teacher != POSE2D:
                raise ValueError(
                    f"fused.{name}.student: {fused.student!r} is no student of {POSE2D}; known: "
                    f"{sorted(n for n, s in self.students.items() if s.teacher == POSE2D)}"
                )
        if any(not 0 < t < 1 or abs(100 * t - round(100 * t)) > 1e-9 for t in self.thresholds):
            raise ValueError("thresholds: expected whole hundredths between 0 and 1")
        if len(set(self.thresholds)) != len(self.thresholds):
            raise ValueError("thresholds: name each once")
        for name in self.retrieval.methods or ():
            self.require_feature(name, "retrieval.methods")
        if self.ablation_shots is not None and self.ablation_shots not in self.shots:
            raise ValueError(f"ablation_shots: {self.ablation_shots} is none of shots {self.shots}")
        return self

    @model_validator(mode="after")
    def _ensembles_fit(self) -> DatasetSettings:
        for name, parts in self.ensembles.items():
            if len(set(parts)) != len(parts) or len(parts) < 2:
                raise ValueError(f"ensembles.{name}: give two feature sets or more, each once")
            for part in parts:
                self.require_feature(part, f"ensembles.{name}")
        if self.ensembles and not self.network_heads:
            raise ValueError(
                "ensembles: heads has no network, and nns gives no probabilities; add bigru to heads"
            )
        return self

    @model_validator(mode="after")
    def _finding_fits(self) -> DatasetSettings:
        for where, names in (
            ("finding.method", [self.finding.method] if self.finding.method else []),
            ("finding.methods", self.finding.methods or ()),
        ):
            for name in names:
                if name not in self.ensembles:
                    self.require_feature(name, where)
        return self

    @model_validator(mode="after")
    def _shots_once(self) -> DatasetSettings:
        if any(k < 1 for k in self.shots) or len(set(self.shots)) != len(self.shots):
            raise ValueError("shots: give each number of examples once, 1 or more")
        return self

    @model_validator(mode="after")
    def _adapter_fits(self) -> DatasetSettings:
        self.adapter.check(self.classes, self.supplied)
        if self.labels != LabelSettings() and not self.adapter.reads_label_files:
            raise ValueError(
                "labels: says what is taken of files of labels, and adapter.labels names none; name them, or remove it"
            )
        return self

    @model_validator(mode="after")
    def _baselines_fit(self) -> DatasetSettings:
        for name, baseline in self.baselines.items():
            where = f"baselines.{name}"
            if name in (*self.methods, *self.ensembles, *_TRIVIAL):
                raise ValueError(f"{where}: another row of Table 1 has this name; rename it")
            if isinstance(baseline, EnsembleBaseline):
                self._parts_fit(where, baseline)
            elif isinstance(baseline, FrameBaseline) and not self.adapter.has_videos:
                raise ValueError(f"{where}: needs pixels, and there are no videos; remove it")
        if self.r3d and not self.adapter.has_videos:
            raise ValueError("r3d: needs pixels, and there are no videos; remove it")
        if self.video_encoders and not self.adapter.has_videos:
            raise ValueError("video_encoders: need pixels, and there are no videos; remove them")
        strange = sorted(set(self.baseline_shots) - set(self.shots))
        if strange:
            raise ValueError(f"baseline_shots: {strange[0]} is none of shots {self.shots}")
        if self.num_baseline_trials > self.trials:
            raise ValueError(
                f"baseline_trials: {self.baseline_trials} is more than trials, {self.trials}; lower it"
            )
        return self

    def _parts_fit(self, where: str, ensemble: EnsembleBaseline) -> None:
        alone = [n for n, b in self.baselines.items() if not isinstance(b, EnsembleBaseline)]
        for part in ensemble.parts:
            if part not in alone:
                raise ValueError(
                    f"{where}.parts: {part!r} is no baseline by itself; known: {alone}"
                )
        if len(set(ensemble.parts)) != len(ensemble.parts):
            raise ValueError(f"{where}.parts: name each once")
