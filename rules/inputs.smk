"""Functions that find a rule's inputs and settings from its wildcards."""


def or_refuse(find, *arguments):
    """Call a function of the library; what it finds wrong with the data stops the workflow."""
    try:
        return find(*arguments)
    except DatasetError as error:
        refuse(error)


def is_published(dataset):
    """Whether the dataset is one of the paper's."""
    return isinstance(settings_of(dataset).adapter, PaperAdapter)


def shard_videos(wildcards):
    """The video files of a shard: a changed or added video reruns its own shard only."""
    settings = settings_of(wildcards.dataset)
    adapter = settings.adapter
    if isinstance(adapter, DemoAdapter):
        return [f"results/{wildcards.dataset}/source/labels.csv"]
    if is_published(wildcards.dataset):
        if adapter.recordings is not None:
            return cut_recordings(wildcards)
        found = or_refuse(clip_files, adapter, RUN)
    else:
        found = or_refuse(source_files, adapter, RUN, settings.classes)
    number = int(wildcards.shard)
    return [
        str(source.path)
        for source in found
        if shard_of(source.video_id, settings.num_shards) == number
    ]


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
    return [str(RUN.under_data(adapter.labels))] if adapter.labels else []


def must_exist(path, dataset):
    """A file that the user brings, or a refusal that says where it was looked for."""
    full = RUN.under_data(path)
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
    """The adapter's settings, without those that do not concern a shard's list of videos."""
    settings = settings_of(wildcards.dataset)
    values = settings.adapter.model_dump(mode="json")
    if settings.has_videos:
        # Which clips are wanted shows in the shard's files; another choice must not rerun every shard.
        values.pop("only", None)
    return values


def clips_there(wildcards):
    """The clips of one of the paper's datasets; none where the folder is not there: labels do without."""
    adapter = settings_of(wildcards.dataset).adapter
    if adapter.videos is None or not RUN.under_data(adapter.videos).is_dir():
        return []
    return [str(source.path) for source in or_refuse(clip_files, adapter, RUN)]


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


def own_config(network):
    """The configuration of an OpenMMLab network where it is a file of the user's own, not the zoo's."""
    is_own = network is not None and network.config.endswith(".py")
    return [network.config] if is_own else []


def detector_weights(wildcards):
    """Embedded networks and checkpoints of the person detectors."""
    people = settings_of(wildcards.dataset).people
    embedded = {"nanodet": "nanodet", "multipose": "movenet-multipose"}
    names = [embedded[name] for name in people.detectors if name in embedded]
    files = networks(*names) + checkpoints(people_weights(people))
    return files + own_config(people.mmdet if "mmdet" in people.detectors else None)


def teacher_weights(wildcards):
    """The embedded teacher, or another's checkpoint."""
    poses = settings_of(wildcards.dataset).poses
    embedded = ["movenet-thunder"] if poses.teacher == "movenet_thunder" else []
    files = networks(*embedded) + checkpoints(pose_weights(poses))
    return files + own_config(poses.mmpose if poses.teacher == "mmpose" else None)


def masks_of_people(wildcards):
    """People, for their masks, where they come with some."""
    settings = settings_of(wildcards.dataset)
    if not settings.people.has_masks or "people" not in track_inputs(wildcards):
        return {}
    return {"people": f"results/{wildcards.dataset}/people/{wildcards.shard}.h5"}


def track_inputs(wildcards):
    """Detections, or another tool's boxes or keypoints."""
    settings = settings_of(wildcards.dataset)
    folder = f"results/{wildcards.dataset}"
    if settings.supplied.boxes is not None:
        return {
            "boxes": supplied("boxes")(wildcards),
            "videos": f"{folder}/shards/{wildcards.shard}.csv",
        }
    if settings.keypoints is not None and not settings.has_videos:
        return {
            "keypoints": supplied("keypoints")(wildcards),
            "videos": f"{folder}/shards/{wildcards.shard}.csv",
        }
    return {"people": f"{folder}/people/{wildcards.shard}.h5"}


def pose_inputs(wildcards):
    """Videos for the teacher, or another tool's keypoints."""
    videos = {"videos": f"results/{wildcards.dataset}/shards/{wildcards.shard}.csv"}
    if settings_of(wildcards.dataset).keypoints is not None:
        return {**videos, "keypoints": supplied("keypoints")(wildcards)}
    return {
        "videos": videos_to_open(wildcards),
        "networks": teacher_weights(wildcards),
    }


def embed_inputs(wildcards):
    """A student and what it sees, or another tool's descriptors."""
    folder, shard = f"results/{wildcards.dataset}", f"{wildcards.shard}.h5"
    given = supplied_features(wildcards, wildcards.student)
    if given:
        return given
    flow = (
        {}
        if student_settings(wildcards).inputs == "rgb"
        else {"flow": f"{folder}/flow/{shard}"}
    )
    return {
        "student": f"{folder}/students/{wildcards.student}",
        "tracks": f"{folder}/tracks/{shard}",
        "crops": f"{folder}/crops/{shard}",
        **flow,
    }


def keypoint_settings(wildcards):
    """A params function: order of joints of keypoints that another tool made."""
    keypoints = settings_of(wildcards.dataset).keypoints
    return None if keypoints is None else {"joint_names": keypoints[1]}


def prepare_inputs(wildcards):
    """Labels, and the lists of videos; published datasets do without the latter."""
    adapter = settings_of(wildcards.dataset).adapter
    labels = {"labels": label_files_of(wildcards)}
    by_action = isinstance(adapter, FX35Adapter) and adapter.unit == "action"
    if is_published(wildcards.dataset) and not by_action:
        return {**labels, "files": clips_there(wildcards)}
    found = all_shards(f"{DATASET}/shards/{{shard}}.csv")(wildcards)
    return {**labels, "shards": found}


def student_settings(wildcards):
    """Settings of the student that the wildcards name, or of which they name a variant."""
    students = settings_of(wildcards.dataset).students
    found = find_student(students, wildcards.student)
    if found is None:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no student {wildcards.student!r}; "
            f"known: {', '.join(students)}, and their variants _rgb, _rgbflow, _actions, _corpus, _t30. "
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
    student_settings(wildcards)
    return labels_of(wildcards, wildcards.student)


def labels_of(wildcards, student):
    """The weak labels of a student's teacher, shard by shard."""
    settings = settings_of(wildcards.dataset)
    return expand(
        "results/{dataset}/weak_labels/{teacher}/{shard}.h5",
        dataset=wildcards.dataset,
        teacher=find_student(settings.students, student).teacher,
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
    if not isinstance(settings_of(dataset).adapter, DemoAdapter):
        refuse(
            f"{RUN.vipe_dir}/{name}.yaml: the dataset {dataset!r} is not of adapter demo, and brings no motions"
        )
    return f"results/{dataset}/source/motions.npz"


def motion_listing(wildcards):
    """A digest of what lies in the folders of motions: Snakemake sees of a folder only its own time stamp."""
    files = [
        path
        for folder in map(Path, motion_files(wildcards))
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    return digest_settings(
        [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    )


def motions_there(path, name):
    """A file or folder of motions, or a refusal that says where it was looked for."""
    full = RUN.under_data(path)
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


def head_settings(wildcards):
    """What the head in question is given; the other heads' settings do not concern it."""
    recognition = settings_of(wildcards.dataset).recognition.model_dump(mode="json")
    names = ("target_fps", "target_fps_slack", *sections_of(wildcards.head))
    return {name: recognition[name] for name in names}


def baseline_settings(wildcards):
    """Settings of a baseline."""
    known = settings_of(wildcards.dataset).baselines
    name = wildcards.get("baseline") or wildcards.ensemble
    if name not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no baseline {name!r} under `baselines`; known: "
            f"{', '.join(known) or 'none'}. Add it, with its `kind`."
        )
    return known[name]


def baseline_inputs(wildcards):
    """What a baseline is fed: poses, or pictures or flow, and the weights it starts from."""
    settings = baseline_settings(wildcards)

    def of(stage):
        return all_shards(f"{DATASET}/{stage}/{{shard}}.h5")(wildcards)

    if isinstance(settings, SkeletonMethod):
        return {"poses": of("poses"), "tracks": of("tracks")}
    weights = {"weights": checkpoints(baseline_weights(settings))}
    if settings.input == "frame":
        return {"pictures": of("frames"), **weights}
    stage = "flow" if settings.stream == "flow" else "crops"
    return {"pictures": of(stage), "tracks": of("tracks"), **weights}


def thinning_settings(wildcards):
    """How sequences of faster videos are thinned, for the baselines as for the heads."""
    recognition = settings_of(wildcards.dataset).recognition
    return {
        "target_fps": recognition.target_fps,
        "target_fps_slack": recognition.target_fps_slack,
    }


def parts_of_ensemble(wildcards):
    """The baselines that an ensemble is the sum of."""
    return expand(
        "results/{dataset}/baselines/{part}/{setting}.h5",
        dataset=wildcards.dataset,
        part=baseline_settings(wildcards).parts,
        setting=wildcards.setting,
    )


def baseline_cells(settings_names):
    """An input function: artifacts of every baseline for some settings."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        return expand(
            "results/{dataset}/baselines/{baseline}/{setting}.h5",
            dataset=wildcards.dataset,
            baseline=settings.baselines,
            setting=settings_names(settings),
        )

    return get


def classes_of_trivial_rows(wildcards):
    """Counts of classes, for the rows Random and Top class; they stand where there are baselines."""
    settings = settings_of(wildcards.dataset)
    with_baselines = settings.baselines or settings.weights_of_methods
    return (
        [f"results/{wildcards.dataset}/dataset/classes.csv"] if with_baselines else []
    )


def r3d_settings(wildcards):
    """Settings of a feature set of R3D."""
    known = settings_of(wildcards.dataset).r3d
    if wildcards.r3d not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.r3d!r} under `r3d`; known: "
            f"{', '.join(known) or 'none'}. Add it, with its `weights`."
        )
    return known[wildcards.r3d]


def embed_r3d_settings(wildcards):
    """Settings of R3D, or nothing where another tool's descriptors stand in for it."""
    if wildcards.r3d in settings_of(wildcards.dataset).supplied.features:
        return None
    return r3d_settings(wildcards).model_dump(mode="json")


def r3d_weights(wildcards):
    """The weights that R3D starts from."""
    return checkpoints(baseline_weights(r3d_settings(wildcards)))


def r3d_inputs(wildcards):
    """Crops and what embeds them, the network trained here or the pretrained one; or another tool's descriptors."""
    folder, shard = f"results/{wildcards.dataset}", f"{wildcards.shard}.h5"
    given = supplied_features(wildcards, wildcards.r3d)
    if given:
        return given
    crops = {"crops": f"{folder}/crops/{shard}", "tracks": f"{folder}/tracks/{shard}"}
    if r3d_settings(wildcards).fine_tune:
        return {**crops, "trained": f"{folder}/r3d/{wildcards.r3d}"}
    return {**crops, "weights": r3d_weights(wildcards)}


def video_encoder_settings(wildcards):
    """Settings of a feature set of a video encoder."""
    known = settings_of(wildcards.dataset).video_encoders
    if wildcards.video_encoder not in known:
        refuse(
            f"datasets/{wildcards.dataset}.yaml: there is no feature set {wildcards.video_encoder!r} under "
            f"`video_encoders`; known: {', '.join(known) or 'none'}. Add it, with its `kind` and `weights`."
        )
    return known[wildcards.video_encoder]


def embed_video_encoder_settings(wildcards):
    """Settings of a video encoder, or nothing where another tool's descriptors stand in for it."""
    if wildcards.video_encoder in settings_of(wildcards.dataset).supplied.features:
        return None
    return video_encoder_settings(wildcards).model_dump(mode="json")


def video_encoder_inputs(wildcards):
    """Crops, and the encoder's folder, file by file; or another tool's descriptors."""
    folder, shard = f"results/{wildcards.dataset}", f"{wildcards.shard}.h5"
    given = supplied_features(wildcards, wildcards.video_encoder)
    if given:
        return given
    return {
        "crops": f"{folder}/crops/{shard}",
        "tracks": f"{folder}/tracks/{shard}",
        "weights": [str(path) for path in video_encoder_settings(wildcards).files],
    }


def recognition_of(settings_names):
    """An input function: recognition artifacts of every method and head for some settings."""

    def get(wildcards):
        settings = settings_of(wildcards.dataset)
        names = settings_names(settings)
        return cells(wildcards.dataset, settings.methods, settings.heads, names)

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
