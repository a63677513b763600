"""The newsroom page that this project was made from, read where it stands beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest
from digest_folder import Folder

REAL = Path(__file__).parents[3] / "shared" / "data" / "newsroom-listing.txt"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason="the real newsroom listing does not stand beside the project")
MONTHS = {"2022-04": 1, "2021-11": 2, "2020-11": 2, "2020-07": 2, "2020-06": 1, "2019-07": 1, "2018-07": 1}


@pytest.fixture
def real(folder: Folder) -> Folder:
    """A digest of the real listing, collected."""
    folder.configure(listing=str(REAL))
    assert folder.run("collect").code == 0
    return folder


def test_it_holds_ten_items_in_seven_months(real: Folder) -> None:
    """Each month has its own items and nothing of the others."""
    found = {}
    for month in MONTHS:
        sections = real.run("issue", month, "--json").json["sections"]
        dates = [item["date"] for section in sections for item in section["items"]]
        assert all(date.startswith(month) for date in dates)
        found[month] = len(dates)
    assert found == MONTHS


def test_november_2021_has_two_sections(real: Folder) -> None:
    """The sections are the kickers, as written, in the configured order."""
    sections = real.run("issue", "2021-11", "--json").json["sections"]
    assert [section["theme"] for section in sections] == ["Cooperative development", "Video"]


def test_july_2019_carries_its_credit(real: Folder) -> None:
    """The copyright line before the kicker is the item's credit."""
    sections = real.run("issue", "2019-07", "--json").json["sections"]
    assert [item["credit"] for item in sections[0]["items"]] == ["© SEWA 2022"]


def test_a_month_without_news_is_not_sent(real: Folder) -> None:
    """December 2021 had nothing to say: exit 5, and nobody is mailed."""
    assert real.run("send", "2021-12").code == 5
