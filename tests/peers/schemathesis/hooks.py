"""What schemathesis has to be told to send: bodies of protobuf are bytes."""

import schemathesis


@schemathesis.serializer("application/x-protobuf")
def protobuf(ctx, value):
    """Bytes as they are, anything else as the text of it."""
    return value if isinstance(value, bytes) else str(value).encode()
