"""What Snakemake (9.27.1) and its plugin for Slurm (2.8.0) do not say, get wrong, or would wait for in vain.

A job that Slurm says nothing of, because the controller is started anew or there is no accounting to ask, is one that is
still there; the plugin would forget it, and neither go on nor end. Cancelled jobs are "CANCELLED by 1000" to `sacct`, which
the plugin does not take for an end. Of a group of jobs Snakemake drops the reason why it failed; and where a submission
fails in the plugin itself, such as for an account that is not the user's, the plugin asks the job for its rule, which a
group has not, in an error that nobody reads. The jobs of a group run one after another, where Snakemake takes those that
do not need one another to run side by side, and asks for the CPUs and the memory of all and the time of one.
A job that waits in vain for its inputs ends as one that is done; here it fails. One that fails before its script begins
would show the log of an earlier success; here that is removed when the job is submitted.
"""

from types import SimpleNamespace

import snakemake.io
from snakemake.jobs import GroupJob
from snakemake.logging import logger
from snakemake.resources import GroupResources

log_error_of_group = GroupJob.log_error
resources_of_group = GroupJob.resources.fget
wait_for_files = snakemake.io.wait_for_files
#: The plugin, where it is installed: Snakemake has imported it before it reads any rules.
slurm_plugin = sys.modules.get("snakemake_executor_plugin_slurm")


def log_error_and_why(group, msg=None, **about):
    """Say why a group failed, and then what Snakemake says."""
    if msg:
        logger.error(f"Group {group.groupid}: {msg}")
    log_error_of_group(group, msg, **about)


def resources_in_turn(group):
    """What a group asks for: through Slurm the most that one of its jobs does, for as long as all do."""
    if group._resources is None and group.dag.workflow.executor_plugin.name == "slurm":
        group._resources = GroupResources.basic_layered(
            toposorted_jobs=[[job] for jobs in group.toposorted for job in jobs],
            constraints=group.global_resources,
            run_local=False,
        )
    return resources_of_group(group)


async def wait_or_fail(*files, **how):
    """Wait for a job's inputs; Snakemake would take the error of files that do not come for the end of the job."""
    try:
        await wait_for_files(*files, **how)
    except OSError as error:
        raise WorkflowError(str(error)) from error


def named_as_group(group):
    """What stands in for the rule of a group."""
    return SimpleNamespace(name=group.name)


def patient(query):
    """The plugin's question about all jobs: no answer is no news of any, and a state is its first word."""

    async def ask(command, plugin_logger):
        states, seconds = await query(command, plugin_logger)
        if states is None:
            logger.warning(
                f"Slurm does not say how the jobs are ({command.split()[0]}); they go on, and it is asked again."
            )
            return {}, 0.0
        return {job: state.partition(" ")[0] for job, state in states.items()}, seconds

    return ask


def without_old_logs(submit):
    """The plugin's submission of jobs, whose logs of earlier times are removed first."""

    def run_jobs(executor, jobs):
        for job in jobs:
            for each in job.jobs if job.is_group() else [job]:
                for log in each.log:
                    Path(log).unlink(missing_ok=True)
        submit(executor, jobs)

    return run_jobs


# Several Snakefiles may be read by one process.
if not hasattr(GroupJob, "rule"):
    snakemake.io.wait_for_files = wait_or_fail
    GroupJob.log_error = log_error_and_why
    GroupJob.resources = property(resources_in_turn)
    GroupJob.rule = property(named_as_group)
    if slurm_plugin is not None:
        slurm_plugin.query_job_status = patient(slurm_plugin.query_job_status)
        slurm_plugin.Executor.run_jobs = without_old_logs(
            slurm_plugin.Executor.run_jobs
        )
