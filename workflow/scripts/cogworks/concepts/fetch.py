"""Set-up: bring WordNet 3.0 into the project's folder where the machine has none."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from cogworks.concepts.wordnet import FILES, HELP, VERSION, find_wordnet, read_text
from cogworks.core.errors import InputError
from cogworks.core.files import write_text

DEBIAN_PACKAGE = "wordnet-base"
NETWORK_TIMEOUT_SECONDS = 30


def ensure_wordnet(folder: str | None, target: Path) -> tuple[Path, str]:
    """Return where WordNet 3.0 is and how it was found; fetch it into `target` where it is not.

    Args:
        folder: a folder that must hold it (then nothing is fetched), or None.
        target: the project's folder for the two files.

    Raises:
        InputError: `folder` lacks WordNet 3.0, or every source failed; lists the reasons.
    """
    if folder is not None:
        return find_wordnet(folder), "named by the caller"
    with contextlib.suppress(InputError):
        return find_wordnet(), "already on this machine"
    failures = []
    for label, fetch in SOURCES.items():
        with tempfile.TemporaryDirectory() as scratch:
            try:
                fetch(Path(scratch))
                source = find_wordnet(scratch)
            except (InputError, OSError, ValueError, subprocess.SubprocessError) as error:
                failures.append(f"{label}: {error}")
                continue
            for name in FILES:
                write_text(read_text(source, name), target / name)
            return find_wordnet(target), f"fetched from {label}"
    raise InputError(f"WordNet {VERSION} could not be fetched ({'; '.join(failures)}); {HELP}")


def _from_nltk(scratch: Path) -> None:
    """Download NLTK's corpus `wordnet` (which is 3.0; its 3.1 is `wordnet31`) and unpack it."""
    import nltk

    socket.setdefaulttimeout(NETWORK_TIMEOUT_SECONDS)
    if not nltk.download("wordnet", download_dir=str(scratch), quiet=True):
        raise InputError("NLTK's downloader brought nothing")
    archive = scratch / "corpora" / "wordnet.zip"
    if archive.is_file():
        shutil.unpack_archive(archive, scratch / "corpora")


def _from_debian(scratch: Path) -> None:
    """Unpack Debian's package, without installing it: this needs no root."""
    try:
        _run(["apt-get", "download", DEBIAN_PACKAGE], scratch)
    except subprocess.CalledProcessError:
        if os.geteuid() != 0:
            raise
        # A fresh container has no package lists yet.
        _run(["apt-get", "update"], scratch)
        _run(["apt-get", "download", DEBIAN_PACKAGE], scratch)
    for package in scratch.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(scratch)], scratch)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)


SOURCES: dict[str, Callable[[Path], None]] = {
    "NLTK's downloader": _from_nltk,
    f"Debian's package {DEBIAN_PACKAGE}": _from_debian,
}
