"""One module per noun, each with its blueprint `bp`. To add pages: write the module, add its name here."""

BLUEPRINTS = (
    "public",
    "auth",
    "home",
    "accounts",
    "needs",
    "need_forms",
    "capabilities",
    "capability_forms",
    "profiles",
    "suggestions",
    "invitations",
    "invitation_forms",
    "answer",
    "meetings",
    "meeting_forms",
    "evidence",
    "board",
    "imports",
    "health",
)
