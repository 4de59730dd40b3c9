"""What the patient's own page is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """One section of the page: its template, and what that shows as `part`. Nothing in it names a cause."""

    name: str
    title: str
    template: str
    shown: Any
