"""Print what jobs asked for beside what they used, by rule; and what was forecast, by room."""

from pathlib import Path

from cogworks.config.root import Config
from cogworks.core import cli
from cogworks.core.needs import Needs
from cogworks.core.spec import unpacked
from cogworks.estimates.forecast import Forecast
from cogworks.estimates.usage import accounted, accounting, asked, recorded, rooms, told
from cogworks.plan.plan import Plan
from cogworks.stale.dry_run import Settings, read


def main() -> None:
    parser = cli.parser(__doc__, spec=Settings)
    parser.add_argument("--config", required=True, help="the config; see `spec.packed`")
    parser.add_argument("--warm", action="store_true", help="jobs start with loaded libraries")
    args = parser.parse_args()
    plan = Plan(Config.model_validate(unpacked(args.config)))
    with Needs.ignored():
        requests = read(args.spec, asked)
    uses = list(accounted(accounting(), Path.cwd())) or recorded(requests)
    if not uses:
        print("No job of this config has run yet: there is nothing to compare.")
        return
    print(*told(uses), "", *rooms(uses, requests, Forecast(plan, args.warm)), sep="\n")


if __name__ == "__main__":
    cli.run(main)
