from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.builds import lay_tree
from trueup.freshness.variables import digest_variables, names_spoken_of


@pytest.mark.parametrize(
    "text",
    [
        'const A: &str = env!("NAME");',
        'option_env!( "NAME" )',
        'std::env::var("NAME")',
        "env::var_os('NAME')",
        'getenv("NAME")',
        "set(A $ENV{NAME})",
        'os.environ["NAME"]',
        "os.environ.get('NAME', 1)",
        "echo $NAME",
        'echo "${NAME:-x}"',
        "all:\n\techo $(NAME)",
    ],
)
def test_a_variable_is_found_by_how_programs_ask_for_it(text: str) -> None:
    assert names_spoken_of(text.encode()) == {"NAME"}


def test_a_word_that_only_looks_like_a_variable_is_none() -> None:
    assert names_spoken_of(b'NAME = 1  # costs 5$, "NAME"') == set()


def test_where_all_variables_count_the_terminal_of_today_is_none_of_them() -> None:
    terminal = {"TMUX_PANE": "%1", "SHLVL": "2", "TERM_SESSION_ID": "w0", "_": "/bin/env"}
    alone = digest_variables(["*"], {"DEMO_VALUE": "1"}, "salt")
    assert digest_variables(["*"], {"DEMO_VALUE": "1", **terminal}, "salt") == alone
    assert digest_variables(["*"], {"DEMO_VALUE": "2"}, "salt") != alone
    assert digest_variables(["*"], {}, "salt") != alone


def test_what_is_asked_for_by_name_counts_whatever_its_name() -> None:
    asked = ["*", "TMUX_PANE"]
    before, after = ({"TMUX_PANE": pane} for pane in ("%1", "%2"))
    assert digest_variables(asked, before, "salt") != digest_variables(asked, after, "salt")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell")
def test_a_variable_that_only_a_shell_script_reads_counts(tmp_path: Path) -> None:
    project = lay_tree(
        tmp_path / "project",
        {
            "pyproject.toml": '[build-system]\nrequires = ["setuptools>=69"]\n'
            'build-backend = "setuptools.build_meta"\n[project]\nname = "demo"\nversion = "1"\n',
            "setup.py": "import subprocess\nfrom setuptools import setup\n"
            'subprocess.run(["sh", "tools/make"], check=True)\nsetup(py_modules=["demo"])\n',
            "tools/make": 'echo "VALUE = $DEMO_VALUE" > demo.py\n',
        },
    )
    python = tmp_path / "venv/bin/python"

    def trueup(*arguments: str, value: str) -> int:
        return subprocess.run(
            [sys.executable, "-m", "trueup", *arguments, "-q"],
            env={**os.environ, "TRUEUP_BUILD_ENV": "DEMO_VALUE", "DEMO_VALUE": value},
            check=False,
        ).returncode

    assert trueup("venv", str(tmp_path / "venv"), value="") == 0
    assert trueup("install", "-p", str(python), str(project), value="1") == 0
    assert trueup("check", "-p", str(python), value="1") == 0
    assert trueup("check", "-p", str(python), value="2") == 1
