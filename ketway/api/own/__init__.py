"""ketway's own small interface, for its command line: the jobs of a project, whichever door they
came by.

    GET  /ketway/v1/jobs?status=&limit=&offset=   newest first
    GET  /ketway/v1/jobs/{id}                     with what is known of its result
    POST /ketway/v1/jobs/{id}/cancel
    GET  /ketway/v1/jobs/{id}/result              the document

Every request carries `Authorization: Bearer <secret key>`.
"""

from ketway.api.own.routes import surface

__all__ = ["surface"]
