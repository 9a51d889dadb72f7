"""Coverage-guided search with atheris, one target in one process: `python -m tests.fuzz.hunt TARGET FOLDER SECONDS`.

Goes on behind a finding: each kind is written once, with its traceback beside it.
"""

import json
import os
import subprocess
import sys
import traceback
from hashlib import sha256
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["smimetui"]):
    from tests.fuzz.growth import LEAST_OCTETS, Growth
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.watch import MALLOC, MOST_RATIO, Cost, LimitError, examine

# Beyond this, every step becomes slower; what size does is tried by growing some of them.
_MOST_OCTETS = 65_536
# For an input, its big relative and their second runs, on a machine that does more.
_WALL_SECONDS, _MEGABYTES = 120, 2_048


class Hunt:
    """Keeps what was found, and the dearest inputs."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.known = {path.name.rpartition("-")[0] for path in (folder / "findings").iterdir()}
        self.worst = {"seconds": 0.0, "octets": 0, "octets_of": 0, "above": 0, "ratio": 0.0, "grown": 0}
        if (told := folder / "worst.json").exists():
            self.worst |= json.loads(told.read_text())
        self._growth = Growth(seed=int.from_bytes(os.urandom(4)))

    def one(self, data: bytes) -> None:
        """Run one input, and sometimes a big relative of it."""
        self._growth.around(data, self._run)

    def _run(self, data: bytes) -> None:
        try:
            self._weigh(data, examine(self.name, data))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a panic of the Rust library is no Exception
            self._keep(data, error)

    def _weigh(self, data: bytes, cost: Cost) -> None:
        big = len(data) >= LEAST_OCTETS
        costs = {
            "seconds": cost.seconds,
            "octets": cost.octets,
            "above": cost.octets - MOST_RATIO * len(data),
            "ratio": cost.octets / len(data) if big else 0,
        }
        dearer = {name: value for name, value in costs.items() if value > self.worst[name]}
        for name in dearer:
            (self.folder / f"most-{name}").write_bytes(data)
        if "octets" in dearer:
            self.worst["octets_of"] = len(data)
        self.worst |= dearer | {"grown": self.worst["grown"] + big}
        if big or dearer:
            (self.folder / "worst.json").write_text(json.dumps(self.worst))

    def _keep(self, data: bytes, error: BaseException) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        kind = (
            f"{type(error).__name__}-{Path(frame.filename).stem}-{0 if isinstance(error, LimitError) else frame.lineno}"
        )
        if kind in self.known:
            return
        path = self.folder / "findings" / f"{kind}-{sha256(data).hexdigest()[:8]}"
        path.write_bytes(data)
        if isinstance(error, LimitError) and not _confirmed(self.name, path):
            path.unlink()
            return
        self.known.add(kind)
        text = "".join(traceback.format_exception(error))
        path.with_name(f"{path.name}.txt").write_text(text)
        print(
            f"{self.name}: {text.splitlines()[-1]}\n  python -m tests.fuzz {self.name} --reproduce {path}", flush=True
        )


def _confirmed(name: str, path: Path) -> bool:
    """Tell whether an input passes a limit without instruments too: some code is ten times slower with them."""
    command = [sys.executable, "-m", "tests.fuzz", name, "--reproduce", str(path)]
    return subprocess.run(command, capture_output=True, check=False, env=os.environ | MALLOC).returncode != 0


def main(name: str, folder: Path, seconds: int) -> None:
    """Fuzz until the time is over; atheris ends the process."""
    for place in ("corpus", "findings"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for seed in TARGETS[name].seeds():
        (folder / "corpus" / sha256(seed).hexdigest()).write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={_MOST_OCTETS}",
        f"-timeout={_WALL_SECONDS}",
        # Slowness is measured in this thread's time; the clock on the wall also counts when the machine sleeps.
        f"-report_slow_units={_WALL_SECONDS}",
        f"-rss_limit_mb={_MEGABYTES}",
        f"-artifact_prefix={folder / 'findings'}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder / "corpus")], Hunt(name, folder).one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
