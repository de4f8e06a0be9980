"""The inputs of the step that interprets a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gto_action.action.declared_inputs import RepositoryInputs, declare_input
from gto_action.errors import InputError
from gto_action.util.text import quote_inline


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs(RepositoryInputs):
    """The inputs of the step that interprets a tag."""

    ref: str = declare_input(
        "The tag to interpret, as `refs/tags/NAME` or `NAME`.",
        default="",
        shown="the ref that triggered the run",
    )
    show: bool = declare_input(
        "Print the registry as a table in the log.",
        default=True,
    )
    history: bool = declare_input(
        "Print the history of events in the log.",
        default=True,
    )
    print_outputs: bool = declare_input(
        "Print the outputs in the log.",
        default=True,
    )
    summary: bool = declare_input(
        "Write the job summary.",
        default=True,
    )
    pull: bool = declare_input(
        "Download the artifact's file or directory into the checkout, as it was at the event's "
        "commit.",
        default=False,
    )
    storage_url: bool = declare_input(
        "Also find out where the artifact's bytes are stored. This reads DVC's metadata at the "
        "commit and needs no DVC.",
        default=False,
    )
    dvc_remote: str = declare_input(
        "The DVC remote to pull from.",
        default="",
        shown="the repository's default remote",
    )
    fetch: bool = declare_input(
        "Fetch the tags from the remote first. If `false`, the tags of the checkout are read.",
        default=True,
    )
    lightweight: bool = declare_input(
        "Also read lightweight tags as events. Their author and time are the commit's.",
        default=False,
    )
    strict: bool = declare_input(
        "Fail on a tag name that is almost a registry tag, and on a stage or type that `.gto` "
        "does not allow. Otherwise these are warnings.",
        default=False,
    )
    policy: str = declare_input(
        "What a violated policy of `.gto` does: `enforce` fails the step after the outputs are "
        "set, `report` only reports it, `off` does not look for a policy.",
        default="enforce",
    )
    policy_ref: str = declare_input(
        "The ref of the remote whose `.gto` has the policy.",
        default="",
        shown="its default branch",
    )
    release: bool = declare_input(
        "Publish a release of a registration's tag, and mark that of a deregistered version. It "
        "needs `contents: write`.",
        default=False,
    )
    make_latest: bool = declare_input(
        "Let GitHub show that release as the latest one of the repository.",
        default=False,
    )
    deployment: bool = declare_input(
        "Create a deployment of an assignment to the environment of the stage's name, and make "
        "that of an unassignment inactive. It needs `deployments: write`.",
        default=False,
    )
    dispatch: str = declare_input(
        "A repository, as `OWNER/NAME`, that receives a `repository_dispatch` of the event's kind.",
        default="",
        shown="none",
    )
    dispatch_token: str = declare_input(
        "The token for that repository, with `contents: write` there; the job's own has no access.",
        default="",
        shown="none",
        secret=True,
    )
    time_limit: int = declare_input(
        "The maximum duration of the step in seconds, without the time of a pull.",
        default=600,
    )

    def __post_init__(self) -> None:
        """Raise InputError for inputs that do not go together."""
        if self.policy not in {"enforce", "report", "off"}:
            raise InputError(
                f"the input policy is {quote_inline(self.policy)}: write enforce, report or off"
            )
        if self.dispatch and not self.dispatch_token:
            raise InputError(
                "the input dispatch needs dispatch-token: the job's own token has no access to "
                "another repository"
            )
        if self.dispatch and not re.fullmatch(_REPOSITORY, self.dispatch):
            raise InputError(
                f"the input dispatch is {quote_inline(self.dispatch)}: write OWNER/NAME"
            )

    @property
    def publishes(self) -> bool:
        """Whether something is published at the host."""
        return self.release or self.deployment or bool(self.dispatch)

    @property
    def shows_registry(self) -> bool:
        """Whether the reports are about the whole registry, and not about one artifact."""
        return self.show or self.history or self.summary


_REPOSITORY = r"[A-Za-z0-9_-]+/(?!\.{1,2}$)[A-Za-z0-9_.-]+"
