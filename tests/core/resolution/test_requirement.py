from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from support.wheels import make_wheel
from trueup.errors import RequestError
from trueup.resolution.request import LocalProject, RequestedItem
from trueup.resolution.requirement import parse_constraint, parse_requirement

SHA = "a" * 64


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    (folder / "sub").mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (folder / "sub" / "setup.py").write_text("")
    return folder


def item(text: str, base: Path | str = "/", *, editable: bool = False) -> RequestedItem:
    found = parse_requirement(text, origin="here", base=str(base), editable=editable)
    assert isinstance(found, RequestedItem)
    return found


def local(text: str, base: Path | str, *, editable: bool = False) -> LocalProject:
    found = parse_requirement(text, origin="here", base=str(base), editable=editable)
    assert isinstance(found, LocalProject)
    return found


def refusal(text: str, base: Path | str = "/", *, editable: bool = False) -> RequestError:
    with pytest.raises(RequestError) as caught:
        parse_requirement(text, origin="line 7", base=str(base), editable=editable)
    assert caught.value.problem.startswith("line 7: ")
    return caught.value


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("six", "six"),
        ("  six >= 1.0 , < 2 ", "six<2,>=1.0"),
        ("six (>=1.0)", "six>=1.0"),
        ("requests[socks, security]", "requests[security,socks]"),
        ('six ; python_version < "3"', 'six; python_version < "3"'),
        ("six===1.0", "six===1.0"),
        ("six @ https://host/six.zip", "six @ https://host/six.zip"),
        (
            "six[a]@https://host/six.zip ; os_name=='nt'",
            'six[a] @ https://host/six.zip ; os_name == "nt"',
        ),
        (
            "https://host/d/six-1.0-py2.py3-none-any.whl",
            "six @ https://host/d/six-1.0-py2.py3-none-any.whl",
        ),
        (
            "https://host/My_Dist-1.0-py3-none-any.whl[x] ; os_name=='nt'",
            'my-dist[x] @ https://host/My_Dist-1.0-py3-none-any.whl ; os_name == "nt"',
        ),
        ("https://host/archive/main.zip", "https://host/archive/main.zip"),
        (
            'https://host/main.zip ; os_name == "nt"',
            'https://host/main.zip ; os_name == "nt"',
        ),
        (
            "https://host/main.zip#egg=thing&subdirectory=a/b",
            "thing @ https://host/main.zip#subdirectory=a/b",
        ),
        (
            "git+https://host/o/r.git@v1.0#egg=thing[x,y]&subdirectory=a",
            "thing[x,y] @ git+https://host/o/r.git@v1.0#subdirectory=a",
        ),
        ("git+https://host/o/r.git", "git+https://host/o/r.git"),
        (
            "thing @ git+ssh://git@host/o/r.git@main#egg=Thing",
            "thing @ git+ssh://git@host/o/r.git@main",
        ),
        ("hg+https://host/r@rev#egg=thing", "thing @ hg+https://host/r@rev"),
        ("svn+svn://host/trunk#egg=thing", "thing @ svn+svn://host/trunk"),
        ("bzr+lp:thing#egg=thing", "thing @ bzr+lp:thing"),
        ("git+file:///srv/r.git#egg=thing", "thing @ git+file:///srv/r.git"),
        ("http://[::1]:8080/x-1-py3-none-any.whl", "x @ http://[::1]:8080/x-1-py3-none-any.whl"),
        ("HTTPS://host/x.zip", "HTTPS://host/x.zip"),
    ],
)
def test_what_people_write_becomes_what_a_resolver_understands(written: str, told: str) -> None:
    found = item(written)
    assert found.text == told
    assert found.origin == "here"
    if found.requirement is not None:
        assert str(found.requirement) == told


def test_a_hash_in_an_address_is_a_promise() -> None:
    found = item(f"https://host/x-1-py3-none-any.whl#sha256={SHA.upper()}&egg=x")
    assert found.hashes == (("sha256", SHA),)
    assert found.text.endswith(f"#sha256={SHA.upper()}")


def test_an_address_without_a_name_has_no_requirement() -> None:
    assert item("https://host/main.zip").requirement is None


@pytest.mark.parametrize(
    "written",
    [
        "./my project",
        "my project/",
        "../{0}/my project",
        "{1}/my project",
        "file:{1}/my%20project",
        "file://{1}/my%20project",
        "file://localhost{1}/my%20project",
        "file:./my%20project",
        ".\\my project",
        "./other/../my project",
    ],
)
def test_a_directory_is_a_local_project_however_it_is_spelled(
    written: str, project: Path, tmp_path: Path
) -> None:
    found = local(written.format(tmp_path.name, tmp_path), tmp_path)
    assert found.path == os.path.realpath(project)
    assert found == LocalProject(path=os.path.realpath(project), origin="here")


def test_a_home_directory_is_found(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert local("~/my project", "/").path == os.path.realpath(project)


def test_extras_and_markers_follow_a_path(project: Path, tmp_path: Path) -> None:
    found = local('./my project[B_x, a] ; python_version < "3"', tmp_path)
    assert found.extras == {"b-x", "a"}
    assert found.marker == 'python_version < "3"'
    assert local(".[x]", project).extras == {"x"}
    assert local(".", project).path == os.path.realpath(project)


def test_a_named_directory_keeps_its_name_extras_and_marker(project: Path) -> None:
    address = f"My.Dist[x] @ {project.as_uri()}#subdirectory=sub ; os_name == 'posix'"
    found = local(address, "/")
    assert found.path == os.path.realpath(project / "sub")
    assert (found.name, found.marker) == ("my-dist", 'os_name == "posix"')
    assert found.extras == {"x"}


def test_a_named_relative_path_is_understood_as_uv_does(project: Path, tmp_path: Path) -> None:
    project.rename(tmp_path / "plain")
    assert local("dist @ ./plain", tmp_path).path == os.path.realpath(tmp_path / "plain")


def test_editables_are_local_projects(project: Path, tmp_path: Path) -> None:
    found = local("./my project[a,b]", tmp_path, editable=True)
    assert found.editable
    assert found.extras == {"a", "b"}
    address = f"{project.as_uri()}#egg=Dist[c]&subdirectory=sub"
    found = local(address, "/", editable=True)
    assert found.path == os.path.realpath(project / "sub")
    assert found.name == "dist"
    assert found.extras == {"c"}


def test_an_editable_may_be_a_bare_directory_name(project: Path, tmp_path: Path) -> None:
    project.rename(tmp_path / "plain")
    assert local("plain", tmp_path, editable=True).path == os.path.realpath(tmp_path / "plain")
    assert item("plain", tmp_path).text == "plain"


def test_links_in_a_path_are_resolved(project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    assert local("./link", tmp_path).path == os.path.realpath(project)


def test_a_wheel_file_is_named_by_its_file_name(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "my_demo", "1.0")
    for written in (f"./{wheel.name}", wheel.name, str(wheel), wheel.as_uri()):
        assert item(written, tmp_path).text == f"my-demo @ {wheel.as_uri()}"
    found = item(f"./{wheel.name}[x] ; os_name == 'nt'", tmp_path)
    assert found.text == f'my-demo[x] @ {wheel.as_uri()} ; os_name == "nt"'
    assert item(f"my.demo @ {wheel.as_uri()}").text == f"my.demo @ {wheel.as_uri()}"
    assert "wheel of my-demo" in refusal(f"other @ {wheel.as_uri()}").problem


def test_a_source_archive_is_named_by_its_file_name_where_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "my_demo-1.0.tar.gz").write_bytes(b"")
    (tmp_path / "main.zip").write_bytes(b"")
    assert item("./my_demo-1.0.tar.gz", tmp_path).text.startswith("my-demo @ file://")
    found = item("./main.zip", tmp_path)
    assert found.requirement is None
    assert found.text == (tmp_path / "main.zip").as_uri()


def test_an_archive_may_have_a_space_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "a b.zip").write_bytes(b"")
    assert item("./a b.zip", tmp_path).text == (tmp_path / "a b.zip").as_uri()


@pytest.mark.parametrize(
    ("written", "says", "hint"),
    [
        ("", "asks for nothing", "name"),
        ("six=1.0", "is not a requirement", "=="),
        ("six >< 1", "is not a requirement", ""),
        ("./nowhere", "no file or directory", ""),
        ("C:\\nowhere\\project", "no file or directory", ""),
        ("nowhere-1.0-py3-none-any.whl", "no file or directory", "spelling"),
        ("./nowhere-1.0.tar.gz", "no file or directory", ""),
        ("empty/", "neither pyproject.toml nor setup.py", "directory that holds"),
        ("x @ file:{}/empty", "neither pyproject.toml nor setup.py", ""),
        ("requirements.txt", "is a file", "-r requirements.txt"),
        ("./requirements.txt", "neither a wheel nor", "-r ./requirements.txt"),
        ("file://elsewhere/x", "on the machine 'elsewhere'", "three slashes"),
        ("git@github.com:o/r.git", "without its scheme", "git+ssh://"),
        ("ssh://git@github.com/o/r.git", "without its scheme", "git+ssh://"),
        ("x @ git@github.com:o/r.git", "without its scheme", "git+ssh://"),
        ("x @ gopher://host/x", "nothing can be got from", "https:"),
        ("https://", "is not an address", ""),
        ("https://host/a b.zip", "is not an address", "%20"),
        ("https://[bad/x.zip", "is not an address", ""),
        ("https://host:port/x.zip", "is not an address", ""),
        ("https://host/x.whl", "file name of a wheel", ""),
        ("https://host/x.zip ; nonsense", "marker", ""),
        ("https://host/x.zip#egg=a==1", "is not a name", "name @ address"),
        ("a @ https://host/x.zip#egg=b", "two names", "#egg"),
        ("https://host/x.zip[extra]", "no name", "name[extra] @"),
        ("six\0", "line break", ""),
        ("six\nattrs", "line break", ""),
        ("six; " + "(" * 3000, "is not a requirement", ""),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_way_out(
    written: str, says: str, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "requirements.txt").write_text("six\n")
    error = refusal(written.format(tmp_path) if "{}" in written else written, tmp_path)
    assert says in error.problem
    assert hint in error.hint


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("git+https://host/o/r.git#egg=x", "Clone https://host/o/r.git"),
        ("https://host/x-1.0.tar.gz", "Leave out -e"),
        ("./demo-1.0-py3-none-any.whl", "Leave out -e"),
    ],
)
def test_only_a_directory_can_be_editable(written: str, hint: str, tmp_path: Path) -> None:
    make_wheel(tmp_path)
    assert hint in refusal(written, tmp_path, editable=True).hint


@pytest.mark.parametrize(
    "written",
    [
        "https://user:s3cret@host/a b.zip",
        "git+https://s3cret@host/o/r.git",
        "https//user:s3cret@host/x.zip",
        "x @ https://user:s3cret@host/x.zip#egg=y",
        "user:s3cret@host:o/r.git",
    ],
)
def test_no_error_shows_credentials(written: str) -> None:
    error = refusal(written, editable="git" in written)
    assert "s3cret" not in str(error)


def test_a_constraint_has_a_name_and_no_extras(project: Path) -> None:
    assert parse_constraint("six[x]==1.0", "here", "/").text == "six==1.0"
    assert parse_constraint("six", "here", "/").text == "six"
    with pytest.raises(RequestError, match="no name"):
        parse_constraint("https://host/main.zip", "here", "/")
    with pytest.raises(RequestError, match="no name"):
        parse_constraint(".", "here", str(project))
    found = parse_constraint(f"x @ {project.as_uri()}", "here", "/")
    assert found.text == f"x @ {project.as_uri()}"


names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}((a|b|rc)[0-9])?", fullmatch=True)
specifiers = st.lists(
    st.tuples(st.sampled_from(["==", "!=", ">=", "<=", "<", ">", "==="]), versions).map("".join),
    max_size=3,
).map(",".join)
markers = st.sampled_from(
    ["", '; python_version < "3.9"', '; os_name == "nt" or extra == "a-b"', ";sys_platform!='x'"]
)


@st.composite
def requirements(draw: st.DrawFn) -> str:
    extras = draw(st.lists(names, max_size=2))
    shown = f"[{','.join(extras)}]" if extras else ""
    if draw(st.booleans()):
        address = draw(st.sampled_from(["https://h/x.zip", "git+https://h/r@v1", "http://h:1/y"]))
        return f"{draw(names)}{shown} @ {address} {draw(markers)}"
    return f"{draw(names)}{shown}{draw(specifiers)}{draw(markers)}"


@given(requirements())
def test_what_packaging_prints_is_read_as_the_same(written: str) -> None:
    parsed = Requirement(written)
    if "." in parsed.name and parsed.name.lower().endswith((".zip", ".tar", ".whl", ".tgz")):
        return
    found = item(str(parsed))
    assert found.requirement == parsed
    assert item(found.text) == found


pieces = st.sampled_from(
    [
        *("six", "==", "=", ">=1", "[x]", "[", "]", ";", "; ", "python_version<'3'", "@", " @ "),
        *("https://", "file:", "file://", "git+", "git+ssh://git@h/r", "#egg=", "#", "&", "%"),
        *(".", "..", "/", "\\", "~", "C:\\", ".whl", "-1-py3-none-any.whl", ".zip", "${X}", "\0"),
        *("\n", "\ud800", "é", " ", "\t", "'", '"', "(", ")", ",", ":all:", "-", "--hash", "%00"),
    ]
)
written_by_anybody = st.one_of(st.text(max_size=40), st.lists(pieces, max_size=9).map("".join))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=600, deadline=None
)
@given(written_by_anybody, st.booleans())
@example("file:%00", False)
@example("./\ud800", True)
@example("file://[", False)
@example("file:///%ff%fe", True)
@example("x==" + "9" * 5000, False)
@example("x; " + "(" * 5_000, False)
@example("/" * 5000, False)
@example("a" * 5000 + "/", True)
def test_no_text_ever_raises_anything_but_our_own_error(
    tmp_path: Path, written: str, editable: bool
) -> None:
    found: RequestedItem | LocalProject | RequestError
    try:
        found = parse_requirement(written, origin="here", base=str(tmp_path), editable=editable)
    except RequestError as error:
        found = error
    written_at = found.problem if isinstance(found, RequestError) else found.origin
    assert written_at.startswith("here")
