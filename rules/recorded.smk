"""What Snakemake is given to compare of every job: params and inputs by name, the user's files by what they are.

Snakemake (9.27.1) compares params and inputs as bags of values: two settings, or two files, that exchange their places
are the same to it. Of a file it sees whether it is newer than the output, so that one of an older date is not noticed;
and values that are not plain, such as a `Path`, it does not record at all. Hence one param more of every rule, a text
with names. It is included last, since it is about the rules that are there.
"""

#: Files that rules fetch, which before the run are not there.
FETCHED = {
    *networks(*NETWORKS),
    *(str(checkpoint_path(name, RUN.networks_dir)) for name in CHECKPOINTS),
}


def is_made_here(path):
    """Whether a rule makes a file; Snakemake sees to those."""
    return path.startswith("results/") or path in FETCHED


def as_found(path):
    """A path, and of a file of the user's what it holds: videos are too large to be read at every start."""
    if is_made_here(path):
        return path
    is_video = splitext(path)[1].lower() in VIDEO_SUFFIXES
    return f"{path} {state_of(path, by_content=not is_video)}"


def plain(value, rule, name):
    """A value of a rule's params as text, keys in order."""
    try:
        return json.dumps(value, sort_keys=True)
    except TypeError as error:
        refuse(
            f"{rule}: params.{name} is not of plain values ({error}); Snakemake would not notice a change of it"
        )


def asked_once(function):
    """A params function that is asked once a job, by Snakemake and by what is recorded alike."""
    answers = {}

    def get(wildcards):
        job = tuple(wildcards.items())
        if job not in answers:
            answers[job] = function(wildcards)
        return answers[job]

    return get


def recorded_of(rule):
    """A params function: the other params of a rule, and its inputs, by name."""
    asked = rule.params
    for place, value in enumerate(asked):
        if callable(value) and len(signature(value).parameters) == 1:
            asked[place] = asked_once(value)
    # One that asks for more follows from outputs, and thus from the wildcards, or is not to be recorded.
    params = [
        (name, value)
        for name, value in asked._allitems()
        if not callable(value) or len(signature(value).parameters) == 1
    ]

    def get(wildcards):
        found = {}
        for name, value in params:
            if callable(value):
                value = value(wildcards)
            found[name] = json.loads(plain(value, rule.name, name))
        inputs = rule.expand_input(dict(wildcards))[0]
        digests = {
            name
            or "": digest_settings(
                [
                    as_found(path)
                    for path in ([paths] if isinstance(paths, str) else paths)
                ]
            )
            for name, paths in inputs._allitems()
        }
        return plain({"params": found, "inputs": digests}, rule.name, "recorded")

    return get


for each in list(workflow.rules):
    if each.output:
        each.set_params(recorded=recorded_of(each))
