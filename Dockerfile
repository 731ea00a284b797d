FROM python:3.11-slim AS packages
COPY requirements/base.txt .
RUN python -m venv /srv/venv && /srv/venv/bin/pip install --no-cache-dir --require-hashes -r base.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/parley parley
WORKDIR /srv/parley
COPY --from=packages /srv/venv /srv/venv
COPY manage.py LICENSE ./
COPY project project
COPY contacts contacts
COPY chat chat
COPY templates templates
COPY static static
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 PARLEY_DATA=/var/lib/parley
RUN PARLEY_DATA=/tmp/collecting python manage.py collectstatic --no-input --verbosity 0 \
    && rm -rf /tmp/collecting && python -m compileall -q project contacts chat
USER parley
VOLUME /var/lib/parley
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "manage.py", "serve", "--no-worker"]
