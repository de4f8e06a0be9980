"""`make docs`: write the declared inputs and outputs into action.yml, its twin and README.md."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import NamedTuple

import yaml

from gto_action.action.apply_inputs import ApplyInputs
from gto_action.action.declared_inputs import RepositoryInputs, ServerInputs, input_name
from gto_action.action.deployment_step import DEPLOYMENT_OUTPUTS, DeploymentInputs
from gto_action.action.inputs import Inputs
from gto_action.policy import gto_file_schema
from gto_action.reporting import schema
from gto_action.reporting.applied import OWN_OUTPUTS, declared_applied_outputs
from gto_action.reporting.outputs import declared_outputs
from gto_action.reporting.schema import event_schema

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Rewrite the files."""
    for name, rewritten in FILES.items():
        file = ROOT / name
        file.write_text(rewritten(file.read_text()))


class DeclaredAction(NamedTuple):
    """An action of the repository: the dataclass that declares its inputs, and its outputs."""

    inputs: type[ServerInputs]
    outputs: Mapping[str, str]


READING = DeclaredAction(Inputs, declared_outputs())
APPLY = DeclaredAction(ApplyInputs, declared_applied_outputs())
DEPLOYMENT = DeclaredAction(DeploymentInputs, DEPLOYMENT_OUTPUTS)


def rewritten_action(action: DeclaredAction, text: str) -> str:
    """Return action.yml with the declared inputs and outputs."""
    outputs = {name: {"description": described} for name, described in action.outputs.items()}
    return _with_declarations(action, text, outputs)


def rewritten_composite(action: DeclaredAction, text: str) -> str:
    """Return composite/action.yml with the declared inputs and outputs, and the values of both."""
    outputs = {
        name: {"description": described, "value": f"${{{{ steps.gto.outputs.{name} }}}}"}
        for name, described in action.outputs.items()
    }
    variables = "".join(
        f"        INPUT_{declared.name.upper()}: ${{{{ inputs.{declared.name} }}}}\n"
        for declared in declared_inputs(action.inputs)
    )
    text = _with_declarations(action, text, outputs)
    return re.sub(r"(?:^        INPUT_.*\n)+", lambda _: variables, text, flags=re.MULTILINE)


def rewritten_tables(action: DeclaredAction, text: str) -> str:
    """Return a page with the tables of inputs and outputs."""
    inputs = [
        f"| `{declared.name}` | {declared.shown or f'`{declared.default}`'} "
        f"| {declared.description} |"
        for declared in declared_inputs(action.inputs)
    ]
    outputs = [f"| `{name}` | {described} |" for name, described in action.outputs.items()]
    text = _with_table(
        text, "inputs", ["| input | default | meaning |", "| --- | --- | --- |"], inputs
    )
    return _with_table(text, "outputs", ["| output | meaning |", "| --- | --- |"], outputs)


VALIDATOR = "gto_action/policy/gto_file_validator.py"


def rewritten_validator(_text: str) -> str:
    """Return the code that checks a policy by its schema, so that a run need not make it."""
    import fastjsonschema  # noqa: PLC0415 - a tool of development

    code = fastjsonschema.compile_to_code(dict(gto_file_schema.POLICY_SCHEMA))
    _, _, functions = code.partition("\nREGEX_PATTERNS")
    return f"{_VALIDATOR_HEAD}REGEX_PATTERNS{functions.rstrip()}\n"


_VALIDATOR_HEAD = r'''"""Check a policy by its schema: written by make docs, with fastjsonschema."""
# mypy: ignore-errors

import re
from decimal import Decimal


class JsonSchemaValueException(ValueError):
    """A value that the schema forbids: where it is, its definition, and the rule."""

    def __init__(self, message, value=None, name=None, definition=None, rule=None):
        super().__init__(message)
        self.value = value
        self.name = name
        self.definition = definition
        self.rule = rule

    @property
    def path(self):
        """The keys that lead to the value, after the name of the whole."""
        return [part for part in re.split(r"[.\[\]]+", self.name) if part]

    @property
    def rule_definition(self):
        """What the schema has for the rule."""
        return self.definition.get(self.rule)


JsonSchemaValuesException = JsonSchemaValueException


'''


def rewritten_schema(_text: str) -> str:
    """Return the JSON schema of an event."""
    return json.dumps(event_schema(), indent=2) + "\n"


FILES: Mapping[str, Callable[[str], str]] = {
    "action.yml": partial(rewritten_action, READING),
    "composite/action.yml": partial(rewritten_composite, READING),
    "README.md": partial(rewritten_tables, READING),
    schema.FILE: rewritten_schema,
    VALIDATOR: rewritten_validator,
    gto_file_schema.FILE: lambda _: json.dumps(gto_file_schema.gto_file_schema(), indent=2) + "\n",
    "apply/action.yml": partial(rewritten_action, APPLY),
    "composite/apply/action.yml": partial(rewritten_composite, APPLY),
    "deployment/action.yml": partial(rewritten_action, DEPLOYMENT),
    "composite/deployment/action.yml": partial(rewritten_composite, DEPLOYMENT),
    "docs/github.md": partial(rewritten_tables, DEPLOYMENT),
    "docs/apply.md": partial(rewritten_tables, APPLY._replace(outputs=OWN_OUTPUTS)),
}
"""The files that contain declarations, each with the function that renews them."""


class DeclaredInput(NamedTuple):
    """An input as action.yml declares it; ``shown`` is the default in words, empty for a value."""

    name: str
    description: str
    default: str
    shown: str


def declared_inputs(declared_by: type[ServerInputs]) -> Iterator[DeclaredInput]:
    """Yield all inputs in their order: those that every action has come last."""
    inherited = {declared.name for declared in fields(RepositoryInputs)}
    in_order = sorted(fields(declared_by), key=lambda declared: declared.name in inherited)
    for declared in in_order:
        default = declared.default
        value = str(default).lower() if isinstance(default, bool) else str(default)
        of_action = declared.metadata["of_action"] or value
        description, shown = declared.metadata["description"], declared.metadata["shown"]
        yield DeclaredInput(input_name(declared.name), description, of_action, shown)


def _with_declarations(
    action: DeclaredAction, text: str, outputs: Mapping[str, Mapping[str, str]]
) -> str:
    inputs = {
        declared.name: {"description": _in_words(declared), "default": declared.default}
        for declared in declared_inputs(action.inputs)
    }
    sections = "\n".join(
        yaml.safe_dump({name: section}, sort_keys=False, width=_ONE_LINE)
        for name, section in (("inputs", inputs), ("outputs", outputs))
    )
    before, _, rest = text.partition("inputs:\n")
    _, _, after = rest.partition("\nruns:\n")
    return f"{before}{sections}\nruns:\n{after}"


def _in_words(declared: DeclaredInput) -> str:
    default = f" By default {declared.shown}." if declared.shown else ""
    return declared.description + default


def _with_table(text: str, name: str, heading: list[str], rows: list[str]) -> str:
    start, end = f"<!-- {name}: written by make docs -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = text.partition(start)
    after = rest.partition(end)[2]
    return before + start + "\n".join([*heading, *rows]) + "\n" + end + after


_ONE_LINE = 10_000

if __name__ == "__main__":
    main()
