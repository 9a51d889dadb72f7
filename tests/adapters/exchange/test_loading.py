"""The first import of exchangelib, in a process of its own: it happens once in each."""

import json
import subprocess
import sys

_FIRST_USE = """
import gc, json, sys
from smimetui.adapters.exchange.connection import Connection
from smimetui.adapters.exchange.place import Password, Place
from smimetui.model.address import parse_address

place = Place(address=parse_address("alice@corp.example"), endpoint="http://127.0.0.1/EWS/Exchange.asmx", auth="basic")
connection = Connection(place, Password("secret"))
before = "exchangelib" in sys.modules
collected = []
gc.callbacks.append(lambda phase, info: collected.append(info["generation"]))
connection.make_ready()
gc.callbacks.clear()
frozen = gc.get_freeze_count()
connection.make_ready()
print(json.dumps([before, "exchangelib" in sys.modules, collected, gc.isenabled(), frozen]))
"""


def test_exchangelib_is_loaded_by_the_first_request_without_a_pause_for_garbage() -> None:
    said = subprocess.run([sys.executable, "-c", _FIRST_USE], capture_output=True, text=True, check=True).stdout
    before, after, collected, enabled, frozen = json.loads(said)
    assert (before, after, enabled) == (False, True, True)
    # Turning the collector on again may collect the young at once; never everything.
    assert 2 not in collected
    assert frozen > 30_000
