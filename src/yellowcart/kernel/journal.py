"""Structured logs: one line per thing that happened, for people on a console, as JSON for machines.

A traceback tells where something broke and never what the variables held: they hold passwords, tokens and openids.
"""

import logging
import sys

import structlog


def start_journal(log_format: str, *, process: str, level: int = logging.INFO) -> None:
    """Send every log line of this process, libraries included, to standard error in `console` or `json` form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    finish = _finish(log_format)
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *finish],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.contextvars.bind_contextvars(process=process)


def _finish(log_format: str) -> list[structlog.typing.Processor]:
    """What makes a line out of an event, of our own loggers and of those of libraries alike."""
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    # Where rich is installed, structlog would print the variables of every frame.
    colors = sys.stderr.isatty()
    tracebacks = structlog.dev.RichTracebackFormatter(
        color_system="truecolor" if colors else "auto", show_locals=False
    )
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=tracebacks)]
