#!/bin/sh
# Prints the Python to make an environment with, or says in a sentence why there is none.
#
#   find_python.sh ENVIRONMENT PYTHON VERSION...
#
# ENVIRONMENT is the folder; one that is there already keeps its Python. PYTHON is a command that the user insists on, or
# empty: then python3 if it fits, otherwise the newest that does. VERSIONs are those that fit, newest first.
set -u
environment=$1
wanted=$2
shift 2
fitting=$*
newest=$1
names=$1
shift
while [ $# -gt 0 ]; do
    if [ $# -gt 1 ]; then names="$names, $1"; else names="$names or $1"; fi
    shift
done
get="Debian 12 has 3.11, Ubuntu 24.04 has 3.12, Debian 13 has 3.13: apt-get install python3.X python3.X-venv"

refuse() {
    echo "$1" >&2
    exit 1
}

# A command may be there and not run (pyenv's are, whichever Python is on), so each is run. Another implementation or a
# free-threaded build, for which there are no wheels, is no "3.13".
version_of() {
    "$1" -c 'import sys, sysconfig
name = "" if sys.implementation.name == "cpython" else sys.implementation.name + " "
threads = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
print("%s%d.%d%s" % (name, sys.version_info[0], sys.version_info[1], threads))' 2>/dev/null
}

fits() {
    for version in $fitting; do
        [ "$1" != "$version" ] || return 0
    done
    return 1
}

# Of an environment or a shim, what stands behind it: an environment shall not depend on them.
print_base() {
    exec "$1" -c 'import sys; print(getattr(sys, "_base_executable", "") or sys.executable)'
}

if [ -e "$environment" ] || [ -L "$environment" ]; then
    here=$(version_of "$environment/bin/python") || here=
    again="remove it (rm -r $environment) and call make again"
    [ -n "$here" ] ||
        refuse "$environment has no Python that runs (was the one it was made with replaced?): $again."
    fits "$here" || refuse "$environment is of Python $here, this needs $names: $again."
    if [ -n "$wanted" ]; then
        other=$(version_of "$wanted") || other="not to be run"
        [ "$other" = "$here" ] ||
            refuse "$environment is of Python $here, PYTHON=$wanted is $other: leave PYTHON out to keep it, or $again."
    fi
    print_base "$environment/bin/python"
fi

set -- python3
for version in $fitting; do
    set -- "$@" "python$version"
done
[ -z "$wanted" ] || set -- "$wanted"
other=
for python in "$@"; do
    found=$(version_of "$python") || found=
    if [ -z "$found" ]; then
        [ -z "$wanted" ] || other="PYTHON=$wanted does not run"
    elif ! fits "$found"; then
        other="${wanted:+PYTHON=}$python is $found"
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        other="$python ($found) cannot make environments without its module ensurepip (apt-get install python$found-venv)"
    else
        print_base "$python"
    fi
done
[ -z "$wanted" ] || refuse "$other; this needs Python $names: leave PYTHON out to have one found, or install one ($get)."
refuse "No Python $names found${other:+; $other}: install one ($get) or name it (make PYTHON=/path/to/python$newest)."
