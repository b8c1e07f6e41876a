"""Build the report: one HTML file with all tables and figures in it, which are read."""

from pathlib import Path

from cogworks.core import cli
from cogworks.core.files import write_text
from cogworks.report.page.build import build_page
from cogworks.report.page.specs import PageSpec


def main() -> None:
    parser = cli.parser(__doc__, spec=PageSpec)
    parser.add_argument("--texts", type=Path, required=True, help="the folder workflow/report")
    parser.add_argument("--output", type=Path, required=True, help="the HTML file to write")
    args = parser.parse_args()
    write_text(build_page(args.spec, texts=args.texts), args.output)


if __name__ == "__main__":
    cli.run(main)
