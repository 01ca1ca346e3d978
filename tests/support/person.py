"""A person at the pages, without a browser: keeps cookies, sends the CSRF token and a fresh form id."""

import re
import secrets
from typing import Any, Self

from flask import Flask
from werkzeug.test import TestResponse

from matchmaker.services.accounts import hash_password

PASSWORD = "just-for-tests-9"
PASSWORD_HASH = hash_password(PASSWORD)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Person:
    """`get`, `post` and `sign_in` as somebody with one browser would."""

    def __init__(self, app: Flask, address: str = "127.0.0.1") -> None:
        self.client = app.test_client()
        self.address = address

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, environ_base={"REMOTE_ADDR": self.address}, **more)

    def token(self) -> str:
        """The CSRF token that the pages carry for this browser now."""
        page = self.get("/needs", follow_redirects=True)  # a refusal carries it too
        found = TOKEN.search(page.text)
        if found is None:
            raise AssertionError(f"no form on the page: {page.status_code}")
        return found[1]

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form; pass `form_id` in `data` to send the same form again."""
        fields = {"csrf_token": self.token(), "form_id": secrets.token_urlsafe(18), **(data or {})}
        return self.client.post(path, data=fields, environ_base={"REMOTE_ADDR": self.address}, **more)

    def sign_in(self, login: str, password: str = PASSWORD) -> Self:
        answer = self.post("/login", {"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return self
