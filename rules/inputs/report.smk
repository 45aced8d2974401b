"""Inputs of the pages to look at: what there is when the workflow starts."""

#: Below results/<dataset>, what pages may show. What is not there yet is left out; the next run takes it in.
SHOWN = (
    "table*.csv",
    "figure3.csv",
    "predictions.csv",
    "accuracy.csv",
    "kept_frames.csv",
    "found.csv",
    "found_accuracy.csv",
    "to_label.csv",
    "recognition/*/*/*.h5",
    "late_fusion/*/*/*.h5",
    "retrieval/*.h5",
    "detection/*.h5",
    # Not the saved states of trainings, which come and go.
    "students/[!.]*",
    "features/*/*/*.h5",
    "tracks/*.h5",
    "poses/*.h5",
    "weak_labels/pose2d/*.h5",
    "found/*/*/*.h5",
)


def site_files(wildcards):
    """What the pages are made of, relative to the dataset's results."""
    folder = Path(f"results/{wildcards.dataset}")
    found = {
        str(path.relative_to(folder))
        for pattern in SHOWN
        for path in folder.glob(pattern)
    }
    return sorted(found | {"problems.csv"})


def site_inputs(wildcards):
    """The dataset's own tables, and what is there of the rest."""
    folder = f"results/{wildcards.dataset}"
    return [
        *(f"{folder}/dataset/{name}.csv" for name in ("actions", "classes", "videos")),
        *(f"{folder}/{name}" for name in site_files(wildcards)),
    ]


def figure_labels(wildcards):
    """How the report tells a figure of the pages from the others: by its caption there."""
    captions = or_refuse(
        read_captions, Path(f"results/{wildcards.dataset}/report") / FIGURE_CAPTIONS
    )
    return {
        "figure": captions[wildcards.figure],
        "dataset": wildcards.dataset,
        "format": shown_as(wildcards.form),
    }
