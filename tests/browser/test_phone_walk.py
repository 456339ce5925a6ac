"""The web phone from its code to a till: the picture on its screen is what the till reads."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mobile_mock.reading import read_picture
from tests.browser.bench import Hall, WebPhone, hold_app
from verifier.lights import Light
from verifier.policy import POLICIES
from verifier.verify import Verifier

NewPhone = Callable[..., WebPhone]


def now() -> datetime:
    """The hour of this machine, which the browser has too."""
    return datetime.now(UTC)


def shown(phone: WebPhone, picture: Path) -> str:
    """Press the one large button, unlock, and read the picture of the screen."""
    phone.page.get_by_role("button", name="Présenter ma carte").click()
    phone.page.wait_for_selector(".qr svg")
    phone.page.locator(".qr").screenshot(path=str(picture))
    return read_picture(picture)


def test_from_the_code_to_a_green_light(
    new_phone: NewPhone, hall: Hall, till: Verifier, tmp_path: Path
) -> None:
    """Enrolled, one gesture, green; a minute later red; with the backend stopped, a fresh one is green."""
    phone = new_phone()
    phone.enrol("nadia")

    first = shown(phone, tmp_path / "first.png")
    verdict = till.check(first, POLICIES["identite"], now())
    late = till.check(first, POLICIES["identite"], now() + timedelta(seconds=61))
    time.sleep(1.1)  # two gestures in one second are one showing, by design
    hall.town_hall.stop()
    try:
        phone.page.get_by_role("button", name="J’ai terminé").click()
        without_network = till.check(shown(phone, tmp_path / "second.png"), POLICIES["identite"], now())
    finally:
        hall.town_hall.start()

    assert (verdict.light, verdict.codes) == (Light.GREEN, ())
    assert verdict.facts is not None
    assert (late.light, late.codes) == (Light.RED, ("proof_stale",))
    assert (without_network.light, without_network.codes) == (Light.GREEN, ())


def test_the_app_opens_without_a_network_once_it_has_been_opened_with_one(
    new_phone: NewPhone, till: Verifier, tmp_path: Path
) -> None:
    """The service worker holds the whole app: reloaded in a cellar, it shows a card a till accepts."""
    phone = new_phone()
    phone.enrol("lina")
    hold_app(phone.page)

    phone.context.set_offline(True)
    phone.page.reload()
    phone.page.wait_for_selector(".card .name")
    told = phone.page.inner_text("main")
    verdict = till.check(shown(phone, tmp_path / "cellar.png"), POLICIES["identite"], now())

    assert "Pas de réseau" in told
    assert verdict.light is Light.GREEN


def test_each_shape_says_what_it_says(ange: WebPhone, till: Verifier, tmp_path: Path) -> None:
    """The choice under the card is what the till reads: `identite` carries no number and no right."""
    read = {}
    for shape, label in (("identite", "Identité"), ("soins", "Soins"), ("complet", "Complet")):
        ange.open()
        ange.page.get_by_role("radio", name=label).check()
        text = shown(ange, tmp_path / f"{shape}.png")
        facts = till.check(text, POLICIES["identite"], now()).facts
        assert facts is not None
        read[shape] = facts.to_json()

    assert [read[shape]["shape"] for shape in read] == ["identite", "soins", "complet"]
    assert (read["identite"]["nir_masked"], read["identite"]["amo"]) == (None, None)
    assert read["soins"]["nir_masked"] is not None


def test_both_shapes_of_chromiums_client_data_reach_the_till(ange: WebPhone, till: Verifier) -> None:
    """One assertion in five has an extra member; both are rebuilt by the till from a profile number."""
    ange.open()
    # 0.8 ** 60 = 1.5e-6: the chance that sixty assertions never have the extra member.
    script = """async () => {
      const holder = await import("/app/app/holder.js");
      const presentation = await import("/app/shared/sq1/presentation.js");
      const digits = await import("/app/shared/sq1/digits.js");
      const [card] = await holder.cardsKept();
      const made = [];
      for (let one = 0; one < 60; one += 1) {
        const { text } = await holder.present(card);
        made.push([text, presentation.parsePresentation(digits.unpack(text)).proof.profile]);
      }
      return made;
    }"""

    made = ange.page.evaluate(script)
    by_profile = {profile: text for text, profile in made}
    codes = [till.check(text, POLICIES["identite"], now()).codes for text in by_profile.values()]

    assert set(by_profile) == {0, 1}
    # Within one second a second proof is the same presentation to a till, whatever its signature.
    assert all(code in {(), ("replayed",)} for code in codes)


def test_a_screen_left_before_it_was_kept_lit_is_let_go(new_phone: NewPhone) -> None:
    """The browser may grant it late: by then the code is gone, and the screen may go dark."""
    phone = new_phone()
    phone.page.add_init_script("""
      window.released = 0;
      const held = { release: async () => { window.released += 1; } };
      const request = () => new Promise((grant) => { window.grant = () => grant(held); });
      Object.defineProperty(navigator, "wakeLock", { value: { request } });
    """)
    phone.enrol("lina")
    phone.show()

    phone.page.get_by_role("button", name="J’ai terminé").click()
    phone.page.wait_for_selector(".card .name")
    before = phone.page.evaluate("window.released")
    phone.page.evaluate("window.grant()")

    assert (before, phone.page.evaluate("window.released")) == (0, 1)


def test_nothing_is_asked_of_another_host(new_phone: NewPhone) -> None:
    """From the first page to the code on the screen, every request stays on this origin."""
    phone = new_phone()
    asked: list[str] = []
    phone.context.on("request", lambda request: asked.append(request.url))

    phone.enrol("lina")
    phone.open("#/scan")
    phone.page.wait_for_timeout(300)

    origin = phone.url.removesuffix("/app/")
    assert asked
    assert [url for url in asked if not url.startswith((origin, "blob:", "data:"))] == []
