"""Change a registry: plan requests on the tags that are there, and create the new tags."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from gto_action.errors import (
    ConflictError,
    FetchError,
    PushError,
    QueryError,
    RefusedError,
    TimeLimitError,
)
from gto_action.git.new_tags import Tagger
from gto_action.interpretation import Interpretation
from gto_action.policy.gto_file import find_forbidden
from gto_action.registry.events import Tag, read_events
from gto_action.registry.plan import Clock, Plan, plan
from gto_action.registry.replay import Registry, replay
from gto_action.registry.requests import (
    AnyRequest,
    NumberedRequest,
    Register,
    Request,
    Unassign,
    artifacts_of,
    at_line,
    refs_of,
)
from gto_action.services.approval import Approval, as_tag, check_override, overriding
from gto_action.services.interpret import with_annotation
from gto_action.services.session import RegistrySession
from gto_action.services.targets import Target


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a change is made: ``dry_run`` creates nothing.

    ``allow_future`` writes after an event that is far ahead of the clock, ``interprets`` gives the
    interpretation of each new tag. ``branch`` is the ref whose push started a run, and ``head`` its
    commit then: if the branch has another one now, what changed at ``head`` is left to the run of
    that one. ``override`` is the reason why the policy is overridden, if it is.
    """

    dry_run: bool = False
    allow_future: bool = False
    interprets: bool = False
    branch: str = ""
    head: str = ""
    override: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The plan that was carried out, and if requested the interpretation of each new tag.

    Then ``registry`` is the one after the change.
    """

    plan: Plan
    registry: Registry | None = None
    interpretations: tuple[Interpretation, ...] = ()


def write(
    target: Target,
    requests: Sequence[NumberedRequest],
    options: WriteOptions,
    report: Callable[[str], None],
) -> Written:
    """Create the tags that requests need, all or none; return what was made.

    The notes of the target are reported, whether it succeeds or not. If another process takes a
    name first, the requests are planned again on the tags that are there then. Raises RefusedError
    and QueryError for requests that are refused; ConflictError, PushError, PolicyError, InputError,
    FetchError, UnreadableRepositoryError.
    """
    try:
        return _write(target, requests, options)
    finally:
        for note in target.notes:
            report(note)


def _write(target: Target, requests: Sequence[NumberedRequest], options: WriteOptions) -> Written:
    check_override(options.override)
    deadline = time.monotonic() + _PATIENCE
    pause = _FIRST_PAUSE
    lost: object = None
    alike = 0
    while True:
        with target.open() as (session, make):
            _check_stages(target.configured(session), requests)
            tags = list(session.source.tags())
            commits = _find_commits(target, session, requests, {tag.commit for tag in tags})
            tagger = target.read_tagger(session)
            wanted = _still_wanted(target, session, requests, options)
            expanded = _expand(session, tags, wanted, commits)
            target.compare(session, artifacts_of(expanded))
            clock = Clock(tagger.time, tagger.is_explicit, options.allow_future)
            planned = overriding(plan(tags, expanded, commits, clock), options.override)
            target.check(session, planned, dry_run=options.dry_run)
            changes = not options.dry_run and bool(planned.created or planned.deleted)
            known = {tag.name for tag in tags}
            written = Written(planned)
            if options.interprets:  # before the change: nothing that can fail comes after it
                written = _interpreted(session, tags, planned, tagger)
            approval = Approval(target, session, tags, planned, tagger)
            if not changes:
                approval.rehearse()
                target.check_names(planned)
            if not changes or make(planned, tagger, known, approval.approve):
                if changes:
                    now = _appeared(target, session, known | {tag.name for tag in planned.created})
                    _check_conflict(planned, known, now, expanded, commits)
                    written = _as_of(now, written)
                return _without(target.identical, written)
        names = [tag.name for tag in planned.created], planned.deleted
        alike = alike + 1 if names == lost else 1
        lost = names
        if alike > _MAX_ALIKE or time.monotonic() > deadline:
            raise PushError(
                target.failure
                or "other processes changed the same tags all the time: try again later"
            )
        time.sleep(random.uniform(0, pause))  # noqa: S311 - so that not all try at once
        pause = min(2 * pause, _LONGEST_PAUSE)


def _check_conflict(
    planned: Plan,
    known: Iterable[str],
    now: Sequence[Tag],
    requests: Sequence[NumberedRequest],
    commits: Mapping[str, str],
) -> None:
    """Raise ConflictError if tags that appeared meanwhile would have refused the requests.

    A tag of a later time was created by a process that has read ours, or that reports the conflict.
    """
    ours = {tag.name for tag in planned.created}
    last = max((tag.time for tag in planned.created), default=0)
    others = [tag for tag in now if tag.name not in ours]
    before = [tag for tag in others if tag.name in known or tag.time <= last]
    appeared = [tag.name for tag in before if tag.name not in known]
    if not appeared:
        return
    strict = [
        replace(numbered, request=replace(numbered.request, if_needed=False))
        if isinstance(numbered.request, Register)
        else numbered
        for numbered in requests
    ]
    try:
        plan(before, strict, commits, Clock(last + 1, allow_future=True))
    except RefusedError as error:
        raise ConflictError(
            f"{', '.join(sorted(ours))} and {', '.join(appeared)} were created at the same time, "
            f"and both are there, although they exclude each other: {error}"
        ) from error


def _appeared(target: Target, session: RegistrySession, known: Iterable[str]) -> list[Tag]:
    try:
        return target.appeared(session, known)
    except (FetchError, TimeLimitError) as error:  # the change was made
        target.notes.append(f"whether another change was made at the same time is unknown: {error}")
        return []


def _without(names: AbstractSet[str], written: Written) -> Written:
    """Return what was made but for the tags that another process made alike: they are its own."""
    created = tuple(tag for tag in written.plan.created if tag.name not in names)
    interpretations = tuple(
        each
        for each in written.interpretations
        if each.replayed and each.replayed.event.tag.name not in names
    )
    plan = replace(written.plan, created=created)
    return replace(written, plan=plan, interpretations=interpretations)


def _interpreted(
    session: RegistrySession, tags: Iterable[Tag], planned: Plan, tagger: Tagger
) -> Written:
    """Interpret new tags as the step that reads them would, once they are there."""
    deleted = set(planned.deleted)
    kept = (tag for tag in tags if tag.name not in deleted)
    new = (as_tag(tag, tagger) for tag in planned.created)
    registry = replay(read_events([*kept, *new]))
    interpretations = (
        with_annotation(
            Interpretation(registry, "", registry.artifacts[tag.parts.name].find_event(tag.name)),
            session.source,
            session.overrides,
            is_planned=True,
        )
        for tag in planned.created
    )
    return Written(planned, registry, tuple(interpretations))


def _as_of(tags: Sequence[Tag], written: Written) -> Written:
    """Return what was made as it is among all tags after the push, if others have appeared."""
    if not (tags and written.interpretations):
        return written
    registry = replay(read_events(tags))
    interpretations = []
    for each in written.interpretations:
        assert each.replayed
        event = each.replayed.event
        replayed = registry.artifacts[event.name].find_event(event.tag.name)
        interpretations.append(replace(each, registry=registry, replayed=replayed))
    return replace(written, registry=registry, interpretations=tuple(interpretations))


def _check_stages(session: RegistrySession, requests: Iterable[NumberedRequest]) -> None:
    """Raise QueryError if .gto or GTO_STAGES does not allow a stage; it may be left anyway."""
    for numbered in requests:
        is_left = isinstance(numbered.request, Unassign)
        stage = None if is_left else getattr(numbered.request, "stage", None)
        if stage is not None:
            for forbidden in find_forbidden(session.config, stage=stage, kind=""):
                raise at_line(QueryError(forbidden.message), numbered.line)


def _find_commits(
    target: Target,
    session: RegistrySession,
    requests: Iterable[NumberedRequest],
    tagged: AbstractSet[str],
) -> dict[str, str]:
    """Return the SHAs of the commits of the requests' refs. Raises QueryError, FetchError.

    A SHA that is ``tagged`` is the commit's: a remote need not be asked again.
    """
    commits: dict[str, str] = {}
    for numbered in requests:
        for ref in refs_of(numbered.request):
            try:
                known = ref if ref in tagged else commits.get(ref)
                commits[ref] = known or target.find_commit(session, ref)
            except QueryError as error:
                about = numbered.request
                hint = "" if isinstance(about, Request) else "; --changed takes a REF, and no NAME"
                raise at_line(type(error)(f"{error}{hint}"), numbered.line) from error
    return commits


def _still_wanted(
    target: Target,
    session: RegistrySession,
    requests: Sequence[NumberedRequest],
    options: WriteOptions,
) -> Sequence[NumberedRequest]:
    """Leave out requests about what changed at a commit that its branch has left behind."""

    def is_of_head(request: AnyRequest) -> bool:
        return not isinstance(request, Request) and refs_of(request) == (options.head,)

    fetch = session.source.fetch
    if not (options.branch and fetch and any(is_of_head(each.request) for each in requests)):
        return requests
    now = fetch.branch_head(options.branch)
    if now in {"", options.head}:
        return requests
    note = (
        f"{options.branch.removeprefix('refs/heads/')} is at {now[:7]} by now, and no longer at "
        f"{options.head[:7]}: what changed is left to the run of the newer commit"
    )
    if note not in target.notes:
        target.notes.append(note)
    return [each for each in requests if not is_of_head(each.request)]


def _expand(
    session: RegistrySession,
    tags: Sequence[Tag],
    requests: Sequence[NumberedRequest],
    commits: Mapping[str, str],
) -> Sequence[NumberedRequest]:
    """Replace requests about what changed by those for each artifact."""
    if all(isinstance(numbered.request, Request) for numbered in requests):
        return requests
    # few requests need it, and what reads DVC's files takes time to import
    from gto_action.services.changed import expand  # noqa: PLC0415

    return expand(session, replay(read_events(tags)), requests, commits)


_PATIENCE = 60.0
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0
_MAX_ALIKE = 5
