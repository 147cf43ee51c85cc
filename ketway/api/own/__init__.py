"""ketway's own small interface, for its command line and for whoever runs processes: jobs and processes
whichever door they came by, and an operator's chores.

    POST   /ketway/v1/login                          {"email", "password"}; answers a token

    GET    /ketway/v1/jobs?status=&limit=&offset=    newest first
    GET    /ketway/v1/jobs/{id}                      with what is known of its result
    POST   /ketway/v1/jobs/{id}/cancel
    GET    /ketway/v1/jobs/{id}/result               the document

    GET    /ketway/v1/processes?status=&kind=&limit=&offset=
    GET    /ketway/v1/processes/{id}
    POST   /ketway/v1/processes/{id}/start           one that waits, by whoever runs it; nobody else can after
    POST   /ketway/v1/processes/{id}/progress        {"progress": 0 to 100, "message"}
    PUT    /ketway/v1/processes/{id}/batches/{id}    this batch is its work, and ends with it
    POST   /ketway/v1/processes/{id}/results         {"result": any JSON}, as often as there is one
    POST   /ketway/v1/processes/{id}/done            once there is a result
    POST   /ketway/v1/processes/{id}/fail            {"errors": [sentences]}
    POST   /ketway/v1/processes/{id}/cancel

    GET    /ketway/v1/accounts?email=&limit=&offset=
    POST   /ketway/v1/accounts                       answers the password, once, if it was made
    POST   /ketway/v1/accounts/{id}/password         likewise
    POST   /ketway/v1/accounts/{id}/disable, /enable
    PUT    /ketway/v1/accounts/{id}/superuser        DELETE unmakes one

    GET    /ketway/v1/projects?limit=&offset=
    POST   /ketway/v1/projects
    PATCH  /ketway/v1/projects/{id}                  what is not named stays
    GET    /ketway/v1/projects/{id}/members?limit=&offset=
    POST   /ketway/v1/projects/{id}/members          {"email", "role"}
    PUT    /ketway/v1/projects/{id}/members          {"account_ids", "role"}
    DELETE /ketway/v1/projects/{id}/members/{account_id}

    GET    /ketway/v1/projects/{id}/usage?from=&until=   days, both included; else this month's

    GET    /ketway/v1/retention                      the server's rules, and what is due of each project
    POST   /ketway/v1/retention/run                  likewise; and it goes with the next sweeps

    GET    /ketway/v1/platforms
    PUT    /ketway/v1/platforms/{id}/prices          {"per_hour", "per_circuit", "per_shot", "currency"}
    DELETE /ketway/v1/platforms/{id}/prices          the catalogue's again

    GET    /ketway/v1/keys?account_id=&project_id=&limit=&offset=
    POST   /ketway/v1/keys                           answers the secret key, once
    POST   /ketway/v1/keys/{id}/revoke
    GET    /ketway/v1/worker-tokens
    POST   /ketway/v1/worker-tokens                  answers the secret, once
    POST   /ketway/v1/worker-tokens/{id}/revoke

Every request but the login carries `Authorization: Bearer <token, or secret key>`. A secret key
sees its project's jobs and usage and operates nothing: chores need the token of a superuser. Lists are
oldest first where nothing else is said. A refusal is `{"error": <type>, "message": <sentence>}`.
"""

from ketway.api.own.app import surface

__all__ = ["surface"]
