"""Approve new tags under the policy of the repository, before they are anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gto_action.errors import PolicyError, QueryError
from gto_action.git.new_tags import Tagger, content_of
from gto_action.git.signatures import read_signature
from gto_action.git.tags import message_as_read
from gto_action.policy.gto_file import FILE
from gto_action.registry.events import Tag, read_events
from gto_action.registry.plan import Plan, PlannedTag
from gto_action.services.session import RegistrySession
from gto_action.services.targets import Target, new_tags_of
from gto_action.util.text import quote_inline

if TYPE_CHECKING:  # as in _judge
    from gto_action.policy.rules import Violation


class Approval:
    """The approval of a plan: of the tags that it creates, and of those that it deletes.

    ``tags`` are those that are there. Nothing is read before it is asked for.
    """

    def __init__(
        self,
        target: Target,
        session: RegistrySession,
        tags: Sequence[Tag],
        planned: Plan,
        tagger: Tagger,
    ) -> None:
        self._target = target
        self._session = session
        self._tags = tags
        self._planned = planned
        self._tagger = tagger

    def rehearse(self) -> None:
        """Raise PolicyError if the plan would be refused; tags to be signed count as signed."""
        if not (self._planned.created or self._planned.deleted):
            return
        tags = list(new_tags_of(self._planned))
        is_signed = self._target.signs(self._session)
        self._judge(
            {tag.name: content_of(self._tagger, tag) for tag in tags},
            to_be_signed=frozenset(tag.name for tag in tags if is_signed),
        )

    def approve(self, contents: Mapping[str, bytes]) -> None:
        """Raise PolicyError if new tags, given their objects by name, violate the policy.

        What only the host can decide becomes a note of the target.
        """
        self._judge(contents)

    def _judge(
        self, contents: Mapping[str, bytes], to_be_signed: frozenset[str] = frozenset()
    ) -> None:
        # few registries have a policy, and what reads it takes time to import
        from gto_action.policy.rules import Judge  # noqa: PLC0415
        from gto_action.services import enforcement  # noqa: PLC0415

        source = self._session.source
        found = enforcement.find_policy(source)
        if found.broken:
            raise PolicyError(f"the policy refuses everything: {found.broken}")
        if found.policy is None:
            # a policy here that is nobody's but this checkout's does not apply
            if found.notice and b"policy" in source.repository.output("show", f"HEAD:{FILE}"):
                self._note(found.notice)
            return
        self._check_deletions(found.policy.deleters)
        deleted = set(self._planned.deleted)
        kept = [tag for tag in self._tags if tag.name not in deleted]
        new = [as_tag(tag, self._tagger) for tag in self._planned.created]
        events = list(read_events([*kept, *new]))
        together = frozenset(tag.name for tag in self._planned.created)
        judge = Judge(enforcement.clock(), at_creation=True, together=together)
        for name in dict.fromkeys(tag.parts.name for tag in self._planned.created):
            of_artifact = [event for event in events if event.name == name]
            tags = [event.tag.name for event in of_artifact if event.tag.name in together]
            evidence = enforcement.RepositoryEvidence(
                source=source,
                keys=found.keys,
                now=judge.now,
                commits=[event.commit for event in of_artifact],
                unsaved=contents,
                to_be_signed=to_be_signed,
            )
            judged = enforcement.judge_tags(of_artifact, tags, found, evidence, judge)
            for tag, judgement in judged.items():
                self._conclude(tag, judgement.violations)
            if evidence.assumed:
                self._note(
                    "nothing was signed, so the policy's rules of signatures are not decided"
                )

    def _conclude(self, tag: str, violations: Iterable[Violation]) -> None:
        refused = []
        for violation in violations:
            if violation.is_undecided:
                self._note(f"the host decides whether {tag} is allowed: {violation.message}")
            else:
                refused.append(str(violation))
        if refused:
            raise PolicyError(f"the policy refuses {tag}: {'; '.join(refused)}")

    def _check_deletions(self, deleters: Sequence[str]) -> None:
        names = ", ".join(self._planned.deleted)
        if names and not deleters:
            raise PolicyError(f"the policy allows nobody to delete a registry tag: {names}")
        if names:
            allowed = ", ".join(deleters)
            self._note(f"the host decides whether {names} may be deleted: only {allowed} may")

    def _note(self, note: str) -> None:
        if note not in self._target.notes:
            self._target.notes.append(note)


def as_tag(planned: PlannedTag, tagger: Tagger) -> Tag:
    """Return a planned tag as it will be read."""
    header = f"{tagger.identity} {planned.time} {tagger.zone}"
    author = read_signature(header.encode(errors="surrogateescape"))
    return Tag(
        planned.name,
        planned.commit,
        author=author.name,
        author_email=author.email,
        time=planned.time,
        offset=author.offset,
        message=message_as_read(planned.message),
    )


def check_override(reason: str) -> None:
    """Raise QueryError for a reason that a trailer can't hold."""
    if reason and (not reason.strip() or not reason.isprintable()):
        raise QueryError(f"the reason {quote_inline(reason)} of --override is not one line of text")


def overriding(planned: Plan, reason: str) -> Plan:
    """Return a plan whose tags override the policy for a reason; without one as it is."""
    if not reason:
        return planned
    from gto_action.policy.rules import OVERRIDE  # noqa: PLC0415 - few changes need it

    created = (
        replace(tag, message=f"{tag.message.rstrip()}\n\n{OVERRIDE}: {reason.strip()}")
        for tag in planned.created
    )
    return replace(planned, created=tuple(created))
