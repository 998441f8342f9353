"""The pages of docs/ as tests follow them: what a test does, the page says word for word."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


class Page:
    """A page whose commands are run."""

    def __init__(self, name: str) -> None:
        self._text = (DOCS / name).read_text()

    def command(self, text: str, **placeholders: object) -> str:
        """The command, which the page must have; its NAMES replaced by what they stand for here."""
        assert text in self._text, f"the page does not say: {text}"
        for name, value in placeholders.items():
            assert name in text
            text = text.replace(name, str(value))
        return text

    def blocks(self, heading: str) -> list[str]:
        """The shell's blocks below the heading, up to the next one of its level or above."""
        pattern = rf"^(#+) {re.escape(heading)}$\n(.*?)(?=^#{{1,2}} |\Z)"
        found = re.search(pattern, self._text, re.MULTILINE | re.DOTALL)
        assert found, f"the page has no heading {heading}"
        return re.findall(r"^```sh\n(.*?)^```$", found[2], re.MULTILINE | re.DOTALL)
