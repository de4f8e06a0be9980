FROM python:3.13-slim AS code
COPY entrypoint.py /action/
COPY gto_action /action/gto_action
RUN python -m compileall -q /action

FROM python:3.13-slim
# The versions of Debian's packages are those of the base image's release: it is what is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git openssh-client \
 && rm -rf /var/lib/apt/lists/*
COPY requirements.txt /
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /requirements.txt
COPY --from=code /action /action
ENTRYPOINT ["python", "/action/entrypoint.py"]
