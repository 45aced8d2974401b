#!/usr/bin/env bash
# Submit one job of Snakemake to Slurm and print its number. What a site asks for (account, partition, constraint) comes
# from VPD_SBATCH, and from VPD_SBATCH_GPU beside it for jobs with a GPU.
#   submit.sh RULE THREADS MEM_MB RUNTIME_MIN GPUS JOBSCRIPT
set -euo pipefail
rule=$1 threads=$2 mem_mb=$3 runtime_min=$4 gpus=$5 jobscript=$6
logs=results/logs/slurm
mkdir -p "$logs"
options=(--parsable --job-name="vpd-$rule" --output="$logs/%j-$rule.log"
	--cpus-per-task="$threads" --mem="${mem_mb}M" --time="$runtime_min")
read -r -a site <<<"${VPD_SBATCH:-}"
if [[ $gpus -gt 0 ]]; then
	options+=(--gres="gpu:$gpus")
	read -r -a of_gpu <<<"${VPD_SBATCH_GPU:-}"
	site+=(${of_gpu[@]+"${of_gpu[@]}"})
fi
# "number;cluster" where there are several clusters.
number=$(sbatch "${options[@]}" ${site[@]+"${site[@]}"} "$jobscript")
echo "${number%%;*}"
