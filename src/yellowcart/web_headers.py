"""Headers that every answer of the framework carries: what a page may load, and that nobody may frame it.

The policy is the one that the templates are written for (`templates/layout/skeleton.html`): no inline script, no
eval, nothing from another host. Style attributes place the spans of the timeline and are what charts draw with;
`blob:` is how the player feeds a video.
"""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
OUT_PATHS = ("/out/", "/cashier/")
OUT_POLICY = CONTENT_SECURITY_POLICY.replace("form-action 'self'", "form-action 'self' https: http:")
"""For the pages through which people leave, to another shop or to a payment provider: their form is answered by a
redirect to that address, and browsers hold every further redirect of that other site against the policy of the
page that was left."""
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


async def add_security_headers(message: Message, scope: Scope) -> None:
    """Called before anything is sent; a header that a handler has set itself stays."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        leads_out = scope["path"].startswith(OUT_PATHS)
        headers.setdefault("content-security-policy", OUT_POLICY if leads_out else CONTENT_SECURITY_POLICY)
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, value)
