"""The concepts section of the config: defaults, slices of the rules, errors across keys."""

from pathlib import Path

import pytest

from cogworks.concepts.specs import ScanSpec
from cogworks.config.include import whole
from cogworks.config.named_paths import resolved
from cogworks.core import place
from cogworks.core.errors import InputError
from cogworks.plan import benchmarks
from cogworks.plan.folders import Folder


def test_defaults_are_the_thesiss(plan_of):
    plan = plan_of(cog={})
    section = plan.benchmarks["cog"].section.model_dump()
    assert section["levels"] == {
        "count": 5,
        "size": 1000,
        "gaps": "floor_last",
        "published": None,
    }
    chosen = {
        key: section[key] for key in ("similarity", "ic_count", "lcs", "ties", "pool", "seen")
    }
    assert chosen == {
        "similarity": "lin",
        "ic_count": "nodes",
        "lcs": "deepest",
        "ties": "wnid",
        "pool": "imagenet21k_fall2011",
        "seen": "imagenet1k",
    }
    assert section["exclude_subtrees"] == ["n00007846"]
    assert list(benchmarks.problems(plan)) == []


def test_the_full_size_config_is_the_thesiss(plan_of):
    path = Path(__file__).resolve().parents[3] / "config" / "imagenet-cog.yaml"
    plan = plan_of(**resolved(whole(path))["concepts"])
    assert list(benchmarks.problems(plan)) == []
    given = plan.benchmarks["cog"].section.model_dump()
    defaults = plan_of(cog={}).benchmarks["cog"].section.model_dump()
    changed = {key: given[key] for key in given if given[key] != defaults[key]}
    counts = changed.pop("image_counts")
    assert counts == "data/imagenet21k"
    assert changed == {"min_images": 782, "ties": "legacy_argsort"}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"pol": "x"}, r"concepts\.cog\.pol: unknown key; did you mean pool"),
        ({"levels": {"size": 0}}, r"concepts\.cog\.levels\.size: expected whole number ≥ 1, not 0"),
        ({"levels": {"size": "1000"}}, "remove the quotes"),
        (
            {"similarity": "cosine"},
            r"concepts\.cog\.similarity: expected one of lin,.*not 'cosine'",
        ),
        ({"exclude_subtrees": ["person"]}, r"concepts\.cog\.exclude_subtrees\[0\]"),
        ({"min_images": 1.5}, r"concepts\.cog\.min_images: .*not 1\.5"),
        ({"image_counts": 782}, r"concepts\.cog\.image_counts: .*not 782"),
    ],
)
def test_the_schema_refuses(plan_of, section, message):
    with pytest.raises(InputError, match=message):
        plan_of(cog=section)


def test_check_across_keys(plan_of, tmp_path):
    plan = plan_of(
        counts={"min_images": 782},
        member={"members_of": "nobody"},
        self={"members_of": "self"},
        one={"members_of": "two"},
        two={"members_of": "one"},
        vectors={"similarity": "word_vectors"},
        wordnet={"wordnet": str(tmp_path)},
    )
    problems = list(benchmarks.problems(plan))
    assert [problem.split(":")[0] for problem in problems] == [
        "concepts.counts.min_images",
        "concepts.member.members_of",
        "concepts.self.members_of",
        "concepts.one.members_of",
        "concepts.two.members_of",
        "concepts.vectors.word_vectors.file",
        "concepts.wordnet.wordnet",
    ]
    assert "782 needs image_counts" in problems[0]
    assert "'nobody' is not a benchmark; known: counts, member" in problems[1]
    assert "one -> two -> one goes round in a circle" in problems[3]


def test_missing_paths_are_listed_by_key(plan_of, tmp_path):
    plan = plan_of(
        cog={"image_counts": "none/counts.csv", "pool": "none/pool.txt", "discard": str(tmp_path)},
        fine={"discard": None, "image_counts": [str(tmp_path), "none/b"]},
    )
    assert plan.benchmarks["cog"].missing == [
        "concepts.cog.image_counts: none/counts.csv does not exist",
        f"concepts.cog.discard: {tmp_path} is a folder; a file is expected",
        "concepts.cog.pool: none/pool.txt does not exist",
    ]
    assert plan.benchmarks["fine"].missing == [
        "concepts.fine.image_counts: none/b does not exist",
    ]


def test_a_slice_holds_only_what_its_rule_uses(plan_of):
    def slices(**section):
        cog = plan_of(cog=section).benchmarks["cog"]
        return [cog.select_spec, cog.rank_spec, cog.level_spec]

    base = slices()

    def changed(**section):
        return [old != new for old, new in zip(base, slices(**section), strict=True)]

    assert changed() == [False, False, False]
    assert changed(levels={"size": 7}) == [False, False, True]
    assert changed(ties="random") == [False, True, False]
    assert changed(lcs="max_ic") == [False, True, False]
    assert changed(seed=3) == [False, False, False]
    assert changed(min_images=5, image_counts="c.csv") == [True, False, False]
    assert changed(seen_limit=40) == [True, False, False]
    # The path similarity has no information content: its reading makes nothing stale.
    path = slices(similarity="path")
    assert slices(similarity="path", ic_count="pool", lcs="max_ic") == path
    # Each seed counts where something is drawn.
    assert slices(seed=1, ties="random")[1] != slices(seed=2, ties="random")[1]
    assert slices(seed=1, seen_limit=5)[0] != slices(seed=2, seen_limit=5)[0]


def test_inputs_are_the_files_that_a_rule_reads(plan_of, toy_folder):
    plan = plan_of(
        cog={},
        mine={
            "wordnet": str(toy_folder),
            "pool": "mine/pool.txt",
            "seen": "mine/pool.txt",
            "discard": None,
            "image_counts": "mine/folder",
            "members_of": "cog",
            "similarity": "word_vectors",
            "word_vectors": {"file": "mine/vectors.txt"},
        },
        table={"image_counts": "mine/counts.csv", "discard": None},
        several={"image_counts": ["a/train", "b/new.parquet", "c.csv"], "discard": None},
    )
    found = plan.benchmarks
    assert found["cog"].select_files == [place.found("resources/paper/discarded_concepts.txt")]
    assert found["cog"].rank_files == []
    ontology = str(toy_folder / "data.noun")
    assert found["mine"].select_files == [
        "mine/pool.txt",
        "results/concepts/mine/image_counts.csv",
        "results/concepts/cog/levels.parquet",
        ontology,
    ]
    assert found["mine"].rank_files == ["mine/vectors.txt", ontology]
    counts = Folder("mine/folder", "concepts.mine.image_counts").counts
    assert found["mine"].scan_spec == ScanSpec(benchmark="mine", sources=[counts])
    assert found["mine"].scan_files == [counts]
    assert found["table"].select_files == ["mine/counts.csv"]
    counted = "results/concepts/several/image_counts.csv"
    assert found["several"].select_files == [counted]
    parts = [Folder("a/train", "concepts.several.image_counts").counts, "b/new.parquet", "c.csv"]
    assert found["several"].scan_files == parts
    assert "results/concepts/mine/levels.parquet" in found["mine"].targets
