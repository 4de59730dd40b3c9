"""The front desk's pages: lists and pages to read, small forms to act, each calling one service."""

from cases.admin import cases, events, outbox, patients, visits

__all__ = ["cases", "events", "outbox", "patients", "visits"]
