"""Small label files of the upstream forms, with made-up content."""

import pickle

FEW = 2


class _Metadata(tuple):
    """Pickles as the upstream named tuple does."""

    def __reduce__(self):
        return (_Metadata, tuple(self))


_Metadata.__module__, _Metadata.__qualname__ = "util.video", "VideoMetadata"


def metadata(clips):
    """The upstream pickle; its class exists for the moment of writing only."""
    import sys
    import types

    module = types.ModuleType("util.video")
    module.VideoMetadata = _Metadata
    saved = {name: sys.modules.get(name) for name in ("util", "util.video")}
    sys.modules.update({"util": types.ModuleType("util"), "util.video": module})
    try:
        return pickle.dumps({name: _Metadata(facts) for name, facts in clips.items()}, 4)
    finally:
        for name, old in saved.items():
            sys.modules.pop(name)
            if old is not None:
                sys.modules[name] = old


def write(folder, files):
    """Write files, text or bytes; name -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, content in files.items():
        paths[name] = folder / name
        paths[name].write_bytes(content if isinstance(content, bytes) else content.encode())
    return paths


def broadcasts(folder, short_name, clips, labels, val, subsets, learnt_from):
    """The files that FSJump6 and Tennis7 have alike; ``subsets`` name -> ids, ``learnt_from`` clips of detection."""

    def lines(names):
        return "".join(f"{name}\n" for name in names)

    files = {
        f"{short_name}.video_meta.pkl": metadata(clips),
        "all.txt": lines(labels),
        "val.ids.txt": lines(val),
        **{f"train_{name}.ids.txt": lines(ids) for name, ids in subsets.items()},
        **{f"train.localize.{n}.txt": lines(learnt_from) for n in range(5)},
    }
    return write(folder, files)


def fsjump6(folder):
    """Three routines: one to train on, one to validate on, one of 2018."""
    clips = {
        "men_world_short_program_2017_01_00000100_00000400": (25.0, 300, 1920, 1080),
        "women_world_short_program_2018_02_00000500_00000800": (25.0, 300, 1920, 1080),
        "men_world_short_program_2019_01_00000000_00000200": (25.0, 200, 1920, 1080),
    }
    train, test, other = clips
    labels = [
        f"{train}:100:140 axel",
        f"{train}:10:20 lutz",
        f"{train}:280:299 loop",
        f"{train}:60:160 flip",
        f"{test}:100:140 axel",
        f"{other}:100:140 salchow",
    ]
    subsets = {"2_0": [f"{train}:100:140", f"{train}:10:20"], "2_1": [f"{train}:280:299"]}
    return broadcasts(
        folder, "fs", clips, labels, [f"{other}:100:140"], subsets, learnt_from=[train, other]
    )


def tennis7(folder):
    """Two points of a training match, which overlap, and one of a test match."""
    match, test = "wimbledon_2019_mens_final_djokovic_federer", "usopen_2019_womens_osaka_gauff"
    clips = {
        f"{match}_1000_1100": (25.0, 100, 1920, 1080),
        f"{match}_1095_1200": (25.0, 105, 1920, 1080),
        f"{test}_300_420": (29.97, 120, 1920, 1080),
    }
    labels = [
        f"{match}:front:1050 forehand_topspin",
        f"{match}:back:1003 backhand_slice",
        f"{match}:front:1097 overhead",
        f"{match}:back:1150 serve",
        f"{match}:front:1160 nonshot",
        f"{test}:back:360 forehand_topspin",
    ]
    val = [f"{match}:front:1097", f"{match}:front:1160"]
    subsets = {"4_0": [f"{match}:front:1050", f"{match}:back:1150"]}
    return broadcasts(
        folder, "tennis", clips, labels, val, subsets, learnt_from=[f"{match}_1000_1100"]
    )


def fx35(folder):
    """Two events, one with a training and a test action, and a vault."""
    clips = {
        "abc_DEF-123_E_000100_000110": (50.0, 500, 1280, 720),
        "-bcdefghijk_E_000020_000030": (30.0, 300, 1280, 720),
    }
    first, second = clips
    categories = [f"Clabel: {n}; set: 21; Glabel: {n}; (FX) floor {n}" for n in range(6, 41)]
    categories.insert(0, "Clabel: 0; set: 1; Glabel: 1; (VT) vault, (tucked)")
    files = {
        "fx.video_meta.pkl": metadata(clips),
        "gym99_categories.txt": "\n".join(categories) + "\n",
        "gym99_train_element_v1.1.txt": (
            f"{first}_A_0002_0003 6\n{second}_A_0001_0002 40\nzzz_E_000001_000002_A_0000_0001 0\n"
        ),
        "gym99_val_element.txt": f"{first}_A_0005_0006 7\n",
        "train_4_0.ids.txt": f"{first}_A_0002_0003\nzzz_E_000001_000002_A_0000_0001\n",
    }
    return write(folder, files)
