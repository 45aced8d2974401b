#!/bin/sh
# Sportscode XML: kloppy makes numbers of codes and labels that look like some, and writes them back as other texts.
#
# Expected: a code or label that an analyst typed, a shirt number 07 or a take 1_0, is a text and stays one.
# What happens: kloppy 3.19.1 reads the code 07 as "7", the labels 07 and 1_0 as the numbers 7 and 10, and the label 3.10 as
#   3.1. Loaded and saved again, the file has the codes and labels 7, 10 and 3.1. No warning, no error.
# Why it matters: classes, players or takes that differ by a leading zero or an underscore become one, labels no longer
#   match those of other files, and a file that only passed through is another one.
#
# Output, Python 3.11 on x86-64 Linux:
#   kloppy 3.19.1
#   in the file: code '07', labels {'Shirt': '07', 'Take': '1_0', 'Score': '3.10'}
#   read: code '7', labels {'Shirt': 7, 'Take': 10, 'Score': 3.1}
#   saved again: code '7', labels {'Shirt': '7', 'Take': '10', 'Score': '3.1'}
#   PASS
. "$(dirname "$0")/_common.sh"
install kloppy==3.19.1

env/bin/python - <<'PY'
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from _common import print_versions
from kloppy import sportscode

print_versions("kloppy")
LABELS = {"Shirt": "07", "Take": "1_0", "Score": "3.10"}
labels = "".join(f"<label><group>{group}</group><text>{text}</text></label>" for group, text in LABELS.items())
Path("in.xml").write_text(
    "<file><ALL_INSTANCES><instance><ID>1</ID><start>3.0</start><end>4.0</end><code>07</code>"
    f"{labels}</instance></ALL_INSTANCES></file>"
)
dataset = sportscode.load("in.xml")
sportscode.save(dataset, "out.xml")
(code,) = dataset.codes
written = ET.parse("out.xml").find("ALL_INSTANCES/instance")
texts = {one.find("group").text: one.find("text").text for one in written.iter("label")}
print(f"in the file: code '07', labels {LABELS}")
print(f"read: code {code.code!r}, labels {code.labels}")
print(f"saved again: code {written.find('code').text!r}, labels {texts}")
if (code.code, code.labels) != ("7", {"Shirt": 7, "Take": 10, "Score": 3.1}) or list(texts.values()) != ["7", "10", "3.1"]:
    sys.exit("CHANGED: recorded was 7 for 07, 10 for 1_0, 3.1 for 3.10")
print("PASS")
PY
