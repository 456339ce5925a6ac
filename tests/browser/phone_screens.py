"""The phone's failures and its dark side before the camera: each in a page of its own, spoilt for it.

The page stands beside the owner's, with a copy of its key; scenes that take the card away, or want somebody
else's, begin with a phone of their own. A scene is brought afresh in each language, and is put away before
the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.browser.bench import WebPhone, hold_app, later, unlocking, web_phone
from tests.browser.front import an_asker

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

Scene = Callable[[WebPhone, str], "Page"]
_73_HOURS: Final = 73 * 3600
_NO_STORAGE: Final = "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };"
_NO_PASSKEY: Final = "delete window.PublicKeyCredential;"
_FORGET: Final = "new Promise((done) => { indexedDB.deleteDatabase('/app/').onsuccess = () => done(); })"


def _failed(phone: WebPhone) -> Page:
    phone.page.wait_for_selector("main [role=alert]:visible")
    return phone.page


def _present(phone: WebPhone) -> Page:
    phone.page.locator("button.main.large").first.click()
    return phone.page


def _at(address: str, before: str = "") -> Scene:
    """Open a screen, after a script spoilt the browser it opens in."""

    def bring(phone: WebPhone, language: str) -> Page:
        if before:
            phone.page.add_init_script(before)
        phone.open(address, language)
        return _failed(phone)

    return bring


def _camera(error: str) -> Scene:
    refusal = f"async () => {{ throw new DOMException('', '{error}'); }}"
    return _at("#/scan", f"navigator.mediaDevices.getUserMedia = {refusal};")


def _answers(door: str, address: str, **answer: object) -> Scene:
    """A door of the server answers this."""

    def bring(phone: WebPhone, language: str) -> Page:
        phone.page.route(f"**{door}", lambda route: route.fulfill(**answer))
        phone.open(address, language)
        return _failed(phone)

    return bring


def _refuses(code: str) -> Scene:
    problem = f'{{"code": "{code}", "title": ""}}'
    return _answers(
        "/v1/journal", "#/journal", status=403, content_type="application/problem+json", body=problem
    )


def _wrong_code(phone: WebPhone, language: str, reference: str = "7K3M-9QRT") -> Page:
    phone.open("#/enrol", language)
    phone.page.locator("#reference").fill(reference)
    phone.page.locator("#secret0").fill("4F7QX-02ZKM-8WN3J")
    phone.page.locator("[type=submit]").click()
    return _failed(phone)


def _no_passkey(phone: WebPhone, language: str) -> Page:
    phone.page.add_init_script(_NO_PASSKEY)
    return _wrong_code(phone, language)


def _clock(shift_s: int) -> Scene:
    def bring(phone: WebPhone, language: str) -> Page:
        phone.clock(shift_s)
        phone.open("#/", language)
        _failed(phone)
        _present(phone).wait_for_selector("main code")
        return phone.page

    return bring


def _locked_phone(times: int) -> Scene:
    """Nobody unlocks: once, a finger slipped; twice, the key may be gone."""

    def bring(phone: WebPhone, language: str) -> Page:
        phone.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": phone.authenticator})
        phone.open("#/", language)
        _present(phone).wait_for_selector("main code")
        for _ in range(times - 1):
            before = phone.page.locator("h1").inner_text()
            phone.page.locator("main button.main").click()
            phone.page.locator("h1").filter(has_not_text=before).wait_for()
        return phone.page

    return bring


def _another_tab(phone: WebPhone, language: str) -> Page:
    other = phone.context.new_page()
    other.goto(phone.url)
    other.evaluate(
        "new Promise((held) => navigator.locks.request('gesture',"
        " () => { held(); return new Promise(() => {}); }))"
    )
    phone.open("#/", language)
    _present(phone)
    return _failed(phone)


def _forgotten(phone: WebPhone, language: str) -> Page:
    phone.page.evaluate(_FORGET)
    phone.page.goto("about:blank")
    phone.open("#/", language)
    return _failed(phone)


def _expired(phone: WebPhone, language: str) -> Page:
    phone.open("#/", language)
    hold_app(phone.page)
    phone.context.set_offline(True)
    later(phone.page, _73_HOURS)
    phone.page.reload()
    phone.page.wait_for_selector(".card .name")
    return phone.page


def _no_network(phone: WebPhone, language: str) -> Page:
    phone.open("#/", language)
    hold_app(phone.page)
    phone.context.set_offline(True)
    phone.open("#/journal", language)
    return _failed(phone)


def _over(phone: WebPhone, language: str) -> Page:
    """The minute has passed."""
    phone.open("#/", language)
    _present(phone).wait_for_selector(".qr svg")
    phone.page.evaluate("{ const real = Date.now.bind(Date); Date.now = () => real() + 61000; }")
    return _failed(phone)


def _in_which_practice(phone: WebPhone, language: str) -> Page:
    """Somebody with two practices is asked by a service that named them."""
    an_asker(phone.hall.town_hall).ask(phone.hall.persona("karim").key, "42")
    phone.open("#/signin", language)
    phone.page.locator("form fieldset").first.wait_for()
    return phone.page


def _dark(address: str, *, shown: bool = False) -> Scene:
    def bring(phone: WebPhone, language: str) -> Page:
        phone.page.emulate_media(color_scheme="dark")
        phone.open(address, language)
        if shown:
            _present(phone).wait_for_selector(".qr svg")
        return phone.page

    return bring


PHONE_PAGES: Final[dict[str, Scene]] = {
    "phone-card-dark": _dark("#/"),
    "phone-code-dark": _dark("#/", shown=True),
    "phone-phones-dark": _dark("#/phones"),
    "phone-code-over": _over,
    "phone-signin-in-which-practice": _in_which_practice,
    "phone-fail-wrong-code": _wrong_code,
    "phone-fail-no-passkey": _no_passkey,
    "phone-fail-gesture": _locked_phone(1),
    "phone-fail-key-gone": _locked_phone(2),
    "phone-fail-another-tab": _another_tab,
    "phone-fail-camera-refused": _camera("NotAllowedError"),
    "phone-fail-camera-busy": _camera("NotReadableError"),
    "phone-fail-clock-ahead": _clock(300),
    "phone-fail-clock-behind": _clock(-7500),
    "phone-fail-card-expired": _expired,
    "phone-fail-no-network": _no_network,
    "phone-fail-server": _answers("/v1/journal", "#/journal", status=502, content_type="text/html", body="-"),
    "phone-fail-suspended": _refuses("card_suspended"),
    "phone-fail-withdrawn": _refuses("device_withdrawn"),
    "phone-fail-list-old": _refuses("trust_store_stale"),
    "phone-fail-list-forged": _refuses("trust_forged"),
    "phone-fail-storage-blocked": _at("#/", _NO_STORAGE),
    "phone-fail-storage-gone": _forgotten,
}
_OWN_PHONE: Final[dict[str, tuple[str, str]]] = {
    "phone-fail-withdrawn": ("lina", "apcv"),
    "phone-fail-storage-gone": ("lina", "apcv"),
    "phone-signin-in-which-practice": ("karim", "ecps"),
}


@dataclass
class Guests:
    """Pages beside a phone's own, one at a time."""

    owner: WebPhone
    browser: Browser
    _here: tuple[str, str] = ("", "")
    _phone: WebPhone | None = field(default=None)

    def bring(self, name: str, language: str) -> Page:
        """The scene of this name; the same page again while it stands."""
        if self._phone is not None and self._here == (name, language):
            return self._phone.page
        self.leave()
        self._phone = self._of_its_own(*_OWN_PHONE[name]) if name in _OWN_PHONE else self._beside()
        page = PHONE_PAGES[name](self._phone, language)
        self._here = (name, language)
        return page

    def leave(self) -> None:
        """Put the scene away, whatever became of it."""
        phone, self._phone, self._here = self._phone, None, ("", "")
        if phone is None:
            return
        phone.context.set_offline(False)
        if phone.context is not self.owner.context:
            phone.context.close()
        for page in self.owner.context.pages:
            if page is not self.owner.page:
                page.close()

    def _of_its_own(self, persona_id: str, kind: str) -> WebPhone:
        phone = web_phone(self.browser, self.owner.hall, kind)
        phone.enrol(persona_id)
        return phone

    def _beside(self) -> WebPhone:
        owner = self.owner
        page = owner.context.new_page()
        cdp, authenticator = unlocking(owner.context, page)
        held = owner.cdp.send("WebAuthn.getCredentials", {"authenticatorId": owner.authenticator})
        for one in held["credentials"]:
            cdp.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": one})
        return WebPhone(owner.hall, owner.kind, owner.context, page, cdp, authenticator)
