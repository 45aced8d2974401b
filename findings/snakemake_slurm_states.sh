#!/bin/sh
# Snakemake's Slurm plugin takes a cancelled job for a running one, and forgets all jobs once Slurm's answer stays away.
#
# Expected: a job that somebody cancelled has failed; jobs whose state cannot be asked for a while are still waited for.
# What happens: snakemake-executor-plugin-slurm 2.8.0 asks sacct, where that command is found, and compares the state
#   with "CANCELLED"; sacct writes "CANCELLED by 1000", as its manual says under State, so that the job counts as running.
#   Where five questions in a row fail (a controller that is started anew; sacct without an accounting database, as
#   Debian's slurm-client brings it), the jobs are neither reported nor asked for again.
# Why it matters: either way the run neither goes on nor ends. slurm-status-command: squeue (which writes "CANCELLED")
#   and a large slurm-status-attempts mend both.
#
# Output, Python 3.11 on x86-64 Linux (sacct and squeue are stand-ins that print one line; one round of questions):
#   snakemake                            9.27.1
#   snakemake-executor-plugin-slurm      2.8.0
#   sacct says COMPLETED                 finished
#   sacct says FAILED                    failed
#   sacct says CANCELLED by 1000         waited for
#   squeue says CANCELLED                failed
#   sacct fails                          forgotten
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0

mkdir bin
cat >bin/sacct <<'SH'
#!/bin/sh
case "$*" in
*Reason*) exit 0 ;;
esac
[ "$ANSWER" = fails ] && { echo "Slurm accounting storage is disabled" >&2; exit 1; }
echo "7|$ANSWER"
SH
sed -e '/Reason/d' bin/sacct >bin/squeue
printf '#!/bin/sh\necho "MinJobAge = 300 sec"\n' >bin/scontrol
chmod +x bin/*
PATH=$folder/bin:$PATH
export PATH

cat >ask.py <<'PY'
"""One round of the plugin's questions about one job, by its own code: what it takes the answer for."""

import asyncio
import logging
import os
import sys
from types import SimpleNamespace

from snakemake_executor_plugin_slurm import Executor
from throttler import Throttler


def ask(command, answer):
    os.environ["ANSWER"] = answer
    executor = Executor.__new__(Executor)
    settings = SimpleNamespace(
        init_seconds_before_status_checks=40, status_attempts=5, status_command=command, keep_successful_logs=True
    )
    executor.workflow = SimpleNamespace(executor_settings=settings)
    executor.logger = logging.getLogger("plugin")
    executor.logger.disabled = True
    executor.run_uuid = "run"
    executor.status_rate_limiter = Throttler(rate_limit=50, period=1)
    executor._next_seconds_between_status_checks = 40
    executor._preemption_warning = False
    executor._status_query_calls = executor._status_query_failures = 0
    executor._status_query_total_seconds = executor._status_query_max_seconds = 0.0
    executor._status_query_min_seconds, executor._status_query_cycle_rows = None, []
    told = []
    executor.report_job_success = lambda job: told.append("finished")
    executor.report_job_error = lambda job, **_: told.append("failed")
    job = SimpleNamespace(external_jobid="7", aux={})

    async def round_of_questions():
        return [job async for job in executor.check_active_jobs([job])]

    told += ["waited for"] * len(asyncio.run(round_of_questions()))
    said = "fails" if answer == "fails" else f"says {answer}"
    print(f"{command} {said}".ljust(36), *(told or ["forgotten"]))


for command, answer in (
    ("sacct", "COMPLETED"), ("sacct", "FAILED"), ("sacct", "CANCELLED by 1000"), ("squeue", "CANCELLED"), ("sacct", "fails"),
):
    ask(command, answer)
PY
for name in snakemake snakemake-executor-plugin-slurm; do
    env/bin/python -c "import importlib.metadata as m, sys; print(sys.argv[1].ljust(36), m.version(sys.argv[1]))" $name
done
env/bin/python ask.py | tee seen
cat >recorded <<'TXT'
sacct says COMPLETED                 finished
sacct says FAILED                    failed
sacct says CANCELLED by 1000         waited for
squeue says CANCELLED                failed
sacct fails                          forgotten
TXT
cmp seen recorded || { echo "CHANGED: recorded was" >&2; cat recorded >&2; exit 1; }
echo PASS
