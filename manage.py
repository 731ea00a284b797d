#!/usr/bin/env python3
"""Parley's commands, by Django's usual door. A bad setting ends in one sentence, not in a traceback."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads the settings now, so that a bad value speaks first
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Parley cannot start: {error}")


if __name__ == "__main__":
    main()
