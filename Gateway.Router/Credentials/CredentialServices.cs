namespace Gateway.Router.Credentials;

internal static class CredentialServices
{
    /// <summary>The keys of the providers, what is known of them, and where their changes are told: the log, a gauge, the other Routers.</summary>
    public static WebApplicationBuilder AddCredentials(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CredentialEvents>();
        builder.Services.AddSingleton<CredentialPools>();
        builder.Services.AddHostedService<CredentialHints>();
        return builder;
    }
}
