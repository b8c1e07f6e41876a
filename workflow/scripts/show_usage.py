"""Print what jobs asked for beside what they used, by rule: memory and time."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.needs import Needs
from cogworks.estimates.usage import accounted, accounting, asked, recorded, told
from cogworks.stale.dry_run import Settings, read


def main() -> None:
    args = cli.parser(__doc__, spec=Settings).parse_args()
    uses = list(accounted(accounting(), Path.cwd()))
    if not uses:
        with Needs.ignored():
            uses = recorded(read(args.spec, asked))
    print(*told(uses), sep="\n")


if __name__ == "__main__":
    cli.run(main)
