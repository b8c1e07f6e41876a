"""Write where each encoder of this run stands among the published models."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.published import linear_probe
from cogworks.report.published_tables import standing_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--paper", type=Path, required=True, help="folder of published figures")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    summary, published = read_parquet(args.summary), linear_probe(args.paper)
    write_formats(standing_table(summary, published, args.spec), args.table)


if __name__ == "__main__":
    cli.run(main)
