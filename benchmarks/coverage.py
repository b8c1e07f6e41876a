"""How often a 95% interval holds the truth: accuracies, and paired differences of two encoders.

Each row is a design: concepts, test images of each, seeds. Draws of two encoders with planted
accuracies are made from a model in which an image is right if a sum of normal effects is positive:
of the concept, of the image, of the seed, of the seed on the concept and on the image, each in part
common to both encoders and in part their own. So the accuracy on all further concepts is known: the
normal distribution function of the mean over the root of all variances. With a single seed, the
truth is that of the classifier of that seed.

The methods:

- images: a percentile bootstrap over test images alone, of each seed, bounds averaged over seeds;
  for a difference, over pairs. Concepts and seeds are taken for fixed.
- percentile: a bootstrap of concepts, with all their images, and seeds; percentiles of its draws.
- two stages: the same, and images are drawn again within each concept drawn.
- ours: `cogworks.report.intervals`, its variance in closed form, and quantiles of Student's t.

    python benchmarks/coverage.py [--draws 500]

Of 500 draws, percent that hold the truth, from the worst to the best of ten designs:

    | of | images | percentile | two stages | ours |
    | --- | --- | --- | --- | --- |
    | accuracy | 35.0 to 84.2 | 88.6 to 96.6 | 94.4 to 96.8 | 94.0 to 96.0 |
    | difference | 42.6 to 93.2 | 90.4 to 99.4 | 97.4 to 98.6 | 94.4 to 96.8 |

Percentiles are too narrow for few concepts or seeds, and too wide where a seed moves each concept
by itself. Two stages, run in the small designs alone, are too wide for differences, as the noise of
images counts twice.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from cogworks.core.cli import positive  # noqa: E402
from cogworks.core.seeds import derive_seed  # noqa: E402
from cogworks.report.intervals import accuracy_interval, difference_interval  # noqa: E402

METHODS = ("images", "percentile", "two stages", "ours")
RESAMPLES = 1000
TAILS = (0.025, 0.975)
# Two stages take every image of every resample; larger designs have no such column.
MOST_IMAGES = 2000


@dataclass(frozen=True)
class Design:
    """What is drawn.

    Attributes:
        name: what it stands for.
        concepts: C.
        images: test images of each.
        seeds: S.
        accuracies: of the two encoders.
        seed: deviation of the effect of a seed.
        seed_concept: deviation of its effect on each concept.
        own_concept: deviation of the effect of a concept on one encoder alone.
    """

    name: str
    concepts: int
    images: int
    seeds: int
    accuracies: tuple[float, float]
    seed: float = 0.01
    seed_concept: float = 0.1
    own_concept: float = 0.25

    @property
    def deviations(self) -> dict[str, tuple[float, float]]:
        """Return for each effect the deviation of its common part and of an encoder's own."""
        return {
            "concept": (0.8, self.own_concept),
            "image": (1.0, 0.5),
            "seed": (self.seed / 2, self.seed),
            "seed_concept": (self.seed_concept / 2, self.seed_concept),
            "seed_image": (0.0, 0.3),
        }


DESIGNS = (
    Design("demo", 20, 10, 3, (0.60, 0.50)),
    Design("demo, two seeds", 20, 10, 2, (0.60, 0.60)),
    Design("demo, one seed", 20, 10, 1, (0.60, 0.50)),
    Design("demo, high accuracy", 20, 10, 5, (0.95, 0.90)),
    Design("100 classes", 100, 50, 5, (0.80, 0.78)),
    Design("100 classes, seeds differ", 100, 50, 5, (0.60, 0.57), seed=0.1),
    Design("100 classes, one shot", 100, 50, 5, (0.30, 0.27), seed=0.05, seed_concept=0.8),
    Design("level", 1000, 50, 5, (0.58, 0.57)),
    Design("level, equal encoders", 1000, 50, 5, (0.58, 0.58)),
    Design("level, one shot", 1000, 50, 5, (0.30, 0.29), seed=0.02, seed_concept=0.8),
)
SHAPES = {"concept": "c", "image": "ci", "seed": "s", "seed_concept": "cs", "seed_image": "cis"}


@dataclass(frozen=True)
class Draw:
    """Images that are right, `(2, C, I, S)`, and the true accuracy of each encoder."""

    right: np.ndarray
    truth: np.ndarray


def draw(design: Design, rng: np.random.Generator) -> Draw:
    """Return two encoders' results on the same concepts, images and seeds."""
    sizes = {"c": design.concepts, "i": design.images, "s": design.seeds}
    variances = {name: a**2 + b**2 for name, (a, b) in design.deviations.items()}
    total = sum(variances.values())
    means = ndtri(np.array(design.accuracies)) * np.sqrt(total)
    latent = np.broadcast_to(means[:, None, None, None], (2, *sizes.values()))
    truth = np.array(design.accuracies)
    for name, (common, own) in design.deviations.items():
        shape = [sizes[letter] if letter in SHAPES[name] else 1 for letter in "cis"]
        effect = common * rng.standard_normal((1, *shape)) + own * rng.standard_normal((2, *shape))
        latent = latent + effect
        if name == "seed" and design.seeds == 1:
            truth = ndtr((means + effect.ravel()) / np.sqrt(total - variances["seed"]))
    return Draw(latent > 0, truth)


def intervals(
    values: np.ndarray, rng: np.random.Generator
) -> dict[str, tuple[float, float] | None]:
    """Return the interval of the mean of `(C, I, S)` values by each bootstrap."""
    small = values[..., 0].size <= MOST_IMAGES
    return {
        "images": over_images(values, rng),
        "percentile": percentile(values, rng),
        "two stages": two_stages(values, rng) if small else None,
    }


def over_images(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the mean over seeds of the bounds of a bootstrap over images."""
    flat = values.reshape(-1, values.shape[-1])
    n, bounds = len(flat), []
    for column in flat.T:
        # The number of images of each value in a resample is multinomial.
        shares = [np.mean(column == value) for value in (-1, 0, 1)]
        counts = rng.multinomial(n, shares, RESAMPLES)
        bounds.append(np.quantile((counts[:, 2] - counts[:, 0]) / n, TAILS))
    low, high = np.mean(bounds, axis=0)
    return float(low), float(high)


def percentile(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the bounds of a bootstrap of concepts, with all their images, and seeds."""
    cells = values.mean(axis=1)
    weights = [rng.multinomial(n, [1 / n] * n, RESAMPLES) / n for n in cells.shape]
    low, high = np.quantile(((weights[0] @ cells) * weights[1]).sum(axis=1), TAILS)
    return float(low), float(high)


def two_stages(values: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Return the bounds of a bootstrap of concepts, of images within each, and of seeds."""
    concepts, images, seeds = values.shape
    chosen = rng.integers(concepts, size=(RESAMPLES, concepts, 1))
    inside = rng.integers(images, size=(RESAMPLES, concepts, images))
    again = rng.multinomial(seeds, [1 / seeds] * seeds, RESAMPLES) / seeds
    means = values[chosen, inside].mean(axis=(1, 2))
    low, high = np.quantile((means * again).sum(axis=1), TAILS)
    return float(low), float(high)


def coverage(design: Design, draws: int) -> Iterator[tuple[str, dict[str, float | None]]]:
    """Yield, for an accuracy and for a difference, in how many percent each method holds it."""
    held: dict[str, dict[str, list[bool]]] = {
        what: {method: [] for method in METHODS} for what in ("accuracy", "difference")
    }
    for number in range(draws):
        rng = np.random.default_rng(derive_seed("coverage", design.name, number))
        found = draw(design, rng)
        right = found.right.sum(axis=2)
        images = np.full(design.concepts, design.images)
        values = found.right.astype(np.int8)
        truths = {"accuracy": found.truth[0], "difference": found.truth[0] - found.truth[1]}
        for what, truth in truths.items():
            paired = what == "difference"
            shown = intervals(values[0] - values[1] if paired else values[0], rng)
            shown["ours"] = (
                difference_interval(right[0], right[1], images)
                if paired
                else accuracy_interval(right[0], images)
            )
            for method, bounds in shown.items():
                if bounds is not None:
                    held[what][method].append(bounds[0] <= truth <= bounds[1])
    for what, methods in held.items():
        yield what, {m: 100 * float(np.mean(hits)) if hits else None for m, hits in methods.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=positive, default=500)
    args = parser.parse_args()
    heads = ("design", "concepts", "images", "seeds", "of", *METHODS)
    print("| " + " | ".join(heads) + " |")
    print("|" + " --- |" * len(heads))
    for design in DESIGNS:
        sizes = (str(n) for n in (design.concepts, design.images, design.seeds))
        fixed = [design.name, *sizes]
        for what, shares in coverage(design, args.draws):
            cells = ["–" if v is None else f"{v:.1f}" for v in shares.values()]
            print("| " + " | ".join([*fixed, what, *cells]) + " |", flush=True)


if __name__ == "__main__":
    main()
