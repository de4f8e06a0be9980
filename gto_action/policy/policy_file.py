"""The policy in the file .gto: from YAML to the rules of an artifact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

from gto_action.annotations.yaml12 import Document, read_yaml
from gto_action.diagnostics import Severity
from gto_action.errors import UnreadableFileError
from gto_action.policy.gto_file import FILE, RegistryConfig, read_config
from gto_action.policy.model import ArtifactRules, Override, Period, Signers, StageRules
from gto_action.policy.overrides import Overrides
from gto_action.util.text import quote_inline


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: the rules of each artifact, and the files with the keys of those who sign.

    ``deleters`` may delete or replace a registry tag. ``signers``, ``revoked`` and ``gpg_keys`` are
    paths in the repository, empty if the policy names none.
    """

    deleters: tuple[str, ...] = ()
    signers: str = ""
    revoked: str = ""
    gpg_keys: str = ""
    _written: Mapping[str, Any] = field(default_factory=dict, repr=False)
    _config: RegistryConfig = field(default_factory=RegistryConfig)

    def rules_of(self, artifact: str) -> ArtifactRules:
        """Return the rules of an artifact: those of all, narrowed by the patterns of its name."""
        written = self._written
        for pattern, narrower in (written.get("artifacts") or {}).items():
            if fnmatchcase(artifact, pattern):
                written = _merged(written, narrower)
        return _rules(written, self._config)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that the policy names, in its order."""
        artifacts = (self._written.get("artifacts") or {}).values()
        named = [
            stage
            for part in (self._written, *artifacts)
            for stage in (*part.get("order", ()), *part.get("stages", ()))
        ]
        return tuple(dict.fromkeys(named))


def read_policy(content: bytes | None) -> Policy | None:
    """Read the policy from the content of .gto; ``None`` if there is none.

    Raises UnreadableFileError, with the line, for a file that is not YAML, an unknown key, a wrong
    type or a pattern that no name can match.
    """
    if content is None:
        return None
    document = read_yaml(FILE, content)
    if not isinstance(document.value, dict):
        return None  # what else is wrong with it is a warning
    keys = [key for key in document.value if isinstance(key, str) and key.lower() == "policy"]
    if len(keys) > 1:
        raise document.error(f"the keys {' and '.join(keys)} are the same", keys[-1])
    written = document.value[keys[0]] if keys else None
    if written is None:
        return None
    for warning in document.warnings:  # a key that is there twice
        raise UnreadableFileError(FILE, warning.message, warning.line)
    _check(document, keys[0], written)
    assert isinstance(written, dict)
    config = read_config(content, Overrides())
    for diagnostic in config.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            raise UnreadableFileError(FILE, diagnostic.message, diagnostic.line)
    unknown = _unknown_stages(written, config.stages)
    if unknown:
        stage, path = unknown
        allowed = ", ".join(config.stages or ())
        reason = f"policy.{'.'.join(path)} has the stage {stage}, and stages allows: {allowed}"
        raise document.error(reason, keys[0], *path)
    paths = {name: written.get(name, "") for name in _FILES}
    return Policy(
        deleters=tuple(written.get("delete", {}).get("actors", ())),
        signers=paths["signers"],
        revoked=paths["revoked"],
        gpg_keys=paths["gpg-keys"],
        _written=written,
        _config=config,
    )


def _unknown_stages(
    written: Mapping[str, Any], allowed: tuple[str, ...] | None
) -> tuple[str, tuple[str, ...]] | None:
    """Return a stage that the list beside the policy lacks, and the keys that lead to it."""
    parts: list[tuple[tuple[str, ...], Mapping[str, Any]]] = [((), written)]
    parts += [(("artifacts", name), part) for name, part in written.get("artifacts", {}).items()]
    for path, part in parts:
        named = [("order", stage) for stage in part.get("order", ())]
        named += [("stages", stage) for stage in part.get("stages", {})]
        for key, stage in named:
            if allowed is not None and stage not in allowed:
                return stage, (*path, key)
    return None


def _check(document: Document, key: str, written: object) -> None:
    """Raise UnreadableFileError for what the schema, or the meaning of a value, forbids."""
    # few registries have a policy
    from gto_action.policy.gto_file_validator import (  # noqa: PLC0415
        JsonSchemaValueException,
        validate,
    )

    try:
        validate(written)  # type: ignore[no-untyped-call]
    except JsonSchemaValueException as error:
        reason, path = _explain(error)
        raise document.error(reason, key, *path) from error
    assert isinstance(written, dict)
    try:
        _check_meaning(written)
    except _WrongValueError as error:
        raise document.error(f"policy.{'.'.join(error.path)}: {error}", key, *error.path) from error


def _explain(error: Any) -> tuple[str, list[str]]:  # noqa: ANN401 - the library has no types
    """Return why the schema forbids a value, and the keys that lead to it."""
    path = [str(part) for part in error.path[1:]]
    where = ".".join(("policy", *path))
    if error.rule == "additionalProperties":
        known = [*error.definition.get("properties", ())]
        unknown = next(str(name) for name in error.value if name not in known)
        near = get_close_matches(unknown, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(known)}"
        return f"{where} has an unknown key '{unknown}' ({hint})", [*path, unknown]
    if error.rule == "propertyNames":
        what = "a stage" if path[-1:] == ["stages"] else "an artifact"
        return f"{where} has a key that is not the name of {what}", path
    return f"{where} {_explain_value(error)}", path


def _explain_value(error: Any) -> str:  # noqa: ANN401 - as above
    written, limit = quote_inline(str(error.value)), error.rule_definition
    match error.rule:
        case "type":
            return f"is {written}: it must be {_TYPES.get(limit, limit)}"
        case "enum":
            return f"is {written}: it must be one of {', '.join(limit)}"
        case "uniqueItems":
            return "names something twice: leave one out"
        case "maxItems" | "maxProperties":
            return f"has {len(error.value)} stages: at most {limit}"
    about = error.definition.get("description", "see docs/policy.md")
    return f"is {written}, which is not valid ({about})"


_TYPES = {
    "array": "a list",
    "object": "a mapping",
    "string": "a string",
    "boolean": "true or false",
}


class _WrongValueError(ValueError):
    """A value that the schema allows and that makes no sense, with the keys that lead to it."""

    def __init__(self, reason: str, *path: str) -> None:
        super().__init__(reason)
        self.path = path


def _check_meaning(written: Mapping[str, Any]) -> None:
    """Raise _WrongValueError for a value that makes no sense."""
    _check_paths(written)
    artifacts = written.get("artifacts", {})
    for pattern in artifacts:
        _check_pattern(str(pattern), _NOT_IN_NAMES, "artifacts", str(pattern))
    parts: list[tuple[tuple[str, ...], Mapping[str, Any], Mapping[str, Any]]]
    parts = [((), written, written)]
    parts += [
        (("artifacts", str(pattern)), part, _merged(written, part))
        for pattern, part in artifacts.items()
    ]
    for path, part, complete in parts:
        for pattern in part.get("branches", ()):
            _check_pattern(pattern, _NOT_IN_BRANCHES, *path, "branches")
        for stage, rules in part.get("stages", {}).items():
            for period in rules.get("freeze", ()):
                try:
                    _period(period)
                except (ValueError, OverflowError) as error:
                    raise _WrongValueError(str(error), *path, "stages", stage, "freeze") from error
        for stage, rules in _rules(complete, RegistryConfig()).stages.items():
            if stage in rules.sources:
                reason = f"a version would have to be in {stage} before {stage}"
                raise _WrongValueError(reason, *path, "stages", stage, "from")
            if rules.after and not rules.sources:
                reason = f"there is no stage before {stage}: name one with from, or in order"
                raise _WrongValueError(reason, *path, "stages", stage, "after")


def _check_paths(written: Mapping[str, Any]) -> None:
    for key in _FILES:
        path = written.get(key, FILE)
        if not path.isprintable() or {"", ".", ".."} & set(path.split("/")):
            reason = f"{quote_inline(path)} is not a path from the root of the repository"
            raise _WrongValueError(f"{reason}: write one without . and ..", key)


_FILES = ("signers", "revoked", "gpg-keys")


def _check_pattern(pattern: str, never: str, *path: str) -> None:
    found = re.search(never, pattern)
    if found or not pattern:
        reason = f"no name has {found[0]!r}" if found else "the pattern is empty"
        raise _WrongValueError(
            f"the pattern {quote_inline(pattern)} matches nothing: {reason}", *path
        )


# what is neither in a name nor special in a pattern
_NOT_IN_NAMES = r"[^a-zA-Z0-9_./:*?\[\]!-]"
# as git-check-ref-format(1) has it
_NOT_IN_BRANCHES = r"^refs/|[\x00-\x20\x7f~^:\\]|\.\.|@\{|//|^/|/$"


def _merged(base: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping in which the keys of a part override, and mappings are merged."""
    merged = dict(base)
    for key, value in part.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _rules(written: Mapping[str, Any], config: RegistryConfig) -> ArtifactRules:
    order = written.get("order", ())
    before = {stage: (source,) for source, stage in pairwise(order)}
    by_stage = written.get("stages", {})
    required = written.get("require", ())
    override = written.get("override", False)
    branches = written.get("branches")
    return ArtifactRules(
        require_registration="registration" in required,
        require_annotation="annotation" in required,
        branches=None if branches is None else tuple(branches),
        stages={
            stage: _stage_rules(by_stage.get(stage, {}), before.get(stage, ()))
            for stage in dict.fromkeys((*order, *by_stage))
        },
        override=_override(override),
        allowed_stages=config.stages,
        allowed_types=config.types,
    )


def _stage_rules(written: Mapping[str, Any], before: tuple[str, ...]) -> StageRules:
    return StageRules(
        sources=tuple(written.get("from", before)),
        after=_seconds(written.get("after", "0m")),
        actors=_optional(written.get("actors")),
        signed=_signers(written.get("signed", False)),
        only_newer=written.get("only-newer", False),
        rollback=written.get("rollback", True),
        freeze=tuple(map(_period, written.get("freeze", ()))),
    )


def _override(written: bool | Mapping[str, Any]) -> Override:  # noqa: FBT001 - as YAML has it
    if isinstance(written, bool):
        return Override(allowed=written)
    return Override(
        allowed=True,
        actors=_optional(written.get("actors")),
        signed=_signers(written.get("signed", False)),
    )


def _optional(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _signers(written: bool | list[str]) -> Signers | None:  # noqa: FBT001 - as YAML has it
    if isinstance(written, bool):
        return () if written else None
    return tuple(written)


def _seconds(written: str) -> int:
    return int(written[:-1]) * {"m": 60, "h": 3600, "d": 86400}[written[-1]]


def _period(written: str) -> Period:
    """Return a period of ISO 8601. Raises ValueError, OverflowError."""
    start, _, end = written.partition("/")
    period = Period(_time(start, is_end=False), _time(end, is_end=True), written)
    if period.start >= period.end:
        raise ValueError(f"the period {quote_inline(written)} ends before it begins")
    return period


def _time(written: str, *, is_end: bool) -> int:
    """Return a time in seconds since 1970: of a date the beginning, or the end of the day."""
    try:
        day = datetime.combine(date.fromisoformat(written), datetime.min.time(), UTC)
        return int((day + timedelta(days=int(is_end))).timestamp())
    except OverflowError:
        raise ValueError(f"{quote_inline(written)} is too late") from None
    except ValueError as error:
        reason = str(error)
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        if "month" in reason or "day" in reason:
            raise ValueError(f"{quote_inline(written)}: {reason}") from None
        raise ValueError(
            f"{quote_inline(written)} is neither a date, as 2026-12-20, nor a time of ISO 8601"
        ) from None
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
