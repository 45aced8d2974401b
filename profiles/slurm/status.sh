#!/usr/bin/env bash
# Say whether a Slurm job is running, success or failed. A job that was killed (time, memory, node) has failed; a job
# that the accounting does not know yet is running.
#   status.sh JOB
set -uo pipefail
job=$1
state=
for attempt in 1 2 3; do
	if state=$(sacct --allocations --noheader --parsable2 --format=State --jobs="$job" 2>/dev/null); then
		known=1
	elif state=$(scontrol --oneliner show job "$job" 2>/dev/null | grep -o 'JobState=[A-Z_]*'); then
		state=${state#JobState=} known=1
	fi
	[[ -n ${known:-} ]] && break
	[[ $attempt -lt 3 ]] && sleep 10
done
if [[ -z ${known:-} ]]; then
	echo "neither sacct nor scontrol answers about job $job" >&2
	exit 1
fi
# Of a job that was requeued the last line counts; "CANCELLED by 1000".
state=${state##*$'\n'}
case ${state%% *} in
COMPLETED) echo success ;;
BOOT_FAIL | CANCELLED | DEADLINE | FAILED | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | REVOKED | TIMEOUT) echo failed ;;
*) echo running ;;
esac
