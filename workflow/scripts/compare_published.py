"""Write one of tables B.1 to B.6 with this run's encoders above the published models."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.published import linear_probe
from cogworks.report.published_tables import published_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--paper", type=Path, required=True, help="folder of published figures")
    parser.add_argument("--dataset", required=True, help="published name, such as cog_l5")
    parser.add_argument("--table", type=Path, required=True, help="the table, without suffix")
    args = parser.parse_args()
    summary, published = read_parquet(args.summary), linear_probe(args.paper)
    write_formats(published_table(summary, published, args.spec, args.dataset), args.table)


if __name__ == "__main__":
    cli.run(main)
