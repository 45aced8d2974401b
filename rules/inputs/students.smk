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


def student_code(dataset, student):
    """A digest of the code that a student is trained by."""
    return code_digest(
        "workflow_scripts.distil_student", *modules_seen(dataset, student)
    )


def job_of_student(dataset, student):
    """A digest of all that a student's training follows from but its data; settings of labels and splits too."""
    settings, own = settings_of(dataset), student_settings(dataset, student)
    adapter = settings.adapter.model_dump(
        mode="json", include=set(settings.adapter.label_settings)
    )
    labels = settings.labels.model_dump(mode="json")
    return digest_settings(
        {
            "settings": own.model_dump(mode="json"),
            "upside_down": is_upside_down(dataset, own.teacher),
            "code": student_code(dataset, student),
            "split": [adapter, labels, settings.classes, settings.seed],
        }
    )


_kept_students = {}


def kept_students(dataset):
    """The students that an edit of labels is no reason to distil anew.

    They are there, of the settings and code of today, and none of the videos that they learnt from is tested by the
    labels of the last run. Should it be by those of this run, `problems` stops it (`check_students`).
    """
    if settings_of(dataset).students_follow_labels:
        return []
    if dataset not in _kept_students:
        videos = Path(f"results/{dataset}/dataset/videos.csv")
        tested = (
            {row.video for row in read_videos(videos) if row.split == "test"}
            if videos.is_file()
            else set()
        )
        folders = sorted(Path(f"results/{dataset}/students").glob("*/settings.json"))
        _kept_students[dataset] = [
            path.parent.name
            for path in folders
            if find_student(settings_of(dataset).students, path.parent.name)
            and is_kept(json.loads(path.read_text()), dataset, path.parent.name, tested)
        ]
    return _kept_students[dataset]


def is_kept(record, dataset, student, tested):
    """Whether a student's record says that it may stay."""
    return record.get("job") == job_of_student(dataset, student) and tested.isdisjoint(
        record.get("untested_videos", ())
    )


def table_of_training(name):
    """An input function: a table of labels that a student is distilled by, whose edit need not distil it anew."""

    def get(wildcards):
        path = f"results/{wildcards.dataset}/dataset/{name}.csv"
        is_there = wildcards.student in kept_students(wildcards.dataset)
        return ancient(path) if is_there else path

    return get


def rotated_targets(wildcards):
    """What a student of VIPE* needs besides, to have the targets of rotated crops embedded anew."""
    student = student_settings(wildcards.dataset, wildcards.student)
    if student.teacher == POSE2D or student.augmentation.rotation_degrees == 0:
        return {}
    return {
        "model": vipe_folder(wildcards.dataset, student.teacher),
        "poses": all_shards(f"{DATASET}/poses/{{shard}}.h5")(wildcards),
    }


def pretrained_weights(wildcards):
    """The weights that a student starts from."""
    settings = student_settings(wildcards.dataset, wildcards.student)
    return {"weights": checkpoints(settings.weights_reference)}


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
