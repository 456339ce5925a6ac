"""The door: one Flask application, its blueprints, its error documents, its headers. It decides nothing."""

from __future__ import annotations

from typing import Any, cast

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from apcv_backend import problems
from apcv_backend.api import DocumentedApi, build_api
from apcv_backend.bootstrap import Services
from apcv_backend.complementary import clerk_routes as contract_clerk_routes
from apcv_backend.complementary import routes as complementary_routes
from apcv_backend.docs_page import make_docs_blueprint
from apcv_backend.enrolment import routes as enrolment_routes
from apcv_backend.health import make_health_blueprint
from apcv_backend.issuance import routes as issuance_routes
from apcv_backend.no_control_characters import refuse_in_addresses
from apcv_backend.office import page_routes as office_pages
from apcv_backend.office import sheet_routes
from apcv_backend.operations import page_routes as operations_pages
from apcv_backend.patient_journal import routes as journal_routes
from apcv_backend.presences import routes as presence_routes
from apcv_backend.proxy_door import ProxyDoor
from apcv_backend.publication import routes as publication_routes
from apcv_backend.record_access import routes as record_routes
from apcv_backend.representation import routes as representation_routes
from apcv_backend.rights import clerk_routes as rights_clerk_routes
from apcv_backend.rights import routes as rights_routes
from apcv_backend.signin.approval import ciba_routes as signin_ciba_routes
from apcv_backend.signin.approval import pages as signin_pages
from apcv_backend.signin.approval import phone_routes as signin_phone_routes
from apcv_backend.signin.provider import client_routes as signin_client_routes
from apcv_backend.signin.provider import provider_routes as signin_provider_routes
from apcv_backend.staff import administration_routes, desk_routes
from apcv_backend.staff import routes as staff_routes
from apcv_backend.staff_door import unverified_staff_call
from apcv_backend.transparency import routes as transparency_routes
from apcv_backend.web_pages import make_configuration_blueprint, make_pages_blueprint

MAX_BODY_BYTES = 65_536  # an attestation with five certificates is about 6 KB

# Nothing here is a page that runs scripts; a browser that lands on an answer must not find one.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document alone: describing the doors needs no service behind them."""
    app = Flask(__name__)
    app.config["PUBLIC_URL"] = "https://cartes.example"
    api = build_api(app)
    _open_rooms(api, cast("Services", _Described()))
    with app.app_context():
        return dict(api.spec.to_dict())


class _Described:
    """Stands where services will: nothing of it is called to describe a route."""

    def __getattr__(self, _name: str) -> _Described:
        return self


def _open_rooms(api: DocumentedApi, services: Services) -> None:
    clock, counters = services.clock, services.ephemeral
    api.register_blueprint(
        enrolment_routes.make_blueprint(services.enrolment, clock=clock, counters=counters)
    )
    api.register_blueprint(issuance_routes.make_blueprint(services.issuance, clock=clock, counters=counters))
    api.register_blueprint(
        representation_routes.make_blueprint(services.representation, clock=clock, counters=counters)
    )
    online = services.online_rights
    api.register_blueprint(
        presence_routes.make_blueprint(
            online.presences, callers=services.callers, clock=clock, counters=counters
        )
    )
    api.register_blueprint(
        rights_routes.make_blueprint(
            online.queries,
            online.batches,
            callers=services.callers,
            clock=clock,
            counters=counters,
            random=services.random,
        )
    )
    api.register_blueprint(
        complementary_routes.make_blueprint(
            services.complementary, callers=services.callers, clock=clock, counters=counters
        )
    )
    api.register_blueprint(
        publication_routes.make_status_blueprint(services.status_tokens, clock=clock, counters=counters)
    )
    api.register_blueprint(make_configuration_blueprint(services.config, clock=clock, counters=counters))
    api.register_blueprint(
        signin_phone_routes.make_blueprint(services.signin_approval, clock=clock, counters=counters)
    )
    api.register_blueprint(
        signin_ciba_routes.make_ciba_blueprint(services.signin_approval, clock=clock, counters=counters)
    )
    api.register_blueprint(
        signin_provider_routes.make_blueprint(
            services.signin,
            signin_provider_routes.Surroundings(
                clock, counters, services.random, lambda attempt_id: f"/signin/{attempt_id}"
            ),
        )
    )
    api.register_blueprint(
        record_routes.make_blueprint(
            services.record_access, callers=services.callers, clock=clock, counters=counters
        )
    )
    api.register_blueprint(
        signin_client_routes.make_client_blueprint(
            services.signin.clients,
            administrator=lambda at: services.staff.administrator(unverified_staff_call(), at),
            clock=clock,
        )
    )
    api.register_blueprint(staff_routes.make_blueprint(services.staff, clock=clock, counters=counters))
    api.register_blueprint(administration_routes.make_blueprint(services.staff, clock=clock))
    api.register_blueprint(desk_routes.make_blueprint(services.staff, clock=clock))
    api.register_blueprint(
        journal_routes.make_blueprint(services.patient_journal, clock=clock, counters=counters)
    )
    api.register_blueprint(transparency_routes.make_blueprint(services.log, clock=clock, counters=counters))
    _open_office(api, services)


def _open_office(api: DocumentedApi, services: Services) -> None:
    """Staff's pages, and the doors only these pages call."""
    clock, counters, staff = services.clock, services.ephemeral, services.staff
    online = services.online_rights
    api.register_blueprint(sheet_routes.make_blueprint(services.config, staff=staff, clock=clock))
    api.register_blueprint(
        rights_clerk_routes.make_blueprint(
            online.queries,
            online.batches,
            staff=staff,
            clock=clock,
            counters=counters,
            random=services.random,
        )
    )
    api.register_blueprint(
        contract_clerk_routes.make_blueprint(
            services.complementary, staff=staff, clock=clock, counters=counters
        )
    )
    around = office_pages.PageSurroundings(services.config, staff, staff.sessions.csrf_of, clock, counters)
    api.register_blueprint(office_pages.make_blueprint(around))
    api.register_blueprint(
        operations_pages.make_blueprint(services.operations, around, readiness=services.readiness)
    )


def create_app(services: Services) -> Flask:
    """The application on services already built: blueprints, problem documents, security headers."""
    app = Flask(__name__)
    app.config.update(PUBLIC_URL=services.config.public_url, MAX_CONTENT_LENGTH=MAX_BODY_BYTES)
    if services.config.proxies:
        # The client's address, for limits, is what our own proxies say; nobody else's word counts.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=services.config.proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]  # Flask's documented way
    # Outside everything: what only our own proxy may say is dropped unless it proved to be ours.
    app.wsgi_app = ProxyDoor(app.wsgi_app, services.config.proxy_secret)  # type: ignore[method-assign]  # as above
    problems.mount(app)
    refuse_in_addresses(app)
    api = build_api(app)
    _open_rooms(api, services)
    app.register_blueprint(publication_routes.make_blueprint(services.config.publication_dir))
    app.register_blueprint(make_health_blueprint(services))
    app.register_blueprint(make_docs_blueprint(api))
    approval = services.signin_approval
    app.register_blueprint(signin_pages.make_pages_blueprint(approval, approval.provider, approval.pages))
    if services.config.pwa_dir is not None:
        app.register_blueprint(make_pages_blueprint("phone_app", "/app", services.config.pwa_dir))
    if services.config.verifier_page_dir is not None:
        folder = services.config.verifier_page_dir
        app.register_blueprint(make_pages_blueprint("verifier_page", "/verifier", folder))

    @app.after_request
    def _secure(response: Response) -> Response:
        headers = response.headers
        for name, value in _HEADERS.items():
            if name not in headers:
                headers.add(name, value)
        return response

    return app
