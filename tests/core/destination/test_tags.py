"""Wheel tags of interpreters that this machine does not have, from what they would tell."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.tags import platform_tags
from trueup.destination import probe
from trueup.destination.tags import memo_key, wheel_tags


def facts(**changes: Any) -> dict[str, Any]:
    """Return what the running interpreter tells, but for some changes."""
    told = probe.collect()
    platform = {**told["platform"], **changes.pop("platform", {})}
    return {**told, "version": [3, 12, 1], "platform": platform, **changes}


def test_an_older_glibc_takes_older_manylinux_only() -> None:
    tags = wheel_tags(
        facts(platform={"platform": "linux-x86_64", "libc": "glibc 2.17", "macos": None})
    )
    platforms = [tag.split("-")[2] for tag in tags if tag.startswith("cp312-cp312-")]
    assert platforms[:3] == ["linux_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
    assert platforms[-2:] == ["manylinux_2_5_x86_64", "manylinux1_x86_64"]


def test_our_own_rules_for_linux_give_what_packaging_gives_here() -> None:
    here = probe.platform_facts()
    if not here["libc"]:
        pytest.skip("this is no Linux with the GNU library")
    # the same machine, told in a way that is not recognised as the running interpreter's own
    tags = wheel_tags(facts(platform={"multiarch": "told differently"}))
    assert [tag.split("-")[2] for tag in tags if tag.startswith("cp312-cp312-")] == list(
        platform_tags()
    )


def test_a_32_bit_python_on_a_64_bit_machine_takes_32_bit_wheels() -> None:
    tags = wheel_tags(
        facts(platform={"platform": "linux-x86_64", "bits": 32, "libc": "glibc 2.31"})
    )
    assert "cp312-cp312-manylinux_2_17_i686" in tags
    assert not [tag for tag in tags if "x86_64" in tag]


def test_an_arm_python_without_hard_float_takes_no_manylinux() -> None:
    arm = {"platform": "linux-armv7l", "bits": 32, "libc": "glibc 2.31"}
    soft = wheel_tags(facts(platform={**arm, "multiarch": "arm-linux-gnueabi"}))
    hard = wheel_tags(facts(platform={**arm, "multiarch": "arm-linux-gnueabihf"}))
    assert not [tag for tag in soft if "manylinux" in tag]
    assert "cp312-cp312-manylinux_2_17_armv7l" in hard


def test_a_manylinux_module_of_the_system_has_the_last_word() -> None:
    old = {"platform": "linux-x86_64", "libc": "glibc 2.31", "manylinux": [[2, 17]]}
    tags = wheel_tags(facts(platform=old))
    found = {tag.split("-")[2] for tag in tags if "manylinux" in tag}
    assert found == {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}


def test_a_mac_takes_wheels_of_its_own_and_of_older_systems() -> None:
    mac = {"platform": "macosx-11.0-arm64", "libc": "", "macos": ["14.2", "arm64"]}
    tags = wheel_tags(facts(platform=mac))
    assert tags[0] == "cp312-cp312-macosx_14_0_arm64"
    assert "cp312-cp312-macosx_11_0_universal2" in tags


def test_windows_takes_its_one_platform() -> None:
    tags = wheel_tags(facts(platform={"platform": "win-amd64", "libc": "", "macos": None}))
    assert tags[0] == "cp312-cp312-win_amd64"
    assert tags[-1] == "py30-none-any"


def test_a_free_threaded_python_takes_no_wheel_of_the_limited_interface() -> None:
    tags = wheel_tags(facts(version=[3, 13, 0], free_threaded=True))
    assert tags[0].startswith("cp313-cp313t-")
    assert not [tag for tag in tags if "-abi3-" in tag]


def test_a_debug_python_takes_ordinary_wheels_too() -> None:
    tags = wheel_tags(facts(debug=True))
    abis = list(dict.fromkeys(tag.split("-")[1] for tag in tags))
    assert abis[:2] == ["cp312d", "cp312"]


def test_a_pypy_takes_wheels_of_its_own_abi() -> None:
    pypy = facts(
        implementation="pypy",
        version=[3, 10, 13],
        extension_suffixes=[".pypy310-pp73-x86_64-linux-gnu.so", ".so"],
    )
    tags = wheel_tags(pypy)
    assert tags[0].startswith("pp310-pypy310_pp73-")
    assert "pp3-none-any" in tags
    assert "py3-none-any" in tags


@pytest.mark.parametrize(
    "change", [{"version": [3, 13, 0]}, {"free_threaded": True}, {"debug": True}]
)
def test_what_changes_the_tags_changes_the_key_they_are_remembered_under(
    change: dict[str, Any],
) -> None:
    assert memo_key(facts()) != memo_key(facts(**change))


def test_tags_that_depend_on_what_was_not_told_are_not_remembered() -> None:
    assert memo_key(facts(platform={"libc": ""})) == ""
