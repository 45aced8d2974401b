"""Names in figures, which Matplotlib takes for formulas where they hold dollar signs."""


def plain(text: str) -> str:
    """A text that Matplotlib draws as it is, in a title, a label or a legend.

    A legend leaves out what begins with an underscore, hence the space before it.
    """
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped
