"""The section `concepts` of the config."""

from typing import Annotated, Literal

from pydantic import Field

from cogworks.concepts.similarities import SIMILARITIES, similarities_with
from cogworks.config.base import Applies, Positive, Section, UserPath, Whole, one_of, unique


class WordVectors(Section):
    """Vectors for `similarity: word_vectors` (thesis 3.5.2)."""

    file: UserPath | None = None
    """Word vectors in word2vec's text or binary format, optionally compressed (.gz, .bz2). The
    thesis uses Wikipedia2Vec's of April 2018.
    """
    format: Literal["auto", "text", "binary"] = "auto"
    """Format of the file; `auto` reads it as binary if its name contains .bin."""
    entity_prefix: str = "ENTITY/"
    """Prefix that marks an entity's title in the file (Wikipedia2Vec: ENTITY/). A name of several
    words uses the entity's vector if there is one.
    """


class Levels(Section):
    """How the ranking is cut into levels."""

    count: Annotated[int, Field(ge=1, le=100)] = 5
    """Number of levels."""
    size: Positive = 1000
    """Concepts in each level."""
    published: UserPath | None = None
    """The levels of others instead of a cut of the ranking: ImageNet-CoG's
    `cog_levels_mapping_file.pkl`, or JSON of the same form, a list of wnids for each level. `count`
    and `size` must be those of the file, and its concepts eligible here. The log says how many of
    them a cut of the ranking would put elsewhere. Pickles are read without running what is in them.
    """
    gaps: Annotated[Literal["floor_last", "even", "none"], Applies({"published": [None]})] = (
        "floor_last"
    )
    """Where to put the concepts left over when the ranking is cut: `floor_last` spreads them evenly
    between the levels and adds the remainder to the last gap (36, 36, 36, 38 in the thesis), `even`
    lets gaps differ by at most one, `none` puts them after the last level. A single level always
    has them after it.
    """


class Benchmark(Section):
    """One benchmark. An empty mapping takes all defaults."""

    wordnet: UserPath | None = None
    """Folder (or NLTK's zip archive) with WordNet 3.0's `data.noun` and `index.noun`. Null searches
    `resources/wordnet`, NLTK's data path and the system's folders. Any ontology in WordNet's format
    works too.
    """
    pool: UserPath | Annotated[list[UserPath], Field(min_length=1), unique] = "imagenet21k_fall2011"
    """The concepts to choose from: `imagenet21k_fall2011` (21,841 synsets), a file with a wnid a
    line (names may follow), a Parquet file or CSV table (`resources/synsets`) with a column `wnid`,
    or a list of these. With images of Winter 2021, keep the list of Fall 2011: the 2,674 people
    that they lack count in the information content. Without these, 48 of the thesis's 5,000
    concepts change places.
    """
    seen: UserPath = "imagenet1k"
    """The concepts on which encoders are trained: `imagenet1k` (the 1000 of ILSVRC-2012),
    `imagenet100` (the thesis's 100 of them), or a file as for `pool`.
    """
    seen_limit: Positive | None = None
    """Use only this many of the seen concepts, drawn by seed and wnid; the others count as unseen.
    Null uses all.
    """
    image_counts: UserPath | Annotated[list[UserPath], Field(min_length=1), unique] | None = None
    """Images per concept: a table (`.csv` or `.tsv`, with columns wnid and images), an ImageNet-21K
    folder to scan (class folders or tar archives named by wnid), a Parquet pack with a column
    `wnid`, or a list of these, whose counts are added. Null means unknown; `min_images` must then
    be null too. A folder is listed once, also for data sets; after a change in it, run with
    `--forcerun index_folder`.
    """
    min_images: Positive | None = None
    """Drop concepts with fewer images. The thesis uses 782, the size of ILSVRC-2012's smallest
    class including its 50 validation images.
    """
    discard: UserPath | None = "resources/paper/discarded_concepts.txt"
    """File of wnids to drop by hand; the default lists the 70 of the thesis's table 3.1. Null drops
    none.
    """
    drop_seen_ancestors: bool = True
    """Drop the ancestors of seen concepts (cat, if tiger cat is seen)."""
    exclude_subtrees: Annotated[list[Annotated[str, Field(pattern="^n[0-9]{8}$")]], unique] = [
        "n00007846"
    ]
    """Drop these synsets and everything below them (n00007846 is person)."""
    leaves_only: bool = True
    """Drop concepts that have a descendant among those still eligible."""
    members_of: str | None = None
    """Keep only the concepts in the levels of another benchmark, so that a different similarity
    ranks the same concepts (thesis 3.5.2; set `levels.gaps` to none). Null keeps all.
    """
    similarity: Annotated[str, one_of(SIMILARITIES)] = "lin"
    """Similarity of two concepts; a concept's similarity to the seen set is its largest to any
    member. `lin` (the thesis), `resnik` and `jiang_conrath` use information content, `wu_palmer`
    and `path` the graph alone; `word_vectors` is the cosine between vectors of names and
    definitions (thesis 3.5.2).
    """
    ic_count: Annotated[
        Literal["nodes", "pool", "leaves", "wordnet"],
        Applies({"similarity": similarities_with("ic_count")}),
    ] = "nodes"
    """Which synsets p(c) counts, at or below c, in the information content -log p(c): `nodes` (the
    pool and all its ancestors), `pool` (the pool alone), `leaves` (synsets of the pool with no
    other one below them) or `wordnet` (all nouns).
    """
    lcs: Annotated[
        Literal["deepest", "max_ic"], Applies({"similarity": similarities_with("lcs")})
    ] = "deepest"
    """Which common ancestor is the lowest common subsumer: `deepest` (longest path to the root,
    then first by name, like NLTK's `lowest_common_hypernyms()[0]`) or `max_ic` (largest information
    content, like NLTK's similarities).
    """
    ties: Literal["wnid", "random", "legacy_argsort"] = "wnid"
    """Order of concepts with equal similarity: `wnid` (portable), `random` (by `seed`) or
    `legacy_argsort` (the order that NumPy's old quicksort leaves, which gives exactly the levels of
    ImageNet-CoG). Hundreds of concepts tie, so this changes who is in which level.
    """
    seed: Annotated[Whole, Applies({"ties": ["random"]}, {"seen_limit": "given"})] = 0
    """Seed for `ties: random` and for `seen_limit`."""
    word_vectors: Annotated[
        WordVectors, Applies({"similarity": similarities_with("word_vectors")})
    ] = WordVectors()
    """Vectors for `similarity: word_vectors` (thesis 3.5.2)."""
    levels: Levels = Levels()
    """How the ranking is cut into levels."""
