"""Loops of the DTW kernels written out as vector instructions, which the compiler does not find by itself.

Each is an intrinsic of Numba that works on flat arrays from given places on; LLVM turns the vectors into what the
processor has. Sums are in one order everywhere, so that a result does not depend on where it is computed.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

#: Distances of frames that `lane_distances` computes at once.
LANES = 8
#: Channels that `tile_distances` takes at once: descriptors are padded with zeros to a multiple.
CHANNELS = 4

_DOUBLES = ir.VectorType(ir.DoubleType(), CHANNELS)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_INDEX = ir.IntType(64)


class _Builder:
    """What the intrinsics share: pointers into arrays, vectors from and to them, functions of vectors."""

    def __init__(self, context: Any, builder: Any, vector: ir.VectorType) -> None:
        self.context, self.builder, self.vector = context, builder, vector
        self.bytes_each = 8 if vector is _DOUBLES else 4

    def place(self, kind: Any, array: Any, at: Any) -> Any:
        """Pointer to array[at]."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        return self.builder.gep(data, [at])

    def after(self, pointer: Any, count: Any) -> Any:
        """The pointer, `count` elements on."""
        return self.builder.gep(pointer, [_INDEX(count) if isinstance(count, int) else count])

    def load(self, pointer: Any) -> Any:
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        return self.builder.load(pointer, align=self.bytes_each)

    def store(self, vector: Any, pointer: Any) -> None:
        pointer = self.builder.bitcast(pointer, self.vector.as_pointer())
        self.builder.store(vector, pointer, align=self.bytes_each)

    def shuffle(self, first: Any, second: Any, *lanes: int) -> Any:
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
        return self.builder.shuffle_vector(first, second, mask)

    def spread(self, scalar: Any) -> Any:
        """A vector of one number."""
        undefined = ir.Constant(self.vector, ir.Undefined)
        first = self.builder.insert_element(undefined, scalar, ir.IntType(32)(0))
        return self.shuffle(first, undefined, *[0] * self.vector.count)

    def constant(self, value: float) -> Any:
        return ir.Constant(self.vector, [value] * self.vector.count)

    def call(self, name: str, *arguments: Any) -> Any:
        """A function of LLVM's, of vectors; multiplying and adding is one instruction where there is one."""
        module = self.builder.module
        full = f"llvm.{name}.v{self.vector.count}f{8 * self.bytes_each}"
        kind = ir.FunctionType(self.vector, [self.vector] * len(arguments))
        function = module.globals.get(full) or ir.Function(module, kind, full)
        return self.builder.call(function, arguments)

    def add_square(self, total: Any, first: Any, second: Any) -> Any:
        difference = self.builder.fsub(first, second)
        return self.call("fmuladd", difference, difference, total)

    def least(self, first: Any, second: Any) -> Any:
        return self.builder.select(self.builder.fcmp_ordered("<", second, first), second, first)

    def loop(self, end: Any, step: int, start_values: list[Any], body: Any) -> list[Any]:
        """body(index, values) gives the next values; for index 0, step, ... below end, which is above 0."""
        builder = self.builder
        before = builder.block
        inside, beyond = builder.append_basic_block("inside"), builder.append_basic_block("beyond")
        builder.branch(inside)
        builder.position_at_end(inside)
        index = builder.phi(_INDEX)
        index.add_incoming(_INDEX(0), before)
        values = [builder.phi(value.type) for value in start_values]
        for value, start in zip(values, start_values, strict=True):
            value.add_incoming(start, before)
        found = body(index, values)
        following = builder.add(index, _INDEX(step))
        index.add_incoming(following, inside)
        for value, new in zip(values, found, strict=True):
            value.add_incoming(new, inside)
        builder.cbranch(builder.icmp_signed("<", following, end), inside, beyond)
        builder.position_at_end(beyond)
        return found


@intrinsic
def tile_distances(  # type: ignore[no-untyped-def]
    typing_context, rows, rows_at, columns, columns_at, num_channels, out, out_at, out_stride
):
    """Distances of two frames and four, float64, into out[out_at:] and out[out_at + out_stride:].

    The frames of ``rows`` and ``columns`` are end to end, num_channels (a multiple of 4) each.
    """
    signature = types.void(
        rows, rows_at, columns, columns_at, num_channels, out, out_at, out_stride
    )

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        make = _Builder(context, builder, _DOUBLES)
        channels = arguments[4]
        row = make.place(signature.args[0], arguments[0], arguments[1])
        column = make.place(signature.args[2], arguments[2], arguments[3])
        rows = [row, make.after(row, channels)]
        columns = [column]
        for _ in range(3):
            columns.append(make.after(columns[-1], channels))

        def body(index, totals):  # type: ignore[no-untyped-def]
            of_rows = [make.load(make.after(pointer, index)) for pointer in rows]
            of_columns = [make.load(make.after(pointer, index)) for pointer in columns]
            pairs = [(first, second) for first in of_rows for second in of_columns]
            return [
                make.add_square(total, *pair) for total, pair in zip(totals, pairs, strict=True)
            ]

        totals = make.loop(channels, CHANNELS, [make.constant(0.0)] * 8, body)
        out = make.place(signature.args[5], arguments[5], arguments[6])
        for pointer, of_row in ((out, totals[:4]), (make.after(out, arguments[7]), totals[4:])):
            halves = []
            for first, second in (of_row[:2], of_row[2:]):
                even = make.shuffle(first, second, 0, 4, 2, 6)
                odd = make.shuffle(first, second, 1, 5, 3, 7)
                halves.append(builder.fadd(even, odd))
            low, high = make.shuffle(*halves, 0, 1, 4, 5), make.shuffle(*halves, 2, 3, 6, 7)
            make.store(make.call("sqrt", builder.fadd(low, high)), pointer)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def symmetric_p2_row(  # type: ignore[no-untyped-def]
    typing_context, total, here, before, before_2, before_3, cost, cost_0, cost_1, cost_2, width
):
    """A row of `symmetricP2` sums, float64: ``width`` of them from total[here] on, and up to three beyond.

    total[before:], total[before_2:] and total[before_3:] are where the steps (1, 1), (2, 3) and (3, 2) come from;
    cost[cost_0:], cost[cost_1:] and cost[cost_2:] are this row and the two before, each from two columns earlier.
    """
    signature = types.void(
        total, here, before, before_2, before_3, cost, cost_0, cost_1, cost_2, width
    )

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        make = _Builder(context, builder, _DOUBLES)
        here, *sums = (make.place(signature.args[0], arguments[0], at) for at in arguments[1:5])
        costs = [make.place(signature.args[5], arguments[5], at) for at in arguments[6:9]]
        two = make.constant(2.0)

        def body(index, _):  # type: ignore[no-untyped-def]
            before, before_2, before_3 = (make.load(make.after(at, index)) for at in sums)

            def cost(row, column):  # type: ignore[no-untyped-def]
                return make.load(make.after(make.after(costs[row], index), column))

            def doubled(value):  # type: ignore[no-untyped-def]
                return builder.fmul(two, value)

            own = cost(0, 2)
            straight = builder.fadd(before, doubled(own))
            beside = doubled(builder.fadd(cost(1, 0), cost(0, 1)))
            wide = builder.fadd(builder.fadd(before_2, beside), own)
            beside = doubled(builder.fadd(cost(2, 1), cost(1, 2)))
            tall = builder.fadd(builder.fadd(before_3, beside), own)
            make.store(make.least(make.least(straight, wide), tall), make.after(here, index))
            return []

        make.loop(arguments[9], CHANNELS, [], body)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def lane_distances(  # type: ignore[no-untyped-def]
    typing_context, frame, frame_at, lanes, lanes_at, num_channels, out, out_at
):
    """Distances of one frame, frame[frame_at:], and eight, float32, into out[out_at:].

    The eight are side by side: lanes[lanes_at + 8 c + l] is channel c of frame l. ``num_channels`` is a constant where
    this is called.
    """
    if not isinstance(num_channels, types.IntegerLiteral):
        return None
    signature = types.void(frame, frame_at, lanes, lanes_at, num_channels, out, out_at)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        make = _Builder(context, builder, _FLOATS)
        frame = make.place(signature.args[0], arguments[0], arguments[1])
        lanes = make.place(signature.args[2], arguments[2], arguments[3])
        total = make.constant(0.0)
        for channel in range(signature.args[4].literal_value):
            of_frame = make.spread(builder.load(make.after(frame, channel)))
            total = make.add_square(total, of_frame, make.load(make.after(lanes, LANES * channel)))
        out = make.place(signature.args[5], arguments[5], arguments[6])
        make.store(make.call("sqrt", total), out)
        return context.get_dummy_value()

    return signature, generate
