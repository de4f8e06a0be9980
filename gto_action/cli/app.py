"""The command line.

Commands, options, tables, JSON and exit codes are those of gto 1.10.1; docs/differences.md lists
the differences. A command's module is imported when the command runs.
"""
# ruff: noqa: PLC0415 - as the docstring says

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from gto_action import __version__
from gto_action.errors import GtoActionError, QueryError
from gto_action.util.environment import current_directory, forget_repositories
from gto_action.util.parameter_types import NOT_EMPTY

if TYPE_CHECKING:
    from gto_action.services.session import Scope

Callback = Callable[..., Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or complete one; return the exit code, as docs/cli.md lists them."""
    from gto_action.cli.console import prepare_streams

    prepare_streams()
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] != ["hook"]:  # a hook is about the repository that git names
        forget_repositories(os.environ)
    if instruction := os.environ.get("_GTO_ACTION_COMPLETE"):
        from gto_action.cli.completion import complete

        return complete(cli, instruction)
    return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command; return the exit code. An error becomes one line on standard error."""
    from gto_action.cli.console import discard_output, print_error

    try:
        code = cli.main(arguments, prog_name="gto-action", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        with suppress(OSError):
            error.show()
        code = error.exit_code
    except click.UsageError as error:
        about = error.ctx.command_path if error.ctx else "gto-action"
        print_error(f"{error.format_message().rstrip('.')}; {about} --help lists what there is")
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except GtoActionError as error:
        print_error(str(error))
        code = error.exit_code_at_terminal
    except BrokenPipeError:
        discard_output()
        code = QueryError.exit_code
    except OSError as error:
        print_error(_reason_of(error))
        code = QueryError.exit_code
        if not error.filename:
            discard_output()
    except Exception as error:
        if {"--traceback", "--tb"} & set(sys.argv):
            raise
        print_error(f"a bug in gto-action, please report it: {type(error).__name__}: {error}")
        code = GtoActionError.exit_code
    return code if isinstance(code, int) else 0


def _reason_of(error: OSError) -> str:
    if not current_directory():
        return "the current directory was deleted"
    if error.filename:
        return f"the operating system refuses it: {error.filename}: {error.strerror}"
    # files have names, and errors of pipes to programs are handled where they are written to
    return f"could not write to standard output: {error.strerror}"


class _Commands(click.Group):
    """The commands; those that make requests are made when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_REQUESTS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        name = "assign" if cmd_name == "promote" else cmd_name  # gto has both
        return _request_command(name) if name in _REQUESTS else super().get_command(ctx, name)


_REQUESTS = ("register", "assign", "unassign", "deregister", "deprecate", "rollback")


@click.group(
    cls=_Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="gto-action %(version)s")
@click.option("-v", "--verbose", is_flag=True, help="Print each git command to standard error.")
@click.option("--traceback", "--tb", is_flag=True, hidden=True)
def cli(*, verbose: bool, traceback: bool) -> None:  # noqa: ARG001 - main() reads --traceback
    """Read and write an artifact registry that is kept in the tags of a Git repository.

    Commands, options and output are those of gto 1.10.1; docs/differences.md lists differences.
    """
    if verbose:
        from gto_action.cli.console import print_git_commands

        print_git_commands()


def _options(*options: Callable[[Callback], Callback]) -> Callable[[Callback], Callback]:
    def add(callback: Callback) -> Callback:
        for option in reversed(options):
            callback = option(callback)
        return callback

    return add


def _flag(*names: str, help: str) -> Callable[[Callback], Callback]:  # noqa: A002 - click's word
    return click.option(*names, is_flag=True, help=help)


def _text(*names: str, help: str, metavar: str | None = None) -> Callable[[Callback], Callback]:  # noqa: A002 - click's word
    """Return an option for text, which is empty only if it is not given."""
    return click.option(
        *names,
        type=NOT_EMPTY,
        metavar=metavar,
        callback=lambda _, __, value: value or "",
        help=help,
    )


def _switch(name: str, *, help: str) -> Callable[[Callback], Callback]:  # noqa: A002 - click's word
    return click.option(f"--{name}/--no-{name}", default=None, help=help)


def _completed_by(kind: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """Return what completes a parameter: the function ``complete_KIND`` of the completion."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        from gto_action.cli import completion

        repo = context.params.get("repo") or "."
        names: list[str] = getattr(completion, f"complete_{kind}")(repo, incomplete)
        return [CompletionItem(name) for name in names]

    return complete


def _complete_directory(_: click.Context, __: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]


_repo = click.option(
    "-r",
    "--repo",
    type=NOT_EMPTY,
    default=".",
    show_default=True,
    help="A path or a URL.",
    shell_complete=_complete_directory,
)
_json = _flag("--json", help="Print JSON.")
_plain = _flag("--plain", help="Print the table without lines, for grep.")
_scopes = _options(
    _flag("--discover", help="Include artifacts that files at HEAD annotate, without a tag."),
    _flag("--all-branches", help="Include those that files of any branch annotate."),
    _flag("--all-commits", help="Include those that files of any commit annotate."),
)


@cli.command()
@click.argument("ref", shell_complete=_completed_by("tag"))
@_repo
@_flag("--json", help="Print the event as JSON.")
@_flag("--name", help="Print the artifact's name.")
@_flag("--version", help="Print the version.")
@_flag("--event", help="Print the event.")
@_flag("--stage", help="Print the stage.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "env", "dotenv", "github"]),
    help="Print all step outputs: JSON, lines for eval, a dotenv file, GITHUB_OUTPUT.",
)
def check_ref(ref: str, repo: str, form: str | None, **flags: bool) -> None:
    """Print what a tag did.

    REF is refs/tags/NAME or NAME. A ref that is not an event prints a note to standard error and
    exits 0. With --format, a registry tag that does not exist is an error.
    """
    from gto_action.cli.commands.check_ref import print_all, print_field

    field = _one_of({**flags, "format": form is not None})
    if form:
        print_all(ref, repo, form)
    else:
        print_field(ref, repo, field)


@cli.command()
@click.argument("name", required=False, shell_complete=_completed_by("name"))
@_repo
@_json
@_plain
@_flag("--name", "show_name", help="Print names.")
@_flag("--version", help="Print versions.")
@_flag("--stage", help="Print stages.")
@_flag("--ref", help="Print tags; of a commit without one, its SHA.")
@_flag("--ro", "--registered-only", "registered_only", help="Omit commits without a version.")
@_flag("-d", "--deprecated", help="Include deprecated and deregistered versions.")
@click.option(
    "--av",
    "--assignments-per-version",
    "assignments_per_version",
    default=-1,
    help="Show the first N stages of each version; -1 for all.",
)
@click.option(
    "--vs",
    "--versions-per-stage",
    "versions_per_stage",
    default=1,
    help="Show the last N versions of each stage; -1 for all.",
)
@click.option(
    "--sort",
    type=click.Choice(["timestamp", "semver"]),
    default="timestamp",
    help="Which version of a stage is the last: by time of assignment, or by SemVer.",
)
@click.option(
    "--points-at",
    metavar="COMMIT",
    type=NOT_EMPTY,
    shell_complete=_completed_by("commit"),
    help="Show the versions at a commit, and the stages that they are in.",
)
@_scopes
def show(name: str | None, repo: str, sort: str, points_at: str | None, **options: Any) -> None:  # noqa: ANN401 - flags and numbers
    """Show the registry, or one artifact of it.

    NAME is an artifact's; NAME@latest, NAME@VERSION, NAME#STAGE and the name of a tag show one
    version of it; if there is none, the result is empty.
    """
    from gto_action.cli.commands.show import show
    from gto_action.registry.queries import ListOptions

    scope = _scope(options)
    chosen = {field: options.pop(field) for field in ListOptions.__slots__ if field in options}
    choice = ListOptions(**chosen, by_semver=sort == "semver", points_at=points_at)
    show(name, repo, choice, scope, _one_of(options))


@cli.command()
@click.argument("name", required=False, shell_complete=_completed_by("name"))
@_repo
@_json
@_plain
@_flag("--ascending", "--asc", "ascending", help="Show the oldest first.")
@_scopes
def history(name: str | None, repo: str, *, ascending: bool, **options: bool) -> None:
    """Show the history of events, the newest first.

    NAME is an artifact, or anything that names one of its versions, stages or tags.
    """
    from gto_action.cli.commands.history import history

    history(name, repo, _scope(options), _one_of(options), ascending=ascending)


@cli.command()
@_repo
@_flag("--allowed", help="List the stages that .gto and GTO_STAGES allow.")
@_flag("--used", help="List the stages that versions are in.")
@_json
def stages(repo: str, *, json: bool, **which: bool) -> None:
    """List stages: those that .gto or GTO_STAGES allow, or else those in use."""
    from gto_action.cli.commands.stages import stages

    stages(repo, _one_of(which), as_json=json)


@cli.command()
@click.argument("name", type=NOT_EMPTY, shell_complete=_completed_by("name"))
@_repo
@click.option(
    "--rev",
    type=NOT_EMPTY,
    shell_complete=_completed_by("commit"),
    help="Read the files at this commit, a ref or a SHA; by default HEAD.",
)
@_json
@_flag("--path", help="Print the path, from the repository's root.")
@_flag("--type", help="Print the type.")
@_flag("--description", help="Print the description.")
@_flag("--url", help="Print where the bytes are stored, from DVC's committed metadata.")
def describe(name: str, repo: str, rev: str | None, **flags: bool) -> None:
    """Show the annotation of an artifact.

    NAME is an artifact, at HEAD; NAME@latest, NAME@VERSION, NAME#STAGE and the name of a tag mean
    the commit of that version. It is read from dvc.yaml, with each ${...} replaced, or from
    artifacts.yaml.
    """
    from gto_action.cli.commands.describe import describe

    describe(name, repo, rev, _one_of(flags))


@cli.command()
@click.argument("name", type=NOT_EMPTY, shell_complete=_completed_by("name"))
@_repo
@click.option(
    "-o",
    "--out",
    type=NOT_EMPTY,
    help="Where to write; in a directory, under the artifact's own name.",
)
@_flag("-f", "--force", help="Replace an existing file or directory.")
@_text("--dvc-remote", help="The DVC remote to pull from.")
def get(name: str, repo: str, out: str | None, dvc_remote: str, *, force: bool) -> None:
    """Download the file or directory of an artifact.

    NAME is an artifact, for its latest version; or NAME@latest, NAME@VERSION, NAME#STAGE or the
    name of a tag. The annotation's path is read from Git or, with DVC, from the remote that the
    repository configures; the path of the copy is printed. If no suitable dvc is found, one is
    installed for this.
    """
    from gto_action.cli.commands.get import get

    get(name, repo, out, dvc_remote, force=force)


@cli.command()
@_repo
@_json
def doctor(repo: str, *, json: bool) -> int:
    """Find problems of a registry, and print how to fix each.

    Checks all tags, the files at HEAD, and the versions that are the latest or in a stage. Exits 1
    if there is an error; a warning may be intended.
    """
    from gto_action.cli.commands.doctor import doctor

    return doctor(repo, as_json=json)


@cli.command()
@click.argument("ref", required=False, shell_complete=_completed_by("tag"))
@click.option(
    "-r",
    "--repo",
    type=NOT_EMPTY,
    help="A path or a URL; by default the workspace, or outside CI the current directory.",
    shell_complete=_complete_directory,
)
@click.option(
    "--ci",
    metavar="SYSTEM",
    help="The CI system whose variables are read and which gets the outputs; by default detected.",
)
@click.option(
    "--action",
    type=click.Choice(["apply"]),
    help="Perform the step of the action apply; its inputs are variables, as INPUT_EVENTS.",
)
@_switch("show", help="Print the registry as a table.")
@_switch("history", help="Print the history of events.")
@_switch("print-outputs", help="Print the outputs.")
@_switch("summary", help="Write the job summary.")
@_switch("fetch", help="Fetch the tags from the remote first.")
@_switch("lightweight", help="Also read lightweight tags as events.")
@_switch("strict", help="Fail on almost a registry tag, and on a stage or type that .gto forbids.")
@click.option("--policy", help="enforce, report or off: what a violated policy does.")
@click.option("--policy-ref", help="The ref of the remote whose .gto has the policy.")
@_switch("pull", help="Download the artifact's file into the checkout.")
@_switch("storage-url", help="Find out where the artifact's bytes are stored.")
@click.option("--dvc-remote", help="The DVC remote to pull from.")
@click.option(
    "--time-limit",
    metavar="SECONDS",
    help="The maximum duration of the step, without the time of a pull.",
)
@click.option(
    "--ca-file", type=click.Path(), help="A file with the certificate authority of the server."
)
def run(repo: str | None, ci: str | None, action: str | None, **options: str | bool | None) -> int:
    """Perform the action's step, on any CI system.

    REF is the tag, like the input ref. It and the options default to the environment of the CI
    system, so on a runner of GitHub this is identical to the action's step. On another system the
    outputs are written to gto.env and gto.json. Exit codes are those of the step.
    """
    from gto_action.cli.commands.run import run

    return run(repo, ci, options, action=action or "")


_written_to = _options(
    _repo,
    _flag("--push", help="Push the tags, all or none; the remote's tags count."),
    _text("--remote", help="Push to this remote; by default to origin."),
    _flag("--push-each", help="Push one tag after the other to a server without atomic pushes."),
    _flag("--push-commits", help="Push the tagged commits too, if the remote lacks them."),
    _flag("-s", "--sign", help="Sign the tags, as git tag --sign does."),
    _text("-u", "--local-user", "key", help="Sign the tags with this key."),
    _flag("--dry-run", help="Print what would be created, and create nothing."),
    _text(
        "--override",
        metavar="REASON",
        help="Override the policy, if it allows that; the reason is kept in the tag's message.",
    ),
    _flag("--allow-future", help="Write after an event that is far ahead of the clock."),
    _flag("--json", "as_json", help="Print the created events as JSON."),
)


@cli.command()
@click.option(
    "-f",
    "--file",
    default="-",
    type=click.Path(allow_dash=True),
    callback=lambda context, parameter, value: NOT_EMPTY.convert(value, parameter, context),
    help="The file with the lines; by default standard input.",
)
@_flag("--if-needed", help="Create no tag for a line that would change nothing.")
@_written_to
def apply(file: str, *, if_needed: bool, **options: Any) -> None:  # noqa: ANN401 - as show
    """Fulfil many requests at once: all of them, or none.

    Each line is a command that creates tags, as "register churn --bump-minor", with its arguments
    and those options that are not about the whole. "#" begins a comment.
    """
    from gto_action.cli.commands.write import WriteCommand, apply

    apply(file, WriteCommand(**options), if_needed=if_needed)


def _request_command(name: str) -> click.Command:
    """Return the command that makes a request, with the options of where to write it."""
    from gto_action.registry.request_lines import request_commands

    command = request_commands(_completed_by)[name]
    own = {parameter.name for parameter in command.params}

    def callback(**options: Any) -> None:  # noqa: ANN401 - as show
        from gto_action.cli.commands.write import WriteCommand, change
        from gto_action.registry.requests import NumberedRequest

        assert command.callback
        request = command.callback(**{key: options[key] for key in options if key in own})
        others = {key: value for key, value in options.items() if key not in own}
        change([NumberedRequest(request)], WriteCommand(**others))

    made = click.command(name, help=command.help)(_written_to(callback))  # which has --help
    made.params = [*command.params, *made.params]
    return made


_local_repo = click.option(
    "-r",
    "--repo",
    type=NOT_EMPTY,
    default=".",
    show_default=True,
    help="The directory of the repository.",
    shell_complete=_complete_directory,
)


@cli.command()
@click.argument("name", type=NOT_EMPTY, shell_complete=_completed_by("name"))
@_text("--path", help="Its path, relative to the file; or a URL.")
@_text("--type", "type", help="Its type, as model.")
@_text("--description", help="What it is.")
@click.option(
    "--label", "labels", type=NOT_EMPTY, multiple=True, help="Add a label; may be repeated."
)
@click.option("--custom", help="Any JSON.")
@_text("--file", help="The file to change, dvc.yaml or artifacts.yaml.")
@_local_repo
def annotate(repo: str, custom: str | None, **options: Any) -> None:  # noqa: ANN401 - as show
    """Describe an artifact in dvc.yaml or artifacts.yaml of the work tree.

    The file that describes it already is changed; otherwise DIR/dvc.yaml if there is one, or
    artifacts.yaml. The rest of the file stays as it is. Nothing is committed.
    """
    from gto_action.cli.commands.annotate import annotate, parse_custom
    from gto_action.services.annotate import AnnotationChange

    value = None if custom is None else parse_custom(custom)
    annotate(AnnotationChange(custom=value, **options), repo)


@cli.command(hidden=True)
@click.argument("type", type=NOT_EMPTY)
@click.argument("name", type=NOT_EMPTY)
@click.argument("path", type=NOT_EMPTY)
@_local_repo
def add(repo: str, **options: str) -> None:
    """Describe an artifact, as older versions of gto did."""
    from gto_action.cli.commands.annotate import annotate
    from gto_action.services.annotate import AnnotationChange

    annotate(AnnotationChange(**options), repo)


_policy_ref = _text(
    "--policy-ref",
    help="The ref whose .gto has the policy; by default the remote's default branch.",
)


@cli.group(invoke_without_command=True)
@_repo
@_policy_ref
@click.pass_context
def policy(context: click.Context, repo: str, policy_ref: str) -> None:
    """Print the policy as it applies to each artifact, and the events that violate it."""
    if context.invoked_subcommand is None:
        from gto_action.cli.commands.policy import show

        show(repo, policy_ref)


@policy.command("check")
@click.argument("tags", nargs=-1, required=True, shell_complete=_completed_by("tag"))
@_repo
@_policy_ref
def policy_check(tags: tuple[str, ...], repo: str, policy_ref: str) -> int:
    """Print what TAGS violate, without creating anything; exit with 12 if any does."""
    from gto_action.cli.commands.policy import check

    return check(tags, repo, policy_ref)


@cli.group()
def hook() -> None:
    """Judge pushes, as a hook of a Git server."""


@hook.command("pre-receive")
@click.option(
    "--actor-env",
    metavar="VARIABLE",
    type=NOT_EMPTY,
    help="The variable with the login of who pushes, as REMOTE_USER or GL_USERNAME.",
)
def pre_receive(actor_env: str | None) -> int:
    """Refuse a push whose registry tags violate the policy, with exit code 12."""
    from gto_action.cli.commands.hook import pre_receive

    return pre_receive(actor_env)


@cli.command()
@click.argument("name", type=NOT_EMPTY, shell_complete=_completed_by("name"))
@_local_repo
def remove(name: str, repo: str) -> None:
    """Remove an artifact's entry from dvc.yaml or artifacts.yaml of the work tree."""
    from gto_action.cli.commands.annotate import remove

    remove(name, repo)


@cli.command(hidden=True)
@click.argument("name", shell_complete=_completed_by("tag"))
@click.option("--key", help="Print one part.")
def parse_tag(name: str, key: str | None) -> None:
    """Print the parts of a tag's name as JSON."""
    from gto_action.cli.commands.plumbing import parse_tag

    parse_tag(name, key)


@cli.command(hidden=True)
@_repo
def print_state(repo: str) -> None:
    """Print all that is known about all artifacts as JSON."""
    from gto_action.cli.commands.plumbing import print_state

    print_state(repo)


def _one_of(flags: Mapping[str, bool]) -> str | None:
    """Return the one option that is set, if any is."""
    selected = [name.removeprefix("show_") for name, is_set in flags.items() if is_set]
    if len(selected) > 1:
        conflicting = ", ".join(f"--{name}" for name in selected)
        raise QueryError(f"these exclude each other: {conflicting}; choose one")
    return selected[0] if selected else None


def _scope(options: dict[str, Any]) -> Scope:
    """Remove the scopes from the options; return the widest of them."""
    from gto_action.services.session import Scope

    selected = [scope for scope in Scope if options.pop(scope.value, False)]
    return max(selected, default=Scope.TAGS, key=[*Scope].index)
