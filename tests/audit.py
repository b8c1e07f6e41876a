"""Look the packages of the locks up among known vulnerabilities: 1 where one has any.

Needs PyPI, which has the advisories; without it nothing is looked up, and the status is 2.
pip-audit is not in the lock, as nothing of the workflow needs it.
"""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

AUDITOR = "pip-audit==2.10.1"
LOCKS = ("requirements.lock", "requirements-encoders.lock")
# A version with known vulnerabilities: a mirror of PyPI often has the packages alone, and pip-audit
# takes what it does not find for clean.
KNOWN = "https://pypi.org/pypi/jinja2/2.4.1/json"
SECONDS = 5


def has_advisories(address: str = KNOWN) -> bool:
    """Say whether advisories can be looked up from here."""
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 (our own)
            return bool(json.load(answer)["vulnerabilities"])
    except (OSError, ValueError, KeyError):
        return False


def main() -> int:
    """Return 0 for clean locks, 1 for others, 2 if they could not be looked up."""
    if not has_advisories():
        print(f"Not audited: PyPI's advisories cannot be had here ({KNOWN})")
        return 2
    command = [sys.executable, "-m", "uv", "tool", "run", "--quiet", AUDITOR]
    command += ["--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    for lock in LOCKS:
        command += ["--requirement", str(Path(__file__).resolve().parents[1] / lock)]
    return min(subprocess.run(command, check=False).returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
