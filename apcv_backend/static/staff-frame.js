// Leaving, from every page: a desk is left in one press.

import { busy, byId, go, json } from "./staff-door.js";

const leave = byId("leave");

async function out() {
  await json("DELETE", "/v1/staff/session");
  go("/staff/sign-in?why=left");
}

leave.addEventListener("click", () => busy(leave, out, byId("leave-told")));
