"""What the tests share that have Snakemake plan in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cogworks.core.codehash import SCRIPTS
from cogworks.stale.dry_run import Settings


@pytest.fixture
def settings_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wordnet_dir: Path
) -> Callable[[dict[str, Any]], Settings]:
    """Return what gives a config's settings, in a folder with nothing but WordNet."""
    monkeypatch.chdir(tmp_path)
    Path("resources").mkdir()
    Path("resources/wordnet").symlink_to(wordnet_dir)
    Path("empty.yaml").write_text("{}\n")

    def settings(config: dict[str, Any]) -> Settings:
        return Settings(
            snakefile=str(SCRIPTS.parent / "Snakefile"),
            configfiles=["empty.yaml"],
            config=config,
            rerun_triggers=["PARAMS"],
            max_checksum_file_size=0,
            deployment=[],
            conda_prefix=None,
            persistence=None,
        )

    return settings


def parse_once(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Return Snakemake's parser of rule files, which remembers what it has parsed."""
    known: dict[tuple[str, int], tuple[str, int, dict[int, int]]] = {}

    def remembered(path: Any, workflow: Any, *, rulecount: int, linemap: dict[int, int]) -> Any:
        place = (path.get_path_or_uri(secret_free=True), rulecount)
        if place not in known:
            code, count = parse(path, workflow, rulecount=rulecount, linemap=linemap)
            known[place] = code, count, dict(linemap)
        code, count, lines = known[place]
        linemap.update(lines)
        return code, count

    return remembered
