"""DVC's configuration files: the remotes, and the directories that paths are relative to.

Source: DVC's documentation, "Configuration" and "dvc remote modify".
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO

from configobj import ConfigObj, ConfigObjError

from gto_action.errors import PullError
from gto_action.git.runner import printable_url

ConfigValue = tuple[str, str, str]
"""A section, a key in it, and a value."""

DIRECTORY = ".dvc"
FILE = f"{DIRECTORY}/config"
LOCAL_FILE = f"{DIRECTORY}/config.local"


@dataclass(frozen=True, slots=True)
class DvcRemote:
    """A DVC remote: its name, its URL, and the URL's scheme; a directory has none."""

    name: str
    url: str
    scheme: str

    def __str__(self) -> str:
        """Return its name, and its URL if all credentials can be removed from that."""
        shown = printable_url(self.url)
        return shown_name(self.name) if "@" in shown else f"{shown_name(self.name)} ({shown})"


class DvcConfig:
    """One file of DVC's configuration, which may be missing."""

    def __init__(self, content: bytes | None, file: str) -> None:
        """Read a file's content. Raises PullError."""
        self.file = file
        try:
            self._values = ConfigObj(
                BytesIO(content or b""), encoding="utf-8", interpolation=False, raise_errors=True
            )
        except (ConfigObjError, UnicodeDecodeError) as error:
            # not the error's own words: it quotes the line, which may hold a password
            line = getattr(error, "line_number", None)
            where = f"line {line}" if line else "it is not UTF-8, or has several errors"
            raise PullError(f"{file} is not a configuration that DVC can read: {where}") from error

    def get(self, section: str, key: str) -> str:
        """Return a value, empty if there is none; as in DVC, case does not matter."""
        value = self.settings(section).get(key)
        return value if isinstance(value, str) else ""

    def settings(self, section: str) -> dict[str, object]:
        """Return the values of a section by their keys in lower case.

        Of keys, or sections, whose names differ only in case the last one counts. Source: DVC's
        behaviour.
        """
        return {key.lower(): value for key, value in self._section(section).items()}

    def set(self, section: str, key: str, value: str) -> None:
        """Set a value."""
        values = self._section(section)
        for name in [name for name in values if name.lower() == key]:
            del values[name]
        values[key] = value
        self._values.setdefault(section, values)

    def set_all(self, settings: Iterable[ConfigValue]) -> None:
        """Set some values."""
        for section, key, value in settings:
            self.set(section, key, value)

    def contradicts(self, settings: Iterable[ConfigValue]) -> bool:
        """Return whether it has another value for one of some settings."""
        return any(self.get(section, key) not in {"", value} for section, key, value in settings)

    def remotes(self) -> list[str]:
        """Return the names of all remotes."""
        named = (_REMOTE.fullmatch(section) for section in self._values)
        return [match[1].lower() for match in named if match]

    def anchor(self, directory: str | None) -> bool:
        """Make relative paths absolute, from the file's directory; return whether there are any.

        Without a directory they stay.
        """
        found = False
        for section, values in self._values.items():
            keys = _PATHS if _REMOTE.fullmatch(section) else _CACHE_PATHS.get(section.lower(), ())
            for key, value in values.items() if isinstance(values, dict) else ():
                if key.lower() in keys and isinstance(value, str) and is_relative(value):
                    found = True
                    if directory:
                        values[key] = os.path.abspath(os.path.join(directory, value))
        return found

    def text(self) -> bytes:
        """Write the file."""
        file = BytesIO()
        self._values.write(file)
        return file.getvalue()

    def _section(self, wanted_section: str) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, values in self._values.items():
            match = _REMOTE.fullmatch(name)
            normalized = section(match[1].lower()) if match else name.lower()
            if normalized == wanted_section and isinstance(values, dict):
                found = values
        return found


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration, and the directory that relative paths in it start from.

    ``directory`` is ``None`` if it is unknown: the repository is not checked out.
    """

    config: DvcConfig
    directory: str | None


def shown_name(name: str) -> str:
    """Return a remote's name for a message; by mistake it may be a URL with a password."""
    return name if re.fullmatch(r"[\w. -]+", name) else "(a name with special characters)"


def find_remote(name: str, configs: Iterable[DvcConfig]) -> DvcRemote | None:
    """Return a remote by its name: later files override. ``None`` if no file has it."""
    name = name.lower()
    url = ""
    for config in configs:
        url = config.get(section(name), "url") or url
    return DvcRemote(name, url, _scheme(url, list(configs))) if url else None


def shared_configs(environment: Mapping[str, str]) -> list[DvcConfig]:
    """Read the configuration of the machine and of the user. Raises PullError.

    Source: DVC's documentation, "Configuration files locations", for Linux.
    """
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(
        environment.get("HOME", ""), ".config"
    )
    directories = (
        environment.get("DVC_SYSTEM_CONFIG_DIR") or "/etc/xdg/dvc",
        environment.get("DVC_GLOBAL_CONFIG_DIR") or os.path.join(home, "dvc"),
    )
    configs = []
    for directory in directories:
        file = os.path.join(directory, "config")
        if os.path.isfile(file):
            with open(file, "rb") as content:
                configs.append(DvcConfig(content.read(), file))
    return configs


def section(remote: str) -> str:
    """Return the name of a remote's section."""
    return f'remote "{remote}"'


def is_relative(path: str) -> bool:
    """Return whether a path in the configuration is relative to the file's directory."""
    return not (_URL.match(path) or os.path.isabs(path) or path.startswith("~"))


def _scheme(url: str, configs: list[DvcConfig], depth: int = 0) -> str:
    """Return a URL's scheme; ``remote://NAME/path`` is within another remote."""
    match = _URL.match(url)
    if not match:
        return ""
    scheme = match[1].lower()
    if scheme == "remote" and depth < _DEEPEST:
        base = url[match.end() :].partition(posixpath.sep)[0].lower()
        urls = [config.get(section(base), "url") for config in configs]
        return _scheme(next(filter(None, reversed(urls)), ""), configs, depth + 1)
    return scheme


_DEEPEST = 10
_URL = re.compile(r"(\w[\w+.-]*)://")
_REMOTE = re.compile(r'\s*remote\s*"(.*)"\s*', re.IGNORECASE)
# values that are paths. Source: DVC's documentation of `dvc remote modify`
_PATHS = frozenset(
    {
        "url",
        "credentialpath",
        "configpath",
        "keyfile",
        "cert_path",
        "key_path",
        "gdrive_user_credentials_file",
        "gdrive_service_account_json_file_path",
    }
)
_CACHE_PATHS = {"cache": frozenset({"dir"})}
