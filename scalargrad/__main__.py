"""The command line: ``python -m scalargrad COMMAND``, installed as ``scalargrad`` too."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Sequence

from scalargrad.commands.parsers import parsed
from scalargrad.errors import ScalargradError
from scalargrad.extras import wrapped

_ASCII = {  # what is written where the terminal lacks a sign; for others, their numbers
    "∂": "d", "→": "->", "·": "*", "×": "x", "−": "-", "–": "-", "…": "...", "“": '"', "”": '"', "≠": "!=",
    "≤": "<=", "≥": ">=", "─": "-", "│": "|", "├": "+", "└": "`",
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line, `argv` or the process's own. Returns the exit code.

    0; 1 if the run fails, or its output cannot be written; 2 for a command line that it does not understand; 130 after
    Ctrl-C; 141 for a closed pipe.
    """
    try:
        try:
            return _obeyed(argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, where an error has a name, and not at exit
    except ScalargradError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # as in `scalargrad demo iris | head -1`
        _discard_output()
        return 141
    except OSError as error:  # such as a full disk
        _discard_output()
        _complain(f"cannot write the output: {error.strerror or error}")
        return 1


def _obeyed(argv: Sequence[str] | None) -> int:
    if isinstance(sys.stdout, io.TextIOWrapper):
        codecs.register_error("scalargrad", _spelt)
        sys.stdout.reconfigure(errors="scalargrad")
    options = parsed([*(sys.argv[1:] if argv is None else argv)])
    if options.run is None:
        options.print_help()
        return 2
    return options.run(options)  # type: ignore[no-any-return]


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """What stands for the signs that cannot be written: a handler of errors, as `codecs` wants it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_ASCII.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in signs), error.end


def _complain(message: str) -> None:
    from scalargrad.nodes.displays import printable

    lines = "\n".join(map(printable, message.split("\n")))
    print(wrapped(f"scalargrad: {lines}", "", "  "), file=sys.stderr)


def _discard_output() -> None:
    """Sends the rest of the output nowhere, so that the flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
