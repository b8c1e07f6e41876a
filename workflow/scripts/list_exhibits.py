"""List all exhibits, of the thesis and others: made, to be made by so many jobs, or not given."""

from cogworks.core import cli
from cogworks.core.needs import Needs
from cogworks.report.listing import ListSpec, lines
from cogworks.stale.dry_run import Settings, planned
from cogworks.stale.job import to_run


def main() -> None:
    parser = cli.parser(__doc__, spec=ListSpec)
    parser.add_argument("--settings", type=Settings.read, required=True, help="see stale.dry_run")
    args = parser.parse_args()
    files = [path for row in args.spec.rows for path in row.files]
    with Needs.ignored():
        jobs = planned(args.settings, files) if files else []
    print(*lines(args.spec.rows, lambda paths: len(to_run(jobs, paths))), sep="\n")


if __name__ == "__main__":
    cli.run(main)
