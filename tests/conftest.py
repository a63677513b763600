"""What holds for every test: Hypothesis judges results, never speed."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("coopdigest", deadline=None)
settings.load_profile("coopdigest")
