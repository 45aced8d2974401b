"""Inputs of the rules that find videos, labels and other tools' files."""

#: Settings of adapters that say how actions are labelled and split; which videos are wanted shows in a shard's files.
LABELS_ONLY = {
    "only",
    "labels",
    "annotation",
    "unit",
    "label_names",
    "keep_unlabelled",
    "max_videos_per_class",
    "group_pattern",
    "test_splits",
    "test_fraction",
    "val_fraction",
}


def or_refuse(find, *arguments):
    """Call a function of the library; what it finds wrong with the data stops the workflow."""
    try:
        return find(*arguments)
    except (DatasetError, ConfigError) as error:
        refuse(error)


def is_published(dataset):
    """Whether the dataset is one of the paper's."""
    return isinstance(settings_of(dataset).adapter, PaperAdapter)


def shard_videos(wildcards):
    """The video files of a shard: a changed or added video reruns its own shard only."""
    adapter = settings_of(wildcards.dataset).adapter
    if isinstance(adapter, DemoAdapter):
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    if is_published(wildcards.dataset) and adapter.recordings is not None:
        return cut_recordings(wildcards)
    return [path for path in listed_files(wildcards) if exists(path)]


def links_to_nothing(wildcards):
    """Links among a shard's videos whose target is not there, such as a disk's that is not mounted.

    As an input Snakemake would refuse one without a remedy, whatever is set to become of it.
    """
    settings = settings_of(wildcards.dataset)
    adapter = settings.adapter
    if not settings.has_videos or isinstance(adapter, DemoAdapter):
        return []
    if is_published(wildcards.dataset) and adapter.recordings is not None:
        return []
    return [path for path in listed_files(wildcards) if not exists(path)]


def listed_files(wildcards):
    """The video files of a shard, links to nothing among them."""
    return videos_by_shard(wildcards.dataset).get(int(wildcards.shard), [])


_videos_by_shard = {}


def videos_by_shard(dataset):
    """The video files of a dataset, by the number of their shard; looked for once."""
    if dataset not in _videos_by_shard:
        settings = settings_of(dataset)
        if is_published(dataset):
            found = or_refuse(clip_files, settings.adapter, RUN)
        else:
            found = or_refuse(source_files, settings.adapter, RUN, settings.classes)
        by_shard = _videos_by_shard[dataset] = {}
        for source in found:
            number = shard_of(source.video_id, settings.num_shards)
            by_shard.setdefault(number, []).append(str(source.path))
    return _videos_by_shard[dataset]


def cut_recordings(wildcards):
    """The folders that the recordings of one of the paper's datasets are cut into."""
    found = or_refuse(recording_files, settings_of(wildcards.dataset).adapter, RUN)
    return [
        f"results/{wildcards.dataset}/source/clips/{source.video_id}"
        for source in found
    ]


def recording_file(wildcards):
    """The recording of a name."""
    found = or_refuse(recording_files, settings_of(wildcards.dataset).adapter, RUN)
    paths = {source.video_id: str(source.path) for source in found}
    if wildcards.recording not in paths:
        refuse(
            f"there is no recording {wildcards.recording!r}; found: {', '.join(paths) or 'none'}"
        )
    nowhere = link_to_nothing(Path(paths[wildcards.recording]))
    if nowhere:
        refuse(nowhere)
    return paths[wildcards.recording]


def label_files_of(wildcards):
    """What labels are read from, so that an edit is noticed; and whatever makes it."""
    settings = settings_of(wildcards.dataset)
    adapter = settings.adapter
    if isinstance(adapter, DemoAdapter):
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    if is_published(wildcards.dataset):
        brought = []
        if isinstance(adapter, FX35Adapter) and adapter.annotation is not None:
            brought = [adapter.annotation]
        elif isinstance(adapter, Diving48Adapter):
            brought = [
                f"{adapter.labels}/{name}" for name in (VOCABULARY, *LABELS.values())
            ]
        return [
            f"results/{wildcards.dataset}/dataset/sources.csv",
            *(must_exist(path, wildcards.dataset) for path in brought),
        ]
    return [str(or_refuse(RUN.under_data, adapter.labels))] if adapter.labels else []


def must_exist(path, dataset):
    """A file that the user brings, or a refusal that says where it was looked for."""
    full = or_refuse(RUN.under_data, path)
    if not full.is_file():
        refuse(
            f"datasets/{dataset}.yaml names {path!r}, and {full} does not exist. Correct the setting, or set "
            "data_dir in config.yaml (or the variable VPD_DATA) to the folder that holds it."
            + (
                f" docs/datasets/{settings_of(dataset).adapter.kind}.md says how to obtain it."
                if is_published(dataset)
                else ""
            )
        )
    return str(full)


def videos_to_open(wildcards):
    """A shard's list of videos, for the rules that look at pixels."""
    if not settings_of(wildcards.dataset).has_videos:
        refuse(
            f"datasets/{wildcards.dataset}.yaml brings no videos, and what was asked for needs pixels. "
            "Set `methods` to what works on keypoints (joints2d) or on supplied features, or give videos."
        )
    return f"results/{wildcards.dataset}/shards/{wildcards.shard}.csv"


def list_inputs(wildcards):
    """What a shard's list of videos is made from: its files, or keypoints in their place."""
    settings = settings_of(wildcards.dataset)
    labels = (
        {"labels": f"results/{wildcards.dataset}/dataset/sources.csv"}
        if is_published(wildcards.dataset)
        else {}
    )
    if not settings.has_videos:
        brought = label_files_of(wildcards) if is_published(wildcards.dataset) else []
        keypoints = supplied("keypoints")(wildcards)
        return {**labels, "keypoints": keypoints, "brought": brought}
    if isinstance(settings.adapter, DemoAdapter):
        return {"labels": shard_videos(wildcards)}
    return {**labels, "files": shard_videos(wildcards)}


def list_settings(wildcards):
    """The adapter's settings, without those that do not concern a shard's list of videos.

    A change of how actions are labelled and split must not rerun every stage that looks at pixels.
    """
    settings = settings_of(wildcards.dataset)
    values = settings.adapter.model_dump(mode="json")
    if is_published(wildcards.dataset) and not settings.has_videos:
        # Only its labels say which clips there are.
        return values
    return {name: value for name, value in values.items() if name not in LABELS_ONLY}


def clips_there(wildcards):
    """The clips of one of the paper's datasets; none where the folder is not there: labels do without."""
    adapter = settings_of(wildcards.dataset).adapter
    if adapter.videos is None or not RUN.under_data(adapter.videos).is_dir():
        return []
    found = [str(source.path) for source in or_refuse(clip_files, adapter, RUN)]
    return [path for path in found if exists(path)]


def files_not_taken(wildcards):
    """What lies among a dataset's videos, may be meant as one and is not taken: rows of problems, as plain values."""
    adapter = settings_of(wildcards.dataset).adapter
    if not isinstance(adapter, FolderAdapter):
        return []
    found = or_refuse(problems_of_files, or_refuse(RUN.under_data, adapter.videos))
    return [vars(row) for row in found]


def supplied(name):
    """An input function: a file that stands in for a stage, or nothing."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        path = (
            (settings.keypoints or (None,))[0]
            if name == "keypoints"
            else getattr(settings.supplied, name)
        )
        return [] if path is None else must_exist(path, wildcards.dataset)

    return get


def supplied_features(wildcards, name):
    """Another tool's descriptors under a name, and the videos that they are of; or nothing."""
    given = settings_of(wildcards.dataset).supplied.features.get(name)
    if given is None:
        return {}
    return {
        "features": must_exist(given, wildcards.dataset),
        "videos": f"results/{wildcards.dataset}/shards/{wildcards.shard}.csv",
    }


def prepare_inputs(wildcards):
    """Labels, another tool's boxes, whose videos must be known, and the lists of videos.

    Published datasets do without the last, unless bad clips are to be left out.
    """
    settings = settings_of(wildcards.dataset)
    adapter = settings.adapter
    boxes = supplied("boxes")(wildcards)
    labels = {
        "labels": label_files_of(wildcards),
        **({"boxes": boxes} if boxes else {}),
    }
    by_action = isinstance(adapter, FX35Adapter) and adapter.unit == "action"
    without_lists = not by_action and settings.on_bad_video == "refuse"
    if is_published(wildcards.dataset) and without_lists:
        return {**labels, "files": clips_there(wildcards)}
    return {
        **labels,
        "shards": all_shards(f"{DATASET}/shards/{{shard}}.csv")(wildcards),
        "problems": problems_of_lists(wildcards),
    }


def problems_of_lists(wildcards):
    """What each shard's list of videos leaves out."""
    return all_shards(f"{DATASET}/shards/{{shard}}.problems.csv")(wildcards)


def keypoint_settings(wildcards):
    """A params function: order of joints of keypoints that another tool made."""
    keypoints = settings_of(wildcards.dataset).keypoints
    return None if keypoints is None else {"joint_names": keypoints[1]}
