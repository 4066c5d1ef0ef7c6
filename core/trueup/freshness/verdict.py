"""The verdict: would a build now give what is installed?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trueup.freshness.fingerprint import Circumstances, FileMark, Fingerprint, ListingMark
from trueup.freshness.listing import DEPTHS
from trueup.freshness.manifest import MANIFEST, names_nothing_but
from trueup.freshness.outcome import Fresh, Reason, ReasonKind, Stale, Unknown, Verdict
from trueup.freshness.project_files import survey_digest
from trueup.freshness.sight import Sight, Signature, is_older
from trueup.freshness.sighted import Sighted
from trueup.freshness.variables import digest_variables

__all__ = ["Fresh", "Reason", "ReasonKind", "Stale", "Unknown", "Verdict", "judge"]

_WEIGHT: dict[ReasonKind, int] = {
    "gone": 0,
    "output missing": 1,
    "output changed": 2,
    "circumstances": 3,
    "input changed": 4,
    "input missing": 4,
    "appeared": 5,
    "disappeared": 5,
    "names changed": 6,
    "repository": 7,
    "variable": 8,
}


def judge(fingerprint: Fingerprint, now: Circumstances, sight: Sight) -> Verdict:
    """Compare what a build depended on with what is there.

    Args:
        fingerprint: of the build that gave what is installed.
        now: the circumstances of a build that would be made now.
        sight: the tree now, with the environment variables that a backend would find.
    """
    if not sight.is_folder("."):
        return Stale((Reason("gone", sight.tree, f"{sight.tree} is not there any more"),))
    if fingerprint.unusable:
        return Unknown(fingerprint.unusable)
    reasons = [
        *_circumstances(fingerprint, now),
        *_files(fingerprint, sight),
        *_names(fingerprint, sight),
        *_repository(fingerprint, sight),
        *_variables(fingerprint, sight),
    ]
    if not reasons:
        return Fresh()
    return Stale(tuple(sorted(reasons, key=lambda one: (_WEIGHT[one.kind], one.path))))


def _circumstances(fingerprint: Fingerprint, now: Circumstances) -> Iterator[Reason]:
    was = fingerprint.circumstances
    compared = [
        ("the project's place", was.tree, now.tree),
        ("the way it is installed", _way(was), _way(now)),
        ("the config settings", _settings(was), _settings(now)),
        ("the Python", was.interpreter, now.interpreter),
        ("the build environment", was.site, now.site),
    ]
    if fingerprint.programs:
        compared.append(("the Python", was.python, now.python))
    for name, before, after in compared:
        if before != after:
            message = f"{name} changed from {before or 'none'} to {after or 'none'}"
            yield Reason("circumstances", name, message, before, after)


def _way(one: Circumstances) -> str:
    return "editable" if one.editable else "not editable"


def _settings(one: Circumstances) -> str:
    return " ".join(f"{key}={value}" for key, value in one.config_settings)


def _files(fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    for mark in sight.other_than(fingerprint.files, fingerprint.time_ns):
        output = mark.kind in {"output", "link", "left"}
        follow = mark.kind not in {"output", "link", "target"}
        if sight.signature(mark.path, follow=follow) is None:
            if mark.kind != "left":  # it would be made again
                yield _missing(mark.path, output=output)
        elif mark.kind == "settings":
            yield from _settings_of(mark, fingerprint, sight)
        elif sight.digest(mark.path, mark.kind) != mark.digest:
            yield _changed(mark, output=output)
    if fingerprint.survey:
        yield from _surveyed(fingerprint, sight)
    if fingerprint.patterns:
        known = {mark.path for mark in fingerprint.files}
        for path in sight.matching(fingerprint.patterns):
            if path not in known and path not in fingerprint.made:
                yield Reason("appeared", path, f"{path} is new, and a plugin says that it counts")


def _settings_of(mark: FileMark, fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    # It knows versions and their order; most checks find pyproject.toml as it was.
    from trueup.freshness.build_requirements import asked_anew, required_now, unmet

    now, held = required_now(sight.tree), fingerprint.environment
    found: Iterable[str] = ()
    if sight.digest(mark.path, mark.kind) != mark.digest:
        before = _declared(mark, fingerprint, sight)
        if before is None:
            yield _changed(mark, output=False)
            return
        found = asked_anew(before, now, held)
    for text in dict.fromkeys((*found, *unmet(now, held))):
        message = f"the build requirement {text} is not what it was built with"
        yield Reason("input changed", mark.path, message)


def _declared(mark: FileMark, fingerprint: Fingerprint, sight: Sight) -> tuple[str, ...] | None:
    """Return the build requirements that the file declared; None if it changed in more than these.

    The fingerprint has them, and after them what the backend asked for: with the first of them in
    place of those of now, the file is what it was.
    """
    from trueup.freshness.facet import settings_digest

    content, asked = sight.texts((mark.path,)), fingerprint.requirements
    for number in range(len(asked) + 1):
        if settings_digest(content, asked[:number]) == mark.digest:
            return asked[:number]
    return None


def _missing(path: str, *, output: bool) -> Reason:
    if output:
        message = f"{path} is missing, which the build had made"
        return Reason("output missing", path, message, "there", "missing")
    return Reason("input missing", path, f"{path} was deleted", "there", "missing")


def _changed(mark: FileMark, *, output: bool) -> Reason:
    if output:
        return Reason("output changed", mark.path, f"{mark.path} is not as the build had made it")
    what = {
        "facet": "what the backend reads in ",
        "settings": "the settings in ",
        "target": "where a link leads: ",
    }
    return Reason("input changed", mark.path, f"{what.get(mark.kind, '')}{mark.path} changed")


def _surveyed(fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    before, _, everything = fingerprint.survey_digest.partition(" ")
    if fingerprint.survey == "sighted":
        sighted = _sighted(fingerprint, sight)
        # What counts takes all texts to be read: not where no name came or went at all.
        if survey_digest(sighted.everything(), fingerprint.made) == everything:
            return
        files = sighted.names()
    else:
        files = sight.survey(fingerprint.survey, fingerprint.idle)
    if survey_digest(files, fingerprint.made) != before:
        names = ", ".join(fingerprint.programs)
        known = {mark.path for mark in fingerprint.files} | fingerprint.made
        new = [path for path in files if path not in known and not path.endswith("/")]
        message = f"files of the project came or went, and {names} may read them"
        if new and fingerprint.survey not in {"named", "sighted"}:
            message = f"{new[0]} is new, and {names} may read it"
        yield Reason("names changed", new[0] if new else ".", message)


def _sighted(fingerprint: Fingerprint, sight: Sight) -> Sighted:
    one, licences = fingerprint, "maturin" in fingerprint.programs
    return Sighted(sight, one.opened, one.listed, one.idle, one.made, licences=licences)


def _names(fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    for mark in fingerprint.listings:
        signature = sight.signature(mark.path)
        if signature is not None and _is_untouched(mark, signature, fingerprint.time_ns):
            continue
        if sight.names(mark.path, mark.rule, fingerprint.made, mark.patterns) != mark.digest:
            where = "the project's folder" if mark.path == "." else f"the folder {mark.path}"
            message = f"files or folders came to {where} or went"
            if signature is None:
                message = f"{where} was deleted"
            yield Reason("names changed", mark.path, message)
    yield from _existence(fingerprint, sight)


def _is_untouched(mark: ListingMark, now: Signature, time_ns: int) -> bool:
    """Whether a folder's own times prove that no name in it came or went.

    By some rules they do not: there the names that lie deeper decide, too.
    """
    same = mark[2:5] == now[1:]
    return same and mark.rule not in DEPTHS and is_older(now.mtime_ns, now.ctime_ns, time_ns)


def _existence(fingerprint: Fingerprint, sight: Sight) -> Iterable[Reason]:
    for path in fingerprint.absences:
        if not sight.exists(path) or _adds_nothing(path, fingerprint, sight):
            continue
        if not (path in fingerprint.presences and sight.leads_nowhere(path)):
            message = f"{path} appeared, which the build had looked for"
            yield Reason("appeared", path, message, "not there", "there")
    for path in fingerprint.presences:
        if not sight.exists(path):
            yield Reason("disappeared", path, f"{path} was deleted or renamed", "there", "missing")
        elif path not in fingerprint.absences and sight.leads_nowhere(path):
            message = f"{path} leads to nothing any more"
            yield Reason("disappeared", path, message, "there", "missing")


def _adds_nothing(path: str, fingerprint: Fingerprint, sight: Sight) -> bool:
    """Whether it is a MANIFEST.in that names nothing but what was taken without it."""
    if path != MANIFEST or not fingerprint.taken or sight.digest(path, "content") is None:
        return False
    return names_nothing_but(sight.texts((path,)), frozenset(fingerprint.taken))


def _repository(fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    for one in fingerprint.questions:
        if sight.answer(one.arguments, one.directory) != one.digest:
            command = " ".join(one.arguments)
            message = f"the repository's state changed: `{command}` answers otherwise"
            yield Reason("repository", command, message)


def _variables(fingerprint: Fingerprint, sight: Sight) -> Iterator[Reason]:
    now = digest_variables(fingerprint.variables, sight.variables, fingerprint.salt)
    for name in sorted(now.keys() | fingerprint.variables.keys()):
        before, after = fingerprint.variables.get(name, ""), now.get(name, "")
        if before != after:
            how = "is set now" if not before else "is not set now" if not after else "changed"
            message = f"the environment variable {name} {how}"
            yield Reason("variable", name, message, _whether(before), _whether(after))


def _whether(digest: str) -> str:
    return "set" if digest else "not set"
