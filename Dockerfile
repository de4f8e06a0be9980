FROM python:3.13-slim
COPY . /action
# in one step, and pip beside apt, because from main the image is built for every run
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /action/requirements.txt \
  & packages=$! \
 && /action/image/get-git / \
 && wait "$packages" \
 && python -m compileall -q /action \
 && ln -s /action/image/gto-action /usr/local/bin/
ENTRYPOINT ["python", "/action/entrypoint.py"]
