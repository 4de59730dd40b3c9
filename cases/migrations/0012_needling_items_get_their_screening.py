"""Needling planned before screens were kept gets a row that says so, with the result that stood in the plan."""

from django.db import migrations

BEFORE = "before versions"


def take_over(apps, schema_editor):
    Item = apps.get_model("cases", "PlanItem")
    Screening = apps.get_model("cases", "NeedlingScreening")
    for item in Item.objects.filter(intervention="dry_needling", needling_screening=None).select_related("plan"):
        item.needling_screening = Screening.objects.create(
            case_id=item.plan.case_id,
            therapist_id=item.plan.drafted_by_id,
            screened_at=item.needling_consented_at,
            result=item.needling_screen,
            answers={},
            body={"result": item.needling_screen, "reasons": [], "note": "planned before screens were kept"},
            rules_version=BEFORE,
        )
        item.needling_consent_version = BEFORE
        if item.needling_screen == "precaution":
            item.needling_adaptation = "Planned before adaptations were asked for; see the reason."
        item.save()


class Migration(migrations.Migration):
    dependencies = [("cases", "0011_needling_is_screened")]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
