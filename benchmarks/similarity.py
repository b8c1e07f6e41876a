"""The concept stage's similarity matrix against NLTK, pair by pair, in one run.

NLTK takes minutes for all 5 million pairs, so it is timed on a random sample of pairs and scaled.
Both are given the same information content, and must agree to the last bit.

    python benchmarks/similarity.py [--pairs 3000]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from nltk_oracle import nltk_information, open_nltk, synset  # noqa: E402

from cogworks.concepts.information import corpus, information_content  # noqa: E402
from cogworks.concepts.selection import Rules, select  # noqa: E402
from cogworks.concepts.similarities import lin  # noqa: E402
from cogworks.concepts.subsumers import information_similarity  # noqa: E402
from cogworks.concepts.wnid_lists import read_wnids  # noqa: E402
from cogworks.concepts.wordnet import open_wordnet  # noqa: E402
from cogworks.core.cli import positive  # noqa: E402

PERSON = "n00007846"
LEAST_RATIO = 50
MOST_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=positive, default=3000, help="pairs for NLTK")
    parser.add_argument("--rows", type=positive, default=5146, help="unseen concepts")
    args = parser.parse_args()
    wordnet = open_wordnet()
    pool = read_wnids("imagenet21k_fall2011", key="pool")
    columns = read_wnids("imagenet1k", key="seen")
    rows = select(wordnet, pool, Rules(seen=columns, exclude_subtrees=[PERSON])).eligible
    rng = np.random.default_rng(0)
    rows = sorted(rng.choice(rows, args.rows, replace=False).tolist())
    information = information_content(wordnet, pool, ic_count="nodes")

    seconds, matrices = {}, {}
    for lcs in ("max_ic", "deepest"):
        start = time.perf_counter()
        matrices[lcs] = information_similarity(
            wordnet, rows, columns, information, formula=lin.formula, lcs=lcs
        )
        seconds[lcs] = time.perf_counter() - start

    with tempfile.TemporaryDirectory() as scratch:
        reader = open_nltk(wordnet.source, Path(scratch))
        content = nltk_information(wordnet, corpus(wordnet, pool, "nodes"))
        chosen = rng.integers(0, [len(rows), len(columns)], size=(args.pairs, 2))
        pairs = [(synset(reader, rows[i]), synset(reader, columns[j])) for i, j in chosen]
        for first, second in pairs:
            # In a full run each synset's ancestors are found once and kept: not timed here.
            first.common_hypernyms(second)
        start = time.perf_counter()
        theirs = [first.lin_similarity(second, content) for first, second in pairs]
        seconds["nltk"] = (time.perf_counter() - start) / args.pairs * len(rows) * len(columns)
    ours = [matrices["max_ic"][i, j] for i, j in chosen]
    # NLTK's infinity is 1e300; the teddy bear's similarities are 0 here and 1e-300 there.
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-299)

    ratio = seconds["nltk"] / seconds["max_ic"]
    print(f"{len(rows)} x {len(columns)} Lin similarities, equal on {args.pairs} random pairs")
    print("| what | seconds | times as fast |\n| --- | --- | --- |")
    print(f"| NLTK, pair by pair (scaled) | {seconds['nltk']:.1f} | 1 |")
    for lcs in matrices:
        print(f"| matrix, lcs: {lcs} | {seconds[lcs]:.2f} | {seconds['nltk'] / seconds[lcs]:.0f} |")
    if ratio < LEAST_RATIO or max(seconds[lcs] for lcs in matrices) > MOST_SECONDS:
        sys.exit(f"expected {LEAST_RATIO} times as fast and under {MOST_SECONDS} s")


if __name__ == "__main__":
    main()
