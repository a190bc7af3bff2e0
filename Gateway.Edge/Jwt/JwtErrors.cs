using Gateway.Core.Errors;

namespace Gateway.Edge.Jwt;

/// <summary>What a caller is told about its token. Words of the document and of the standard; nothing out of the token.</summary>
internal static class JwtErrors
{
    public static readonly GatewayError Malformed = Invalid("is not a signed JSON Web Token of three parts (RFC 7519). Send the token as the issuer gave it.");
    public static readonly GatewayError TooLong = Invalid("is longer than 16,384 characters. Ask its issuer for one with fewer claims.");
    public static readonly GatewayError Type = Invalid("is of a type that this gateway does not take: 'typ' must be JWT or at+jwt. Send an access token.");
    public static readonly GatewayError Critical = Invalid("demands extensions ('crit') that this gateway does not have.");
    public static readonly GatewayError Algorithm = Invalid("is signed in a way that this gateway does not take for the issuer's keys. Usual are RS256 and ES256.");
    public static readonly GatewayError Issuer = Invalid("is not from an issuer that this gateway knows (claim 'iss').");
    public static readonly GatewayError Audience = Invalid("is not meant for this gateway (claim 'aud'). Ask its issuer for a token with this gateway's audience.");
    public static readonly GatewayError NoExpiry = Invalid("has no time of expiry (claim 'exp').");
    public static readonly GatewayError NotYet = Invalid("is not valid yet (claim 'nbf'). Check the clock of the machine that made it.");
    public static readonly GatewayError Signature = Invalid("has a signature that none of its issuer's keys made.");
    public static readonly GatewayError UnknownKey = Invalid("is signed with a key that its issuer does not publish. Ask the issuer for a new token.");

    public static readonly GatewayError Expired = new(GatewayErrorKind.ExpiredKey, "The token has expired (claim 'exp'). Ask its issuer for a new one.");

    /// <summary>The issuer's keys are not here, or perhaps not the newest: nobody can say that the token is wrong.</summary>
    public static readonly GatewayError KeysAway = new(
        GatewayErrorKind.KeyStoreUnavailable, "The token cannot be checked at the moment, because the keys of its issuer are not at hand yet. The token may be good: try again.", RetryAfter: TimeSpan.FromSeconds(2));

    public static GatewayError Claim(string name, string what) => Invalid($"has a claim '{name}' that {what}.");

    public static GatewayError NoClaim(string name) => Invalid($"has no claim '{name}'.");

    public static GatewayError Role(string claim) => new(
        GatewayErrorKind.RoleForbidden, $"The token does not carry a role that this gateway asks for (claim '{claim}'). Ask the operator of this gateway which roles it takes.");

    private static GatewayError Invalid(string what) => new(GatewayErrorKind.InvalidKey, $"The token {what}");
}
