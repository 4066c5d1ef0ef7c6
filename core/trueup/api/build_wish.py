"""What a host wishes to be built, and what it gets; light, as hosts hold these in every run."""

from __future__ import annotations

from trueup.values import dataclass

__all__ = ["BuildWish", "ProjectWheel"]


@dataclass(frozen=True, slots=True)
class BuildWish:
    """Which project is to become a wheel, for whom, and where the file is to lie.

    Attributes:
        path: the project's directory, absolute.
        python: path of the Python that the wheel is for.
        folder: where wheels of this project are kept; made where it is missing.
        editable: an editable wheel (PEP 660).
        config_settings: (key, value) pairs for the backend.
    """

    path: str
    python: str
    folder: str
    editable: bool = False
    config_settings: tuple[tuple[str, str], ...] = ()

    @property
    def arguments(self) -> list[str]:
        """What would follow `install`, to install this project in just this way, by itself."""
        settings = [f"--config-settings={key}={value}" for key, value in self.config_settings]
        return ["--no-deps", *settings, *(["-e"] if self.editable else []), self.path]


@dataclass(frozen=True, slots=True)
class ProjectWheel:
    """A local project as a wheel file.

    Attributes:
        path: the wheel.
        name: normalized name of the distribution.
        version: as the wheel's file name has it.
        metadata: the content of METADATA.
        fingerprint: what the build depended on, as it is kept in the dist-info directory.
    """

    path: str
    name: str
    version: str
    metadata: bytes
    fingerprint: bytes = b""
