import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from image_asks import MEMBER, Answer, Ask, Pieces, Source
from image_records import ImageRecords
from oslo_config import cfg

from compute_cloud import conf as options
from compute_cloud.api.image.app import CONTEXT, ImageFront, build_image_app
from compute_cloud.context import Context


@pytest.fixture
def conf(tmp_path: Path) -> Iterator[cfg.ConfigOpts]:
    own = cfg.ConfigOpts()
    options.register(own)
    own(["--config-dir", str(tmp_path)], project="none", default_config_files=[], default_config_dirs=[])
    own.set_override("filesystem_store_datadir", str(tmp_path / "images"), group="image")
    yield own
    for name in own.image:  # groups are shared between configurations, and overrides with them
        own.clear_override(name, group="image")


@pytest.fixture
def records() -> ImageRecords:
    return ImageRecords()


@pytest.fixture
def app(conf: cfg.ConfigOpts, records: ImageRecords) -> Any:
    return ImageFront(build_image_app(conf, records))  # type: ignore[arg-type] # it has the methods for images only


@pytest.fixture
def ask(app: Any) -> Ask:
    """Ask the app as a WSGI server would; JSON goes in as ``body``, bytes or an iterator of them as ``data``."""

    def ask_it(
        method: str,
        path: str,
        body: Any = None,
        *,
        by: Context | None = MEMBER,
        data: bytes | Iterator[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        path, _, query = path.partition("?")
        text = json.dumps(body).encode() if body is not None else data if isinstance(data, bytes) else b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "images.test",
            "SERVER_PORT": "80",
            "SCRIPT_NAME": "",
            "wsgi.url_scheme": "http",
            "wsgi.input": Source(text, int(headers.get("content_length", len(text)))),
        }
        if isinstance(data, Iterator):
            environ |= {"wsgi.input": Pieces(data), "HTTP_TRANSFER_ENCODING": "chunked"}
        else:
            environ["CONTENT_LENGTH"] = str(len(text))
        if data is not None:
            environ["CONTENT_TYPE"] = "application/octet-stream"
        if by is not None:
            environ[CONTEXT] = by
        for key, value in headers.items():
            name = key.upper()
            environ[name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"] = value
        began: list[Any] = []
        answer = app(environ, lambda status, sent: began.append((status, sent)))
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        status, sent = began[0]
        return Answer(int(status[:3]), dict(sent), content)

    return ask_it
