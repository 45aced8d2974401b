"""What all sections of the configuration share: strictness and readable errors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, StringConstraints, ValidationError

from vpdlib.identifiers import ID_PATTERN

#: A safe id; the same pattern constrains the workflow's wildcards.
Id = Annotated[str, StringConstraints(pattern=f"^(?:{ID_PATTERN})$")]


class ConfigError(ValueError):
    """The configuration is wrong; the message names the file, the setting and the remedy."""


Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Any, source: str) -> Model:
    """Check ``data`` against a settings model.

    Parameters
    ----------
    model : the pydantic model.
    data : what YAML gave.
    source : the file or setting that it came from, for messages.

    Raises
    ------
    ConfigError
        With one line per wrong setting: where it is, what was found and what is allowed.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_line(model, detail) for detail in error.errors()]
        raise ConfigError(f"{source} is not valid:\n  " + "\n  ".join(lines)) from error


def _line(model: type[BaseModel], detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "(top level)"
    if detail["type"] == "extra_forbidden":
        known = ", ".join(sorted(_fields_at(model, detail["loc"][:-1])))
        hint = f" Known here: {known}." if known else ""
        return f"{place}: unknown setting; remove it or correct its spelling.{hint}"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error" and isinstance(detail.get("input"), dict):
        # Of settings that do not fit together the message names those that are meant.
        return message if not detail["loc"] else f"{place}: {message}"
    found = repr(detail.get("input"))
    shown = found if len(found) <= 80 else f"{found[:77]}..."
    return f"{place}: {message} (found {shown}); correct it."


def _fields_at(model: type[BaseModel], place: tuple[int | str, ...]) -> set[str]:
    """Names of the settings that are known at a place, or nothing where it takes free keys."""
    current: Any = model
    for part in place:
        current = _below(current, part)
    return {name for choice in _choices(current) for name in choice.model_fields}


def _choices(annotation: Any) -> list[type[BaseModel]]:
    """The settings models that an annotation admits."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [choice for part in get_args(annotation) for choice in _choices(part)]


def _below(annotation: Any, part: int | str) -> Any:
    """The annotation of one part of a place: a setting, a key of a mapping, or the kind of an adapter."""
    if get_origin(annotation) is dict:
        return get_args(annotation)[1]
    choices = _choices(annotation)
    for choice in choices:
        kind = choice.model_fields.get("kind")
        if len(choices) > 1 and kind is not None and part in get_args(kind.annotation):
            return choice
    for choice in choices:
        if part in choice.model_fields:
            return choice.model_fields[str(part)].annotation
    return None


class _Loader(yaml.SafeLoader):
    """Plain YAML in which a repeated key is an error: its first value would be lost unseen."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} is given twice; remove one", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises
    ------
    ConfigError
        If the file is missing, not YAML or not a mapping.
    """
    try:
        # A SafeLoader: it makes nothing but plain values.
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; correct the name or make the file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path} must hold settings (key: value), found {type(data).__name__}")
    return data


def merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it, mapping by mapping."""
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result
