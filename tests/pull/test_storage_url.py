"""Where an artifact's bytes are, beside what `dvc get --show-url` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gto_action.artifacts.dvc.storage_url import StorageUrl
from testkit.dvc_projects import IDENTITY, PATHS, Dvc, Shop, start, write
from testkit.repositories import git
from tests.pull.dvc_peer import DvcPeer, normalized
from tests.pull.storage_urls import MD5, OTHER, S3, build, config, find, lock, remote

OTHER_MD5 = MD5[::-1]
OBJECT = f"files/md5/{MD5[:2]}/{MD5[2:]}"
OUTPUT = f"outs:\n- md5: {MD5}\n  size: 8\n  hash: md5\n  path: m.pkl\n"
LEGACY = f"outs:\n- md5: {MD5}\n  size: 8\n  path: m.pkl\n"
TREE = f"outs:\n- md5: {MD5}.dir\n  size: 8\n  nfiles: 2\n  hash: md5\n  path: m.pkl\n"
LISTED = (
    "outs:\n- path: m.pkl\n  hash: md5\n  files:\n"
    f"  - {{relpath: a, md5: {MD5}, size: 1}}\n  - {{relpath: s/b, md5: {OTHER_MD5}, size: 1}}\n"
)
VERSIONED_FILE = "cloud: {store: {etag: e, version_id: v1}}"


@dataclass(frozen=True)
class Situation:
    """A repository's files, the requested path, and why it has no URL (empty: DVC's URL)."""

    name: str
    files: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    path: str = "m.pkl"
    remote: str = ""
    local: str = ""
    shared: str = ""


def member(stage: str, **flags: str) -> str:
    return stage + "".join(f"  {name}: {value}\n" for name, value in flags.items())


def imported(dependency: str, stage: str = OUTPUT) -> str:
    return f"frozen: true\ndeps:\n- {dependency}\n{stage}"


PIPELINE = """\
vars: [{place: work, out: t.bin, systems: [lin, win], store: other}]
stages:
  plain: {wdir: '${place}', cmd: x, outs: ['${out}']}
  each: {foreach: [one, 2, true, 1.5], do: {wdir: 'd/${item}', cmd: x, outs: ['${item}.txt']}}
  keys: {foreach: {k1: {p: v1}, k2: {p: v2}}, do: {cmd: x, outs: ['${key}-${item.p}.txt']}}
  rows: {foreach: [{p: 1}, {p: 2}], do: {cmd: x, outs: ['row${item.p}.txt']}}
  grid: {matrix: {os: '${systems}', py: [3, {v: 4}]}, cmd: x, outs: ['${item.os}-${key}.txt']}
  own: {vars: [{z: zz}], cmd: x, outs: ['${z}.bin']}
  uncached: {cmd: x, outs: [{uncached: {cache: false}}]}
  unpushed: {cmd: x, outs: [{unpushed: {push: false}}]}
  elsewhere: {cmd: x, outs: [{elsewhere: {remote: '${store}'}}]}
  metric: {cmd: x, metrics: [{metric: {cache: false}}]}
  kept: {cmd: x, metrics: [kept]}
  plot: {cmd: x, plots: [plot]}
  renamed: {cmd: x, outs: [after]}
  dotted: {cmd: x, outs: [./dotted]}
  above: {wdir: deep, cmd: x, outs: [../above]}
  unlocked: {cmd: x, outs: [unlocked]}
"""
LOCK = lock(
    ("plain", "t.bin"),
    *((f"each@{key}", f"{key}.txt") for key in ("one", "2", "true", "1.5", "gone")),
    ("keys@k1", "k1-v1.txt"),
    ("rows@1", "row2.txt"),
    ("grid@lin-3", "lin-lin-3.txt"),
    ("grid@win-py1", "win-win-py1.txt"),
    ("own", "zz.bin"),
    *((name, name) for name in ("uncached", "unpushed", "elsewhere", "metric", "kept", "plot")),
    ("renamed", "before"),
    ("removed", "removed"),
    ("dotted", "./dotted"),
    ("above", "../above"),
)
STAGES = {"dvc.yaml": PIPELINE, "dvc.lock": LOCK, ".dvc/config": S3 + OTHER}
OF_STAGES = {
    "work/t.bin": "",
    "t.bin": "DVC tracks no t.bin",
    "d/one/one.txt": "",
    "d/2/2.txt": "",
    "d/true/true.txt": "",
    "d/1.5/1.5.txt": "",
    "d/gone/gone.txt": "DVC tracks no",
    "k1-v1.txt": "",
    "row2.txt": "",
    "lin-lin-3.txt": "",
    "win-win-py1.txt": "",
    "zz.bin": "",
    "uncached": "cache: false",
    "unpushed": "push: false",
    "elsewhere": "",
    "metric": "cache: false",
    "kept": "",
    "plot": "",
    "before": "DVC tracks no before",
    "removed": "DVC tracks no removed",
    "dotted": "",
    "above": "",
    "unlocked": "DVC tracks no unlocked",
}

URLS = {
    "s3://bucket": "",
    "s3://bucket/": "",
    "s3://bucket/a//b/": "",
    "s3://user:secret@bucket/a": "",
    "s3://user:se@cret@bucket/a": "",
    "s3://bucket/a b/ü%20": "",
    "S3://Bucket/A": "",
    "s3://bucket/a?x=1": "a query or a fragment",
    '"s3://bucket/a#1"': "a query or a fragment",
    "s3://user:se/cret@bucket/a": "has no valid host",
    "s3://bucket:80/a": "has a port",
    "s3://": "has no valid host",
    "s3:///a": "has no valid host",
    "ssh://user:secret@host:2222/srv/": "",
    "ssh://Host/srv": "",
    "ssh://host/": "",
    "ssh://host": "the user's home directory",
    "ssh://host:port/srv": "has no valid host",
    "ssh://host:99999/srv": "has no valid port",
    "ssh://user:123/secret@host/srv": "may have a password",
    "ssh://user:123?secret@host/srv": "may have a password",
    "ssh://[::1]:22/srv": "",
    "ssh://[::1]/srv": "",
    "http://host/a/": "",
    "https://user:secret@host:8443/a": "",
    "https://host": "",
    "https://host/a//b": "",
    "https://host/a?sig=secret": "a query or a fragment",
    '"https://host/a#b"': "a query or a fragment",
    "https://host\\a@b/": "is not a valid URL",
    "/srv/store": "",
    "/srv/store/": "",
    '"/srv/st#re?x"': "",
    "../store": "",
    '"../st#re?x"': "",
    "store": "",
    "~/store": "",
    "remote://base": "",
    "remote://base/q": "",
    "remote://BASE//q/r": "",
    "remote://base/q?x=1": "refers to itself, or has a query",
    "remote://store/q": "refers to itself",
    "remote://other/q": "no remote other",
    "webhdfs://host:1/a": "layout is unknown",
    "ftp://host/a": "layout is unknown",
    "file:///srv/store": "has no valid host",
    "s3://a, s3://b": "more than one value",
    '""': "has no URL",
}

SITUATIONS = [
    Situation("a file", {"m.pkl.dvc": OUTPUT}),
    Situation("a file of DVC 2", {"m.pkl.dvc": LEGACY}),
    Situation("a directory", {"m.pkl.dvc": TREE}),
    Situation("a directory of DVC 2", {"m.pkl.dvc": TREE.replace("  hash: md5\n", "")}),
    Situation("a file in a directory", {"m.pkl.dvc": TREE}, "tracks as a whole", "m.pkl/a"),
    Situation("a listed file", {"m.pkl.dvc": LISTED}, path="m.pkl/s/b"),
    Situation(
        "a listed file of DVC 2",
        {"m.pkl.dvc": LISTED.replace("  hash: md5\n", "")},
        path="m.pkl/a",
    ),
    Situation("a file that is not listed", {"m.pkl.dvc": LISTED}, "as a whole", "m.pkl/z"),
    Situation("a listed directory", {"m.pkl.dvc": LISTED}, "as a whole", "m.pkl/s"),
    Situation("a directory that lists", {"m.pkl.dvc": LISTED}, "without an object of its own"),
    Situation("the working directory", {"m.dvc": f"wdir: sub\n{OUTPUT}"}, path="sub/m.pkl"),
    Situation("the working directory above", {"q/m.dvc": f"wdir: ..\n{OUTPUT}"}),
    Situation("a directory of outputs", {"d/m.pkl.dvc": OUTPUT}, "files of Git's", "d"),
    Situation("a file of Git's", {"m.pkl": "x"}, "is in Git"),
    Situation("a file that is nowhere", {}, "DVC tracks no m.pkl"),
    Situation("cache: false", {"m.pkl.dvc": member(OUTPUT, cache="false")}, "cache: false"),
    Situation("push: false", {"m.pkl.dvc": member(OUTPUT, push="false")}, "push: false"),
    Situation(
        "a remote of its own",
        {"m.pkl.dvc": member(OUTPUT, remote="Other"), ".dvc/config": S3 + OTHER},
    ),
    Situation(
        "a remote of its own that is chosen otherwise",
        {"m.pkl.dvc": member(OUTPUT, remote="store"), ".dvc/config": S3 + OTHER},
        remote="other",
    ),
    Situation("its own is missing", {"m.pkl.dvc": member(OUTPUT, remote="x")}, "no remote x"),
    Situation("a chosen one", {"m.pkl.dvc": OUTPUT, ".dvc/config": S3 + OTHER}, remote="OTHER"),
    Situation("a chosen one is missing", {"m.pkl.dvc": OUTPUT}, "no remote x", remote="x"),
    Situation("no remote", {"m.pkl.dvc": OUTPUT, ".dvc/config": ""}, "has no default remote"),
    Situation("no default", {"m.pkl.dvc": OUTPUT, ".dvc/config": OTHER}, "no default remote"),
    Situation(
        "the default is missing",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": config("s3://b", core="gone")},
        "no remote gone",
    ),
    Situation(
        "other capitals",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": "[CORE]\nREMOTE = Store\n[' REMOTE  \"STORE\" ']\nURL = s3://b\n",
        },
    ),
    Situation(
        "the last of two sections and keys",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": "[core]\nremote = x\nREMOTE = store\n"
            + remote("Store", "s3://first")
            + remote("store", "s3://second", "URL = s3://third"),
        },
    ),
    Situation("a local URL", {"m.pkl.dvc": OUTPUT}, local=remote("store", "s3://local")),
    Situation("a local relative URL", {"m.pkl.dvc": OUTPUT}, local=remote("store", "../x")),
    Situation("a local empty URL", {"m.pkl.dvc": OUTPUT}, "no URL", local=remote("store", '""')),
    Situation(
        "a local default",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": S3 + OTHER},
        local="[core]\nremote = other\n",
    ),
    Situation(
        "a local empty default", {"m.pkl.dvc": OUTPUT}, "no default", local='[core]\nremote = ""\n'
    ),
    Situation(
        "a local port",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": config("ssh://u@host:1/srv")},
        local="['remote \"store\"']\nport = 2222\nuser = ann\n",
    ),
    Situation(
        "a user's configuration",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": ""},
        shared=config("../mine"),
    ),
    Situation(
        "a port behind a reference",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": config("remote://base/q") + remote("base", "ssh://h/s", "port = 7"),
        },
    ),
    Situation(
        "settings of a reference before those behind it",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": config("remote://base/q", "port = 8\nversion_aware = false")
            + remote("base", "ssh://h/s", "port = 7\nversion_aware = true"),
        },
    ),
    Situation(
        "a versioned remote",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": config("s3://b", "version_aware = True")},
        "is cloud-versioned",
    ),
    Situation(
        "a worktree remote",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": config("s3://b", "worktree = true")},
        "is cloud-versioned",
    ),
    Situation(
        "a remote that is not versioned",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": config("s3://b", "version_aware = false\nworktree = False"),
        },
    ),
    Situation(
        "a remote in a versioned one",
        {
            "m.pkl.dvc": OUTPUT,
            ".dvc/config": config("remote://base/q")
            + remote("base", "s3://b", "version_aware = true"),
        },
        "is cloud-versioned",
    ),
    Situation(
        "neither true nor false",
        {"m.pkl.dvc": OUTPUT, ".dvc/config": config("s3://b", "version_aware = yes")},
        "must be true or false",
    ),
    Situation("a version", {"m.pkl.dvc": f"{OUTPUT}  {VERSIONED_FILE}\n"}, "cloud-versioned"),
    Situation(
        "a version of a listed file",
        {"m.pkl.dvc": LISTED.replace("relpath: a,", f"relpath: a, {VERSIONED_FILE},")},
        "cloud-versioned",
        "m.pkl/a",
    ),
    Situation("imported from a URL", {"m.pkl.dvc": imported(f"{{path: https://h/x, md5: {MD5}}}")}),
    Situation(
        "imported without a copy",
        {
            "m.pkl.dvc": imported(
                f"{{path: /srv/x, hash: md5, md5: {MD5}}}", "outs:\n- {hash: md5, path: m.pkl}\n"
            )
        },
        "imported without a copy",
    ),
    Situation(
        "imported from a repository",
        {"m.pkl.dvc": imported("{path: m, repo: {url: /srv/r, rev_lock: abc}}")},
        "imported from another repository",
    ),
    Situation(
        "imported as a version",
        {"m.pkl.dvc": imported("{path: 's3://b/x?versionId=1', etag: e}")},
        "imported from a versioned source",
    ),
    Situation(
        "imported with a version",
        {"m.pkl.dvc": imported("{path: s3://b/x, version_id: v, etag: e}")},
        "imported from a versioned source",
    ),
    Situation(
        "imported from a versioned remote",
        {
            "m.pkl.dvc": imported("{path: remote://v/x, etag: e}"),
            ".dvc/config": S3 + remote("v", "s3://v", "version_aware = true"),
        },
        "imported from a versioned source",
    ),
    Situation("no checksum", {"m.pkl.dvc": "outs:\n- {path: m.pkl, hash: md5}\n"}, "no MD5"),
    Situation("a path", {"m.pkl.dvc": OUTPUT.replace(MD5, "../../../etc/passwd")}, "no MD5"),
    Situation("another hash", {"m.pkl.dvc": member(LEGACY, hash="sha256")}, "unknown kind"),
    Situation(
        "two outputs",
        {"a.dvc": OUTPUT, "b.dvc": OUTPUT.replace(MD5, OTHER_MD5)},
        "in 2 outputs",
    ),
    Situation("a stage file with two", {"a.dvc": OUTPUT + OUTPUT[6:]}, "in 2 outputs", "a.dvc"),
    Situation(
        "a subproject",
        {"team/.dvc/config": config("../store"), "team/m.pkl.dvc": OUTPUT},
        path="team/m.pkl",
    ),
    Situation("broken YAML", {"m.dvc": "outs: [", "n.dvc": OUTPUT}),
    Situation("only broken YAML", {"m.dvc": "outs: ["}, "it is unknown whether DVC tracks m.pkl"),
    Situation("a broken configuration", {"m.pkl.dvc": OUTPUT, ".dvc/config": "[x"}, "DVC can read"),
    Situation(
        "a stage that refers to nothing",
        {"dvc.yaml": "stages: {a: {cmd: x, outs: ['${x}']}}\n", "dvc.lock": lock(("a", "m.pkl"))},
        "dvc.lock cannot be resolved: ${x} refers to nothing",
    ),
    Situation(
        "a stage in a number",
        {
            "dvc.yaml": "stages: {a: {foreach: [2], do: {wdir: '${item}', cmd: x, outs: [m]}}}\n",
            "dvc.lock": lock(("a@2", "m")),
        },
        "wdir must be a string",
        "2/m",
    ),
    Situation(
        "a stage file with a template",
        {"m.pkl.dvc": OUTPUT, "a.dvc": "wdir: '${x}'\n" + OUTPUT},
    ),
    Situation(
        "a lock file of DVC 1",
        {"dvc.yaml": "stages: {a: {cmd: x, outs: [m.pkl]}}\n", "dvc.lock": f"a: {{md5: {MD5}}}\n"},
        "its schema must be 2.0",
    ),
    *(Situation(f"the stage of {path}", STAGES, why, path) for path, why in OF_STAGES.items()),
    *(
        Situation(
            f"the remote {url}",
            {"m.pkl.dvc": OUTPUT, ".dvc/config": config(url) + remote("base", "../base")},
            why,
        )
        for url, why in URLS.items()
    ),
]
UNLIKE_DVC = {"broken YAML", "the remote ssh://[::1]/srv"}
"""Situations in which DVC prints nothing as another file is broken, or cuts the host."""


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_it_equals_what_dvc_prints_or_is_empty(
    situation: Situation, peer: DvcPeer, tmp_path: Path
) -> None:
    repository = build(tmp_path / "repository", situation.files)
    if situation.local:
        write(repository / ".dvc/config.local", situation.local)
    shared = peer.home / ".config/dvc/config"
    write(shared, situation.shared)
    found = find(repository, situation.path, peer.environment, remote=situation.remote)
    if situation.notice:
        assert found.url == ""
        assert situation.notice in found.notice
        assert "secret" not in found.notice
    else:
        assert found.notice == ""
        assert found.url
        if situation.name not in UNLIKE_DVC:
            printed = peer.url(repository, situation.path, situation.remote)
            assert found.url == normalized(printed)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("s3://bucket/model.pkl", "s3://bucket/model.pkl"),
        ("https://ann:secret@host:8443/model.pkl", "https://host:8443/model.pkl"),
        ("https://secret@host/model.pkl?X-Signature=secret#top", "https://host/model.pkl"),
        ("https://host", "https://host"),
        ("HF://org/model@main", "hf://org/model@main"),
        ("s3://bucket/model.pkl?versionId=secret", ""),
        ("s3://bucket/model#1.pkl", ""),
        ("https://ann:12/secret@host/model.pkl", ""),
        ("https://ann?secret@host/model.pkl", ""),
        ("https://ann#secret@host/model.pkl", ""),
        ("https://ann:secret\\@host/model.pkl", ""),
        ("https:///model.pkl", ""),
    ],
)
def test_an_annotation_s_own_url_loses_its_secrets(path: str, url: str, tmp_path: Path) -> None:
    found = find(build(tmp_path / "repository", {}), path, {})
    assert (found.url, found.notice == "") == (url, url != "")
    assert "secret" not in found.notice


def test_a_stage_file_stands_for_its_output(tmp_path: Path) -> None:
    repository = build(tmp_path / "repository", {"m.dvc": OUTPUT})
    assert find(repository, "m.dvc", {}) == StorageUrl(f"s3://bucket/prefix/{OBJECT}")


@pytest.mark.parametrize(
    ("path", "notice"), [("link", ""), ("in/m.pkl", ""), ("out", "leads out of the repository")]
)
def test_a_link_is_followed_within_the_repository(path: str, notice: str, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "link").symlink_to("d/m.pkl")
    (repository / "in").symlink_to("d")
    (repository / "out").symlink_to("../d/m.pkl")
    build(repository, {"d/m.pkl.dvc": OUTPUT})
    found = find(repository, path, {})
    assert found.url == ("" if notice else f"s3://bucket/prefix/{OBJECT}")
    assert notice in found.notice


@pytest.mark.parametrize(
    ("url", "root"), [("s3://b", "s3://b"), ("/srv", "/srv"), ("../store", ""), ("~/x", "")]
)
def test_without_a_checkout_or_a_home_a_relative_remote_is_unknown(
    url: str, root: str, tmp_path: Path
) -> None:
    repository = build(tmp_path / "repository", {"m.pkl.dvc": OUTPUT, ".dvc/config": config(url)})
    write(repository / ".dvc/config.local", remote("store", "s3://local"))
    found = find(repository, "m.pkl", {"HOME": ""}, checkout=False)
    assert found.url == (root and f"{root}/{OBJECT}")
    assert root or "the remote store is" in found.notice


def test_only_the_commit_counts(tmp_path: Path) -> None:
    repository = build(tmp_path / "repository", {"m.pkl.dvc": OUTPUT})
    write(repository / "m.pkl.dvc", OUTPUT.replace(MD5, OTHER_MD5))
    write(repository / ".dvc/config", config("s3://other"))
    assert find(repository, "m.pkl", {}) == StorageUrl(f"s3://bucket/prefix/{OBJECT}")


@pytest.mark.parametrize("name", [*PATHS, "seg", "own"])
def test_the_bytes_are_there(name: str, shop: Shop, peer: DvcPeer) -> None:
    paths = {**PATHS, "seg": "team/seg.pkl", "own": "team/own.pkl"}
    found = find(shop.repository, paths[name], peer.environment)
    if name in {"rows", "row", "deep"}:
        assert (found.url, "tracks as a whole" in found.notice) == ("", True)
        return
    path = paths["churn" if name == "stage-file" else name]
    assert found.url == peer.url(shop.repository, path)
    stored, tracked = Path(found.url), shop.repository / path
    if tracked.is_dir():
        assert found.url.endswith(".dir")
        assert stored.is_file()
    else:
        assert stored.read_bytes() == tracked.read_bytes()


def test_a_listed_file_is_pushed_to_its_url(dvc: Dvc, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    start(dvc, repository, "../store")
    write(repository / "d/a", "x")
    checksum = "9dd4e461268c8034f5c8564e155c67a6"
    listed = f"outs:\n- path: d\n  hash: md5\n  files:\n  - {{relpath: a, md5: {checksum}}}\n"
    build(repository, {"d.dvc": listed, ".dvc/config": config("../../store")})
    git("-C", str(repository), "rm", "--quiet", "--cached", "d/a")
    git("-C", str(repository), *IDENTITY, "commit", "--quiet", "--message", "x")
    dvc.do(repository, "commit", "--quiet", "--force", "d.dvc")
    dvc.do(repository, "push", "--quiet")
    assert Path(find(repository, "d/a", {}).url).read_text() == "x"


@pytest.mark.parametrize(
    "name", ["m.pkl.dvc", "dvc.yaml", "dvc.lock", ".dvc/config", "params.yaml"]
)
@pytest.mark.parametrize("content", ["\0", "[", "&a [*a]", "\ud800", "x: " + "[" * 200, "- a"])
def test_broken_files_give_a_notice(name: str, content: str, tmp_path: Path) -> None:
    files = {"dvc.yaml": "stages: {a: {outs: [m.pkl]}}", "dvc.lock": lock(("a", "m.pkl"))}
    repository = build(tmp_path / "repository", files)
    (repository / name).write_bytes(content.encode(errors="surrogatepass"))
    git("-C", str(repository), "add", "--all", "--force")
    git("-C", str(repository), *IDENTITY, "commit", "--quiet", "--message", "y")
    found = find(repository, "m.pkl", {})
    assert (found.url == "") == (found.notice != "")
    assert "\n" not in found.notice
