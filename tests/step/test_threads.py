"""Interpretations and downloads in threads of one process, as in a server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, current_thread, main_thread

from gto_action.artifacts.download import download, find_location
from gto_action.artifacts.request import DownloadContext, DownloadRequest
from gto_action.git.fetch import FetchObserver
from gto_action.git.source import open_location
from gto_action.policy.overrides import Overrides
from gto_action.registry.references import read_ref
from gto_action.reporting.outputs import outputs_of
from gto_action.services.interpret import interpret
from gto_action.util.interrupts import interrupt, uninterrupted
from testkit.demo_registry import build_demo
from testkit.dvc_projects import Dvc
from testkit.repositories import Builder, git_environment

ROUNDS = 3


def _outputs(repository: Path, tag: str) -> dict[str, str]:
    """Fetch the tags of a repository by its URL, and interpret one of them."""
    observer = FetchObserver(print)
    with open_location(repository.as_uri(), git_environment(), observer=observer) as source:
        return outputs_of(interpret(read_ref(tag), source, Overrides())).texts()


def _models(path: Path) -> Path:
    builder = Builder(path)
    files = {"artifacts.yaml": "model: {path: model.pkl}\n", "model.pkl": "a model\n"}
    builder.tag("model@v1.0.0", builder.commit(files))
    return builder.build()


def test_two_repositories_are_interpreted_at_once(tmp_path: Path) -> None:
    tasks = [
        (build_demo(tmp_path / "demo.git"), "churn#prod#3"),
        (_models(tmp_path / "models.git"), "model@v1.0.0"),
    ]
    expected = [_outputs(*task) for task in tasks]
    assert [item["version"] for item in expected] == ["v1.1.0", "v1.0.0"]
    together = Barrier(len(tasks))

    def interpret_at_once(task: tuple[Path, str]) -> dict[str, str]:
        assert current_thread() is not main_thread()
        together.wait(60)
        return _outputs(*task)

    with ThreadPoolExecutor(len(tasks)) as threads:
        for _ in range(ROUNDS):
            assert list(threads.map(interpret_at_once, tasks)) == expected


def test_two_artifacts_are_downloaded_at_once(dvc: Dvc, small: Path, tmp_path: Path) -> None:
    repositories = (small / "remote", _models(tmp_path / "models.git"))
    tags, paths = ("churn@v1.0.0", "model@v1.0.0"), ("models/churn.pkl", "model.pkl")
    environment = {**git_environment(), **dvc.path}
    together = Barrier(2)

    def download_at_once(number: int) -> list[str]:
        assert current_thread() is not main_thread()
        observer = FetchObserver(print)
        (tmp_path / str(number)).mkdir()
        together.wait(60)
        with open_location(str(repositories[number]), environment, observer=observer) as source:
            event = interpret(read_ref(tags[number]), source, Overrides()).replayed
            assert event
            request = DownloadRequest(
                paths[number], event.event.commit, tags[number], str(small / "remote"), environment
            )
            location = find_location(source, request)
            context = DownloadContext(str(tmp_path), print)
            parts = download(location, location.in_git, context, str(tmp_path / str(number)))
            return [Path(part).read_text() for part in parts.values()]

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(download_at_once, range(2))) == [["a model\n"], ["a model\n"]]


def test_another_thread_does_not_delay_an_interruption() -> None:
    inside, done = Barrier(2), Barrier(2)

    def wait_inside() -> None:
        with uninterrupted():
            inside.wait(60)
            done.wait(60)

    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(wait_inside)
        inside.wait(60)
        raised = False
        try:
            interrupt(SystemExit(130))
        except SystemExit:
            raised = True
        done.wait(60)
        future.result()
    assert raised
