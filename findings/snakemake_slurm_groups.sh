#!/bin/sh
# Through Slurm, Snakemake's grouped jobs run one after another, in an allocation for all of them at once.
#
# Expected: two jobs of one group that do not need one another run side by side, since the group is submitted with the
#   CPUs and the memory of both and with the time of one.
# What happens: snakemake-executor-plugin-slurm-jobstep 0.6.1, which runs the group on its node, waits for each job before
#   it starts the next. What is asked for is reckoned by Snakemake itself, as for executors that run them side by side
#   (cluster-generic does).
# Why it matters: of n jobs' allocation one job's is used, and n jobs that each need most of the time that they ask for
#   are over the group's, and killed, though none is over its own. Groups of chains, of which each job needs the one
#   before, are reckoned rightly.
#
# Output, Python 3.11 on x86-64 Linux (Slurm's commands are stand-ins that run jobs at once; each job sleeps for 6 s;
#   two processors or more):
#   snakemake                                    9.27.1
#   snakemake-executor-plugin-slurm              2.8.0
#   snakemake-executor-plugin-slurm-jobstep      0.6.1
#   snakemake-executor-plugin-cluster-generic    1.0.9
#   cluster-generic asks for 2 CPUs, 200 MB, 10 min; runs side by side: 2
#   slurm           asks for 2 CPUs, 200 MB, 10 min; runs side by side: 1
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0 snakemake-executor-plugin-slurm-jobstep==0.6.1 \
    snakemake-executor-plugin-cluster-generic==1.0.9

cat >Snakefile <<'SMK'
rule all:
    input: expand("made/{number}.txt", number=range(2))

rule one:
    output: "made/{number}.txt"
    threads: 1
    resources: mem_mb=100, runtime=10
    group: "together"
    shell: "date +%s.%N >{output}; sleep 6; date +%s.%N >>{output}"
SMK
mkdir bin
cat >bin/sbatch <<'SH2'
#!/bin/sh
printf '%s ' "$@" | sed 's/--wrap=.*//' >asked
for argument; do
    case $argument in --wrap=*) command=${argument#--wrap=} ;; esac
done
{ if sh -c "$command" >job.log 2>&1; then echo COMPLETED; else echo FAILED; fi; } >state 2>&1 &
echo 7
SH2
cat >bin/squeue <<'SH2'
#!/bin/sh
if [ -s state ]; then echo "7|$(cat state)"; else echo "7|RUNNING"; fi
SH2
printf '#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\nexec "$@"\n' >bin/srun
printf '#!/bin/sh\necho "MinJobAge = 300 sec"\n' >bin/scontrol
printf '#!/bin/sh\necho "common*"\n' >bin/sinfo
printf '#!/bin/sh\nexit 0\n' >bin/scancel
printf '#!/bin/sh\necho "-t $3 --mem $2 --cpus-per-task=$1 " >asked\nsh "$4" >job.log 2>&1 &\necho 7\n' >bin/submit
chmod +x bin/*
HOME=$folder PATH=$folder/bin:$PATH
export HOME PATH

cat >count.py <<'PY'
"""What was asked for, and the most jobs that were under way at once."""

import re
import sys
from pathlib import Path

times = [tuple(map(float, path.read_text().split())) for path in Path("made").iterdir()]
assert len(times) == 2
most = max(sum(start <= moment < end for start, end in times) for moment, _ in times)
asked = Path("asked").read_text()
minutes, memory, cpus = (
    re.search(rf"{option}[ =](\d+)", asked)[1] for option in ("-t", "--mem", "--cpus-per-task")
)
print(f"{sys.argv[1]:15} asks for {cpus} CPUs, {memory} MB, {minutes} min; runs side by side: {most}")
PY
for name in snakemake snakemake-executor-plugin-slurm snakemake-executor-plugin-slurm-jobstep snakemake-executor-plugin-cluster-generic; do
    env/bin/python -c "import importlib.metadata as m, sys; print(sys.argv[1].ljust(44), m.version(sys.argv[1]))" $name
done

try() {
    executor=$1
    shift
    rm -rf made asked state .snakemake
    env/bin/snakemake --executor "$executor" --jobs 4 --group-components together=2 --quiet all "$@" >log 2>&1 ||
        { cat log job.log; exit 1; }
    env/bin/python count.py "$executor" | tee -a seen
}
try cluster-generic --cluster-generic-submit-cmd "submit {threads} {resources.mem_mb} {resources.runtime}"
try slurm --slurm-status-command squeue --slurm-init-seconds-before-status-checks 5
cat >recorded <<'TXT'
cluster-generic asks for 2 CPUs, 200 MB, 10 min; runs side by side: 2
slurm           asks for 2 CPUs, 200 MB, 10 min; runs side by side: 1
TXT
cmp seen recorded || { echo "CHANGED: recorded was" >&2; cat recorded >&2; exit 1; }
echo PASS
