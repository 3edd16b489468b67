"""The application: its routes, and what holds for every answer."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_smorest import Api

from wallet_service.api import (
    approvals,
    authentication,
    bank_files,
    batches,
    breaks,
    certificates,
    claims,
    collections_report,
    connections,
    credits,
    days,
    debit_lookups,
    debits,
    departments,
    direct,
    docs,
    entries,
    exports,
    health,
    jobs,
    parsing,
    passbooks,
    problems,
    reconciliations,
    refunds,
    reports,
    resolutions,
    settlement_advices,
    settlements,
    tie_outs,
    tracing,
    unknowns,
    verifications,
    wallets,
)
from wallet_service.api.headers import NOT_KEPT, REQUEST_ID, SAFE
from wallet_service.errors import WalletError
from wallet_service.settings import Settings

ROOMS = (
    *(wallets, passbooks, debits, debit_lookups, batches, refunds, credits, claims, entries, reports, exports),
    *(unknowns, certificates, departments, verifications),
    *(days, bank_files, reconciliations, breaks, resolutions, approvals, tie_outs, jobs),
    *(settlements, settlement_advices, collections_report),
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application. It opens no connection before its first request, so it may be made before a fork.

    Raises:
        SettingsWrong: no *settings* are given and the environment does not say what is needed.
    """
    app = Flask("wallet_service", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=parsing.LARGEST_JSON_BYTES + 1,  # Werkzeug cuts a chunked body here; the parser sees that.
        MAX_FORM_MEMORY_SIZE=4096,
        MAX_FORM_PARTS=4,
        PROVIDE_AUTOMATIC_OPTIONS=False,
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Strict",
        **docs.CONFIGURATION,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Members stand in the order of their schemas.
    app.url_map.merge_slashes = False
    connections.register(app, settings or Settings.from_environment())
    authentication.register(app)
    app.before_request(tracing.begin)
    app.before_request(authentication.authorise)
    app.before_request(parsing.refuse_parameters_nobody_reads)
    app.after_request(_finish)
    api = Api(app, spec_kwargs={"marshmallow_plugin": docs.naming()})
    docs.describe(api)
    problems.register(app)
    for room in ROOMS:
        api.register_blueprint(room.blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(docs.blueprint)
    app.wsgi_app = direct.Direct(app)  # type: ignore[method-assign]  # As Flask says middleware is put before it.
    return app


def _finish(response: Response) -> Response:
    try:
        authentication.prove()
    except WalletError as error:  # The view answered without the posting that should have proved its caller.
        response = problems.of_error(error)
    given = {name.lower() for name, _ in response.headers}
    response.headers.extend([each for each in SAFE if each[0].lower() not in given])
    if request.path.startswith("/v1/"):
        response.headers[NOT_KEPT[0]] = NOT_KEPT[1]
    response.headers[REQUEST_ID] = tracing.request_id()
    return response
