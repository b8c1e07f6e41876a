"""What ruff's security rules (S) do not know: readers of torch and NumPy, commands of rules."""

import ast
import json
import re
import runpy
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

WORKFLOW = Path(__file__).resolve().parents[2] / "workflow"
# Each may run what a file says, unless a keyword forbids it.
READERS = {
    "torch.load": {"weights_only": True},
    "torch.hub.load_state_dict_from_url": {"weights_only": True, "check_hash": True},
    "torch.jit.load": None,
    "torch.hub.load": None,
    "joblib.load": None,
    "pd.read_pickle": None,
    "pickle.Unpickler": None,
}
# Where a file is looked through before, or the unpickler is our own.
CHECKED = {
    "networks/checkpoints.py": {"torch.jit.load"},
    "networks/inert.py": {"torch.load"},
}
# Words of a command line that hold no text of the user's.
PLAIN = re.compile(r"params\.script|params\.warm|threads|resources\.\w+")


def unsafe(source: str) -> Iterator[str]:
    """Yield the calls that may run what a file says, and the switches that let them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {word.arg: getattr(word.value, "value", None) for word in node.keywords}
        safe = READERS.get(name, {})
        if safe is None or not safe.items() <= given.items():
            yield name
        for switch in ("allow_pickle", "trust_remote_code"):
            if given.get(switch, False) is not False:
                yield f"{name}({switch})"


def test_no_file_is_read_by_what_may_run_it() -> None:
    found = {}
    for path in WORKFLOW.rglob("*.py"):
        if calls := set(unsafe(path.read_text())):
            found[str(path.relative_to(WORKFLOW / "scripts" / "cogworks"))] = calls
    assert found == CHECKED
    assert [*unsafe("torch.load(x)\nnp.load(x, allow_pickle=True)\npd.read_pickle(x)")] == [
        "torch.load",
        "np.load(allow_pickle)",
        "pd.read_pickle",
    ]


def unquoted(rules: str) -> list[str]:
    """Return what the commands of a file of rules hold unquoted."""
    commands = re.findall(r"^ +shell:\n((?: +\".*\"\n)+)", rules, re.MULTILINE)
    assert len(commands) == len(re.findall(r"\bshell\b", re.sub("#.*", "", rules)))
    words = re.findall(r"{([^{}]+)}", "".join(commands))
    return [word for word in words if not (word.endswith(":q") or PLAIN.fullmatch(word))]


def test_every_name_in_a_command_is_quoted() -> None:
    files = sorted(WORKFLOW.rglob("*.smk"))
    assert sum("shell:" in path.read_text() for path in files) > 7
    assert {path.name: words for path in files if (words := unquoted(path.read_text()))} == {}
    assert unquoted('    shell:\n        "a {input.x} {threads} {params.y:q}"\n') == ["input.x"]


@pytest.mark.parametrize(("known", "status"), [(["one"], 1), ([], 2), (None, 2)])
def test_locks_are_audited_only_where_advisories_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: list[str] | None, status: int
) -> None:
    """A mirror of PyPI may answer without advisories, or not at all."""
    audit = runpy.run_path(str(WORKFLOW.parent / "tests" / "audit.py"))
    answer, commands = tmp_path / "json", []
    if known is not None:
        answer.write_text(json.dumps({"vulnerabilities": known}))
    there = audit["has_advisories"](answer.as_uri())
    assert there is bool(known)

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=1)

    monkeypatch.setitem(audit["main"].__globals__, "has_advisories", lambda: there)
    monkeypatch.setattr(subprocess, "run", run)
    assert audit["main"]() == status
    locks = [word for command in commands for word in command if word.endswith(".lock")]
    assert [Path(lock).is_file() for lock in locks] == [True, True] * (status == 1)
