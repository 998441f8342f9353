"""The variables that may be set, for what sets them in containers."""

import re

from app.release import PROJECT_DIR

DOCUMENTED = set(re.findall(r"^#(MOLAM_\w+)=", (PROJECT_DIR / ".env.example").read_text(), re.MULTILINE))


def unknown_settings(names: list[str]) -> list[str]:
    """Those that nothing reads."""
    ours = [name for name in names if name.startswith("MOLAM_")]
    return [name for name in ours if name.removesuffix("_FILE") not in DOCUMENTED]
