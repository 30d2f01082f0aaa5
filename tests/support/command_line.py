"""Command line: the commands as a user gives them, in this process."""

from collections.abc import Mapping

from click.testing import CliRunner, Result

from callboard.__main__ import main


def invoke(*words: object, environ: Mapping[str, str] | None = None, stdin: str = "") -> Result:
    """Run a command to its end; an exception that no user should see fails."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin, env=environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
