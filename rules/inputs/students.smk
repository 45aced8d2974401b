"""Inputs and settings of students and of weak labels."""


def student_settings(dataset, name):
    """Settings of a student, or of the variant of one."""
    students = settings_of(dataset).students
    found = find_student(students, name)
    if found is None:
        refuse(
            f"datasets/{dataset}.yaml: there is no student {name!r}; "
            f"known: {', '.join(students)}, and their variants _rgb, _rgbflow, _actions, _corpus, _t30, _v10. "
            "Add it under `students`."
        )
    return found


def rotated_targets(wildcards):
    """What a student of VIPE* needs besides, to have the targets of rotated crops embedded anew."""
    student = student_settings(wildcards.dataset, wildcards.student)
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
        teacher=student_settings(wildcards.dataset, wildcards.student).teacher,
        shard=shards(wildcards),
    )


def teachers_vectors(wildcards):
    """The embedding whose vectors are the weak labels; the joints themselves need none."""
    if wildcards.teacher == POSE2D:
        return {}
    named(wildcards.dataset, "vipe", wildcards.teacher)
    return {"vectors": shard_of_features(wildcards, wildcards.teacher)}


def seen_by(dataset, student):
    """Where the artifacts of what a student sees beside RGB lie, by name."""
    return {
        name: f"results/{dataset}/{INPUTS[name].kind}/{{shard}}.h5"
        for name in student_settings(dataset, student).seen
    }


def seen_in_training(wildcards):
    """The artifacts of what a student sees beside RGB, by name."""
    seen = seen_by(wildcards.dataset, wildcards.student)
    return {name: all_shards(path)(wildcards) for name, path in seen.items()}


def modules_seen(dataset, student):
    """The modules of those artifacts, which are read by the name of their kind: no import makes them count."""
    seen = student_settings(dataset, student).seen
    return [f"vpdlib.artifacts.{INPUTS[name].kind}" for name in seen]
