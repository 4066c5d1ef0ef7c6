"""A build backend is given what builds are known to need, and what a user lets in by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import Shell
from support.projects import lay_project
from trueup.acquisition.build_environment import backend_environment
from trueup.acquisition.build_variables import given_variables, let_in, with_let_in
from trueup.destination.facts import interpreter_facts

SECRETS = {
    "AWS_ACCESS_KEY_ID": "s",
    "AWS_SECRET_ACCESS_KEY": "s",
    "AWS_SESSION_TOKEN": "s",
    "AZURE_CLIENT_SECRET": "s",
    "GOOGLE_APPLICATION_CREDENTIALS": "/secret/key.json",
    "GITHUB_TOKEN": "s",
    "GH_TOKEN": "s",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "s",
    "ACTIONS_RUNTIME_TOKEN": "s",
    "CI_JOB_TOKEN": "s",
    "NPM_TOKEN": "s",
    "SSH_AUTH_SOCK": "/tmp/agent",
    "GPG_AGENT_INFO": "/tmp/gpg",
    "GIT_ASKPASS": "/bin/askpass",
    "SSH_ASKPASS": "/bin/askpass",
    "GIT_CONFIG_VALUE_0": "AUTHORIZATION: basic abc",
    "NETRC": "/secret/.netrc",
    "PIP_INDEX_URL": "https://user:pass@index.invalid/simple",
    "PIP_EXTRA_INDEX_URL": "https://index.invalid/simple",
    "UV_INDEX_CORP_PASSWORD": "s",
    "UV_INDEX_CORP_USERNAME": "s",
    "UV_DEFAULT_INDEX": "https://user:pass@index.invalid/simple",
    "UV_PUBLISH_TOKEN": "s",
    "TWINE_PASSWORD": "s",
    "TWINE_USERNAME": "s",
    "HATCH_INDEX_AUTH": "s",
    "POETRY_PYPI_TOKEN_PYPI": "s",
    "FLIT_PASSWORD": "s",
    "CARGO_REGISTRY_TOKEN": "s",
    "CARGO_REGISTRIES_CORP_TOKEN": "s",
    "MATURIN_PASSWORD": "s",
    "MATURIN_PYPI_TOKEN": "s",
    "DOCKER_AUTH_CONFIG": "s",
    "KUBECONFIG": "s",
    "VAULT_TOKEN": "s",
    "DATABASE_URL": "postgres://u:p@db.invalid/x",
    "HTTPS_PROXY": "http://user:pass@proxy.invalid:3128",
    "https_proxy": "http://user@proxy.invalid:3128",
    "CMAKE_API_KEY": "s",
    "SOMETHING_NOBODY_KNOWS": "s",
    "TRUEUP_CACHE_DIR": "/tmp/store",
}
_NEEDED = """
    PATH HOME TMPDIR TEMP TMP LANG LC_ALL TZ USER TERM XDG_CACHE_HOME
    CC CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS AR ARCHFLAGS FC FFLAGS LDSHARED
    PKG_CONFIG_PATH LD_LIBRARY_PATH CPATH LIBRARY_PATH MAKEFLAGS CARGO_HOME
    CARGO_TARGET_DIR CARGO_NET_OFFLINE RUSTFLAGS RUSTUP_HOME RUSTC_WRAPPER
    CMAKE_PREFIX_PATH CMAKE_ARGS CMAKE_BUILD_PARALLEL_LEVEL SKBUILD_CMAKE_ARGS
    SOURCE_DATE_EPOCH SETUPTOOLS_SCM_PRETEND_VERSION MACOSX_DEPLOYMENT_TARGET
    SETUPTOOLS_SCM_PRETEND_VERSION_FOR_DEMO SDKROOT DIST_EXTRA_CONFIG
    SETUPTOOLS_USE_DISTUTILS _PYTHON_HOST_PLATFORM PYO3_PYTHON MATURIN_PEP517_ARGS
    YARL_NO_EXTENSIONS PBR_VERSION PDM_BUILD_SCM_VERSION HATCH_BUILD_HOOKS_ENABLE
    SystemRoot ComSpec PATHEXT ProgramFiles(x86) LOCALAPPDATA VSINSTALLDIR INCLUDE
    VS170COMNTOOLS WindowsSdkDir UCRTVersion DISTUTILS_USE_SDK MSSdk
    SSL_CERT_FILE REQUESTS_CA_BUNDLE NO_PROXY CI CIBUILDWHEEL GIT_DIR
"""
NEEDED = {
    **dict.fromkeys(_NEEDED.split(), "value"),
    "HTTPS_PROXY": "http://proxy.invalid:3128",
    "http_proxy": "http://proxy.invalid:3128",
}


def test_no_secret_and_nothing_unknown_is_given() -> None:
    assert given_variables(SECRETS) == {}


def test_what_compilers_and_backends_read_is_given() -> None:
    assert given_variables(NEEDED) == NEEDED


@pytest.mark.parametrize("isolation", [True, False])
def test_the_list_holds_with_and_without_isolation(isolation: bool) -> None:
    given = backend_environment(SECRETS | NEEDED, interpreter_facts(), "w", isolation=isolation)
    assert given.keys() & SECRETS.keys() == {"HTTPS_PROXY"}
    assert given["HTTPS_PROXY"] == NEEDED["HTTPS_PROXY"]
    kept = backend_environment(
        {"VIRTUAL_ENV": "/v", "PYTHONPATH": "/p"}, interpreter_facts(), "w", isolation=isolation
    )
    assert ("PYTHONPATH" in kept) is not isolation
    assert (kept.get("VIRTUAL_ENV") == "/v") is not isolation


def test_names_and_patterns_let_in_what_they_say() -> None:
    variables = {"GITHUB_TOKEN": "t", "DEMO_A": "1", "DEMO_B": "2", "demo_c": "3"}
    assert let_in({"TRUEUP_BUILD_ENV": "A, B  C"}) == ("A", "B", "C")
    assert given_variables({**variables, "TRUEUP_BUILD_ENV": "DEMO_*"}) == {
        "DEMO_A": "1",
        "DEMO_B": "2",
    }
    assert given_variables(variables, ["GITHUB_TOKEN"]) == {"GITHUB_TOKEN": "t"}
    both = with_let_in({"TRUEUP_BUILD_ENV": "A"}, ["B", "A"])
    assert both == {"TRUEUP_BUILD_ENV": "A B"}
    assert with_let_in({"X": "1"}, ()) == {"X": "1"}


PROJECT = {
    "pyproject.toml": (
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "asking"\nversion = "1.0"\n'
    ),
    "backend.py": """
import json, os, zipfile, hashlib, base64

def build_wheel(folder, config_settings=None, metadata_directory=None):
    mode = os.environ.get("ASKING_MODE", "none")
    info = "asking-1.0.dist-info"
    seen = json.dumps(dict(os.environ)) if os.environ.get("ASKING_MODE") != "quiet" else "{}"
    files = {
        "asking.py": f"MODE = {mode!r}\\n",
        "asking_seen.json": seen,
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: asking\\nVersion: 1.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    rows = "".join(
        "{},sha256={},{}\\n".format(
            name,
            base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode(),
            len(text.encode()),
        )
        for name, text in files.items()
    )
    files[f"{info}/RECORD"] = rows + f"{info}/RECORD,,\\n"
    name = "asking-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name
""",
}


def mode(shell: Shell) -> str:
    return (shell.site / "asking.py").read_text().split("'")[1]


@pytest.fixture
def tree(shell: Shell) -> Path:
    """A project whose backend asks for a variable of its own making, and shows all it is given."""
    return lay_project(shell.root / "tree", PROJECT)


def test_a_build_is_told_nothing_of_the_users_secrets(shell: Shell, tree: Path) -> None:
    ours = {"TRUEUP_CACHE_DIR": shell.variables["TRUEUP_CACHE_DIR"], "PIP_INDEX_URL": ""}
    secrets = {name: value for name, value in {**SECRETS, **ours}.items() if "proxy" not in name}
    shell.works(tree, **{name: value for name, value in secrets.items() if value})
    seen = json.loads((shell.site / "asking_seen.json").read_text())
    assert not seen.keys() & SECRETS.keys()
    assert seen["PATH"].endswith(shell.variables["PATH"])


def test_a_variable_is_let_in_by_name_and_a_build_that_misses_one_says_so(
    shell: Shell, tree: Path
) -> None:
    done = shell.works(tree, ASKING_MODE="quiet")
    assert mode(shell) == "none"
    assert "the build asked for ASKING_MODE" in done.err
    assert "--build-env ASKING_MODE" in done.err
    assert shell("check", ASKING_MODE="quiet").code == 0  # a build now would not be given it either
    done = shell.works("--build-env", "ASKING_MODE", tree, ASKING_MODE="quiet")
    assert mode(shell) == "quiet"
    assert "asked for" not in done.err
    assert shell("check", ASKING_MODE="quiet").code == 0
    changed = shell("check", ASKING_MODE="other")
    assert changed.code == 1
    assert "the environment variable ASKING_MODE" in changed.out
    assert shell("check").code == 1


def test_the_variable_of_trueup_lets_in_as_the_option_does(shell: Shell, tree: Path) -> None:
    shell.works(tree, ASKING_MODE="quiet", TRUEUP_BUILD_ENV="ASKING_*")
    assert mode(shell) == "quiet"
