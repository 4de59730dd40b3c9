"""The front desk's pages: lists and pages to read, small forms to act, each calling one service."""

from cases.admin import cases, events, inbox, message_words, outbox, patients, plan_templates, sending, visits

__all__ = ["cases", "events", "inbox", "message_words", "outbox", "patients", "plan_templates", "sending", "visits"]
