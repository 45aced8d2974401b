#!/bin/sh
# pyvyu, which reads and writes projects of Datavyu, parts a value at a comma that Datavyu has marked as the value's own.
#
# Expected: a value such as "double axel, left" comes out as it went in; Datavyu writes a backslash before a comma within a
#   value (StringUtils.escapeCSV in its source; a hyphen and a backslash get one too) and reads it so.
# What happens: pyvyu 0.3.6 splits at every comma and keeps the backslashes: what follows moves into the next code, and
#   what is then too much is dropped without a word. It writes values as they are: its own file comes back shifted.
# Why it matters: free text in codes (notes, transcripts) is where commas are, and tables made from such projects have
#   their values in the wrong columns.
#
# Output, Python 3.11 on x86-64 Linux:
#   pyvyu 0.3.6
#   Datavyu's 'double axel\, left' of two codes, second 'good': {'label': 'double axel\\', 'note': ' left'}
#   Datavyu's 'toe\-loop' of two codes, second 'good': {'label': 'toe\\-loop', 'note': 'good'}
#   saved and opened again, 'double axel, left' and 'good': {'label': 'double axel', 'note': ' left'}
#   PASS
. "$(dirname "$0")/_common.sh"
install pyvyu==0.3.6

env/bin/python - <<'PY'
import contextlib
import io
import logging
import sys
import zipfile

import pyvyu
from _common import print_versions
from pyvyu.spreadsheet.Spreadsheet import Spreadsheet

print_versions("pyvyu")
logging.disable()
COLUMN = "jumps (MATRIX,true,)-label|NOMINAL,note|NOMINAL"
TIMES = "00:00:03:080,00:00:04:600"
PROJECT = "!project\ndbFile: heat.opf\nname: heat\nversion: 5\nviewerSettings: []\n"


def opened():
    with contextlib.redirect_stdout(io.StringIO()):
        sheet = pyvyu.load_opf("heat.opf")
    (cell,) = sheet.columns["jumps"].cells
    return dict(zip(("label", "note"), cell.get_values()))


found = []
for value in (r"double axel\, left", r"toe\-loop"):
    with zipfile.ZipFile("heat.opf", "w") as archive:
        archive.writestr("db", f"#4\n{COLUMN}\n{TIMES},({value},good)\n")
        archive.writestr("project", PROJECT)
    found.append(opened())
    print(f"Datavyu's '{value}' of two codes, second 'good': {found[-1]}")

sheet = Spreadsheet()
sheet.new_column("jumps", "label", "note").new_cell("double axel, left", "good", ordinal=1, onset=3080, offset=4600)
with contextlib.redirect_stdout(io.StringIO()):
    pyvyu.save_opf(sheet, "heat.opf", True, "jumps")
found.append(opened())
print(f"saved and opened again, 'double axel, left' and 'good': {found[-1]}")
if found != [
    {"label": "double axel\\", "note": " left"},
    {"label": "toe\\-loop", "note": "good"},
    {"label": "double axel", "note": " left"},
]:
    sys.exit("CHANGED: recorded were values parted at every comma, with their backslashes")
print("PASS")
PY
