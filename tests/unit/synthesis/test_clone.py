"""From a manifest of real images to a clone's manifest, as the rules chain the functions."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata, read_parquet, write_parquet
from cogworks.images.decode import decode_pil
from cogworks.images.manifest import read_manifest, write_manifest
from cogworks.images.reader import ImageReader
from cogworks.synthesis import names
from cogworks.synthesis.job import INDEX_SCHEMA, draw_shard, shard_slots
from cogworks.synthesis.merge import Tally, merge
from cogworks.synthesis.sizes import shard_of
from cogworks.synthesis.specs import MergeSpec, PartSpec, PromptSpec
from cogworks.synthesis.tables import write_tables

CPU = torch.device("cpu")
PROMPTS = PromptSpec(
    name="clone",
    prompt="c",
    seed=0,
    like="real",
    classes=None,
    images_per_class=None,
    wordnet=None,
    scenes=None,
)


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def tables(manifest: Path, folder: Path, *, name: str = "clone", **change: Any) -> None:
    write_tables(
        PROMPTS.model_copy(update={"name": name} | change),
        source=manifest,
        generator=folder,
        prompts=Path(names.table(name, "prompts")),
        classes=Path(names.table(name, "classes")),
    )


def draw(
    spec: PartSpec, marker: Path, *, n_shards: int = 1, batch_size: int = 8, first: int = 0
) -> None:
    name = spec.name
    for number in range(first, first + n_shards):
        assert draw_shard(
            spec=spec,
            marker=marker,
            prompts=Path(names.table(name, "prompts")),
            classes=Path(names.table(name, "classes")),
            number=number,
            n_shards=n_shards,
            batch_size=batch_size,
            device=CPU,
            output=Path(names.shard(name, number)),
            index=Path(names.index(name, number)),
        )


def merge_all(
    name: str,
    *,
    drawing: str = "",
    multiple: float = 1,
    n_shards: int = 1,
    shortfall: Literal["drop", "error"] = "drop",
) -> pd.DataFrame:
    drawing = drawing or name
    return merge(
        MergeSpec(name=name, drawing=drawing, multiple=multiple, shortfall=shortfall),
        n_shards=n_shards,
        classes=Path(names.table(drawing, "classes")),
        manifest=Path(names.table(name, "manifest")),
        quality=Path(names.table(name, "quality")),
    )


def hashes(name: str) -> dict[str, str]:
    """Return the SHA-256 of each image, read through the clone's manifest."""
    import hashlib

    manifest = read_manifest(names.table(name, "manifest"))
    reader = ImageReader(manifest)
    return {
        image: hashlib.sha256(reader.read_bytes(number)).hexdigest()
        for number, image in enumerate(manifest.frame["id"])
    }


def in_shard(name: str) -> dict[str, str]:
    """Return the SHA-256 of each image, as the table of the only shard has it."""
    table = read_parquet(names.index(name, 0), columns=["id", "sha256"]).dropna()
    return dict(zip(table["id"], table["sha256"], strict=True))


def test_prompts_are_counted_by_the_generators_own_tokenizer(
    manifest: Path, pipeline_folder: Path
) -> None:
    tables(manifest, pipeline_folder, prompt="c, d")
    path = names.table("clone", "prompts")
    table, facts = read_parquet(path), read_metadata(path)
    assert table["label"].tolist() == [0, 1, 2, 3]
    assert table["prompt"].iloc[2].startswith("Arctic fox, white fox, Alopex lagopus, thickly-fur")
    assert facts["limit"] == 20
    assert (table["tokens"] > 20).all()
    assert table["cut"].all()
    assert facts["cut"] == table["wnid"].tolist()
    tables(manifest, pipeline_folder, prompt="c", name="short", images_per_class=2)
    table = read_parquet(names.table("short", "prompts"))
    assert table.loc[table["wnid"] == "n02086910", ["tokens", "cut"]].values.tolist() == [[10, 0]]
    assert read_parquet(names.table("short", "classes"))["images"].tolist() == [2] * 4


def test_classes_of_one_prompt_are_named(
    pipeline_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wnids = ["n02012849", "n03126707"]  # cranes, of feathers and of steel
    (tmp_path / "classes.txt").write_text("\n".join(wnids))
    change = {"like": None, "classes": "classes.txt", "images_per_class": 1}
    tables(tmp_path / "classes.txt", pipeline_folder, **change)
    assert "warning: clone: n02012849 and n03126707 have the one prompt 'crane'" in (
        capsys.readouterr().err
    )
    assert read_metadata(names.table("clone", "prompts"))["shared"] == {"crane": wnids}
    tables(tmp_path / "classes.txt", pipeline_folder, prompt="c, d", **change)
    assert "warning" not in capsys.readouterr().err


def test_a_large_batch_is_drawn_whole(
    manifest: Path,
    pipeline_folder: Path,
    marker: Path,
    drawing: PartSpec,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from unittest import mock

    from cogworks.synthesis.draw import Artist

    tables(manifest, pipeline_folder)
    asked: list[int] = []
    whole = Artist.draw

    def draw_and_count(artist: Artist, orders: Any) -> Any:
        asked.append(len(orders))
        return whole(artist, orders)

    with mock.patch.object(Artist, "draw", draw_and_count):
        draw(
            drawing.model_copy(update={"padded_batch": 6, "duplicate_distance": None}),
            marker,
            batch_size=4,
        )
    assert asked == [6, 6, 6]
    assert "18/18 images" in capsys.readouterr().err


def test_a_clone_reads_like_any_other_data_set(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    tables(manifest, pipeline_folder)
    draw(drawing, marker)
    quality = merge_all("clone")
    clone, real = read_manifest(names.table("clone", "manifest")), read_manifest(manifest)
    assert clone.classes == real.classes
    assert clone.split == "train"
    assert clone.dataset == "clone"
    assert clone.frame["label"].value_counts().to_dict() == {0: 3, 1: 4, 2: 5, 3: 6}
    reader = ImageReader(clone)
    for number in range(len(clone)):
        image = decode_pil(reader.read_bytes(number), name=reader.name(number))
        assert image.size == (16, 16)
        assert np.asarray(image).std() > 0
    assert quality["requested"].tolist() == quality["images"].tolist() == [3, 4, 5, 6]
    assert not quality[["nsfw", "non_finite", "constant", "given_up"]].to_numpy().any()


def test_neither_shards_nor_rounds_show_in_the_images(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    found = []
    for n_shards, batch_size in ((1, 8), (3, 1), (7, 100)):
        name = f"clone_{n_shards}"
        tables(manifest, pipeline_folder, name=name)
        draw(
            drawing.model_copy(update={"name": name}),
            marker,
            n_shards=n_shards,
            batch_size=batch_size,
        )
        merge_all(name, n_shards=n_shards)
        found.append(hashes(name))
    assert len(set(found[0].values())) == 18
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("distance", [None, 24])
def test_clones_of_one_drawing_are_what_each_would_be_alone(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec, distance: int | None
) -> None:
    """Drawn multiple by multiple in three shards, against one shard for each clone."""
    multiples = {"small": 0.5, "one": 1, "two": 2, "large": 2.5}
    look = drawing.model_copy(update={"duplicate_distance": distance})
    for name, multiple in multiples.items():
        tables(manifest, pipeline_folder, name=name)
        draw(look.model_copy(update={"name": name, "end": multiple}), marker)
    alone = {name: in_shard(name) for name in multiples}
    tables(manifest, pipeline_folder, name="all")
    for start in (0, 1, 2):
        part = {"name": "all", "start": float(start), "end": min(2.5, start + 1)}
        draw(look.model_copy(update=part), marker, n_shards=3, first=3 * start)
    for name, multiple in multiples.items():
        quality = merge_all(f"{name}_view", drawing="all", multiple=multiple, n_shards=3)
        assert hashes(f"{name}_view") == alone[name]
        assert quality["images"].sum() == len(alone[name])
        assert quality["duplicate"].any() == (distance is not None)


def test_images_take_the_prompts_in_turn(tmp_path: Path, drawing: PartSpec) -> None:
    prompts = pd.DataFrame(
        {"label": [1, 0, 1, 0], "turn": [1, 0, 0, 1], "prompt": list("dacb")}
        | {"scene": [None, "x", "y", None]}
    )
    classes = pd.DataFrame({"label": [0, 1], "wnid": ["n1", "n2"], "images": [3, 2]})
    write_parquet(prompts, tmp_path / "p.parquet")
    write_parquet(classes, tmp_path / "c.parquet")

    def slots(number: int, end: float) -> list[tuple[Any, ...]]:
        spec = drawing.model_copy(update={"start": float(number), "end": end})
        tables = (tmp_path / "p.parquet", tmp_path / "c.parquet")
        found = shard_slots(spec, *tables, number=number, n_shards=1)
        return [(slot.wnid, slot.index, slot.prompt, slot.scene) for slot in found]

    assert slots(0, 1.0) == [
        ("n1", 0, "a", "x"),
        ("n1", 1, "b", None),
        ("n1", 2, "a", "x"),
        ("n2", 0, "c", "y"),
        ("n2", 1, "d", None),
    ]
    assert slots(1, 1.5) == [("n1", 3, "b", None), ("n2", 2, "c", "y")]


def index_table(rejected: list[list[str]], kept: list[bool], *, label: int = 0) -> pa.Table:
    """Return the table of a shard with one class, of whose images some were given up."""
    hashes = ["0" * 64 if keep else None for keep in kept]
    rows = [
        {"label": label, "index": at, "id": f"n{label}_{at:08d}", "rejected": why}
        | {"sha256": found, "offset": 1000 * at, "size": 7}
        for at, (why, found) in enumerate(zip(rejected, hashes, strict=True))
    ]
    return pa.Table.from_pylist(rows, schema=INDEX_SCHEMA)


def test_what_went_wrong_is_counted() -> None:
    tally = Tally(["n1", "n2"], [4, 2])
    rejected = [[], ["nsfw", "duplicate"], ["nsfw"] * 3, ["constant"]]
    for batch in index_table(rejected, [True, True, False, True]).to_batches(max_chunksize=3):
        tally.add(0, batch)
    table = tally.table().set_index("wnid")
    assert table.loc["n1"].to_dict() == {
        "label": 0,
        "requested": 4,
        "images": 3,
        "drawn": 9,
        "nsfw": 4,
        "non_finite": 0,
        "constant": 1,
        "duplicate": 1,
        "given_up": 1,
    }
    assert table.loc["n2", ["requested", "images", "drawn"]].tolist() == [2, 0, 0]


@pytest.mark.parametrize("group", [3, 10**6])
def test_streamed_rows_are_those_of_the_plain_way(
    monkeypatch: pytest.MonkeyPatch, group: int
) -> None:
    """Seven classes in three shards of three steps, against sorting all rows at once."""
    from cogworks.images import manifest as module

    monkeypatch.setattr(module, "GROUP", group)
    counts, wnids, n_shards = [4, 9, 1, 5, 5, 2, 7], [f"n{label}" for label in range(7)], 3
    owners = shard_of(counts, n_shards=n_shards)
    folder = Path(names.shard("d", 0)).parent
    folder.mkdir(parents=True)
    table = pd.DataFrame({"label": range(7), "wnid": wnids, "images": counts})
    write_parquet(table, names.table("d", "classes"))
    plain = []
    for number in range(9):
        step, owner = divmod(number, n_shards)
        Path(names.shard("d", number)).write_bytes(b"x" * number)
        parts = []
        for label in (at for at in range(7) if owners[at] == owner):
            span = range(step * counts[label], (step + 1) * counts[label])
            kept = [(label + index) % 4 > 0 for index in range(span.stop)]
            whole = index_table([["nsfw"]] * span.stop, kept, label=label)
            parts.append(whole.slice(span.start))
        shard = pa.concat_tables(parts) if parts else INDEX_SCHEMA.empty_table()
        write_parquet(shard, names.index("d", number), metadata={"size": number})
        plain.append(shard.to_pandas().assign(path=names.shard("d", number)))
    found = merge_all("d", multiple=2.5, n_shards=n_shards)

    rows = pd.concat(plain, ignore_index=True)
    rows = rows[rows["index"] < rows["label"].map(lambda label: int(2.5 * counts[label]))]
    rows = rows[rows["sha256"].notna()].assign(container="tar", wnid="n" + rows["label"].map(str))
    rows = rows.rename(columns={"offset": "locator"})
    manifest = read_manifest(names.table("d", "manifest"))
    expected = write_manifest(rows, "plain.parquet", dataset="d", split="train", classes=wnids)
    pd.testing.assert_frame_equal(manifest.frame, expected.frame, check_dtype=False)
    assert manifest.digest == expected.digest
    assert found["images"].tolist() == rows.groupby("label").size().tolist()
    assert found["nsfw"].tolist() == [int(2.5 * count) for count in counts]


def test_a_generator_that_repeats_itself_falls_short(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    tables(manifest, pipeline_folder)
    # At a distance of 64 bits, every image of a class is a duplicate of its first.
    draw(drawing.model_copy(update={"duplicate_distance": 64}), marker)
    table = merge_all("clone")
    assert table["images"].tolist() == [1] * 4
    assert table["duplicate"].tolist() == [3 * count for count in (2, 3, 4, 5)]
    assert len(read_manifest(names.table("clone", "manifest"))) == 4
    with pytest.raises(InputError, match=r"14 images were given up.*n02086910.*max_attempts"):
        merge_all("clone", shortfall="error")


def test_a_class_without_any_image_is_an_error(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    from unittest import mock

    from cogworks.synthesis import quality

    tables(manifest, pipeline_folder)
    with mock.patch.object(quality, "fault", return_value="constant"):
        draw(drawing, marker)
    with pytest.raises(InputError, match=r"no acceptable image of n02086910.*prompt"):
        merge_all("clone")


def test_a_shard_that_its_table_does_not_describe_is_refused(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    tables(manifest, pipeline_folder)
    draw(drawing, marker)
    with open(names.shard("clone", 0), "ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match=r"shard-00000\.tar: \d+ bytes, but .* describes"):
        merge_all("clone")


def test_a_full_disk_leaves_nothing_that_counts(
    manifest: Path, pipeline_folder: Path, marker: Path, drawing: PartSpec
) -> None:
    from unittest import mock

    from cogworks.synthesis.shard import PartialShard

    tables(manifest, pipeline_folder)
    flush, calls = PartialShard.flush, []

    def fail_at_the_third(shard: PartialShard) -> None:
        calls.append(shard)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        flush(shard)

    with (
        mock.patch.object(PartialShard, "flush", fail_at_the_third),
        pytest.raises(InputError, match=r"No space left.*images are kept.*make room"),
    ):
        draw(drawing, marker, batch_size=2)
    folder = Path(names.shard("clone", 0)).parent
    assert not list(folder.glob("shard-*"))
    draw(drawing, marker)
    merge_all("clone")
    assert not list(folder.glob(".*"))
    assert len(hashes("clone")) == 18
