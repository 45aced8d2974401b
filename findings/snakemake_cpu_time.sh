#!/bin/sh
# Snakemake's benchmark file leaves out up to two thirds of the CPU time of a job of 15 to 45 seconds.
#
# Expected: cpu_time, documented as CPU time summed for user and system, is that of the job, as s is its running time.
# What happens: in Snakemake 9.27.1 it is that of the last look at the process, and nothing is looked at when it ends.
#   Looks come every half second for the first 15 seconds, then every 30: a job that computes for 40 seconds has the
#   cpu_time of its first 15, with nothing to tell it from a job that waited for the rest. So have max_rss and the like.
# Why it matters: stages whose jobs take 15 to 45 seconds look two or three times as cheap as they are beside stages
#   with long jobs, peaks of memory at the end are missed, and resources are asked for too low by these files.
#
# Output, Python 3.11 on x86-64 Linux (times vary):
#   snakemake                             9.27.1
#   job: running time 40 s, CPU time 30.1 s
#   benchmark file: s 40, cpu_time 11.4 s
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1

cat >compute.py <<'PY'
import time

start = time.perf_counter()
while time.perf_counter() - start < 40:
    sum(range(100_000))
print(f"{time.perf_counter() - start:.1f} {time.process_time():.1f}")
PY
cat >Snakefile <<'SMK'
rule compute:
    output: "own.txt"
    benchmark: "benchmark.tsv"
    shell: "python3 compute.py >{output}"
SMK
HOME=$folder
export HOME
env/bin/pip list 2>/dev/null | grep '^snakemake  *'
env/bin/snakemake --cores 1 --quiet all >log 2>&1 || { cat log; exit 1; }
env/bin/python - <<'PY'
import csv

wall, cpu = map(float, open("own.txt").read().split())
(row,) = csv.DictReader(open("benchmark.tsv"), delimiter="\t")
print(f"job: running time {wall:.0f} s, CPU time {cpu:.1f} s")
print(f"benchmark file: s {float(row['s']):.0f}, cpu_time {float(row['cpu_time']):.1f} s")
assert float(row["s"]) > 0.95 * wall, "CHANGED: the running time is another one"
assert float(row["cpu_time"]) < 0.7 * cpu, "CHANGED: the CPU time is about that of the job"
print("PASS")
PY
