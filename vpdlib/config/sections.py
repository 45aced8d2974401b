"""All sections of one dataset's settings, and what follows from them.

Each stage's section is defined beside that stage's code; here they are put together with what says
where the videos and labels are and what is to be reported.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vpdlib.action_detection.settings import DetectionSettings
from vpdlib.baselines.kinds import (
    PRETRAINED,
    BaselineSettings,
    EnsembleBaseline,
    FrameBaseline,
    WholeFrameSettings,
    paper_row,
    weights_text,
)
from vpdlib.baselines.kinds import checkpoint_references as baseline_weights
from vpdlib.config.base import Id
from vpdlib.config.networks import NetworksName
from vpdlib.crops.settings import CropSettings
from vpdlib.datasets.adapters import Adapter
from vpdlib.datasets.settings import (
    KeypointSettings,
    LabelSettings,
    OnBadVideo,
    SuppliedSettings,
    TracksFrom,
    names_of,
)
from vpdlib.features.settings import (
    JOINTS2D,
    SECTIONS,
    FeatureKind,
    FusedSettings,
    R3DSettings,
    VipeFeatures,
)
from vpdlib.features.video_encoder_settings import VideoEncoderSettings
from vpdlib.finding.settings import ClipSettings, FindingSettings, ToLabelSettings
from vpdlib.flow.settings import FlowSettings
from vpdlib.flow.settings import checkpoint_references as flow_weights
from vpdlib.people.settings import PeopleSettings
from vpdlib.people.settings import checkpoint_references as people_weights
from vpdlib.poses.settings import PoseSettings, WeakLabelSettings
from vpdlib.poses.settings import checkpoint_references as pose_weights
from vpdlib.ranges import Count, NonNegativeInt
from vpdlib.recognition.settings import NETWORK_HEADS, HeadName, RecognitionSettings
from vpdlib.report.settings import Truth
from vpdlib.retrieval.settings import RetrievalSettings
from vpdlib.section import Section
from vpdlib.students.settings import POSE2D, StudentSettings, find_student
from vpdlib.tracking.settings import TrackingSettings

#: The most shards that a dataset may have, and as many as videos of a collection hash to.
MAX_SHARDS = 4096
#: Parts b and c of Table 2: what frames a student is distilled on.
_FRAMES = (("b", "actions"), ("c", "corpus"))


class DatasetSections(Section):
    """Everything about one dataset, each section checked by itself."""

    title: str = Field(description="Name to print; says so where the data are synthetic.")
    adapter: Adapter = Field(description="Where videos and labels come from.")
    classes: tuple[Id, ...] | None = Field(
        None, description="Class names in their order; a label outside is an error. Null: as found."
    )
    labels: LabelSettings = Field(
        LabelSettings(), description="What is taken of the files of labels."
    )
    supplied: SuppliedSettings = Field(
        SuppliedSettings(), description="Output of other tools in place of a stage."
    )
    on_bad_video: OnBadVideo = Field(
        "refuse",
        description="What becomes of a video that cannot be used (cut off, without pictures, a link to nothing, a "
        "published clip that is missing; a clip of keypoints in which nobody is): refuse stops and names it; skip "
        "leaves it out, with its labels, and lists it in problems.csv.",
    )
    num_shards: int = Field(
        8,
        ge=1,
        le=MAX_SHARDS,
        description="Jobs a stage is cut into; a video's id decides its shard.",
    )
    networks: NetworksName = Field(
        "embedded",
        description="What the sections people, poses, flow and weak_labels start from: embedded, networks that come "
        "along and run on a CPU; or paper, Mask R-CNN, HRNet and RAFT, which are downloaded and want a GPU. What "
        "those sections set themselves stays.",
    )
    people: PeopleSettings = Field(PeopleSettings(), description="Person detection.")
    tracking: TrackingSettings = Field(TrackingSettings(), description="Following the athlete.")
    crops: CropSettings = Field(CropSettings(), description="Athlete crops.")
    flow: FlowSettings = Field(FlowSettings(), description="Optical flow between the crops.")
    poses: PoseSettings = Field(PoseSettings(), description="The teacher.")
    weak_labels: WeakLabelSettings = Field(
        WeakLabelSettings(), description="Frames whose pose the student may learn from."
    )
    students: dict[Id, StudentSettings] = Field(
        default_factory=lambda: {"vpd2d": StudentSettings()},
        description="Students by the name of the feature set that they make. The ablations of Table 2 follow by a "
        "suffix of the name, without being listed: _rgb, _rgbflow, _actions, _corpus; those of Table S1 by _t and "
        "two digits, such as _t30; and by _v, such as _v10, students of 10 % of the videos.",
    )
    students_follow_labels: bool = Field(
        False,
        description="Distil students anew for every edit of the labels. Without it an edit retrains heads alone; a "
        "student is distilled anew once it has learnt from a video that is tested now.",
    )
    vipe: dict[Id, VipeFeatures] = Field(
        default_factory=dict,
        description="Feature sets of the view-invariant embedding, by name: teachers of students, and methods of "
        "their own.",
    )
    concat: dict[Id, tuple[Id, ...]] = Field(
        default_factory=dict,
        description="Feature sets that are others side by side, by name (such as vpdconcat: [vpd2d, vpdvi]).",
    )
    fused: dict[Id, FusedSettings] = Field(
        default_factory=dict,
        description="Beyond the paper: feature sets of the teacher's joints mended by a student, by name (such as "
        "vpdfused).",
    )
    ensembles: dict[Id, tuple[Id, ...]] = Field(
        default_factory=dict,
        description="Beyond the paper: late fusion, rows of Table 1 and Figure 3 by name (such as vpdensemble: "
        "[joints2d, vpd2d]): the mean of the probabilities that a network among the heads gives for several feature "
        "sets.",
    )
    r3d: dict[Id, R3DSettings] = Field(
        default_factory=dict,
        description="Feature sets of a 3D residual network over 8 frames, by name: a baseline of Table 4, and a "
        "method for every head.",
    )
    video_encoders: dict[Id, VideoEncoderSettings] = Field(
        default_factory=dict,
        description="Feature sets of frozen video encoders, by name (such as vjepa2): a later reference, and methods "
        "for every head. They need the library transformers.",
    )
    baselines: dict[Id, BaselineSettings] = Field(
        default_factory=dict,
        description="Networks that are trained on the actions themselves, by name: rows of Table 1.",
    )
    whole_frames: WholeFrameSettings = Field(
        WholeFrameSettings(), description="Pictures for baselines of input: frame."
    )
    recognition: RecognitionSettings = Field(
        RecognitionSettings(), description="Recognition heads."
    )
    detection: DetectionSettings = Field(
        DetectionSettings(), description="Temporal detection learnt from a few videos (Table 4)."
    )
    retrieval: RetrievalSettings = Field(RetrievalSettings(), description="Action retrieval.")
    collections: dict[Id, str] = Field(
        default_factory=dict,
        description="Further footage by name (such as spring: my_sport/spring): folders of videos, below data_dir, in "
        "which the models there are find actions; see found/<name>.csv.",
    )
    finding: FindingSettings = Field(
        FindingSettings(), description="Every action in all footage, labelled or not."
    )
    to_label: ToLabelSettings = Field(
        ToLabelSettings(), description="Which segments to_label.csv asks for."
    )
    clips: ClipSettings = Field(
        ClipSettings(), description="Clips of found actions, to look at (docs/own_sport.md)."
    )
    methods: tuple[Id, ...] = Field(
        ("joints2d", "vpd2d"), min_length=1, description="Feature sets in the tables, in order."
    )
    heads: tuple[HeadName, ...] = Field(
        ("bigru", "nns"),
        min_length=1,
        description="Recognition heads of Table 1 and Figure 3; Table S4 has all.",
    )
    shots: tuple[int, ...] = Field(
        (8, 16, 32, 64), description="k of the few-shot subsets, figure3."
    )
    trials: Count = Field(5, description="Few-shot subsets of each k, and seeds of a full run.")
    baseline_shots: tuple[int, ...] = Field(
        (), description="Those of `shots` for which the baselines are trained too, for Figure 3."
    )
    baseline_trials: Count | None = Field(
        None, description="Trials of a baseline, the first of all; null: as many as `trials`."
    )
    seed: NonNegativeInt = Field(0, description="Seed of splits, subsets and heads.")
    ablation_shots: Count | None = Field(
        None, description="k of Tables 2 and S1 beside all data; null: 16, else the largest."
    )
    thresholds: tuple[float, ...] = Field(
        (0.1, 0.3, 0.5, 0.7),
        description="Least mean joint scores of Table S1, in whole hundredths. The paper has 0.9 too, which "
        "MoveNet's scores do not reach.",
    )
    paper_column: Literal["FSJump6", "Tennis7", "FX35", "Diving48"] | None = Field(
        None, description="Column of the paper's tables to print beside ours."
    )
    truth: Truth | None = Field(None, description="Ground truth for measuring only.")

    @property
    def shards(self) -> list[str]:
        """Names of the shards, which artifacts are called by."""
        return [f"{number:04d}" for number in range(self.num_shards)]

    @property
    def network_heads(self) -> list[str]:
        """Those of the heads of which there are ensembles."""
        return [head for head in self.heads if head in NETWORK_HEADS]

    @property
    def num_baseline_trials(self) -> int:
        """Trials of a baseline."""
        return self.trials if self.baseline_trials is None else self.baseline_trials

    @property
    def baseline_rows(self) -> list[tuple[str, str, str]]:
        """The baselines' rows of Table 1: name, the paper's name or empty text, what weights they start from."""
        return [
            (name, paper_row(name, self.baselines) or "", weights_text(baseline, self.baselines))
            for name, baseline in self.baselines.items()
        ]

    @property
    def weights_of_methods(self) -> dict[str, str]:
        """What weights those of the methods start from whose tables must say so."""
        kinds = {name: self.kind_of(name) for name in self.methods}
        return {
            name: self.r3d[name].weights_text if kind == "r3d" else PRETRAINED
            for name, kind in kinds.items()
            if kind in ("r3d", "video_encoder")
        }

    def kind_of(self, name: str) -> FeatureKind | None:
        """What makes a feature set, or None where nothing does."""
        if name == JOINTS2D:
            return "joints"
        # Another tool's descriptors stand in for a student of the same name.
        if name in self.supplied.features:
            return "supplied"
        for section, kind in SECTIONS.items():
            if name in getattr(self, section):
                return kind
        return "student" if find_student(self.students, name) else None

    def require_feature(self, name: str, where: str) -> FeatureKind:
        """As :meth:`kind_of`.

        Raises
        ------
        ValueError
            If nothing makes it; ``where`` names the setting.
        """
        kind = self.kind_of(name)
        if kind is None:
            made = [each for section in SECTIONS for each in getattr(self, section)]
            raise ValueError(
                f"{where}: {name!r} is no feature set; known: {[JOINTS2D, *made, *self.supplied.features]}, and the "
                "variants of students (_rgb, _rgbflow, _actions, _corpus, _t30, _v10). Name one of these, or add it."
            )
        return kind

    def feature_files(self, name: str) -> list[str]:
        """Artifacts of a feature set below ``results/<dataset>``, one a shard.

        Raises
        ------
        ValueError
            If nothing makes it.
        """
        kind = self.require_feature(name, "features")
        return [f"features/{kind}/{name}/{shard}.h5" for shard in self.shards]

    def teacher_of(self, student: str) -> str:
        """The feature set that a student's teacher is."""
        settings = find_student(self.students, student)
        if settings is None:
            raise KeyError(student)
        return JOINTS2D if settings.teacher == POSE2D else settings.teacher

    def parts_of(self, method: str) -> tuple[str, ...]:
        """The feature sets that a method is the mean of: those of a late fusion, or itself."""
        return self.ensembles.get(method, (method,))

    @property
    def found_by(self) -> str:
        """The method that found.csv is made with."""
        if self.finding.method is not None:
            return self.finding.method
        students = [name for name in self.methods if self.kind_of(name) == "student"]
        return [*self.ensembles, *students, *self.methods][0]

    @property
    def finders(self) -> tuple[str, ...]:
        """The methods that found_accuracy.csv compares."""
        return self.finding.methods or (*self.methods, *self.ensembles)

    @property
    def few_shot(self) -> int | None:
        """Examples a class in the few-shot column of Tables 2 and S1; None where there are no shots."""
        if self.ablation_shots is not None:
            return self.ablation_shots
        return 16 if 16 in self.shots else max(self.shots, default=None)

    @property
    def tabled_students(self) -> list[str]:
        """The students that Tables 2, S1 and S4 vary: the paper's two, of those among the methods."""
        return [
            name
            for name in ("vpd2d", "vpdvi")
            if name in self.methods and self.kind_of(name) == "student"
        ]

    @property
    def ablations(self) -> list[tuple[str, str]]:
        """The rows of Table 2: its part and a feature set."""
        bases = self.tabled_students
        rows = []
        for base in bases:
            variants = (self.teacher_of(base), f"{base}_rgb", f"{base}_rgbflow", base)
            rows += [("a", name) for name in variants]
        return rows + [(part, f"{base}_{end}") for base in bases[-1:] for part, end in _FRAMES]

    def trained_as(self, name: str) -> str:
        """The feature set that a variant is the same as, if its base already is what the suffix says; or itself."""
        base = name.rpartition("_")[0]
        if name in self.students or base not in self.students:
            return name
        variant = find_student(self.students, name)
        if variant is None:
            return name

        def in_force(student: StudentSettings) -> StudentSettings:
            least = self.weak_labels.min_score if student.min_score is None else student.min_score
            return student.model_copy(update={"min_score": least})

        return base if in_force(variant) == in_force(self.students[base]) else name

    @property
    def checkpoint_references(self) -> list[tuple[str, str | None]]:
        """References of the weights that networks start from, each with the sha256 asked for or None."""
        return [
            *people_weights(self.people),
            *pose_weights(self.poses),
            *flow_weights(self.flow),
            *(
                reference
                for settings in (*self.baselines.values(), *self.r3d.values())
                for reference in baseline_weights(settings)
            ),
            *(encoder.reference for encoder in self.own_video_encoders),
            *(ref for student in self.students.values() for ref in student.weights_reference),
        ]

    @property
    def own_video_encoders(self) -> list[VideoEncoderSettings]:
        """Video encoders that no other tool's descriptors stand in for."""
        return [
            encoder
            for name, encoder in self.video_encoders.items()
            if name not in self.supplied.features
        ]

    @property
    def tracks_from(self) -> TracksFrom | None:
        """What the tracks behind the tables are made from; None where no table needs any."""
        names = {*self.methods, *(self.retrieval.methods or ()), *sum(self.ensembles.values(), ())}
        follow_somebody = any(self._follows(name) for name in names) or any(
            not isinstance(baseline, EnsembleBaseline)
            and not (isinstance(baseline, FrameBaseline) and baseline.input == "frame")
            for baseline in self.baselines.values()
        )
        if not follow_somebody:
            return None
        if self.supplied.boxes is not None:
            return "boxes"
        if self.adapter.has_videos:
            return "people"
        return "keypoints" if self.keypoints is not None else None

    def _follows(self, name: str) -> bool:
        """Whether a feature set is made of what was seen of the athlete here."""
        if self.kind_of(name) == "concat":
            return any(self._follows(part) for part in self.concat[name])
        return self.kind_of(name) != "supplied"

    @property
    def keypoints(self) -> tuple[tuple[str, ...], KeypointSettings] | None:
        """Files and folders of keypoints that stand in for the teacher's, and how they are read, or None."""
        if self.adapter.keypoints_given is not None:
            return self.adapter.keypoints_given
        if self.supplied.keypoints is not None:
            return names_of(self.supplied.keypoints), self.supplied.reading
        return None
