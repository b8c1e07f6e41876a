"""From a slice of the config to tables: schemas, errors, re-ranking, the same bytes twice."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cogworks.concepts import level_stage, rank_stage, select_stage
from cogworks.core.errors import InputError
from cogworks.plan import benchmarks

SEEN = "n00000006"


@pytest.fixture
def build(tmp_path, monkeypatch, plan_of, toy_folder):
    """Run the three stages for a benchmark on the toy ontology; return the folder of its tables."""
    monkeypatch.chdir(tmp_path)
    Path("pool.txt").write_text("\n".join(f"n{number:08d}" for number in range(1, 10)))
    Path("seen.txt").write_text(SEEN)
    base = {
        "wordnet": str(toy_folder),
        "pool": "pool.txt",
        "seen": "seen.txt",
        "discard": None,
        "exclude_subtrees": [],
        "levels": {"count": 3, "size": 1},
    }
    sections = {}

    def run(name="cog", **section):
        sections[name] = base | section
        plan = plan_of(**sections)
        assert list(benchmarks.problems(plan)) == []
        cog = plan.benchmarks[name]
        eligible, seen, ranking, levels = map(cog.table, benchmarks.TABLES)
        filters, summary = map(cog.summary, benchmarks.SUMMARIES)
        select_stage.run(cog.select_spec, eligible=eligible, seen=seen, filters=filters)
        rank_stage.run(cog.rank_spec, eligible=eligible, seen=seen, ranking=ranking)
        spec = cog.level_spec
        level_stage.run(spec, ranking=ranking, eligible=eligible, levels=levels, summary=summary)
        return Path(levels).parent

    return run


def test_tables(build):
    out = build(image_counts=None)
    eligible = pd.read_parquet(out / "eligible.parquet").set_index("wnid")
    assert len(eligible) == 9
    assert list(eligible.loc["n00000002", "lemmas"]) == ["animal", "beast"]
    assert eligible["images"].isna().all()
    assert eligible["dropped_by"].dropna().to_dict() == {
        "n00000001": "seen_ancestor",
        "n00000002": "seen_ancestor",
        "n00000003": "not_leaf",
        "n00000004": "seen_ancestor",
        "n00000005": "not_leaf",
        "n00000006": "seen",
    }
    filters = (out / "filters.csv").read_text()
    assert filters == "step,left\npool,9\nseen,8\nseen_ancestor,5\nnot_leaf,3\n"
    ranking = pd.read_parquet(out / "ranking.parquet")
    assert list(ranking["wnid"]) == ["n00000007", "n00000008", "n00000009"]
    assert list(ranking["rank"]) == [1, 2, 3]
    assert set(ranking["nearest_seen"]) == {SEEN}
    levels = pd.read_parquet(out / "levels.parquet")
    assert list(levels["level"]) == [1, 2, 3]
    assert levels["similarity"].is_monotonic_decreasing
    summary = pd.read_csv(out / "level_summary.csv")
    assert list(summary["first_rank"]) == [1, 2, 3]
    assert summary["images"].isna().all()


def test_a_pool_of_several_lists_is_all_of_them(build):
    whole = build()
    Path("first.txt").write_text("\n".join(f"n{number:08d}" for number in range(1, 7)))
    rows = [f"class {number},n{number:08d}" for number in range(5, 10)]
    Path("second.csv").write_text("\n".join(["class,wnid", *rows, "another,"]))
    parts = build("parts", pool=["first.txt", "second.csv"])
    for table in ("eligible", "ranking", "levels"):
        assert pd.read_parquet(parts / f"{table}.parquet").equals(
            pd.read_parquet(whole / f"{table}.parquet")
        )


def test_column_types(build):
    out = build()
    types = {"string", "list<element: string>", "int64", "double"}
    for table, expected in (
        ("eligible", select_stage.ELIGIBLE),
        ("seen", select_stage.SEEN),
        ("ranking", rank_stage.RANKING),
        ("levels", level_stage.LEVELS),
    ):
        schema = pq.read_schema(out / f"{table}.parquet")
        assert schema.names == expected.names
        assert {str(field.type) for field in schema} <= types
    assert pq.read_schema(out / "levels.parquet").field("level").type == pa.int64()


def test_image_counts_reach_the_tables(build):
    Path("counts.csv").write_text("wnid,images\nn00000007,50\nn00000008,40\nn00000009,30\n")
    out = build(image_counts="counts.csv", min_images=35, levels={"count": 1, "size": 2})
    eligible = pd.read_parquet(out / "eligible.parquet").set_index("wnid")
    assert eligible.loc["n00000009", "dropped_by"] == "few_images"
    assert eligible["images"].dropna().to_dict() == {
        "n00000007": 50,
        "n00000008": 40,
        "n00000009": 30,
    }
    summary = pd.read_csv(out / "level_summary.csv").iloc[0]
    assert (summary["images"], summary["images_min"], summary["images_max"]) == (90, 40, 50)


@pytest.mark.parametrize("similarity", ["lin", "resnik", "jiang_conrath", "wu_palmer", "path"])
@pytest.mark.parametrize("ties", ["wnid", "random", "legacy_argsort"])
def test_every_similarity_and_tie_rule_twice_gives_the_same_bytes(build, similarity, ties):
    folders = [build(name, similarity=similarity, ties=ties) for name in ("a", "b")]
    for path in folders[0].iterdir():
        assert path.read_bytes() == (folders[1] / path.name).read_bytes(), path.name


def test_word_vectors_rerank_the_members_of_another_benchmark(build):
    first = build("lin", levels={"count": 2, "size": 1})
    assert list(pd.read_parquet(first / "levels.parquet")["wnid"]) == ["n00000007", "n00000009"]
    words = {"striped": "1 0", "flies": "1 0.1", "Egypt": "-1 0"}
    lines = [f"{len(words)} 2", *(f"{word} {numbers}" for word, numbers in words.items())]
    Path("vectors.txt").write_text("\n".join(lines) + "\n")
    section = {
        "similarity": "word_vectors",
        "word_vectors": {"file": "vectors.txt"},
        "members_of": "lin",
        "levels": {"count": 2, "size": 1, "gaps": "none"},
    }
    again = build("vectors", **section)
    assert list(pd.read_parquet(again / "levels.parquet")["wnid"]) == ["n00000009", "n00000007"]
    assert (again / "filters.csv").read_text().endswith("not_leaf,3\nnot_member,2\n")
    with pytest.raises(InputError, match=r"concepts\.other\.members_of: 1 concepts .*n00000009"):
        build("other", **section, exclude_subtrees=["n00000003"])


def test_published_levels_take_the_place_of_a_cut(build, capsys):
    Path("levels.json").write_text('[["n00000009"], ["n00000008"], ["n00000007"]]')
    section = {"levels": {"count": 3, "size": 1, "published": "levels.json"}}
    out = build(**section)
    found = pd.read_parquet(out / "levels.parquet")
    assert list(found["wnid"]) == ["n00000009", "n00000008", "n00000007"]
    assert list(found["level"]) == [1, 2, 3]
    ranking = pd.read_parquet(out / "ranking.parquet").set_index("wnid")
    for name in ("rank", "similarity", "nearest_seen"):
        assert list(found[name]) == list(ranking.loc[found["wnid"], name])
    # The ranking's own cut is 7, 8, 9.
    assert (
        "levels.json: 2 of its 3 concepts are in another level, or in none"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([["n00000007"]] * 2, r"1 concepts are in it twice, such as n00000007"),
        ([["n00000007"], ["n00000008"], ["n00000009"]], r"expected 2 levels of 1 .* 3 of 1, 1, 1"),
        ([["n00000007"], ["n7"]], r"'n7' is not a wnid"),
        ([["n00000007"], [8]], r"level 2: expected a list of text"),
        ({"1": ["n00000007"]}, r"expected a list of levels, got dict"),
        (
            [["n00000003"], ["n00000010"]],
            r"2 of the 2 concepts in levels\.json are not eligible here, such as "
            r"n00000003 \(not_leaf\), n00000010 \(not in the pool\)",
        ),
    ],
)
def test_published_levels_that_do_not_fit_are_errors(build, levels, message):
    Path("levels.json").write_text(json.dumps(levels))
    with pytest.raises(InputError, match=rf"concepts\.cog\.levels\.published: .*({message})"):
        build(levels={"count": 2, "size": 1, "published": "levels.json"})
    assert not Path("results/concepts/cog/levels.parquet").exists()


def test_seen_limit_leaves_the_others_unseen(build):
    Path("seen.txt").write_text("n00000006\nn00000007\nn00000008\nn00000009\n")
    out = build(seen_limit=1, levels={"count": 1, "size": 3})
    seen = pd.read_parquet(out / "seen.parquet")["wnid"].item()
    ranked = set(pd.read_parquet(out / "ranking.parquet")["wnid"])
    assert ranked == {f"n{number:08d}" for number in (6, 7, 8, 9)} - {seen}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"levels": {"size": 2}}, r"concepts\.cog\.levels: 5 x 2 concepts need 10, and 3"),
        ({"exclude_subtrees": ["n00000099"]}, r"concepts\.cog\.exclude_subtrees: 1 unknown"),
        ({"exclude_subtrees": ["n00000001"]}, r"concepts\.cog: no concept of the pool is eligible"),
        ({"seen_limit": 2}, r"concepts\.cog\.seen_limit: 2 concepts were asked for"),
        ({"discard": "bad.txt"}, r"concepts\.cog\.discard \(bad\.txt\): 1 unknown .*n99999999"),
        (
            {"image_counts": "short.csv", "min_images": 1},
            r"concepts\.cog\.image_counts: no count for 2 of the 3 concepts",
        ),
    ],
)
def test_errors_name_the_key(build, section, message):
    Path("bad.txt").write_text("n99999999\n")
    Path("short.csv").write_text("wnid,images\nn00000008,40\n")
    with pytest.raises(InputError, match=message):
        build(**section)


def test_a_failed_stage_leaves_no_table(build):
    with pytest.raises(InputError):
        build(levels={"count": 2, "size": 2})
    assert not Path("results/concepts/cog/levels.parquet").exists()
