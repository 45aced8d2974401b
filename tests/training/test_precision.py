"""The precision of a GPU, and of a CPU."""

import pytest
import torch

from vpdlib.training.precision import amp_dtype, autocast

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("native", "asked", "expected"),
    [
        (True, {}, torch.bfloat16),
        (False, {}, torch.float16),
        (True, {"bfloat16": False}, torch.float16),
        (True, {"on_gpu": False}, None),
    ],
)
def test_bfloat16_where_the_card_has_it(native, asked, expected, monkeypatch):
    """Before Ampere, torch emulates it if asked, slower than float32."""

    def is_supported(including_emulation=True):
        return native or including_emulation

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_supported)
    assert amp_dtype(GPU, **asked) == expected


def test_bfloat16_on_a_cpu_is_asked_for_and_only_where_it_is_fast(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    assert amp_dtype(CPU, on_cpu=True) is torch.bfloat16
    assert amp_dtype(CPU) is None
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    assert amp_dtype(CPU, on_cpu=True) is None


def test_autocast_is_of_the_type_that_is_given():
    ones = torch.ones(2, 2)
    for dtype, expected in ((None, torch.float32), (torch.bfloat16, torch.bfloat16)):
        with autocast(CPU, dtype):
            assert (ones @ ones).dtype == expected
