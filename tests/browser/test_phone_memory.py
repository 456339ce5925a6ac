"""What a browser keeps, and what it may lose: its storage, its key, and two tabs that share them."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.bench import WebPhone

NewPhone = Callable[..., WebPhone]


def told(phone: WebPhone) -> str:
    """What the screen says, its spaces made plain."""
    phone.page.wait_for_selector("main [role=alert]:visible")
    return " ".join(phone.page.inner_text("main").split())


def press(phone: WebPhone) -> None:
    """Press the one large button."""
    phone.page.get_by_role("button", name="Présenter ma carte").click()


def test_a_browser_that_keeps_nothing_says_which_setting(new_phone: NewPhone) -> None:
    """Private browsing, or storage blocked: no blank page, and the way out is named."""
    phone = new_phone()
    phone.page.add_init_script(
        "IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError'); };"
        "Object.defineProperty(window, 'localStorage', "
        "{ get() { throw new DOMException('', 'SecurityError'); } });"
    )

    phone.open()

    assert "Quittez la navigation privée" in told(phone)
    assert phone.page.get_by_role("button", name="Réessayer").is_visible()


def test_a_card_the_browser_threw_out_is_not_taken_for_a_new_phone(new_phone: NewPhone) -> None:
    """Evicted to make room: the screen says what happened, that nobody has the card, and whom to ask."""
    phone = new_phone()
    phone.enrol("nadia")
    phone.page.evaluate(
        "new Promise((done) => { indexedDB.deleteDatabase('/app/').onsuccess = () => done(); })"
    )

    phone.page.goto("about:blank")
    phone.open()

    phone.page.get_by_role("heading", name="Ce téléphone a oublié votre carte").wait_for()
    assert "Demandez un nouveau code" in told(phone)
    assert phone.page.get_by_role("link", name="Activer ma carte").is_visible()


def test_a_phone_with_no_room_left_says_so(new_phone: NewPhone) -> None:
    """The card does not fit: nothing is half kept without a word."""
    phone = new_phone()
    phone.page.add_init_script(
        "const put = IDBObjectStore.prototype.put;"
        "IDBObjectStore.prototype.put = function (value, name) {"
        "  if (name !== 'shape') return put.call(this, value, name);"
        "  throw new DOMException('', 'QuotaExceededError');"
        "};"
    )
    phone.enrol("lina")

    said = phone.page.evaluate(
        "import('/app/shared/app/pocket.js')"
        ".then((pocket) => pocket.keep('shape', 'soins')).catch((no) => no.code)"
    )

    assert said == "storage_full"


def test_two_tabs_that_change_the_same_thing_lose_nothing(new_phone: NewPhone) -> None:
    """Read, change and keep are one step: what one tab fetched is not overwritten by another."""
    phone = new_phone()
    phone.open()

    kept = phone.page.evaluate("""async () => {
      const pocket = await import("/app/shared/app/pocket.js");
      const add = (one) => pocket.change("some", (kept = []) => [...kept, one]);
      await Promise.all([1, 2, 3, 4, 5].map(add));
      return pocket.get("some");
    }""")

    assert sorted(kept) == [1, 2, 3, 4, 5]


def test_cards_that_come_after_the_phone_was_withdrawn_are_not_kept(new_phone: NewPhone) -> None:
    """The card was removed in another tab while the answer was on its way: it does not come back."""
    phone = new_phone()
    phone.enrol("nadia")

    said, *kept = phone.page.evaluate("""async () => {
      const pocket = await import("/app/shared/app/pocket.js");
      const holder = await import("/app/app/holder.js");
      const real = window.fetch;
      window.fetch = async (address, options) => {
        const answer = await real(address, options);
        if (address === "/v1/credential") await pocket.empty();
        return answer;
      };
      const said = await holder.fetchCards().then(() => "kept", (refused) => refused.code);
      return [said, (await pocket.get("cards")) ?? null, (await pocket.get("device")) ?? null];
    }""")

    assert (said, kept) == ("not_enrolled", [None, None])


def test_a_key_deleted_from_the_phone_is_named_the_second_time(new_phone: NewPhone) -> None:
    """Once, a finger may have slipped; twice, the key is likely gone: a new code is the way out."""
    phone = new_phone()
    phone.enrol("ange")
    phone.cdp.send("WebAuthn.clearCredentials", {"authenticatorId": phone.authenticator})

    press(phone)
    first = told(phone)
    phone.page.get_by_role("button", name="Réessayer").click()
    phone.page.get_by_role("heading", name="La clé de votre carte n’est peut-être plus ici").wait_for()

    assert "la clé de votre carte n’est plus dans ce téléphone" in first
    assert "demandez un nouveau code d’activation" in told(phone)
    assert phone.page.get_by_role("link", name="Activer ma carte").is_visible()


def test_a_gesture_waited_for_in_another_tab_is_named(new_phone: NewPhone) -> None:
    """Two tabs, one finger: the second says where to answer, and works once the first is done."""
    phone = new_phone()
    phone.enrol("nadia")
    other = phone.context.new_page()
    other.goto(phone.url)
    other.evaluate(
        "new Promise((held) => navigator.locks.request('gesture', () => { held();"
        " return new Promise((done) => { window.answer = done; }); }))"
    )
    phone.page.bring_to_front()

    press(phone)
    said = told(phone)
    other.evaluate("window.answer()")
    phone.page.get_by_role("button", name="Réessayer").click()

    assert "Répondez là-bas, ou fermez cet autre onglet" in said
    phone.page.wait_for_selector(".qr svg")


def test_a_card_withdrawn_in_one_tab_leaves_the_other(new_phone: NewPhone) -> None:
    """The tab beside it does not go on showing a card no till would take."""
    phone = new_phone()
    phone.enrol("lina")
    other = phone.context.new_page()
    other.goto(phone.url)
    other.wait_for_selector(".card .name")
    phone.open("#/phones")

    phone.page.locator("li", has_text="Celui-ci").get_by_role("button", name="Retirer").click()
    phone.page.get_by_role("button", name="Oui, retirer").click()

    other.get_by_role("heading", name="Mettre ma carte dans ce téléphone").wait_for()
    assert other.locator(".card .name").count() == 0


def test_two_presses_in_a_row_are_one(new_phone: NewPhone) -> None:
    """A hand that trembles presses twice: one gesture is asked, one code is shown."""
    phone = new_phone()
    phone.enrol("ange")
    phone.page.evaluate(
        "() => { const real = navigator.credentials.get.bind(navigator.credentials); window.asked = 0;"
        " navigator.credentials.get = (options) => { window.asked += 1; return real(options); }; }"
    )

    phone.page.get_by_role("button", name="Présenter ma carte").dblclick()
    phone.page.wait_for_selector(".qr svg")

    assert phone.page.evaluate("window.asked") == 1
