"""What the templates of coming nights call (``horizon_parts.html``)."""

from __future__ import annotations

from typing import Any

from caravan.server.web.pages.horizons import call_sentence, long_day, mend_sentence, shortfall_sentence, weekday

HORIZON_WORDS: dict[str, Any] = {
    "weekday": weekday, "long_day": long_day, "shortfall_sentence": shortfall_sentence, "mend_sentence": mend_sentence,
    "call_sentence": call_sentence,
}  # fmt: skip
