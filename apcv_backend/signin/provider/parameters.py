"""Parameters of an OAuth request, read once: UTF-8, no member twice, no control character, a sane length.

RFC 6749 section 3.1: a parameter sent without a value is as if it were left out, and none may come twice. Two
readers that each believe another of two values are how a check is walked around.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from apcv_backend.signin.provider.oauth_errors import invalid_request

_MOST_BYTES = 32_768
_MOST_PARAMETERS = 60
_LONGEST_VALUE = 8_192
_CONTROL = re.compile(r"[\x00-\x1f]")


def parse_parameters(raw: bytes) -> Mapping[str, str]:
    """The parameters of a query string or an `application/x-www-form-urlencoded` body.

    Raises `OAuthRefused` (`invalid_request`).
    """
    if len(raw) > _MOST_BYTES:
        raise invalid_request("the request is too long")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=False,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:  # not ASCII, not UTF-8 once decoded, too many
        raise invalid_request(
            "the parameters are not well-formed application/x-www-form-urlencoded"
        ) from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise invalid_request("a parameter is sent twice")
        if len(value) > _LONGEST_VALUE or _CONTROL.search(value):
            raise invalid_request("a parameter is too long or holds a control character")
        found[name] = value
    return {name: value for name, value in found.items() if value}
