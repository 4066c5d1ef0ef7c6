"""The fallback that replaces nothing of nox: programs `uv` and `pip` in the environment.

nox prefers an environment's own `uv` to its own, so that `session.install` and every other way ends
in these. Each install starts a Python, which the usual way does not.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.util import find_spec

from trueup_nox.seams import SeamMoved

__all__ = ["put_shims"]

_MARK = "Put here by trueup_nox"
_UV = """\
#!/bin/sh
# {mark}: installs go to trueup, everything else to the real uv.
if [ "${{1-}}" = pip ]; then
  case "${{2-}}" in
    install|uninstall) verb=$2; shift 2; exec {trueup} "$verb" --python {prefix} "$@" ;;
  esac
fi
exec {real} "$@"
"""
_PIP = """\
#!/bin/sh
# {mark}: installs go to trueup; there is no real pip here.
case "${{1-}}" in
  install|uninstall|list) verb=$1; shift; exec {trueup} "$verb" --python {prefix} "$@" ;;
  freeze) shift; exec {trueup} list --format freeze --python {prefix} "$@" ;;
esac
echo 'this needs pip, and trueup makes environments without it: session.install("pip")' >&2
exit 2
"""


def put_shims(prefix: str, directory: str) -> None:
    """Put the programs into an environment; a real pip that is there stays.

    Args:
        prefix: the environment.
        directory: where its programs are.

    Raises:
        SeamMoved: not on this platform.
    """
    if os.name == "nt":
        raise SeamMoved("the shims of trueup_nox are for POSIX; unset TRUEUP_NOX", name="nox")
    words = {
        "mark": _MARK,
        "trueup": shlex.join([sys.executable, "-I", "-m", "trueup"]),
        "prefix": shlex.quote(prefix),
        "real": shlex.quote(_real_uv(directory)),
    }
    _put(os.path.join(directory, "uv"), _UV.format(**words))
    _put(os.path.join(directory, "pip"), _PIP.format(**words))


def _real_uv(directory: str) -> str:
    others = [each for each in os.get_exec_path() if os.path.realpath(each) != directory]
    found = shutil.which("uv", path=os.pathsep.join(others))
    if found is None and find_spec("uv") is not None:
        from uv import find_uv_bin

        found = str(find_uv_bin())
    return found or "uv-is-not-installed"


def _put(path: str, text: str) -> None:
    if os.path.lexists(path) and not _ours(path):
        if os.path.basename(path) == "pip":
            return
        raise SeamMoved(
            f"{path} is a real uv, which nox would install with: recreate the environment",
            name="nox",
        )
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o755)  # noqa: S103 - a program, as others in this directory
    os.replace(temporary, path)


def _ours(path: str) -> bool:
    with open(path, "rb") as file:
        return _MARK.encode() in file.read(200)
