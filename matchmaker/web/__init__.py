"""Pages, sign-in and static files. The only layer that knows Flask."""

from matchmaker.web.app import create_app

__all__ = ["create_app"]
