"""Run a command from a process of its own and say what it cost: run as `python -I -S launch.py COMMAND…`.

It is a separate small process on purpose: a child inherits the peak memory of what it was forked from, and
a benchmark that holds large libraries would hide the child's own.
"""

import json
import os
import sys
import time

started = time.perf_counter()
child = os.posix_spawn(
    sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
)
_, status, used = os.wait4(child, 0)
wall = time.perf_counter() - started
# ru_maxrss is in KiB on Linux and in bytes on macOS.
peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(
    json.dumps(
        {
            "wall": wall,
            "cpu": used.ru_utime + used.ru_stime,
            "peak": peak,
            "exit": os.waitstatus_to_exitcode(status),
        }
    )
)
