"""Staff, the sites they work at, and the role they have at each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from zoneinfo import available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import connections, models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property


class Role(models.TextChoices):
    FRONT_DESK = "front_desk", "Front desk"
    THERAPIST = "therapist", "Therapist"
    MANAGER = "manager", "Manager"
    AUDITOR = "auditor", "Auditor"
    INTEGRATION = "integration", "Integration"


def known_time_zone(name: str) -> None:
    """Raises ValidationError unless `name` is an IANA zone such as America/Chicago."""
    if name not in available_timezones():
        raise ValidationError(f"{name!r} is not a time zone. Write an IANA name such as America/Chicago.")


class Site(models.Model):
    """One place of the clinic, with its own clock, telephone and opening hours (local wall time)."""

    slug = models.SlugField(unique=True, help_text="Short name used in addresses, such as 'riverside'.")
    name = models.CharField(max_length=100)
    time_zone = models.CharField(max_length=64, help_text="IANA name, such as America/Chicago.")
    phone = models.CharField(max_length=20, help_text="The number patients call, such as +13125550100.")
    address = models.CharField(
        max_length=200, blank=True, help_text="Street and town, as it stands in a patient's calendar."
    )
    emergency_number = models.CharField(max_length=20, default="911")
    urgent_care = models.CharField(
        max_length=200, blank=True, help_text="Where patients go when the clinic is closed: name, address, telephone."
    )
    opens_at = models.TimeField(default=time(8))
    closes_at = models.TimeField(default=time(18))
    offers_dry_needling = models.BooleanField(default=False)
    accepts_uploads = models.BooleanField(
        default=False, help_text="Patients may send photos and PDFs after the form, such as a referral."
    )

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")), name="site_closes_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        # Here and not among the field's validators: a migration must not import our module.
        try:
            known_time_zone(self.time_zone)
        except ValidationError as error:
            raise ValidationError({"time_zone": error}) from error


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **fields, is_superuser=True)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff or a connected system, signed in by e-mail.

    A superuser installs the clinic (sites, staff); without a membership it sees no patient.
    """

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    PERSONAL = ("email", "name", "password")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = UserManager()

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="staff_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    @property
    def is_staff(self) -> bool:
        """May open the admin at all: anyone with a human role somewhere, and the installer."""
        human = {Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER, Role.AUDITOR}
        return self.is_superuser or any(role in human for role, _ in self.places)

    @cached_property
    def places(self) -> frozenset[tuple[Role, int]]:
        """Every (role, site id) this person has; read once per request, so a change holds from the next one."""
        if not self.is_active:
            return frozenset()
        return frozenset((Role(role), site) for role, site in self.memberships.values_list("role", "site_id"))

    def sites_as(self, roles: Iterable[Role]) -> set[int]:
        """Ids of the sites where this person has one of the roles."""
        wanted = set(roles)
        return {site for role, site in self.places if role in wanted}


class Membership(models.Model):
    """One role of one person at one site."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    needling_certified_until = models.DateField(
        null=True, blank=True, help_text="Last day of a therapist's certificate for dry needling; empty: none."
    )

    PERSONAL: tuple[str, ...] = ()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "site", "role"], name="one_membership_per_person_site_and_role"),
            models.CheckConstraint(
                condition=models.Q(needling_certified_until__isnull=True) | models.Q(role=Role.THERAPIST.value),
                name="only_therapists_are_certified_for_needling",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} at {self.site}"


class SignInTriesQuerySet(models.QuerySet["SignInTries"]):
    def another(self, digest: str, *, until: datetime) -> int:
        """Count one more try in one statement; how many there were, this one included."""
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO accounts_signintries AS tries (digest, count, expires_at) VALUES (%s, 1, %s)
                ON CONFLICT (digest) DO UPDATE SET count = tries.count + 1 RETURNING count
                """,
                [digest, until],
            )
            [count] = cursor.fetchone()
        if count == 1:
            # Whoever opens a window sweeps up those that have passed.
            self.filter(expires_at__lt=timezone.now()).delete()
        return count


class SignInTries(models.Model):
    """How often somebody tried to sign in within one window of time. In PostgreSQL: Redis may be lost at any moment.

    digest: keyed, of account, address and window; no e-mail stands here.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    PERSONAL: tuple[str, ...] = ()

    objects = SignInTriesQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="sign_in_tries_expiry")]

    def __str__(self) -> str:
        return f"{self.count} until {self.expires_at:%H:%M}"
