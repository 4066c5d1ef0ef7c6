"""Everything that is wrong with a request, so that it can be told at once and not one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trueup.errors import RequestError, TrueupError

__all__ = ["Problems", "located"]


class Problems:
    """Bad lines in the order in which they were met."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, problem: str, hint: str = "") -> None:
        """Take down one problem, with its way out behind it."""
        line = f"{problem}: {hint}" if hint else problem
        if line not in self.lines:
            self.lines.append(line)

    def add_error(self, error: TrueupError) -> None:
        """Take down what an error tells: each of its lines, or else the error itself."""
        lines = error.lines if isinstance(error, RequestError) else ()
        if not lines:
            self.add(error.problem, error.hint)
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
            hint: the way out, where one holds for all.

        Raises:
            RequestError: with every line; a single line is the problem itself.
        """
        if len(self.lines) == 1:
            error = RequestError(self.lines[0], hint=hint)
            error.lines = tuple(self.lines)  # not by the constructor, which would tell it twice
            raise error
        if self.lines:
            problem = f"{summary}: {len(self.lines)} problems"
            raise RequestError(problem, hint=hint, lines=tuple(self.lines))


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
