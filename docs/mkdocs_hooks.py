"""What mkdocs needs beside docs/: a page of another folder, and what draws the diagram.

Links are written for the repository, where sql/README.md lies beside docs/.
"""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
CONVENTIONS = "sql-conventions.md"
MERMAID = "mermaid.min.js"
MERMAID_FILE = ROOT / ".cache" / "site" / "node_modules" / "mermaid" / "dist" / MERMAID


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Adds the conventions of the SQL, and mermaid."""
    files.append(File.generated(config, CONVENTIONS, abs_src_path=str(ROOT / "sql" / "README.md")))
    files.append(File.generated(config, MERMAID, abs_src_path=str(MERMAID_FILE)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Makes links between the two folders links between pages."""
    if page.file.src_uri == CONVENTIONS:
        return markdown.replace("](../docs/", "](")
    return markdown.replace("](../sql/README.md", f"]({CONVENTIONS}")


def on_post_page(output: str, **_: Any) -> str:
    """Loads mermaid where there is a diagram; the theme would fetch it from another host."""
    if 'class="mermaid"' not in output:
        return output
    return output.replace("</head>", f'<script src="{MERMAID}"></script></head>', 1)
