"""The installed DVC as a process that forks for each command: its imports take most of the time.

The program `dvc` on the PATH of the step hands its arguments, its environment and its streams over
to that process, and ends as the fork does. So the step runs the real DVC, and a test that pulls
takes a third of the time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testkit.repositories import git_environment

WITH_DVC_IMPORTED = """\
import gc, os, tempfile
import dvc.cli, dvc.repo.checkout, dvc.repo.fetch, dvc.repo.pull, dvc.repo.push
import dvc.repo.brancher, dvc_data.hashfile.db.index, dvc_data.index.checkout
import dvc_data.index.collect, dvc_data.index.fetch, rich.progress

# most imports of DVC are in functions: run some
with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    dvc.cli.main(["init", "--no-scm", "--quiet"])
    open("file", "w").close()
    dvc.cli.main(["add", "--quiet", "file"])
    dvc.cli.main(["status", "--quiet"])
    os.chdir("/")
gc.freeze()  # so that no fork copies what is there
"""
"""The first lines of a program whose forks run commands of DVC: they need not import it."""

_SERVER = """\
import json, os, signal, socket, sys, threading

def serve(connection):
    with connection:
        message, streams, _, _ = socket.recv_fds(connection, 1 << 22, 3)
        while not message.endswith(b"\\n"):
            message += connection.recv(1 << 22)
        arguments, directory, environment = json.loads(message)
        child = os.fork()
        if not child:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for stream, descriptor in enumerate(streams):
                os.dup2(descriptor, stream)
            connection.close()
            os.chdir(directory)
            os.environ.clear()
            os.environ.update(environment)
            code = 255
            try:
                code = dvc.cli.main(arguments)
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
        for stream in streams:
            os.close(stream)
        ended = threading.Event()
        threading.Thread(target=kill_if_abandoned, args=(connection, child, ended)).start()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        ended.set()
        try:
            connection.sendall(b"%d\\n" % code)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

def kill_if_abandoned(connection, child, ended):
    try:
        abandoned = connection.recv(1) == b""
    except OSError:
        abandoned = True
    if abandoned and not ended.is_set():
        os.kill(child, signal.SIGKILL)

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("ready", flush=True)
while True:
    # one at a time: a process with one thread may fork
    serve(listener.accept()[0])
"""
_CLIENT = """\
#!{python} -ISB
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({path!r})
message = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]) + "\\n"
socket.send_fds(connection, [message.encode()], [0, 1, 2])
answer = connection.makefile().readline()
sys.exit(int(answer) if answer else 255)
"""


@contextmanager
def dvc_server(python: str, directory: Path) -> Iterator[Path]:
    """Start the DVC that a Python has; yield a program in a directory that runs its commands."""
    path = directory / "socket"
    with subprocess.Popen(
        [python, "-c", WITH_DVC_IMPORTED + _SERVER, str(path)],
        env={**git_environment(), "DVC_NO_ANALYTICS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        program = directory / "run-dvc"
        program.write_text(_CLIENT.format(python=sys.executable, path=str(path)))
        program.chmod(0o755)
        try:
            yield program
        finally:
            process.kill()
