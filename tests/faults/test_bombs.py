"""How much a wheel may unpack to is the user's to say."""

from __future__ import annotations

import pytest
from support.command import Shell
from support.wheels import make_wheel


def test_a_bomb_is_refused_and_let_in_by_who_trusts_it(shell: Shell) -> None:
    wheel = make_wheel(shell.root, "large", files={"large/zeros": bytes(70_000_000)})
    refused = shell("install", wheel)
    assert refused.code == 1
    assert "far more than its size" in refused.err
    assert "TRUEUP_WHEEL_RATIO" in refused.err
    assert shell.installed == {}
    let_in = {"TRUEUP_WHEEL_RATIO": "2000"}
    small = shell("install", wheel, TRUEUP_WHEEL_SIZE="60000000", **let_in)
    assert small.code == 1
    assert "TRUEUP_WHEEL_SIZE" in small.err
    assert shell("install", wheel, **let_in).code == 0
    assert shell.installed == {"large": "1.0"}


@pytest.mark.parametrize("text", ["much", "0", "-1", "1.5"])
def test_a_bound_that_is_no_number_is_told(shell: Shell, text: str) -> None:
    wheel = make_wheel(shell.root, "small")
    done = shell("install", wheel, TRUEUP_WHEEL_RATIO=text)
    assert done.code == 2
    assert f"TRUEUP_WHEEL_RATIO is '{text}'" in done.err
