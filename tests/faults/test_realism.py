"""Strictness must cost nothing: wheels that people really use are all accepted.

`TRUEUP_TEST_WHEELS=FOLDER pytest -m slow tests/faults/test_realism.py` reads every wheel below a
folder that you have filled, such as with `pip download --no-deps` of what is downloaded most.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from trueup.acquisition.store import open_store
from trueup.errors import TrueupError


@pytest.mark.slow
def test_every_wheel_of_a_folder_is_accepted(tmp_path: Path) -> None:
    folder = os.environ.get("TRUEUP_TEST_WHEELS")
    if not folder:
        pytest.skip("TRUEUP_TEST_WHEELS names no folder of wheels")
    named = {path.name: path for path in sorted(Path(folder).rglob("*.whl"))}
    assert named, f"there is no wheel below {folder}"
    store = open_store(str(tmp_path / "store"))
    refused: list[str] = []
    for name, path in named.items():
        try:
            pack = store.add_wheel(str(path), name)
            os.unlink(pack.path)
        except TrueupError as error:
            refused.append(error.problem)
    print(len(named), "wheels,", len(refused), "refused")
    assert refused == []
