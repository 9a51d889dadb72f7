"""`python -m tests.fuzz [TARGET …] --minutes 10`: searches for octets that a door does not take as it should.

Each target runs for these minutes, one after the other. `--reproduce FILE` runs one input again, without atheris.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import MALLOC, MOST_RATIO, examine

_SENTENCE = """The search needs atheris: pip install -e '.[dev,fuzz]'.
Without it, `python -m pytest tests/fuzz` runs every target over its corpus and some hundred mutations."""
_LEAST_SECONDS = 5


def main(arguments: list[str]) -> int:
    """Return 1 when something was found, 2 when there is nothing to search with."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=10, help="for each target (default 10)")
    parser.add_argument("--folder", type=Path, help="where corpus and findings are kept (default: a temporary one)")
    parser.add_argument("--reproduce", type=Path, metavar="FILE", help="run this input, and nothing else")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target is called {unknown[0]}; there are {', '.join(TARGETS)}")
    if options.reproduce is not None:
        return reproduce(options.targets, options.reproduce)
    if find_spec("atheris") is None:
        print(_SENTENCE, file=sys.stderr)
        return 2
    folder = options.folder or Path(tempfile.mkdtemp(prefix="smimetui-fuzz-"))
    found = [hunt(name, folder / name, options.minutes * 60) for name in options.targets or TARGETS]
    return int(any(found))


def reproduce(names: list[str], path: Path) -> int:
    """Run one input through its targets, and say what it costs; what a target lets through is raised."""
    data = path.read_bytes()
    for name in names or TARGETS:
        cost = examine(name, data)
        print(f"{name}: {len(data):,} octets, {cost.seconds:.3f} s, {cost.octets:,} octets of memory")
    return 0


def hunt(name: str, folder: Path, seconds: float) -> int:
    """Search one target for a time, again after a crash of the process; return the number of findings."""
    folder.mkdir(parents=True, exist_ok=True)
    start, executions = time.monotonic(), 0
    while (left := seconds - (time.monotonic() - start)) > _LEAST_SECONDS:
        begun = time.monotonic()
        executions += _run(name, folder, int(left))
        if time.monotonic() - begun < _LEAST_SECONDS:
            print(f"{name}: the search ends at once; its output is in {folder / 'log.txt'}", file=sys.stderr)
            return 1
    findings = [path for path in (folder / "findings").iterdir() if path.suffix != ".txt"]
    worst = json.loads((folder / "worst.json").read_text())
    print(
        f"{name}: {(time.monotonic() - start) / 60:.1f} minutes, {executions:,} executions and {worst['grown']:,} of "
        f"big inputs, {len(findings)} findings; slowest {worst['seconds']:.3f} s, largest {worst['octets'] / 1e6:.1f} "
        f"MB for {worst['octets_of']:,} octets, of big inputs {worst['ratio']:.1f} x the input, of any "
        f"{worst['above'] / 1e6:.1f} MB above {MOST_RATIO} x",
        flush=True,
    )
    for path in findings:
        print(f"  python -m tests.fuzz {name} --reproduce {path}", flush=True)
    return len(findings)


def _run(name: str, folder: Path, seconds: int) -> int:
    """Run the search in a process of its own; return the number of executions."""
    command = [sys.executable, "-m", "tests.fuzz.hunt", name, str(folder), str(seconds)]
    log = folder / "log.txt"
    with log.open("wb") as output:
        subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False, env=os.environ | MALLOC)
    counted = re.findall(
        r"^(?:stat::number_of_executed_units: |#)(\d+)", log.read_text("utf-8", "replace"), re.MULTILINE
    )
    return max(map(int, counted), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
