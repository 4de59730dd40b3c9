"""What the knee has to carry: sport, work, what changed, and whether rest helped."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from cases.rules.conditions import at_least, is_

from .definition import Kind, Option, Question, Section
from .options import YES_NO
from .pain import IMPACT_PATTERN

_CHANGED = ("increase", "decrease", "new", "returned_after_break")

# Inside a row a condition sees the answers of that row only.
ACTIVITY = (
    Question(
        name="type",
        kind=Kind.CHOICE,
        text=_("Which activity?"),
        options=(
            Option(value="running", label=_("Running")),
            Option(value="jumping_sport", label=_("Sport with jumping, such as volleyball or basketball")),
            Option(value="team_sport", label=_("Team sport, such as soccer")),
            Option(value="court_sport", label=_("Tennis or another racket sport")),
            Option(value="cycling", label=_("Cycling")),
            Option(value="hiking", label=_("Hiking")),
            Option(value="gym", label=_("Gym or weights")),
            Option(value="dance", label=_("Dance")),
            Option(value="walking", label=_("Walking")),
            Option(value="swimming", label=_("Swimming")),
            Option(value="other", label=_("Something else")),
        ),
        required=True,
    ),
    Question(
        name="sessions_per_week",
        kind=Kind.INTEGER,
        text=_("How many times a week?"),
        unit=_("sessions per week"),
        low=0,
        high=21,
        required=True,
        inputmode="numeric",
    ),
    Question(
        name="volume_per_week",
        kind=Kind.NUMBER,
        text=_("How much a week, all in all?"),
        hint=_("For example 20 km. A guess is fine, or leave it empty."),
        low=0,
        high=10000,
        inputmode="decimal",
    ),
    Question(
        name="volume_unit",
        kind=Kind.CHOICE,
        text=_("Counted in"),
        options=(
            Option(value="km", label=_("kilometers")),
            Option(value="min", label=_("minutes")),
            Option(value="hours", label=_("hours")),
            Option(value="reps", label=_("times repeated")),
        ),
        required_when=at_least("volume_per_week", 0),
    ),
    Question(
        name="recent_change",
        kind=Kind.CHOICE,
        text=_("Did this change in the weeks before the pain began or got worse?"),
        options=(
            Option(value="none", label=_("No change")),
            Option(value="increase", label=_("I did more")),
            Option(value="decrease", label=_("I did less")),
            Option(value="new", label=_("It was new for me")),
            Option(value="returned_after_break", label=_("I came back after a break")),
        ),
        required=True,
    ),
    Question(
        name="change_percent",
        kind=Kind.INTEGER,
        text=_("By about how much?"),
        hint=_("In percent. From 20 km to 30 km is 50. Leave it empty if you do not know."),
        unit=_("percent"),
        low=0,
        high=500,
        shown_when=is_("recent_change", "increase", "decrease"),
        inputmode="numeric",
    ),
    Question(
        name="changed_weeks_ago",
        kind=Kind.INTEGER,
        text=_("How many weeks ago was that?"),
        hint=_("A guess is fine. Write 0 for this week."),
        unit=_("weeks"),
        low=0,
        high=520,
        shown_when=is_("recent_change", *_CHANGED),
        inputmode="numeric",
    ),
    Question(
        name="weeks_off",
        kind=Kind.INTEGER,
        text=_("How many weeks was your break?"),
        unit=_("weeks"),
        low=0,
        high=2600,
        required=True,
        shown_when=is_("recent_change", "returned_after_break"),
        inputmode="numeric",
    ),
    Question(
        name="teams",
        kind=Kind.INTEGER,
        text=_("How many teams do you play in?"),
        low=0,
        high=10,
        shown_when=is_("type", "jumping_sport", "team_sport", "court_sport"),
        inputmode="numeric",
    ),
    Question(
        name="rest_days_per_week",
        kind=Kind.INTEGER,
        text=_("How many days a week do you rest from sport?"),
        unit=_("days per week"),
        low=0,
        high=7,
        shown_when=at_least("sessions_per_week", 5) | at_least("teams", 2),
        inputmode="numeric",
    ),
    Question(
        name="new_hills_stairs_surface_shoes",
        kind=Kind.CHOICE,
        text=_("Were there new hills, stairs, ground or shoes?"),
        options=YES_NO,
    ),
)

LOAD = Section(
    name="load",
    title=_("What you do"),
    intro=_("A knee can hurt when it has to do more than it is used to."),
    questions=(
        Question(
            name="activities",
            kind=Kind.ROWS,
            text=_("Which sports or exercise do you do?"),
            hint=_("Up to 3. If you do none, leave this empty."),
            row=10,
            questions=ACTIVITY,
            max_rows=3,
        ),
        IMPACT_PATTERN,
        Question(
            name="work_load",
            kind=Kind.CHOICE,
            text=_("Do you kneel, squat or climb a lot at work?"),
            row=11,
            options=(
                Option(value="none", label=_("No, or I do not work")),
                Option(value="kneel_squat_climb_steady", label=_("Yes, as always")),
                Option(value="kneel_squat_climb_increased", label=_("Yes, and more than before")),
            ),
        ),
        Question(
            name="rest_tried_days",
            kind=Kind.INTEGER,
            text=_("How many days in a row have you rested the knee?"),
            hint=_("Write 0 if you have not tried."),
            row=12,
            unit=_("days"),
            low=0,
            high=3650,
            required=True,
            inputmode="numeric",
        ),
    ),
)

REST_OPTIONS = (
    Option(value="no", label=_("No")),
    Option(value="a_little", label=_("A little")),
    Option(value="a_lot_then_back", label=_("A lot, but the pain came back")),
    Option(value="gone", label=_("The pain went away")),
)
REST_HELPED = Question(
    name="rest_helped",
    kind=Kind.CHOICE,
    text=_("Did rest help?"),
    row=12,
    options=REST_OPTIONS,
    required=True,
    shown_when=at_least("rest_tried_days", 1),
)
