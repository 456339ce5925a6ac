// The paper sheet speaks both languages and prints. It needs neither the till nor its key.

import { speak } from "/words.js";

speak("paper_page_title");
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
