"""Inputs and settings of VIPE*, of students and of feature sets made of others."""


def student_settings(wildcards):
    """Settings of the student that the wildcards name, or of which they name a variant."""
    students = settings_of(wildcards.dataset).students
    found = find_student(students, wildcards.student)
    if found is None:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no student {wildcards.student!r}; "
            f"known: {', '.join(students)}, and their variants _rgb, _rgbflow, _actions, _corpus, _t30, _v10. "
            "Add it under `students`."
        )
    return found


def turned_targets(wildcards):
    """What a student of VIPE* needs besides, to have the targets of turned crops embedded anew."""
    student = student_settings(wildcards)
    if student.teacher == POSE2D or student.augmentation.rotation_degrees == 0:
        return {}
    return {
        "model": vipe_folder(wildcards.dataset, student.teacher),
        "poses": all_shards(f"{DATASET}/poses/{{shard}}.h5")(wildcards),
    }


def labels_of_student(wildcards):
    """The weak labels of the student's teacher."""
    return expand(
        "results/{dataset}/weak_labels/{teacher}/{shard}.h5",
        dataset=wildcards.dataset,
        teacher=student_settings(wildcards).teacher,
        shard=shards(wildcards),
    )


def teachers_vectors(wildcards):
    """The embedding whose vectors are the weak labels; the joints themselves need none."""
    if wildcards.teacher == POSE2D:
        return {}
    vipe_features(wildcards.dataset, wildcards.teacher)
    return {
        "vectors": f"results/{wildcards.dataset}/features/{wildcards.teacher}/{wildcards.shard}.h5"
    }


def vipe_features(dataset, name):
    """Settings of a feature set of VIPE*."""
    known = settings_of(dataset).vipe
    if name not in known:
        refuse(
            f"datasets/{dataset}.yaml: there is no feature set {name!r} under `vipe`; known: "
            f"{', '.join(known) or 'none'}. Add it, with the `model` that embeds the poses."
        )
    return known[name]


def is_upside_down(dataset, teacher):
    """Whether a teacher's vectors hold the embedding of the pose upside down too."""
    return teacher != POSE2D and vipe_features(dataset, teacher).upside_down


def vipe_folder(dataset, name):
    """The folder of the network of a feature set of VIPE*."""
    return f"results/vipe/{vipe_features(dataset, name).model}"


def vipe_model(wildcards):
    """Settings of the VIPE* that the wildcards name."""
    try:
        return RUN.vipe_model(wildcards.vipe)
    except ConfigError as error:
        refuse(error)


def motion_files(wildcards):
    """The motions of a VIPE*, one entry a source, and then the body models of those that need them."""
    sources = vipe_model(wildcards).motions
    motions = [
        (
            demo_motions(source.dataset, wildcards.vipe)
            if source.kind == "demo"
            else motions_there(source.path, wildcards.vipe)
        )
        for source in sources
    ]
    return motions + [
        motions_there(source.body_models, wildcards.vipe)
        for source in sources
        if source.kind == "amass"
    ]


def demo_motions(dataset, name):
    """The motions of a rendered dataset's training routines."""
    if not settings_of(dataset).adapter.is_rendered:
        refuse(
            f"{RUN.vipe_dir}/{name}.yaml: the dataset {dataset!r} is not of adapter demo, and brings no motions"
        )
    return f"results/{dataset}/source/motions.npz"


def motions_there(path, name):
    """A file or folder of motions, or a refusal that says where it was looked for."""
    full = or_refuse(RUN.under_data, path)
    if not full.exists():
        refuse(
            f"{RUN.vipe_dir}/{name}.yaml names {path!r}, and {full} does not exist. Correct the setting, or set "
            "data_dir in config.yaml (or the variable VPD_DATA) to the folder that holds it."
        )
    return str(full)


def parts_of(wildcards):
    """The feature sets that are put side by side."""
    known = settings_of(wildcards.dataset).concat
    if wildcards.concat not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.concat!r} under `concat`; "
            f"known: {', '.join(known) or 'none'}. Add it, with its parts."
        )
    return [
        f"results/{wildcards.dataset}/features/{part}/{wildcards.shard}.h5"
        for part in known[wildcards.concat]
    ]


def fused_settings(wildcards):
    """Settings of joints mended by a student."""
    known = settings_of(wildcards.dataset).fused
    if wildcards.fused not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.fused!r} under `fused`; "
            f"known: {', '.join(known) or 'none'}. Add it, with its student."
        )
    return known[wildcards.fused]


def flow_of_student(wildcards):
    """The flow artifacts, for a student that sees flow."""
    if student_settings(wildcards).inputs == "rgb":
        return []
    return all_shards(f"{DATASET}/flow/{{shard}}.h5")(wildcards)
