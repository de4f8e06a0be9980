"""The inputs of the step that changes the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gto_action.action.declared_inputs import RepositoryInputs, declare_input


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyInputs(RepositoryInputs):
    """The inputs of the step that changes the registry."""

    PREFERS_TOKEN: ClassVar[bool] = True

    events: str = declare_input(
        "What to register, assign and so on: one request in each line, as in `gto-action apply`. "
        "Never insert data that others control.",
        default="",
        shown="nothing, which is an error",
    )
    ref: str = declare_input(
        "The commit that `HEAD`, and a line without a ref, is about: a SHA, a branch or a tag of "
        "the remote.",
        default="",
        shown="the commit of the run, or with `path` the one that is checked out there",
    )
    message: str = declare_input(
        "The message of the tags whose lines have none.",
        default="",
        shown="a sentence that says what the tag does",
    )
    if_needed: bool = declare_input(
        "Succeed without a tag for a line that would change nothing. Otherwise it is an error, "
        "except with `--changed`.",
        default=False,
    )
    dry_run: bool = declare_input(
        "Create nothing: the job summary and the log show what would be created.",
        default=False,
    )
    sign: bool = declare_input(
        "Sign the tags, with `signing-key` or as Git's configuration says.",
        default=False,
    )
    signing_key: str = declare_input(
        "A private key of SSH, without a passphrase, that signs the tags.",
        default="",
        shown="the key of Git's configuration, if `sign` is `true`",
        secret=True,
    )
    token: str = declare_input(
        "The token for the fetch and the push; it needs `contents: write`. If it is set to "
        "`''`, the credentials that the checkout kept.",
        default="",
        shown="the job's token, whose tags start no workflow",
        of_action="${{ github.token }}",
        secret=True,
    )
