"""Looking sparsely: as few looks as needed, none over the end of a run, the same whatever the batch."""

import weakref

import pytest

from vpdlib.sparse import look_sparsely


class Item:
    """Something with a value, that can be watched."""

    def __init__(self, place, value):
        self.place, self.value = place, value


class Looker:
    """Sees values; notes what it is shown, and how many items are held then."""

    def __init__(self, values, begins=()):
        self.values, self.begins = values, {0, *begins}
        self.alive, self.most_held = [], 0
        self.batches, self.first = [], []

    def items(self):
        for place, value in enumerate(self.values):
            item = Item(place, value)
            self.alive.append(weakref.ref(item))
            self.most_held = max(self.most_held, sum(ref() is not None for ref in self.alive))
            yield place in self.begins, item
            del item

    def look(self, items, is_first):
        self.batches.append(len(items))
        self.first += [item.place for item in items if is_first]
        return [(item.place, item.value) for item in items]

    def run(self, step, batch_size=1, agree=None):
        """Places that were looked at."""
        seen = []
        for item, answer in look_sparsely(
            self.items(), self.look, agree or on_a_line, step, batch_size
        ):
            seen.append(answer)
            assert answer is None or answer == (item.place, item.value)
            del item
        assert len(seen) == len(self.values)
        assert sum(self.batches) == sum(answer is not None for answer in seen)
        return [place for place, answer in enumerate(seen) if answer is not None]


def on_a_line(before, now, after, apart):
    assert apart == after[0] - before[0]
    fraction = (now[0] - before[0]) / (after[0] - before[0])
    return abs((1 - fraction) * before[1] + fraction * after[1] - now[1]) < 1e-9


def test_on_a_line_only_the_first_step_needs_its_middle():
    looker = Looker(list(range(22)))
    assert looker.run(4) == [0, 2, 4, 8, 12, 16, 20, 21]
    assert looker.first == [0, 4, 8, 12, 16, 20, 21]


def test_where_something_happens_all_is_looked_at():
    values = [0.0] * 30
    values[14] = 5.0
    looked = Looker(values).run(4)
    # Found by the look in the middle of its step, as 12 and 16 do not tell.
    assert looked[:4] == [0, 2, 4, 8]
    corner = [abs(place - 13) for place in range(27)]
    looked = Looker(corner).run(4)
    assert {12, 13, 14, 15} < set(looked)
    assert not {5, 6, 7, 9, 10, 11} & set(looked)


@pytest.mark.parametrize("batch_size", [1, 2, 4, 7, 16, 100])
@pytest.mark.parametrize("step", [1, 2, 3, 4, 8])
def test_what_is_looked_at_does_not_depend_on_the_batch(step, batch_size):
    values = [0, 1, 2, 3, 4, 5, 6, 9, 3, 1, 1, 1, 1, 1, 1, 1, 5, 5, 4, 3, 2, 1, 0, 0, 7, 7, 7, 7]
    alone = Looker(values, begins=[11, 20, 21]).run(step)
    looker = Looker(values, begins=[11, 20, 21])
    assert looker.run(step, batch_size) == alone
    assert max(looker.batches) <= max(batch_size, 2)
    # One is still held by whoever was given it.
    assert looker.most_held <= max(step, batch_size) + 2
    for first, last in ((0, 10), (11, 19), (20, 20), (21, 27)):
        assert {first, last} <= set(alone)
    if step == 1:
        assert alone == list(range(len(values)))


def test_nothing_is_confirmed_by_another_run():
    # All on one line, but a run begins at 8: its first step needs a middle again.
    assert Looker(list(range(17)), begins=[8]).run(4) == [0, 2, 4, 7, 8, 10, 12, 16]


def test_at_worst_each_is_looked_at_once():
    values = list(range(20))
    assert Looker(values).run(8, agree=lambda *looks: False) == values


@pytest.mark.parametrize(
    ("count", "looked"), [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (4, [0, 1, 3])]
)
def test_few_and_none(count, looked):
    assert Looker([1] * count).run(4) == looked


def test_batches_of_a_step_of_one_are_full():
    looker = Looker(list(range(10)))
    looker.run(1, batch_size=4)
    assert looker.batches == [4, 4, 2]
    assert looker.most_held <= 5
