"""The headers that every answer has, whatever it is."""

from __future__ import annotations

SAFE = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
NOT_KEPT = ("Cache-Control", "no-store")
REQUEST_ID = "X-Request-Id"
