"""What was installed from an address stands, exactly as long as the same lies there."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from support.resolving import item, request, this_python
from trueup.destination.installed import InstalledDistribution
from trueup.resolution.delivered import is_delivered
from trueup.resolution.request import BuildChoices, Request
from trueup.resolution.satisfaction import Unmet, find_unmet

DIGEST = hashlib.sha256(b"content").hexdigest()
COMMIT = "0123456789" * 4
GIT = {"vcs": "git", "commit_id": COMMIT}


def _installed(folder: Path, direct: dict[str, Any] | None) -> InstalledDistribution:
    info = folder / "thing-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Name: thing\nVersion: 1.0\n")
    if direct is not None:
        (info / "direct_url.json").write_text(json.dumps(direct))
    return InstalledDistribution("thing", "1.0", str(info), "dist-info", str(info / "METADATA"))


def _archive(url: str, digest: str = DIGEST, **more: Any) -> dict[str, Any]:
    return {"url": url, "archive_info": {"hashes": {"sha256": digest}}, **more}


def test_a_file_counts_by_its_content_of_now(tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"content")
    present = _installed(tmp_path, _archive(wheel.as_uri()))
    assert is_delivered(wheel.as_uri(), present)
    assert is_delivered(f"{wheel.as_uri()}#sha256={DIGEST}", present)
    assert not is_delivered(f"{wheel.as_uri()}#sha256={'0' * 64}", present)
    wheel.write_bytes(b"changed")
    assert not is_delivered(wheel.as_uri(), present)
    assert not is_delivered(f"{wheel.as_uri()}#sha256={DIGEST}", present)
    wheel.unlink()
    assert not is_delivered(wheel.as_uri(), present)


def test_the_same_content_elsewhere_is_another_origin(tmp_path: Path) -> None:
    one, other = tmp_path / "one.whl", tmp_path / "other.whl"
    for each in (one, other):
        each.write_bytes(b"content")
    present = _installed(tmp_path, _archive(one.as_uri()))
    assert not is_delivered(other.as_uri(), present)
    (tmp_path / "link.whl").symlink_to(one)
    assert is_delivered((tmp_path / "link.whl").as_uri(), present)


@pytest.mark.parametrize(
    ("address", "delivered"),
    [
        (f"https://host.invalid/thing.whl#sha256={DIGEST}", True),
        (f"https://host.invalid/thing.whl#sha256={DIGEST.upper()}", True),
        (f"https://user:word@host.invalid/thing.whl#sha256={DIGEST}", True),
        ("https://host.invalid/thing.whl", False),
        (f"https://host.invalid/thing.whl#sha256={'0' * 64}", False),
        (f"https://host.invalid/other.whl#sha256={DIGEST}", False),
        (f"https://host.invalid/thing.whl#sha256={DIGEST}&subdirectory=sub", False),
        (f"git+https://host.invalid/thing.whl#sha256={DIGEST}", False),
    ],
)
def test_a_file_of_a_server_counts_by_a_promised_digest(
    address: str, delivered: bool, tmp_path: Path
) -> None:
    present = _installed(tmp_path, _archive("https://host.invalid/thing.whl"))
    assert is_delivered(address, present) is delivered


@pytest.mark.parametrize(
    ("address", "delivered"),
    [
        (f"git+https://host.invalid/thing@{COMMIT}", True),
        ("git+https://host.invalid/thing@main", False),
        ("git+https://host.invalid/thing", False),
        (f"git+https://host.invalid/thing@{COMMIT[:12]}", False),
        (f"git+https://host.invalid/other@{COMMIT}", False),
        (f"git+https://host.invalid/thing@{COMMIT}#subdirectory=sub", False),
        (f"hg+https://host.invalid/thing@{COMMIT}", False),
    ],
)
def test_of_a_repository_only_a_whole_commit_stays_what_it_was(
    address: str, delivered: bool, tmp_path: Path
) -> None:
    present = _installed(tmp_path, {"url": "https://host.invalid/thing", "vcs_info": GIT})
    assert is_delivered(address, present) is delivered


@pytest.mark.parametrize(
    "direct",
    [
        None,
        {"url": "https://host.invalid/thing.whl"},
        {"url": "https://host.invalid/thing.whl", "archive_info": {}},
        {"url": "https://host.invalid/thing.whl", "archive_info": {"hashes": {"md5": "0"}}},
        {"url": "https://host.invalid/thing.whl", "dir_info": {}},
        {"url": "https://host.invalid/thing.whl", "vcs_info": {"vcs": "git"}},
    ],
)
def test_a_record_that_tells_no_content_proves_nothing(
    direct: dict[str, Any] | None, tmp_path: Path
) -> None:
    address = f"https://host.invalid/thing.whl#sha256={DIGEST}"
    assert not is_delivered(address, _installed(tmp_path, direct))


def _unmet(asked: Request, present: InstalledDistribution, *needs: str) -> Unmet | None:
    found = [Requirement(each) for each in needs]
    return find_unmet(asked, {"thing": present}, lambda one: found, this_python().markers)


def test_a_request_by_address_is_met_with_its_dependencies_and_extras(tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"content")
    present = _installed(tmp_path, _archive(wheel.as_uri()))
    asked = request(f"thing @ {wheel.as_uri()}")
    assert _unmet(asked, present) is None
    assert _unmet(asked, present, "other") == Unmet("other", "not installed")
    more = request(f"thing[more] @ {wheel.as_uri()}")
    assert _unmet(more, present, 'other; extra == "more"') is not None
    settings = BuildChoices(config_settings=(("key", "value"),))
    assert _unmet(request(f"thing @ {wheel.as_uri()}", build=settings), present) is not None
    assert _unmet(request(f"thing @ {wheel.as_uri()}", "thing>2"), present) is not None


def test_an_address_whose_marker_does_not_hold_is_nothing_asked_for(tmp_path: Path) -> None:
    present = _installed(tmp_path, None)
    asked = request("thing @ https://host.invalid/thing.zip ; python_version < '3'")
    assert _unmet(asked, present) is None


def test_one_of_several_promised_digests_is_enough_and_another_one_is_none(tmp_path: Path) -> None:
    wheel = tmp_path / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(b"content")
    present = _installed(tmp_path, _archive(wheel.as_uri()))
    address = f"thing @ {wheel.as_uri()}"
    assert _unmet(request(item(address, DIGEST, "0" * 64)), present) is None
    assert _unmet(request(item(address, "0" * 64)), present) is not None
    assert not is_delivered(wheel.as_uri(), present, [("sha512", "0" * 128)])
    assert _unmet(request(item("thing==1.0", DIGEST)), present) is not None
