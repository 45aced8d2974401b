# What every script beside this one begins with, read by `.`: a temporary folder to work in, removed at the end;
# `install` of pinned packages into env/; `film` and `print_versions` of _common.py for what env/bin/python runs.
set -eu
PYTHONPATH=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH PYTHONDONTWRITEBYTECODE=1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"
"${PYTHON:-python3}" -m venv env

install() {
    env/bin/pip --disable-pip-version-check install --quiet "$@"
}
