"""The environment: one Python executable and the directories it installs into."""

from __future__ import annotations

import os

from trueup.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STATE", "Environment", "Interpreter", "Scheme"]

STATE = ".trueup"
"""The name of the directory of trueup's own files, wherever it lies."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """Installation directories, absolute, named as in the wheel specification (PEP 427).

    Attributes:
        purelib: where pure-Python top-level modules go.
        platlib: where compiled top-level modules go; often the same directory.
        scripts: where commands go.
        data: the root of everything else.
        headers: the directory that holds one folder of C headers for each distribution.
    """

    purelib: str
    platlib: str
    scripts: str
    data: str
    headers: str

    def directory(self, name: str) -> str:
        """Return the directory of a scheme key: purelib, platlib, scripts, data or headers."""
        return str(getattr(self, name))

    def under(self, base: str) -> Scheme:
        """Return this scheme, if its directories are relative, with all of them below `base`."""
        return Scheme(
            purelib=os.path.join(base, self.purelib),
            platlib=os.path.join(base, self.platlib),
            scripts=os.path.join(base, self.scripts),
            data=os.path.join(base, self.data) if self.data else base,
            headers=os.path.join(base, self.headers),
        )


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The facts of one Python interpreter that installing needs.

    Attributes:
        executable: absolute path of the program, as it is to be started.
        base_executable: the program that a virtual environment was made from, links resolved.
        version: major, minor, micro.
        implementation: `sys.implementation.name`, such as "cpython".
        markers: the environment of PEP 508 markers; without "extra".
        tags: every wheel tag that fits, best first, written "py-abi-platform" (PEP 425).
        scheme: where this interpreter installs to.
        prefix: `sys.prefix`.
        base_prefix: `sys.base_prefix`; differs from `prefix` in a virtual environment.
        stdlib: the directory of the standard library.
        cache_tag: `sys.implementation.cache_tag`, such as "cpython-312"; "" where there is none.
        magic: the bytecode magic number, in hexadecimal.
        extension_suffixes: `importlib.machinery.EXTENSION_SUFFIXES`.
        free_threaded: built without the global interpreter lock (PEP 703).
        externally_managed: the message of PEP 668's EXTERNALLY-MANAGED file; None if there is none.
        prefix_scheme: where `--prefix DIR` installs to, relative to DIR.
        venv_scheme: where a virtual environment of this interpreter installs to, relative to it.
    """

    executable: str
    base_executable: str
    version: tuple[int, int, int]
    implementation: str
    markers: Mapping[str, str]
    tags: tuple[str, ...]
    scheme: Scheme
    prefix: str
    base_prefix: str
    stdlib: str
    cache_tag: str
    magic: str
    extension_suffixes: tuple[str, ...]
    free_threaded: bool
    externally_managed: str | None
    prefix_scheme: Scheme | None = None
    venv_scheme: Scheme | None = None

    @property
    def virtual(self) -> bool:
        """Whether this is the interpreter of a virtual environment (PEP 405)."""
        return self.prefix != self.base_prefix


@dataclass(frozen=True, slots=True)
class Environment:
    """An interpreter together with the directories that are installed into.

    Attributes:
        interpreter: the Python that decides which wheels fit and that scripts start.
        scheme: the interpreter's own directories, or others under `--target` and `--prefix`.
        root: the directory that stands for the environment in messages: its prefix or target.
        running: whether this is the environment of the running process.
    """

    interpreter: Interpreter
    scheme: Scheme
    root: str
    running: bool = False

    @property
    def state(self) -> str:
        """The directory of trueup's own files: lock, journal, receipt, staging.

        In a virtual environment it lies in the prefix, elsewhere beside the modules, because a
        system's prefix (`/usr`) is nobody's to write to.
        """
        base = self.root if self.interpreter.virtual else self.scheme.purelib
        return os.path.join(base, STATE)

    @property
    def library_directories(self) -> tuple[str, ...]:
        """The directories that are imported from, purelib and platlib, each once."""
        return tuple(dict.fromkeys((self.scheme.purelib, self.scheme.platlib)))
