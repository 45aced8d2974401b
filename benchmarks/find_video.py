"""How long does ``python -m vpdlib find`` take for a video, and how much memory does it take at most?

Runs the command on a copy of the video in a folder of its own, each time from nothing, and looks at its processes ten
times a second. Printed: seconds, pictures a second, x real time, and the greatest resident memory of all its processes
together, where the system tells (Linux); from the command's log the seconds of each stage. ``--repeat N`` makes a long
video of N times the given one first, without encoding anew. The peer of a run is the same of another length: memory
that grows with the length is a fault. Run:
``python -m benchmarks.find_video my.mp4 --model results/demo/model --repeat 100`` from the project's root.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import av

from vpdlib.video.reader import probe

_PAGE = 4096
_LOOK_EVERY_S = 0.1


def main() -> None:
    """Make the video, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path, nargs="?", help="without it nothing is done")
    parser.add_argument("--model", type=Path, help="folder of a shared model")
    parser.add_argument("--repeat", type=int, default=1, help="make it so many times as long")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--networks-dir", type=Path, default=Path("resources/networks"))
    parser.add_argument("--no-overlay", action="store_true")
    parser.add_argument(
        "--folder", type=Path, help="keep video and results here (default: a temporary one)"
    )
    options = parser.parse_args()
    if options.video is None or options.model is None:
        print("skipped: no video, or no --model, is given")
        return
    with tempfile.TemporaryDirectory(prefix="vpd-find-") as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        video = folder / "video.mp4"
        repeat(options.video, video, options.repeat)
        info = probe(video)
        print(
            f"{options.video} x {options.repeat}: {info.declared_frames} pictures of {info.width} x {info.height} px, "
            f"{info.duration_s:.0f} s",
            flush=True,
        )
        command = [sys.executable, "-m", "vpdlib", "find", "--model", str(options.model)]
        command += ["--out", str(folder / "out"), "--threads", str(options.threads)]
        command += ["--device", options.device, "--networks-dir", str(options.networks_dir)]
        command += ["--quiet", *(["--no-overlay"] if options.no_overlay else []), str(video)]
        start = time.monotonic()
        with subprocess.Popen(command) as process:
            watch = Watch(process.pid)
            code = process.wait()
        seconds = time.monotonic() - start
        peak = watch.stop()
        if code:
            raise SystemExit(
                f"the command failed with status {code}; see {folder / 'out/find.log'}"
            )
        print(
            "\n| pictures | s | pictures/s | x real time | most memory, MB |\n|---|---|---|---|---|"
        )
        print(
            f"| {info.declared_frames} | {seconds:.0f} | {info.declared_frames / seconds:.1f} | "
            f"{info.duration_s / seconds:.2f} | {peak / 1e6:.0f} |\n"
        )
        lines = (folder / "out/find.log").read_text(encoding="utf-8").splitlines()
        print("\n".join(line for line in lines if " in " in line and "left" not in line))


def repeat(source: Path, target: Path, times: int) -> None:
    """Write a video's packets so many times, one after the other, as they are."""
    with av.open(str(target), "w") as output:
        out = None
        shift = 0
        for _ in range(times):
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                if out is None:
                    out = output.add_stream_from_template(stream)
                length = 0
                first: int | None = None
                for packet in container.demux(stream):
                    # The last one of a file is empty.
                    if packet.dts is None or packet.pts is None:
                        continue
                    first = packet.dts if first is None else first
                    length = max(length, packet.dts - first + (packet.duration or 1))
                    packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
                    packet.stream = out
                    output.mux(packet)
                shift += length


class Watch:
    """Looks at the memory of a process and its children until it is stopped."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> int:
        """Greatest resident memory, bytes."""
        self._stopped.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            self._peak = max(self._peak, sum(map(resident, family(self._pid))))


def family(pid: int) -> list[int]:
    """A process and all that descend from it; those that end meanwhile are left out."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*"):
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
    return found


def resident(pid: int) -> int:
    """Resident memory of a process, bytes; 0 of one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
