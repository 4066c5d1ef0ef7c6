"""A call from Python that is known to come to nothing gives the same values as the whole way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trueup
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.command import make_house
from support.projects import lay_project, project_files
from trueup.api.judging import judge_installed
from trueup.api.recollection import recalled_check, recalled_install, words_of_check
from trueup.api.recollection import words_of_install as words
from trueup.destination.creation import create_environment
from trueup.destination.facts import interpreter_facts
from trueup.destination.locate import open_environment
from trueup.resolution.install_options import InstallOptions
from trueup.resolution.request_input import RequestInput

LATELY = 0.08  # seconds; what changed in the last 50 ms is too young to be trusted


@dataclass(frozen=True)
class Place:
    """An environment, and what is installed into it: two projects, and what they need.

    Attributes:
        root: the folder of all.
        raw: what is asked for.
    """

    root: Path
    raw: RequestInput

    @property
    def environment(self) -> str:
        return str(self.root / "environment")

    @property
    def site(self) -> Path:
        return Path(open_environment(self.environment).scheme.purelib)

    def install(self, **more: Any) -> trueup.InstallReport:
        return trueup.install(environment=self.environment, request=self.raw, **more)

    def installed(self) -> trueup.InstallReport | None:
        """Return what is known without a look at more than what decides."""
        asked = words(self.raw, InstallOptions(), self.environment, reload=False)
        return recalled_install(asked)

    def checked(self) -> list[trueup.Judgement] | None:
        """Return the same of a check."""
        return recalled_check(words_of_check(self.environment, ()))

    def judged(self) -> list[trueup.Judgement]:
        """Return what the whole way tells."""
        return judge_installed(open_environment(self.environment))

    def known(self) -> None:
        """Let both calls be known."""
        time.sleep(LATELY)
        assert not self.install().changed
        assert all(one.fresh for one in trueup.check(self.environment))
        assert self.installed() is not None
        assert self.checked() is not None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One environment for all tests of this module: each leaves it as it was."""
    root = tmp_path_factory.mktemp("recollection")
    house = make_house(root / "house")
    create_environment(str(root / "environment"), interpreter_facts(sys.executable))
    for name, more in (("live", {}), ("copied", {"src/copied/data/deep.py": "DEEP = 1\n"})):
        files = project_files(name, dependencies=["beta<2"], more=more)
        lay_project(root / "pristine" / name, files)
    shutil.copytree(root / "pristine", root / "trees")
    raw = RequestInput(
        requirements=(str(root / "trees" / "copied"), "alpha"),
        editables=(str(root / "trees" / "live"),),
        no_index=True,
        find_links=(str(house),),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUEUP_CACHE_DIR", str(root / "store"))
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        place = Place(root, raw)
        assert len(place.install().added) == 4
        yield place


def _renew(place: Place) -> None:
    """Lay the trees anew, with the same content."""
    shutil.rmtree(place.root / "trees")
    shutil.copytree(place.root / "pristine", place.root / "trees")


def test_what_is_known_equals_what_is_found_out(place: Place) -> None:
    time.sleep(LATELY)
    first = place.install()
    place.known()
    again = place.install()
    assert again == place.installed()
    assert (again.environment, again.kept) == (first.environment, first.kept)
    assert (again.changed, again.warnings, again.dry_run) == (False, (), False)
    found, slowly = trueup.check(place.environment), place.judged()
    assert found == place.checked() == slowly
    assert [one.fingerprint for one in found] == [one.fingerprint for one in slowly]
    assert [one.distribution.name for one in found] == ["copied", "live"]


def test_another_question_has_another_answer(place: Place) -> None:
    place.known()
    assert place.install(dry_run=True).dry_run
    assert place.install(reinstall=True).changed
    place.known()
    (only,) = trueup.check(place.environment, "live")
    assert only.distribution.name == "live"
    assert "live" not in {one.distribution.name for one in trueup.check()}
    opened = open_environment(place.environment)
    assert trueup.check(opened) == place.judged()
    assert trueup.install(environment=opened, request=place.raw).kept


def test_what_is_gone_from_the_environment_is_put_back(place: Place) -> None:
    place.known()
    (place.site / "beta" / "__init__.py").unlink()
    assert [one.name for one in place.install().added] == ["beta"]
    place.known()
    shutil.rmtree(place.site / "beta-1.0.dist-info")
    assert [one.name for one in place.install().added] == ["beta"]


def test_what_warns_warns_each_time(place: Place) -> None:
    place.known()
    heard: list[str] = []
    for _ in range(3):
        time.sleep(LATELY)
        report = place.install(
            options=InstallOptions(strict=True),
            reporter=lambda event: heard.append(event.message),
        )
        assert report.conflicts == ()
    assert place.installed() is not None


def test_an_answer_for_one_process_holds_in_the_next_which_imports_little(place: Place) -> None:
    place.known()
    code = """
import sys
import trueup
from trueup.resolution.request_input import RequestInput
judged = trueup.check(sys.argv[1])
raw = eval(sys.argv[2])
assert not trueup.install(environment=sys.argv[1], request=raw).changed
assert [one.fresh for one in judged] == [True, True]
heavy = {"trueup.api.judging", "trueup.api.front", "trueup.freshness.verdict", "packaging",
         "trueup.api.installing", "trueup.freshness.storage", "trueup.acquisition",
         "hashlib", "subprocess", "argparse"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert judged[0].fingerprint is not None
"""
    command = [sys.executable, "-c", code, place.environment, repr(place.raw)]
    subprocess.run(command, check=True)


# Edits, each by a path and a number that tells them apart.


def _write(path: Path, number: int) -> None:
    if path.is_dir():
        path /= "written.py"
    for above in path.parents:
        if above.is_file():  # written in the place of a folder that was deleted
            above.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"EDITED = {number}\n")


def _edit_unseen(path: Path, number: int) -> None:
    """Leave a file as large and as old as it was."""
    if path.is_file() and path.stat().st_size:
        before = path.stat()
        content = path.read_bytes()
        path.write_bytes(content[:-2] + str(number % 10).encode() + content[-1:])
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _delete(path: Path, number: int) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    elif path.exists():
        path.unlink()


def _rename(path: Path, number: int) -> None:
    if path.exists():
        path.rename(path.with_name(f"{path.stem}_{number}{path.suffix}"))


def _touch(path: Path, number: int) -> None:
    if path.exists():
        os.utime(path, ns=(number, number))


def _link(path: Path, number: int) -> None:
    """Put a link in the place of a file, to its very content."""
    if path.is_file() and not path.is_symlink():
        moved = path.with_name(f".moved_{number}")
        path.rename(moved)
        path.symlink_to(moved.name)


def _put_in_place(path: Path, number: int) -> None:
    """Move a file there that is as old and as large, and was made before."""
    if path.is_file():
        other = path.with_name(f"#{number}#")
        shutil.copy2(path, other)
        _edit_unseen(other, number)
        other.replace(path)


def _mode(path: Path, number: int) -> None:
    if path.is_file():
        path.chmod(0o755 if number % 2 else 0o644)


EDITS: Sequence[Callable[[Path, int], None]] = (
    _write, _edit_unseen, _delete, _rename, _touch, _link, _put_in_place, _mode
)  # fmt: skip
PATHS = (
    "pyproject.toml", "own_backend.py", "setup.cfg", "FAIL", "notes.txt", "src", "src/{}",
    "src/{}/__init__.py", "src/{}/data", "src/{}/data/deep.py", "src/{}/new.py", "src/top.py",
    "src/new/__init__.py",
)  # fmt: skip
a_deed = st.tuples(
    st.sampled_from(EDITS),
    st.sampled_from(("live", "copied")),
    st.sampled_from(PATHS),
    st.integers(1, 1000),
)


def _tell_the_same(place: Place, deeds: Sequence[tuple[Any, str, str, int]]) -> None:
    _renew(place)
    place.known()
    for edit, name, path, number in deeds:
        edit(place.root / "trees" / name / path.format(name), number)
        fast, slow = trueup.check(place.environment), place.judged()
        assert fast == slow
        nothing = place.installed()
        if nothing is not None:
            assert all(one.fresh for one in slow)
    _renew(place)


_SETTINGS = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


@settings(max_examples=15, **_SETTINGS)  # type: ignore[arg-type]  # of several types
@given(deeds=st.lists(a_deed, min_size=1, max_size=3))
def test_after_random_edits_a_glance_tells_what_the_whole_way_tells(
    place: Place, deeds: list[tuple[Any, str, str, int]]
) -> None:
    _tell_the_same(place, deeds)


@pytest.mark.slow
@settings(max_examples=1500, **_SETTINGS)  # type: ignore[arg-type]  # of several types
@given(deeds=st.lists(a_deed, min_size=1, max_size=6))
def test_after_many_random_edits_as_well(
    place: Place, deeds: list[tuple[Any, str, str, int]]
) -> None:
    _tell_the_same(place, deeds)
