"""The step outputs of a change of the registry: its events, and those of the only one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from gto_action.interpretation import Interpretation
from gto_action.reporting.outputs import Outputs, declared_outputs, outputs_of


@dataclass(frozen=True, slots=True)
class AppliedEvents:
    """The events that were created, each interpreted as the step that reads a tag does."""

    interpretations: Sequence[Interpretation] = ()

    def texts(self) -> dict[str, str]:
        """Return every step output by its name, as text.

        If there is exactly one event, its outputs are among them; otherwise those are empty.
        """
        outputs = list(map(outputs_of, self.interpretations))
        events = json.dumps([each.values() for each in outputs], ensure_ascii=False)
        only = outputs[0] if len(outputs) == 1 else Outputs()
        return {"events": events, "count": str(len(outputs)), **only.texts()}


def declared_applied_outputs() -> dict[str, str]:
    """Return the descriptions of these step outputs by their names, in their order."""
    only = {
        name: f"Of the only event: {description[0].lower()}{description[1:]}"
        for name, description in declared_outputs().items()
    }
    return {**OWN_OUTPUTS, **only}


OWN_OUTPUTS = {
    "events": "The events that were created, as a JSON array for a matrix; each is what the output "
    "`json` of the step that reads its tag would be. `[]` in a dry run.",
    "count": "The number of these events.",
}
