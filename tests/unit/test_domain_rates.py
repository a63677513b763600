"""Limits on how fast messages go out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coopdigest.domain.rates import Bucket, Rates

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
rates = st.floats(0.001, 100_000)
waits = st.lists(st.tuples(st.integers(0, 5_000_000), st.integers(0, 50)), max_size=60)


@given(rates, waits)
def test_no_more_goes_out_than_rate_and_burst_allow(rate: float, steps: list[tuple[int, int]]) -> None:
    """Whatever is asked for and when: between any two instants at most rate x seconds + burst tokens are given."""
    bucket, now, given_at = Bucket(rate), NOW, []
    for wait, wanted in steps:
        now += timedelta(microseconds=wait)
        count = min(wanted, bucket.tokens(now))
        bucket = bucket.take(count, now)
        given_at.append((now, count))
    for first, (start, _) in enumerate(given_at):
        total = 0
        for end, count in given_at[first:]:
            total += count
            assert total <= rate * (end - start).total_seconds() + bucket.burst + 1e-6


@given(rates, st.integers(1, 100))
def test_whoever_waits_gets_tokens(rate: float, turns: int) -> None:
    """At the instant that an empty bucket names there is at least one token, and before long the rate is reached."""
    bucket, now = Bucket(rate), NOW
    bucket = bucket.take(bucket.tokens(now), now)
    taken = 0
    for _ in range(turns):
        now = bucket.ready(now)
        count = bucket.tokens(now)
        assert count >= 1
        bucket, taken = bucket.take(count, now), taken + count
    seconds = (now - NOW).total_seconds()
    assert taken * max(1 / rate, 1e-6) >= seconds * 0.5  # a token's time is rounded up to a microsecond


def test_bucket_holds_the_tokens_of_a_second() -> None:
    """At once a second's worth goes out, then one after the other; slow ones hold a single token."""
    bucket = Bucket(10)
    assert (bucket.burst, bucket.tokens(NOW)) == (10, 10)
    empty = bucket.take(10, NOW)
    assert (empty.tokens(NOW), empty.ready(NOW)) == (0, NOW + timedelta(seconds=0.1))
    assert empty.tokens(NOW + timedelta(seconds=0.35)) == 3
    assert empty.tokens(NOW + timedelta(hours=1)) == 10
    slow = Bucket(0.1).take(1, NOW)
    assert (slow.burst, slow.ready(NOW)) == (1, NOW + timedelta(seconds=10))


def test_fast_bucket_is_worth_a_visit_ten_times_a_second() -> None:
    """With hundreds of messages a second nobody comes for each single token."""
    empty = Bucket(500).take(500, NOW)
    assert empty.ready(NOW) == NOW + timedelta(seconds=0.1)
    assert Bucket(500).ready(NOW) == NOW


def test_clock_set_back_does_not_stop_the_mail() -> None:
    """However far in the future the bucket was to be full, it is empty now and fills as ever."""
    bucket = Bucket(2, NOW + timedelta(days=400))
    assert bucket.tokens(NOW) == 0
    assert bucket.take(0, NOW).tokens(NOW + timedelta(seconds=1)) == 2


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_rate_of_nothing_is_no_rate(rate: float) -> None:
    """A limit is greater than nought; whoever wants to stop pauses."""
    with pytest.raises(ValueError, match="more than 0"):
        Rates(transport=rate)
    with pytest.raises(ValueError, match="more than 0"):
        Rates(per_domain=rate)


def test_no_rate_is_no_limit() -> None:
    """Only what is set limits."""
    assert not Rates().are_limits
    assert Rates(transport=1).are_limits
    assert Rates(per_domain=0.5).are_limits
