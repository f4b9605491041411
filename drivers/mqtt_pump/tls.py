"""Makes the TLS settings of a broker connection."""

from __future__ import annotations

import ssl

from drivers.errors import OptionsError
from drivers.mqtt_pump.options import TlsOptions


def make_context(options: TlsOptions) -> ssl.SSLContext:
    """Return settings that insist on TLS 1.2, a trusted certificate and the right host name.

    Raises:
        OptionsError: A file cannot be read or is not what it should be.
    """
    try:
        context = ssl.create_default_context(cafile=options.ca)
    except OSError as error:
        raise OptionsError([f"tls.ca cannot be used: {_reason(error)}."]) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.cert is not None:
        try:
            # A key that asks for a pass phrase would stop the daemon at a prompt.
            context.load_cert_chain(options.cert, options.key, password=b"")
        except OSError as error:
            raise OptionsError([f"tls.cert cannot be used: {_reason(error)}."]) from error
    return context


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).rstrip(".")
