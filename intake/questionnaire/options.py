"""The sets of options that many questions share."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from .definition import Option

YES = Option(value="yes", label=_("Yes"))
NO = Option(value="no", label=_("No"))
NOT_SURE = Option(value="not_sure", label=_("Not sure"))
NOT_SURE_ALONE = Option(value="not_sure", label=_("Not sure"), exclusive=True)

YES_NO = (NO, YES)
YES_NO_NOT_SURE = (NO, YES, NOT_SURE)
