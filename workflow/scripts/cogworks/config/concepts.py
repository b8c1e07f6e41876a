"""The section `concepts` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.concepts.similarities import SIMILARITIES, similarities_with
from cogworks.config.base import Applies, Positive, Section, UserPath, Whole, one_of, unique


class WordVectors(Section):
    """Vectors for `similarity` word_vectors (thesis 3.5.2)."""

    file: UserPath | None = None
    """Word vectors in word2vec's format, text or binary, also compressed (.gz, .bz2); the thesis
    takes Wikipedia2Vec's of April 2018.
    """
    format: Literal["auto", "text", "binary"] = "auto"
    """Format of the file; auto reads binary where the name says .bin."""
    entity_prefix: str = "ENTITY/"
    """What stands in the file before an entity's title (Wikipedia2Vec: ENTITY/). A name of several
    words takes the entity's vector where there is one.
    """


class Levels(Section):
    """How the ranking is cut."""

    count: Positive = 5
    """Number of levels."""
    size: Positive = 1000
    """Concepts in each level."""
    gaps: Literal["floor_last", "even", "none"] = "floor_last"
    """Where the concepts go that no level takes: floor_last (between the levels, so that they span
    the ranking; the last gap takes the remainder: 36, 36, 36, 38 in the thesis), even (the same
    with gaps that differ by one at most), or none (after the last level, where they are in any case
    if there is one level only).
    """


class Benchmark(Section):
    """One benchmark. An empty mapping takes all defaults."""

    wordnet: UserPath | None = None
    """Folder (or NLTK's zip archive) with WordNet 3.0's `data.noun` and `index.noun`; null looks
    into `resources/wordnet`, NLTK's data path and the system's folders. An ontology of one's own in
    WordNet's format will do too.
    """
    pool: UserPath = "imagenet21k_fall2011"
    """Where concepts are taken from: `imagenet21k_fall2011` (21,841 synsets), or a file with one
    wnid a line (names may follow it, as in LOC_synset_mapping.txt), or a Parquet file with a column
    `wnid`, such as a pack of images.
    """
    seen: UserPath = "imagenet1k"
    """The seen concepts, on which encoders are trained: `imagenet1k` (the 1000 of ILSVRC-2012), or
    a file as for `pool`.
    """
    seen_limit: Positive | None = None
    """Take only this many of the seen list, drawn by seed and wnid; the others are unseen concepts
    like the rest of the pool. Null takes all.
    """
    image_counts: UserPath | Annotated[list[UserPath], Field(min_length=1), unique] | None = None
    """How many images each concept has: a table (`.csv` or `.tsv`, with the columns wnid and
    images), or an ImageNet-21K folder that is scanned once (class folders or tar archives named by
    wnid), or a Parquet pack with a column `wnid`, or a list of such, whose counts add up. An image
    is what the manifests take as one: a file of an image's suffix at any depth below its class,
    hidden ones apart. Null: not known; then `min_images` must be null too. After a change in a
    folder, run with `--forcerun scan_image_counts`.
    """
    min_images: Positive | None = None
    """Drop concepts with fewer images (the thesis: 782, the smallest number that a class of
    ILSVRC-2012 has with its 50 of the validation set).
    """
    discard: UserPath | None = "resources/paper/discarded_concepts.txt"
    """File of wnids to drop by hand, by default the 70 of the thesis's table 3.1. Null: none."""
    drop_seen_ancestors: bool = True
    """Drop the concepts above a seen one (cat, where tiger cat is seen)."""
    exclude_subtrees: Annotated[list[Annotated[str, Field(pattern="^n[0-9]{8}$")]], unique] = [
        "n00007846"
    ]
    """Drop these synsets and all below them (n00007846 is person)."""
    leaves_only: bool = True
    """Drop the concepts that have a descendant among those still eligible."""
    members_of: str | None = None
    """Keep only the level members of another benchmark, so that another similarity re-ranks the
    same concepts (thesis 3.5.2; set `levels.gaps` to none). Null: keep all.
    """
    similarity: Annotated[str, one_of(SIMILARITIES)] = "lin"
    """Similarity of two concepts; that to the seen set is the largest. lin (the thesis), resnik and
    jiang_conrath use information content; wu_palmer and path the graph alone; word_vectors is the
    cosine of vectors of names and definitions (thesis 3.5.2).
    """
    ic_count: Annotated[
        Literal["nodes", "pool", "leaves", "wordnet"],
        Applies({"similarity": similarities_with("ic_count")}),
    ] = "nodes"
    """What p(c) of the information content -log p(c) counts at or below c: nodes (the pool's
    synsets and all their ancestors), pool (the pool alone), leaves (the pool's synsets without
    another one below), or wordnet (all nouns).
    """
    lcs: Annotated[
        Literal["deepest", "max_ic"], Applies({"similarity": similarities_with("lcs")})
    ] = "deepest"
    """Which common ancestor is the lowest common subsumer for lin, resnik and jiang_conrath:
    deepest (longest path to the root, first by name; NLTK's `lowest_common_hypernyms()[0]`) or
    max_ic (largest information content; what NLTK's similarities use).
    """
    ties: Literal["wnid", "random", "legacy_argsort"] = "wnid"
    """Order of concepts with equal similarity: wnid (portable), random (by seed), or legacy_argsort
    (as NumPy's old quicksort leaves them). Hundreds of concepts tie, so this decides who is in
    which level.
    """
    seed: Annotated[Whole, Applies({"ties": ["random"]}, {"seen_limit": "given"})] = 0
    """Seed of `ties` random and of `seen_limit`."""
    word_vectors: Annotated[
        WordVectors, Applies({"similarity": similarities_with("word_vectors")})
    ] = WordVectors()
    """Vectors for `similarity` word_vectors (thesis 3.5.2)."""
    levels: Levels = Levels()
    """How the ranking is cut."""
