"""How a service says no; each door translates these once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """The service did nothing. `code` is stable for programs, the text is for people."""

    code = "refused"


class WrongInput(Refusal):
    """What was given cannot be used; `errors` maps each field to what to do about it."""

    code = "invalid"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {field: list(texts) for field, texts in errors.items()}
        super().__init__("; ".join(f"{field}: {' '.join(texts)}" for field, texts in self.errors.items()))


class Stale(Refusal):
    """Somebody else changed it first: read it again and repeat."""

    code = "stale_version"
