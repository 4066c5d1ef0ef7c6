"""Building a local project with its fingerprint: the tree is looked at before and after."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterable

from trueup.acquisition.aside import set_aside
from trueup.acquisition.build_environment import backend_environment
from trueup.acquisition.builder import BuildOrder, BuiltWheel, build_wheel
from trueup.acquisition.dead_links import write_dead_links
from trueup.acquisition.leftovers import variables_without_leftovers
from trueup.acquisition.links import circles_in, dangling_in, not_followed_to_nothing
from trueup.acquisition.pack import Pack
from trueup.acquisition.snapshot import Snapshot, take_snapshot
from trueup.acquisition.supply import Supply
from trueup.acquisition.trace import BuildTrace
from trueup.acquisition.witness import Witness
from trueup.acquisition.young_bytecode import drop_young_bytecode
from trueup.api.abandoned import Attempt
from trueup.api.following import gathered, load_what_follows
from trueup.api.forerunners import Forerunners, record_build
from trueup.api.plugged import patterns_of_plugins
from trueup.destination.environment import Environment, Interpreter
from trueup.destination.installed import read_installed
from trueup.errors import BuildError
from trueup.freshness.evidence import Evidence
from trueup.freshness.fingerprint import Circumstances, Fingerprint
from trueup.freshness.names import is_by_product, is_noise
from trueup.freshness.storage import decode, encode
from trueup.reporting import Event
from trueup.values import dataclass, replace

__all__ = ["Tracked", "build_tracked", "recorded_build"]

# How the error ENOENT is told by the C library, and by programs in Rust on any system.
_MISSING = ("No such file or directory", "os error 2", "os error 3")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A build of a local project, and what to know it by later."""

    pack: Pack
    fingerprint: Fingerprint
    content: bytes


def recorded_build(circumstances: Circumstances, supply: Supply) -> Tracked | None:
    """Return the last build under these circumstances that the store remembers, if it is there."""
    record = supply.store.find_build(circumstances.key)
    if record is None:
        return None
    content = str(record.get("fingerprint", "")).encode("utf-8", "surrogateescape")
    fingerprint = decode(content)
    pack = supply.store.find_pack(str(record.get("pack")))
    return Tracked(pack, fingerprint, content) if pack and fingerprint else None


def build_tracked(
    circumstances: Circumstances, supply: Supply, previous: Fingerprint | None = None
) -> Tracked:
    """Build a local project, and take its fingerprint; again if its tree changed meanwhile.

    The caller holds the project's lock: what two builds do to one tree cannot be told apart.

    Args:
        circumstances: what to build, and how.
        supply: what to build with.
        previous: of the build before: what that made and this one left alone is still made.

    Raises:
        SourceError, BuildError: there is no project, or its backend fails.
        WheelRefused: the backend made a wheel that breaks a rule.
    """
    with Attempt(circumstances.tree, supply.store) as attempt:
        once = _build_until_known(Forerunners.of(circumstances, supply, previous), attempt)
        content = encode(once.fingerprint)
        record = {"pack": once.pack.digest, "fingerprint": content.decode()}
        record_build(circumstances, supply, record)
    return Tracked(once.pack, once.fingerprint, content)


@dataclass(frozen=True, slots=True)
class _Once:
    """One build, and what was seen of it."""

    pack: Pack
    fingerprint: Fingerprint
    evidence: Evidence

    @property
    def changed(self) -> tuple[str, ...]:
        return self.evidence.after.changed_since(self.evidence.before)


def _build_until_known(forerunners: Forerunners, attempt: Attempt) -> _Once:
    """Build; once more where it used what was left there, or where the tree changed meanwhile."""
    tree, tell = forerunners.circumstances.tree, forerunners.supply.reporter
    once = _build_alone(forerunners, attempt, forerunners.misleading())
    if relied_on := forerunners.relied_on(once.evidence):
        # Only now it is known which they are; what is run meanwhile is to miss no more than that.
        told = f"{min(relied_on)} was made by a build in another way: it is built from nothing"
        tell(Event("note", tree, told))
        forerunners = replace(forerunners, previous=once.fingerprint)
        once = _build_alone(forerunners, attempt, {*forerunners.misleading(), *relied_on})
    if once.fingerprint.unusable:
        tell(Event("note", tree, f"{once.fingerprint.unusable}: it is built once more"))
        seen = _contents(tree, once.changed)
        once = _build_once(forerunners, frozenset, attempt, first=once.evidence)
        if once.fingerprint.unusable:
            once = _judged_again(once, _same(seen, _contents(tree, once.changed)))
    if doubt := forerunners.doubt(attempt.doubtful):
        tell(Event("warning", tree, doubt))
        once = replace(once, fingerprint=replace(once.fingerprint, unusable=doubt))
    return once


def _build_alone(forerunners: Forerunners, attempt: Attempt, misled_by: Iterable[str]) -> _Once:
    """Build without what could mislead, and with what others need back in its place."""
    paths, tree = sorted(misled_by), forerunners.circumstances.tree
    needed = forerunners.needed(paths)
    with (
        forerunners.supply.store.temporary_directory() as folder,
        set_aside(tree, paths, os.path.join(folder, "aside"), needed=needed) as put_back,
    ):
        return _build_once(forerunners, put_back, attempt, paths)


def _build_once(
    forerunners: Forerunners,
    put_back: Callable[[], frozenset[str]],
    attempt: Attempt,
    aside: Collection[str] = (),
    first: Evidence | None = None,
) -> _Once:
    circumstances, supply = forerunners.circumstances, forerunners.supply
    previous = forerunners.previous
    before = take_snapshot(circumstances.tree)
    workspace = attempt.begin(before, aside)
    order = _order(circumstances, supply, workspace)
    dead = _dead_links(before, previous)
    write_dead_links(workspace, dead)
    drop_young_bytecode(before)
    with Witness(before, workspace) as witness:
        built = _build_wheel(order, supply, before, dead)
    back = put_back()
    after = take_snapshot(circumstances.tree)
    drop_young_bytecode(after)
    pack = supply.store.add_wheel(built.path, os.path.basename(built.path))
    built = replace(built, trace=_with_dead_links(built.trace, circumstances.tree, dead))
    evidence = _evidence(circumstances, supply, built, (before, after), pack, previous)
    sighting = witness.sighting
    if first is not None:
        sighting = sighting.joined_with(first.sighting)
    evidence = replace(
        evidence,
        sighting=sighting,
        begun=first.before if first else None,
        others=forerunners.made(),
        back=back,
    )
    return _Once(pack, gathered(evidence), evidence)


def _order(circumstances: Circumstances, supply: Supply, workspace: str) -> BuildOrder:
    variables = dict(supply.variables)
    if not circumstances.editable:
        variables = variables_without_leftovers(variables, workspace)
    return BuildOrder(
        tree=circumstances.tree,
        interpreter=supply.interpreter,
        workspace=workspace,
        editable=circumstances.editable,
        config_settings=circumstances.config_settings,
        isolation=not circumstances.site,
        timeout=supply.timeout,
        environment=variables,
        meanwhile=load_what_follows,
    )


def _dead_links(before: Snapshot, previous: Fingerprint | None) -> tuple[str, ...]:
    """Return the links of a tree that lead to nothing, but for those that builds left there."""
    made = previous.made if previous else frozenset[str]()
    top = os.path.realpath(before.tree)
    found = {os.path.relpath(link, top).replace(os.sep, "/"): link for link in dangling_in(before)}
    return tuple(
        link for path, link in found.items() if path not in made and not is_by_product(path)
    )


def _with_dead_links(trace: BuildTrace | None, tree: str, dead: Iterable[str]) -> BuildTrace:
    """Return a trace by which links that were left out were looked for in vain, and do matter.

    But for those that editors lay for themselves: they come and go.
    """
    trace = trace or BuildTrace()
    top = os.path.realpath(tree)
    links = (link for link in dead if not is_noise(os.path.basename(link)))
    paths = {os.path.relpath(link, top).replace(os.sep, "/") for link in links}
    return replace(
        trace,
        absences=tuple(sorted(paths.union(trace.absences))),
        own=tuple(sorted(paths.union(trace.own))),
    )


def _build_wheel(
    order: BuildOrder, supply: Supply, before: Snapshot, dead: Iterable[str]
) -> BuiltWheel:
    """Build, and tell of links that do no good: in circles, or to nothing."""
    try:
        built = build_wheel(order, provision=supply.provision, reporter=supply.reporter)
    except BuildError as error:
        hint = _about_dead_links(dangling_in(before), error.output)
        if not hint:
            raise
        raise BuildError(error.problem, hook=error.hook, hint=hint, output=error.output) from error
    told = [link for link in dead if not is_noise(os.path.basename(link))]
    for sentence in (*circles_in(before), *not_followed_to_nothing(told)):
        if sentence not in built.warnings:
            supply.reporter(Event("warning", order.tree, sentence))
    return built


def _about_dead_links(links: Iterable[str], output: str) -> str:
    """Return a hint to a link on which a build failed: some take no note of what we leave out.

    Programs of their own copy what a folder lists, and most say no more than what was missing.
    """
    links = tuple(links)
    for link in links:
        if os.path.basename(link) in output:
            return f"the link {link} leads to nothing: mend or delete it"
    if links and any(words in output for words in _MISSING):
        return f"it may be for a link that leads to nothing, as {links[0]} does: mend or delete it"
    return ""


def _evidence(
    circumstances: Circumstances,
    supply: Supply,
    built: BuiltWheel,
    snapshots: tuple[Snapshot, Snapshot],
    pack: Pack,
    previous: Fingerprint | None,
) -> Evidence:
    isolation = not circumstances.site
    return Evidence(
        circumstances=circumstances,
        before=snapshots[0],
        after=snapshots[1],
        trace=built.trace or BuildTrace(),
        pack=pack,
        variables=backend_environment(
            supply.variables, supply.interpreter, "", isolation=isolation
        ),
        requirements=built.requirements,
        environment=tuple(_held_by(built.build_interpreter)),
        patterns=patterns_of_plugins(circumstances.tree, editable=circumstances.editable),
        previous=previous,
        workplace=built.build_interpreter.prefix if isolation else "",
        foreign=tuple(
            {
                place
                for one in (supply.interpreter, built.build_interpreter)
                for place in (one.prefix, one.base_prefix)
                if place != "/usr"  # much more than Python is there
            }
        ),
    )


def _judged_again(once: _Once, same: frozenset[str]) -> _Once:
    """Take the fingerprint again, knowing what two builds in a row wrote alike: they made it."""
    evidence = replace(once.evidence, accepted=same)
    return _Once(once.pack, gathered(evidence), evidence)


def _held_by(interpreter: Interpreter) -> Iterable[str]:
    held = read_installed(Environment(interpreter, interpreter.scheme, interpreter.prefix))
    return (f"{name} {one.version}" for name, one in sorted(held.items()))


def _contents(tree: str, paths: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        try:
            with open(os.path.join(tree, path), "rb") as file:
                found[path] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
    return found


def _same(first: dict[str, str], second: dict[str, str]) -> frozenset[str]:
    return frozenset(path for path, digest in second.items() if first.get(path) == digest)
