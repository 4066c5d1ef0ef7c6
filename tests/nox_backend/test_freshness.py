"""A reused session is never stale: reports of others, replayed in nox."""

from __future__ import annotations

import shutil

from support.nox_lab import NoxLab, builds, make_project


def test_a_new_module_of_a_strict_editable_is_seen_by_another_project(either: NoxLab) -> None:
    # uv #10946
    one = make_project(either.root, "one", strict=True)
    make_project(either.root, "two", {"src/two/__init__.py": "import one\n"}, requires=("one",))
    either.noxfile(
        "@nox.session\ndef tests(session):\n"
        "    session.install('-e', './one', '-e', './two')\n"
        "    for name in session.posargs:\n"
        "        show(session, f'one.{name}.VALUE', f'two, one.{name}')\n"
    )
    either.run()
    (one / "src" / "one" / "fresh.py").write_text("VALUE = 'first'\n")
    assert either.run("-r", "--", "fresh").line("one.fresh.VALUE: ") == "first"
    (one / "src" / "one" / "fresh.py").rename(one / "src" / "one" / "renamed.py")
    assert either.run("-r", "--", "renamed").line("one.renamed.VALUE: ") == "first"
    assert "ModuleNotFoundError" in either.run("-r", "--", "fresh", ok=False).text


def test_what_a_build_put_into_the_tree_is_put_there_again_when_it_is_gone(either: NoxLab) -> None:
    # uv #11390
    thing = make_project(either.root, "thing", {"template.txt": "made"})
    either.noxfile(
        "@nox.session\ndef tests(session):\n    session.install('-e', './thing')\n"
        "    show(session, 'thing.generated.VALUE', 'thing.generated')\n"
    )
    generated = thing / "src" / "thing" / "generated.py"
    assert either.run().line("thing.generated.VALUE: ") == "made"
    generated.unlink()
    assert either.run("-r").line("thing.generated.VALUE: ") == "made"
    generated.unlink()
    shutil.rmtree(either.root / ".nox")
    assert either.run().line("thing.generated.VALUE: ") == "made"
    (thing / "template.txt").write_text("made anew")
    assert either.run("-r").line("thing.generated.VALUE: ") == "made anew"
    assert either.run("-r").line("thing.generated.VALUE: ") == "made anew"


def test_an_edit_in_one_environment_reaches_no_other(either: NoxLab) -> None:
    # uv #15700
    body = "".join(
        f"@nox.session\ndef {name}(session):\n    session.install('demo')\n"
        f"    show(session, 'demo.VERSION', 'demo')\n"
        for name in ("first", "second")
    )
    either.noxfile(body)
    either.run("-s", "first")
    (module,) = either.environment("first").glob("lib/python*/site-packages/demo/__init__.py")
    with open(module, "a") as file:
        file.write("VERSION = 'edited'\n")
    assert either.run("-s", "second").line("demo.VERSION: ") == "1.0"
    assert either.run("-r", "-s", "first").line("demo.VERSION: ") == "edited"
    assert either.run("-r", "-s", "second").line("demo.VERSION: ") == "1.0"
    assert either.run("-s", "first").line("demo.VERSION: ") == "1.0"


def test_an_edit_of_a_local_project_reaches_a_reused_session(either: NoxLab) -> None:
    # nox #914, #827, uv #5790
    thing = make_project(either.root, "thing", {"src/thing/__init__.py": "VALUE = 'old'\n"})
    (either.root / "listed.txt").write_text("./thing\n")
    either.noxfile(
        "@nox.session\ndef tests(session):\n    session.install(*session.posargs)\n"
        "    show(session, 'thing.VALUE', 'thing')\n"
    )
    for number, form in enumerate(
        (["./thing"], ["-r", "listed.txt"], ["thing @ file://" + str(thing)])
    ):
        (thing / "src" / "thing" / "__init__.py").write_text(f"VALUE = 'new {number}'\n")
        for _twice in range(2):
            assert either.run("-r", "--", *form).line("thing.VALUE: ") == f"new {number}"
    assert builds(thing) >= 3


def test_a_dependency_that_a_project_gains_is_installed_on_reuse(either: NoxLab) -> None:
    thing = make_project(either.root, "thing")
    either.noxfile("@nox.session\ndef tests(session):\n    session.install('-e', './thing')\n")
    either.run()
    assert set(either.installed("tests")) == {"thing"}
    about = thing / "backend" / "about.py"
    about.write_text(about.read_text().replace("REQUIRES = []", "REQUIRES = ['other']"))
    either.run("-r")
    assert set(either.installed("tests")) == {"thing", "other", "demo"}
    about.write_text(about.read_text().replace("'1.0'", "'2.0'"))
    either.run("-r")
    assert list(either.environment("tests").glob("lib/*/site-packages/thing-2.0.dist-info"))
    assert not list(either.environment("tests").glob("lib/*/site-packages/thing-1.0.dist-info"))


def test_a_changed_requirement_file_is_heeded_on_reuse(either: NoxLab) -> None:
    either.wheel("demo", "2.0")
    listed = either.root / "listed.txt"
    either.noxfile(
        "@nox.session\ndef tests(session):\n    session.install('-r', 'listed.txt')\n"
        "    show(session, 'demo.VERSION', 'demo')\n"
    )
    for version in ("1.0", "2.0", "1.0"):
        listed.write_text(f"demo=={version}\n")
        for _twice in range(2):
            assert either.run("-r").line("demo.VERSION: ") == version


def test_what_was_deleted_in_a_reused_environment_comes_back(lab: NoxLab) -> None:
    lab.noxfile(
        "@nox.session\ndef tests(session):\n    session.install('demo')\n"
        "    show(session, 'demo.VERSION', 'demo')\n"
    )
    lab.run()
    lab.run("-r")
    (package,) = lab.environment("tests").glob("lib/python*/site-packages/demo")
    shutil.rmtree(package)
    assert lab.run("-r").line("demo.VERSION: ") == "1.0"


def test_an_unchanged_project_starts_nothing_and_a_changed_one_is_told_of(lab: NoxLab) -> None:
    thing = make_project(lab.root, "thing", {"template.txt": "made"}, requires=("demo",))
    lab.noxfile(
        "import sys\n"
        "def watch(event, arguments):\n"
        "    if event == 'subprocess.Popen': print('STARTED', arguments[0], flush=True)\n"
        "sys.addaudithook(watch)\n"
        "@nox.session\ndef tests(session):\n    session.install('-e', './thing')\n"
    )
    assert "STARTED" in lab.run().text
    for _twice in range(2):
        unchanged = lab.run("-r").text
        assert "STARTED" not in unchanged
        assert "built again" not in unchanged
    assert builds(thing) == 1
    (thing / "template.txt").write_text("made anew")
    assert "template.txt" in lab.run("-r").line("nox > thing is built again: ")
    assert builds(thing) == 2
