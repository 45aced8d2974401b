"""Inputs of the rules from a video to the athlete's poses and descriptors."""


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
    if settings.keypoints is not None and not settings.adapter.has_videos:
        return {
            "keypoints": given_keypoints(wildcards),
            "videos": f"{folder}/shards/{wildcards.shard}.csv",
        }
    return {"people": f"{folder}/people/{wildcards.shard}.h5"}


def tracking_settings(wildcards):
    """The settings of tracking; none where boxes of another tool stand in for it."""
    if settings_of(wildcards.dataset).tracks_from == "boxes":
        return {}
    return section("tracking")(wildcards)


def pose_inputs(wildcards):
    """Videos for the teacher, or another tool's keypoints."""
    videos = {"videos": f"results/{wildcards.dataset}/shards/{wildcards.shard}.csv"}
    if settings_of(wildcards.dataset).keypoints is not None:
        return {**videos, "keypoints": given_keypoints(wildcards)}
    return {
        "videos": videos_to_open(wildcards),
        "networks": teacher_weights(wildcards),
    }
