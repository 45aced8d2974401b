#!/bin/sh
# Snakemake does not run a job again when two of its params, or two of its inputs, exchange their values.
#
# Expected: with the rerun triggers `params` and `input`, on by default, a job whose params or inputs are other ones than
#   those its output was made with is run again.
# What happens: Snakemake 9.27.1 compares the collections without regard to names and order. After trials=1, seed=2 became
#   trials=2, seed=1, after first and second input changed places, and after a param was renamed, the jobs are not run
#   again, and old outputs stay. One of the two changed alone is noticed.
# Why it matters: train and test list exchanged, width and height, k and the seed: the table made with the old settings
#   stays, under the new settings' name. One param that holds names with values ({"trials": 1, "seed": 2}) is compared
#   right.
#
# Output, Python 3.11 on x86-64 Linux:
#   snakemake                             9.27.1
#   after trials=2 seed=1 train=two.list test=one.list name=steps:
#   params.txt: trials=1 seed=2
#   inputs.txt: train=one.list test=two.list
#   renamed.txt: epochs=3
#   dict.txt: trials=2 seed=1
#   after trials=7 besides:
#   params.txt: trials=7 seed=1
#   PASS
. "$(dirname "$0")/_common.sh"
install snakemake==9.27.1

cat >Snakefile <<'SMK'
rule all:
    input: "params.txt", "inputs.txt", "renamed.txt", "dict.txt"

rule params:
    output: "params.txt"
    params: trials=config["trials"], seed=config["seed"]
    shell: "echo trials={params.trials} seed={params.seed} >{output}"

rule inputs:
    input: train=config["train"], test=config["test"]
    output: "inputs.txt"
    shell: "echo train={input.train} test={input.test} >{output}"

rule renamed:
    output: "renamed.txt"
    params: **{config["name"]: 3}
    shell: "echo {config[name]}=3 >{output}"

rule dict:
    output: "dict.txt"
    params: all={"trials": config["trials"], "seed": config["seed"]}
    shell: "echo trials={params.all[trials]} seed={params.all[seed]} >{output}"
SMK
echo one >one.list
echo two >two.list
sleep 1
HOME=$folder
export HOME
run() {
    env/bin/snakemake --cores 1 --quiet all --config "$@" >log 2>&1 || { cat log; exit 1; }
}
check() {
    echo "$1: $(cat "$1")"
    [ "$(cat "$1")" = "$2" ] || { echo "CHANGED: recorded was $2" >&2; exit 1; }
}
env/bin/pip list 2>/dev/null | grep '^snakemake  *'
run trials=1 seed=2 train=one.list test=two.list name=epochs
run trials=2 seed=1 train=two.list test=one.list name=steps
echo "after trials=2 seed=1 train=two.list test=one.list name=steps:"
check params.txt "trials=1 seed=2"
check inputs.txt "train=one.list test=two.list"
check renamed.txt "epochs=3"
check dict.txt "trials=2 seed=1"
run trials=7 seed=1 train=two.list test=one.list name=steps
echo "after trials=7 besides:"
check params.txt "trials=7 seed=1"
echo PASS
