"""A webhook: one message as JSON by POST, signed where a secret is shared.

The signature is an HMAC-SHA256 over the time, a dot and the body, so that neither can be changed or
sent again later; `docs/alerts.md` shows how it is verified. Proxies are those of the variables
HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
"""

from __future__ import annotations

import hmac
import os
import ssl
import time
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from .. import __version__
from .httpanswer import Reply, answer_to
from .wire import Answer, Errand

NUMBER, STAMP, SIGNATURE = "Tally-Delivery", "Tally-Timestamp", "Tally-Signature"
"""The headers: what it is the delivery of, when it was sent (epoch seconds), and `v1=` with the
signature in hex."""

_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"
"""Characters of a URL that stay; others are written as HTTP has them."""


def post(errand: Errand) -> Answer:
    """Send it; what became of that."""
    place = urlsplit(errand.address)
    path, query = (quote(part, safe=_AS_IT_IS) for part in (place.path, place.query))
    host = place.netloc.rpartition("@")[2]
    bare = urlunsplit(place._replace(netloc=host, path=path, query=query))
    data = errand.body.encode("utf-8", "surrogatepass")
    try:
        request = Request(bare, data, headers={**_headers(errand, data), **_user(errand.address)})
        with _opener().open(request, timeout=errand.limit_s) as reply:
            return answer_to(Reply(reply.status, {}), time.time())
    except HTTPError as problem:
        with problem:
            reply = Reply(problem.code, dict(problem.headers.items()))
            return answer_to(reply, time.time())
    except URLError as problem:
        return _broken(problem.reason)
    except HTTPException:  # http.client raises all of these past URLError
        return Answer(sent=False, trouble="what it answered is not HTTP, or the URL is none")
    except (OSError, ValueError) as problem:
        return _broken(problem)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The signature of a body that was sent at a time (epoch seconds)."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, "sha256").hexdigest()


def _headers(errand: Errand, data: bytes) -> Mapping[str, str]:
    stamp = str(errand.at_s)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"tallybook/{__version__}",
        NUMBER: errand.number,
        STAMP: stamp,
    }
    if errand.secret:
        headers[SIGNATURE] = f"v1={signature(errand.secret, stamp, data)}"
    return headers


def _user(address: str) -> Mapping[str, str]:
    """The user and password of a URL, as HTTP wants them."""
    from base64 import b64encode

    user, there, _ = urlsplit(address).netloc.rpartition("@")
    if not there:
        return {}
    return {"Authorization": f"Basic {b64encode(unquote(user).encode()).decode()}"}


def _trust() -> ssl.SSLContext:
    """The system's certificates, or those of a file that is named as the libraries of others have
    it named."""
    named = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=named or None)


def _opener() -> OpenerDirector:
    """Goes by proxies, and follows no redirection: it would lose the body, and lead the signature
    elsewhere."""
    opener = OpenerDirector()
    handlers = (ProxyHandler(), HTTPHandler(), HTTPSHandler(context=_trust()))
    for each in (*handlers, HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(each)
    return opener


def _broken(problem: object) -> Answer:
    if isinstance(problem, TimeoutError):
        return Answer(sent=False, trouble="no answer in time")
    if isinstance(problem, ssl.SSLCertVerificationError):
        return Answer(
            sent=False, trouble=f"its certificate can't be trusted: {problem.verify_message}"
        )
    return Answer(sent=False, trouble=f"no connection: {problem}")
