"""The page on which people read the document and try the API out: Swagger UI, as Powertools bundles it."""

import base64
import hashlib
from pathlib import Path

from aws_lambda_powertools.event_handler import openapi

_ASSETS = Path(openapi.__file__).parent / "swagger_ui"
# It reads the document beside it. An entered key stays in the browser. No validator elsewhere is asked.
_START = """\
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sigbridge API</title>
<style>{style}</style>
</head>
<body>
<div id="swagger-ui"></div>
<script>{library}</script>
<script>{start}</script>
</body>
</html>
"""


def swagger_ui_page() -> tuple[str, dict[str, str]]:
    """Return the page, and headers that keep it from loading or calling anything elsewhere."""
    library = (_ASSETS / "swagger-ui-bundle.min.js").read_text(encoding="utf-8")
    style = (_ASSETS / "swagger-ui.min.css").read_text(encoding="utf-8")
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in (library, _START))
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src 'self' data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    page = _PAGE.format(style=style, library=library, start=_START)
    return page, {"Content-Security-Policy": policy}


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
