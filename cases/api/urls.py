"""Addresses of the REST door under /api/v1/."""

from django.urls import path

from cases.api.views import (
    cases,
    clinical,
    examinations,
    knee,
    moves,
    needling,
    plans,
    progress,
    quality,
    timeline,
    visits,
)

app_name = "cases-api"
CASE = "cases/<str:reference>/"

urlpatterns = [
    path("instruments/", progress.InstrumentsView.as_view(), name="instruments"),
    path("quality/", quality.QualityView.as_view(), name="quality"),
    path("cases/", cases.CasesView.as_view(), name="cases"),
    path(CASE, cases.CaseView.as_view(), name="case"),
    path(f"{CASE}review/", moves.ReviewView.as_view(), name="review"),
    path(f"{CASE}schedule/", moves.ScheduleView.as_view(), name="schedule"),
    path(f"{CASE}start-treatment/", moves.StartTreatmentView.as_view(), name="start-treatment"),
    path(f"{CASE}discharge/", moves.DischargeView.as_view(), name="discharge"),
    path(f"{CASE}close/", moves.CloseView.as_view(), name="close"),
    path(f"{CASE}reopen/", moves.ReopenView.as_view(), name="reopen"),
    path(f"{CASE}assign/", moves.AssignView.as_view(), name="assign"),
    path(f"{CASE}flags/<int:flag_id>/acknowledge/", clinical.AcknowledgeFlagView.as_view(), name="acknowledge-flag"),
    path(f"{CASE}flags/<int:flag_id>/clear/", clinical.ClearFlagView.as_view(), name="clear-flag"),
    path("examination-tests/", examinations.ExaminationTestsView.as_view(), name="examination-tests"),
    path(f"{CASE}examinations/", examinations.ExaminationsView.as_view(), name="examinations"),
    path(f"{CASE}suggestions/", examinations.SuggestionsView.as_view(), name="suggestions"),
    path(f"{CASE}finding/", clinical.FindingView.as_view(), name="finding"),
    path(f"{CASE}plan/", clinical.PlanView.as_view(), name="plan"),
    path(f"{CASE}plan/approve/", clinical.ApprovePlanView.as_view(), name="approve-plan"),
    path(f"{CASE}plan/programme/", plans.ProgrammeView.as_view(), name="programme"),
    path(f"{CASE}plans/", plans.PlansView.as_view(), name="plans"),
    path(f"{CASE}plans/<int:before>/diff/<int:after>/", plans.PlanDiffView.as_view(), name="plan-diff"),
    path(f"{CASE}needling-screenings/", needling.NeedlingScreeningsView.as_view(), name="needling-screenings"),
    path(f"{CASE}needling-sessions/", needling.NeedlingSessionsView.as_view(), name="needling-sessions"),
    path(f"{CASE}visits/", visits.VisitsView.as_view(), name="visits"),
    path(f"{CASE}visits/<int:visit_id>.ics", visits.VisitEntryView.as_view(), name="visit-entry"),
    path(f"{CASE}visits/<int:visit_id>/move/", visits.MoveVisitView.as_view(), name="move-visit"),
    path(f"{CASE}visits/<int:visit_id>/settle/", visits.SettleVisitView.as_view(), name="settle-visit"),
    path(f"{CASE}knee.svg", knee.KneeView.as_view(), name="knee"),
    path(f"{CASE}progress/", progress.ProgressTableView.as_view(), name="progress-table"),
    path(f"{CASE}progress.svg", progress.PictureView.as_view(), name="progress-picture"),
    path(f"{CASE}outcomes/", clinical.OutcomesView.as_view(), name="outcomes"),
    path(f"{CASE}outcomes/<int:outcome_id>/strike-out/", clinical.StrikeOutView.as_view(), name="strike-out-outcome"),
    path(f"{CASE}notes/", clinical.NotesView.as_view(), name="notes"),
    path(f"{CASE}timeline/", timeline.TimelineView.as_view(), name="timeline"),
]
