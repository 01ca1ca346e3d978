"""What a firm says of itself when it asks to take part."""

from typing import Annotated

from matchmaker.domain import logins
from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.i18n import gettext as _

NOT_PUBLIC = "双方同意见面之前不公开"


class RegistrationDraft(Draft):
    """A firm's registration 企业注册; the password is not part of what is kept."""

    credit_code: Annotated[
        str,
        About("统一社会信用代码", Shape.CREDIT_CODE, 32, help="营业执照上的 18 位代码，会核对校验位", mandatory=True),
    ] = ""
    name: Annotated[str, About("企业全称", help="与营业执照一致", mandatory=True)] = ""
    unit: Annotated[str, About("责任单位", limit=32, help="企业所在的县（市、区）或开发区", mandatory=True)] = ""
    address: Annotated[str, About("通讯地址", help="专家入企时按这个地址找到您", mandatory=True)] = ""
    about: Annotated[
        str, About("企业简介", Shape.TEXT, 500, help="主要产品、规模、希望解决的问题，三五句话即可", mandatory=True)
    ] = ""
    contact_name: Annotated[str, About("联系人", limit=64, mandatory=True)] = ""
    contact_phone: Annotated[str, About("联系电话", Shape.PHONE, 32, help=NOT_PUBLIC, mandatory=True)] = ""
    contact_email: Annotated[
        str,
        About("电子邮箱", Shape.EMAIL, 254, help="核准结果和登录名会发到这里；双方同意见面之前不公开", mandatory=True),
    ] = ""
    login: Annotated[
        str,
        About(
            "登录名",
            limit=64,
            help="例如公司名称的拼音。如与别人重复，核准时会在后面加数字，以核准邮件里的为准",
            mandatory=True,
        ),
    ] = ""

    def contradictions(self) -> dict[str, str]:
        """The name to sign in with has a form of its own."""
        wrong = logins.problem(self.login)
        return {"login": _("登录名：%(why)s", why=wrong)} if wrong else {}
