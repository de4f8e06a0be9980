"""`gto-action hook`: judge a push on the server."""

from __future__ import annotations

import os
import sys

from gto_action.cli.console import print_error
from gto_action.errors import PolicyError, QueryError
from gto_action.git.receive import parse_updates
from gto_action.git.runner import GitRunner
from gto_action.services.enforcement import clock
from gto_action.services.push_judgement import judge_push
from gto_action.util.environment import hook_environment

MAX_SENTENCES = 20
"""The most sentences that a pusher is shown."""


def pre_receive(actor_variable: str | None) -> int:
    """Judge the push whose lines are on standard input; return the exit code.

    ``actor_variable`` names the variable that has the login of who pushes. Raises GtoActionError.
    """
    if sys.stdin is None:
        raise QueryError("standard input is closed: a hook gets the updates of a push there")
    updates = parse_updates(sys.stdin.read())
    repository = GitRunner(os.getcwd(), hook_environment(os.environ))
    actor = os.environ.get(actor_variable) if actor_variable else None
    sentences = judge_push(repository, updates, actor or None, clock())
    for sentence in sentences[:MAX_SENTENCES]:
        print_error(f"refused: {sentence}")
    if len(sentences) > MAX_SENTENCES:
        print_error(f"refused: and {len(sentences) - MAX_SENTENCES} more")
    return PolicyError.exit_code if sentences else 0
