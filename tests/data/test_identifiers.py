"""Fresh keys: of the form, unique, never one already used, a function of seed and row alone."""

import random
import re
import uuid

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jensen.data.identifiers import IdentifierForm, fresh, learn, looks_like_keys
from jensen.data.permutation import permute
from jensen.errors import OptionError

DRAW = random.Random(0)


def some_uuids(n: int) -> list[str]:
    return [str(uuid.UUID(int=DRAW.getrandbits(128), version=4)) for _ in range(n)]


KEYS = {
    "counting": (pl.Series(range(1, 101)), r"\d+"),
    "shuffled": (pl.Series(DRAW.sample(range(50), 50)), r"\d+"),
    "five digits": (pl.Series(DRAW.sample(range(10000, 99999), 2000)), r"[1-9]\d{4}"),
    "int32": (pl.Series(DRAW.sample(range(10**9, 2 * 10**9), 500), dtype=pl.Int32), r"1\d{9}"),
    "snowflake": (pl.Series(DRAW.sample(range(12 * 10**17, 18 * 10**17), 50)), r"1\d{18}"),
    "negative": (pl.Series([-5, 3, 8]), r"\d+"),
    "padded": (pl.Series([f"C-{i:05d}" for i in range(1, 345)]), r"C-\d{5}"),
    "with gaps": (pl.Series([f"C-{i:05d}" for i in range(1, 345) if i % 7]), r"C-\d{5}"),
    "growing": (pl.Series([f"A{i}" for i in DRAW.sample(range(1, 2000), 900)]), r"A\d{2,5}"),
    "uuid": (
        pl.Series(some_uuids(2000)),
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    ),
    "plates": (
        pl.Series([f"{DRAW.choice('ABCD')}{DRAW.randrange(10**4):04d}-X" for _ in range(300)]),
        r"[A-Z]\d{4}-X",
    ),
    "hash": (pl.Series([f"{DRAW.getrandbits(128):032x}" for _ in range(300)]), "[0-9a-f]{32}"),
    "nearly full": (pl.Series([f"{i:03d}" for i in range(1000) if i % 9]), r"\d{4,5}"),
}
ROWS = 4000


@pytest.mark.parametrize(("values", "form"), KEYS.values(), ids=KEYS.keys())
def test_fresh_keys(values: pl.Series, form: str):
    values = values.unique()
    learned, used = learn(values)
    learned = IdentifierForm.model_validate_json(learned.model_dump_json())
    keys = fresh(learned, used, 1, np.arange(ROWS))
    assert keys.dtype == values.dtype
    assert keys.n_unique() == ROWS
    assert not keys.is_in(values.to_list()).any()
    alike = [bool(re.fullmatch(form, str(k))) for k in keys.head(200)]
    assert all(alike), keys.head(5).to_list()
    assert learned.words()


@pytest.mark.parametrize("name", ["five digits", "growing", "uuid", "with gaps"])
def test_a_row_depends_on_seed_and_number_alone(name: str):
    form, used = learn(KEYS[name][0])
    whole = fresh(form, used, 3, np.arange(1000))
    part = fresh(form, used, 3, np.array([999, 5, 500]))
    assert part.to_list() == [whole[999], whole[5], whole[500]]
    assert fresh(form, used, 4, np.arange(1000)).to_list() != whole.to_list()


def test_used_keys_are_kept_as_hashes_only():
    values = KEYS["uuid"][0]
    form, used = learn(values)
    assert used.dtype == np.uint64
    assert np.all(np.diff(used.astype(object)) > 0)
    text = form.model_dump_json()
    assert not any(v in text for v in values.to_list())


def test_counting_goes_on():
    form, used = learn(pl.Series(["INV007", "INV009", "INV008"]))
    assert fresh(form, used, 0, np.arange(3)).to_list() == ["INV010", "INV011", "INV012"]
    form, used = learn(pl.Series([3, 1, 2]))
    assert fresh(form, used, 0, np.array([10**9])).to_list() == [10**9 + 4]


def test_dense_keys_never_collide():
    for seed in range(20):
        values = pl.Series([f"{i:03d}" for i in random.Random(seed).sample(range(1000), 450)])
        form, used = learn(values)
        keys = fresh(form, used, seed, np.arange(3000))
        assert keys.n_unique() == 3000
        assert not keys.is_in(values.to_list()).any()


def test_no_room():
    form, used = learn(pl.Series([1, 2, 3], dtype=pl.Int8))
    with pytest.raises(OptionError, match="must fit in Int8"):
        fresh(form, used, 0, np.arange(200))
    form, used = learn(pl.Series([5, 77, 120, 3], dtype=pl.Int8))
    with pytest.raises(OptionError, match="ask for at most"):
        fresh(form, used, 0, np.arange(10_000))


LOOKS = [
    ([f"C-{i}" for i in range(40)], True),
    (some_uuids(40), True),
    (["alice", "bob", "carol", "dave", "erin"], False),
    ([f"{n}{i}@mail.org" for i, n in enumerate(["al", "bob", "caro", "daveed"])], False),
    ([f"{i} High Street" + "x" * i for i in range(40)], False),
]


@pytest.mark.parametrize(("values", "wanted"), LOOKS)
def test_looks_like_keys(values: list[str], wanted: bool):
    assert looks_like_keys(pl.Series(values)) is wanted


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3000), st.integers(0, 2**64 - 1))
def test_permutation_is_one(size: int, key: int):
    image = permute(np.arange(size, dtype=np.uint64), size, key)
    assert np.array_equal(np.sort(image), np.arange(size, dtype=np.uint64))


@settings(max_examples=20, deadline=None)
@given(st.integers(2**40, 2**62), st.integers(0, 2**64 - 1))
def test_permutation_of_a_wide_range(size: int, key: int):
    image = permute(np.arange(1000, dtype=np.uint64), size, key)
    assert len(np.unique(image)) == 1000
    assert image.max() < size


@settings(max_examples=80, deadline=None)
@given(
    st.sets(
        st.text(st.characters(min_codepoint=33, max_codepoint=1000), min_size=1, max_size=9),
        min_size=1,
        max_size=40,
    )
)
def test_any_unique_text_can_be_an_identifier(values: set[str]):
    series = pl.Series(sorted(values))
    form, used = learn(series)
    keys = fresh(form, used, 0, np.arange(300))
    assert keys.n_unique() == 300
    assert not keys.is_in(series.to_list()).any()
