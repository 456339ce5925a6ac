"""Reads one answer about rights, in the field names of ADRi, into values that cannot be wrong.

Source of the names: the public integrators' view of the FSE engine and of ADRi (see the
project's glossary).
What ADRi does not say stands apart in the answer, under `horsAdri`: the identity traits of the INS with their
status, the protection measure, the AME, the C2S, and the complementary contract (ADRi leaves it out under
separate management) with its résiliation.

Reading is strict: a member that is missing, unknown or wrong is refused by its path, and no value is guessed.
Nothing of the content is ever in the error: only the path, and the word of what is wrong.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from apcv_backend.rights.reading import Node, RightsAnswerInvalid, members
from apcv_backend.rights.rules import ContratAmc, ReponseDroits
from cartes.assure import AttributIdentite, Beneficiaire, QualiteBeneficiaire, StatutIdentite, TraitsIdentite
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration
from cartes.identifiers.ins import Ins, OidIns, check_may_be_emitted
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.naissance import DateNaissance

_ANSWER = members("dateReponse demande infosGlobales beneficiaireDeSoins horsAdri")
_DEMANDE = members(
    "codeRegime codeCaisse codeCentre immatriculation dateNaissance rangGemellaire nirCertifie nom prenom"
)
_INFOS = members("codeRegime codeCaisse centrePrestation codePresentationSupportAMO")
_BENEFICIAIRE = members(
    "nomUsuel nomPatronymique prenom NIRCertifie cleNIRCertifie dateNaissance rangGemellaire qualite"
    " topMedecinTraitant codeGestion codeSupportComplementaire codeModeGestionComplementaire lstPeriodeAMO"
    " lstPeriodeCodeCouverture"
)
_COUVERTURE = members(
    "codeALD codeSituation codeExoStandard tauxStandard flagAlsaceMoselle dateDebut dateFin"
)
_HORS_ADRI = members(
    "identite prestation mesureProtection dateDeces echeanceEtatCivil autresOuvrantsDroit c2s complementaire"
)
_IDENTITE = members(
    "natureMatricule oidMatricule nomNaissance prenomsNaissance premierPrenomNaissance nomUtilise"
    " prenomUtilise sexe dateNaissance lieuNaissance statut attributs"
)
_COMPLEMENTAIRE = members(
    "numeroAMC nomAMC typeConvention critereSecondaireRoutage numeroAdherent garantiesEffectives"
    " contratResponsable periodeValidite statut dateResiliation"
)
_PERIODE = members("dateDebut dateFin")
_PRESTATIONS = ("AMO", "AME")


def parse_answer(document: object, *, shift_days: int = 0) -> ReponseDroits:
    """Read one decoded answer.

    `shift_days` moves every date of rights, and `dateReponse`, by whole days, so that a demonstration made
    for one
    day is true on another; birth dates never move.

    Raises:
        RightsAnswerInvalid: with the path of the member at fault.
    """
    root = Node(document, "", timedelta(days=shift_days), _ANSWER)
    asked, about = root.child("demande", _DEMANDE), root.child("beneficiaireDeSoins", _BENEFICIAIRE)
    where, beyond = root.child("infosGlobales", _INFOS), root.child("horsAdri", _HORS_ADRI)
    prestation = beyond.one_of("prestation", _PRESTATIONS)
    measure = beyond.optional_object("mesureProtection", members("type personneProtectrice"))
    return ReponseDroits(
        beneficiaire=_beneficiaire(asked, about, beyond.child("identite", _IDENTITE)),
        amo=_amo(where, about),
        exonerations=_exonerations(about),
        c2s=_c2s(beyond),
        amc=_amc(beyond),
        gp_declared=about.flag("topMedecinTraitant"),
        ame=prestation == "AME",
        tutelle=measure is not None and measure.text("type") == "tutelle",
        deceased_on=beyond.optional_day("dateDeces"),
        as_of=root.instant("dateReponse"),
    )


def other_openers(document: object) -> tuple[Nir, ...]:
    """The other ouvrants droit of an answer already parsed (a child of two insured parents)."""
    root = Node(document, "", timedelta(0), _ANSWER)
    family = root.child("horsAdri", _HORS_ADRI)
    name = "autresOuvrantsDroit"
    return tuple(family.built(name, partial(Nir.parse, nir)) for nir in family.texts(name))


def _beneficiaire(asked: Node, about: Node, identity: Node) -> Beneficiaire:
    opener = asked.built("immatriculation", lambda: Nir.parse(asked.text("immatriculation")))
    number, key = about.optional_text("NIRCertifie"), about.optional_text("cleNIRCertifie")
    own = None
    if number is not None:
        own = about.built("NIRCertifie", lambda: Nir.parse(number + (key or "")))
        oid = identity.built("oidMatricule", lambda: OidIns.parse(identity.text("oidMatricule")))
        nature = identity.one_of("natureMatricule", ("NIR", "NIA"))
        if own.is_nia != (nature == "NIA"):
            raise RightsAnswerInvalid(path=identity.path("natureMatricule"), why="does_not_match_number")
        identity.built("oidMatricule", lambda: check_may_be_emitted(Ins(own, oid)))
    traits = identity.built(
        "",
        lambda: TraitsIdentite(
            nom_naissance=identity.text("nomNaissance"),
            prenoms_naissance=identity.text("prenomsNaissance"),
            premier_prenom=identity.text("premierPrenomNaissance"),
            nom_utilise=identity.text("nomUtilise"),
            prenom_utilise=identity.text("prenomUtilise"),
            sexe=identity.text("sexe"),
            naissance=DateNaissance.parse(identity.text("dateNaissance")),
            lieu=identity.text("lieuNaissance"),
        ),
    )
    for node in (asked, about):
        if node.text("dateNaissance") != traits.naissance.text:
            raise RightsAnswerInvalid(path=node.path("dateNaissance"), why="not_the_same_person")
    qualite = about.built("qualite", lambda: QualiteBeneficiaire(about.text("qualite")))
    is_opener = qualite is QualiteBeneficiaire.ASSURE
    if is_opener != (own == opener):
        raise RightsAnswerInvalid(path=about.path("qualite"), why="does_not_match_ouvrant_droit")
    rang = about.one_of("rangGemellaire", ("1", "2", "3", "4", "5", "6"))
    if asked.text("rangGemellaire") != rang:
        raise RightsAnswerInvalid(path=asked.path("rangGemellaire"), why="not_the_same_person")
    return about.built(
        "",
        lambda: Beneficiaire(
            nir=own,
            od_nir=None if is_opener else opener,
            traits=traits,
            rang_gemellaire=int(rang),
            qualite=qualite,
            statut_identite=identity.built("statut", lambda: StatutIdentite(identity.text("statut"))),
            attributs=frozenset(
                identity.built("attributs", partial(AttributIdentite, name))
                for name in identity.texts("attributs")
            ),
        ),
    )


def _amo(where: Node, about: Node) -> tuple[DroitsAmo, ...]:
    organisme = where.built(
        "",
        lambda: Organisme(where.text("codeRegime"), where.text("codeCaisse"), where.text("centrePrestation")),
    )
    local_scheme = [cover.period() for cover in _covers(about) if cover.flag("flagAlsaceMoselle")]
    granted = []
    for period in about.objects("lstPeriodeAMO", _PERIODE):
        dates = period.period()
        droits = partial(
            DroitsAmo,
            organisme=organisme,
            code_gestion=about.text("codeGestion"),
            periode=dates,
            alsace_moselle=any(dates.intersection(local) for local in local_scheme),
        )
        granted.append(about.built("codeGestion", droits))
    return tuple(granted)


def _covers(about: Node) -> list[Node]:
    return about.objects(
        "lstPeriodeCodeCouverture",
        _COUVERTURE,
    )


def _exonerations(about: Node) -> tuple[Exoneration, ...]:
    found = []
    for cover in _covers(about):
        code = cover.built("codeExoStandard", partial(CodeExoneration, cover.text("codeExoStandard")))
        if code is not CodeExoneration.AUCUNE:
            found.append(Exoneration(code, cover.period()))
    return tuple(found)


def _c2s(beyond: Node) -> C2s | None:
    c2s = beyond.optional_object("c2s", members("participation dateDebut dateFin"))
    if c2s is None:
        return None
    return c2s.built("dateFin", lambda: C2s(c2s.flag("participation"), c2s.period()))


def _amc(beyond: Node) -> ContratAmc | None:
    contract = beyond.optional_object(
        "complementaire",
        _COMPLEMENTAIRE,
    )
    if contract is None:
        return None
    period = contract.optional_object("periodeValidite", _PERIODE)
    if period is None:
        raise RightsAnswerInvalid(path=contract.path("periodeValidite"), why="missing")
    droits = contract.built(
        "",
        lambda: DroitsAmc(
            numero_amc=contract.text("numeroAMC"),
            numero_adherent=contract.text("numeroAdherent"),
            type_convention=contract.text("typeConvention"),
            csr=contract.text("critereSecondaireRoutage"),
            cover=contract.text("garantiesEffectives"),
            periode=period.period(),
        ),
    )
    return ContratAmc(droits, contract.optional_day("dateResiliation"))
