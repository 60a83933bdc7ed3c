# SPDX-License-Identifier: MIT OR Apache-2.0
"""What schemathesis is to know of media types that it does not; and that nobody
waits for long."""

import os
import re

import schemathesis
from hypothesis import strategies as st

PEM = os.environ["REST_PEM"].encode()

schemathesis.openapi.media_type(
    "application/x-pem-file",
    st.sampled_from([PEM, PEM[:len(PEM) // 2], b""]) | st.binary(max_size=99))
schemathesis.openapi.media_type(
    "text/javascript", st.sampled_from([
        b"export default {}", b"export default { a() { return 1 } }", b"{"]))
schemathesis.openapi.media_type(
    "application/octet-stream", st.binary(max_size=999))


@schemathesis.hook
def before_call(_, case, __):
    """Who waits for others, waits a moment; a span that is none stays so."""
    if case.query and "wait" in case.query:
        span = case.query.get("timeout", "1s")
        if isinstance(span, str) and re.fullmatch(r"[0-9]+(ms|s|m|h|d)", span):
            case.query["timeout"] = "200ms"
