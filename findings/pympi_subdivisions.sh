#!/bin/sh
# ELAN annotations that divide another one: of two ways to read them in pympi, one gives all the same time, the other
# loses the last ones.
#
# Expected: three phases that divide a jump of one second (Symbolic_Subdivision) are a third of a second each, as ELAN shows
#   them; `get_annotation_data_for_symbsub_tier` promises "all annotations of id_tier with their calculated start, end".
# What happens: in pympi-ling 1.71 `get_annotation_data_for_tier` gives each phase the whole jump, and the other function never
#   gives the phases of the last jump; of a file with one jump it gives none at all. No warning, no error.
# Why it matters: phases of movements, words of a sentence and the like are annotated so; the first way trains on segments
#   that are too long and overlap, the second drops the end of every file, and all of a file with one.
#
# Output, Python 3.11 on x86-64 Linux:
#   pympi-ling 1.71
#   1 jumps, 3 phases each
#     for_tier: 3 phases, the first three at [(3000, 4000), (3000, 4000), (3000, 4000)] ms
#     for_symbsub_tier: 0 phases, [] ms
#   3 jumps, 3 phases each
#     for_tier: 9 phases, the first three at [(3000, 4000), (3000, 4000), (3000, 4000)] ms
#     for_symbsub_tier: 6 phases, [(3000, 3333), (3333, 3666), (3666, 4000)] ms
#   PASS
. "$(dirname "$0")/_common.sh"
install pympi-ling==1.71

env/bin/python - <<'PY'
import sys

from _common import print_versions
from pympi.Elan import Eaf

print_versions("pympi-ling")
PHASES = ("entry", "flight", "landing")


def read(jumps):
    eaf = Eaf()
    eaf.add_linguistic_type("phases", "Symbolic_Subdivision", timealignable=False)
    eaf.add_tier("jumps")
    eaf.add_tier("phases", "phases", parent="jumps")
    for number in range(jumps):
        start = 3000 + 5000 * number
        eaf.add_annotation("jumps", start, start + 1000, "axel")
        previous = None
        for phase in PHASES:
            eaf.add_ref_annotation("phases", "jumps", start + 500, phase, prev=previous)
            previous = f"a{eaf.maxaid}"
    eaf.to_file("jumps.eaf")
    eaf = Eaf("jumps.eaf")
    return eaf.get_annotation_data_for_tier("phases"), eaf.get_annotation_data_for_symbsub_tier("phases")


for jumps, kept in ((1, 0), (3, 6)):
    plain, divided = read(jumps)
    print(f"{jumps} jumps, {len(PHASES)} phases each")
    print(f"  for_tier: {len(plain)} phases, the first three at {[one[:2] for one in plain[:3]]} ms")
    print(f"  for_symbsub_tier: {len(divided)} phases, {[one[:2] for one in divided[:3]]} ms")
    if len(divided) != kept or len({one[:2] for one in plain[:3]}) != 1:
        sys.exit("CHANGED: recorded was one time for all, and no phases of the last jump")
print("PASS")
PY
