// The peer of the sign-in benchmark: one process of an OpenID provider that does the three things measured.
//
//   POST /token                    private_key_jwt, client_credentials: a JWT access token signed ES256
//   POST /token/introspection      client_secret_basic: is this access token active? (kept opaque here: this
//                                  provider does not introspect the JWT access tokens it gives)
//   POST /backchannel, POST /token a CIBA request nobody has answered yet, and its polls
//
// Its memory is its own: nothing it does outlives the process, which the comparison says.
//
// PEER_CONFIG is one JSON object: port, clients (client_id and public JWK), caller (client_id and secret of
// the one that introspects and polls), key (private JWK).
import Provider from 'oidc-provider';

const { port, clients, caller, key } = JSON.parse(process.env.PEER_CONFIG);
const host = '127.0.0.1';
const CIBA = 'urn:openid:params:grant-type:ciba';
const resources = { jwt: 'urn:example:cards', opaque: 'urn:example:introspected' };

const provider = new Provider(`http://${host}:${port}`, {
  clients: [
    ...clients.map(({ client_id, jwk }) => ({
      client_id,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      jwks: { keys: [jwk] },
    })),
    {
      client_id: caller.client_id,
      client_secret: caller.secret,
      grant_types: ['client_credentials', CIBA],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
      id_token_signed_response_alg: 'ES256',
      backchannel_token_delivery_mode: 'poll',
    },
  ],
  enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      processLoginHint: (_ctx, hint) => hint,
      triggerAuthenticationDevice: () => {},
      validateBindingMessage: () => {},
      validateRequestContext: () => {},
      verifyUserCode: () => {},
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (ctx) => (ctx.oidc.client?.clientId === caller.client_id ? resources.opaque : resources.jwt),
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, indicator) => ({
        audience: indicator,
        scope: '',
        accessTokenFormat: indicator === resources.jwt ? 'jwt' : 'opaque',
        accessTokenTTL: 3600,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  jwks: { keys: [key] },
});
provider.listen(port, host);
