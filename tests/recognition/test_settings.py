import pytest
from pydantic import BaseModel, ValidationError

from vpdlib.recognition.networks import LAYERS
from vpdlib.recognition.settings import (
    HEADS,
    Architecture,
    BiGRUSettings,
    CNNSettings,
    NNSSettings,
    RecognitionSettings,
    architecture_of,
    sections_of,
)


def test_settings_refuse_unknown_keys_and_describe_every_field():
    with pytest.raises(ValidationError):
        BiGRUSettings(hiden=3)
    with pytest.raises(ValidationError):
        BiGRUSettings().hidden = 3
    with pytest.raises(ValidationError, match="4 is even"):
        CNNSettings(kernel_size=4)
    assert RecognitionSettings().bigru.epochs == 500
    sections = [type(value) for _, value in RecognitionSettings() if isinstance(value, BaseModel)]
    assert {BiGRUSettings, CNNSettings, NNSSettings} <= set(sections)
    for model in (*sections, RecognitionSettings):
        assert all(field.description for field in model.model_fields.values())


def test_every_head_but_the_search_has_a_network_of_its_own():
    settings = RecognitionSettings(cnn=CNNSettings(kernel_size=3))
    found = {head: architecture_of(head, settings) for head in HEADS if head != "nns"}
    of_the_paper = {
        "cnn": Architecture("convolution", "max", CNNSettings(kernel_size=3)),
        "bilstm": Architecture("lstm", "max"),
        "bilstm_attn": Architecture("lstm", "attention"),
        "bigru": Architecture("gru", "max"),
        "bigru_attn": Architecture("gru", "attention"),
    }
    assert of_the_paper.items() <= found.items()
    assert {architecture.layers for architecture in found.values()} == set(LAYERS)


def test_a_head_is_given_only_what_concerns_it():
    assert sections_of("nns") == ("nns",)
    assert sections_of("cnn") == ("bigru", "cnn")
    assert sections_of("bilstm_attn") == ("bigru",)
    named = {name for head in HEADS for name in sections_of(head)}
    assert named == set(RecognitionSettings.model_fields) - {"target_fps", "target_fps_slack"}


def test_unknown_heads_are_refused_by_name():
    for ask in (sections_of, lambda head: architecture_of(head, RecognitionSettings())):
        with pytest.raises(ValueError, match="head 'gru' is unknown: one of nns, cnn, bilstm"):
            ask("gru")
    with pytest.raises(ValueError, match="'nns' is a search"):
        architecture_of("nns", RecognitionSettings())
