"""The named settings: complete, valid, and the paper's where they say so."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import train
from lusdata.errors import UsageError
from train.augment import RECIPES
from train.config import TrainConfig, override, to_json
from train.configs import CONFIGS, get_config

FOLDER = Path(train.__path__[0]) / "configs"
MODELS = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__", "settings"})


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_a_config_is_a_valid_record_that_knows_its_name(name):
    config = get_config(name)
    assert isinstance(config, TrainConfig)
    assert (config.name, config.model) == (name, name.partition(":")[0])
    assert get_config(name) == config


def test_every_file_gives_the_papers_settings_and_the_physical_ones():
    assert {name.partition(":")[0] for name in CONFIGS} == set(MODELS)
    assert {*MODELS, *(f"{name}:physics" for name in MODELS)} <= set(CONFIGS)


@pytest.mark.parametrize("model", MODELS)
def test_the_papers_settings_are_the_papers(model):
    config = get_config(f"{model}:paper")
    assert (config.epochs, config.batch_size, config.learning_rate) == (40, 8, 1e-4)
    assert config.patience > 0, "the paper stops early"
    assert config.augmentation == "paper"
    assert (config.cosine, config.class_weights, config.label_smoothing) == (False, False, 0.0)


@pytest.mark.parametrize("model", MODELS)
def test_the_physical_settings_never_turn_pictures_upside_down(model):
    recipe = RECIPES[get_config(f"{model}:physics").augmentation]
    assert recipe is not None
    assert not recipe.upside_down
    assert recipe.speckle > 0
    assert recipe.gain != (1.0, 1.0)
    assert recipe.scale != (1.0, 1.0)


def test_models_genesis_sees_five_frames_at_five_hertz_of_videos_alone():
    config = get_config("genesis")
    assert (config.clip_frames, config.rate_hz) == (5, 5.0)
    assert "kind=video" in config.select


@pytest.mark.parametrize("model", MODELS)
def test_a_config_opens_with_its_record(model):
    text = importlib.import_module(f"train.configs.{model}").__doc__ or ""
    for heading in ("Source:", "Command:", "Hardware:", "Time:", "Score:"):
        assert f"\n{heading}" in text
    assert f"python -m train crossval {model} " in text


def test_the_reference_chooses_nothing_but_on_its_own_training_part():
    config = get_config("mobilenet_v2")
    assert (config.solver, config.protocol, config.by) == ("exact", "nested", "patient")
    assert {text.partition("=")[0] for text in config.choices} == {"pool_layer", "weight_decay"}


def test_the_physical_variant_of_the_reference_chooses_by_what_carries_over_between_sources():
    config = get_config("mobilenet_v2:physics")
    assert (config.choose_by, config.protocol) == ("source", "nested")


def test_the_record_of_the_reference_run_is_the_config_of_today():
    record = FOLDER.parent / "results" / "mobilenet_v2" / "config.json"
    if not record.is_file():
        pytest.skip("the tests run outside a checkout of the repository")
    assert to_json(get_config("mobilenet_v2")) == record.read_text(encoding="utf-8")


def test_no_two_configs_share_a_digest():
    assert len({get_config(name).digest for name in CONFIGS}) == len(CONFIGS)


def test_the_papers_variant_may_be_named():
    assert get_config("vgg:paper") == get_config("vgg")


@pytest.mark.parametrize("name", ["vgg19", "", "vgg:Physics", "mobilenet_v2:physics:paper2"])
def test_a_wrong_name_is_answered_with_the_right_ones(name):
    with pytest.raises(UsageError, match=r"no such model config; expected one of covidnet, .*vgg_segment:physics"):
        get_config(name)


def test_a_misspelt_override_fails():
    with pytest.raises(UsageError, match="no such setting"):
        override(get_config("vgg"), {"learningrate": "1e-3"})
