"""Starts a build hook: run as a script by the interpreter of the build, never imported.

`python launcher.py SCRIPT HOOK FOLDER` arms what watches over the build and then runs SCRIPT as
`python SCRIPT HOOK FOLDER` would. Standard library only, CPython 3.8 and later.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def listen_for_stack_requests() -> Any:
    """Write the stacks of all threads to a file when asked: why a build hangs can then be said."""
    path = os.environ.pop("_TRUEUP_BUILD_STACK", "")
    seconds = os.environ.pop("_TRUEUP_BUILD_SECONDS", "")
    if not path or not seconds:
        return None
    import faulthandler
    import signal

    stream = open(path, "w", encoding="utf-8")  # noqa: SIM115 - faulthandler writes to it till the end
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR2, file=stream, all_threads=True)
    else:  # Windows has no such signal: count along instead
        faulthandler.dump_traceback_later(float(seconds), file=stream)
    return stream  # kept by the caller: faulthandler holds its descriptor alone


def arm(relay: str, lifeline: str) -> dict[str, Any]:
    """Load the watchers that lie beside this file, where the environment has not done so.

    Where the process may import its backend for two hooks, return what was said of the second one.

    Args:
        relay: how the second hook is told of; "" for none.
        lifeline: number of the descriptor at whose end this process is to end; "" for none.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    # The script's folder is on sys.path already, unless PYTHONSAFEPATH is set.
    rest = [entry for entry in sys.path if os.path.abspath(entry) != here]
    # What the build environment has loaded at its start lies there, with bytecode.
    there = getattr(sys.modules.get("_trueup_guard"), "__file__", None)
    ours = [os.path.dirname(there), here] if there else [here]
    try:
        sys.path[:] = ours + rest  # the library is needed
        if os.path.isdir("/proc/self/fd"):
            __import__("_trueup_ending")
        sys.path[:] = ours
        held = __import__("_trueup_lifeline") if lifeline else None
        for name in ("_trueup_guard", "_trueup_dead_links", "_trueup_recorder"):
            if os.path.exists(os.path.join(here, name + ".py")):
                __import__(name).start()
        offspring = __import__("_trueup_offspring") if relay else None
    finally:
        sys.path[:] = rest
    if held is not None:
        held.hold(int(lifeline))
    if offspring is None:
        return {}
    found: dict[str, Any] = offspring.leave_to_a_child(
        relay, sys.modules["_trueup_recorder"].recorder()
    )
    return found


def main() -> None:
    """Arm, then run the script that the command line names, in this very module's place."""
    stack = listen_for_stack_requests()
    relay = os.environ.pop("_TRUEUP_BUILD_RELAY", "")
    lifeline = os.environ.pop("_TRUEUP_BUILD_LIFELINE", "")
    script = sys.argv[1]
    del sys.argv[0]
    with open(script, "rb") as stream:
        code = compile(stream.read(), script, "exec")
    told = arm(relay, lifeline)
    if told:
        sys.argv[1:] = told["words"]  # hook and folder
        os.environ.update(told["variables"])
        stack = listen_for_stack_requests() or stack
    names = {"__name__": "__main__", "__file__": script, "__builtins__": __builtins__}
    sys.modules["__main__"].__dict__.update(names)
    ending = sys.modules.get("_trueup_ending")  # the script is run among our own names
    exec(code, sys.modules["__main__"].__dict__)  # noqa: S102 - running it is what we are for
    if ending is not None:
        ending.leave(stack.fileno() if stack is not None else -1)
    del stack


if __name__ == "__main__":
    main()
