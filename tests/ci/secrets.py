"""The credentials of a private repository."""

from gto_action.git.credentials import token_header

PASSWORD = "s3cret-t0ken"  # noqa: S105 - of a server of the tests


def authorization(user: str) -> str:
    """Return the header that a server accepts: that of a user with PASSWORD."""
    return token_header(PASSWORD, user).partition(": ")[2]
