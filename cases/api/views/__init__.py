"""The doors themselves, by topic: each reads who may, checks a body, calls one service and shows the row."""
