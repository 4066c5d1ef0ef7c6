"""What downloading needs is imported while a resolver is asked, and only then."""

from __future__ import annotations

import subprocess
import sys

import pytest
from trueup.api.foresight import Foresighted
from trueup.destination.facts import interpreter_facts
from trueup.errors import ResolutionError
from trueup.resolution.artifact import Resolution
from trueup.resolution.request import Request
from trueup.resolution.resolver import Question

_ASKING = """
import sys
from test_foresight import Answering, question
from trueup.api.foresight import Foresighted
before = "requests" in sys.modules
Foresighted(Answering()).resolve(question(offline={offline}))
print(before, "requests" in sys.modules)
"""


class Answering:
    """A resolver that knows one answer, or none."""

    identity = "answering 1"

    def __init__(self, error: ResolutionError | None = None) -> None:
        self.error = error

    def resolve(self, question: Question) -> Resolution:
        if self.error:
            raise self.error
        return Resolution((), frozenset(["asked"]))


def question(*, offline: bool) -> Question:
    return Question(Request(), interpreter_facts(), offline=offline)


@pytest.mark.parametrize(("offline", "loaded"), [(True, False), (False, True)])
def test_what_downloading_needs_is_there_when_there_is_an_answer(
    offline: bool, loaded: bool
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASKING.format(offline=offline)],
        cwd=__file__.rpartition("/")[0],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", str(loaded)]


@pytest.mark.parametrize("offline", [True, False])
def test_the_answer_and_the_error_are_the_other_one_s(offline: bool) -> None:
    assert Foresighted(Answering()).identity == "answering 1"
    answer = Foresighted(Answering()).resolve(question(offline=offline))
    assert answer.requested == {"asked"}
    error = ResolutionError("nobody knows")
    with pytest.raises(ResolutionError) as caught:
        Foresighted(Answering(error)).resolve(question(offline=offline))
    assert caught.value is error
