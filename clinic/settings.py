"""Django's settings, derived from `clinic.env` alone."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from kombu import Queue

from clinic.env import read_or_stop
from clinic.local.paths import default_data_directory
from clinic.local.paths import environment as embedded_environment

BASE_DIR = Path(__file__).resolve().parent.parent
ENV = read_or_stop(embedded=embedded_environment)

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = ENV.secret_key_fallbacks
ALLOWED_HOSTS = ENV.allowed_hosts
SITE_URL = ENV.site_url
DEMO = ENV.demo
# Links in messages are derived from this key, so that a new SECRET_KEY leaves them alive.
LINK_SECRET = ENV.link_secret
PHONE_REGION = ENV.phone_region
METRICS_TOKEN = ENV.metrics_token
# Files of patients lie beside the data, never below what is served.
UPLOADS_ROOT = default_data_directory() / "uploads"
UPLOAD_SCANNER = ENV.upload_scanner
UPLOAD_QUOTA_BYTES = ENV.upload_quota_mb * 1024 * 1024

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "clinic.admin_site.ClinicAdminConfig",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "csp",
    "clinic.accounts",
    "cases",
    "intake",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinic.boundary.TextBoundary",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clinic.accounts.languages.PageLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clinic.headers.PrivateByDefault",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.accounts.languages.to_choose",
            ],
        },
    },
]

DATABASES = {
    "default": dj_database_url.parse(
        ENV.database_url, engine="clinic.postgres", conn_max_age=60, conn_health_checks=True
    ),
}
# A pool is left out on purpose: Celery's prefork tears it down with every task.
# Who waits for a lock longer than this waits in vain, and holds up others.
LOCK_SECONDS = 2 if ENV.statement_seconds < 10 else 5
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "options": (
            f"-c statement_timeout={ENV.statement_seconds}s -c lock_timeout={LOCK_SECONDS}s "
            "-c idle_in_transaction_session_timeout=30s"
        ),
        "connect_timeout": 3,
        "patience": ENV.statement_seconds + 1,
    }
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _redis(number: int, *, broker: bool = False) -> str:
    """The address of one Redis database: 0 for wake-ups, 1 for the cache; a path in REDIS_URL shifts both."""
    if ENV.redis_url.startswith("unix://"):
        path = ENV.redis_url.removeprefix("unix://").split("?")[0]
        return f"redis+socket://{path}?virtual_host={number}" if broker else f"unix://{path}?db={number}"
    parts = urlsplit(ENV.redis_url)
    first = int(parts.path.strip("/") or 0) if parts.path.strip("/").isdigit() else 0
    return parts._replace(path=f"/{first + number}").geturl()


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _redis(1),
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
}
# Sessions live in PostgreSQL: Redis may be lost at any moment.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_NAME = "__Host-session" if ENV.production else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if ENV.production else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ENV.production
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clinic.pages.csrf_failure"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "clinic.accounts.tokens.NewPasswordEndsTokens"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
# Pages speak the languages that are complete (locale/, clinic/formats); messages also those a patient may choose.
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_NAME = "__Host-language" if ENV.production else "language"
FORMAT_MODULE_PATH = "clinic.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "templates" / "static"]
STATIC_ROOT = ENV.static_root or BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ENV.production
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}
WHITENOISE_USE_FINDERS = not ENV.production

# Requests: what one person may send at once. A file comes to one address only: `clinic.boundary` refuses it elsewhere.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600
DATA_UPLOAD_MAX_NUMBER_FILES = 1

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if ENV.production:
    SECURE_SSL_REDIRECT = True
    # The load balancer asks these two inside the house, without TLS.
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    if ENV.proxy_count:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.accounts.tokens.PersonalToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["clinic.boundary.CheckedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "clinic.problems.problem_response",
    "NUM_PROXIES": ENV.proxy_count,
    # One format, so `?format=` is an unknown parameter like any other.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {
    "AUTO_REFRESH": False,
    "TOKEN_PREFIX": "patella_",
    "AUTH_HEADER_PREFIX": "Bearer",
}
# How often: one waiting room, or one mobile network, may share an address, so forms are counted generously.
INTAKE_RATE = ENV.intake_rate
SIGN_IN_RATE = "10/15 minute"  # passwords tried for one account from one address
SIGN_IN_ADDRESS_RATE = "100/hour"  # passwords tried for any account from one address
SPECTACULAR_SETTINGS = {
    "TITLE": "Patella",
    "DESCRIPTION": "Patient intake and case tracking for knee pain. Suggestions are never a diagnosis.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    # A correction names every field; there is no half of one.
    "COMPONENT_SPLIT_PATCH": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "clinic.openapi.describe_problems",
        "clinic.openapi.describe_questionnaire",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "CaseStatus": "clinic.openapi.CASE_STATUS",
        "CloseReason": "clinic.openapi.CLOSE_REASON",
        "NeedlingResult": "clinic.openapi.NEEDLING_RESULT",
        "PlanStatus": "clinic.openapi.PLAN_STATUS",
        "ProgressStatus": "clinic.openapi.PROGRESS_STATUS",
        "Urgency": "clinic.openapi.URGENCY",
        "VisitStatus": "clinic.openapi.VISIT_STATUS",
        "VisitResult": "clinic.openapi.VISIT_RESULT",
    },
}

_mail = urlsplit(ENV.email_url)
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _mail.hostname or "127.0.0.1"
EMAIL_PORT = _mail.port or {"smtps": 465, "smtp+starttls": 587}.get(_mail.scheme, 25)
EMAIL_HOST_USER = unquote(_mail.username or "")
EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
EMAIL_USE_SSL = _mail.scheme == "smtps"
EMAIL_USE_TLS = _mail.scheme == "smtp+starttls"
# Shorter than a third of a reminder's lease: a sender that hangs must lose its turn, not its reminder.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENV.email_from
SMS_GATEWAY_URL = ENV.sms_gateway_url
SMS_GATEWAY_TOKEN = ENV.sms_gateway_token
# Does the gateway send a repeated Idempotency-Key only once? Unless it does, a text in doubt is held for a person.
SMS_GATEWAY_KEEPS_KEYS = ENV.sms_gateway_keeps_keys
# How many messages a provider takes, such as "10/second"; "" for as many as there are senders.
EMAIL_RATE = ENV.email_rate
SMS_RATE = ENV.sms_rate
# A file outside the database with one line per message that went out; "" for none. See docs/deployment.md, restoring.
SENT_LOG = ENV.sent_log
# The fields of a form-encoded gateway; "" for our own JSON.
SMS_GATEWAY_FORM = ENV.sms_gateway_form
# What providers sign their reports with, the newest first; a provider without a secret is not heard.
WEBHOOK_SECRETS = {"email": ENV.email_webhook_secrets, "sms": ENV.sms_webhook_secrets}

CELERY = {
    "broker_url": _redis(0, broker=True),
    "broker_connection_retry_on_startup": True,
    "broker_transport_options": {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "visibility_timeout": 600,
        "global_keyprefix": "patella:",
    },
    # The row is the result and the row is the queue: Redis carries wake-ups only.
    "task_ignore_result": True,
    "result_backend": None,
    # Messages have a queue of their own: no other work, however long it takes, stands in their way.
    "task_queues": [Queue("sends", routing_key="sends"), Queue("jobs", routing_key="jobs")],
    "task_default_queue": "jobs",
    "task_routes": {"cases.tasks.dispatch_due": {"queue": "sends"}},
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 500,
    "task_soft_time_limit": 90,
    "task_time_limit": 110,
    "timezone": "UTC",
    "worker_hijack_root_logger": False,
    "beat_scheduler": "clinic.beat:Schedule",
    "beat_schedule": {
        # What comes every half minute has no end: it would be read on the worker's clock, and one that is fast would
        # throw every tick away.
        "dispatch-due-reminders": {
            "task": "cases.tasks.dispatch_due",
            "schedule": 30.0,
        },
        "note-lost-cases": {
            "task": "cases.tasks.note_lost_cases",
            "schedule": 3600.0,
            "options": {"expires": 3000},
        },
        "check-uploads": {
            "task": "intake.tasks.check_uploads",
            "schedule": 30.0,
        },
        "answer-what-patients-wrote": {
            "task": "cases.tasks.send_replies",
            "schedule": 30.0,
        },
        "replan-sites": {
            "task": "cases.tasks.replan_sites",
            "schedule": 30.0,
        },
        "forget-old-drafts": {
            "task": "intake.tasks.forget_old_drafts",
            "schedule": 3600.0,
            "options": {"expires": 3000},
        },
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "clinic.logs.WithoutWords", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "filters": {"no_query": {"()": "clinic.logs.WithoutQueries"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_query"],
            "stream": sys.stderr,
        },
    },
    "root": {"handlers": ["console"], "level": "INFO" if not ENV.debug else "DEBUG"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.db.backends": {"level": "WARNING"},
        # They tell of every letter they embed: of a consent, the letters of a name.
        "fontTools": {"level": "WARNING"},
        "fpdf": {"level": "WARNING"},
    },
}
