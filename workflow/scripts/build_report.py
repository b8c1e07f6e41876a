"""Build the report: one HTML file with all tables and figures in it."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import write_text
from cogworks.core.spec import unpacked
from cogworks.report.page import build_page


def main() -> None:
    parser = cli.parser(__doc__)
    parser.add_argument("--texts", type=Path, required=True, help="the folder workflow/report")
    parser.add_argument("--config", required=True, help="the config, zlib and base64")
    parser.add_argument("--output", type=Path, required=True, help="the HTML file")
    args = parser.parse_args()
    config = unpacked(args.config)
    write_text(build_page(args.spec, config=config, texts=args.texts), args.output)


if __name__ == "__main__":
    cli.run(main)
