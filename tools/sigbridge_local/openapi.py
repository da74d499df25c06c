"""Writes docs/openapi.json: the description of the API that the management function answers with."""

import json
import os
import runpy
from types import SimpleNamespace
from typing import Any

from sigbridge_local.emulator import isolated_environment
from sigbridge_local.places import ROOT, shown

DOCUMENT = ROOT / "docs" / "openapi.json"
_APP = ROOT / "functions" / "management" / "app.py"
_REQUEST = {
    "version": "2.0",
    "routeKey": "GET /openapi.json",
    "rawPath": "/openapi.json",
    "rawQueryString": "",
    "headers": {},
    "requestContext": {
        "requestId": "openapi",
        "stage": "$default",
        "http": {"method": "GET", "path": "/openapi.json"},
    },
    "isBase64Encoded": False,
}


def described() -> str:
    """Gives the description of the API as it is committed.

    The function reads no table for it. Its environment names one all the same.
    """
    context = SimpleNamespace(
        function_name="management", memory_limit_in_mb=1024, invoked_function_arn="", aws_request_id=""
    )
    lambda_handler = runpy.run_path(str(_APP))["lambda_handler"]
    answer: dict[str, Any] = lambda_handler(_REQUEST, context)
    return json.dumps(json.loads(answer["body"]), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes the file."""
    os.environ |= isolated_environment() | {"POWERTOOLS_SERVICE_NAME": "sigbridge", "TABLE_NAME": "none"}
    DOCUMENT.write_text(described())
    print(f"written: {shown(DOCUMENT)}")


if __name__ == "__main__":
    main()
