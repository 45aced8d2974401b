"""What a CVAT export says of single frames, put together to segments: of tracks, and of tags of whole frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

#: Tier -> class.
Classes = Mapping[str, str]


@dataclass(frozen=True)
class Task:
    """A task or job, and the video that it is of.

    Attributes
    ----------
    video, other_names : the video's file; other names that it may have.
    start, stop, step : first and last frame of the video that the task has, and the distance of those that it shows;
        ``stop`` is None where the file does not say.
    offset : what is added to the frames' numbers in the file, where tasks of a project follow each other.
    """

    video: str
    other_names: tuple[str, ...] = ()
    start: int = 0
    stop: int | None = None
    step: int = 1
    offset: int = 0


@dataclass(frozen=True)
class Segment:
    """A class from a frame up to one that is no longer of it."""

    tier: str
    label: str
    start: int
    end: int
    group: str = ""


@dataclass
class TrackStates:
    """What a track is on the frames that the file lists.

    Attributes
    ----------
    states : frame -> classes; None where the track is gone.
    group : the action's group.
    """

    states: dict[int, Classes | None] = field(default_factory=dict)
    group: str = ""

    def is_open(self, task: Task) -> bool:
        """Whether the file lists neither the track's end nor the frames up to the task's."""
        last = max(self.states)
        return (
            self.states[last] is not None and task.stop is not None and last < self._reached(task)
        )

    def _reached(self, task: Task) -> int:
        """The first frame up to which a track without end must be listed to count as listed whole."""
        stop = max(self.states) if task.stop is None else task.stop
        # A shape of one frame gets no end where that would be the task's last frame.
        return stop - task.step + 1 - (task.step if len(self.states) == 1 else 0)

    def segments(self, task: Task) -> list[Segment]:
        """The segments of all tiers by start.

        CVAT shows a track from frame to frame until one says that it is gone, or to the end of the task.
        """
        last = max(self.states)
        end = last + task.step
        if task.stop is not None:
            end = task.stop + 1 if self.is_open(task) else min(end, max(task.stop, last) + 1)
        begun: dict[str, tuple[str, int]] = {}
        found: list[Segment] = []
        for frame, classes in [*sorted(self.states.items()), (end, None)]:
            now = classes or {}
            for tier, (label, start) in list(begun.items()):
                if now.get(tier) != label:
                    found.append(Segment(tier, label, start, frame, self.group))
                    del begun[tier]
            for tier, label in now.items():
                begun.setdefault(tier, (label, frame))
        return sorted(found, key=lambda one: one.start)


def tag_segments(
    frames: Mapping[int, Sequence[tuple[str, str, str]]], task: Task
) -> Iterator[Segment]:
    """Segments of frames that follow each other and have the same tag.

    Parameters
    ----------
    frames : frame -> tier, class and group of each of its tags.
    task : of the frames.
    """
    begun: dict[tuple[str, str, str], int] = {}
    before: int | None = None
    for frame in [*sorted(frames), None]:
        follows = frame is not None and before is not None and frame == before + task.step
        now = dict.fromkeys(frames[frame]) if frame is not None else {}
        for key, start in list(begun.items()):
            if not follows or key not in now:
                assert before is not None
                end = before + task.step
                if task.stop is not None and before <= task.stop:
                    end = min(end, task.stop + 1)
                tier, label, group = key
                yield Segment(tier, label, start, end, group)
                del begun[key]
        for key in now:
            assert frame is not None
            begun.setdefault(key, frame)
        before = frame
