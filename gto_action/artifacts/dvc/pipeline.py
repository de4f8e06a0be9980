"""Stages of a dvc.yaml with their ``${...}`` resolved, those of foreach and matrix included.

Source: DVC's documentation, "dvc.yaml files" and "Templating", and DVC's behaviour where that is
silent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from gto_action.annotations import ReadFile
from gto_action.annotations.interpolation import (
    InterpolationError,
    as_text,
    has_reference,
    resolve,
)
from gto_action.annotations.parameters import load_parameters
from gto_action.annotations.yaml12 import Document

Flags = Mapping[str, object]
"""The flags of an output in a stage, such as ``cache: false``."""


@dataclass(frozen=True, slots=True)
class ResolvedStage:
    """A stage: the directory it runs in, relative to its file, and its outputs' flags by path."""

    wdir: str
    outputs: Mapping[str, Flags]


class Pipeline:
    """A dvc.yaml in a directory of a repository."""

    def __init__(self, document: Document, directory: str, read: ReadFile) -> None:
        """Keep the parsed file, its directory, and the function that reads parameter files."""
        self._document = document
        self._directory = directory
        self._read = read
        self._generated: dict[str, Mapping[str, Mapping[str, object]]] = {}

    def stage(self, name: str) -> ResolvedStage | None:
        """Return a stage by its name in dvc.lock; ``None`` if dvc.yaml does not declare it.

        Raises InterpolationError, UnreadableFileError if it cannot be resolved.
        """
        group, separator, key = name.rpartition("@") if "@" in name else (name, "", "")
        definition = _mapping(_mapping(self._document.value).get("stages")).get(group)
        if not isinstance(definition, dict):
            return None
        variables: Mapping[str, object] = {}
        if _GENERATORS & definition.keys():
            if group not in self._generated:
                self._generated[group] = self._generate(definition)
            if not separator or key not in self._generated[group]:
                return None
            variables = self._generated[group][key]
            definition = _mapping(definition.get("do", definition))
        elif separator:
            return None
        return self._resolve(definition, variables)

    def _resolve(
        self, definition: Mapping[object, object], variables: Mapping[str, object]
    ) -> ResolvedStage:
        used: dict[object, object] = {key: definition[key] for key in _USED if key in definition}
        if has_reference(used):
            parameters = {**self._parameters, **variables}
            _add_stage_variables(parameters, definition.get("vars"))
            used = _mapping(resolve(used, parameters))
        outputs: dict[str, Flags] = {}
        for kind in _KINDS_OF_OUTPUTS:
            for path, flags in _declared(used.get(kind)):
                outputs[path] = {**outputs.get(path, {}), **flags}
        wdir = used.get("wdir", ".")
        if not isinstance(wdir, str):
            raise InterpolationError("wdir must be a string")
        return ResolvedStage(wdir, outputs)

    def _generate(self, definition: Mapping[object, object]) -> Mapping[str, Mapping[str, object]]:
        """Return the variables of every stage that foreach or matrix generates, by its key."""
        generator = "matrix" if "matrix" in definition else "foreach"
        values = definition[generator]
        if has_reference(values):
            values = resolve(values, self._parameters)
        match generator, values:
            case "matrix", dict():
                return _matrix(values)
            case "foreach", dict():
                keys = {as_text(key): value for key, value in values.items()}
                return {key: {"key": key, "item": value} for key, value in keys.items()}
            case "foreach", list():
                if any(isinstance(value, dict | list) for value in values):
                    return {str(index): {"item": value} for index, value in enumerate(values)}
                return {as_text(value): {"item": value} for value in values}
        raise InterpolationError(f"{generator} must be a mapping or a list")

    @cached_property
    def _parameters(self) -> Mapping[str, object]:
        return load_parameters(self._directory, self._document, self._read)


def _matrix(axes: Mapping[object, object]) -> Mapping[str, Mapping[str, object]]:
    """Return the variables of every combination, by its key: the values with ``-`` between them.

    A mapping or a list in it is named after its axis and its position.
    """
    columns = []
    for axis, values in axes.items():
        if not isinstance(values, list):
            raise InterpolationError("every entry of matrix must be a list")
        columns.append(
            [
                (
                    axis,
                    f"{axis}{index}" if isinstance(value, dict | list) else as_text(value),
                    value,
                )
                for index, value in enumerate(values)
            ]
        )
    if math.prod(map(len, columns)) > _MAX_COMBINATIONS:
        raise InterpolationError(f"matrix has more than {_MAX_COMBINATIONS:,} combinations")
    generated = {}
    for combination in product(*columns):
        key = "-".join(fragment for _, fragment, _ in combination)
        item = {axis: value for axis, _, value in combination}
        generated[key] = {"key": key, "item": item}
    return generated


def _add_stage_variables(parameters: dict[str, object], written: object) -> None:
    """Add the ``vars`` of one stage to those of its file, if they are not in files of their own."""
    for entry in written if isinstance(written, list) else ():
        if not isinstance(entry, dict) or entry.keys() & parameters.keys():
            raise InterpolationError("its own vars name a file, or define a parameter again")
        parameters.update(entry)


def _declared(written: object) -> Iterator[tuple[str, dict[str, object]]]:
    for entry in written if isinstance(written, list) else ():
        for path, flags in entry.items() if isinstance(entry, dict) else [(entry, {})]:
            if not isinstance(path, str):
                raise InterpolationError("the paths of outputs must be strings")
            yield path, flags if isinstance(flags, dict) else {}


def _mapping(value: object) -> dict[object, object]:
    return value if isinstance(value, dict) else {}


_GENERATORS = {"foreach", "matrix"}
_KINDS_OF_OUTPUTS = ("outs", "metrics", "plots")
_USED = ("wdir", *_KINDS_OF_OUTPUTS)
_MAX_COMBINATIONS = 10_000
