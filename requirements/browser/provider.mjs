// A provider of OpenID Connect to sign in at, for the tests. Anybody may, with any password, as the owner of one merchant.
// Arguments: its port, the dashboard's redirect address, the merchant's id.
import { Provider } from "oidc-provider";

const [port, redirectUri, merchantId] = process.argv.slice(2);
const audience = "urn:molam";

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "dashboard",
      redirect_uris: [redirectUri],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    },
  ],
  pkce: { required: () => true },
  // the browser's own requests: the description of the provider, its keys, the token
  clientBasedCORS: (_, origin) => redirectUri.startsWith(`${origin}/`),
  extraTokenClaims: () => ({ merchant_id: merchantId, role: "owner" }),
  features: {
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({ audience, scope: "figures", accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1");
