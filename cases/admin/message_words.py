"""The words of messages: read, changed with a preview, kept version by version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_safe

from cases.admin.small_forms import VersionField
from cases.messages.render import Message
from cases.models import MessageTemplate
from cases.rules.message_lint import PLACEHOLDERS, length_of
from cases.rules.terms import Channel, Language, MessageKind
from cases.services import message_templates
from cases.services.errors import Stale, WrongInput
from clinic.accounts.admin.access import RoleAdmin
from clinic.accounts.models import Site
from clinic.accounts.permissions import Action, may, reach_of

CHANNELS = (Channel.SMS, Channel.EMAIL)
VERSIONS_SHOWN = 20


class WordsForm(forms.Form):
    subject = forms.CharField(label="Subject", max_length=80, required=False)
    body = forms.CharField(label="Words", max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 12}))
    version = VersionField()


@dataclass(frozen=True)
class Line:
    """One kind of message and its words on each channel: a link, and the version in force (0: shipped)."""

    kind: MessageKind
    cells: list[tuple[Channel, str, int]]


@admin.register(MessageTemplate)
class MessageWords(RoleAdmin):
    sees = Action.MANAGE_SITE
    nav_label = "Words"
    nav_order = 82
    list_title = "Words of messages"

    def visible(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        whole, own = reach_of(request.user, self.sees)
        return MessageTemplate.objects.filter(site__in=whole | own)

    def _sites(self, request: HttpRequest) -> QuerySet[Site]:
        whole, own = reach_of(request.user, self.sees)
        return Site.objects.filter(pk__in=whole | own).order_by("name", "pk")

    def more_urls(self) -> list[URLPattern]:
        address = "<int:site_id>/<slug:kind>/<slug:channel>/<slug:language>/"
        return [path(address, self.guarded(self.words), name="cases_messagetemplate_words")]

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.may_see(request):
            raise PermissionDenied
        sites = list(self._sites(request))
        site = next((each for each in sites if each.slug == request.GET.get("site")), sites[0])
        own = message_templates.own_words([site.pk])
        language = request.GET.get("language")
        spoken = next((each for each in Language if each.value == language), Language.EN)
        lines = [
            Line(
                kind,
                [
                    (
                        channel,
                        reverse("admin:cases_messagetemplate_words", args=[site.pk, kind, channel, spoken]),
                        own[key].version if (key := (site.pk, kind.value, spoken.value, channel.value)) in own else 0,
                    )
                    for channel in CHANNELS
                ],
            )
            for kind in message_templates.WRITABLE
        ]
        shown = {"site": site, "sites": sites, "spoken": spoken, "languages": list(Language), "lines": lines}
        context = self.context(request, title=self.list_title, **shown)
        return TemplateResponse(request, "admin/cases/words_list.html", context)

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def words(self, request: HttpRequest, site_id: int, kind: str, channel: str, language: str) -> HttpResponse:
        site = self._sites(request).filter(pk=site_id).first()
        if site is None or not may(request.user, self.sees, site_id=site.pk):
            raise Http404
        try:
            key: dict[str, Any] = {
                "kind": MessageKind(kind),
                "channel": Channel(channel),
                "language": Language(language),
            }
        except ValueError as error:
            raise Http404 from error
        if key["kind"] not in message_templates.WRITABLE or key["channel"] not in CHANNELS:
            raise Http404
        if request.method == "POST":
            return self._change(request, site, key)
        now_in_force = message_templates.words_in_force(site, **key)
        form = WordsForm(
            initial={
                "subject": now_in_force.subject,
                "body": now_in_force.body,
                "version": message_templates.last_version(site, **key) + 1,
            }
        )
        preview = message_templates.preview(site, **key, subject=now_in_force.subject, body=now_in_force.body)
        return self._page(request, site, key, form, preview)

    def _change(self, request: HttpRequest, site: Site, key: dict[str, Any]) -> HttpResponse:
        form = WordsForm(request.POST)
        if not form.is_valid():
            return self._page(request, site, key, form, None, status=422)
        given, deed = dict(form.cleaned_data), request.POST.get("do", "preview")
        if deed == "preview":
            wrong = message_templates.check_words(site, **key, subject=given["subject"], body=given["body"])
            for each in wrong:
                form.add_error(each.field, each.text)
            preview = message_templates.preview(site, **key, subject=given["subject"], body=given["body"])
            return self._page(request, site, key, form, preview, status=422 if wrong else 200)
        shipped = deed == "shipped"
        try:
            written = message_templates.write_words(
                site,
                **key,
                subject="" if shipped else given["subject"],
                body=None if shipped else given["body"],
                # The form speaks of the version it will become: a hidden field takes no nought.
                expected_version=given["version"] - 1,
                by=request.user,
                now=timezone.now(),
            )
        except WrongInput as error:
            for field, texts in error.errors.items():
                form.add_error(field if field in form.fields else None, texts)
            return self._page(request, site, key, form, None, status=422)
        except Stale as error:
            form.add_error(None, str(error))
            return self._page(request, site, key, form, None, status=409)
        what = "The shipped words go out again" if shipped else f"Version {written.version} goes out"
        messages.success(request, f"{what} from now on.")
        return HttpResponseRedirect(request.path)

    def _page(
        self,
        request: HttpRequest,
        site: Site,
        key: dict[str, Any],
        form: WordsForm,
        preview: Message | None,
        *,
        status: int = 200,
    ) -> HttpResponse:
        if key["channel"] is Channel.SMS:
            form.fields["subject"].widget = forms.HiddenInput()
        rows = MessageTemplate.objects.filter(
            site=site, kind=key["kind"].value, channel=key["channel"].value, language=key["language"].value
        )
        has_link = key["kind"] not in message_templates.WITHOUT_LINK
        marks = {name: text for name, text in PLACEHOLDERS.items() if name != "link" or has_link}
        shown = {
            **key,
            "site": site,
            "form": form,
            "preview": preview,
            "length": length_of(preview.text) if preview and key["channel"] is Channel.SMS else None,
            "marks": [(f"{{{name}}}", text) for name, text in marks.items()],
            "versions": list(rows.select_related("written_by").order_by("-version")[:VERSIONS_SHOWN]),
        }
        title = f"{key['kind'].label}, {key['channel'].label.lower()}, {key['language'].label}"
        context = self.context(request, title=title, **shown)
        return TemplateResponse(request, "admin/cases/words.html", context, status=status)
