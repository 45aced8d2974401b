#!/bin/sh
# Within its jobs, Snakemake's Slurm plugin calls srun without SLURM_CONF, so that srun looks for another Slurm or none.
#
# Expected: a job that sbatch started under SLURM_CONF=<file> starts its step under the same configuration.
# What happens: snakemake-executor-plugin-slurm-jobstep 0.6.1 takes every variable that begins with SLURM_ out of srun's
#   environment but ten, and SLURM_CONF is not among the ten.
# Why it matters: where Slurm is found by SLURM_CONF alone (two clusters on one login node, a module, an installation in a
#   home), every job ends at once with "srun: fatal: Could not establish a configuration source". An `srun` on the PATH
#   that sets the variable and calls the real one mends it.
#
# Output, Python 3.11 on x86-64 Linux (srun is a stand-in that prints what it was given and runs the command):
#   snakemake                                    9.27.1
#   snakemake-executor-plugin-slurm-jobstep      0.6.1
#   before: SLURM_CONF=/site/slurm.conf SLURM_JOB_ID=7
#   within srun: SLURM_CONF= SLURM_JOB_ID=7
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1 snakemake-executor-plugin-slurm-jobstep==0.6.1

cat >Snakefile <<'SMK'
rule one:
    output: "one.txt"
    shell: "echo done >{output}"
SMK
mkdir bin
cat >bin/srun <<SH
#!/bin/sh
echo "SLURM_CONF=\$SLURM_CONF SLURM_JOB_ID=\$SLURM_JOB_ID" >"$folder/seen"
while [ "\${1#-}" != "\$1" ]; do shift; done
exec "\$@"
SH
chmod +x bin/srun
for name in snakemake snakemake-executor-plugin-slurm-jobstep; do
    env/bin/python -c "import importlib.metadata as m, sys; print(sys.argv[1].ljust(44), m.version(sys.argv[1]))" $name
done
HOME=$folder PATH=$folder/bin:$PATH SLURM_CONF=/site/slurm.conf SLURM_JOB_ID=7
export HOME PATH SLURM_CONF SLURM_JOB_ID
echo "before: SLURM_CONF=$SLURM_CONF SLURM_JOB_ID=$SLURM_JOB_ID"
env/bin/snakemake --executor slurm-jobstep --jobs 1 --quiet all -- one.txt >log 2>&1 ||
    { cat log; exit 1; }
[ -s one.txt ] || { cat log; exit 1; }
echo "within srun: $(cat seen)"
[ "$(cat seen)" = "SLURM_CONF= SLURM_JOB_ID=7" ] || { echo "CHANGED: recorded was no SLURM_CONF" >&2; exit 1; }
echo PASS
