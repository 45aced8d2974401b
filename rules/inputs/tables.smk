"""What tables, figures, measurements and overlays are made of."""


def problem_inputs(wildcards):
    """What problems are looked for in; tracks where the tables need some."""
    folder = f"results/{wildcards.dataset}"
    tracks = {}
    if settings_of(wildcards.dataset).tracks_from is not None:
        tracks["tracks"] = all_shards(f"{DATASET}/tracks/{{shard}}.h5")(wildcards)
    return {
        "listed": problems_of_lists(wildcards),
        "videos": all_shards(f"{DATASET}/shards/{{shard}}.csv")(wildcards),
        "labels": f"{folder}/dataset/problems.csv",
        "actions": f"{folder}/dataset/actions.csv",
        **tracks,
    }


def carried_on(wildcards):
    """What stages after tracking met broken and carried on as empty, as plain values.

    No input, since problems are told before those stages begin: it is what is there of runs before this one.
    """
    settings = settings_of(wildcards.dataset)
    supplied_sets = [f"features/{name}" for name in settings.supplied.features]
    found = []
    for stage in ("crops", "poses", "frames", *supplied_sets):
        for shard in shards(wildcards):
            path = f"results/{wildcards.dataset}/{stage}/{shard}"
            if exists(f"{path}.h5") and exists(f"{path}.broken.csv"):
                found += or_refuse(read_broken, f"{path}.broken.csv")
    return [vars(row) for row in found]


def recognition_of(settings_names):
    """An input function: recognition artifacts of every method, ensemble and head for some settings."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        names = settings_names(settings)
        return [
            *cells(wildcards.dataset, settings.methods, settings.heads, names),
            *cells(
                wildcards.dataset,
                list(settings.ensembles),
                settings.network_heads,
                names,
            ),
        ]

    return get


def cells(dataset, feature, head, setting):
    """Recognition artifacts; each of the last three is one name or several."""
    return expand(
        "results/{dataset}/recognition/{feature}/{head}/{setting}.h5",
        dataset=dataset,
        feature=feature,
        head=head,
        setting=setting,
    )


def retrieved(wildcards):
    """The feature sets of Table 3."""
    settings = settings_of(wildcards.dataset)
    return list(settings.retrieval.methods or settings.methods)


def of_methods(stage):
    """An input function: an artifact of every method."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        return expand(
            "results/{dataset}/{stage}/{feature}.h5",
            dataset=wildcards.dataset,
            stage=stage,
            feature=retrieved(wildcards) if stage == "retrieval" else settings.methods,
        )

    return get


def full_and_few(wildcards):
    """The two settings of Tables 2 and S1."""
    k = settings_of(wildcards.dataset).few_shot
    return ["full"] if k is None else ["full", f"k{k}"]


def students_of_tables(wildcards):
    """The students that a table varies, or a refusal."""
    found = settings_of(wildcards.dataset).tabled_students
    if not found:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: this table varies the students vpd2d and vpdvi, and neither is among "
            "`methods`; add one, or ask for another table."
        )
    return found


def same_training(wildcards, methods):
    """Which variants are trained by another name: what an ablation asks for may be what its base already is."""
    settings = settings_of(wildcards.dataset)
    return {name: settings.trained_as(name) for name in methods}


def ablation_sets(wildcards):
    """The rows of Table 2 and by what name each is trained."""
    students_of_tables(wildcards)
    return same_training(
        wildcards, [name for _, name in settings_of(wildcards.dataset).ablations]
    )


def ablation_cells(wildcards):
    """Recognition of the rows of Table 2."""
    trained = list(dict.fromkeys(ablation_sets(wildcards).values()))
    return cells(wildcards.dataset, trained, "bigru", full_and_few(wildcards))


def threshold_students(wildcards):
    """Least score and student of the rows of Table S1."""
    base = students_of_tables(wildcards)[-1]
    return [
        (threshold, f"{base}_t{round(100 * threshold):02d}")
        for threshold in settings_of(wildcards.dataset).thresholds
    ]


def threshold_teacher(wildcards):
    """The teacher of Table S1's student."""
    return settings_of(wildcards.dataset).teacher_of(students_of_tables(wildcards)[-1])


def threshold_sets(wildcards):
    """The rows of Table S1 and by what name each is trained."""
    names = [name for _, name in threshold_students(wildcards)]
    return same_training(wildcards, [threshold_teacher(wildcards), *names])


def threshold_cells(wildcards):
    """Recognition of the rows of Table S1, the teacher's first."""
    trained = list(dict.fromkeys(threshold_sets(wildcards).values()))
    return cells(wildcards.dataset, trained, "bigru", full_and_few(wildcards))


def threshold_labels(wildcards):
    """The weak labels of the student of Table S1."""
    return labels_of(wildcards, students_of_tables(wildcards)[-1])


def few_shot_cells(wildcards):
    """Recognition of Table S2: both heads of the paper, every k."""
    settings = settings_of(wildcards.dataset)
    few = [f"k{k}" for k in settings.shots]
    return cells(wildcards.dataset, settings.methods, ["bigru", "nns"], few)


def every_head(wildcards):
    """Recognition of Table S4."""
    return cells(wildcards.dataset, sequence_methods(wildcards), HEADS, "full")


def sequence_methods(wildcards):
    """The feature sets of Table S4, as in the paper a teacher and its student: the last there is."""
    settings = settings_of(wildcards.dataset)
    students = settings.tabled_students
    if not students:
        return list(settings.methods)
    return [settings.teacher_of(students[-1]), students[-1]]


def vipe_sets(wildcards):
    """Feature sets of VIPE* with their networks, the rows of Table S8."""
    found = settings_of(wildcards.dataset).vipe
    if not found:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: Table S8 compares the feature sets under `vipe`, and there is none. "
            "Add them."
        )
    return [(name, features.model) for name, features in found.items()]


def vipe_cells(wildcards):
    """Recognition of Table S8."""
    sets = [name for name, _ in vipe_sets(wildcards)]
    return cells(wildcards.dataset, sets, "bigru", "full")


def every_table(wildcards):
    """The readable tables of a dataset: those that its settings have rows for."""
    settings = settings_of(wildcards.dataset)
    names = ["table1", "table3", "tableS4"]
    if settings.has_events:
        names += ["table4", "tableS3"]
    if settings.shots:
        names += ["figure3", "tableS2"]
    if settings.has_videos and settings.tabled_students:
        names += ["table2", "tableS1"]
    if len(settings.vipe) > 1:
        names.append("tableS8")
    return [f"results/{wildcards.dataset}/{name}.md" for name in sorted(names)]


def students_of_joints(wildcards):
    """Names of the students whose descriptors decode to joints, and can be measured."""
    students = settings_of(wildcards.dataset).students
    return [name for name, student in students.items() if student.teacher == POSE2D]


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
    # Two athletes of one file (tennis) lie in the file's shard.
    of_file = wildcards.video
    if isinstance(settings_of(wildcards.dataset).adapter, Tennis7Adapter):
        of_file = wildcards.video.split("__", 1)[-1]
    shard = shard_name(wildcards.dataset, of_file)
    folder = f"results/{wildcards.dataset}"
    return {
        "videos": f"{folder}/shards/{shard}.csv",
        "tracks": f"{folder}/tracks/{shard}.h5",
        "crops": f"{folder}/crops/{shard}.h5",
        "flow": f"{folder}/flow/{shard}.h5",
        "poses": f"{folder}/poses/{shard}.h5",
        "labels": f"{folder}/weak_labels/pose2d/{shard}.h5",
    }
