#!/bin/sh
# A Snakemake that waits in vain for the inputs of its job says that all is well.
#
# Expected: where the files of --wait-for-files, which every job of a cluster is started with, are not there after
#   --latency-wait seconds, the command fails.
# What happens: Snakemake 9.27.1 writes that they are missing, makes nothing, and ends with status 0.
# Why it matters: to the scheduler, and to the executor that asks it, such a job has completed. The Snakemake that waits
#   for it then looks for the outputs for as long again, one job after another, and says "completed successfully, but some
#   output files are missing", with the advice to wait longer; that an input is missing stands in the job's own log.
#
# Output, Python 3.11 on x86-64 Linux:
#   snakemake      9.27.1
#   inputs there: status 0, made
#   inputs missing: status 0, not made
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1
cat >Snakefile <<'SMK'
rule one:
    output: "one.txt"
    shell: "echo done >{output}"
SMK
HOME=$folder
export HOME
touch there.txt

try() {
    rm -f one.txt
    status=0
    env/bin/snakemake --cores 1 --wait-for-files "$2" --latency-wait 1 -- one.txt >log 2>&1 || status=$?
    made="not made"
    [ -s one.txt ] && made=made
    echo "inputs $1: status $status, $made" | tee -a seen
}
env/bin/python -c "import importlib.metadata as m; print('snakemake'.ljust(14), m.version('snakemake'))"
try there there.txt
try missing missing.txt
grep -q "Missing files after 1 seconds" log || { cat log; exit 1; }
cat >recorded <<'TXT'
inputs there: status 0, made
inputs missing: status 0, not made
TXT
cmp seen recorded || { echo "CHANGED: recorded was" >&2; cat recorded >&2; exit 1; }
echo PASS
