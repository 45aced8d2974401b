"""Reading what Snakemake's own report holds."""

import json
import re
import zipfile


def read_report(path):
    """What is in a report, `.html` or `.zip`: its entries by file, files by category and subcategory, its text."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            text = archive.read(f"{path.stem}/report.html").decode()
    else:
        text = path.read_text()

    def value(name, of_script):
        found = re.search(rf'<script id="{of_script}">\s*var {name} = (.*);\s*</script>', text)
        assert found, name
        return json.loads(found[1])

    return (
        value("results", "results"),
        value("categories", "categories"),
        value("workflow_desc", "workflow-desc"),
    )


def check_entries(entries, categories, description):
    """Each entry has a caption without mistakes, and labels of its own within its category."""
    assert "system-message" not in description
    for category, subcategories in categories.items():
        assert f">{category}</a>" in description
        for files in subcategories.values():
            labels = [tuple(entries[file]["labels"].values()) for file in files]
            assert len(set(labels)) == len(labels), category
    for file, entry in entries.items():
        assert len(re.sub("<[^>]*>", "", entry["caption"])) > 40, file
        assert "system-message" not in entry["caption"], file
        assert "dataset" in entry["labels"], file
