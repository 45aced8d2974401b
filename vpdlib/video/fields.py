"""Which packets of H.264 hold the second field of a picture.

Interlaced recordings (AVCHD, broadcasts) may store a picture as two fields, each in a packet of its own, of which the
decoder makes one picture. Only the slice headers tell (ITU-T H.264, sections 7.3.2.1.1 and 7.3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av

#: Parameter sets come before the first slice; so much of a packet is looked through.
_HEAD_BYTES = 8192
_SLICES = (1, 5)
_PARAMETERS = 7
#: Profiles whose parameter set says more of the colours.
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class FieldReader:
    """Tells second fields, packet after packet in the order of decoding.

    Parameters
    ----------
    extradata : of the stream's codec context; None where parameters come with the packets.
    """

    def __init__(self, extradata: bytes | None) -> None:
        self._length_size = 0
        self._form: _Form | None = None
        self._open_field: tuple[int, int] | None = None
        if extradata and extradata[0] == 1 and len(extradata) > 6:
            self._length_size = (extradata[4] & 3) + 1
            size = int.from_bytes(extradata[6:8], "big")
            self._take_parameters(extradata[8 : 8 + size])
        elif extradata:
            for unit in _units(extradata, 0):
                self._take_parameters(unit)

    def is_second(self, packet: av.Packet) -> bool:
        """Whether a packet completes the picture that the one before it began."""
        if self._form is not None and self._form.frames_only:
            return False
        data = bytes(memoryview(packet)[:_HEAD_BYTES])
        for unit in _units(data, self._length_size):
            self._take_parameters(unit)
            if unit and unit[0] & 31 in _SLICES:
                return self._is_second_slice(unit)
        return False

    def _take_parameters(self, unit: bytes) -> None:
        if unit and unit[0] & 31 == _PARAMETERS:
            try:
                self._form = _read_form(unit)
            except IndexError:
                return  # cut off or damaged: the decoder will say so

    def _is_second_slice(self, unit: bytes) -> bool:
        before, self._open_field = self._open_field, None
        if self._form is None:
            return False
        bits = _Bits(unit[1:40])
        try:
            for _ in range(3):  # first macroblock, type, parameter set
                bits.exp_golomb()
            if self._form.separate_planes:
                bits.take(2)
            number = bits.take(self._form.number_bits)
            if not bits.take(1):
                return False
            parity = bits.take(1)
        except IndexError:
            return False
        if before == (number, 1 - parity):
            return True
        self._open_field = number, parity
        return False


@dataclass(frozen=True)
class _Form:
    """What of a sequence parameter set is needed to read a slice header."""

    frames_only: bool
    number_bits: int
    separate_planes: bool


class _Bits:
    """Reads bits of a unit, without the bytes that keep start codes unique."""

    def __init__(self, data: bytes) -> None:
        plain = bytearray()
        zeros = 0
        for byte in data:
            if zeros >= 2 and byte == 3:
                zeros = 0
                continue
            plain.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        self._data = bytes(plain)
        self._at = 0

    def take(self, count: int) -> int:
        value = 0
        for _ in range(count):
            value = value << 1 | self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def exp_golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        code = self.exp_golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _read_form(unit: bytes) -> _Form:
    bits = _Bits(unit[1:512])
    profile = bits.take(8)
    bits.take(16)
    bits.exp_golomb()
    separate = False
    if profile in _HIGH_PROFILES:
        chroma = bits.exp_golomb()
        separate = chroma == 3 and bool(bits.take(1))
        bits.exp_golomb()
        bits.exp_golomb()
        bits.take(1)
        if bits.take(1):
            for number in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if number < 6 else 64)
    number_bits = bits.exp_golomb() + 4
    order = bits.exp_golomb()
    if order == 0:
        bits.exp_golomb()
    elif order == 1:
        bits.take(1)
        bits.exp_golomb()
        bits.exp_golomb()
        for _ in range(bits.exp_golomb()):
            bits.exp_golomb()
    bits.exp_golomb()
    bits.take(1)
    bits.exp_golomb()
    bits.exp_golomb()
    return _Form(bool(bits.take(1)), number_bits, separate)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _units(data: bytes, length_size: int) -> Iterator[bytes]:
    """The units of a packet, by their lengths or, with ``length_size`` 0, by start codes."""
    if length_size:
        at = 0
        while at + length_size < len(data):
            size = int.from_bytes(data[at : at + length_size], "big")
            yield data[at + length_size : at + length_size + size]
            at += length_size + size
        return
    at = data.find(b"\0\0\1")
    while at >= 0:
        end = data.find(b"\0\0\1", at + 3)
        yield data[at + 3 : end if end >= 0 else len(data)]
        at = end
