"""Write the transfer tables with the thesis's rows below this run's own."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import read_parquet
from cogworks.report.formats import write_formats
from cogworks.report.table import read_table
from cogworks.report.transfer_tables import published_trade_off_table, published_transfer_table


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--summary", type=Path, required=True, help="scores, mean over seeds")
    parser.add_argument("--own-transfer", type=Path, required=True, help="Parquet: our own rows")
    parser.add_argument("--own-trade-off", type=Path, required=True, help="Parquet: our own rows")
    parser.add_argument("--paper", type=Path, required=True, help="folder of published figures")
    parser.add_argument("--transfer", type=Path, required=True, help="a table, without suffix")
    parser.add_argument("--trade-off", type=Path, required=True, help="a table, without suffix")
    args = parser.parse_args()
    summary, spec, paper = read_parquet(args.summary), args.spec, args.paper
    transfer, trade_off = read_table(args.own_transfer), read_table(args.own_trade_off)
    write_formats(published_transfer_table(transfer, summary, spec, paper), args.transfer)
    write_formats(published_trade_off_table(trade_off, summary, spec, paper), args.trade_off)


if __name__ == "__main__":
    cli.run(main)
