"""Which of comma and point is the decimal sign of the numbers of a table.

Before exactly three digits either may mark thousands instead (``1,234``). It is the decimal sign

* where another number of the table shows it, and no number has the other sign: other than three digits follow, or more
  than three or a zero stand before (``12,48``, ``0,480``, ``1234,500``);
* for a point, in a table that is separated by commas, if no number has a decimal comma;
* where all such numbers, taken for thousands, would be larger than any can be.

Everything else cannot be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

#: A number without sign and exponent: what stands before its decimal sign, the sign, what follows.
NUMBER = re.compile(r"([0-9]*)(?:([.,])([0-9]*))?")


@dataclass
class DecimalSigns:
    """What all numbers of a table show of their decimal sign.

    Attributes
    ----------
    separator : what is between the table's columns: ``,``, ``;`` or a tab.
    """

    separator: str
    _shown: set[str] = field(default_factory=set, init=False)
    _used: set[str] = field(default_factory=set, init=False)
    _thousands: set[str] = field(default_factory=set, init=False)

    def see(self, number: re.Match[str], most: float) -> None:
        """Take account of a number.

        Parameters
        ----------
        number : what `NUMBER` matched, with a sign.
        most : no number of this kind is larger.
        """
        sign = number[2]
        self._used.add(sign)
        if not is_doubtful(number):
            self._shown.add(sign)
        elif float(number[1] + number[3]) <= most:
            self._thousands.add(sign)

    def show(self, sign: str) -> None:
        """Take account of a sign that stands where none marks thousands."""
        self._shown.add(sign)

    def is_decimal(self, sign: str) -> bool:
        """Whether a sign before three digits is the decimal sign; to be asked once all numbers are seen."""
        usual = sign in self._shown or (sign == "." and self.separator == ",")
        return sign not in self._thousands or (usual and self._used == {sign})


def is_doubtful(number: re.Match[str]) -> bool:
    """Whether the sign of what `NUMBER` matched may mark thousands."""
    before, _, after = number.groups()
    return len(after or "") == 3 and 1 <= len(before) <= 3 and not before.startswith("0")


def two_readings(number: re.Match[str], unit: str = "") -> str:
    """What a doubtful number may be, and how to write what is meant, for messages."""
    before, _, after = number.groups()
    return (
        f"may be {before}.{after}{unit}, or {before}{after}{unit} with a mark of thousands: write {before}{after} if "
        f"it is, or {before}.{after}0"
    )
