"""Videos whose pictures tell their numbers, with stamps, sound, edits and matrices as tests want them."""

import struct
from fractions import Fraction

import av
import numpy as np

BITS = 9


def picture(number, width=160, height=96):
    """A bar code above a corner that tells how the picture is rotated; right and bottom halves differ."""
    rgb = np.full((height, width, 3), 60, np.uint8)
    for bit in range(BITS):
        left = 8 + 16 * bit
        rgb[8:32, left : left + 12] = 230 if number >> bit & 1 else 0
    rgb[48:80, 8:40] = (220, 40, 40)
    rgb[48:64, 110:150] = (40, 40, 220)
    return rgb


def number_of(rgb):
    return sum(1 << bit for bit in range(BITS) if rgb[20, 14 + 16 * bit].mean() > 120)


def encode(path, times, codec="libx264", options=None, mux=None, sound_s=0.0, fmt=None, **facts):
    """Pictures 0, 1, ... at the given times, s; silence of ``sound_s`` from 0."""
    rate = facts.pop("rate", 30)
    with av.open(str(path), "w", format=fmt, options=mux or {}) as container:
        container.metadata.update(facts.pop("metadata", {}))
        video = container.add_stream(codec, rate=rate)
        video.width, video.height = 160, 96
        video.pix_fmt = "yuv420p"
        for name, value in facts.items():
            setattr(video.codec_context, name, value)
        video.options = options or {"g": "30", "bf": "2", "threads": "1"}
        tick = Fraction(1, 90000) if codec == "libx264" else Fraction(1, rate)
        video.codec_context.time_base = tick
        audio = container.add_stream("aac", rate=44100) if sound_s else None
        packets = []
        for number, time_s in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = round(time_s / tick), tick
            packets += video.encode(frame)
        packets += video.encode(None)
        if audio:
            silence = np.zeros((1, 1024), np.float32)
            for start in range(0, round(44100 * sound_s) - 1023, 1024):
                part = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
                part.sample_rate, part.pts, part.time_base = 44100, start, Fraction(1, 44100)
                packets += audio.encode(part)
            packets += audio.encode(None)
        for packet in packets:
            container.mux(packet)
    return path


def even(num, rate=30):
    return [number / rate for number in range(num)]


def remux(source, target, change=None, mux=None, fmt=None):
    """Copy packets; ``change(packet, is_video, place)`` may alter one, or drop it by answering False."""
    with (
        av.open(str(source)) as given,
        av.open(str(target), "w", format=fmt, options=mux or {}) as copy,
    ):
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in given.streams}
        place = 0
        for packet in given.demux():
            if packet.dts is None:
                continue
            is_video = packet.stream.type == "video"
            kept = change(packet, is_video, place) if change else None
            place += is_video
            if kept is not False:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    return target


def shift(packet, seconds):
    ticks = round(seconds / packet.time_base)
    packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks


def set_matrix(path, target, a, b, c, d):
    """Write a display matrix into the header of an MP4's first track."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 4
    matrix = at + 40 if data[at] == 0 else at + 52
    for place, value in ((0, a), (4, b), (12, c), (16, d)):
        struct.pack_into(">i", data, matrix + place, round(value * 65536))
    target.write_bytes(data)
    return target


def without_rate(path, target):
    """Turn Matroska's DefaultDuration into a void element, as recorders write that state no rate."""
    data = bytearray(path.read_bytes())
    at = data.find(b"\x23\xe3\x83")
    assert at >= 0
    while at >= 0:
        size = 4 + (data[at + 3] & 0x7F)
        data[at : at + size] = bytes([0xEC, 0x80 | (size - 2)]) + bytes(size - 2)
        at = data.find(b"\x23\xe3\x83", at + size)
    target.write_bytes(data)
    return target


class _Writer:
    """Bits of H.264."""

    def __init__(self):
        self.bits = []

    def put(self, count, value):
        self.bits += [value >> place & 1 for place in range(count - 1, -1, -1)]
        return self

    def golomb(self, *values):
        for value in values:
            length = (value + 1).bit_length()
            self.put(length - 1, 0).put(length, value + 1)
        return self

    def align(self):
        self.bits += [0] * (-len(self.bits) % 8)

    def unit(self, kind):
        self.put(1, 1).align()
        out, zeros = bytearray(), 0
        for byte in np.packbits(np.array(self.bits, np.uint8)).tolist():
            if zeros >= 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes([3 << 5 | kind]) + bytes(out)


def _parameters(width, height):
    wide = _Writer().put(8, 77).put(8, 0).put(8, 30).golomb(0, 0, 2, 1).put(1, 0)
    wide.golomb(width // 16 - 1, height // 32 - 1).put(1, 0).put(1, 0).put(1, 1).put(1, 0)
    wide.put(5, 0b10000).put(1, 1).put(32, 1).put(32, 50).put(1, 1).put(4, 0)
    small = _Writer().golomb(0, 0).put(2, 0).golomb(0, 0, 0).put(3, 0).golomb(0, 0, 0).put(3, 0)
    return wide.unit(7) + small.unit(8)


def _field(luma, bottom, key_number):
    head = _Writer().golomb(0, 7, 0).put(4, 0).put(1, 1).put(1, bottom)
    if not bottom:
        head.golomb(key_number).put(2, 0)
    else:
        head.put(1, 0)
    head.golomb(0)
    for top in range(0, luma.shape[0], 16):
        for left in range(0, luma.shape[1], 16):
            head.golomb(25).align()
            block = luma[top : top + 16, left : left + 16]
            head.bits += np.unpackbits(block.reshape(-1)).tolist()
            head.bits += np.unpackbits(np.full(128, 128, np.uint8)).tolist()
    return head.unit(1 if bottom else 5)


def field_coded(path, lumas, fmt, split):
    """H.264 whose pictures are two fields each, 25 a second; ``split``: a packet for each field."""
    units = [
        (
            b"\0\0\0\1\x09\x10"
            + _parameters(luma.shape[1], luma.shape[0])
            + _field(luma[0::2], 0, number % 2),
            b"\0\0\0\1\x09\x10" + _field(luma[1::2], 1, 0),
        )
        for number, luma in enumerate(lumas)
    ]
    raw = path.with_suffix(".h264")
    raw.write_bytes(b"".join(top + bottom for top, bottom in units))
    with av.open(str(raw)) as given, av.open(str(path), "w", format=fmt) as copy:
        stream = copy.add_stream_from_template(given.streams.video[0])
        for number, (top, bottom) in enumerate(units):
            for part, data in enumerate((top, bottom) if split else (top + bottom,)):
                packet = av.Packet(data)
                packet.time_base = Fraction(1, 50)
                packet.pts = packet.dts = 2 * number + part
                packet.duration = 1 if split else 2
                packet.is_keyframe = part == 0
                packet.stream = stream
                copy.mux(packet)
    return path
