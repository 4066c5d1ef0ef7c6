"""Making an environment what a lock says: uv tells what that is, trueup does it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tox.execute.request import StdinSource
from tox.tox_env.errors import Fail

from trueup_tox.errand import Exactly, install
from trueup_tox.lock import deciding_places, digest_of
from trueup_tox.record import Record
from trueup_tox.uv_program import need_uv

if TYPE_CHECKING:
    from tox.tox_env.python.api import Python

    from trueup_tox.lock import Locked
    from trueup_tox.recollection import Recollection

__all__ = ["synchronize"]

# What a new virtual environment has in it: uv leaves it there, too, when it synchronizes one.
_SEEDS = frozenset({"pip", "setuptools", "wheel"})

# With these the answer is another one each time, whatever the lock says.
_RESTLESS = ("-U", "--upgrade", "-P", "--refresh")


def synchronize(
    tox_env: Python, asked: Locked, recollection: Recollection, options: list[str]
) -> None:
    """Make the environment of `tox_env` what the lock says.

    Args:
        tox_env: where.
        asked: which lock, and what of it.
        recollection: what was seen of the environment.
        options: more arguments of the install.

    Raises:
        Fail: with the problem and the way out.
        SystemExit: the user has asked tox to stop.
    """
    if asked.pylock and not os.path.isfile(asked.pylock):
        raise Fail(f"pylock file not found at {asked.pylock}")
    if not _restless(asked) and recollection.skips("lock", [*options, *map(str, asked)], ""):
        return
    if not asked.pylock:
        recollection.stands_on(deciding_places(asked.root))
    path = asked.pylock or _exported(tox_env, asked)
    recollection.stands_on([path])
    exactly = Exactly(_SEEDS | frozenset(asked.spared)) if asked.exact else None
    arguments = [*options, *asked.install, "--pylock", path]
    if install(tox_env, arguments, "install_lock", exactly=exactly).changed:
        recollection.distrust()


def _restless(asked: Locked) -> bool:
    return any(each.startswith(_RESTLESS) for each in asked.flags)


def _exported(tox_env: Python, asked: Locked) -> str:
    """Return the path of the lock in the standard's form; ask uv for it where it is not the same.

    Raises:
        Fail: the lock is out of date, or no good.
    """
    variables = tox_env.environment_variables
    uv = need_uv(variables, "a uv.lock")
    path = os.path.join(tox_env.env_dir, "pylock.trueup.toml")
    record = Record(tox_env.cache)
    if not _restless(asked) and os.path.isfile(path):
        digest = digest_of(asked, variables, uv)
        if digest is not None and digest == record.own("lock"):
            return path
    record.note("lock", None)
    python = str(tox_env.env_python())
    command = [uv, "export", "--quiet", "--directory", asked.root, "--python", python]
    command += ["--format", "pylock.toml", "--output-file", path, *asked.flags]
    done = tox_env.execute(command, StdinSource.OFF, show=False, run_id="uv_export")
    if done.exit_code:
        told = (done.err or done.out).strip().removeprefix("error: ")
        raise Fail(f"uv.lock cannot be installed: {told}")
    record.note("lock", digest_of(asked, variables, uv))
    return path
