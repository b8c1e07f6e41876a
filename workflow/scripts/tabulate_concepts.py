"""Write what each filter left of a benchmark's concepts, and what its levels hold."""

from pathlib import Path

import pandas as pd

from cogworks.core import cli
from cogworks.report.concept_tables import filter_table, level_content_table
from cogworks.report.formats import write_formats


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--benchmark", required=True, help="name of the benchmark")
    parser.add_argument("--filters", type=Path, required=True, help="CSV: step, left")
    parser.add_argument("--levels", type=Path, required=True, help="CSV: a line for each level")
    parser.add_argument("--filter-table", type=Path, required=True, help="without suffix")
    parser.add_argument("--level-table", type=Path, required=True, help="without suffix")
    args = parser.parse_args()
    filters, levels = pd.read_csv(args.filters), pd.read_csv(args.levels)
    write_formats(filter_table(filters, benchmark=args.benchmark), args.filter_table)
    write_formats(level_content_table(levels, benchmark=args.benchmark), args.level_table)


if __name__ == "__main__":
    cli.run(main)
