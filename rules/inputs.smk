"""Functions that find a rule's inputs and settings from its wildcards."""


def shard_videos(wildcards):
    """The video files of a shard: a changed or added video reruns its own shard only."""
    settings = settings_of(wildcards.dataset)
    if isinstance(settings.adapter, DemoAdapter):
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    try:
        found = source_files(settings.adapter, RUN, settings.classes)
    except DatasetError as error:
        refuse(error)
    number = int(wildcards.shard)
    return [
        str(source.path)
        for source in found
        if shard_of(source.video_id, settings.num_shards) == number
    ]


def label_file(wildcards):
    """The table of labels, so that an edit of it is noticed; and whatever makes it."""
    adapter = settings_of(wildcards.dataset).adapter
    if isinstance(adapter, DemoAdapter):
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    return [str(RUN.under_data(adapter.labels))] if adapter.labels else []


def all_videos(wildcards):
    """Every video file, so that an added one is noticed; none where the workflow renders them."""
    settings = settings_of(wildcards.dataset)
    if isinstance(settings.adapter, DemoAdapter):
        return []
    try:
        found = source_files(settings.adapter, RUN, settings.classes)
    except DatasetError as error:
        refuse(error)
    return [str(source.path) for source in found]


def student_settings(wildcards):
    """Settings of the student that the wildcards name."""
    students = settings_of(wildcards.dataset).students
    name = wildcards.student
    if name not in students:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no student {name!r}; "
            f"known: {', '.join(students)}. Add it under `students`."
        )
    return students[name]


def flow_of_student(wildcards):
    """The flow artifacts, for a student that sees flow."""
    if student_settings(wildcards).inputs == "rgb":
        return []
    return all_shards(f"{DATASET}/flow/{{shard}}.h5")(wildcards)


def head_settings(wildcards):
    """What the head in question is given; the other head's settings do not concern it."""
    recognition = settings_of(wildcards.dataset).recognition.model_dump(mode="json")
    return {name: recognition[name] for name in ("target_fps", wildcards.head)}


def recognition_of(settings_names):
    """An input function: recognition artifacts of every method and head for some settings."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        return expand(
            "results/{dataset}/recognition/{feature}/{head}/{setting}.h5",
            dataset=wildcards.dataset,
            feature=settings.methods,
            head=settings.heads,
            setting=settings_names(settings),
        )

    return get


def truth_inputs(wildcards):
    """Ground truth, which is for measuring only."""
    settings = settings_of(wildcards.dataset)
    if isinstance(settings.adapter, DemoAdapter):
        return {"truth": f"results/{wildcards.dataset}/source/truth.h5"}
    if settings.truth is None:
        refuse(
            f"datasets/{wildcards.dataset}.yaml brings no ground truth to measure with. "
            "Set `truth`, or ask for another file."
        )
    named = {"joints": settings.truth.joints, "boxes": settings.truth.boxes}
    return {name: str(RUN.under_data(path)) for name, path in named.items() if path}


def overlay_inputs(wildcards):
    """The artifacts of the shard that holds the video."""
    shard = shard_name(wildcards.dataset, wildcards.video)
    folder = f"results/{wildcards.dataset}"
    return {
        "tracks": f"{folder}/tracks/{shard}.h5",
        "crops": f"{folder}/crops/{shard}.h5",
        "flow": f"{folder}/flow/{shard}.h5",
        "poses": f"{folder}/poses/{shard}.h5",
        "labels": f"{folder}/weak_labels/pose2d/{shard}.h5",
    }
