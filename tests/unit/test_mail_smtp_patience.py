"""How long a reply is waited for, told by a clock that the test holds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coopdigest.mail.smtp_patience import Patience


def test_a_reply_is_waited_for_within_its_limit() -> None:
    """Once everything is written only the limit of the wait counts."""
    patience = Patience(block=3, shortest=3)
    patience.begin(100, limit=10, unsent=0)

    assert [patience.look(now, 0) for now in (100, 105, 109, 110)] == [3, 3, 1, 0]
    assert patience.text == "no answer within 10 s"


def test_every_block_has_its_own_time() -> None:
    """As long as some of it goes out within the limit of a block, a body may take as long as it takes."""
    patience = Patience(block=3, shortest=3)
    patience.begin(100, limit=10, unsent=900)

    assert [patience.look(now, unsent) for now, unsent in ((102, 600), (104, 300), (106, 200))] == [3, 3, 3]
    assert [patience.look(now, 200) for now in (108, 109)] == [1, 0]
    assert patience.text == "no answer within 3 s"


def test_the_wait_begins_when_all_is_written() -> None:
    """The limit of the reply is not used up by the writing."""
    patience = Patience(block=3, shortest=3)
    patience.begin(100, limit=10, unsent=900)

    assert [patience.look(now, unsent) for now, unsent in ((102, 0), (110, 0), (112, 0))] == [3, 2, 0]
    assert patience.text == "no answer within 10 s"


@given(st.floats(0.1, 100), st.floats(0, 100), st.floats(0.1, 100))
def test_a_look_planned_for_one_wait_is_early_enough_for_the_next(limit: float, later: float, other: float) -> None:
    """Whatever waits follow each other, nobody looks only after a wait is over."""
    shortest = min(limit, other, 3)
    patience = Patience(block=3, shortest=shortest)
    patience.begin(0, limit, 0)
    look_at = patience.look(0, 0)
    began = min(later, look_at)
    patience.begin(began, other, 0)

    assert look_at <= began + other
