"""The levels of ImageNet-CoG itself, at their true size."""

import pickle
from pathlib import Path

import pandas as pd
import pytest

from cogworks.concepts import level_stage, rank_stage, select_stage
from cogworks.concepts.published_levels import cog_level
from cogworks.concepts.wnid_lists import read_wnids
from cogworks.config.include import whole

REPOSITORY = Path(__file__).resolve().parents[3]
# Who has enough images says all that the levels need of the counts.
ENOUGH = Path(__file__).parent / "enough_images.txt"
ELIGIBLE, SEEN, LEVELS = Path("eligible.parquet"), Path("seen.parquet"), Path("levels.parquet")


@pytest.fixture
def benchmark(plan_of, wordnet_dir, pool, tmp_path, monkeypatch):
    """Return a function: changes of the full-size config -> the benchmark."""
    monkeypatch.chdir(tmp_path)
    enough = set(read_wnids(str(ENOUGH), key="x"))
    lines = [f"{wnid},{782 if wnid in enough else 0}" for wnid in pool]
    Path("counts.csv").write_text("wnid,images\n" + "\n".join(lines) + "\n")
    section = whole(REPOSITORY / "config" / "imagenet-cog.yaml")["concepts"]["cog"]
    section |= {"image_counts": "counts.csv", "wordnet": str(wordnet_dir)}
    return lambda **changes: plan_of(cog=section | changes).benchmarks["cog"]


def rank(benchmark):
    path = Path(f"{benchmark.section.ties}.parquet")
    rank_stage.run(benchmark.rank_spec, eligible=ELIGIBLE, seen=SEEN, ranking=path)
    return path


def split(benchmark, ranking):
    """Return the level of each concept, and which levels of ImageNet-CoG they are."""
    summary = Path("summary.csv")
    spec = benchmark.level_spec
    level_stage.run(spec, ranking=ranking, eligible=ELIGIBLE, levels=LEVELS, summary=summary)
    levels = pd.read_parquet(LEVELS).set_index("wnid")["level"].to_dict()
    return levels, list(pd.read_csv(summary)["cog_level"].dropna())


def test_the_full_size_config_gives_the_benchmarks_own_levels(benchmark, capsys):
    cog, by_wnid = benchmark(), benchmark(ties="wnid")
    select_stage.run(cog.select_spec, eligible=ELIGIBLE, seen=SEEN, filters=Path("filters.csv"))
    left = pd.read_csv("filters.csv")["left"]
    assert list(left) == [21841, 20842, 20081, 17254, 14248, 5216, 5146]
    own, names = split(cog, rank(cog))
    assert names == [1, 2, 3, 4, 5]
    # The portable rule of ties puts 32 concepts elsewhere; the last level is the same.
    ranking = rank(by_wnid)
    portable, names = split(by_wnid, ranking)
    assert sum(portable.get(wnid) != level for wnid, level in own.items()) == 32
    assert names == [5]
    # Given as the authors publish them, they are the levels whatever the ranking says.
    levels = [[wnid for wnid in own if own[wnid] == number] for number in range(1, 6)]
    Path("levels.pkl").write_bytes(pickle.dumps(levels, protocol=3))
    given = benchmark(ties="wnid", levels={"published": "levels.pkl"})
    assert split(given, ranking) == (own, [1, 2, 3, 4, 5])
    assert "levels.pkl: 32 of its 5000 concepts are in another level" in capsys.readouterr().err


def test_other_concepts_are_no_level_of_it(seen):
    assert cog_level(seen) is None
