"""Write how sure one data set's classifier is of another's images (section 3.5.3)."""

from pathlib import Path

import pandas as pd

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.noise_tables import example_table, noise_table, read_crossings


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--crossed", type=Path, nargs="+", required=True, help="predictions")
    parser.add_argument("--classes", type=Path, nargs="+", required=True, help="class tables")
    parser.add_argument("--shares", type=Path, required=True, help="a table, without suffix")
    parser.add_argument("--examples", type=Path, required=True, help="a table, without suffix")
    args = parser.parse_args()
    crossings = read_crossings(args.crossed, args.spec)
    classes = pd.concat([read_parquet(path, columns=["wnid", "name"]) for path in args.classes])
    names = dict(zip(classes["wnid"], classes["name"], strict=True))
    write_formats(noise_table(crossings), args.shares)
    write_formats(example_table(crossings, names), args.examples)


if __name__ == "__main__":
    cli.run(main)
