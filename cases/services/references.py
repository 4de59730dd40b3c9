"""References people say over the telephone: K-3F9A21C0 for a case, P-7QK2M4TX for a patient."""

from __future__ import annotations

import secrets

# Without I, L, O, U, 0 and 1: read aloud, they are mistaken for each other.
_SPOKEN = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


def new_case_reference() -> str:
    """K- and eight hexadecimal digits; 32 random bits, kept unique by the table."""
    return f"K-{secrets.token_hex(4).upper()}"


def new_patient_reference() -> str:
    """P- and eight letters or digits."""
    return "P-" + "".join(secrets.choice(_SPOKEN) for _ in range(8))
