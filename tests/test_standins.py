import dataclasses

import numpy as np
import pytest

from tests import standins
from tests.standins import Event, StandIns
from vpdlib.demo.motions import CLASSES
from vpdlib.video.reader import DecodeReport, probe, read_frames

RATES = [25, 29.97002997, 28.511, 29.833, 50, 60, 23.976]


@pytest.fixture(scope="module")
def single():
    return StandIns(seed=3)


@pytest.fixture(scope="module")
def double():
    return StandIns(seed=3, width=256, height=256, num_looks=1)


def decode(path):
    return np.stack([frame.rgb for frame in read_frames(path)]).astype(np.int16)


def write(maker, path, num_frames, events=(), fps=25.0, **options):
    maker.write(path, fps, num_frames, events, **options)
    return decode(path)


def changed_rows(first, second):
    """Rows of the picture where two videos of one seed differ by more than the codec makes them."""
    differs = (np.abs(first - second).max(axis=3) > 60).sum(axis=(0, 2))
    return np.repeat(np.arange(len(differs)), differs)


@pytest.mark.parametrize("fps", RATES)
def test_a_stand_in_has_the_rate_and_the_number_of_frames_of_the_clip(single, tmp_path, fps):
    path, num_frames = tmp_path / "clip.mp4", 37
    single.write(path, fps, num_frames, [Event(5, 20, 0)])
    info, report = probe(path), DecodeReport()
    times = [frame.time_s for frame in read_frames(path, report=report)]
    assert (info.width, info.height) == (256, 144)
    assert info.fps == pytest.approx(fps, rel=1e-4)
    assert info.declared_frames == report.decoded == num_frames
    assert report.flags == ()
    np.testing.assert_allclose(times, np.arange(num_frames) / fps, atol=1e-3)


def test_one_frame_is_enough(single, tmp_path):
    assert len(write(single, tmp_path / "short.mp4", 1, [Event(0, 1, 2)])) == 1


def test_every_frame_says_that_it_is_a_stand_in(single, double, tmp_path):
    one = write(single, tmp_path / "one.mp4", 30, [Event(8, 25, 1)])
    two = write(double, tmp_path / "two.mp4", 30, [Event(8, 25, 1, 1)], players=2)
    for maker, frames in ((single, one), (double, two)):
        badge = maker._badge.astype(int)
        corner = frames[:, : badge.shape[0], : badge.shape[1]]
        assert np.abs(corner - badge).mean(axis=(1, 2, 3)).max() < 12
        assert corner.std(axis=(1, 2, 3)).min() > 60


def test_frames_of_an_event_depend_on_its_motion_and_other_frames_do_not(single, tmp_path):
    videos = [
        write(single, tmp_path / f"{motion}.mp4", 120, [Event(60, 90, motion)])
        for motion in range(len(CLASSES))
    ]
    for k, one in enumerate(videos):
        for other in videos[:k]:
            differs = (np.abs(one - other).max(axis=3) > 60).sum(axis=(1, 2))
            assert (differs[60:90] > 150).mean() > 0.7
            # Getting ready and standing up again belong to the motion; farther away is the idle segment.
            assert differs[:40].max() == 0


def test_a_seed_fixes_the_pictures_and_another_one_changes_them(single, tmp_path):
    events = [Event(10, 30, 4)]
    first = write(single, tmp_path / "a.mp4", 40, events)
    again = write(StandIns(seed=3), tmp_path / "b.mp4", 40, events)
    np.testing.assert_array_equal(first, again)
    # Two looks: seeds 0 and 2 share athlete and gym, seed 1 has others.
    same_look = write(single, tmp_path / "c.mp4", 40, events, seed=2)
    other_look = write(single, tmp_path / "d.mp4", 40, events, seed=1)
    assert (first != same_look).any()
    gym = np.median(first, axis=0)
    assert np.abs(gym - np.median(same_look, axis=0)).mean() < 3
    assert np.abs(gym - np.median(other_look, axis=0)).mean() > 15


def test_the_single_athlete_is_in_the_middle_and_large(single):
    for look in (0, 1):
        athlete = single._stage(look, 1).athletes[0]
        centres = [sprite.left + sprite.mask.shape[1] / 2 for sprite in athlete.idle]
        heights = [sprite.mask.shape[0] for sprite in athlete.idle]
        assert np.abs(np.array(centres) - 128).max() < 40
        assert np.median(heights) > 0.45 * 144


def test_two_players_are_near_below_and_far_above(double, tmp_path):
    idle = write(double, tmp_path / "idle.mp4", 60, players=2)
    near = write(double, tmp_path / "near.mp4", 60, [Event(20, 45, 0)], players=2)
    far = write(double, tmp_path / "far.mp4", 60, [Event(20, 45, 0, player=1)], players=2)
    assert changed_rows(idle, near).mean() > 128
    assert changed_rows(idle, far).max() < 128
    assert np.ptp(changed_rows(idle, near)) > 1.2 * np.ptp(changed_rows(idle, far))
    both = write(
        double, tmp_path / "both.mp4", 60, [Event(20, 45, 0), Event(20, 45, 0, 1)], players=2
    )
    assert len(changed_rows(both, near)) > 500
    assert len(changed_rows(both, far)) > 500


class TestArrangement:
    """Which sprite is shown when; names stand for sprites."""

    ATHLETE = standins._Athlete(
        performances=tuple(
            standins._Performance(tuple(f"{m}:{i}" for i in range(-5, 30)), 5, 5 + 20)
            for m in range(len(CLASSES))
        ),
        idle=tuple(f"idle:{i}" for i in range(50)),
    )

    def arrange(self, num_frames, *events, fps=standins.LOOP_FPS):
        rng = np.random.default_rng(0)
        shown = standins._arrange(self.ATHLETE, fps, num_frames, events, rng)
        assert len(shown) == num_frames
        return shown

    @pytest.mark.parametrize("length", [1, 7, 20, 63])
    def test_the_action_fills_exactly_the_event(self, length):
        shown = self.arrange(200, Event(100, 100 + length, 3))
        inside = [f"3:{i}" for i in range(20)]
        assert [name in inside for name in shown] == [100 <= t < 100 + length for t in range(200)]
        order = [int(name[2:]) for name in shown[100 : 100 + length]]
        assert order == sorted(order)
        if length >= 20:
            assert set(order) == set(range(20))

    def test_the_athlete_gets_ready_before_and_stands_up_after(self):
        shown = self.arrange(100, Event(40, 60, 2))
        assert shown[35:40] == [f"2:{i}" for i in range(-5, 0)]
        assert shown[60:70] == [f"2:{i}" for i in range(20, 30)]
        assert {name[:4] for name in shown[:35] + shown[70:]} == {"idle"}

    def test_idling_goes_to_and_fro_without_a_jump(self):
        rows = [int(name[5:]) for name in self.arrange(400)]
        assert set(rows) == set(range(50))
        assert np.abs(np.diff(rows)).max() == 1

    def test_twice_the_rate_shows_everything_twice(self):
        shown = self.arrange(200, Event(80, 120, 1), fps=2 * standins.LOOP_FPS)
        assert shown[80:120] == [f"1:{i // 2}" for i in range(40)]
        assert shown[70:80] == [f"1:{i // 2 - 5}" for i in range(10)]

    def test_narrow_gaps_and_overlaps(self):
        shown = self.arrange(60, Event(40, 60, 5), Event(0, 20, 0), Event(23, 43, 1))
        assert shown[20:23] == ["0:20", "1:-2", "1:-1"]
        assert shown[23:40] == [f"1:{i}" for i in range(17)]
        assert shown[40:] == [f"5:{i}" for i in range(20)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"first_frame": -1}, "outside"),
        ({"end_frame": 31}, "outside"),
        ({"end_frame": 10}, "empty"),
        ({"motion": 6}, "motion"),
        ({"player": 1}, "player"),
    ],
)
def test_events_that_make_no_sense_are_refused(single, tmp_path, change, words):
    event = dataclasses.replace(Event(10, 20, 0), **change)
    with pytest.raises(ValueError, match=words):
        single.write(tmp_path / "x.mp4", 25, 30, [event])
    assert not list(tmp_path.iterdir())


def test_settings_that_make_no_sense_are_refused(single, tmp_path):
    with pytest.raises(ValueError, match="look"):
        StandIns(num_looks=0)
    with pytest.raises(ValueError, match="even"):
        StandIns(width=255)
    with pytest.raises(ValueError, match="STAND-IN"):
        StandIns(width=64, height=400)
    with pytest.raises(ValueError, match="players"):
        single.write(tmp_path / "x.mp4", 25, 30, [], players=3)
    with pytest.raises(ValueError, match="1 frame"):
        single.write(tmp_path / "x.mp4", 25, 0, [])
