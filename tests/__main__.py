"""`python -m tests`: every test in parallel, then the coverage gates. Arguments go to pytest."""

import os
import subprocess
import sys

_WHOLE = "smimetui/model/*,smimetui/smime/*,smimetui/services/*"
"""The rooms without I/O: nothing in them is hard to reach."""
_WHOLE_GATE, _ALL_GATE = "99.5", "90"


def main(arguments: list[str]) -> int:
    """Return the first exit code that is not zero."""
    environment = os.environ | {"COVERAGE_CORE": "ctrace"}
    # A third of the time a worker waits for a terminal or a server.
    workers = str((os.cpu_count() or 2) * 3 // 2)
    steps: list[list[str]] = [["pytest", "-n", workers, "--cov", "--cov-report=", "-q", *arguments]]
    if not arguments:
        steps += [
            ["coverage", "report", f"--fail-under={_ALL_GATE}"],
            ["coverage", "report", f"--include={_WHOLE}", f"--fail-under={_WHOLE_GATE}", "--precision=1"],
        ]
    for step in steps:
        code = subprocess.run([sys.executable, "-m", *step], env=environment, check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
