"""What every codec promises, over values nobody thought of: round trips, one encoding, no other exception."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cartes import claims, presentation, seal
from cartes.amc import AmcCard, EtatContrat, Lien
from cartes.apcv import ApcvCard, Delegate, DelegationType
from cartes.cards import Binding, DraftCard, Shape, Slot
from cartes.droits import C2s, CodeExoneration, DroitsAmc, DroitsAmo, Exoneration, PeriodeDroits
from cartes.ecps import EcpsCard
from cartes.errors import BadCbor, CardRefused, InvalidValue
from cartes.identifiers.finess import Finess
from cartes.identifiers.idnps import Idnps
from cartes.identifiers.nir import Nir
from cartes.identifiers.organisme import Organisme
from cartes.naissance import DateNaissance
from cartes.nomenclatures.categorie import CategorieProfessionnelle
from cartes.nomenclatures.civilite import Civilite
from cartes.nomenclatures.gestion import ModeGestionAmc
from cartes.nomenclatures.mode_exercice import ModeExercice
from cartes.nomenclatures.profession import Profession
from cartes.nomenclatures.qualite import QualiteBeneficiaire
from cartes.presentation import HolderProof
from cartes.professionnel import Structure
from cartes.status import StatusList, StatusPurpose
from cartes.wire import base64url, qr, strict_cbor, strict_json
from tests.simulators.issuing import NOW, Phone, WordKey, apcv, credential, trust

INTEGERS = st.integers(-(1 << 64), (1 << 64) - 1)
SCALARS = st.one_of(INTEGERS, st.text(max_size=40), st.binary(max_size=40), st.booleans(), st.none())
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=30),
        st.dictionaries(st.one_of(INTEGERS, st.text(max_size=30)), inner, max_size=30),
    ),
    max_leaves=40,
)
JSON = st.recursive(
    st.one_of(st.integers(-(2**53) + 1, 2**53 - 1), st.text(max_size=40), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(max_size=10), inner)),
    max_leaves=30,
)

NAMES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ' -", min_size=1, max_size=27)
NIRS = st.builds(
    lambda sex, year, month, place, order: Nir.from_number(f"{sex}{year:02d}{month:02d}{place}{order:03d}"),
    st.sampled_from("12"), st.integers(0, 99), st.integers(1, 12),
    st.sampled_from(["75056", "2A999", "2B999", "99999"]), st.integers(1, 999),
)  # fmt: skip
DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
PERIODS = st.builds(lambda a, b: PeriodeDroits(min(a, b), max(a, b)), DAYS, DAYS)
OPEN_PERIODS = st.one_of(PERIODS, st.builds(PeriodeDroits, DAYS))
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2105, 1, 1)).map(  # noqa: DTZ001 - made aware next
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
SLOTS = st.builds(Slot, st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF))
AMO = st.builds(
    DroitsAmo,
    st.builds(Organisme.from_ints, st.integers(0, 99), st.integers(0, 999), st.integers(0, 9999)),
    st.from_regex("[0-9A-Z]{2}", fullmatch=True), OPEN_PERIODS, st.booleans(),
)  # fmt: skip
AMC = st.builds(
    DroitsAmc,
    st.from_regex("[0-9]{8,10}", fullmatch=True), st.from_regex("[0-9A-Z]{1,15}", fullmatch=True),
    st.from_regex("[A-Z]{2}", fullmatch=True), st.from_regex("[0-9A-Z]{0,14}", fullmatch=True),
    st.from_regex("[0-9A-Z]{0,16}", fullmatch=True), OPEN_PERIODS,
)  # fmt: skip
ALD = st.lists(
    st.builds(
        Exoneration, st.sampled_from([CodeExoneration.SOINS_ALD, CodeExoneration.EXONERE]), OPEN_PERIODS
    ),
    max_size=8,
).map(tuple)
DELEGATES = st.none() | st.builds(Delegate, NAMES, st.sampled_from(DelegationType), DAYS)
BIRTHS = st.builds(
    lambda year, month, day: DateNaissance.parse(f"{year}{month:02d}{day:02d}"),
    st.integers(1880, 2100), st.integers(0, 99), st.integers(0, 99),
)  # fmt: skip


@st.composite
def apcvs(draw: st.DrawFn) -> ApcvCard:
    shape = draw(st.sampled_from(Shape))
    rights, whole = shape is not Shape.IDENTITE, shape is Shape.COMPLET
    nir = draw(NIRS) if rights else None
    return ApcvCard(
        slot=draw(SLOTS), shape=shape, binding=draw(st.sampled_from(Binding)), as_of=draw(INSTANTS), nir=nir,
        od_nir=draw(st.none() | NIRS) if rights else None,
        birth_name=draw(NAMES), use_name=draw(NAMES), given=draw(NAMES), born=draw(BIRTHS),
        rang_gemellaire=draw(st.integers(1, 6)), qualite=draw(st.sampled_from(QualiteBeneficiaire)),
        amo=draw(AMO) if rights else None, ald=draw(ALD) if whole else (),
        c2s=draw(st.none() | st.builds(C2s, st.booleans(), PERIODS)) if whole else None,
        amc=draw(st.none() | AMC) if rights else None, gp_declared=rights and draw(st.booleans()),
        delegate=draw(DELEGATES),
    )  # fmt: skip


CODES = st.lists(st.from_regex("[A-Z0-9]{2,8}", fullmatch=True), max_size=8).map(tuple)


@st.composite
def amcs(draw: st.DrawFn) -> AmcCard:
    shape = draw(st.sampled_from([Shape.SOINS, Shape.COMPLET]))
    etat = draw(st.sampled_from(EtatContrat))
    droits = draw(AMC)
    return AmcCard(
        slot=draw(SLOTS), shape=shape, binding=draw(st.sampled_from(Binding)), as_of=draw(INSTANTS),
        link=draw(SLOTS), numero_amc=droits.numero_amc, nom_amc=draw(NAMES),
        type_convention=droits.type_convention, csr=droits.csr,
        numero_adherent=droits.numero_adherent if shape is Shape.COMPLET else None,
        lien=draw(st.sampled_from(Lien)), periode=droits.periode, responsable=draw(st.booleans()),
        gestion=draw(st.sampled_from(ModeGestionAmc)), domaines=draw(CODES), services=draw(CODES),
        etat=etat, resilie_le=draw(DAYS if etat is EtatContrat.RESILIE else st.none() | DAYS),
    )  # fmt: skip


ECPSS = st.builds(
    EcpsCard,
    slot=SLOTS, binding=st.sampled_from(Binding), as_of=INSTANTS,
    national_id=st.sampled_from([Idnps.parse("899700900147"), Idnps.parse("0996900163")]),
    name=NAMES, given=st.text("ABCÉÈ -", min_size=1, max_size=27), title=st.sampled_from(Civilite),
    profession=st.sampled_from(Profession), category=st.sampled_from(CategorieProfessionnelle),
    skills=st.lists(st.from_regex("SM[0-9]{2}", fullmatch=True), max_size=8).map(tuple),
    mode=st.sampled_from(ModeExercice),
    structure=st.builds(
        Structure, st.none() | st.just(Finess.parse("999001415")), st.none(),
        st.from_regex("[A-Z]{0,60}", fullmatch=True),
    ),
    am=st.from_regex("[0-9]{0,14}", fullmatch=True),
)  # fmt: skip
PROOFS = st.builds(
    HolderProof, st.integers(0, 0xFFFFFFFF), st.integers(0, 255), st.integers(0, 0xFFFFFFFF),
    st.integers(0, 255) | st.binary(min_size=1, max_size=160), st.binary(min_size=64, max_size=64),
)  # fmt: skip


@given(PLAIN)
def test_cbor_comes_back(value: Any) -> None:
    """What is written is read back, and written again to the same bytes."""
    data = strict_cbor.dumps(value)

    assert strict_cbor.loads(data) == value
    assert strict_cbor.dumps(strict_cbor.loads(data)) == data


@given(PLAIN, st.data())
@example({1: 2}, None)
def test_cbor_reads_nothing_but_its_own_encoding(value: Any, data: Any) -> None:
    """Bytes that are accepted are exactly what would be written: counting sizes equals encoding again."""
    encoded = bytearray(strict_cbor.dumps(value))
    if data is not None:
        for _ in range(data.draw(st.integers(1, 4))):
            position = data.draw(st.integers(0, len(encoded) - 1))
            how = data.draw(st.sampled_from(["change", "insert", "remove"]))
            byte = data.draw(st.integers(0, 255))
            if how == "change":
                encoded[position] = byte
            elif how == "insert":
                encoded.insert(position, byte)
            elif len(encoded) > 1:
                del encoded[position]
    try:
        read = strict_cbor.loads(bytes(encoded))
    except BadCbor:
        return

    assert strict_cbor.dumps(read) == bytes(encoded)


@given(st.binary(max_size=200))
def test_cbor_of_any_bytes_is_the_one_encoding_or_refused(data: bytes) -> None:
    """The same over bytes from anywhere."""
    try:
        read = strict_cbor.loads(data)
    except BadCbor:
        return

    assert strict_cbor.dumps(read) == data


@given(JSON)
def test_json_comes_back(value: Any) -> None:
    """Canonical JSON is read back, and written again to the same bytes."""
    data = strict_json.canonical(value)

    assert strict_json.loads(data) == value
    assert strict_json.canonical(strict_json.loads(data)) == data


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_json_of_anything_is_read_or_refused(data: bytes | str) -> None:
    """No other exception than ours."""
    try:
        strict_json.loads(data)
    except InvalidValue:
        return


@given(st.text(max_size=60))
def test_base64url_of_anything_is_canonical_or_refused(text: str) -> None:
    """What is read is written back to the same text."""
    try:
        data = base64url.decode(text)
    except InvalidValue:
        return

    assert base64url.encode(data) == text


@given(st.binary(min_size=qr.MIN_BYTES, max_size=qr.MAX_BYTES))
def test_qr_text_comes_back(data: bytes) -> None:
    """Digits and back, also through an AZERTY keyboard."""
    text = qr.pack(data)
    typed = text.translate(str.maketrans("1234567890", "&é\"'(-è_çà"))

    assert qr.unpack(text) == data
    assert qr.unpack(qr.repair_azerty(typed)) == data
    assert qr.repair_azerty(text) == text


@given(st.text(max_size=2000) | st.text("0123456789 _&é", max_size=2000))
def test_any_text_is_data_or_a_named_refusal(text: str) -> None:
    """A till may be shown anything; what is accepted is written back to the same text."""
    try:
        data = qr.unpack(text)
    except CardRefused:
        return

    assert qr.pack(data) == text


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.just(n), st.frozensets(st.integers(0, n - 1)))))
def test_status_list_comes_back(told: tuple[int, frozenset[int]]) -> None:
    """Every set of slots, dense or sparse."""
    size, indices = told
    listed = StatusList(3, StatusPurpose.SUSPENDED, size, NOW, indices)

    assert StatusList.decode(listed.encode()) == listed


@given(st.binary(max_size=100), st.integers(0, 60), st.integers(0, 255))
def test_status_bytes_are_the_one_encoding_or_refused(extra: bytes, position: int, byte: int) -> None:
    """A damaged list is refused, or is another list's own encoding."""
    data = bytearray(StatusList(1, StatusPurpose.REVOKED, 1000, NOW, frozenset({1, 500, 999})).encode())
    data[min(position, len(data) - 1)] = byte
    try:
        read = StatusList.decode(bytes(data) + extra[:1])
    except InvalidValue:
        return

    assert read.encode() == bytes(data) + extra[:1]


@given(apcvs() | ECPSS | amcs(), st.timedeltas(timedelta(seconds=1), timedelta(days=3)))
@settings(max_examples=60)
def test_cards_come_back(card: ApcvCard | EcpsCard | AmcCard, life: timedelta) -> None:
    """Every card an issuer could draft: fields, phone and dates."""
    drafted = DraftCard(card, WordKey("phone").public_key, NOW, NOW + life + timedelta(seconds=1))

    assert type(card).from_claims(card.to_claims()) == card
    assert claims.read(claims.write(drafted)) == drafted


@given(st.binary(min_size=1, max_size=400), PROOFS)
def test_presentations_come_back(sealed: bytes, proof: HolderProof) -> None:
    """Any credential with any proof that can be built."""
    if len(presentation.build(sealed, proof)) > qr.MAX_BYTES:
        return

    read = presentation.parse(presentation.build(sealed, proof))

    assert (read.credential, read.proof) == (sealed, proof)


SHOWN = Phone().show(credential(apcv(Shape.COMPLET)), NOW)
TRUST = trust()


@given(st.lists(st.tuples(st.integers(0, len(SHOWN) - 1), st.integers(1, 255)), min_size=1, max_size=6))
@settings(max_examples=300)
def test_a_damaged_presentation_is_refused_by_name(changes: list[tuple[int, int]]) -> None:
    """Any bytes changed: one of our reasons, never acceptance, never another exception."""
    damaged = bytearray(SHOWN)
    for position, mask in changes:
        damaged[position] ^= mask
    if bytes(damaged) == SHOWN:
        return

    try:
        unverified = presentation.parse(bytes(damaged))
        opened = seal.open_seal(unverified.credential, TRUST, NOW)
        presentation.check_holder_proof(unverified, opened, TRUST.kinds[opened.card.kind], NOW)
    except CardRefused:
        return
    raise AssertionError("a damaged presentation was accepted")
