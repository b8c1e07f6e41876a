"""What the wheel holds besides the files that pyproject.toml names: the scripts of the rules."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPTS = "workflow/scripts"


class Scripts(BuildHookInterface):
    """Puts the scripts where an installed workflow has them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to the files of the wheel."""
        for script in sorted(Path(self.root, SCRIPTS).glob("*.py")):
            build_data["force_include"][str(script)] = f"cogworks/bundled/{SCRIPTS}/{script.name}"
