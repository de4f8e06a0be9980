"""The Python interface, and the examples of its page."""

from __future__ import annotations

import asyncio
import base64
import inspect
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

import gto_action
from gto_action import GtoActionError, api, open_registry
from testkit.demo_registry import build_demo
from testkit.repositories import git
from testkit.servers import http_server
from tests.terminal.harness import ROOT, terminal_environment
from tests.writing.harness import WHO, tags

ENVIRONMENT = {**terminal_environment(), **WHO}
TOKEN = "secret"  # noqa: S105 - of a server on this machine
URL = "https://example.org/models.git"
PAGE = (ROOT / "docs/python.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return build_demo(tmp_path / "models.git")


def test_a_password_is_in_no_text(demo: Path) -> None:
    with http_server(demo.parent) as server:
        url = f"{server.url}/{demo.name}".replace("//", "//u:secretpw@", 1)
        registry = open_registry(url, environ=ENVIRONMENT)
        with pytest.raises(GtoActionError) as error:
            registry["nope"]
        for text in (repr(registry), str(error.value)):
            assert "secretpw" not in text
            assert "127.0.0.1" in text


def test_values_of_another_kind_are_named(demo: Path) -> None:
    registry = open_registry(demo, environ=ENVIRONMENT)
    with pytest.raises(GtoActionError, match="simple is 'x': it must be true, false or None"):
        registry.register("a", simple="x")  # type: ignore[arg-type]
    git("clone", "--quiet", str(demo), str(demo.parent / "clone"))
    clone = open_registry(demo.parent / "clone")
    with pytest.raises(GtoActionError, match="labels is 'abc': it must be a list of strings"):
        clone.annotate("lab", path="p", labels="abc")
    for wrong in (5, None, b"x"):
        with pytest.raises(GtoActionError, match=r"name is .*: it must be a string"):
            registry.register(wrong)  # type: ignore[arg-type]
    for making in ({"dry_run": 1}, {"sign": "yes"}, {"key": b"x"}):
        with pytest.raises(GtoActionError, match=r"(dry_run|sign|key) is .*: it must be "):
            registry.register("a", **making)
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'dryrun'"):
        registry.register("a", dryrun=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="got an unexpected keyword argument 'version'"):
        registry.deprecate("churn", version="v1.0.0")  # type: ignore[call-arg]
    assert "a" not in registry
    for wrong in (5, None, b"x"):
        with pytest.raises(GtoActionError, match=r"ref is .*: it must be a string"):
            registry.interpret(wrong)  # type: ignore[arg-type]
    for change in (
        lambda: registry.describe(None),  # type: ignore[arg-type]
        lambda: registry.describe("churn", rev=5),  # type: ignore[arg-type]
        lambda: registry.download(None),  # type: ignore[arg-type]
        lambda: registry.download("churn", out=None),  # type: ignore[arg-type]
        lambda: clone.remove(None),  # type: ignore[arg-type]
        lambda: clone.annotate(None, path="x"),  # type: ignore[arg-type]
        lambda: open_registry(b"x"),  # type: ignore[arg-type]
        lambda: open_registry(None),  # type: ignore[arg-type]
    ):
        with pytest.raises(GtoActionError, match="it must be a string"):
            change()
    with pytest.raises(GtoActionError, match="a label is empty"):
        clone.annotate("lab", path="p", labels=[""])
    with pytest.raises(GtoActionError, match="lines must be one string, or a list of strings"):
        registry.apply(b"register x")  # type: ignore[arg-type]
    with pytest.raises(GtoActionError, match="lines must be one string, or a list of strings"):
        registry.apply(None)  # type: ignore[arg-type]
    created = registry.apply(["register x", "register y"])
    assert [each.tag for each in created] == ["x@v0.0.1", "y@v0.0.1"]


def test_the_registry_is_a_mapping_of_artifacts(demo: Path) -> None:
    registry = open_registry(demo, environ=ENVIRONMENT)
    assert list(registry) == ["churn", "models/nlp:cv-class", "segment"]
    assert len(registry) == 3
    assert "nope" not in registry
    churn = registry["churn"]
    assert churn.latest is not None
    assert (churn.latest.version, churn.latest.active) == ("v2.0.0-rc.1", True)
    assert churn.stages["prod"].version == "v1.1.0"
    assert churn.stages["prod"].commit == git("-C", str(demo), "rev-parse", "churn#prod#3^{}")
    assert [version.version for version in churn.versions] == ["v2.0.0-rc.1", "v1.1.0", "v1.0.0"]
    assert not registry["segment"].active
    assert registry.stages() == ["dev", "prod"]
    assert len(registry.history()) == 14
    assert registry.history("churn")[0].event.tag.name == "churn@v1.0.0"
    assert registry.interpret("churn#prod#3").previous_version == "v1.0.0"
    described = registry.describe("churn@v1.1.0")
    assert described is not None
    assert described.path == "models/churn.pkl"
    assert registry.describe("nope") is None
    path = registry.download("churn#prod", str(demo.parent / "new/"))
    assert Path(path).read_text() == "a better model\n"
    assert registry.doctor() == []


def test_a_change_is_seen_by_the_same_registry(demo: Path) -> None:
    registry = open_registry(demo, environ=ENVIRONMENT)
    assert "new" not in registry
    (created,) = registry.register("new", "main", bump="")
    assert (created.event, created.version, created.tag) == ("registration", "v0.0.1", "new@v0.0.1")
    assert registry["new"].latest is not None
    registry.assign("new", "dev", version="v0.0.1")
    registry.assign("new", "dev", "main~1")
    assert registry["new"].stages["dev"].version == "v0.0.2"
    registry.rollback("new", "dev")
    assert registry["new"].stages["dev"].version == "v0.0.1"
    registry.unassign("new", "dev")
    registry.deregister("new", "v0.0.1")
    registry.deprecate("new")
    assert not registry["new"].active
    assert registry.apply("register a main\nassign a main --stage dev\n")[1].stage == "dev"
    assert registry.apply("register a main\n", if_needed=True) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda registry: registry["nope"],
        lambda registry: registry.interpret("churn@v9.9.9"),
        lambda registry: registry.register("churn", "nope"),
        lambda registry: registry.register("churn", bump="enormous"),
        lambda registry: registry.register("churn", "churn@v1.1.0"),
        lambda registry: registry.register("x", push=True),
        lambda registry: registry.register("x", remote="nope"),
        lambda registry: registry.apply("nope"),
        lambda registry: registry.apply("register x --help"),
        lambda registry: registry.register("x", "HE\0AD"),
        lambda registry: registry.register("x", "main", message="\ud800"),
        lambda registry: registry.annotate("x", custom={"a": float("nan")}),
        lambda registry: registry.apply("register x", message="y"),
        lambda registry: registry.describe("churn@v9.9.9"),
        lambda registry: registry.describe("churn@latest", "main"),
        lambda registry: registry.annotate("churn", path="x"),
        lambda registry: registry.remove("churn"),
        lambda _: open_registry("http://"),
        lambda _: open_registry("/nowhere")["churn"],
    ],
)
def test_every_error_is_one_of_ours(wrong, demo: Path) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    before = tags(demo)
    with pytest.raises(GtoActionError) as error:
        wrong(open_registry(demo, environ=ENVIRONMENT))
    assert "\n" not in str(error.value)
    assert tags(demo) == before


def test_an_unknown_artifact_is_also_a_key_error(demo: Path) -> None:
    with pytest.raises(KeyError, match="there is no artifact 'nope' in "):
        open_registry(demo, environ=ENVIRONMENT)["nope"]


def test_a_token_opens_a_private_registry(demo: Path) -> None:
    secret = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    git("-C", str(demo), "config", "http.receivepack", "true")
    with http_server(demo.parent, f"Basic {secret}") as server:
        url = f"{server.url}/{demo.name}"
        registry = open_registry(url, token=TOKEN, environ=ENVIRONMENT)
        assert TOKEN not in repr(registry)
        assert "churn" in registry
        registry.register("new", "main")
        with pytest.raises(GtoActionError) as refused:
            open_registry(url, environ=ENVIRONMENT)["churn"]
    assert "new@v0.0.1" in tags(demo)
    assert "could not fetch the tags" in str(refused.value)


def test_warnings_go_to_a_logger(demo: Path, caplog: pytest.LogCaptureFixture) -> None:
    checkout = demo.parent / "checkout"
    git("clone", "--quiet", "--depth=1", demo.as_uri(), str(checkout))
    with caplog.at_level(logging.WARNING, "gto_action"):
        assert list(open_registry(checkout, environ=ENVIRONMENT)) == []
    assert "tags" in caplog.text


def test_it_runs_in_threads_of_asyncio(demo: Path) -> None:
    registry = open_registry(demo, environ=ENVIRONMENT)

    async def many() -> list[object]:
        calls = (asyncio.to_thread(registry.register, f"m{number}", "main") for number in range(4))
        return list(await asyncio.gather(*calls))

    assert len(asyncio.run(many())) == 4
    assert len([tag for tag in tags(demo) if tag.startswith("m")]) == 4 + 2


def test_importing_the_package_imports_nothing_else() -> None:
    script = (
        "import sys, gto_action; print([m for m in sys.modules if m.startswith('gto_action.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_the_names_of_the_package_are_there() -> None:
    assert all(hasattr(gto_action, name) for name in gto_action.__all__)
    with pytest.raises(AttributeError):
        _ = gto_action.nothing


def test_every_method_has_a_description_on_the_page() -> None:
    methods = [
        name
        for name, _ in inspect.getmembers(api.OpenRegistry, inspect.isfunction)
        if not name.startswith("_") and name not in {"get", "items", "keys", "values"}
    ]
    assert [name for name in methods if f"`{name}(" not in PAGE] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_of_the_page_runs(example: str, demo: Path) -> None:
    checkout = demo.parent / "models"
    git("clone", "--quiet", str(demo), str(checkout))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example.replace(URL, demo.as_uri())],
        cwd=checkout,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = [line[2:] for line in example.splitlines() if line.startswith("# ")]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == expected
