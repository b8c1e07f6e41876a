"""Write top-1 by data set and the training-versus-transfer table (tables D.1 and 4.1)."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.transfer_tables import trade_off_table, transfer_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--scores", type=Path, required=True, help="the long table")
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--transfer", type=Path, required=True, help="a table, without suffix")
    parser.add_argument("--trade-off", type=Path, required=True, help="a table, without suffix")
    args = parser.parse_args()
    scores, summary = read_parquet(args.scores), read_parquet(args.summary)
    write_formats(transfer_table(scores, summary, args.spec), args.transfer)
    write_formats(trade_off_table(scores, args.spec), args.trade_off)


if __name__ == "__main__":
    cli.run(main)
