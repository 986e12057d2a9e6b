"""Times a piece of work over enough runs and prints one line of JSON."""

import json
import resource
import statistics
import time


def timed(work):
    """Median seconds of at least three runs that together take a second, and the last result."""
    seconds = []
    while len(seconds) < 3 or sum(seconds) < 1:
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds), result


def report(seconds, values):
    """Prints the seconds per unit of work, the computed values and the peak memory of the process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"seconds": seconds, "values": [float(x) for x in values], "peak_mb": peak}))
