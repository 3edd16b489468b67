"""Each event is one line of JSON that names the request or job at work."""

from __future__ import annotations

import json
import logging

import pytest

from wallet_service import telemetry


def test_a_log_line_is_one_json_object_whatever_it_is_given(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    telemetry.configure_logging()
    try:
        with telemetry.bound(request_id="r-1"):
            telemetry.logger("test").info("read", narration="a\nb\u2028c")
            logging.getLogger("a.library").warning("said %s", "this")
    finally:
        root.handlers, root.level = handlers, level

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]

    assert [(line["event"], line["request_id"], line["level"]) for line in lines] == [
        ("read", "r-1", "info"),
        ("said this", "r-1", "warning"),
    ]
    assert lines[0]["narration"] == "a\nb\u2028c"
