"""Entry for a WSGI server in a checkout: `gunicorn wsgi:app`; from a wheel `gunicorn 'matchmaker.web:create_app()'`."""

from matchmaker.web import create_app

app = create_app()
