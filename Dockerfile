# The town hall on PostgreSQL and Redis. No key is in any layer: keys are mounted at run time, read-only.
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv --shell /usr/sbin/nologin cartes \
 && install -d -o 10001 -g 0 -m 0755 /var/cartes/publication /var/cartes/kept
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv
COPY cartes cartes
COPY keys keys
COPY verifier verifier
COPY apcv_backend apcv_backend
COPY wsgi.py .
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# The database is brought up to date by a command of its own (`python -m apcv_backend migrate`), never at start.
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "10", "--respawn-failed-workers", "wsgi:app"]
