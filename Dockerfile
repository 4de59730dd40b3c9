# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate; docker-compose.yml says which one a container is.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements/prod.txt requirements/prod.txt
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv /opt/venv \
 && pip install --quiet --require-hashes --only-binary :all: -r requirements/prod.txt
COPY . .
# Collecting needs settings that start, and nothing of them stays: the keys are made here and forgotten here.
RUN PRODUCTION=1 SITE_URL=https://build.invalid EMAIL_URL=smtp://build.invalid EMAIL_FROM=build@build.invalid \
    DATABASE_URL=postgresql://build.invalid/build REDIS_URL=redis://build.invalid STATIC_ROOT=/app/staticfiles \
    SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    LINK_SECRET="$(python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
    python manage.py collectstatic --noinput --verbosity 0 \
 && python -m compileall -q /app

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PRODUCTION=1 STATIC_ROOT=/app/staticfiles
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent patella \
 && install -d -o 10001 -m 700 /srv/patella/uploads
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001
EXPOSE 8000
# /tmp is memory (docker-compose.yml): a slow disk must not make gunicorn think that its workers hang.
CMD ["gunicorn", "--config=python:clinic.web_server", "--bind=0.0.0.0:8000", "--worker-tmp-dir=/tmp", \
     "--graceful-timeout=20", "--log-level=warning"]
