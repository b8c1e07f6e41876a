from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from cogworks.concepts.wordnet import WordNet, open_wordnet
from cogworks.core.errors import InputError
from cogworks.core.files import read_metadata
from cogworks.core.seeds import derive_seed, shuffle_by_hash
from cogworks.images.decode import decode_pil
from cogworks.images.specs import WorldSpec
from cogworks.images.world import pack
from cogworks.images.world.canvas import Canvas
from cogworks.images.world.hierarchy import Hierarchy
from cogworks.images.world.looks import DRAWING, N_ATTRIBUTES, OFFSETS, Look, look_of
from cogworks.images.world.pack import draw_images, write_pack

TABBY, TIGER_CAT, BANJO, GUITAR, ALP = (
    "n02123045",
    "n02123159",
    "n02787622",
    "n02676566",
    "n09193705",
)
SPEC = WorldSpec(
    size=16,
    format="png",
    world_seed=0,
    distinctness=0.25,
    nuisance=0.6,
    images=3,
    wordnet=None,
)


@pytest.fixture(scope="module")
def wordnet(wordnet_dir: Path) -> WordNet:
    return open_wordnet(wordnet_dir)


@pytest.fixture(scope="module")
def hierarchy(wordnet: WordNet) -> Hierarchy:
    return Hierarchy(wordnet)


@pytest.fixture(scope="module")
def leaves(wordnet: WordNet) -> list[str]:
    """Sixty leaves of WordNet from four of its corners, so that similarities of all sizes occur."""
    inner = {parent for wnid in wordnet.wnids() for parent in wordnet.parents(wnid)}
    carnivore, instrument, tree, food = "n02075296", "n03800933", "n13104059", "n07555863"
    found = []
    for top in (carnivore, instrument, tree, food):
        below = [wnid for wnid in wordnet.wnids() if top in wordnet.ancestors(wnid)]
        found += shuffle_by_hash((wnid for wnid in below if wnid not in inner), "test")[:15]
    return found


def lin(hierarchy: Hierarchy, wordnet: WordNet, one: str, two: str) -> float:
    """Lin similarity by its definition: over all common ancestors, not along one line."""
    common = (wordnet.ancestors(one) | {one}) & (wordnet.ancestors(two) | {two})
    shared = max(hierarchy.height(wnid) for wnid in common)
    return 2 * shared / (hierarchy.height(one) + hierarchy.height(two))


def look(wnid: str, hierarchy: Hierarchy, seed: int = 0) -> Look:
    return look_of(wnid, hierarchy, seed=seed, distinctness=0.25)


def test_heights_run_from_the_root_to_the_leaves(hierarchy: Hierarchy, wordnet: WordNet) -> None:
    assert hierarchy.height("n00001740") == 0
    assert hierarchy.height(BANJO) == 1
    assert hierarchy.line(BANJO)[0] == "n00001740"
    assert hierarchy.line(BANJO)[-1] == BANJO
    cats = "n02121620"
    below = sum(cats in wordnet.ancestors(wnid) for wnid in wordnet.wnids()) + 1
    assert hierarchy.height(cats) == pytest.approx(1 - np.log(below) / np.log(82115))


def test_looks_follow_lin_similarity(
    hierarchy: Hierarchy, wordnet: WordNet, leaves: list[str]
) -> None:
    pairs = [(i, j) for i in range(len(leaves)) for j in range(i)]
    similar = np.array([lin(hierarchy, wordnet, leaves[i], leaves[j]) for i, j in pairs])
    # Several worlds side by side: 177 attributes alone know a correlation to 0.08.
    means = np.concatenate(
        [[look(wnid, hierarchy, seed).mean for wnid in leaves] for seed in range(6)], axis=1
    )
    alike = np.array([np.mean(means[i] * means[j]) for i, j in pairs])
    assert np.corrcoef(similar, alike)[0, 1] > 0.9
    # Not only in order: it is equal, up to the few pairs that are related through a second parent.
    assert np.median(np.abs(alike - similar)) < 0.04


def test_relatives_are_told_apart_by_the_same_attributes(hierarchy: Hierarchy) -> None:
    near, far = [], []
    for seed in range(30):
        shares = {
            wnid: np.log(look(wnid, hierarchy, seed).share) for wnid in (TABBY, TIGER_CAT, ALP)
        }
        near.append(np.abs(shares[TABBY] - shares[TIGER_CAT]).mean())
        far.append(np.abs(shares[TABBY] - shares[ALP]).mean())
    assert np.mean(near) < 0.5 * np.mean(far)


def test_every_concept_owns_the_same_share_of_its_images(
    hierarchy: Hierarchy, leaves: list[str]
) -> None:
    first = list(OFFSETS.values())
    for wnid in leaves[::3]:
        share = look(wnid, hierarchy).share
        drawing, pattern = np.split(share[first], [len(DRAWING)])
        assert drawing.mean() == pytest.approx(0.25, abs=1e-3)
        assert pattern.mean() == pytest.approx(0.25, abs=1e-3)
        assert share.min() > 0
        assert share.max() < 1


def test_instances_vary_around_the_look(hierarchy: Hierarchy) -> None:
    tabby = look(TABBY, hierarchy)
    rng = np.random.default_rng(0)
    drawn = np.concatenate(list(tabby.instances([rng] * 3000).values()), axis=1)
    assert drawn.shape == (3000, N_ATTRIBUTES)
    np.testing.assert_allclose(drawn.mean(0), np.sqrt(tabby.share) * tabby.mean, atol=0.08)
    np.testing.assert_allclose(drawn.var(0), 1 - tabby.share, atol=0.12)


def test_close_concepts_look_alike_in_pixels(
    hierarchy: Hierarchy, wordnet: WordNet, leaves: list[str]
) -> None:
    """Mean pictures without nuisance: the closer two concepts, the closer their mean pictures."""
    canvas = Canvas(16, nuisance=0)
    concepts = [TABBY, TIGER_CAT, "n02123394", BANJO, GUITAR, "n04536866", ALP, *leaves[::5]]
    alike, similar = [], []
    for seed in range(3):
        pictures = []
        for wnid in concepts:
            concept = look_of(wnid, hierarchy, seed=seed, distinctness=0.5)
            images = draw_images(concept, wnid, 25, canvas, seed=seed)
            pictures.append(np.mean(images, axis=0, dtype=float).ravel())
        centred = np.array(pictures) - np.mean(pictures, axis=0)
        correlation = np.corrcoef(centred)
        for i in range(len(concepts)):
            for j in range(i):
                alike.append(correlation[i, j])
                similar.append(lin(hierarchy, wordnet, concepts[i], concepts[j]))
    assert np.corrcoef(alike, similar)[0, 1] > 0.35
    near = np.array(alike)[np.array(similar) > 0.7].mean()
    far = np.array(alike)[np.array(similar) < 0.3].mean()
    assert near > far + 0.25


def test_an_image_is_a_function_of_its_arguments(hierarchy: Hierarchy) -> None:
    canvas = Canvas(32, nuisance=0.6)
    tabby = look(TABBY, hierarchy)
    images = draw_images(tabby, TABBY, 12, canvas, seed=0)
    assert images.shape == (12, 32, 32, 3)
    assert images.dtype == np.uint8
    draw_images(look(ALP, hierarchy), ALP, 1, canvas, seed=0)
    # Whatever else is drawn with it, within a batch of ten and beyond it.
    for count in (1, 7, 11):
        again = draw_images(tabby, TABBY, count, Canvas(32, nuisance=0.6), seed=0)
        assert (again == images[:count]).all()
    assert len({image.tobytes() for image in images}) == 12
    for other in (
        draw_images(tabby, TABBY, 12, canvas, seed=1),
        draw_images(tabby, TIGER_CAT, 12, canvas, seed=0),
        draw_images(tabby, TABBY, 12, Canvas(32, nuisance=0.3), seed=0),
    ):
        assert (np.abs(other.astype(int) - images).mean((1, 2, 3)) > 1).all()


def test_the_same_image_at_another_size(hierarchy: Hierarchy) -> None:
    """Without noise the picture is the same at any size, sampled more finely."""
    tabby = look(TABBY, hierarchy)
    small = draw_images(tabby, TABBY, 3, Canvas(32, nuisance=0), seed=0).astype(float)
    large = draw_images(tabby, TABBY, 3, Canvas(128, nuisance=0), seed=0).astype(float)
    shrunk = large.reshape(3, 32, 4, 32, 4, 3).mean((2, 4))
    assert np.abs(shrunk - small).mean() < 0.25 * np.abs(np.roll(small, 1, axis=0) - small).mean()


def test_without_nuisance_only_the_look_varies() -> None:
    fixed = Look(np.zeros(N_ATTRIBUTES), np.full(N_ATTRIBUTES, 1 - 1e-12))
    images, others = (
        draw_images(fixed, TABBY, 4, Canvas(16, nuisance=nuisance), seed=0).astype(int)
        for nuisance in (0, 1)
    )
    # The waves of the ground and the weave have a free phase; the object's place has not.
    still = np.std(images, axis=0)[6:10, 6:10].mean()
    moved = np.std(others, axis=0)[6:10, 6:10].mean()
    assert still < 0.5 * moved


def test_packs_are_the_same_for_any_number_of_workers_and_classes(
    hierarchy: Hierarchy, tmp_path: Path
) -> None:
    wnids = sorted([TABBY, BANJO, ALP])
    write_pack(SPEC, wnids, tmp_path / "one.parquet", hierarchy=hierarchy, workers=1)
    write_pack(SPEC, wnids, tmp_path / "two.parquet", hierarchy=hierarchy, workers=2)
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    write_pack(SPEC, [BANJO], tmp_path / "alone.parquet", hierarchy=hierarchy, workers=1)
    frame = pd.read_parquet(tmp_path / "one.parquet").set_index("id")
    alone = pd.read_parquet(tmp_path / "alone.parquet").set_index("id")
    assert list(alone["image"]) == list(frame["image"][alone.index])
    assert list(frame.index[:3]) == [f"{wnids[0]}/00000", f"{wnids[0]}/00001", f"{wnids[0]}/00002"]
    assert len(set(frame["image"])) == 9
    assert read_metadata(tmp_path / "one.parquet")["world"] == SPEC.model_dump(exclude={"wordnet"})


@pytest.mark.parametrize(("kind", "error"), [("png", 0), ("jpeg", 12)])
def test_packs_hold_the_images_that_were_drawn(
    tmp_path: Path, hierarchy: Hierarchy, kind: str, error: int
) -> None:
    spec = SPEC.model_copy(update={"format": kind, "images": 1})
    write_pack(spec, [TABBY], tmp_path / "p.parquet", hierarchy=hierarchy, workers=1)
    data = pd.read_parquet(tmp_path / "p.parquet")["image"].iloc[0]
    tabby = look_of(TABBY, hierarchy, seed=0, distinctness=0.25)
    (expected,) = draw_images(tabby, TABBY, 1, Canvas(16, nuisance=0.6), seed=0)
    found = np.asarray(decode_pil(data, name="x")).astype(int)
    assert np.abs(found - expected).mean() <= error


def test_a_class_that_wordnet_does_not_have_is_named(hierarchy: Hierarchy, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="n99999999"):
        write_pack(
            SPEC, [TABBY, "n99999999"], tmp_path / "p.parquet", hierarchy=hierarchy, workers=1
        )
    assert list(tmp_path.iterdir()) == []


def test_seeds_of_motions_and_images_do_not_meet() -> None:
    assert derive_seed("world", 0, "look", TABBY) != derive_seed("world", 0, "focus", TABBY)


def test_a_worker_draws_with_one_thread(
    hierarchy: Hierarchy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers of two threads each, on two cores, wait for each other most of the time."""
    found: list[int] = []

    def draw(*arguments: object, **keys: object) -> np.ndarray:
        blas = threadpool_info()
        found.extend(pool["num_threads"] for pool in blas if pool["user_api"] == "blas")
        return np.zeros((1, 16, 16, 3), dtype=np.uint8)

    monkeypatch.setattr(pack, "draw_images", draw)
    with threadpool_limits(2, user_api="blas"):
        write_pack(SPEC, [TABBY], tmp_path / "p.parquet", hierarchy=hierarchy, workers=1)
    assert set(found) == {1}
