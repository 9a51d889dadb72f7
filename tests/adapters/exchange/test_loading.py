"""exchangelib is loaded once, whoever comes first: its modules and those of requests lead to each other in circles."""

import subprocess
import sys

# One is half-way in when the others come, each to another door of the same circle.
_RUSH = """
import importlib, sys, threading
from smimetui.adapters.exchange.loading import load
sys.setswitchinterval(1e-5)
doors = ("calls", "web", "protocol", "failures", "watching", "resolve_names", "autodiscover", "contact_calls")
failures = []
def go(door):
    while door != doors[0] and "exchangelib" not in sys.modules:
        pass
    try:
        load()
        importlib.import_module(f"smimetui.adapters.exchange.{door}")
    except Exception as error:
        failures.append(f"{door}: {error!r}")
threads = [threading.Thread(target=go, args=(door,)) for door in doors]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit("; ".join(failures) or 0)
"""


def test_threads_that_need_it_at_once_all_get_it_whole() -> None:
    done = subprocess.run([sys.executable, "-c", _RUSH], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
