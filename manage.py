#!/usr/bin/env python3
"""`up`, `test`, and every Django command, from a bare python3: the first call makes `.venv`."""

import os
import sys

from clinic.local import bootstrap


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    bootstrap.ensure("test" if command == "test" else "run")
    if command == "up":
        from clinic.local.up import main as up

        return up(sys.argv[2:])
    if command == "test":
        from clinic.local.run_tests import main as run_tests

        return run_tests(sys.argv[2:])
    from django.core.management import execute_from_command_line

    return execute_from_command_line(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
