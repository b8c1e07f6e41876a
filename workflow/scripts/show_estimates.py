"""Print what is left to do for a config: jobs, images, time and disk, by part of the report.

Without `--parts`, the files of the measurements that this takes are printed, one a line.
"""

from pathlib import Path

from cogworks.config.root import Config
from cogworks.core import cli
from cogworks.core.needs import Needs
from cogworks.core.spec import unpacked
from cogworks.estimates.forecast import Forecast, told
from cogworks.plan.plan import Plan
from cogworks.stale.dry_run import Settings, planned
from cogworks.synthesis.estimates import summary


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--config", required=True, help="the config; see `spec.packed`")
    parser.add_argument("--parts", help="parts of the report, packed likewise")
    parser.add_argument("--settings", type=Settings.read, required=True, help="see stale.dry_run")
    parser.add_argument("--clones", type=Path, nargs="*", help="estimates of clones")
    parser.add_argument("--warm", action="store_true", help="jobs start with loaded libraries")
    args = parser.parse_args()
    plan = Plan(Config.model_validate(unpacked(args.config)))
    with Needs.ignored():
        jobs = planned(args.settings)
    forecast = Forecast(plan, args.warm)
    if args.parts is None:
        forecast.rows(job for job in jobs if job.needed)
        print(*forecast.read, sep="\n")
        return
    print(*told(forecast, jobs, unpacked(args.parts)), sep="\n")
    if args.clones:
        print(summary(args.clones))


if __name__ == "__main__":
    cli.run(main)
