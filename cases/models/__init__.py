"""Tables, their constraints and the querysets that are the clinic's vocabulary of reading."""

from cases.models.cases import Case
from cases.models.choices import choices_of
from cases.models.examinations import Examination
from cases.models.follow_up import CheckIn, Outcome, ProgressPoint, StrikeOut
from cases.models.history import CaseEvent, Note
from cases.models.links import Link
from cases.models.messages import DeliveryEvent, InboundMessage, MessageTemplate
from cases.models.needling import NeedlingScreening, NeedlingSession
from cases.models.patients import ContactConsent, Patient
from cases.models.plan_templates import PlanTemplate
from cases.models.plans import Finding, Plan, PlanExercise, PlanItem
from cases.models.reminders import Heartbeat, Reminder, ReminderAttempt
from cases.models.reports import Flag, Suggestion, SymptomReport
from cases.models.sending import (
    ClosedDay,
    Installation,
    Pause,
    ProviderRate,
    ReminderSettings,
    ReminderSettingsChange,
    SiteMessages,
)
from cases.models.visits import Visit

__all__ = [
    "Case",
    "CaseEvent",
    "CheckIn",
    "ClosedDay",
    "ContactConsent",
    "DeliveryEvent",
    "Examination",
    "Finding",
    "Flag",
    "Heartbeat",
    "InboundMessage",
    "Installation",
    "Link",
    "MessageTemplate",
    "NeedlingScreening",
    "NeedlingSession",
    "Note",
    "Outcome",
    "Patient",
    "Pause",
    "Plan",
    "PlanExercise",
    "PlanItem",
    "PlanTemplate",
    "ProgressPoint",
    "ProviderRate",
    "Reminder",
    "ReminderAttempt",
    "ReminderSettings",
    "ReminderSettingsChange",
    "SiteMessages",
    "StrikeOut",
    "Suggestion",
    "SymptomReport",
    "Visit",
    "choices_of",
]
