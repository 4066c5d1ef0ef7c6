"""Everything that is wrong with a request, so that it can be told at once and not one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trueup.errors import RequestError, TrueupError

__all__ = ["Problems", "located"]


class Problems:
    """Bad lines in the order in which they were met, each with its way out."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    @property
    def lines(self) -> list[str]:
        """One line for each problem, with its way out behind it."""
        return [
            f"{problem}; {_continued(hint)}" if hint else problem for problem, hint in self._found
        ]

    def add(self, problem: str, hint: str = "") -> None:
        """Take down one problem, and its way out."""
        if (problem, hint) not in self._found:
            self._found.append((problem, hint))

    def add_error(self, error: TrueupError) -> None:
        """Take down what an error tells: each of its lines, or else the error itself."""
        lines = error.lines if isinstance(error, RequestError) else ()
        if len(lines) < 2:
            self.add(error.problem, error.hint)
            return
        for line in lines:
            self.add(line)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Take down a `TrueupError` of the block and go on behind it."""
        try:
            yield
        except TrueupError as error:
            self.add_error(error)

    def raise_if_any(self, summary: str, *, hint: str = "") -> None:
        """Raise all that was taken down as one error.

        Args:
            summary: what could not be understood, without a count.
            hint: a way out that holds for all.

        Raises:
            RequestError: with every line; one problem alone is the error's own.
        """
        if len(self._found) == 1:
            problem, own = self._found[0]
            error = RequestError(problem, hint="\n".join(each for each in (own, hint) if each))
            error.lines = tuple(self.lines)  # not by the constructor, which would tell it twice
            raise error
        if self._found:
            problem = f"{summary}: {len(self._found)} problems"
            raise RequestError(problem, hint=hint, lines=tuple(self.lines))


def _continued(sentence: str) -> str:
    """Return a sentence as it reads behind a semicolon; names and options stay as they are."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


@contextmanager
def located(origin: str) -> Iterator[None]:
    """Let errors of the block say where what they are about was written.

    Raises:
        RequestError: the block's error, with `origin` before its problem where it lacks that.
    """
    try:
        yield
    except TrueupError as error:
        if error.problem.startswith(f"{origin}:"):
            raise
        raise RequestError(f"{origin}: {error.problem}", hint=error.hint) from error
