"""The version of the whole rule set; stored with every judgement."""

# Raise it with any change of a table, a threshold or a weight: old judgements keep the version they were made with.
RULES_VERSION = "2026.12.1"
