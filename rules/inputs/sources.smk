"""Inputs of the rules that find videos, labels and other tools' files."""

from snakemake.logging import logger


def or_refuse(find, *arguments):
    """Call a function of the library; what it finds wrong with the data stops the workflow."""
    try:
        return find(*arguments)
    except (DatasetError, ConfigError) as error:
        refuse(error)


def where_videos_are_made(wildcards):
    """What a rule makes a dataset's videos in, where they are not the user's."""
    adapter = settings_of(wildcards.dataset).adapter
    if adapter.is_rendered:
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    return [
        f"results/{wildcards.dataset}/source/clips/{recording.video_id}"
        for recording in or_refuse(adapter.find_recordings, RUN)
    ]


def videos_of_shard(wildcards, output):
    """The video files of a shard that the user brings.

    They are no input, for which Snakemake takes half a millisecond each at every start, and there may be 18,000. Of a
    params function that asks for `output` it records nothing: `state_of_shard` stands for them.
    """
    return there(listed_files(wildcards))


def state_of_shard(wildcards):
    """A digest of a shard's video files: a changed or added video reruns its own shard only."""
    return digest_settings([as_found(path) for path in there(listed_files(wildcards))])


def there(paths):
    """Those of some files that are there, and no links to nothing."""
    return [path for path in paths if exists(path)]


def links_to_nothing(wildcards):
    """Links among a shard's videos whose target is not there, such as a disk's that is not mounted.

    As an input Snakemake would refuse one without a remedy, whatever is set to become of it.
    """
    return [path for path in listed_files(wildcards) if not exists(path)]


def listed_files(wildcards):
    """The video files of a shard that the user brings, links to nothing among them."""
    return videos_by_shard(wildcards.dataset).get(int(wildcards.shard), [])


_videos_by_shard = {}


def videos_by_shard(dataset):
    """The video files that the user brings, by the number of their shard; looked for once."""
    if dataset not in _videos_by_shard:
        settings = settings_of(dataset)
        found = or_refuse(settings.adapter.find_videos, RUN, settings.classes)
        by_shard = _videos_by_shard[dataset] = {}
        for source in found:
            number = shard_of(source.video_id, settings.num_shards)
            by_shard.setdefault(number, []).append(str(source.path))
        # A collection has no shards without videos.
        is_cut_too_small = (
            not is_collection(dataset) and 0 < len(found) < settings.num_shards
        )
        if workflow.is_main_process and is_cut_too_small:
            logger.warning(
                f"datasets/{dataset}.yaml: num_shards is {settings.num_shards}, of {len(found)} videos: "
                f"{settings.num_shards - len(by_shard)} of the jobs of a stage have nothing to do. Fewer are better; "
                "where results are there, another number makes them anew."
            )
    return _videos_by_shard[dataset]


def recording_file(wildcards):
    """The recording of a name."""
    found = or_refuse(settings_of(wildcards.dataset).adapter.find_recordings, RUN)
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
    adapter = settings_of(wildcards.dataset).adapter
    if adapter.is_rendered:
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    if adapter.is_published:
        return [
            f"results/{wildcards.dataset}/dataset/sources.csv",
            *(must_exist(path, wildcards.dataset) for path in adapter.label_paths),
        ]
    places = [or_refuse(RUN.under_data, path) for path in adapter.label_paths]
    return [str(path) for path in or_refuse(label_files, places)]


def must_exist(path, dataset, may_be_folder=False):
    """A file that the user brings, or a refusal that says where it was looked for."""
    full = or_refuse(RUN.under_data, path)
    if not full.is_file() and not (may_be_folder and full.is_dir()):
        page = settings_of(dataset).adapter.docs_page
        refuse(
            f"datasets/{dataset}.yaml names {path!r}, and {full} does not exist. Correct the setting, or set "
            "data_dir in config.yaml (or the variable VPD_DATA) to the folder that holds it."
            + (f" {page} says how to obtain it." if page else "")
        )
    return str(full)


def videos_to_open(wildcards):
    """A shard's list of videos, for the rules that look at pixels."""
    must_have_videos(wildcards.dataset)
    return f"results/{wildcards.dataset}/shards/{wildcards.shard}.csv"


def must_have_videos(dataset):
    """Refuse a dataset without videos."""
    if not settings_of(dataset).adapter.has_videos:
        refuse(
            f"datasets/{dataset}.yaml brings no videos, and what was asked for needs pixels. "
            "Set `methods` to what works on keypoints (joints2d) or on supplied features, or give videos."
        )


def list_inputs(wildcards):
    """What a shard's list of videos is made from: its files, or keypoints in their place."""
    adapter = settings_of(wildcards.dataset).adapter
    labels = (
        {"labels": f"results/{wildcards.dataset}/dataset/sources.csv"}
        if adapter.is_published
        else {}
    )
    if adapter.has_videos:
        return {**labels, "files": where_videos_are_made(wildcards)}
    brought = label_files_of(wildcards) if adapter.is_published else []
    return {**labels, "keypoints": given_keypoints(wildcards), "brought": brought}


def list_settings(wildcards):
    """The adapter's settings, without those that do not concern a shard's list of videos."""
    return settings_of(wildcards.dataset).adapter.listing_settings()


def goes_by_files(dataset):
    """Whether labels are prepared beside the files that are there, and not by the lists of videos that were opened."""
    settings = settings_of(dataset)
    return settings.adapter.lengths_are_published and settings.on_bad_video == "refuse"


def clips_there(wildcards, output):
    """The clips of one of the paper's datasets; none where the folder is not there: labels do without.

    No input and not recorded, as of `videos_of_shard`.
    """
    adapter = settings_of(wildcards.dataset).adapter
    if (
        not goes_by_files(wildcards.dataset)
        or adapter.videos is None
        or not RUN.under_data(adapter.videos).is_dir()
    ):
        return []
    shards = videos_by_shard(wildcards.dataset).values()
    return there(sorted(path for paths in shards for path in paths))


def state_of_clips(wildcards):
    """A digest of these clips."""
    return digest_settings([as_found(path) for path in clips_there(wildcards, None)])


def files_not_taken(wildcards):
    """What lies among a dataset's videos, may be meant as one and is not taken: rows of problems, as plain values."""
    adapter = settings_of(wildcards.dataset).adapter
    return [vars(row) for row in or_refuse(adapter.files_not_taken, RUN)]


def supplied(name):
    """An input function: a file that stands in for a stage, or nothing."""

    def get(wildcards):
        path = getattr(settings_of(wildcards.dataset).supplied, name)
        return [] if path is None else must_exist(path, wildcards.dataset)

    return get


def given_keypoints(wildcards):
    """Files and folders of keypoints that stand in for the teacher's, or nothing."""
    names, _ = settings_of(wildcards.dataset).keypoints or ((), None)
    return [must_exist(path, wildcards.dataset, may_be_folder=True) for path in names]


def prepare_inputs(wildcards):
    """Labels, another tool's boxes, whose videos must be known, and the lists of videos.

    Published datasets do without the last, unless bad clips are to be left out.
    """
    parent, collection = split_name(wildcards.dataset)
    if collection is not None:
        refuse(
            f"{collection!r} is a collection of {parent}: it has no labels, and nothing is trained or measured on it. "
            f"Ask for results/{parent}/found/{collection}.csv, or for clips or to_label.csv of it."
        )
    settings = settings_of(wildcards.dataset)
    boxes = supplied("boxes")(wildcards)
    # Those of the adapter are read as its videos.
    keypoints = (
        given_keypoints(wildcards) if settings.supplied.keypoints is not None else []
    )
    labels = {
        "labels": label_files_of(wildcards),
        **({"boxes": boxes} if boxes else {}),
        **({"keypoints": keypoints} if keypoints else {}),
    }
    if goes_by_files(wildcards.dataset):
        return labels
    return {
        **labels,
        "shards": all_shards(f"{DATASET}/shards/{{shard}}.csv")(wildcards),
        "problems": problems_of_lists(wildcards),
    }


def problems_of_lists(wildcards):
    """What each shard's list of videos leaves out."""
    return all_shards(f"{DATASET}/shards/{{shard}}.problems.csv")(wildcards)


def keypoint_settings(wildcards):
    """A params function: how keypoints that another tool made are read."""
    keypoints = settings_of(wildcards.dataset).keypoints
    return None if keypoints is None else keypoints[1].model_dump(mode="json")
