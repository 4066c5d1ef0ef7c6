"""A report in a few lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from trueup.api.report import InstallReport

__all__ = ["summary", "summary_lines"]


def summary(report: InstallReport, verbosity: int) -> str:
    """Return what people are told of a report; nothing where they want to be told nothing."""
    return (
        "" if verbosity < 0 else "".join(f"{line}\n" for line in summary_lines(report, verbosity))
    )


def summary_lines(report: InstallReport, verbosity: int = 0) -> Iterator[str]:
    """Yield the lines that tell what changed.

    Args:
        report: what happened.
        verbosity: from 1 on, why each distribution changed and where the time went.
    """
    for path in report.mended:
        yield f" ~ {path}"
    for removed in report.removed:
        yield f" - {removed.name} {removed.version}"
    for added in report.added:
        mark, before = ("~", f"{added.previous} -> ") if added.previous else ("+", "")
        if added.previous == added.version:
            before = ""
        suffix = " (editable)" if added.editable else ""
        why = f"  [{added.reason}]" if verbosity > 0 and added.reason else ""
        yield f" {mark} {added.name} {before}{added.version}{suffix}{why}"
    for module in report.stale_modules:
        yield f"warning: {module.name} was imported before it was replaced; restart to use it"
    yield _last_line(report)
    if verbosity > 0 and report.seconds:
        spent = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in report.seconds.items())
        yield f"Where the time went: {spent}"


def _last_line(report: InstallReport) -> str:
    if not report.changed:
        return f"Nothing to do: {_count(len(report.kept))} in {report.environment}"
    verbs = ("Would install", "would remove") if report.dry_run else ("Installed", "removed")
    parts = []
    if report.mended:
        number = len(report.mended)
        files = f"{number} file{'' if number == 1 else 's'} of the environment itself"
        parts.append(f"{'would put' if report.dry_run else 'put'} back {files}")
    if report.added:
        how = [one.how for one in report.added]
        detail = [
            f"{how.count(kind)} {word}"
            for kind, word in (("download", "downloaded"), ("build", "built"))
            if kind in how
        ]
        parts.append(f"{verbs[0]} {_count(len(report.added))}" + _brackets(detail))
    if report.removed:
        parts.append(f"{verbs[1]} {_count(len(report.removed))}")
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]} in {report.environment}"


def _brackets(detail: list[str]) -> str:
    return f" ({', '.join(detail)})" if detail else ""


def _count(number: int) -> str:
    return f"{number} distribution{'' if number == 1 else 's'}"
