"""Check paths, weights, device and disk before hours of work start; exit 1 if one is missing."""

from cogworks.config.root import Config
from cogworks.core import cli
from cogworks.core.spec import unpacked
from cogworks.plan.plan import Plan
from cogworks.preflight import inspect


def main() -> int:
    parser = cli.parser(__doc__)
    parser.add_argument("--config", required=True, help="the config; see `spec.packed`")
    findings = list(inspect(Plan(Config.model_validate(unpacked(parser.parse_args().config)))))
    for finding in findings:
        print(f"{'ok     ' if finding.fine else 'MISSING'} {finding.what}: {finding.words}")
    return int(not all(finding.fine for finding in findings))


if __name__ == "__main__":
    cli.run(main)
