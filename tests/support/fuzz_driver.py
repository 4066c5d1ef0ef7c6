"""Fuzzing with coverage: `python fuzz_driver.py NAME SECONDS` runs one reader under atheris.

It needs the dependency group `fuzz`, and a Python that atheris has wheels for.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # optional

with atheris.instrument_imports(include=["trueup"]):
    from support.fuzz_targets import targets


def main() -> None:
    name, seconds = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        target = targets(Path(folder))[name]
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        (corpus / "seed").write_bytes(target.seed)
        atheris.Setup(
            [sys.argv[0], f"-max_total_time={seconds}", "-max_len=20000", str(corpus)], target.read
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
