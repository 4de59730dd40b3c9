"""Personal API tokens over the API: made with a password or in a signed-in browser, listed, revoked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.fields import Body, Text, Whole
from cases.api.shown import Moment, Out
from cases.services.errors import Refusal
from clinic.accounts.limits import SignInAddressLimit, SignInLimit
from clinic.accounts.models import User
from clinic.accounts.tokens import MOST_DAYS, MOST_TOKENS, USUAL_DAYS, TooManyTokens, issue_token, revoke_tokens


class TokenIn(Body):
    """email and password: needed unless you are signed in with a browser."""

    email = Text(required=False, max_length=254)
    password = Text(required=False, max_length=200, trim_whitespace=False, style={"input_type": "password"})
    days = Whole(required=False, min_value=1, max_value=MOST_DAYS, default=USUAL_DAYS)


class TokenOut(Out):
    id = serializers.CharField(source="token_key", help_text="The first letters of the token.")
    made_at = Moment(source="created")
    expires_at = Moment(source="expiry")


class NewTokenOut(TokenOut):
    token = serializers.CharField(help_text="Shown this once. Send it as `Authorization: Bearer …`.")


class TokenLimitReached(Refusal):
    code = "too_many_tokens"


class TokensView(APIView):
    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        if self.request.method != "POST":
            return []
        typed = self.request.data.get("email") if isinstance(self.request.data, dict) else None
        # Whoever is signed in may still try the passwords of others.
        if typed is None and self.request.user.is_authenticated:
            return []
        return [SignInLimit(str(typed)), SignInAddressLimit()]

    @extend_schema(
        operation_id="makeToken",
        summary="Make a personal token",
        tags=["tokens"],
        auth=[{"cookieAuth": []}, {}],
        request=TokenIn,
        responses={201: NewTokenOut},
    )
    def post(self, request: Request) -> Response:
        given = TokenIn(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            token, secret = issue_token(
                _who(request, given.validated_data), days=given.validated_data["days"], now=timezone.now()
            )
        except TooManyTokens as error:
            raise TokenLimitReached(f"You have {MOST_TOKENS} tokens. Revoke one first.") from error
        return Response(TokenOut(token).data | {"token": secret}, status=201)

    @extend_schema(
        operation_id="listTokens", summary="Your own tokens", tags=["tokens"], responses={200: TokenOut(many=True)}
    )
    def get(self, request: Request) -> Response:
        alive = AuthToken.objects.filter(user=request.user, expiry__gt=timezone.now()).order_by("created", "pk")
        return Response(TokenOut(alive, many=True).data)

    @extend_schema(
        operation_id="revokeTokens",
        summary="Revoke every token of yours, this one too",
        tags=["tokens"],
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        revoke_tokens(request.user)
        return Response(status=204)


class TokenView(APIView):
    @extend_schema(
        operation_id="revokeToken",
        summary="Revoke one token of yours",
        tags=["tokens"],
        parameters=[OpenApiParameter("token_id", OpenApiTypes.STR, OpenApiParameter.PATH)],
        responses={204: None},
    )
    def delete(self, request: Request, token_id: str) -> Response:
        if not revoke_tokens(request.user, token_key=token_id):
            raise Http404
        return Response(status=204)


def _who(request: Request, given: dict[str, Any]) -> User:
    """Who asks for a token. The answer is the same for an unknown address, a wrong password and a closed account."""
    email, password = given.get("email"), given.get("password")
    if email is None and password is None and request.user.is_authenticated:
        # A stolen token would renew itself for ever.
        if isinstance(request.auth, AuthToken):
            raise PermissionDenied("A token cannot make another one. Send your e-mail address and password.")
        return request.user
    missing = {name: ["This field is required."] for name in ("email", "password") if not given.get(name)}
    if missing:
        raise ValidationError(missing)
    user = authenticate(request._request, username=email, password=password)
    if user is None:
        raise AuthenticationFailed("This e-mail address and password do not belong together.")
    return user
