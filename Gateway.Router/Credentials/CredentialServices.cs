namespace Gateway.Router.Credentials;

internal static class CredentialServices
{
    /// <summary>The keys of the providers, what is known of them, and where their changes are told.</summary>
    public static IServiceCollection AddCredentials(this IServiceCollection services)
    {
        services.AddSingleton<CredentialEvents>();
        services.AddSingleton<CredentialPools>();
        services.AddSingleton<CredentialMetrics>();
        return services;
    }
}
