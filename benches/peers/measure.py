"""Runs a piece of work often enough to time it, and prints one line of JSON."""

import json
import resource
import statistics
import time


def timed(work):
    """Median seconds of at least three runs, for a second in all; the last result."""
    seconds = []
    while len(seconds) < 3 or sum(seconds) < 1:
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def told(seconds, values):
    """Seconds a unit of work, what was computed, and the process's peak memory."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "values": [float(x) for x in values], "peak_mb": peak}))
