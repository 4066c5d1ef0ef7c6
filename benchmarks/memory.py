"""Starts a program and prints the most memory that it, or a program it started, ever had.

To be run with `-I -S`: a program begins with the mark of whoever started it, so that one is small.
Its last line is JSON: seconds, and memory in MiB.
"""

import os
import sys
import time


def main() -> None:
    """Run the command line behind our own name."""
    start = time.perf_counter()
    child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    if status:
        sys.exit(os.waitstatus_to_exitcode(status))
    cpu = usage.ru_utime + usage.ru_stime
    memory = usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(f'{{"wall": {wall}, "cpu": {cpu}, "memory": {memory}}}')


if __name__ == "__main__":
    main()
