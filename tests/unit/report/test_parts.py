"""A report of several parts: what each shows, what it is called, and the thesis's numbers."""

import copy
from dataclasses import replace

import pytest

from cogworks.core.errors import InputError
from cogworks.plan.load import load
from cogworks.report import listing, thesis
from cogworks.report.exhibits import EXHIBITS, published_table
from cogworks.report.page import sections
from cogworks.report.planned import Exhibits
from cogworks.report.targets import PAGE, Targets

WORLD = {"source": {"kind": "world", "size": 32}, "max_images": 20, "test_images": 5}
RANDOM = {"model": "cogworks:small_resnet", "weights": "random"}
LEVELS = {"count": 2, "size": 100, "gaps": "none"}
CONFIG = {
    "concepts": {"cog": {"levels": LEVELS}, "small": {"seen_limit": 40, "levels": LEVELS}},
    "images": {
        "seen": WORLD | {"classes": {"benchmark": "cog", "part": "seen"}},
        "cog": WORLD | {"classes": {"benchmark": "cog", "part": "levels"}},
        "seen_40": WORLD | {"classes": {"benchmark": "small", "part": "seen"}},
        "near": WORLD | {"classes": {"benchmark": "small", "part": "levels"}},
        "pets": WORLD | {"classes": {"wnids": ["n02084071", "n02121620"]}},
    },
    "encoders": {name: RANDOM | {"seed": n} for n, name in enumerate(["one", "two", "three"])},
    "probes": {"linear": {"kind": "sgd"}, "small": {"kind": "lbfgs"}},
    "evaluations": {
        "levels": {
            "encoders": ["one", "two"],
            "datasets": ["seen", "cog"],
            "protocols": ["linear", "small"],
        },
        "transfer": {
            "encoders": ["two", "three"],
            "datasets": ["seen_40", "near", "pets"],
            "protocols": ["small"],
        },
    },
    "analysis": {"features": {"encoders": ["one", "three"], "datasets": ["cog"]}},
    "report": {
        "parts": {
            "first": {
                "title": "Levels",
                "chapter": 3,
                "encoders": ["one", "two"],
                "evaluations": ["levels"],
                "baseline": "one",
            },
            "second": {
                "title": "Transfer",
                "chapter": 4,
                "evaluations": ["transfer"],
                "seen": "seen_40",
                "levels": "near",
                "transfer": ["pets"],
                "baseline": "three",
            },
        }
    },
}


def exhibits(**parts):
    """Return the exhibits of the config with changes of its parts."""
    config = copy.deepcopy(CONFIG)
    for name, keys in parts.items():
        config["report"]["parts"].setdefault(name, {"title": name}).update(keys)
    return Exhibits(load(config))


def alone(**report):
    """Return the exhibits of the config with a report of one part."""
    return Exhibits(load(CONFIG | {"report": report}))


def test_each_part_has_its_own_roles():
    first, second = exhibits().parts
    assert (first.title, first.chapter, first.baseline) == ("Levels", 3, "one")
    assert first.axis == ["seen", "cog_l1", "cog_l2"]
    assert first.protocols["seen"] == "linear"
    assert second.axis == ["seen_40", "near_l1", "near_l2"]
    assert second.transfer == ["pets"]
    assert second.baseline == "three"
    assert second.protocols == dict.fromkeys(["seen_40", "near_l1", "near_l2", "pets"], "small")
    assert [first.scored(first.axis), second.scored(second.axis)] == [
        ["one", "two"],
        ["two", "three"],
    ]
    assert [[m.encoder_name for m in part.measures] for part in (first, second)] == [
        ["one"] * 2,
        ["three"] * 2,
    ]


def test_an_exhibit_of_a_part_has_its_name_and_its_scores_alone():
    tables = exhibits().tables
    assert tables["first_levels"].path == "results/tables/first_levels.parquet"
    for name, encoders, datasets in (
        ("first_levels", {"one", "two"}, {"seen", "cog_l1", "cog_l2"}),
        ("second_levels", {"two", "three"}, {"seen_40", "near_l1", "near_l2"}),
        ("second_all_scores", {"two", "three"}, {"seen_40", "near_l1", "near_l2", "pets"}),
    ):
        names = tables[name].spec.scores.names
        assert (set(names[0]), set(names[1])) == (encoders, datasets), name
    assert "first_filters_small" in tables
    assert "second_filters_small" not in tables, "concepts belong to chapter 3"


def test_a_part_is_as_if_it_were_alone():
    section = {k: v for k, v in CONFIG["report"]["parts"]["second"].items() if k != "title"}
    own = {found.name: found.spec for found in alone(**section).planned}
    second = exhibits().parts[1]
    together = {f.name: f.spec for f in exhibits().planned if f.roles.part == "second"}
    assert together == {second.named(name): spec for name, spec in own.items()}


def test_a_part_may_have_one_protocol_and_another_one_the_other():
    parts = exhibits(first={"protocol": "small"}, second={"title": "x"}).parts
    assert parts[0].protocols["cog_l1"] == "small"
    third = exhibits(third={"encoders": ["one"], "evaluations": ["levels"]}).parts[2]
    assert (third.scored(third.axis), third.protocols["seen"]) == (["one"], "linear")


def test_the_page_has_the_parts_in_order_and_everything_once():
    page = sections.page_spec(exhibits(second={"samples": ["seen"]}))
    assert [(part.id, part.title) for part in page.parts] == [
        ("first", "Levels"),
        ("second", "Transfer"),
    ]
    anchors = [section.anchor for part in page.parts for section in part.sections]
    assert len(set(anchors)) == len(anchors)
    shown = sections.shown(page)
    assert {found.shown for found in exhibits().planned} <= set(shown)
    assert shown.count("results/figures/samples_seen.png") == 1


def test_scores_are_relative_only_to_one_baseline():
    assert exhibits().scores.baseline is None
    assert exhibits().scores.files == Exhibits(load(CONFIG | {"report": {}})).scores.files
    assert alone(baseline="two").scores.baseline == "two"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            CONFIG["report"] | {"levels": "cog"},
            "report.levels: does nothing beside report.parts; give it in the par",
        ),
        ({"parts": {"a": {}}}, "report.parts.a.title: missing"),
        ({"parts": {}}, "report.parts"),
        (
            {"parts": {"a": {"title": "A"}, "a_b": {"title": "B"}}},
            "report.parts.a_b: the names of the exhibits of a may begin like this one",
        ),
        (
            {"parts": {"a": {"title": "A", "encoders": ["four"]}}},
            "report.parts.a.encoders: 'four' is not an encoder; known: one, two, three",
        ),
        (
            {"parts": {"a": {"title": "A", "evaluations": ["level"]}}},
            "report.parts.a.evaluations: 'level' is not an evaluation; known: levels, transfer",
        ),
        (
            {"parts": {"a": {"title": "A", "evaluations": ["levels"], "seen": "pets"}}},
            "report.parts.a.seen: 'pets' is not an evaluated data set; evaluated are seen, cog_l1",
        ),
        (
            {"parts": {"a": {"title": "A", "encoders": ["one"], "baseline": "two"}}},
            "report.parts.a.baseline: two has no scores on seen with linear",
        ),
        ({"parts": {"a": {"title": "A", "chapter": 2}}}, "report.parts.a.chapter: expected"),
    ],
)
def test_errors_name_the_part(change, message):
    with pytest.raises(InputError) as caught:
        load(CONFIG | {"report": change})
    assert message in str(caught.value)


def test_numbers_count_in_their_own_chapter():
    targets = Targets(exhibits())
    by_part = {
        entry.name: {planned.roles.part for planned in found}
        for entry, found in targets.numbered.items()
        if found
    }
    assert by_part["figure 3.4"] == {"first"}
    assert by_part["table B.3"] == {"first"}
    assert by_part["table D.1"] == {"second"}
    files = targets.files
    assert "results/tables/first_published_cog_l2.parquet" in files["table_B_3"]
    assert set(files["chapter_4"]) == {p.path for p in exhibits().planned if p.roles.chapter == 4}
    assert "chapter_5" not in files
    assert files["paper"][-1] == PAGE
    assert set(files["table_B_3"]) <= set(files["paper"])
    assert not [path for path in files["paper"] if "_levels_relative.parquet" in path]


def test_a_chapter_of_a_report_without_chapters_is_its_numbered_exhibits():
    files = Targets(alone()).files
    assert "results/figures/levels_absolute.svg" in files["chapter_3"]
    assert "results/tables/levels.parquet" not in files["chapter_3"]
    assert not set(files["chapter_3"]) & set(files["chapter_4"])


def test_a_target_that_is_not_given_is_refused_with_what_is_missing():
    targets = Targets(exhibits())
    assert targets.refusal("table_B_6") == (
        "table_B_6: table B.6 (Linear classification on level 5) is not in this config, which "
        "lacks an evaluation of level 5 (report.levels)"
    )
    assert "lacks a part in report.parts with chapter: 5" in targets.refusal("table_5_3")
    assert targets.refusal("chapter_5").endswith("a part in report.parts with chapter: 5")
    assert "no such table, figure or chapter; did you mean table_B_6" in targets.refusal("Table_B6")


def test_a_kind_may_know_better_what_is_missing(monkeypatch):
    kind = replace(
        published_table.EXHIBIT, lacks=lambda roles: {"B.6": f"a fifth level in {roles.part}"}
    )
    monkeypatch.setattr(published_table, "EXHIBIT", kind)
    assert Targets(exhibits()).refusal("table_B_6").endswith("lacks a fifth level in first")


def test_the_registry_of_the_thesis():
    assert len(thesis.BY_NAME) == len(thesis.EXHIBITS) == 19 + 27
    assert len({entry.target for entry in thesis.EXHIBITS}) == len(thesis.EXHIBITS)
    assert thesis.numbered("figure", "4.6 (c), (d)").name == "figure 4.6"
    assert {entry.chapter for entry in thesis.EXHIBITS} == set(thesis.CHAPTERS)
    with pytest.raises(KeyError):
        thesis.numbered("table", "B.7")


def test_what_kinds_lack_has_a_number_of_the_thesis():
    for name in EXHIBITS:
        kind = EXHIBITS.load(name)
        for roles in exhibits().parts:
            for number in kind.lacks(roles) if kind.lacks else ():
                assert thesis.numbered(name.rpartition("_")[2], number)


def test_the_list_has_every_exhibit_of_the_thesis_and_of_the_config():
    spec = listing.spec(Targets(exhibits()))
    assert len(spec.text) < 100_000
    files = [path for row in spec.rows for path in row.files]
    assert sorted(files) == sorted(found.path for found in exhibits().planned)
    lines = list(listing.lines(spec.rows, lambda paths: len(paths) if "svg" in paths[0] else 0))
    text = "\n".join(lines)
    assert [line for line in lines if line[0] != " "] == [
        "Chapter 3",
        "Chapter 4",
        "Chapter 5",
        "Others",
    ]
    assert "figure 3.4  Linear classification by level" in text
    assert "planned: 2 jobs to run" in text
    assert next(line for line in lines if "table B.1" in line).endswith("  made")
    assert next(line for line in lines if "table B.6" in line).endswith("level 5 (report.levels)")
