"""An environment that is made anew once more is looked at, file by file, and left as it is."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command import LATELY, Shell
from support.wheels import make_wheel

Change = Callable[[Shell], None]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere no picture is taken")


def _command(shell: Shell) -> tuple[str, ...]:
    return ("install", "--no-index", "-f", str(shell.house), "-r", "wanted.txt", "--recreate")


def _sees(shell: Shell, *more: str, **variables: str) -> bool:
    """Whether a new process finds by a look that all is as if it were made anew."""
    return shell.pictures(*_command(shell), *more, **variables)


@pytest.fixture
def remade(shell: Shell) -> Shell:
    """A project whose environment was made anew, of wheels in a folder of its own."""
    shell.house = Path(shutil.copytree(shell.house, shell.root.parent / "wheels"))
    (shell.root / "wanted.txt").write_text("alpha\n")
    time.sleep(LATELY)
    done = shell(*_command(shell))
    assert done.code == 0, done.err
    assert _sees(shell)
    return shell


def test_the_same_is_told_and_nothing_is_written(remade: Shell) -> None:
    before = remade.tree
    module = remade.site / "beta" / "__init__.py"
    inode = module.stat().st_ino
    done = remade(*_command(remade))
    assert done.out == (
        f" + alpha 1.0\n + beta 2.0\nInstalled 2 distributions in {remade.environment.root}\n"
    )
    assert (remade.tree, module.stat().st_ino) == (before, inode)


def test_what_python_compiled_by_itself_goes(remade: Shell) -> None:
    before = remade.tree
    cache = remade.site / "beta" / "__pycache__"
    cache.mkdir()
    (cache / "other.cpython-399.pyc").write_bytes(b"foreign")
    (remade.site / "__pycache__").mkdir()
    assert _sees(remade)
    assert remade.tree == before
    assert _sees(remade)


def test_what_was_imported_for_the_first_time_is_told_before_its_bytecode_goes(
    remade: Shell,
) -> None:
    cache = remade.site / "beta" / "__pycache__"
    cache.mkdir()
    (cache / "__init__.cpython-399-pytest-9.9.pyc").touch()
    assert _sees(remade)
    program = remade.environment.interpreter.executable
    for known in (False, True):
        subprocess.run([program, "-c", "import beta"], check=True, env=remade.variables)
        assert cache.exists()
        assert _sees(remade) == known
        assert cache.exists() != known


def test_bytecode_of_the_store_stays_and_what_joined_it_goes(remade: Shell) -> None:
    assert remade("install", "--no-index", "-f", remade.house, "-r", "wanted.txt", "--recreate",
                  "--compile-bytecode").code == 0  # fmt: skip
    for _ in range(2):  # the first of them finds out that more comes than before
        time.sleep(LATELY)
        assert remade(*_command(remade)).code == 0
    assert _sees(remade)
    before = remade.tree
    (compiled,) = (remade.site / "beta" / "__pycache__").glob("__init__.*")
    (compiled.parent / "of-a-test-runner.pyc").touch()
    assert _sees(remade)
    assert remade.tree == before
    compiled.write_bytes(compiled.read_bytes())
    assert not _sees(remade)


def _same_look(path: Path, content: bytes) -> None:
    """Write to a file as somebody does who hides it: size and time are as before."""
    status = path.stat()
    assert len(content) == status.st_size
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _edited(shell: Shell) -> None:
    module = shell.site / "beta" / "__init__.py"
    _same_look(module, module.read_bytes().replace(b"2.0", b"9.9"))


def _replaced(shell: Shell) -> None:
    module = shell.site / "beta" / "__init__.py"
    status = module.stat()
    other = shell.root / "other"
    other.write_bytes(module.read_bytes())
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(module)


def _linked(shell: Shell) -> None:
    module = shell.site / "beta" / "__init__.py"
    module.rename(shell.root / "moved.py")
    module.symlink_to(shell.root / "moved.py")


def _package_linked(shell: Shell) -> None:
    (shell.site / "beta").rename(shell.root / "moved")
    (shell.site / "beta").symlink_to(shell.root / "moved")


def _deleted(shell: Shell) -> None:
    (shell.site / "beta" / "only_2.py").unlink()


def _emptied(shell: Shell) -> None:
    (shell.site / "alpha-1.0.dist-info" / "METADATA").write_bytes(b"")


def _executable(shell: Shell) -> None:
    (shell.site / "beta" / "only_2.py").chmod(0o755)


def _closed(shell: Shell) -> None:
    (shell.site / "beta").chmod(0o711)


def _module(shell: Shell) -> None:
    (shell.site / "stranger.py").touch()


def _deep_module(shell: Shell) -> None:
    (shell.site / "beta" / "stranger.py").touch()


def _folder(shell: Shell) -> None:
    (shell.site / "beta" / "stranger").mkdir()


def _distribution(shell: Shell) -> None:
    shell.works("gamma")


def _script(shell: Shell) -> None:
    script = Path(shell.environment.scheme.scripts) / "beta-run"
    _same_look(script, script.read_bytes().replace(b"main", b"niam"))


def _program(shell: Shell) -> None:
    (Path(shell.environment.scheme.scripts) / "stranger").touch()


def _python(shell: Shell) -> None:
    program = Path(shell.environment.scheme.scripts) / "python"
    leads = program.readlink()
    program.unlink()
    program.symlink_to(leads)


def _activation(shell: Shell) -> None:
    path = Path(shell.environment.scheme.scripts) / "activate"
    path.write_text(path.read_text() + "# edited\n")


def _configuration(shell: Shell) -> None:
    path = Path(shell.environment.root) / "pyvenv.cfg"
    _same_look(path, path.read_bytes().replace(b"false", b"FALSE"))


def _in_the_root(shell: Shell) -> None:
    (Path(shell.environment.root) / "notes").touch()


def _receipt(shell: Shell) -> None:
    (Path(shell.environment.state) / "receipts" / "beta-2.0.dist-info").unlink()


def _journal(shell: Shell) -> None:
    (Path(shell.environment.state) / "journal").touch()


def _shelf(shell: Shell) -> None:
    (Path(shell.environment.state) / "shelf-1").mkdir()


def _picture(shell: Shell) -> None:
    (Path(shell.environment.state) / "picture").write_bytes(b"nonsense")


@pytest.mark.parametrize(
    "changes",
    [
        (_edited, _replaced, _linked, _package_linked, _deleted, _emptied, _executable, _closed),
        (_module, _deep_module, _folder, _distribution, _script, _program, _in_the_root),
        (_python, _activation, _configuration, _receipt, _shelf, _picture),
    ],
    ids=["files", "strangers", "the-environment-itself"],
)
def test_whatever_changed_is_seen_and_put_right(remade: Shell, changes: tuple[Change, ...]) -> None:
    before = remade.tree
    for change in changes:
        change(remade)
        assert not _sees(remade), change.__name__
        done = remade(*_command(remade))
        assert done.code == 0, done.err
        assert done.out.startswith(" + alpha 1.0\n + beta 2.0\n")
        assert remade.tree == before, change.__name__
    assert _sees(remade)


def test_a_change_that_was_interrupted_is_no_right_environment(remade: Shell) -> None:
    _journal(remade)
    assert not _sees(remade)


def test_what_would_make_it_another_is_seen(remade: Shell) -> None:
    wanted = remade.root / "wanted.txt"
    wanted.write_text("alpha\n")
    assert not _sees(remade)  # as far as a look can tell
    for place in (remade.root / "uv.toml", remade.root / "pyproject.toml"):
        time.sleep(LATELY)
        assert remade(*_command(remade)).code == 0
        assert _sees(remade)
        place.write_text("")
        assert not _sees(remade), place.name
        place.unlink()
        assert _sees(remade)
    make_wheel(remade.house, "beta", "3.0")
    assert not _sees(remade)


def test_bytecode_that_the_store_has_by_now_is_seen(remade: Shell) -> None:
    assert remade("venv", "other").code == 0
    remade.works("-p", "other", "--compile-bytecode", "beta")
    assert not _sees(remade)


def test_another_environment_in_its_place_is_seen(remade: Shell) -> None:
    Path(remade.environment.root).rename(remade.root / "away")
    (remade.root / ".venv").write_text("away\n")
    assert not _sees(remade)


def test_other_variables_ask_for_another(remade: Shell) -> None:
    for name in ("UV_PRERELEASE", "PIP_PRE", "TRUEUP_RESOLVER", "TOX_UV_PATH", "HOME"):
        assert not _sees(remade, **{name: "something"}), name


def test_another_umask_asks_for_another(remade: Shell) -> None:
    before = os.umask(0o077)
    try:
        assert not _sees(remade)
    finally:
        os.umask(before)
    assert _sees(remade)


def test_what_has_more_to_do_does_it_each_time(remade: Shell) -> None:
    for more in ("--json", "-v", "--upgrade", "--no-cache", "--durable", "--refresh"):
        assert remade(*_command(remade), more).code == 0
        assert not _sees(remade, more), more


def test_a_local_project_is_judged_each_time(remade: Shell) -> None:
    project = remade.root / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
        '[project]\nname = "own-project"\nversion = "1"\n'
    )
    (project / "own.py").write_text(
        "import zipfile\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        "    name = 'own_project-1-py3-none-any.whl'\n"
        "    info = 'own_project-1.dist-info/'\n"
        "    with zipfile.ZipFile(folder + '/' + name, 'w') as wheel:\n"
        "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: own-project\\n'\n"
        "                       'Version: 1\\n')\n"
        "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: own\\n'\n"
        "                       'Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(info + 'RECORD', '')\n"
        "    return name\n"
    )
    for _ in range(2):
        remade(*_command(remade), str(project))
    assert not _sees(remade, str(project))


def test_bytecode_is_not_deleted_while_somebody_holds_the_lock(remade: Shell) -> None:
    cache = remade.site / "beta" / "__pycache__"
    cache.mkdir()
    with open(Path(remade.environment.state) / "lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not _sees(remade)
    assert cache.exists()
    assert _sees(remade)
    assert not cache.exists()


def test_what_was_edited_while_it_was_made_anew_is_read_again(remade: Shell) -> None:
    wanted = remade.root / "wanted.txt"
    words = (*_command(remade), "--no-progress")
    done = remade.overtaken(remade.environment, lambda: wanted.write_text("gamma\n"), *words)
    assert " + alpha 1.0" in done.out
    assert not _sees(remade, "--no-progress")
    assert remade(*words).out.splitlines()[:-1] == [" + gamma 1.0"]


def test_of_many_files_each_is_looked_at(remade: Shell) -> None:
    make_wheel(remade.house, "many", files={f"many/part_{at}.py": "" for at in range(4100)})
    (remade.root / "wanted.txt").write_text("many\n")
    time.sleep(LATELY)
    assert remade(*_command(remade)).code == 0
    assert _sees(remade)
    files = sorted((remade.site / "many").iterdir())
    for path in (files[0], files[len(files) // 2], files[-1]):
        path.write_text("")
        assert not _sees(remade)
        assert remade(*_command(remade)).code == 0
        assert _sees(remade)


def test_the_look_imports_next_to_nothing(remade: Shell) -> None:
    (remade.site / "beta" / "__pycache__").mkdir()
    _, names = remade.imports(*_command(remade))
    ours = {"trueup", "trueup.__main__", "trueup.glance", "trueup.destination",
            "trueup.destination.picture", "trueup.destination.posix_lock"}  # fmt: skip
    assert names <= ours | {"__future__", "_blake2", "fcntl"}
