"""What a profile or the command line asks of rules, refused before the first job where it cannot be.

Snakemake (9.27.1) takes settings of a rule that there is not, which then are nobody's.
"""

from difflib import get_close_matches

from vpdlib.devices import DeviceError, share_among_nodes


def whole_number(given, name, otherwise):
    """A resource of a rule, which a profile has set."""
    found = given.resources.get(name)
    if not found.is_evaluable() and found.value is None:
        return otherwise
    if found.is_evaluable() or not isinstance(found.value, int):
        refuse(
            f"set-resources {given.name}: {name} is {found.raw!r}; beside a gpu_share, nodes or processes, give it as "
            "a whole number"
        )
    return found.value


def refuse_unknown_rules(option, names):
    """An option's settings are of rules that there are."""
    known = [each.name for each in workflow.rules]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            refuse(
                f"{option} {name}: there is no such rule{f'; did you mean {near[0]}?' if near else ''}"
            )


refuse_unknown_rules("set-threads", workflow.resource_settings.overwrite_threads)
refuse_unknown_rules("set-resources", workflow.resource_settings.overwrite_resources)
for each in workflow.rules:
    if "nodes" in each.resources or "processes" in each.resources:
        try:
            share_among_nodes(
                whole_number(each, "nodes", 1),
                whole_number(each, "gpu", 0),
                whole_number(each, "processes", 1),
            )
        except DeviceError as error:
            refuse(f"set-resources {each.name}: {error}")
