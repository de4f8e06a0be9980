FROM python:3.13-slim

RUN apt-get update \
 && apt-get install --yes --no-install-recommends git openssh-client \
 && rm -rf /var/lib/apt/lists/*

COPY requirements.txt /
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes -r /requirements.txt \
 && python -m compileall -q "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

COPY entrypoint.py /action/
COPY gto_action /action/gto_action
RUN python -m compileall -q /action

ENTRYPOINT ["python", "/action/entrypoint.py"]
