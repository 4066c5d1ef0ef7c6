"""Which installed distributions are not as they were put in place."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from trueup.destination.environment import Environment
from trueup.destination.installed import InstalledDistribution
from trueup.installation.boot import boot_identity
from trueup.installation.compiled import is_bytecode
from trueup.installation.ownership import is_ours, names_another
from trueup.installation.receipt import Damage, Receipt, inspect, read_receipt

__all__ = ["find_damage"]


def find_damage(
    environment: Environment,
    installed: Mapping[str, InstalledDistribution],
    *,
    edited_too: bool = False,
) -> dict[str, str]:
    """Return, for each distribution that has to be put in place again, what is wrong with it.

    A missing file is always damage; so is one whose bytes a power cut has lost. An edited one is
    somebody's work and is left alone, unless the caller wants the environment exact.

    What trueup installed and has no receipt (it was lost with the power, or the environment was
    copied without it) is judged by its RECORD. What others installed is not judged.

    Args:
        environment: where to look.
        installed: normalized name to what is there.
        edited_too: count edited files as damage.

    Raises:
        EnvironmentProblem: a file of metadata cannot be read.
    """
    boot = boot_identity()
    receipts: dict[str, Receipt] = {}
    for name, present in installed.items():
        receipt = read_receipt(environment, os.path.basename(present.path))
        if receipt is not None:
            receipts[name] = receipt
    damaged: dict[str, str] = {}
    for name, present in installed.items():
        receipt = receipts.get(name)
        restarted = receipt is None or receipt.boot != boot or not boot
        for found in _inspect(present, receipt):
            if found.kind == "lost" and not (restarted or edited_too):
                continue
            if not edited_too and (found.kind == "changed" or is_bytecode(found.path)):
                continue  # Python itself makes missing bytecode, and does without a lost one
            if found.kind != "missing" and _is_anothers(found.path, name, installed, receipts):
                continue
            damaged[name] = _sentence(found)
            break
    return damaged


def _inspect(present: InstalledDistribution, receipt: Receipt | None) -> Iterator[Damage]:
    """Yield what is wrong with one distribution, by the best that there is to compare it with."""
    if receipt is None:
        if _has_installer(present) and not names_another(present.installer):
            yield from _compare_with_record(present)
        return
    found = inspect(receipt, present.library)
    first = next(found, None)
    # The receipt is an old one where another installer has put the same version in place since.
    if first is not None and is_ours(receipt, present):
        yield first
        yield from found


def _has_installer(present: InstalledDistribution) -> bool:
    """Whether somebody says to have installed it: a power cut may have taken the word itself."""
    return present.kind == "dist-info" and present.read_file("INSTALLER") is not None


def _compare_with_record(present: InstalledDistribution) -> Iterator[Damage]:
    """Yield each file that is missing, or not of the size that RECORD tells."""
    record = os.path.join(present.path, "RECORD")
    text = present.read_file("RECORD")
    if not text:
        yield Damage(record, "missing" if text is None else "lost")
        return
    import csv  # few environments have something without a receipt

    try:
        if "\0" in text:  # no path has one: these are bytes that a power cut left
            raise ValueError("it holds bytes of zero")
        rows = [(row[0], int(row[2] or -1)) for row in csv.reader(text.splitlines())]
    except (csv.Error, ValueError, IndexError):
        yield Damage(record, "lost")
        return
    for path, size in rows:
        absolute = os.path.normpath(os.path.join(present.library, path))
        try:
            found = os.lstat(absolute).st_size
        except (FileNotFoundError, NotADirectoryError):
            yield Damage(absolute, "missing")
            continue
        if size not in {-1, found}:
            yield Damage(absolute, "lost" if found == 0 else "changed")


def _is_anothers(
    path: str,
    name: str,
    installed: Mapping[str, InstalledDistribution],
    receipts: Mapping[str, Receipt],
) -> bool:
    """Whether a file is as another distribution brought it: of two that do, the last wins."""
    for other, receipt in receipts.items():
        library = os.path.join(installed[other].library, "")
        if other == name or path.removeprefix(library) not in receipt.paths:
            continue
        if all(found.path != path for found in inspect(receipt, library)):
            return True
    return False


_WORDS = {
    "missing": "is missing",
    "lost": "has lost its content",
    "changed": "is not as it was installed",
}


def _sentence(found: Damage) -> str:
    return f"{found.path} {_WORDS[found.kind]}"
