#!/bin/sh
# The command `cogworks` of a checkout, which `make setup` links into .venv/bin.
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
exec "$root/.venv/bin/python" "$root/workflow/scripts/rank.py" "$@"
