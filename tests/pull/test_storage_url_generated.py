"""Storage URLs of generated projects, beside what `dvc get --show-url` prints."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from configobj import ConfigObj
from hypothesis import given, settings
from hypothesis import strategies as st

from gto_action.artifacts.dvc.tracked_output import find_output
from gto_action.errors import PullError
from testkit.dvc_projects import write
from tests.pull.dvc_peer import DvcPeer, normalized
from tests.pull.storage_urls import MD5, build, find


@dataclass(frozen=True)
class Generated:
    """A generated project, the requested path, and whether its URL is determined."""

    files: Mapping[str, str]
    local: str
    path: str
    remote: str
    is_known: bool


NAMES = st.text("abcXYZ019_-. ü%@~+=,'", min_size=1, max_size=6).map(lambda name: f"p{name}q")
PATHS_IN_REMOTE = st.lists(NAMES, max_size=3).map("/".join)
USERS = st.sampled_from(["", "ann@", "ann:secret@", "ann:se:cr@et@", "ann:%2F%40@"])
SLASHES = st.sampled_from(["", "/"])


@st.composite
def urls(draw: st.DrawFn) -> str:
    path, slash = draw(PATHS_IN_REMOTE), draw(SLASHES)
    host = draw(st.sampled_from(["host", "Host.example", "bucket-1"]))
    match draw(st.sampled_from(["s3", "ssh", "http", "https", "directory", "relative", "base"])):
        case "directory":
            return f"/srv/{path}{slash}"
        case "relative":
            return f"../../{path}{slash}" if path else "store"
        case "base":
            return f"remote://base/{path.replace('@', '')}{slash}"
        case "s3":
            return f"s3://{draw(USERS)}{host}/{path}{slash}"
        case "ssh":
            port = draw(st.sampled_from(["", ":22"]))
            path = path.replace("@", "")  # it may be the end of a password
            return f"ssh://{draw(USERS)}{host}{port}/{path}{slash}"
        case scheme:
            port = draw(st.sampled_from(["", ":8080"]))
            path = path.replace("@", "")  # it may be the end of a password
            return f"{scheme}://{draw(USERS)}{host}{port}/{path}{slash}"


@st.composite
def configurations(draw: st.DrawFn, *, local: bool) -> str:
    """Generate a configuration of the remotes `store`, `other` and `base`, as DVC writes it."""
    sections: dict[str, dict[str, str]] = {}
    spelled = draw(st.sampled_from([str.lower, str.upper, str.title]))
    names = {"store", "other"} if not local else draw(st.sets(st.sampled_from(["store", "other"])))
    for name in sorted(names):
        sections[f'remote "{spelled(name)}"'] = {"url": draw(urls())}
    if not local:
        base = draw(urls().filter(lambda url: not url.startswith("remote:")))
        sections['remote "base"'] = {"url": base}
    if not local or draw(st.booleans()):
        sections["core"] = {"remote": spelled(draw(st.sampled_from(["store", "other"])))}
    file = ConfigObj(encoding="utf-8")
    file.update(sections)
    return b"\n".join(file.write()).decode() + "\n"


@st.composite
def projects(draw: st.DrawFn) -> Generated:
    checksum = draw(st.text("0123456789abcdef", min_size=31, max_size=31)) + "a"
    is_directory = draw(st.booleans())
    entry = {"md5": checksum + (".dir" if is_directory else ""), "size": "1"}
    if draw(st.booleans()):
        entry["hash"] = "md5"
    flags = draw(
        st.sampled_from([{}, {}, {"remote": "other"}, {"cache": "false"}, {"push": "false"}])
    )
    directory = draw(st.sampled_from(["", "models/", "deep/models/"]))
    wdir = draw(st.sampled_from(["", "sub", "sub/sub"]))
    name = draw(st.sampled_from(["m.pkl", "a b", "ö.bin"]))
    files = {".dvc/config": draw(configurations(local=False))}
    out = f"path: {name}"
    wdir_line = f"wdir: {wdir}\n" if wdir else ""
    if draw(st.booleans()):
        lines = [out, *(f"{key}: {value}" for key, value in {**entry, **flags}.items())]
        files[f"{directory}x.dvc"] = f"{wdir_line}outs:\n- " + "\n  ".join(lines) + "\n"
    else:
        each = draw(st.booleans())
        declared = name.replace("m", "${item}") if each else name
        written = ", ".join(f"{key}: {value}" for key, value in flags.items())
        body = f"{{cmd: x, {wdir_line.strip() + ', ' if wdir else ''}outs: "
        body += f"[{{'{declared}': {{{written}}}}}]}}"
        stage = f"{{foreach: [n, m], do: {body}}}" if each else body
        files[f"{directory}dvc.yaml"] = f"stages: {{s: {stage}}}\n"
        lines = [out, *(f"{key}: {value}" for key, value in entry.items())]
        files[f"{directory}dvc.lock"] = (
            f"schema: '2.0'\nstages:\n  {'s@m' if each else 's'}: {{cmd: x, outs: [{{"
            + ", ".join(lines)
            + "}]}\n"
        )
    inside = "/file" if is_directory and draw(st.booleans()) else ""
    return Generated(
        files,
        draw(configurations(local=True)),
        posixpath.join(directory, wdir, name) + inside,
        draw(st.sampled_from(["", "other"])),
        is_known=not inside and not flags.keys() & {"cache", "push"},
    )


@settings(max_examples=60)
@given(project=projects())
def test_generated_projects(project: Generated, peer: DvcPeer) -> None:
    write(peer.home / ".config/dvc/config", "")
    with tempfile.TemporaryDirectory() as directory:
        repository = build(Path(directory) / "repository", project.files)
        write(repository / ".dvc/config.local", project.local)
        found = find(repository, project.path, peer.environment, remote=project.remote)
        assert bool(found.url) == project.is_known, found
        assert bool(found.notice) != project.is_known
        assert "secret" not in found.notice
        if project.is_known:
            printed = peer.url(repository, project.path, project.remote)
            assert found.url == normalized(printed)


WORDS = st.sampled_from(
    "a b outs deps path md5 hash files relpath cache push remote wdir cmd foreach do matrix vars "
    f"metrics plots repo fs_config ${{a}} ${{item.a}} ${{ m.pkl .. / {MD5} a@b 2.0 schema".split()
)
SCALARS = WORDS | st.none() | st.booleans() | st.integers() | st.floats()
KEYS = WORDS | st.none() | st.booleans() | st.integers()
VALUES = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(KEYS, values, max_size=4),
    max_leaves=12,
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"path": st.just("m.pkl")}, optional={"md5": st.just(MD5)})
    | st.just("m.pkl")
    | VALUES,
    max_size=3,
)
OPTIONAL = dict.fromkeys(
    ["wdir", "deps", "cmd", "foreach", "do", "matrix", "vars", "metrics"], VALUES
)
STAGE_VALUES = st.fixed_dictionaries({"outs": ENTRIES | VALUES}, optional=OPTIONAL) | VALUES
STAGES_BY_NAME = st.fixed_dictionaries(
    {"stages": st.dictionaries(st.sampled_from(["a", "a@b", "a@1"]), STAGE_VALUES) | VALUES},
    optional={"schema": st.sampled_from(["2.0", 2]), "vars": VALUES},
)


@settings(max_examples=200)
@given(dvc_file=STAGE_VALUES, pipeline=STAGES_BY_NAME, locked=STAGES_BY_NAME, params=VALUES)
def test_no_metadata_raise_anything_else(
    dvc_file: object, pipeline: object, locked: object, params: object
) -> None:
    contents = {"x.dvc": dvc_file, "dvc.yaml": pipeline, "dvc.lock": locked, "params.yaml": params}
    files = {name: yaml.safe_dump(value).encode() for name, value in contents.items()}
    with suppress(PullError):
        assert find_output(files, "m.pkl").path in {"m.pkl", "."}
