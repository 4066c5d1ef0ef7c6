"""The same files read by pip and by us have to come to the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.wheels import make_wheel
from trueup.errors import RequestError
from trueup.resolution.assembly import parse_request
from trueup.resolution.foreign_options import IGNORED, REFUSED
from trueup.resolution.format_control import fold_formats
from trueup.resolution.install_vocabulary import MEANT
from trueup.resolution.reading import Surroundings
from trueup.resolution.request_input import RequestInput
from trueup.resolution.requirement_file import read_requirement_file
from trueup.resolution.settings import read_settings

SHA = "a" * 64
OTHER = "b" * 128

GOOD = {
    "names": "six\nattrs>=1,<99\nRequests[socks,Security]>=2 ; python_version >= '3'\nidna===3.1\n",
    "old parentheses": "six (>=1.0)\n",
    "comments": "# one\n  # two\nsix # three\nhttps://h/x.zip#egg=x # z\n\n   \n",
    "continuations": "six \\\n>=1\\\n,<9\nattrs\\\n\nidna \\\n  # comment\npluggy\n",
    "continued at the end": "six \\",
    "backslashes": "six\\\\\n>=1\n",
    "white space": "\tsix\t>=1\t\n \u00a0attrs\n",
    "line ends": "six\r\nattrs\ridna\n\x0cpluggy\n",
    "hashes": (
        f"six==1 --hash=sha256:{SHA} --hash sha512:{OTHER}\n"
        f"attrs==2 \\\n --hash=sha384:{'c' * 96}\n"
    ),
    "settings": "six -C a=1 --config-settings b='2 3' --config-settings=c=\n",
    "variables": (
        "${NAME}>=1\nsix @ https://h/${UNSET_NAME}/x.zip\nsix @ https://h/${NAME}/$NAME/x.zip\n"
    ),
    "addresses": (
        "https://h/d/six-1.0-py3-none-any.whl\nhttps://h/main.zip#egg=main\n"
        "git+https://h/o/r.git@v1#egg=thing&subdirectory=sub\nthing @ git+ssh://git@h/o/r\n"
        "x[a] @ https://h/x.zip ; os_name == 'posix'\nhttps://h/y.zip#egg=y ; os_name == 'nt'\n"
    ),
    "paths": (
        "./project\n./project[b,a]\n{base}/project\nfile:project\n"
        "./wheels/demo-1.0-py3-none-any.whl\n"
    ),
    "editables": (
        "-e ./project\n-e ./project[a] --config-settings x=y\n"
        "--editable=file:{base}/project#egg=x\n"
    ),
    "nested": "-r sub/more.txt\n-c sub/limits.txt\nsix\n",
    "options": (
        "-i https://one/simple\n--extra-index-url https://two/simple\n"
        "-f https://three/\n--find-links wheels\n--pre\n--no-binary six,:none:,attrs\n"
        "--only-binary=Attrs\n--trusted-host h:1\n--require-hashes\n--prefer-binary\n"
    ),
    "abbreviated": "--extra https://two/simple\n--require-h\n--find=wheels\n",
    "several options": "-i https://one/simple --extra-index-url https://two/simple --pre\n",
    "quoted": "--index-url 'https://one/simple'\nsix --config-settings \"a=b c\"\n",
}

# pip refuses these files as we do.
BAD = {
    "one equals sign": "six=1\n",
    "no such file": "-r nowhere.txt\n",
    "no such option": "--nonsense\n",
    "weak hash": f"six --hash=md5:{'a' * 32}\n",
    "no digest": "six --hash=sha256\n",
    "no value": "six\n-i\n",
    "open quotes": "six --config-settings 'a\n",
    "circle": "-r circle.txt\n",
    "missing path": "./nowhere/x.whl\n",
    "empty directory": "./sub\n",
    "bad marker": "six ; nonsense\n",
    "editable name": "-e six\n",
    "editable constraint": "-c sub/editable.txt\n",
    "no key and value": "six --config-settings x\n",
}

PIP = """
import json, os, sys
from optparse import Values
from pip._internal.index.package_finder import PackageFinder
from pip._internal.models.format_control import FormatControl
from pip._internal.models.link import Link
from pip._internal.models.search_scope import SearchScope
from pip._internal.models.selection_prefs import SelectionPreferences
from pip._internal.index.collector import LinkCollector
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

def read(path):
    session = PipSession()
    scope = SearchScope.create(find_links=[], index_urls=[], no_index=False)
    prefs = SelectionPreferences(allow_yanked=False, format_control=FormatControl(set(), set()))
    finder = PackageFinder.create(LinkCollector(session, scope), prefs)
    options = Values({"require_hashes": False, "no_require_hashes": False, "features_enabled": []})
    found = []
    for parsed in parse_requirements(path, session, finder=finder, options=options):
        told = (parsed.options or {}).get("config_settings")
        made = install_req_from_parsed_requirement(parsed, config_settings=told)
        link = made.link
        if link is not None and link.scheme == "file" and os.path.isdir(link.file_path):
            text, where = None, os.path.realpath(link.file_path)
        else:
            text, where = (str(made.req) if made.req else None), (link.url if link else None)
        found.append({
            "name": made.req.name if made.req else None,
            "specifier": str(made.req.specifier) if made.req and not link else "",
            "extras": sorted(made.extras or (made.req.extras if made.req else ())),
            "marker": str(made.markers or (made.req.marker if made.req else None) or ""),
            "where": where,
            "editable": made.editable,
            "constraint": made.constraint,
            "hashes": sorted([a, d] for a, ds in made.hash_options.items() for d in ds),
            "settings": made.config_settings or {},
            "line": int(parsed.line_source.split()[1]),
            "file": os.path.realpath(parsed.line_source.split(" of ", 1)[1]),
        })
    control = finder.format_control
    return {
        "found": found,
        "indexes": finder.index_urls,
        "links": finder.find_links,
        "pre": bool(finder.release_control and finder.release_control.all_releases),
        "no_binary": sorted(control.no_binary),
        "only_binary": sorted(control.only_binary),
        "require_hashes": options.require_hashes,
        "hosts": [host for host, port in getattr(session, "pip_trusted_origins", [])],
    }

answers = {}
for path in json.load(sys.stdin):
    try:
        answers[path] = read(path)
    except Exception as error:
        answers[path] = {"error": f"{type(error).__name__}: {error}"}
json.dump(answers, sys.stdout)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("corpus")
    (base / "project").mkdir()
    (base / "project" / "pyproject.toml").write_text("")
    make_wheel(base / "wheels")
    (base / "sub").mkdir()
    (base / "sub" / "more.txt").write_text("attrs\n-r deeper.txt\n")
    (base / "sub" / "deeper.txt").write_text("# deep\nidna\n")
    (base / "sub" / "limits.txt").write_text(f"six<2\nattrs==1 --hash=sha256:{SHA}\n")
    (base / "sub" / "editable.txt").write_text("-e ./project\n")
    for name, text in {**GOOD, **BAD}.items():
        content = text.replace("{base}", str(base))
        (base / f"{name.replace(' ', '-')}.txt").write_bytes(content.encode())
    return base


@pytest.fixture(scope="module")
def pips(corpus: Path) -> dict[str, Any]:
    pytest.importorskip("pip")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment |= {"NAME": "named", "PIP_CONFIG_FILE": os.devnull}
    names = [f"{name.replace(' ', '-')}.txt" for name in {**GOOD, **BAD}]
    done = subprocess.run(
        [sys.executable, "-c", PIP],
        input=json.dumps(names),
        capture_output=True,
        text=True,
        check=True,
        cwd=corpus,
        env=environment,
    )
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def plain_marker(text: str) -> str:
    return str(Requirement(f"x; {text}").marker) if text else ""


def pips_view(entry: dict[str, Any]) -> dict[str, Any]:
    wheel = entry["where"] and entry["where"].endswith(".whl")
    return entry | {
        "name": canonicalize_name(entry["name"]) if entry["name"] else None,
        "specifier": "" if wheel else str(Requirement(f"x{entry['specifier']}").specifier),
        "extras": sorted(canonicalize_name(extra) for extra in entry["extras"]),
        "marker": plain_marker(entry["marker"]),
        # we leave out what the name says already
        "where": entry["where"] and re.sub(r"egg=\w+&?", "", entry["where"]).rstrip("#"),
    }


def our_view(corpus: Path, name: str) -> list[dict[str, Any]]:
    surroundings = Surroundings(str(corpus), {"NAME": "named"})
    file = read_requirement_file(name, surroundings)
    views: list[dict[str, Any]] = []
    limits = {id(item) for item in file.constraints}
    for item in (*file.items, *file.constraints):
        written, _, line = item.origin.rpartition(", line ")
        requirement = item.requirement
        address = requirement.url if requirement else item.text
        views.append(
            {
                "name": canonicalize_name(requirement.name) if requirement else None,
                "specifier": str(requirement.specifier) if requirement else "",
                "extras": sorted(str(canonicalize_name(each)) for each in requirement.extras)
                if requirement
                else [],
                "marker": str(requirement.marker or "") if requirement else "",
                "where": address,
                "editable": False,
                "constraint": id(item) in limits,
                "hashes": sorted([algorithm, digest] for algorithm, digest in item.hashes),
                "settings": dict(item.config_settings),
                "line": int(line),
                "file": os.path.realpath(corpus / written),
            }
        )
    for project in file.projects:
        written, _, line = project.origin.rpartition(", line ")
        views.append(
            {
                "name": project.name or None,
                "specifier": "",
                "extras": sorted(project.extras),
                "marker": project.marker,
                "where": project.path,
                "editable": project.editable,
                "constraint": False,
                "hashes": [],
                "settings": dict(project.config_settings),
                "line": int(line),
                "file": os.path.realpath(corpus / written),
            }
        )
    return views


def in_order(views: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(views, key=lambda view: (view["file"], view["line"]))


@pytest.mark.parametrize("name", GOOD)
def test_a_file_that_pip_reads_comes_to_the_same(
    name: str, corpus: Path, pips: dict[str, Any]
) -> None:
    file = f"{name.replace(' ', '-')}.txt"
    answer = pips[file]
    assert "error" not in answer
    ours = our_view(corpus, file)
    theirs = [pips_view(entry) for entry in answer["found"]]
    assert in_order(ours) == in_order(theirs)
    surroundings = Surroundings(str(corpus), {"NAME": "named"})
    options = read_requirement_file(file, surroundings).options
    indexes = [options.index.index_url] if options.index.index_url else []
    assert [*indexes, *options.index.extra_index_urls] == answer["indexes"]
    assert [os.path.realpath(link) if "://" not in link else link for link in answer["links"]] == [
        os.path.realpath(link) if "://" not in link else link for link in options.index.find_links
    ]
    assert bool(options.prerelease) == answer["pre"]
    assert tuple(map(sorted, fold_formats(options.formats))) == (
        answer["no_binary"],
        answer["only_binary"],
    )
    assert bool(options.require_hashes) == answer["require_hashes"]
    hosts = [host.partition(":")[0] for host in options.index.trusted_hosts]
    assert hosts == answer["hosts"]


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_pip_refuses_is_refused(name: str, corpus: Path, pips: dict[str, Any]) -> None:
    file = f"{name.replace(' ', '-')}.txt"
    assert "error" in pips[file]
    with pytest.raises(RequestError):
        read_requirement_file(file, Surroundings(str(corpus)))


PIP_OPTIONS = """
import json
from pip._internal.commands import create_command
parser = create_command("install").parser
options = parser.option_list_all
print(json.dumps([[*each._short_opts, *each._long_opts, each.takes_value()] for each in options]))
"""


def known_options() -> dict[str, bool]:
    meant = {
        flag: option.kind in {"value", "many", "pairs"} for option in MEANT for flag in option.flags
    }
    return meant | {flag: each.takes_value for each in (*IGNORED, *REFUSED) for flag in each.flags}


def test_every_option_of_pip_install_is_known_and_takes_a_value_or_not_as_there() -> None:
    pytest.importorskip("pip")
    done = subprocess.run(
        [sys.executable, "-c", PIP_OPTIONS], capture_output=True, text=True, check=True
    )
    known = known_options()
    # `--help` and `--version` belong to the program around the grammar.
    own = {"-h", "--help", "-V", "--version"}
    wrong = [
        flag
        for *flags, takes_value in json.loads(done.stdout)
        for flag in flags
        if flag not in own and known.get(flag) is not takes_value
    ]
    assert wrong == []


def test_every_option_of_uv_pip_install_is_known_and_takes_a_value_or_not_as_there() -> None:
    uv = pytest.importorskip("uv")
    done = subprocess.run(
        [uv.find_uv_bin(), "help", "pip", "install"], capture_output=True, text=True, check=True
    )
    known = known_options()
    wrong: list[str] = []
    for line in done.stdout.splitlines():
        found = re.match(r"\s{2,8}((?:-\w, )?--[a-z-]+|-\w)(\.\.\.)?( <[A-Z_]+>)?", line)
        if found is None or "--help" in line:
            continue
        flags = found.group(1).split(", ")
        wrong += [line for flag in flags if known.get(flag) is not bool(found.group(3))]
    assert wrong == []


PIP_SETTINGS = """
import json
from pip._internal.commands import create_command
options, _ = create_command("install").parser.parse_args([])
names = "index_url extra_index_urls find_links no_index trusted_hosts cert proxy timeout"
print(json.dumps({name: getattr(options, name) for name in names.split()} | {
    "build_isolation": options.build_isolation,
    "pre": options.pre,
    "no_binary": sorted(options.format_control.no_binary),
    "only_binary": sorted(options.format_control.only_binary),
    "constraints": options.constraints,
    "dependencies": not options.ignore_dependencies,
}))
"""

CONFIGURATIONS: list[tuple[dict[str, str], dict[str, str]]] = [
    ({}, {}),
    (
        {
            "user": "[global]\nindex-url = https://u/simple\nextra-index-url =\n  https://a\n  https://b\n"
        },
        {},
    ),
    ({"user": "[global]\nindex-url = https://u\n[install]\nindex_url = https://i\n"}, {}),
    (
        {
            "user": "[install]\nfind-links = https://f\n",
            "chosen": "[global]\nfind-links = https://c\n",
        },
        {},
    ),
    (
        {"user": "[global]\nextra-index-url = https://a\n"},
        {"PIP_EXTRA_INDEX_URL": "https://b https://c", "PIP_NO_BUILD_ISOLATION": "0"},
    ),
    ({"user": "[global]\nextra-index-url = https://a\ntimeout = 7\n"}, {"PIP_EXTRA_INDEX_URL": ""}),
    (
        {"user": "[global]\nno-index = yes\ntrusted-host = h1\n    h2:8080\nproxy = http://p\n"},
        {
            "PIP_PRE": "1",
            "PIP_NO_DEPS": "true",
            "PIP_NO_BINARY": "six,attrs",
            "PIP_ONLY_BINARY": "six",
        },
    ),
    (
        {"legacy": "[global]\ntimeout = 3\n", "user": "[global]\nNO_INDEX = 0\n"},
        {"PIP_TIMEOUT": "9"},
    ),
    (
        {"user": "[global]\nno-build-isolation = true\n[list]\ntimeout = 1\n"},
        {"PIP_CERT": "/c.pem"},
    ),
]


@pytest.mark.parametrize(("files", "variables"), CONFIGURATIONS)
def test_settings_come_to_what_pip_makes_of_them(
    files: dict[str, str], variables: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("pip")
    if sys.platform != "linux":
        pytest.skip("the directories of configuration files are Linux's")
    places = {
        "user": tmp_path / ".config" / "pip" / "pip.conf",
        "legacy": tmp_path / ".pip" / "pip.conf",
        "chosen": tmp_path / "chosen.conf",
    }
    for name, text in files.items():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        places[name].write_text(text)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "XDG_"))
    }
    environment = (
        kept
        | variables
        | {
            "HOME": str(tmp_path),
            "XDG_CONFIG_DIRS": str(tmp_path / "none"),
            "TRUEUP_RESOLVER": "pip",
        }
    )
    if "chosen" in files:
        environment["PIP_CONFIG_FILE"] = str(places["chosen"])
    done = subprocess.run(
        [sys.executable, "-c", PIP_SETTINGS],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    pip = json.loads(done.stdout)
    settings = read_settings(environment, base=str(tmp_path))
    request = parse_request(RequestInput(), base=str(tmp_path), environment=environment)
    index = request.index
    if pip["no_index"]:
        pip |= {"index_url": None, "extra_index_urls": []}
    default = "https://pypi" + ".org/simple"
    assert (index.index_url or default) == (pip["index_url"] or default)
    assert list(index.extra_index_urls) == (pip["extra_index_urls"] or [])
    assert list(index.find_links) == (pip["find_links"] or [])
    assert index.no_index == bool(pip["no_index"])
    assert list(index.trusted_hosts) == (pip["trusted_hosts"] or [])
    network = settings.network
    assert network.certificates == (pip["cert"] or "")
    assert network.proxy == (pip["proxy"] or "")
    if network.timeout is not None:
        assert network.timeout == pip["timeout"]
    assert request.build.build_isolation == bool(pip["build_isolation"])
    assert request.prerelease == bool(pip["pre"])
    assert sorted(request.build.no_binary) == pip["no_binary"]
    assert sorted(request.build.only_binary) == pip["only_binary"]
    assert request.dependencies == pip["dependencies"]
