"""Say what would run again, and why: one line per stage."""

from cogworks.core import cli
from cogworks.stale import code
from cogworks.stale.dry_run import Settings, planned
from cogworks.stale.tell import tell


def main() -> None:
    args = cli.parser(__doc__, spec=Settings).parse_args()
    jobs = planned(args.spec)
    code.record()
    print(*tell(jobs), sep="\n")


if __name__ == "__main__":
    cli.run(main)
