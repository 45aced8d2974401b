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
    supplied_sets = [f"features/supplied/{name}" for name in settings.supplied.features]
    found = []
    for stage in ("crops", "poses", "frames", *supplied_sets):
        for shard in shards(wildcards):
            path = f"results/{wildcards.dataset}/{stage}/{shard}"
            if exists(f"{path}.h5") and exists(f"{path}.broken.csv"):
                found += or_refuse(read_broken, f"{path}.broken.csv")
    clips = f"results/{wildcards.dataset}/clips"
    if exists(clips) and exists(f"{clips}.broken.csv"):
        found += or_refuse(read_broken, f"{clips}.broken.csv")
    return [vars(row) for row in found]


def table_files(wildcards):
    """What a table, or the figure, is made of."""
    files = or_refuse_table(wildcards, "files")
    return {name: in_results(wildcards.dataset, paths) for name, paths in files.items()}


def table_settings(wildcards):
    """What else its rows follow from."""
    return or_refuse_table(wildcards, "settings")


def or_refuse_table(wildcards, what):
    """`files` or `settings` of a table; one of which the dataset has no row is refused."""
    spec = TABLES[wildcards.get("table", "figure3")]
    try:
        return getattr(spec, what)(settings_of(wildcards.dataset))
    except ConfigError as error:
        refuse(f"datasets/{wildcards.dataset}.yaml: {error}")


def recognition_of_table1(wildcards):
    """What every head said of every method, with all training data."""
    files = TABLES["table1"].files(settings_of(wildcards.dataset))
    return in_results(wildcards.dataset, files["recognition"])


def name_of_table(wildcards):
    """Which table, or the figure, an output is."""
    return wildcards.get("table", "figure3")


def table_in_report(name, form):
    """An output that is a table, or the figure: the report has it in the table's category, told from others by labels."""

    def labels(wildcards):
        table = name_of_table(wildcards)
        of_what = f"{LAYOUTS[table].name}: {TABLES[table].subject}"
        return {
            "table": of_what,
            "dataset": wildcards.dataset,
            "format": shown_as(form),
        }

    return report(
        f"{DATASET}/{name}.{form}",
        caption=f"{CAPTIONS}/table.rst",
        category=lambda wildcards: TABLES[name_of_table(wildcards)].category,
        subcategory=lambda wildcards: TABLES[name_of_table(wildcards)].subcategory,
        labels=labels,
    )


def list_in_report(name, form, **category):
    """An output that is a CSV file of rows, or its page, in a category of the report, with labels as those of tables."""
    return report(
        f"{DATASET}/{name}.{form}",
        caption=f"{CAPTIONS}/{name}.rst",
        labels={
            "table": LISTS[name].name,
            "dataset": "{dataset}",
            "format": shown_as(form),
        },
        **category,
    )


def every_table(wildcards):
    """The readable tables of a dataset: those that its settings have rows for."""
    settings = settings_of(wildcards.dataset)
    return [
        f"results/{wildcards.dataset}/{name}.md"
        for name, spec in TABLES.items()
        if spec.has_rows(settings)
    ]


def students_of_joints(wildcards):
    """Names of the students whose descriptors decode to joints, and can be measured."""
    students = settings_of(wildcards.dataset).students
    return [name for name, student in students.items() if student.teacher == POSE2D]


def truth_inputs(wildcards):
    """Ground truth, which is for measuring only."""
    settings = settings_of(wildcards.dataset)
    if settings.adapter.is_rendered:
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
    clip = settings_of(wildcards.dataset).adapter.clip_of(wildcards.video)
    shard = shard_name(wildcards.dataset, clip)
    folder = f"results/{wildcards.dataset}"
    return {
        "videos": f"{folder}/shards/{shard}.csv",
        "tracks": f"{folder}/tracks/{shard}.h5",
        "crops": f"{folder}/crops/{shard}.h5",
        "flow": f"{folder}/flow/{shard}.h5",
        "poses": f"{folder}/poses/{shard}.h5",
        "labels": f"{folder}/weak_labels/pose2d/{shard}.h5",
    }
