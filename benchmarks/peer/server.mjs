// The peer of the issuance benchmark: an OpenID provider that authenticates a client by `private_key_jwt`
// (one ES256 verification) and answers with a JWT access token (one ES256 signature). Its memory is its own:
// nothing it does outlives the process, which the comparison says.
//
// PEER_CONFIG is one JSON object: port, workers, clients (client_id and public JWK), key (private JWK).
import cluster from 'node:cluster';
import Provider from 'oidc-provider';

const { port, workers, clients, key } = JSON.parse(process.env.PEER_CONFIG);
const host = '127.0.0.1';

if (cluster.isPrimary) {
  for (let n = 0; n < workers; n += 1) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.kill('SIGTERM');
    process.exit(0);
  });
} else {
  const resource = 'urn:example:cards';
  const provider = new Provider(`http://${host}:${port}`, {
    clients: clients.map(({ client_id, jwk }) => ({
      client_id,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      id_token_signed_response_alg: 'ES256',
      jwks: { keys: [jwk] },
    })),
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience: resource,
          scope: '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    jwks: { keys: [key] },
  });
  provider.listen(port, host);
}
