"""The doors of administrators: colleagues, and what takes two people. They decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask.views import MethodView

from apcv_backend.blueprint import StrictBlueprint
from apcv_backend.callers import Caller, CallerKind
from apcv_backend.staff.rules import Proposal, ProposalKind
from apcv_backend.staff.schemas import (
    ApprovalBegunSchema,
    ApprovedSchema,
    ApproveSchema,
    MemberSchema,
    ProposalSchema,
    ProposedSchema,
    ProposeSchema,
)
from apcv_backend.staff.service import StaffRoom
from apcv_backend.staff.words import NOT_STAFF, begun_words, member_words
from apcv_backend.staff_callers import StaffRole
from apcv_backend.staff_door import unverified_staff_call
from cartes.wire import base64url

_ROLE = f"role:{StaffRole.ADMINISTRATOR.value}"


def make_blueprint(room: StaffRoom, *, clock: Callable[[], datetime]) -> StrictBlueprint:
    """The routes of administrators. `clock` gives aware UTC instants."""
    blueprint = StrictBlueprint(
        "staff_administration",
        __name__,
        url_prefix="/v1/staff",
        description="Les collègues, et ce qui demande deux personnes.",
    )

    def administrator(at: datetime) -> Caller:
        return room.administrator(unverified_staff_call(), at)

    _add_members(blueprint, room, clock, administrator)
    _add_proposals(blueprint, room, clock, administrator)
    return blueprint


def _add_members(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    administrator: Callable[[datetime], Caller],
) -> None:
    @blueprint.route("/members")
    class Members(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.gives(200, MemberSchema(many=True))
        @blueprint.refuses(NOT_STAFF)
        def get(self) -> list[dict[str, Any]]:
            """Les collègues dont le compte est ouvert."""
            administrator(clock())
            return [member_words(one, has_key=one.keys > 0) for one in room.proposals.members()]

    @blueprint.route("/members/<uuid:member_id>")
    class OneMember(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.gives(204)
        @blueprint.refuses({**NOT_STAFF, 404: "Pas de tel collègue."})
        def delete(self, member_id: UUID) -> None:
            """Fermer un compte, seul et tout de suite : sa clé et ses sessions tombent."""
            at = clock()
            room.proposals.close_member(administrator(at), str(member_id), at)


def _add_proposals(
    blueprint: StrictBlueprint,
    room: StaffRoom,
    clock: Callable[[], datetime],
    administrator: Callable[[datetime], Caller],
) -> None:
    gone = {**NOT_STAFF, 409: "La proposition n'attend plus."}

    @blueprint.route("/proposals")
    class Proposals(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.gives(200, ProposalSchema(many=True))
        @blueprint.refuses(NOT_STAFF)
        def get(self) -> list[dict[str, Any]]:
            """Ce qui attend une deuxième personne, le plus ancien d'abord."""
            at = clock()
            administrator(at)
            return [_told(one) for one in room.proposals.open_ones(at)]

        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(ProposeSchema)
        @blueprint.gives(201, ProposedSchema)
        @blueprint.refuses({**NOT_STAFF, 404: "Pas de tel collègue."})
        def post(self, body: dict[str, Any]) -> dict[str, Any]:
            """Proposer : un collègue, un rôle, un plafond, une clé, un accès. Rien ne change encore."""
            at = clock()
            caller = administrator(at)
            wanted = {name: _plain(value) for name, value in body.items() if name != "kind"}
            made = room.proposals.propose(caller, ProposalKind(body["kind"]), wanted, at)
            told = _told(made.proposal)
            return told if made.first_half is None else {**told, "first_half": made.first_half}

    @blueprint.route("/proposals/<uuid:proposal_id>")
    class OneProposal(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.gives(204)
        @blueprint.refuses(gone)
        def delete(self, proposal_id: UUID) -> None:
            """Écarter une proposition ; qui l'a faite le peut aussi."""
            at = clock()
            room.proposals.refuse(administrator(at), str(proposal_id), at)

    @blueprint.route("/proposals/<uuid:proposal_id>/challenge")
    class Challenge(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.gives(201, ApprovalBegunSchema)
        @blueprint.refuses(gone)
        def post(self, proposal_id: UUID) -> dict[str, Any]:
            """De quoi signer cette proposition avec sa propre clé."""
            at = clock()
            made = room.proposals.begin_approval(administrator(at), str(proposal_id), at)
            return {**begun_words(made.begun), "nonce": base64url.encode(made.nonce)}

    @blueprint.route("/proposals/<uuid:proposal_id>/approval")
    class Approval(MethodView):
        @blueprint.called_by(CallerKind.STAFF, scope=_ROLE)
        @blueprint.takes(ApproveSchema)
        @blueprint.gives(200, ApprovedSchema)
        @blueprint.refuses(
            {**gone, 404: "Qui elle concernait est parti, ou l'accès n'est pas gelé.", 410: "Échange expiré."}
        )
        def post(self, body: dict[str, Any], proposal_id: UUID) -> dict[str, Any]:
            """Approuver, en deuxième personne, par une signature fraîche ; la proposition s'applique."""
            at = clock()
            done = room.proposals.approve(
                administrator(at), str(proposal_id), str(body["ceremony_id"]), body["credential"], at
            )
            told: dict[str, Any] = {
                "proposal_id": done.proposal.proposal_id,
            }
            if done.member_id:
                told["member_id"] = done.member_id
            if done.second_half is not None:
                told |= {"second_half": done.second_half, "invitation_until": done.invitation_until}
            return told


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)


def _told(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal_id": proposal.proposal_id,
        "kind": proposal.kind.value,
        "wanted": proposal.wanted,
        "digest": proposal.digest.hex(),
        "proposed_by": proposal.proposed_by,
        "proposed_at": proposal.proposed_at,
        "expires_at": proposal.expires_at,
    }
