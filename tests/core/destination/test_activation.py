"""The templates of activation scripts are filled in as their placeholders and quotes say."""

from __future__ import annotations

import os
import re
import shlex
import sys

from hypothesis import given
from hypothesis import strategies as st
from trueup.destination.activation import Activation, activation_scripts

WHOLE = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)


def _template(name: str) -> str:
    folder = os.path.join(os.path.dirname(os.__file__), "venv", "scripts")
    for kind in ("common", "posix"):
        path = os.path.join(folder, kind, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    raise FileNotFoundError(name)


@given(WHOLE, WHOLE)
def test_between_what_is_put_in_a_template_stays_as_it_is(directory: str, prompt: str) -> None:
    for name, text in activation_scripts(Activation(f"/{directory}", "/python", prompt)):
        literal = re.split(r"__VENV_[A-Z_]+?__", _template(name))
        pattern = "(.*?)".join(map(re.escape, literal))
        assert re.fullmatch(pattern, text, re.DOTALL), name
        assert "__VENV_" not in text.replace(directory, "").replace(prompt, "")


@given(WHOLE)
def test_no_sign_that_a_shell_may_expand_is_left_in_a_prompt(prompt: str) -> None:
    texts = dict(activation_scripts(Activation("/place", "/python", prompt)))
    shown = re.sub(r"[^\w .:;,@+=~/()\[\]{}<>#-]", "_", prompt)
    shown = shown if sys.version_info >= (3, 13) else f"({shown}) "
    safe = re.fullmatch(r"[\w@%+=:,./-]+", shown, re.ASCII)
    assert (shown if safe else shlex.quote(shown)) in texts["activate"]
