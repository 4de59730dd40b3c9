"""How long questions take, as counts: no draft, no patient, no moment."""

from __future__ import annotations

from django.db import models


class QuestionTiming(models.Model):
    """How often one question of one version was answered within so many seconds, on one kind of device."""

    class Device(models.TextChoices):
        PHONE = "phone", "Phone"
        TABLET = "tablet", "Tablet"
        COMPUTER = "computer", "Computer"

    question = models.CharField(max_length=60)
    questionnaire_version = models.CharField(max_length=40)
    language = models.CharField(max_length=5)
    device = models.CharField(max_length=10, choices=Device.choices)
    up_to_seconds = models.PositiveIntegerField(help_text="The upper end of the stretch; the last one is open.")
    answers = models.PositiveIntegerField(default=0)

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["question", "questionnaire_version", "language", "device", "up_to_seconds"],
                name="one_count_for_each_stretch_of_seconds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question}, up to {self.up_to_seconds} s: {self.answers}"
