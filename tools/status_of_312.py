"""Start-up hook for clients that ask for Python 3.12, on an older one: what they need of it.

`tools/parity.sh` puts it into their environment where no 3.12 is found.
"""

from http import HTTPStatus


def _is_client_error(status: HTTPStatus) -> bool:
    return 400 <= status <= 499


def _is_server_error(status: HTTPStatus) -> bool:
    return 500 <= status <= 599


for question in (_is_client_error, _is_server_error):
    name = question.__name__.removeprefix("_")
    if not hasattr(HTTPStatus, name):
        setattr(HTTPStatus, name, property(question))
