"""A link just made, shown once to who made it: kept in their own browser until the next page."""

from flask import session

from matchmaker.db.models import Account
from matchmaker.domain.vocabulary import LinkPurpose
from matchmaker.i18n import gettext as _
from matchmaker.services.account_links import chat_text, path_of
from matchmaker.web.context import current_actor, runtime

KEY = "sent_link"


def keep(account: Account, purpose: LinkPurpose, token: str) -> str:
    """Remember the text to paste, and say what was sent to whom."""
    link = runtime().settings.public_url + path_of(purpose, token)
    session[KEY] = chat_text(account, purpose, link, sender=current_actor().name)
    if account.email:
        return _("链接已发到 %(email)s，也可以复制下面的文字发给本人。", email=account.email)
    return _("这个账号没有登记邮箱，请复制下面的文字发给本人。")


def take() -> str:
    """The text to paste, once; "" when there is none."""
    return str(session.pop(KEY, ""))
