"""What mkdocs does besides for the pages of docs/ (mkdocs.yml).

Links out of docs/, which GitHub follows, become the file's name, for the site has no such page. And nothing is asked of
another host: the theme's one script from elsewhere, with which the search runs in pages opened from disk, is
replaced by ``docs_worker.js`` beside this file; a page with another one fails the build.
"""

import re
from pathlib import Path

from mkdocs.exceptions import PluginError

_HERE = Path(__file__).resolve().parent
_ROOT = _HERE.parent
#: A link to a file, with or without a place in it; not to another host, a picture or a place of the same page.
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
_SHIM = '<script src="https://unpkg.com/iframe-worker/shim"></script>'
#: What a browser loads by itself, from another host.
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio)\b[^>]*\ssrc=["']?(?:https?:)?//[^"'>\s]+"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preconnect|icon|preload))[^>]*\shref=["']?(?:https?:)?//[^"'>\s]+"""
)


def on_page_markdown(markdown: str, page, config, files) -> str:
    """Rewrite a page's links to what is not below docs/."""
    docs = Path(config["docs_dir"]).resolve()
    folder = (docs / page.file.src_uri).parent

    def rewritten(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        # What leads nowhere is mkdocs's to say.
        if target.is_relative_to(docs) or not target.exists():
            return link[0]
        return f"{link[1]} (`{target.relative_to(_ROOT).as_posix()}`)"

    return _LINK.sub(rewritten, markdown)


def on_post_page(output: str, page, config) -> str:
    """Take out of a page what would be loaded from elsewhere."""
    return _without_others(output, page.file.src_uri)


def on_post_template(output_content: str, template_name: str, config) -> str:
    """The same of the pages that have no source."""
    return _without_others(output_content, template_name)


def _without_others(output: str, name: str) -> str:
    script = (_HERE / "docs_worker.js").read_text(encoding="utf-8")
    # Names of settings are not broken within a word.
    style = "<style>.md-typeset td:first-child code { white-space: nowrap; }</style>"
    output = output.replace(_SHIM, f"<script>\n{script}</script>{style}")
    if found := _LOADED.search(output):
        raise PluginError(
            f"{name}: would load from another host: {found[0]}. Leave it out, or see {__file__}."
        )
    return output
