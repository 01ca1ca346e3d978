"""JSON lines on standard error, our own and the libraries' alike."""

import logging
import sys

import structlog

from matchmaker.config import Settings

SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def configure(settings: Settings, process: str) -> None:
    """Send every log line of this process through one formatter; `process` says whose it is."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(process))
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # "run time missed": our slots make that good
    logging.getLogger("alembic").setLevel(logging.WARNING)


def formatter(process: str) -> logging.Formatter:
    def name(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {"process": process, **event}

    chain: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        name,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=SHARED, processors=chain)
