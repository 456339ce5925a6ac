"""The phone's command line: enrol, card, renew, qr, devices, notices, lost, makers. French first.

The commands of the two-way mode (trust, answer, authorise) are in `cli_two_way.py`; `represented`, whose card
this phone may show for somebody else, is in `cli_representation.py`.

Exit codes: 0 done; 1 the backend refused; 2 wrong usage; 3 the backend does not answer; 4 the phone's
memory holds nothing usable for this (missing, damaged, busy, not enrolled, no card); 5 the phone refused,
or the answer made no sense. Results go to standard output, steps and refusals to standard error, and
nothing secret is printed but the loss code, once.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from cartes.cards import CardKind, Shape
from mobile_mock.answers import ActivationCode
from mobile_mock.attestation_ca import AttestationCa
from mobile_mock.backend_client import BackendAddress
from mobile_mock.cli_consent import consent
from mobile_mock.cli_journal import journal
from mobile_mock.cli_representation import for_option, represented
from mobile_mock.cli_signin import signin
from mobile_mock.cli_terms import (
    EPILOG,
    Said,
    backend_at,
    backend_options,
    holder_of,
    kind_option,
    now,
    pocket_option,
    told,
    write_file,
)
from mobile_mock.cli_two_way import answer, authorise, trust
from mobile_mock.client_data import DEVELOPMENT_ORIGIN, DEVELOPMENT_PACKAGE, ClientShape
from mobile_mock.contracts import kept_contracts
from mobile_mock.errors import PocketError
from mobile_mock.holder import Holder
from mobile_mock.own_phones import report_loss
from mobile_mock.phone_model import MODELS
from mobile_mock.pocket import Pocket
from mobile_mock.pocket_records import KeptCard, Phone


@click.group(help="Un téléphone qui porte une carte Vitale ou une CPS dématérialisée.", epilog=EPILOG)
@click.option("--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Langue.")
@click.pass_context
def main(context: click.Context, lang: str) -> None:
    """The group of commands."""
    context.obj = Said(lang)


@main.command(help="Enrôler ce téléphone avec le code d'activation reçu.", epilog=EPILOG)
@pocket_option
@backend_options(required=True)
@kind_option
@click.option("--reference", required=True, help="Référence du code d'activation.")
@click.option("--secret", multiple=True, help="Secret du code (deux fois pour l'e-CPS) ; demandé sinon.")
@click.option("--name", "device_name", default="Mon téléphone", show_default=True, help="Son nom.")
@click.option(
    "--model", type=click.Choice(sorted(MODELS)), default="plain", show_default=True, help="Modèle."
)
@click.option(
    "--client",
    type=click.Choice([shape.value for shape in ClientShape]),
    default=ClientShape.CHROMIUM.value,
    show_default=True,
    help="Navigateur ou application devant l'authentificateur.",
)
@click.option(
    "--makers",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="MOBILE_MAKERS",
    help="Dossier de l'autorité d'attestation de développement.",
)
@click.pass_obj
def enrol(
    said: Said,
    folder: Path,
    address: BackendAddress,
    ca_file: str | None,
    kind: str,
    reference: str,
    secret: tuple[str, ...],
    device_name: str,
    model: str,
    client: str,
    makers: Path | None,
) -> None:
    """Register this phone, and print its slip: reference and loss code."""
    ways = 2 if kind == CardKind.ECPS.value else 1
    while len(secret) < ways:
        secret = (*secret, click.prompt(said("Secret", "Secret"), hide_input=True, err=True))
    shape = ClientShape(client)
    native = shape is ClientShape.ANDROID_NATIVE
    phone = Phone(
        MODELS[model],
        shape,
        DEVELOPMENT_ORIGIN if native else None,
        DEVELOPMENT_PACKAGE if native else None,
    )
    with (
        told(said),
        Pocket.create(folder, phone) as pocket,
        backend_at(address, ca_file, said) as backend,
    ):
        ca = AttestationCa.open_or_make(makers, secrets.token_bytes, now()) if makers else None
        said.step("Preuve d'identité, puis création de la clé", "Proof of identity, then the key is made")
        holder = Holder(pocket, backend, random=secrets.token_bytes, ca=ca)
        done = holder.enrol(CardKind(kind), ActivationCode(reference, secret), device_name, now())
        click.echo(said.fact("Téléphone enrôlé", "Phone enrolled", done.device.device_id))
        click.echo(said.fact("Attache de la clé", "Binding of the key", done.device.binding))
        if done.loss_code is not None:
            slip = f"{done.device.reference} / {done.loss_code}"
            click.echo(
                said.fact("À noter et garder loin du téléphone", "Write down, and keep away from it", slip)
            )


@main.command(help="Demander les cartes, par un geste (clé du téléphone).", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.option("--exercice", help="Un seul exercice (e-CPS).")
@for_option
@click.pass_obj
def card(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    exercice: str | None,
    represents: str,
) -> None:
    """Fetch the batch of cards and print their names and dates."""
    with holder_of(folder, said, address, ca_file) as holder:
        said.step("Demande des cartes", "Asking for the cards")
        for kept in holder.fetch_card(CardKind(kind), now(), exercice, represents=represents):
            _show(said, kept)


@main.command(help="Renouveler les cartes sans geste (clé de l'application).", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.option("--exercice", help="Un seul exercice (e-CPS).")
@for_option
@click.pass_obj
def renew(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    exercice: str | None,
    represents: str,
) -> None:
    """Renew silently and print the new dates."""
    with holder_of(folder, said, address, ca_file) as holder:
        said.step("Renouvellement", "Renewing")
        for kept in holder.renew(CardKind(kind), now(), exercice, represents=represents):
            _show(said, kept)


@main.command(help="Montrer une carte : un geste, un QR, sans réseau.", epilog=EPILOG)
@pocket_option
@kind_option
@click.option("--shape", type=click.Choice([shape.word for shape in Shape]), help="Forme de l'apCV [soins].")
@click.option("--exercice", help="Exercice de l'e-CPS [le premier].")
@click.option(
    "--contract",
    default="",
    metavar="AMC",
    help="Complémentaire : nom ou numéro de l'organisme, s'il y en a plusieurs.",
)
@for_option
@click.option("--png", type=click.Path(path_type=Path, dir_okay=False), help="Écrire une image PNG.")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Écrire une image SVG.")
@click.option("--text", is_flag=True, help="Écrire les chiffres, pour un lecteur en mode texte.")
@click.option(
    "--light-terminal", is_flag=True, help="Le terminal écrit en noir sur blanc (QR inversé sinon illisible)."
)
@click.pass_obj
def qr(
    said: Said,
    folder: Path,
    kind: str,
    shape: str | None,
    exercice: str | None,
    contract: str,
    represents: str,
    png: Path | None,
    svg: Path | None,
    text: bool,
    light_terminal: bool,
) -> None:
    """Show a card in the terminal, or write it where asked."""
    card_kind = CardKind(kind)
    _check_usage(said, card_kind, shape, exercice, contract)
    with holder_of(folder, said) as holder:
        if card_kind is CardKind.AMC:
            wanted = _SHAPES[shape] if shape else Shape.SOINS
            shown = holder.show_contract(now(), contract=contract, shape=wanted, represents=represents)
        else:
            shown = holder.show_qr(card_kind, now(), name=shape or exercice, represents=represents)
        if png is not None:
            write_file(png, shown.png())
        if svg is not None:
            write_file(svg, shown.svg().encode())
        if text:
            click.echo(shown.text)
        if not (png or svg or text):
            click.echo(shown.terminal(dark_background=not light_terminal))
        until = f"{shown.fresh_until:%H:%M:%S} UTC"
        click.echo(said(f"Valable jusqu'à {until}.", f"Good until {until}."), err=True)


@main.command(help="Lister, renommer ou retirer les téléphones de la personne.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.option("--rename", nargs=2, metavar="ID NOM", help="Donner un autre nom à un téléphone.")
@click.option("--withdraw", metavar="ID", help="Retirer un téléphone : ses cartes meurent.")
@click.pass_obj
def devices(
    said: Said,
    folder: Path,
    address: BackendAddress | None,
    ca_file: str | None,
    kind: str,
    rename: tuple[str, str] | None,
    withdraw: str | None,
) -> None:
    """List the person's phones, after the change asked for."""
    asked = CardKind(kind)
    with holder_of(folder, said, address, ca_file) as holder:
        holder.resume(now())
        if rename:
            holder.phones.rename(asked, rename[0], rename[1], now())
        if withdraw:
            was_this_one = any(
                one.is_this_one for one in holder.phones.list(asked, now()) if one.device_id == withdraw
            )
            holder.phones.withdraw(asked, withdraw, now())
            if was_this_one:
                click.echo(said("Ce téléphone est retiré.", "This phone is withdrawn."))
                return
        for one in holder.phones.list(asked, now()):
            here = said(" (celui-ci)", " (this one)") if one.is_this_one else ""
            click.echo(f"{one.device_id}  {one.enrolled_at[:10]}  {one.binding}  {one.name}{here}")


@main.command(help="Ce que la personne doit savoir : nouveau téléphone, retrait.", epilog=EPILOG)
@pocket_option
@backend_options(required=False)
@kind_option
@click.pass_obj
def notices(said: Said, folder: Path, address: BackendAddress | None, ca_file: str | None, kind: str) -> None:
    """Print the notices, newest first, the new ones with a star."""
    with holder_of(folder, said, address, ca_file) as holder:
        for notice in holder.phones.notices(CardKind(kind), now()):
            star = "*" if notice.is_new else " "
            french, english = _NOTICES.get(notice.kind, (notice.kind, notice.kind))
            click.echo(f"{star} {notice.at}  {said.fact(french, english, notice.device_name)}")


@main.command(help="Déclarer un téléphone perdu, avec sa référence et son code.", epilog=EPILOG)
@backend_options(required=True)
@click.option("--reference", required=True, help="Référence notée à l'enrôlement.")
@click.option("--code", help="Code de perte ; demandé sinon.")
@click.pass_obj
def lost(said: Said, address: BackendAddress, ca_file: str | None, reference: str, code: str | None) -> None:
    """Withdraw a phone without the phone."""
    loss_code = code or click.prompt(said("Code de perte", "Loss code"), hide_input=True, err=True)
    with told(said), backend_at(address, ca_file, said) as backend:
        report_loss(backend, reference, loss_code)
        click.echo(said("Le téléphone est retiré.", "The phone is withdrawn."))


@main.command(help="Faire l'autorité d'attestation de développement et exporter ses racines.", epilog=EPILOG)
@click.option(
    "--makers", type=click.Path(path_type=Path, file_okay=False), required=True, help="Son dossier."
)
@click.option("--roots", type=click.Path(path_type=Path, file_okay=False), required=True, help="Où exporter.")
@click.pass_obj
def makers(said: Said, makers: Path, roots: Path) -> None:
    """Make or open the makers' authority; write its roots where the backend reads them."""
    with told(said):
        try:
            AttestationCa.open_or_make(makers, secrets.token_bytes, now()).export_roots(roots)
        except OSError as error:
            raise PocketError(folder=str(makers), why=error.strerror or "write_failed") from error
        click.echo(said(f"Racines exportées dans {roots}", f"Roots exported to {roots}"))


_SHAPES = {shape.word: shape for shape in Shape}
_NOTICES = {
    "device_added": ("téléphone ajouté", "phone added"),
    "device_withdrawn": ("téléphone retiré", "phone withdrawn"),
    "device_lost": ("téléphone déclaré perdu", "phone reported lost"),
    "record_opened_in_emergency": ("dossier demandé en urgence", "record asked for in an emergency"),
    "represented_record_in_emergency": (
        "dossier d'une personne que vous représentez demandé en urgence",
        "record of somebody you represent asked for in an emergency",
    ),
}


def _check_usage(said: Said, kind: CardKind, shape: str | None, exercice: str | None, contract: str) -> None:
    """Each of the three options goes with its card; an insurer's has no shape `identite`."""
    wrong = (
        (shape and (kind is CardKind.ECPS or (kind is CardKind.AMC and shape == Shape.IDENTITE.word)))
        or (exercice and kind is not CardKind.ECPS)
        or (contract and kind is not CardKind.AMC)
    )
    if wrong:
        raise click.UsageError(
            said(
                "--shape va avec apcv (et amc, sans identite), --exercice avec ecps, --contract avec amc.",
                "--shape goes with apcv (and amc, but identite), --exercice with ecps, --contract with amc.",
            )
        )


def _show(said: Said, kept: KeptCard) -> None:
    until = f"{kept.expires_at:%Y-%m-%d %H:%M} UTC"
    whose = f" ({kept.represents})" if kept.represents else ""
    name = kept.name
    if kept.kind is CardKind.AMC:  # by the insurer's name, which people know
        (one,) = kept_contracts([kept], kept.represents)
        name = f"{one.nom_amc} ({one.numero_amc}) {one.shape.word}"
    which = f"{kept.kind.value} {name}{whose}"
    click.echo(said.fact(which, which, said(f"valable jusqu'au {until}", f"good until {until}")))


main.add_command(represented)
main.add_command(consent)
main.add_command(journal)
main.add_command(trust)
main.add_command(answer)
main.add_command(authorise)
main.add_command(signin)
