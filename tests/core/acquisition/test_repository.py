from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.repository import Mirrors, checkout
from trueup.errors import SourceError
from trueup.reporting import Event
from trueup.resolution.artifact import Repository

QUIET = {"PIP_KEYRING_PROVIDER": "disabled", "NETRC": os.devnull}

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git program")


@pytest.fixture(autouse=True)
def _own_git(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no setting of the person who runs this decide."""
    home = tmp_path_factory.mktemp("home")
    (home / "config").write_text("[user]\nname = Tests\nemail = tests@example.test\n")
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


def git(folder: Path, *arguments: str) -> str:
    options = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
    done = subprocess.run(
        ["git", *options, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, text: str) -> str:
    """Write `text` into the repository's one file, making the repository if need be."""
    if not folder.exists():
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
    (folder / "file").write_text(text)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(name="origin")
def _origin(tmp_path: Path) -> Path:
    """A repository with a tag v1, a branch side, and a main branch that is further on."""
    origin = tmp_path / "origin"
    commit(origin, "one")
    git(origin, "tag", "-a", "v1", "-m", "v1")
    commit(origin, "two")
    git(origin, "checkout", "-q", "-b", "side")
    commit(origin, "side")
    git(origin, "update-ref", "refs/pull/7/head", "HEAD")
    git(origin, "checkout", "-q", "main")
    commit(origin, "three")
    return origin


@pytest.fixture(name="mirrors")
def _mirrors(tmp_path: Path) -> Mirrors:
    return Mirrors(str(tmp_path / "mirrors"), Credentials(environment=QUIET))


def offline(mirrors: Mirrors) -> Mirrors:
    return Mirrors(mirrors.folder, offline=True)


def repository(origin: Path, revision: str = "", **more: str) -> Repository:
    return Repository("git", origin.as_uri(), revision, **more)


@pytest.mark.parametrize(
    ("revision", "text"),
    [
        ("", "three"),
        ("main", "three"),
        ("side", "side"),
        ("v1", "one"),
        ("refs/tags/v1", "one"),
        ("refs/heads/side", "side"),
        ("refs/pull/7/head", "side"),
        ("pull/7/head", "side"),
    ],
)
def test_a_branch_a_tag_or_any_ref_is_checked_out(
    origin: Path, tmp_path: Path, mirrors: Mirrors, revision: str, text: str
) -> None:
    found = checkout(repository(origin, revision), str(tmp_path / "tree"), mirrors)
    assert (tmp_path / "tree" / "file").read_text() == text
    assert found == git(origin, "rev-parse", f"{revision or 'HEAD'}^{{commit}}")
    assert git(tmp_path / "tree", "rev-parse", "HEAD") == found
    assert git(tmp_path / "tree", "status", "--porcelain") == ""


@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_commit_is_checked_out_short_or_full(
    origin: Path, tmp_path: Path, mirrors: Mirrors, length: int
) -> None:
    wanted = git(origin, "rev-parse", "main~1")
    assert checkout(repository(origin, wanted[:length]), str(tmp_path / "tree"), mirrors) == wanted
    assert (tmp_path / "tree" / "file").read_text() == "two"


def test_the_commit_that_was_resolved_wins_over_the_branch(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    wanted = git(origin, "rev-parse", "main~1")
    found = checkout(repository(origin, "main", commit=wanted), str(tmp_path / "tree"), mirrors)
    assert found == wanted


def test_versions_can_be_counted_from_tags(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    checkout(repository(origin, "main"), str(tmp_path / "tree"), mirrors)
    assert git(tmp_path / "tree", "describe", "--tags").startswith("v1-2-g")


def test_a_tag_that_moved_or_went_is_seen(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    git(origin, "tag", "-f", "-a", "v1", "-m", "moved", "main")
    git(origin, "tag", "light", "main~1")
    assert checkout(repository(origin, "v1"), str(tmp_path / "two"), mirrors) == git(
        origin, "rev-parse", "main"
    )
    assert git(tmp_path / "two", "describe", "--tags") == "v1"
    git(origin, "tag", "-d", "v1")
    checkout(repository(origin, "main"), str(tmp_path / "three"), mirrors)
    assert git(tmp_path / "three", "describe", "--tags").startswith("light-1-g")


def test_a_branch_that_moved_is_seen(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    git(origin, "commit", "-q", "--amend", "-m", "rewritten")
    found = checkout(repository(origin, "main"), str(tmp_path / "two"), mirrors)
    assert found == git(origin, "rev-parse", "main")


def test_a_commit_that_is_here_needs_no_network(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    wanted = checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    shutil.rmtree(origin)
    for number, exact in enumerate(
        (repository(origin, wanted), repository(origin, "main", commit=wanted))
    ):
        tree = tmp_path / f"tree{number}"
        assert checkout(exact, str(tree), offline(mirrors)) == wanted
        assert (tree / "file").read_text() == "three"


def test_offline_what_is_not_here_is_named(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    with pytest.raises(SourceError, match="side is not here, and trueup is offline"):
        checkout(repository(origin, "side"), str(tmp_path / "tree"), offline(mirrors))


@pytest.mark.parametrize("revision", ["nowhere", "deadbeef", "0" * 40])
def test_a_revision_that_does_not_exist_is_named(
    origin: Path, tmp_path: Path, mirrors: Mirrors, revision: str
) -> None:
    with pytest.raises(SourceError, match=f"no branch, tag or commit '{revision}'"):
        checkout(repository(origin, revision), str(tmp_path / "tree"), mirrors)


def test_a_repository_that_does_not_exist_is_named(tmp_path: Path, mirrors: Mirrors) -> None:
    with pytest.raises(SourceError, match="gone") as caught:
        checkout(repository(tmp_path / "gone", "main"), str(tmp_path / "tree"), mirrors)
    assert "does not appear to be a git repository" in caught.value.detail


@pytest.mark.parametrize(
    "revision",
    [
        "-x",
        "--upload-pack=touch evil",
        "main..side",
        "main~1",
        "main^",
        "a b",
        "a\nb",
        "@{1}",
        "a:b",
        "*",
    ],
)
def test_a_revision_that_is_an_option_or_an_expression_is_refused(
    origin: Path, tmp_path: Path, mirrors: Mirrors, revision: str
) -> None:
    for refused in (repository(origin, revision), repository(origin, "main", commit=revision)):
        with pytest.raises(SourceError, match="cannot have a revision"):
            checkout(refused, str(tmp_path / "tree"), mirrors)


@pytest.mark.parametrize("url", ["--upload-pack=evil", "ext::sh -c touch% evil", "", "a\nb"])
def test_an_address_that_is_an_option_or_a_program_is_refused(
    tmp_path: Path, mirrors: Mirrors, url: str
) -> None:
    with pytest.raises(SourceError, match="no address of a repository"):
        checkout(Repository("git", url), str(tmp_path / "tree"), mirrors)


def test_a_system_that_nobody_knows_is_refused(tmp_path: Path, mirrors: Mirrors) -> None:
    with pytest.raises(SourceError, match="no version control system 'cvs'"):
        checkout(Repository("cvs", "https://host.test/a"), str(tmp_path / "tree"), mirrors)


def test_a_program_that_is_not_there_is_named(
    origin: Path, tmp_path: Path, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="needs git") as caught:
        checkout(repository(origin), str(tmp_path / "tree"), mirrors)
    assert caught.value.hint == "Install git."


def test_a_build_cannot_reach_the_mirror(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    wanted = checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")
    checkout(repository(origin, wanted), str(tmp_path / "two"), offline(mirrors))
    assert (tmp_path / "two" / "file").read_text() == "three"


def test_a_damaged_mirror_is_made_anew(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    wanted = checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    for path in Path(mirrors.folder).rglob("objects/**/*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"damaged")
    assert checkout(repository(origin, wanted), str(tmp_path / "two"), mirrors) == wanted
    assert (tmp_path / "two" / "file").read_text() == "three"


def test_locks_of_a_killed_git_do_not_stop_the_next(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    checkout(repository(origin, "main"), str(tmp_path / "one"), mirrors)
    [mirror] = Path(mirrors.folder).glob("*.git")
    for name in ("packed-refs.lock", "config.lock", "refs/origin/heads/side.lock", "HEAD.lock"):
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).touch()
    checkout(repository(origin, "side"), str(tmp_path / "two"), mirrors)
    assert (tmp_path / "two" / "file").read_text() == "side"


def test_nobodys_hooks_are_run(
    origin: Path, tmp_path: Path, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "templates" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/hooked'\n")
        (hooks / name).chmod(0o755)
    git(tmp_path, "config", "--global", "core.hooksPath", str(hooks))
    git(tmp_path, "config", "--global", "init.templateDir", str(tmp_path / "templates"))
    checkout(repository(origin, "main"), str(tmp_path / "tree"), mirrors)
    assert (tmp_path / "tree" / "file").exists()
    assert not (tmp_path / "hooked").exists()


def test_inside_a_hook_of_git_the_users_repository_is_left_alone(
    origin: Path, tmp_path: Path, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = tmp_path / "users"
    before = commit(users, "mine")
    monkeypatch.setenv("GIT_DIR", str(users / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(users / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(users))
    checkout(repository(origin, "main"), str(tmp_path / "tree"), mirrors)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name)
    assert git(users, "rev-parse", "HEAD") == before
    assert git(users, "status", "--porcelain") == ""
    assert (tmp_path / "tree" / "file").read_text() == "three"


@pytest.fixture(name="family")
def _family(tmp_path: Path) -> Path:
    """A repository with a submodule, by relative address, that has a submodule itself."""
    commit(tmp_path / "grandchild", "grandchild")
    commit(tmp_path / "child", "child")
    git(tmp_path / "child", "submodule", "--quiet", "add", "../grandchild", "deep/grand child")
    commit(tmp_path / "child", "child with its own")
    commit(tmp_path / "parent", "parent")
    git(tmp_path / "parent", "submodule", "--quiet", "add", "../child", "vendor/child")
    commit(tmp_path / "parent", "parent with its own")
    commit(tmp_path / "child", "child went on")
    return tmp_path / "parent"


def test_submodules_are_checked_out_with_theirs(
    family: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    wanted = checkout(repository(family, "main"), str(tmp_path / "tree"), mirrors)
    child = tmp_path / "tree" / "vendor" / "child"
    assert (child / "file").read_text() == "child with its own"
    assert (child / "deep" / "grand child" / "file").read_text() == "grandchild"
    assert git(tmp_path / "tree", "status", "--porcelain") == ""
    assert git(child, "remote", "get-url", "origin") == (tmp_path / "child").as_uri()
    for name in ("parent", "child", "grandchild"):
        shutil.rmtree(tmp_path / name)
    again = tmp_path / "again"
    assert checkout(repository(family, wanted), str(again), offline(mirrors)) == wanted
    assert (again / "vendor/child/deep/grand child/file").read_text() == "grandchild"


class _GitHost(BaseHTTPRequestHandler):
    """Files of a repository as they lie there: git's "dumb" protocol, behind a password."""

    root: Path
    login = "Basic " + base64.b64encode(b"user:s3cr3t").decode()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it has above
        del format, args

    def do_GET(self) -> None:
        path = self.root / self.path.split("?")[0].lstrip("/")
        if self.headers.get("Authorization") != self.login:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            body = b""
        else:
            self.send_response(200 if path.is_file() else 404)
            body = path.read_bytes() if path.is_file() else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def git_host(root: Path) -> Iterator[str]:
    handler = type("Handler", (_GitHost,), {"root": root})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_credentials_reach_the_host_and_no_record(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    git(origin, "update-server-info")
    with git_host(tmp_path) as host:
        url = f"{host}/origin/.git"
        known = Credentials([url.replace("://", "://user:s3cr3t@")], environment=QUIET)
        found = checkout(
            Repository("git", url, "main"), str(tmp_path / "tree"), Mirrors(mirrors.folder, known)
        )
    assert found == git(origin, "rev-parse", "main")
    for folder in (tmp_path / "tree", Path(mirrors.folder)):
        for path in folder.rglob("*"):
            assert not path.is_file() or b"s3cr3t" not in path.read_bytes()


def test_a_refusal_asks_nobody_and_tells_no_password(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    git(origin, "update-server-info")
    with git_host(tmp_path) as host:
        url = f"{host}/origin/.git".replace("://", "://user:wr0ng@")
        with pytest.raises(SourceError) as caught:
            checkout(Repository("git", url, "main"), str(tmp_path / "tree"), mirrors)
    assert "origin/.git" in str(caught.value)
    assert "wr0ng" not in str(caught.value)


def test_a_repository_of_another_host_cannot_name_a_path_of_this_machine(
    tmp_path: Path, mirrors: Mirrors
) -> None:
    commit(tmp_path / "secret", "secret")
    commit(tmp_path / "evil", "evil")
    url = (tmp_path / "secret").as_uri()
    git(tmp_path / "evil", "submodule", "--quiet", "add", url, "taken")
    commit(tmp_path / "evil", "with a submodule")
    git(tmp_path / "evil", "update-server-info")
    with git_host(tmp_path) as host:
        url = f"{host}/evil/.git"
        known = Credentials([url.replace("://", "://user:s3cr3t@")], environment=QUIET)
        with pytest.raises(SourceError, match=r"submodule at file:.*, which is not followed"):
            checkout(
                Repository("git", url, "main"),
                str(tmp_path / "tree"),
                Mirrors(mirrors.folder, known),
            )
    assert not (tmp_path / "tree" / "taken" / "file").exists()


def test_processes_that_want_one_repository_wait_for_each_other(
    origin: Path, tmp_path: Path, mirrors: Mirrors
) -> None:
    program = textwrap.dedent(f"""
        import sys
        from trueup.acquisition.repository import Mirrors, checkout
        from trueup.resolution.artifact import Repository
        wanted = Repository("git", {origin.as_uri()!r}, sys.argv[1])
        checkout(wanted, sys.argv[2], Mirrors({mirrors.folder!r}))
    """)
    revisions = ["main", "side", "v1", "main"]
    processes = [
        subprocess.Popen([sys.executable, "-c", program, revision, str(tmp_path / f"tree{number}")])
        for number, revision in enumerate(revisions)
    ]
    assert [process.wait(120) for process in processes] == [0] * 4
    texts = [(tmp_path / f"tree{number}" / "file").read_text() for number in range(4)]
    assert texts == ["three", "side", "one", "three"]
    assert len(list(Path(mirrors.folder).glob("*.git"))) == 1


def test_what_is_fetched_is_told(origin: Path, tmp_path: Path, mirrors: Mirrors) -> None:
    events: list[Event] = []
    told = Mirrors(mirrors.folder, reporter=events.append)
    found = checkout(repository(origin, "main"), str(tmp_path / "tree"), told)
    assert [(event.kind, event.message) for event in events] == [
        ("downloading", "main"),
        ("downloaded", found),
    ]


@pytest.mark.skipif(shutil.which("hg") is None, reason="there is no hg program")
def test_mercurial_is_checked_out(tmp_path: Path, mirrors: Mirrors) -> None:
    origin = tmp_path / "origin"

    def hg(*arguments: str) -> str:
        done = subprocess.run(
            ["hg", "-R", str(origin), *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout

    subprocess.run(["hg", "init", str(origin)], check=True)
    for text in ("one", "two"):
        (origin / "file").write_text(text)
        hg("commit", "--addremove", "-q", "-u", "tests", "-m", text)
        hg("tag", "-q", "-u", "tests", f"v-{text}")
    found = checkout(Repository("hg", origin.as_uri(), "v-one"), str(tmp_path / "tree"), mirrors)
    assert (tmp_path / "tree" / "file").read_text() == "one"
    assert found == hg("log", "--rev=v-one", "--template={node}")


@pytest.mark.skipif(shutil.which("svn") is None, reason="there is no svn program")
def test_subversion_is_checked_out(tmp_path: Path, mirrors: Mirrors) -> None:
    subprocess.run(["svnadmin", "create", str(tmp_path / "origin")], check=True)
    url = (tmp_path / "origin").as_uri()
    for name in ("one", "two"):
        subprocess.run(["svn", "mkdir", "-q", "-m", name, f"{url}/{name}"], check=True)
    assert checkout(Repository("svn", url, "1"), str(tmp_path / "tree"), mirrors) == "1"
    assert sorted(path.name for path in (tmp_path / "tree").iterdir()) == [".svn", "one"]
