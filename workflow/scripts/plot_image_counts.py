"""Draw the number of images of each concept, data set by data set (figure 3.3)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.concept_figures import images_figure, images_per_concept
from cogworks.report.style import save


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--train", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--test", type=Path, nargs="+", required=True, help="manifests")
    parser.add_argument("--figure", type=Path, required=True, help="the figure, without suffix")
    args = parser.parse_args()
    counts = {
        label: images_per_concept([read_parquet(path, columns=["wnid"]) for path in pair])
        for label, *pair in zip(args.spec["labels"], args.train, args.test, strict=True)
    }
    save(images_figure(counts), args.figure)


if __name__ == "__main__":
    cli.run(main)
