// A relying party built on npm `openid-client`, driven by a test one step at a time.
//
// The test gives one JSON object a line on standard input; each answer is one JSON object a line. What a
// person does between two steps (approve on a phone, follow a redirect) is the test's to do.
//
//   {"do": "begin", "par": bool}            -> {"url": …}           the address to send the browser to
//   {"do": "finish", "url": callback}       -> {"tokens": …, "claims": …}
//   {"do": "ciba", "parameters": {…}}       -> {"auth_req_id": …}   then {"do": "poll"} -> as finish
//   {"do": "userinfo"} {"do": "refresh"} {"do": "introspect"} {"do": "revoke"} {"do": "logout", …}
//
// A refusal is {"error": code, "description": …}: the library's own words, or the provider's.

import { createInterface } from 'node:readline'
import { webcrypto } from 'node:crypto'
import * as client from 'openid-client'

const settings = JSON.parse(process.argv[2])
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256' }

async function authentication() {
  if (settings.auth === 'private_key_jwt') {
    const key = await webcrypto.subtle.importKey('jwk', settings.jwk, SIGNING, false, ['sign'])
    return client.PrivateKeyJwt({ key, kid: settings.jwk.kid })
  }
  return settings.auth === 'client_secret_post'
    ? client.ClientSecretPost(settings.secret)
    : client.ClientSecretBasic(settings.secret)
}

const config = await client.discovery(
  new URL(settings.issuer),
  settings.client_id,
  { id_token_signed_response_alg: settings.id_token_alg ?? 'ES256' },
  await authentication(),
  { execute: [client.allowInsecureRequests] }, // loopback: no TLS
)
const keys = await client.randomDPoPKeyPair('ES256')
const DPoP = settings.dpop ? client.getDPoPHandle(config, keys) : undefined

let checks
let tokens
let waiting

function told(given) {
  tokens = { ...tokens, ...given }
  return { tokens: given, claims: given.claims() ?? null }
}

const STEPS = {
  async begin({ par, parameters }) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier()
    checks = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() }
    const asked = {
      redirect_uri: settings.redirect_uri,
      scope: settings.scope,
      acr_values: 'eidas1',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...parameters,
    }
    const url = par
      ? await client.buildAuthorizationUrlWithPAR(config, asked, { DPoP })
      : client.buildAuthorizationUrl(config, asked)
    return { url: url.href }
  },
  async finish({ url }) {
    return told(await client.authorizationCodeGrant(config, new URL(url), checks, undefined, { DPoP }))
  },
  async ciba({ parameters }) {
    waiting = await client.initiateBackchannelAuthentication(config, {
      scope: settings.scope,
      acr_values: 'eidas1',
      ...parameters,
    })
    return { auth_req_id: waiting.auth_req_id, interval: waiting.interval ?? 5 }
  },
  async poll() {
    return told(await client.pollBackchannelAuthenticationGrant(config, waiting, undefined, { DPoP }))
  },
  async userinfo() {
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck, { DPoP })
    return { userinfo }
  },
  async refresh() {
    return told(await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }))
  },
  async introspect() {
    return { introspection: await client.tokenIntrospection(config, tokens.access_token) }
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token ?? tokens.access_token)
    return {}
  },
  async logout({ parameters }) {
    const url = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, ...parameters })
    return { url: url.href }
  },
}

function refusal(error) {
  return {
    error: error.error ?? error.code ?? error.name,
    description: error.error_description ?? error.cause?.message ?? error.message,
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: step, ...given } = JSON.parse(line)
  let answer
  try {
    answer = await STEPS[step](given)
  } catch (error) {
    answer = refusal(error)
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
