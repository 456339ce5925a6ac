// The two-way scan: authorise this till once with an e-CPS, then a request always on show for the next patient.

import { make, notice } from "/draw.js";
import { call, Refused } from "/link.js";
import { say } from "/words.js";

const ASK_MS = 10_000; // the till makes another request after forty seconds; phones take none older than a minute

export class TwoWay {
  constructor(place) {
    this.place = place;
    this.shown = "";
    this.hidden = false;
    this.timer = 0;
  }

  // Draw what the till says of itself; `answered` when the request on show was just used up.
  async draw(state, answered = false) {
    const stage = state.awaited ? "awaited" : state.until ? (this.hidden ? "hidden" : "open") : "off";
    if (stage === this.shown && !(answered && stage === "open")) return;
    const offerStays = stage === "awaited" && this.shown === "offer";
    if (offerStays) return;
    this.shown = stage;
    clearInterval(this.timer);
    if (stage === "off" || stage === "awaited") this.off(stage === "awaited");
    if (stage === "hidden") this.place.replaceChildren(this.button("two_way_show", () => this.show(state)));
    if (stage === "open") await this.open(state);
  }

  off(awaited) {
    const buttons = [this.button(awaited ? "two_way_again" : "two_way_begin", () => this.begin())];
    if (awaited) buttons.push(this.button("two_way_cancel", () => this.cancel()));
    this.place.replaceChildren(make("p", { text: say("two_way_off") }), ...buttons);
  }

  async begin() {
    await this.tell(async () => {
      const offer = await call("POST", "/api/two-way", {});
      this.shown = "offer";
      this.place.replaceChildren(
        make("ol", {}, ...["two_way_offer_1", "two_way_offer_2", "two_way_offer_3"].map((step) => make("li", { text: say(step) }))),
        symbol(offer.png, say("qr_offer")),
        make("p", { name: "mark" }, make("small", { text: say("two_way_mark") }), offer.mark),
        this.button("two_way_cancel", () => this.cancel()));
    });
  }

  async cancel() {
    this.shown = "";
    await this.tell(() => call("DELETE", "/api/two-way"));
  }

  show(state) {
    this.hidden = !this.hidden;
    this.draw(state);
  }

  async open(state) {
    let drawn = null;
    const request = async () => {
      await this.tell(async () => {
        const asked = await call("POST", "/api/two-way/request", {});
        if (this.shown !== "open" || asked.png === drawn) return;
        drawn = asked.png;
        this.place.replaceChildren(
          make("p", { text: say("two_way_until", { until: state.until }) }), symbol(asked.png, say("qr_request")),
          this.button("two_way_hide", () => this.show(state)));
      });
    };
    await request();
    if (this.shown === "open") this.timer = setInterval(() => { if (!document.hidden) request(); }, ASK_MS);
  }

  async tell(does) {
    try { await does(); } catch (problem) {
      if (!(problem instanceof Refused) || !problem.said) return;
      clearInterval(this.timer);
      this.shown = "refused";
      this.place.replaceChildren(
        notice("care", problem.said.said, problem.said.to_do), this.button("two_way_again", () => this.begin()));
    }
  }

  button(name, does) {
    const button = make("button", { type: "button", text: say(name) });
    button.addEventListener("click", does);
    return make("p", { name: "actions" }, button);
  }
}

function symbol(png, alt) {
  return make("figure", { name: "qr" }, make("img", { src: `data:image/png;base64,${png}`, alt }));
}
