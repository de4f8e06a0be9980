FROM python:3.13-slim AS git
COPY image/get-git /
RUN /get-git /git

FROM python:3.13-slim AS code
COPY entrypoint.py /action/
COPY gto_action /action/gto_action
RUN python -m compileall -q /action

FROM python:3.13-slim
COPY --from=git /git /
COPY requirements.txt /
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /requirements.txt
COPY --from=code /action /action
ENTRYPOINT ["python", "/action/entrypoint.py"]
