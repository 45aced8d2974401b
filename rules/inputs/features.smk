"""Inputs and settings of feature sets, by what makes them."""

MEMORY_MB = {"student": 4000, "r3d": 8000, "video_encoder": 16000}
RUNTIME_MIN = {"student": 240, "r3d": 600, "video_encoder": 1440}


def memory_of_kind(wildcards):
    return MEMORY_MB[wildcards.kind]


def runtime_of_kind(wildcards):
    return RUNTIME_MIN[wildcards.kind]


def feature_files(dataset, name):
    """The artifacts of a feature set, one a shard."""
    try:
        return in_results(dataset, settings_of(dataset).feature_files(name))
    except ValueError as error:
        refuse(f"datasets/{dataset}.yaml: {error}")


def shard_of_features(wildcards, name):
    """The artifact of a feature set for the shard that the wildcards name."""
    return feature_files(wildcards.dataset, name)[int(wildcards.shard)]


def crop_network_settings(wildcards):
    """Settings of a network that sees crops; a student's lie with it."""
    if wildcards.kind == "student":
        return None
    return named_network(wildcards).model_dump(mode="json")


def crop_network_code(wildcards):
    """Modules of what describes crops."""
    kind = f"vpdlib.features.{wildcards.kind}"
    if wildcards.kind != "student":
        return [kind]
    return [kind, *modules_seen(wildcards.dataset, wildcards.feature)]


def named_network(wildcards):
    """Settings of a feature set of R3D or of a video encoder."""
    section = {"r3d": "r3d", "video_encoder": "video_encoders"}[wildcards.kind]
    return named(wildcards.dataset, section, wildcards.feature)


def crop_network(wildcards):
    """What describes crops: the folder of a trained network, or the files of a pretrained one; and what else is seen."""
    folder = models_in(wildcards.dataset)
    if wildcards.kind == "student":
        seen = seen_by(wildcards.dataset, wildcards.feature)
        files = {"model": f"{folder}/students/{wildcards.feature}", **seen}
        return {
            name: path.format(shard=wildcards.shard) for name, path in files.items()
        }
    settings = named_network(wildcards)
    if wildcards.kind == "video_encoder":
        return {"weights": [str(path) for path in settings.files]}
    if settings.fine_tune:
        return {"model": f"{folder}/r3d/{wildcards.feature}"}
    return {"weights": r3d_weights(wildcards)}


def r3d_weights(wildcards):
    """The weights that R3D starts from."""
    return checkpoints(
        baseline_weights(named(wildcards.dataset, "r3d", wildcards.feature))
    )


def supplied_features(wildcards):
    """Another tool's descriptors."""
    given = settings_of(wildcards.dataset).supplied.features
    if wildcards.feature not in given:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no {wildcards.feature!r} under `supplied.features`; known: "
            f"{', '.join(given) or 'none'}. Add it, with its file."
        )
    return {"features": must_exist(given[wildcards.feature], wildcards.dataset)}


def parts_of(wildcards):
    """The feature sets that are put side by side."""
    parts = named(wildcards.dataset, "concat", wildcards.feature)
    return [shard_of_features(wildcards, part) for part in parts]


def fused_student(wildcards):
    """The student that mends joints, and its descriptors."""
    student = named(wildcards.dataset, "fused", wildcards.feature).student
    return {
        "student": f"{models_in(wildcards.dataset)}/students/{student}",
        "features": shard_of_features(wildcards, student),
    }


def posed_student(wildcards):
    """The student whose poses are written, and its descriptors; nothing for the teacher's."""
    # Here, since every job reads the rules, and the formats take half a second to import.
    from vpdlib.interchange.pose_registry import WRITTEN_POSES

    must_be_written(wildcards.keypoint_format, WRITTEN_POSES)
    name = wildcards.posed.removeprefix("poses").removeprefix("_")
    if not name:
        return {}
    settings = settings_of(wildcards.dataset)
    student = find_student(settings.students, name)
    if student is None or student.teacher != POSE2D:
        refuse(
            f"{wildcards.posed}: {name!r} is no student of the 2D teacher, so that its poses have no place in the "
            f"picture. Ask for poses.{wildcards.keypoint_format}, the teacher's, or name a student of pose2d."
        )
    return {
        "student": f"{models_in(wildcards.dataset)}/students/{name}",
        "features": feature_files(wildcards.dataset, name),
    }
