"""Check paths, weights, device, compiler and disk before hours of work; exit 1 if one is wrong.

With `--needed`, only the networks and tokenizers of a run's jobs are loaded.
"""

from cogworks.config.root import Config
from cogworks.core import cli
from cogworks.core.spec import unpacked
from cogworks.plan.plan import Plan
from cogworks.preflight.quick import Needed
from cogworks.preflight.thorough import inspect, loaded


def main() -> int:
    parser = cli.parser(__doc__)
    parser.add_argument("--config", required=True, help="the config; see `spec.packed`")
    parser.add_argument("--needed", help="what a run needs, packed as the config is")
    args = parser.parse_args()
    plan = Plan(Config.model_validate(unpacked(args.config)))
    if args.needed is None:
        found = inspect(plan)
    else:
        found = loaded(plan, Needed.model_validate(unpacked(args.needed)))
    fine = True
    for finding in found:
        mark = "ok     " if finding.fine else "MISSING"
        print(f"{mark} {finding.what}: {finding.words}", flush=True)
        fine = fine and finding.fine
    return int(not fine)


if __name__ == "__main__":
    cli.run(main)
