from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.site import Fault, Page, Site, open_site, wait_for
from trueup.acquisition.connection import Network
from trueup.acquisition.credentials import Credentials
from trueup.acquisition.fetch import Fetched, Flight, NetworkFetcher, Wanted, discard
from trueup.errors import FetchError, HashMismatch, SourceError
from trueup.reporting import Event

QUICK = Network(timeout=20.0, retries=3, backoff=0.001)
QUIET = {"PIP_KEYRING_PROVIDER": "disabled", "NETRC": os.devnull}
BODY = os.urandom(300_000)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(name="site")
def _site() -> Iterator[Site]:
    with open_site() as site:
        yield site


def fetcher(network: Network = QUICK, *indexes: str) -> NetworkFetcher:
    return NetworkFetcher(network, Credentials(indexes, environment=QUIET))


def promise(body: bytes, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, hashlib.new(name, body).hexdigest()) for name in names or ("sha256",))


def wanted(url: str, body: bytes = BODY, *, name: str = "demo-1.0-py3-none-any.whl") -> Wanted:
    return Wanted(url, name, promise(body), len(body))


def leftovers(folder: Path) -> list[str]:
    """Return every file below `folder` that is not a lock."""
    return sorted(p.name for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


def test_files_arrive_under_their_own_names_with_their_digests(site: Site, tmp_path: Path) -> None:
    bodies = {f"p{n}-1.0-py3-none-any.whl": os.urandom(1000 + n) for n in range(25)}
    files = [
        wanted(site.add(f"/{name}", Page(body)), body, name=name) for name, body in bodies.items()
    ]
    with fetcher() as real:
        got = list(real.fetch(files, into=str(tmp_path), workers=4))
    assert {Path(each.path).name: Path(each.path).read_bytes() for each in got} == bodies
    assert all(
        each.sha256 == hashlib.sha256(Path(each.path).read_bytes()).hexdigest() for each in got
    )
    assert {each.wanted for each in got} == set(files)


def test_a_file_that_is_wanted_twice_is_got_once(site: Site, tmp_path: Path) -> None:
    file = wanted(site.add("/a", Page(BODY)))
    with fetcher() as real:
        assert len(list(real.fetch([file, file], into=str(tmp_path)))) == 1
    assert len(site.asked) == 1


def test_two_files_of_one_name_do_not_meet(site: Site, tmp_path: Path) -> None:
    one, two = (
        wanted(site.add("/a", Page(b"one")), b"one"),
        wanted(site.add("/b", Page(b"two")), b"two"),
    )
    with fetcher() as real:
        got = {
            each.wanted: Path(each.path).read_bytes()
            for each in real.fetch([one, two], into=str(tmp_path))
        }
    assert got == {one: b"one", two: b"two"}


def test_progress_is_told_and_no_password_in_it(site: Site, tmp_path: Path) -> None:
    events: list[Event] = []
    url = site.add("/a", Page(BODY, login="user:s3cr3t")).replace("://", "://user:s3cr3t@")
    with fetcher() as real:
        list(real.fetch([wanted(url)], into=str(tmp_path), reporter=events.append))
    kinds = ["downloading", "progress", "packing", "downloaded"]
    assert [event.kind for event in events] == kinds
    assert events[-1].done == len(BODY)
    assert "s3cr3t" not in repr(events)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("etag", ["", '"tag"', 'W/"weak"'])
def test_a_cut_connection_is_gone_on_with(
    site: Site, tmp_path: Path, ranges: bool, etag: str
) -> None:
    page = Page(
        BODY, [Fault(cut=100_000), Fault(cut=1), Fault(close=True)], ranges=ranges, etag=etag
    )
    with fetcher() as real:
        [got] = real.fetch([wanted(site.add("/a", page))], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY
    assert site.asked[1].headers["Range"].startswith("bytes=")
    assert site.asked[1].headers.get("If-Range") == (etag if etag == '"tag"' else None)
    assert leftovers(tmp_path) == ["demo-1.0-py3-none-any.whl"]


def test_without_hash_and_validator_a_cut_file_is_begun_again(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY, [Fault(cut=100_000)]))
    with fetcher() as real:
        [got] = real.fetch([Wanted(url, "a.whl")], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY
    assert all("Range" not in asked.headers for asked in site.asked)


def test_a_file_that_changes_between_two_halves_is_got_again(site: Site, tmp_path: Path) -> None:
    page = Page(b"x" * len(BODY), [Fault(cut=100_000)], etag='"one"')
    url = site.add("/a", page)

    def change(event: Event) -> None:
        if event.kind == "note":
            page.body, page.etag = BODY, '"two"'

    with fetcher() as real:
        [got] = real.fetch([Wanted(url, "a.whl")], into=str(tmp_path), reporter=change)
    assert Path(got.path).read_bytes() == BODY


def test_two_halves_of_two_files_are_not_taken_for_one(site: Site, tmp_path: Path) -> None:
    """The host has no validator, and goes on happily in another file."""
    page = Page(b"x" * len(BODY), [Fault(cut=100_000)])
    url = site.add("/a", page)

    def change(event: Event) -> None:
        if event.kind == "note":
            page.body = BODY

    with fetcher() as real:
        [got] = real.fetch([wanted(url)], into=str(tmp_path), reporter=change)
    assert Path(got.path).read_bytes() == BODY
    assert "Range" not in site.asked[-1].headers


FAULTS = st.one_of(
    st.builds(Fault, cut=st.integers(0, 3000)),
    st.builds(Fault, status=st.sampled_from([500, 502, 503, 429])),
    st.builds(Fault, claim=st.integers(1, 50)),
    st.just(Fault(close=True)),
)
PAGES = st.builds(
    Page,
    body=st.integers(0, 3000).map(lambda size: BODY[:size]),
    faults=st.lists(FAULTS, max_size=6),
    ranges=st.booleans(),
    etag=st.sampled_from(["", '"tag"', 'W/"weak"']),
    length=st.booleans(),
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(page=PAGES, promised=st.booleans())
def test_whatever_is_cut_the_right_bytes_or_an_error_come_out(
    site: Site, page: Page, promised: bool
) -> None:
    page.length = page.length or not promised  # else nobody on earth could tell that it was cut
    tries = len(page.faults) + 1
    file = Wanted(site.add("/a", page), "a.whl", promise(page.body) if promised else ())
    with tempfile.TemporaryDirectory() as folder, fetcher() as real:
        try:
            [got] = real.fetch([file], into=folder)
        except FetchError:
            left = leftovers(Path(folder))
            assert left in ([], [f"{file.key}.part"] if promised else [])
            # An answer without length that is cut looks whole, and then only its hash is wrong.
            assert tries > QUICK.retries or not page.length
        else:
            assert Path(got.path).read_bytes() == page.body
            assert leftovers(Path(folder)) == ["a.whl"]


def test_a_later_run_goes_on_where_the_first_gave_up(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY, [Fault(cut=200_000), *[Fault(status=503)] * 3]))
    with fetcher() as real:
        with pytest.raises(FetchError, match="given up after 4 tries"):
            list(real.fetch([wanted(url)], into=str(tmp_path)))
        [part] = tmp_path.glob("*.part")
        there = part.stat().st_size
        site.asked.clear()
        [got] = real.fetch([wanted(url)], into=str(tmp_path))
    assert 0 < there <= 200_000
    assert [asked.headers["Range"] for asked in site.asked] == [f"bytes={there}-"]
    assert Path(got.path).read_bytes() == BODY


def test_a_part_of_something_else_does_not_end_in_the_file(site: Site, tmp_path: Path) -> None:
    file = wanted(site.add("/a", Page(BODY)))
    (tmp_path / f"{file.key}.part").write_bytes(b"poison" * 1000)
    with fetcher() as real:
        [got] = real.fetch([file], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY


def test_a_part_that_is_too_long_does_not_end_in_the_file(site: Site, tmp_path: Path) -> None:
    file = wanted(site.add("/a", Page(BODY)))
    (tmp_path / f"{file.key}.part").write_bytes(b"poison" * 100_000)
    with fetcher() as real:
        [got] = real.fetch([file], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY


def test_a_part_that_nobody_works_on_is_removed_by_the_next_run(site: Site, tmp_path: Path) -> None:
    (tmp_path / ("0" * 32 + ".part")).write_bytes(b"left by a process that was killed")
    with fetcher() as real:
        list(real.fetch([wanted(site.add("/a", Page(BODY)))], into=str(tmp_path)))
    assert leftovers(tmp_path) == ["demo-1.0-py3-none-any.whl"]


def test_a_wrong_hash_is_refused_with_both_digests(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY)).replace("://", "://user:s3cr3t@")
    file = Wanted(url, "demo.whl", promise(b"other"))
    with fetcher() as real, pytest.raises(HashMismatch) as caught:
        list(real.fetch([file], into=str(tmp_path)))
    assert "demo.whl" in str(caught.value)
    assert hashlib.sha256(b"other").hexdigest() in caught.value.expected
    assert hashlib.sha256(BODY).hexdigest() in caught.value.actual
    assert "s3cr3t" not in str(caught.value)
    assert leftovers(tmp_path) == []


def test_every_promised_algorithm_must_fit(site: Site, tmp_path: Path) -> None:
    good, bad = promise(BODY, "sha256", "sha512", "md5"), promise(b"other", "sha512")
    with fetcher() as real:
        [got] = real.fetch([Wanted(site.add("/a", Page(BODY)), "a.whl", good)], into=str(tmp_path))
        assert got.sha256 == good[0][1]
        file = Wanted(site.url + "/a", "a.whl", (good[0], bad[0]))
        with pytest.raises(HashMismatch):
            list(real.fetch([file], into=str(tmp_path)))


def test_one_of_several_digests_of_one_algorithm_is_enough(site: Site, tmp_path: Path) -> None:
    hashes = promise(b"other") + promise(BODY)
    with fetcher() as real:
        [got] = real.fetch(
            [Wanted(site.add("/a", Page(BODY)), "a.whl", hashes)], into=str(tmp_path)
        )
    assert Path(got.path).read_bytes() == BODY


@pytest.mark.parametrize("weak", ["md5", "sha1"])
def test_a_weak_hash_is_checked_and_told_to_be_no_proof(
    site: Site, tmp_path: Path, weak: str
) -> None:
    events: list[Event] = []
    url = site.add("/a", Page(BODY))
    with fetcher() as real:
        file = Wanted(url, "a.whl", promise(BODY, weak))
        list(real.fetch([file], into=str(tmp_path), reporter=events.append))
        with pytest.raises(HashMismatch):
            list(real.fetch([Wanted(url, "a.whl", promise(b"other", weak))], into=str(tmp_path)))
    assert [
        event.subject for event in events if event.kind == "warning" and weak in event.message
    ] == ["a.whl"]


def test_a_hash_that_nobody_knows_is_refused(site: Site, tmp_path: Path) -> None:
    file = Wanted(site.add("/a", Page(BODY)), "a.whl", (("rot13", "00"),))
    with fetcher() as real, pytest.raises(FetchError, match="rot13"):
        list(real.fetch([file], into=str(tmp_path)))


@pytest.mark.parametrize("size", [len(BODY) - 1, len(BODY) + 1])
def test_a_wrong_size_is_refused(site: Site, tmp_path: Path, size: int) -> None:
    with fetcher() as real, pytest.raises(FetchError, match=str(size)):
        list(
            real.fetch([Wanted(site.add("/a", Page(BODY)), "a.whl", (), size)], into=str(tmp_path))
        )
    assert leftovers(tmp_path) == []


def test_a_body_that_never_ends_is_left_at_its_promised_size(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY * 10, length=False))
    with fetcher() as real, pytest.raises(FetchError, match="longer"):
        list(real.fetch([wanted(url)], into=str(tmp_path)))
    assert leftovers(tmp_path) == []


def test_the_bytes_are_those_that_were_sent_and_not_decoded(site: Site, tmp_path: Path) -> None:
    """Some hosts send a .tar.gz with Content-Encoding: gzip; decoded, it would be another file."""
    import gzip

    body = gzip.compress(BODY, mtime=0)
    page = Page(body, headers={"Content-Encoding": "gzip"})
    with fetcher() as real:
        [got] = real.fetch(
            [wanted(site.add("/a", page), body, name="a.tar.gz")], into=str(tmp_path)
        )
    assert Path(got.path).read_bytes() == body
    assert site.asked[0].headers["Accept-Encoding"] == "identity"


def test_a_host_that_asks_for_a_pause_gets_one(site: Site, tmp_path: Path) -> None:
    soon = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    events: list[Event] = []
    pauses = [
        Fault(status=429, headers={"Retry-After": "0"}),
        Fault(status=503, headers={"Retry-After": soon}),
    ]
    url = site.add("/a", Page(BODY, pauses))
    with fetcher() as real:
        [got] = real.fetch([wanted(url)], into=str(tmp_path), reporter=events.append)
    assert Path(got.path).read_bytes() == BODY
    assert (
        len([event for event in events if event.kind == "note" and "in 0.0 s" in event.message])
        == 2
    )


def test_a_host_that_asks_for_an_hour_is_given_up_with_the_reason(
    site: Site, tmp_path: Path
) -> None:
    url = site.add("/a", Page(BODY, [Fault(status=429, headers={"Retry-After": "3600"})]))
    with fetcher() as real, pytest.raises(FetchError, match="3600 seconds"):
        list(real.fetch([wanted(url)], into=str(tmp_path)))
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("status", "said"), [(404, "does not exist"), (403, "refuses"), (418, "418")]
)
def test_a_final_answer_is_not_asked_for_again(
    site: Site, tmp_path: Path, status: int, said: str
) -> None:
    url = site.add("/a", Page(BODY, [Fault(status=status)] * 2))
    with fetcher() as real, pytest.raises(FetchError, match=said):
        list(real.fetch([wanted(url)], into=str(tmp_path)))
    assert len(site.asked) == 1
    assert leftovers(tmp_path) == []


def test_a_host_that_is_not_there_is_named(tmp_path: Path) -> None:
    with open_site() as site:
        url = site.url
    with fetcher(Network(retries=1, backoff=0.001)) as real, pytest.raises(FetchError) as caught:
        list(real.fetch([wanted(url.replace("://", "://user:s3cr3t@") + "/a")], into=str(tmp_path)))
    assert url in caught.value.problem
    assert os.strerror(errno.ECONNREFUSED) in caught.value.problem
    assert "2 tries" in caught.value.problem
    assert "s3cr3t" not in str(caught.value)


def test_credentials_of_an_index_go_to_its_files(site: Site, tmp_path: Path) -> None:
    url = site.add("/files/a", Page(BODY, login="user:pw"))
    index = site.url.replace("://", "://user:pw@") + "/simple"
    with fetcher(QUICK, index) as real:
        [got] = real.fetch([wanted(url)], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY


def test_a_refusal_says_where_credentials_come_from(site: Site, tmp_path: Path) -> None:
    url = site.add("/files/a", Page(BODY, login="user:pw"))
    with fetcher() as real, pytest.raises(FetchError, match="netrc") as caught:
        list(real.fetch([wanted(url)], into=str(tmp_path)))
    assert "401" in caught.value.problem


def test_a_redirect_to_another_host_does_not_carry_the_credentials(
    site: Site, tmp_path: Path
) -> None:
    with open_site() as other:
        other.add("/b", Page(BODY))
        site.add("/a", Page(login="user:pw", redirect=other.url + "/b"))
        url = site.url.replace("://", "://user:pw@") + "/a"
        with fetcher() as real:
            [got] = real.fetch([wanted(url)], into=str(tmp_path))
        assert Path(got.path).read_bytes() == BODY
        assert "Authorization" in site.asked[0].headers
        assert [asked.headers.get("Authorization") for asked in other.asked] == [None]


def test_a_redirect_to_a_host_we_know_carries_its_own_credentials(
    site: Site, tmp_path: Path
) -> None:
    with open_site() as other:
        other.add("/b", Page(BODY, login="other:secret"))
        site.add("/a", Page(redirect=other.url + "/b"))
        with fetcher(QUICK, other.url.replace("://", "://other:secret@")) as real:
            [got] = real.fetch([wanted(site.url + "/a")], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY
    assert "Authorization" not in site.asked[0].headers


def test_a_redirect_within_a_host_keeps_the_credentials(site: Site, tmp_path: Path) -> None:
    site.add("/b", Page(BODY, login="user:pw"))
    site.add("/a", Page(redirect="/b"))
    url = site.url.replace("://", "://user:pw@") + "/a"
    with fetcher() as real:
        [got] = real.fetch([wanted(url)], into=str(tmp_path))
    assert Path(got.path).read_bytes() == BODY


def test_a_redirect_never_leads_to_a_local_file(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(BODY)
    site.add("/a", Page(redirect=secret.as_uri()))
    with fetcher() as real, pytest.raises(FetchError, match="file: address"):
        list(real.fetch([wanted(site.url + "/a")], into=str(tmp_path / "into")))


def test_redirects_in_a_circle_end(site: Site, tmp_path: Path) -> None:
    site.add("/a", Page(redirect="/a"))
    with fetcher() as real, pytest.raises(FetchError, match="redirects more than"):
        list(real.fetch([wanted(site.url + "/a")], into=str(tmp_path)))


@pytest.mark.parametrize("as_path", [True, False])
def test_files_of_this_machine_are_checked_and_copied(tmp_path: Path, as_path: bool) -> None:
    source = tmp_path / "with space%20.whl"
    source.write_bytes(BODY)
    url = str(source) if as_path else source.as_uri()
    with fetcher(Network(offline=True)) as real:
        [got] = real.fetch([wanted(url)], into=str(tmp_path / "into"))
        assert Path(got.path).read_bytes() == BODY
        with pytest.raises(HashMismatch):
            list(real.fetch([Wanted(url, "a.whl", promise(b"other"))], into=str(tmp_path / "into")))
    assert source.read_bytes() == BODY


def test_a_local_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with fetcher() as real, pytest.raises(FetchError, match=r"gone\.whl does not exist"):
        list(real.fetch([wanted((tmp_path / "gone.whl").as_uri())], into=str(tmp_path / "into")))


def test_a_file_address_on_another_machine_is_refused(tmp_path: Path) -> None:
    with fetcher() as real, pytest.raises(FetchError, match="another machine"):
        list(real.fetch([wanted("file://server/share/a.whl")], into=str(tmp_path)))


@pytest.mark.parametrize(
    "name", ["../a.whl", "a/b.whl", "..", "", "a\\b.whl", "c:a.whl", "a\0.whl", "a\n.whl"]
)
def test_a_name_that_is_no_plain_file_name_is_refused(
    site: Site, tmp_path: Path, name: str
) -> None:
    with fetcher() as real, pytest.raises(FetchError, match="no plain file name"):
        list(real.fetch([wanted(site.url + "/a", name=name)], into=str(tmp_path)))
    assert site.asked == []


def test_offline_names_the_file_and_the_way_out(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY))
    with fetcher(Network(offline=True)) as real:
        with pytest.raises(FetchError, match=r"demo-1\.0-py3-none-any\.whl is not here") as caught:
            list(real.fetch([wanted(url)], into=str(tmp_path)))
        assert "--offline" in caught.value.hint
        with pytest.raises(FetchError, match="offline"):
            real.read(url, "text/html")
    assert site.asked == []


def test_one_failure_stops_the_others_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    held = [
        wanted(site.add(f"/{n}", Page(BODY, [Fault(hold=True)])), name=f"{n}.whl") for n in range(3)
    ]
    broken = site.add("/broken", Page())
    events = _On("progress", lambda: site.pages.pop("/broken", None))

    def files() -> list[Wanted]:
        return [*held, Wanted(broken, "broken.whl", promise(BODY))]

    with fetcher() as real, pytest.raises(FetchError, match="broken"):
        list(real.fetch(files(), into=str(tmp_path), reporter=events))
    assert leftovers(tmp_path) == []
    assert not site.release.is_set()


class _On:
    """A reporter that does something at the first event of a kind."""

    def __init__(self, kind: str, action: object) -> None:
        self.kind = kind
        self.action = action

    def __call__(self, event: Event, /) -> None:
        if event.kind == self.kind and callable(self.action):
            self.action()


def test_who_stops_asking_stops_the_threads(site: Site, tmp_path: Path) -> None:
    quick = wanted(site.add("/quick", Page(b"quick")), b"quick", name="quick.whl")
    held = wanted(site.add("/held", Page(BODY, [Fault(hold=True)])), name="held.whl")
    with fetcher() as real:
        files = real.fetch([quick, held], into=str(tmp_path))
        assert next(files).wanted == quick
        wait_for(site.holding)
        with contextlib.closing(files):  # type: ignore[type-var] # the real one is a generator
            pass
    assert leftovers(tmp_path) == ["quick.whl"]
    assert [thread for thread in threading.enumerate() if thread.name == "trueup-fetch"] == []


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is sent as POSIX does")
def test_ctrl_c_stops_at_once_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY, [Fault(hold=True)]))
    program = textwrap.dedent(f"""
        from trueup.acquisition.fetch import NetworkFetcher, Wanted
        try:
            with NetworkFetcher() as real:
                list(real.fetch([{wanted(url, name="a.whl")!r}], into={str(tmp_path)!r}))
        except KeyboardInterrupt:
            print("interrupted")
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_for(site.holding)
        while not any(part.stat().st_size for part in tmp_path.glob("*.part")):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)  # the host holds its last byte for a minute
    assert output == "interrupted\n"
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a limit on file sizes is a POSIX thing")
def test_no_room_names_the_place_and_leaves_nothing(site: Site, tmp_path: Path) -> None:
    url = site.add("/a", Page(BODY))
    program = textwrap.dedent(f"""
        import resource
        from trueup.acquisition.fetch import NetworkFetcher, Wanted
        from trueup.errors import FetchError
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            with NetworkFetcher() as real:
                list(real.fetch([{wanted(url, name="a.whl")!r}], into={str(tmp_path)!r}))
        except FetchError as error:
            print(error)
    """)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert f"there is no room left in {tmp_path} for a.whl" in done.stdout
    assert "Make room" in done.stdout
    assert leftovers(tmp_path) == []


def test_processes_that_want_the_same_files_get_each_once(site: Site, tmp_path: Path) -> None:
    bodies = [os.urandom(50_000) for _ in range(6)]
    files = [
        (site.add(f"/{n}", Page(body)), f"{n}.whl", promise(body)) for n, body in enumerate(bodies)
    ]
    store = tmp_path / "store"
    program = textwrap.dedent(f"""
        import os, sys
        from trueup.acquisition.fetch import Flight, NetworkFetcher, Wanted, discard
        store = {str(store)!r}
        os.makedirs(store, exist_ok=True)
        def settle(fetched):
            os.replace(fetched.path, os.path.join(store, fetched.sha256))
            discard(fetched)
        def present(wanted):
            return os.path.exists(os.path.join(store, wanted.hashes[0][1]))
        into = {str(tmp_path / "into")!r}
        flight = Flight({str(tmp_path / "locks")!r}, present, settle)
        with NetworkFetcher() as real:
            list(real.fetch([Wanted(*each) for each in {files!r}], into=into, flight=flight))
    """)
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert sorted(path.name for path in store.iterdir()) == sorted(
        promise(body)[0][1] for body in bodies
    )
    assert len(site.asked) == len(files)


def test_threads_that_want_the_same_file_get_it_once(site: Site, tmp_path: Path) -> None:
    file = wanted(site.add("/a", Page(BODY)))
    got: list[Fetched] = []
    with fetcher() as real:

        def get() -> None:
            got.extend(real.fetch([file], into=str(tmp_path)))

        threads = [threading.Thread(target=get) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [Path(each.path).read_bytes() == BODY for each in got] == [True] * 4
    assert len(site.asked) == 1


def test_a_file_that_is_here_already_is_checked_again(site: Site, tmp_path: Path) -> None:
    file = wanted(site.add("/a", Page(BODY)))
    with fetcher() as real:
        [first] = real.fetch([file], into=str(tmp_path))
        Path(first.path).write_bytes(b"damaged")
        [second] = real.fetch([file], into=str(tmp_path))
    assert Path(second.path).read_bytes() == BODY
    assert len(site.asked) == 2


def test_what_settling_refuses_does_not_stay(site: Site, tmp_path: Path) -> None:
    def refuse(fetched: Fetched) -> None:
        raise SourceError(f"{fetched.wanted.filename} is refused")

    flight = Flight(str(tmp_path / "locks"), settle=refuse)
    with fetcher() as real, pytest.raises(SourceError, match="is refused"):
        list(
            real.fetch(
                [wanted(site.add("/a", Page(BODY)))], into=str(tmp_path / "into"), flight=flight
            )
        )
    assert list((tmp_path / "into").iterdir()) == []


def test_discarding_leaves_no_folder(site: Site, tmp_path: Path) -> None:
    with fetcher() as real:
        [got] = real.fetch(
            [wanted(site.add("/a", Page(BODY)))],
            into=str(tmp_path),
            flight=Flight(str(tmp_path / "l")),
        )
    discard(got)
    assert [path.name for path in tmp_path.iterdir()] == ["l"]


@pytest.mark.parametrize("zipped", [True, False])
def test_an_index_page_is_read_and_decoded(site: Site, zipped: bool) -> None:
    kind = "application/vnd.pypi.simple.v1+json"
    url = site.add(
        "/simple/", Page(b"{}", [Fault(status=503)], zipped=zipped, headers={"Content-Type": kind})
    )
    with fetcher() as real:
        assert real.read(url, f"{kind}, text/html;q=0.1") == (b"{}", kind)
    assert site.asked[1].headers["Accept"] == f"{kind}, text/html;q=0.1"
    assert site.asked[1].headers["User-Agent"].startswith("trueup/")


def test_an_index_page_may_be_a_file(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_bytes(b"<a>")
    with fetcher() as real:
        assert real.read(page.as_uri(), "text/html") == (b"<a>", "text/html")
        with pytest.raises(FetchError, match="cannot be read"):
            real.read((tmp_path / "gone").as_uri(), "text/html")


def test_cookies_are_not_kept(site: Site) -> None:
    url = site.add("/a", Page(b"x", headers={"Set-Cookie": "id=1"}))
    with fetcher() as real:
        real.read(url, "*/*")
        real.read(url, "*/*")
    assert "Cookie" not in site.asked[1].headers
