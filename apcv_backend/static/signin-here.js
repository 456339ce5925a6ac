// Approve on this device: one gesture with the card's key, on the page of the card's own host, then back.

const page = document.body.dataset;
const button = document.getElementById("approve");
const told = document.getElementById("told");

async function post(path, body) {
  const answer = await fetch(`${page.address}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.title || page.refused);
  return said;
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function approve() {
  button.disabled = true;
  told.textContent = page.working;
  try {
    const asked = await post("options", {});
    let credential;
    try {
      credential = await navigator.credentials.get({
        publicKey: { ...asked.public_key, challenge: bytes(asked.public_key.challenge), allowCredentials: [] },
      });
    } catch {
      throw new Error(page.none);
    }
    const response = credential.response;
    const done = await post("approval", {
      t: asked.t,
      credential: {
        id: credential.id,
        rawId: text(credential.rawId),
        type: credential.type,
        authenticatorAttachment: credential.authenticatorAttachment || undefined,
        clientExtensionResults: credential.getClientExtensionResults(),
        response: {
          authenticatorData: text(response.authenticatorData),
          clientDataJSON: text(response.clientDataJSON),
          signature: text(response.signature),
          userHandle: response.userHandle ? text(response.userHandle) : undefined,
        },
      },
    });
    told.textContent = page.back;
    location.replace(done.next);
  } catch (refused) {
    told.textContent = refused.message;
    button.disabled = false;
  }
}

if (!window.PublicKeyCredential) {
  told.textContent = page.unsupported;
  button.disabled = true;
} else button.addEventListener("click", approve);
