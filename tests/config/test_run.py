"""The settings of a run, and the configuration that comes with the workflow."""

from pathlib import Path

import pytest
import yaml

from vpdlib.config.base import ConfigError, validate
from vpdlib.config.run import RunSettings

ROOT = Path(__file__).resolve().parents[2]
MINE = "title: Mine\nadapter: {kind: folder, videos: v}\n"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in ("VPD_DATA", "VPD_DOWNLOADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mine.yaml").write_text(MINE)
    (tmp_path / "other.yaml").write_text(MINE)
    return tmp_path


def run(**settings):
    return validate(RunSettings, settings, "config.yaml")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"datadir": "x"}, "datadir: unknown setting.*Known here: data_dir"),
        (
            {"resources": {"detect_people": {"cores": 1}}},
            "resources.detect_people.cores: unknown setting.*gpu, mem_mb, runtime, threads",
        ),
        ({"resources": {"detect_people": {"threads": 0}}}, "resources.detect_people.threads"),
        ({"resources": {"detect_people": 3}}, "resources.detect_people"),
        ({"resources": [1]}, "resources"),
        ({"device": "gpu"}, "device: Input should be 'auto', 'cpu' or 'cuda' .found 'gpu'."),
        ({"overrides": {"mine": 3}}, "overrides.mine"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        run(**settings)
    assert str(caught.value).startswith("config.yaml is not valid")


def test_paths_below_the_data_folder(monkeypatch):
    settings = run(data_dir="my/data", downloads_dir="cache")
    assert settings.under_data("a/b") == Path("my/data/a/b")
    assert settings.under_data("/abs") == Path("/abs")
    assert settings.downloads() == Path("cache")
    assert run().downloads() == Path("resources/downloads")
    monkeypatch.setenv("VPD_DATA", "/elsewhere")
    monkeypatch.setenv("VPD_DOWNLOADS", "/full")
    assert settings.under_data("a/b") == Path("/elsewhere/a/b")
    assert settings.downloads() == Path("/full")
    monkeypatch.setenv("VPD_DATA", "")
    assert settings.under_data("a") == Path("my/data/a")


def test_braces_in_paths_are_refused(monkeypatch):
    with pytest.raises(
        ConfigError, match=r"data_dir: .*my \{x\}/data: .*Rename the folder or link"
    ):
        run(data_dir="my {x}/data")
    with pytest.raises(ConfigError, match=r"data/\{labels\}\.csv: .*takes for a wildcard"):
        run().under_data("{labels}.csv")
    monkeypatch.setenv("VPD_DATA", "/else}where")
    with pytest.raises(ConfigError, match=r"^/else}where/a: "):
        run().under_data("a")


def test_overrides_are_laid_over_the_datasets_file(folder):
    students = {"vpd2d": {"epochs": 2}}
    settings = run(datasets_dir=folder, overrides={"mine": {"trials": 1, "students": students}})
    mine = settings.dataset("mine")
    assert (mine.trials, mine.students["vpd2d"].epochs, mine.title) == (1, 2, "Mine")
    assert settings.dataset("other").trials == 5
    assert settings.dataset_names() == ["mine", "other"]


def test_wrong_overrides_are_refused(folder):
    settings = run(datasets_dir=folder, overrides={"mine": {"trails": 1}})
    with pytest.raises(
        ConfigError, match=r"mine.yaml with the overrides of config.yaml.*\n  trails"
    ):
        settings.dataset("mine")
    settings = run(datasets_dir=folder, overrides={"mnie": {"trials": 1}})
    with pytest.raises(ConfigError, match=r"overrides.mnie: .*known: mine, other. Correct"):
        settings.dataset("mine")


def test_a_missing_dataset_is_refused_with_the_known_ones(folder):
    with pytest.raises(ConfigError) as caught:
        run(datasets_dir=folder).dataset("golf")
    for text in ("'golf'", str(folder / "golf.yaml"), "Known: mine, other", "template.yaml"):
        assert text in str(caught.value)
    with pytest.raises(ConfigError, match="Known: none"):
        run(datasets_dir=folder / "empty").dataset("golf")


def test_every_dataset_that_comes_with_the_workflow_is_valid():
    settings = run(datasets_dir=ROOT / "datasets")
    assert {"demo", "jhmdb", "template"} <= set(settings.dataset_names())
    for name in settings.dataset_names():
        assert settings.dataset(name).title


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs/examples").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_example_of_overrides_is_valid(path):
    settings = run(datasets_dir=ROOT / "datasets", **yaml.safe_load(path.read_text()))
    assert settings.overrides
    for name in settings.overrides:
        assert settings.dataset(name).title


def test_config_yaml_shows_the_defaults():
    """A setting that config.yaml documents has the value that the model has without it."""
    given = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert validate(RunSettings, given, "config.yaml") == run()
    assert set(given) == set(RunSettings.model_fields) - {"resources"}


def test_a_vipe_is_read_with_its_overrides(tmp_path):
    (tmp_path / "mine.yaml").write_text("title: Mine\nmotions: [{kind: npz, path: m.npz}]\n")
    mine = run(vipe_dir=str(tmp_path), vipe_overrides={"mine": {"training": {"dim": 5}}})
    assert mine.vipe_model("mine").training.dim == 5
    assert mine.vipe_model("mine").motions[0].path == "m.npz"
    with pytest.raises(ConfigError, match=r"there is no VIPE\* 'other'.*Known: mine"):
        mine.vipe_model("other")
    with pytest.raises(ConfigError, match="cannot be called 'logs'"):
        mine.vipe_model("logs")
    misspelt = run(vipe_dir=str(tmp_path), vipe_overrides={"mien": {"training": {"dim": 5}}})
    with pytest.raises(ConfigError, match=r"vipe_overrides.mien: there is no such file"):
        misspelt.vipe_model("mine")


@pytest.mark.parametrize("name", [path.stem for path in (ROOT / "vipe").glob("*.yaml")])
def test_every_vipe_of_the_project_is_valid(name):
    assert run(vipe_dir=str(ROOT / "vipe")).vipe_model(name).title


def test_no_dataset_may_take_the_place_of_the_networks():
    with pytest.raises(ConfigError, match="cannot be called 'vipe'"):
        run().dataset("vipe")
