"""What people look like: their colours, and not those around them."""

import numpy as np
import pytest

from vpdlib.people.appearance import APPEARANCE_BINS, describe

RED, GREEN, BLUE, GREY = (220, 30, 30), (30, 200, 60), (40, 60, 220), (120, 120, 120)
HALF = APPEARANCE_BINS // 2


def person(upper, lower, background, size=(120, 160), box=(60, 20, 100, 110)):
    """A picture with somebody in a box."""
    picture = np.empty((*size, 3), np.uint8)
    picture[:] = background
    x0, y0, x1, y1 = box
    middle = (y0 + y1) // 2
    picture[y0:middle, x0 + 8 : x1 - 8] = upper
    picture[middle:y1, x0 + 8 : x1 - 8] = lower
    return picture, np.array([box], np.float32)


@pytest.mark.parametrize("background", [GREY, GREEN, (250, 250, 250)])
def test_colours_of_both_halves(background):
    (found,) = describe(*person(RED, BLUE, background))
    assert found.dtype == np.uint8
    upper, lower = found[:HALF], found[HALF:]
    assert upper.sum() == lower.sum() == 255
    # Red is the first hue of six, blue the fifth.
    assert upper.argmax() == 0
    assert lower.argmax() == 4
    assert upper[0] > 200
    assert lower[4] > 200


def test_the_background_does_not_count():
    on_grey = describe(*person(RED, BLUE, GREY))
    on_green = describe(*person(RED, BLUE, GREEN))
    assert np.abs(on_grey.astype(int) - on_green.astype(int)).max() < 40


def test_who_wears_the_colour_of_the_background_has_none():
    (found,) = describe(*person(GREEN, BLUE, GREEN))
    assert not found[:HALF].any()
    assert found[HALF:].sum() == 255


def test_light_and_dark_tell_where_there_is_no_hue():
    (white,) = describe(*person((245, 245, 245), (10, 10, 10), GREY))
    assert white[:HALF].argmax() == HALF - 1
    assert white[HALF:].argmax() == 6


def test_boxes_at_the_border_and_none():
    picture, _ = person(RED, BLUE, GREY)
    boxes = np.array(
        [[0, 0, 20, 50], [150, 100, 160, 120], [0, 0, 160, 120], [5, 5, 6, 6]], np.float32
    )
    assert describe(picture, boxes).shape == (4, APPEARANCE_BINS)
    assert describe(picture, np.zeros((0, 4), np.float32)).shape == (0, APPEARANCE_BINS)
