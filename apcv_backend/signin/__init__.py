"""Room: an OpenID Provider. Sign in with the e-CPS, or with the apCV."""
